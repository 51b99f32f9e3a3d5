//! Putting a message together.

use crate::{
    DeadLetter, DeadReason, PartnerKeys, Position,
    judge::{Record, Refusal, Verdict},
    record::Exposures,
};
use sluicegate_gate::{Sealed, time::UnixMillis};
use sluicegate_register::Endpoint;

/// What a message will hold, while its events are being judged.
#[derive(Debug)]
pub(crate) struct Plan {
    now: UnixMillis,
    pub(crate) records: Vec<Sealed<Exposures>>,
    /// By what each record is known again.
    texts: Vec<u64>,
    bytes: usize,
    pub(crate) waiting: Vec<Position>,
    pub(crate) withheld: Vec<(Position, Refusal)>,
    pub(crate) dead: Vec<DeadLetter>,
    pub(crate) until: Position,
}

impl Plan {
    pub(crate) fn new(now: UnixMillis, cursor: Position) -> Self {
        Self {
            now,
            records: Vec::new(),
            texts: Vec::new(),
            bytes: FRAME_BYTES,
            waiting: Vec::new(),
            withheld: Vec::new(),
            dead: Vec::new(),
            until: cursor,
        }
    }

    /// Returns whether the event belongs to this message, or waits for the next.
    pub(crate) fn takes(&self, verdict: &Verdict, endpoint: &Endpoint) -> bool {
        match verdict {
            Verdict::Undecided => false,
            Verdict::Withheld(_) | Verdict::TooOld | Verdict::Stopped => true,
            Verdict::Permitted(record) => {
                let fits = self.bytes.saturating_add(record.bytes) <= bytes_max(endpoint);
                self.records.is_empty() || (self.records.len() < endpoint.batch_events && fits)
            }
        }
    }

    /// Passes over an event that is none of this message's business.
    pub(crate) fn pass(&mut self, position: Position) {
        self.until = position.plus(1);
    }

    /// Leaves an event in a message that waits.
    pub(crate) fn keep(&mut self, position: Position) {
        self.waiting.push(position);
    }

    /// Returns whether nothing is in it: no event to send, and none that ended.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.withheld.is_empty() && self.dead.is_empty()
    }

    /// Returns by what the body of the message is known again: everything that is written in it.
    pub(crate) fn body(&self, keys: &PartnerKeys, source: &str, made_at: UnixMillis) -> u64 {
        let texts = self.texts.iter().flat_map(|text| text.to_be_bytes());
        let all: Vec<u8> = texts.chain(made_at.0.to_be_bytes()).chain(source.bytes()).collect();
        keys.body(&all)
    }

    pub(crate) fn take(&mut self, position: Position, verdict: Verdict) {
        match verdict {
            Verdict::Undecided => return,
            Verdict::Withheld(refusal) => self.withheld.push((position, refusal)),
            Verdict::TooOld => self.give_up(position, DeadReason::RetentionPassed),
            Verdict::Stopped => self.give_up(position, DeadReason::ViewStopped),
            Verdict::Permitted(Record { sealed, bytes, text }) => {
                self.records.push(sealed);
                self.texts.push(text);
                self.bytes = self.bytes.saturating_add(bytes).saturating_add(1);
                self.waiting.push(position);
            }
        }
        self.until = position.plus(1);
    }

    fn give_up(&mut self, position: Position, reason: DeadReason) {
        self.dead.push(DeadLetter { position, reason, at: self.now, reached: false });
    }
}

/// Returns the size of a message at most: what Standard Webhooks advise, and 1 MiB for partners that
/// take more events than usual in one message.
fn bytes_max(endpoint: &Endpoint) -> usize {
    if endpoint.batch_events > BATCH_EVENTS_USUAL { BYTES_MAX_LARGE } else { BYTES_MAX }
}

/// Events in one message, unless the partner takes more.
const BATCH_EVENTS_USUAL: usize = 25;
/// Bytes of a message with no more than the usual number of events.
const BYTES_MAX: usize = 20_000;
/// Bytes of any message.
const BYTES_MAX_LARGE: usize = 1024 * 1024;
/// What a message needs beside its records.
const FRAME_BYTES: usize = 512;
