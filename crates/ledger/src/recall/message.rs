//! The message that calls disclosures back: their ids, and nothing else.

use super::{RecallError, Vouched};
use crate::{Cleared, Ledger};
use bytes::Bytes;
use serde::Serialize;
use sluicegate_gate::{
    DisclosureId, EditionHash, EncodeError, NoPerson, PartnershipId, Path, seal_no_person,
    time::{BootMillis, UnixMillis},
};

/// What the partner is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecallKind {
    /// Forget what came with these disclosures.
    Recalled,
    /// Stop using the demographics that came with them: the person corrected them.
    Corrected,
}

impl RecallKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Recalled, Self::Corrected];

    /// Returns the `type` of the message.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recalled => "disclosure.recalled",
            Self::Corrected => "disclosure.corrected",
        }
    }

    /// Returns the kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A message that calls back, to be cleared for one attempt.
#[derive(Clone, Debug)]
pub struct Recall {
    /// Its id, the same at every attempt.
    pub message: DisclosureId,
    /// What the partner is to do.
    pub kind: RecallKind,
    /// To whom it goes.
    pub partnership: PartnershipId,
    /// The edition in force.
    pub edition: EditionHash,
    /// Past this the attempt does not begin.
    pub deadline: BootMillis,
    /// When it was made, the same at every attempt.
    pub made_at: UnixMillis,
    /// What it calls back, in the order in which it is told.
    pub disclosures: Vec<Vouched>,
}

impl Ledger {
    /// Records a message that calls disclosures back, and clears it for one attempt. It names nothing but
    /// disclosures of that partnership that this ledger found in its own records.
    pub async fn recall(&self, recall: Recall) -> Result<Cleared, RecallError> {
        if recall.disclosures.is_empty() {
            return Err(RecallError::Empty);
        }
        let is_own = |vouched: &Vouched| {
            vouched.partnership == recall.partnership && vouched.is_genuine(self.keeper())
        };
        if !recall.disclosures.iter().all(is_own) {
            return Err(RecallError::NotRecorded);
        }
        let Recall { message, kind, partnership, edition, deadline, made_at, disclosures } = recall;
        let ids = disclosures.into_iter().map(|vouched| vouched.disclosure).collect();
        let object = Message { id: message, kind, made_at, ids };
        let sealed = seal_no_person(partnership, edition, deadline, &object)?;
        Ok(self.record(sealed.into_envelope()).await?)
    }
}

struct Message {
    id: DisclosureId,
    kind: RecallKind,
    made_at: UnixMillis,
    ids: Vec<DisclosureId>,
}

impl NoPerson for Message {
    fn disclosure(&self) -> DisclosureId {
        self.id
    }

    fn path(&self) -> Path {
        Path::Recall
    }

    fn url(&self) -> Option<String> {
        None
    }

    /// The form of Standard Webhooks 1.0.0: `type`, `timestamp`, `data`.
    fn encode(&self) -> Result<Bytes, EncodeError> {
        #[derive(Serialize)]
        struct Event {
            r#type: &'static str,
            timestamp: String,
            data: Ids,
        }
        #[derive(Serialize)]
        struct Ids {
            disclosure_ids: Vec<String>,
        }
        let event = Event {
            r#type: self.kind.name(),
            timestamp: jiff::Timestamp::from_millisecond(self.made_at.0)
                .map_err(|range| EncodeError(range.to_string()))?
                .to_string(),
            data: Ids { disclosure_ids: self.ids.iter().map(ToString::to_string).collect() },
        };
        let text = serde_json::to_vec(&event).map_err(|error| EncodeError(error.to_string()))?;
        Ok(Bytes::from(text))
    }
}
