//! Reading the journal on, opened packs kept at hand.

use crate::{Erasing, Journal, JournalError, Keys, Position, erasing::Leaving, exposure::Exposure};
use sluicegate_gate::time::UnixMillis;
use std::{collections::VecDeque, fmt, sync::Arc};

/// Reads events from a journal. It keeps the packs it opened last, so that a pack of a thousand is
/// opened once and not once per message. What is of people who are being erased is blank in them.
pub(crate) struct Reader {
    journal: Arc<dyn Journal>,
    keys: Keys,
    erasing: Erasing,
    /// By whom the packs were opened.
    leaving: Arc<Leaving>,
    opened: VecDeque<Opened>,
}

/// An event with its place.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) position: Position,
    pub(crate) exposure: Arc<Exposure>,
}

struct Opened {
    first: Position,
    exposures: Vec<Arc<Exposure>>,
}

impl Opened {
    fn end(&self) -> Position {
        self.first.plus(self.exposures.len())
    }

    fn events(&self) -> impl Iterator<Item = Event> {
        self.exposures.iter().enumerate().map(|(index, exposure)| Event {
            position: self.first.plus(index),
            exposure: Arc::clone(exposure),
        })
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Reader({} packs open)", self.opened.len())
    }
}

impl Reader {
    pub(crate) fn new(journal: Arc<dyn Journal>, keys: Keys, erasing: Erasing) -> Self {
        let leaving = erasing.now();
        Self { journal, keys, erasing, leaving, opened: VecDeque::new() }
    }

    /// Returns whether nobody's erasure has begun, or ended, since the packs were opened.
    pub(crate) fn is_current(&self) -> bool {
        self.erasing.is_still(&self.leaving)
    }

    /// Closes the packs if they are not current.
    pub(crate) fn renew(&mut self) {
        if !self.is_current() {
            self.opened.clear();
            self.leaving = self.erasing.now();
        }
    }

    /// Returns the events from a position on and before `until`, in order: what is at hand, but at least
    /// `events_wanted` if there are as many, and at most [`EVENTS_MAX`]. Trimmed events are left out.
    pub(crate) async fn window(
        &mut self,
        from: Position,
        until: Position,
        events_wanted: usize,
    ) -> Result<Vec<Event>, JournalError> {
        self.renew();
        self.opened.retain(|pack| pack.end() > from);
        if self.opened.front().is_some_and(|pack| pack.first > from) {
            self.opened.clear();
        }
        let wanted = until.min(from.plus(events_wanted.clamp(1, EVENTS_MAX)));
        // Why: packs hold 1 event or 1,000; asking for ever more of them reads at most about twice
        // what is wanted.
        let mut packs_max = 1;
        loop {
            let reached = self.opened.back().map_or(from, Opened::end);
            if reached >= wanted {
                break;
            }
            let packs = self.journal.read(reached, packs_max).await?;
            if packs.is_empty() {
                break;
            }
            for pack in packs {
                self.opened.push_back(self.open(&pack)?);
            }
            packs_max = (packs_max * 2).min(PACKS_MAX);
        }
        let events = self.opened.iter().flat_map(Opened::events);
        let inside = events.filter(|event| (from..until).contains(&event.position));
        Ok(inside.take(EVENTS_MAX).collect())
    }

    /// Opens the next pack after what is at hand, while something else is waited for. Whether it belongs to anybody who is
    /// being erased is asked when it is wanted. What fails here fails again then.
    pub(crate) async fn read_ahead(&mut self, from: Position) {
        let Some(end) = self.opened.back().map(Opened::end) else { return };
        if end > from || !self.is_current() {
            return;
        }
        let packs = self.journal.read(end, 1).await.unwrap_or_default();
        for pack in packs {
            let Ok(opened) = self.open(&pack) else { return };
            self.opened.push_back(opened);
        }
    }

    /// Returns the first kept event before `until` that happened at or after that time. No event is
    /// accepted before it happens, so what was accepted since then is there or later, and nothing that was
    /// accepted before is read.
    pub(crate) async fn first_since(
        &mut self,
        since: UnixMillis,
        until: Position,
    ) -> Result<Option<Position>, JournalError> {
        let mut from = Position::default();
        loop {
            let Some(next) = self.journal.accepted_since(from, since).await? else {
                return Ok(None);
            };
            let events = self.window(next, until, EVENTS_MAX).await?;
            let Some(last) = events.last() else { return Ok(None) };
            if let Some(found) = events.iter().find(|event| event.exposure.happened >= since) {
                return Ok(Some(found.position));
            }
            from = last.position.plus(1);
        }
    }

    fn open(&self, pack: &crate::Pack) -> Result<Opened, JournalError> {
        let text = self.keys.open(&pack.sealed).map_err(|_opaque| JournalError::Corrupt(SEALED))?;
        // Why each by itself: growing, the list would move all that was read before.
        let mut exposures: Vec<Arc<Exposure>> =
            serde_json::from_slice(&text).map_err(|_opaque| JournalError::Corrupt(UNREADABLE))?;
        if exposures.len() != pack.count {
            return Err(JournalError::Corrupt(
                "a pack holds another number of events than it says",
            ));
        }
        self.leaving.blank(&self.keys, pack.first, exposures.iter_mut().map(Arc::make_mut));
        Ok(Opened { first: pack.first, exposures })
    }
}

/// Events in a window at most.
pub(crate) const EVENTS_MAX: usize = 1_000;
/// Packs read at once at most.
const PACKS_MAX: usize = 64;
const SEALED: &str = "a pack does not open under this key";
const UNREADABLE: &str = "a pack does not read back";
