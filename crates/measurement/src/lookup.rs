//! A partner reports a conversion and is told the touch behind it, or nothing.
//!
//! ```text
//! read ──► entered ──► touches of that device and advertiser ──► each judged, now and for then
//!             │                                                             │
//!             └──► durable ──► settled and recorded, durable ◄───────── attributed
//!                                   │
//!                                   └──► answer
//! ```
//!
//! Whatever the reason for telling nothing, the same is asked of the store and of the ledger, and the
//! same bytes are answered: *nothing seen*, *sharing off* and *unknown device* cannot be told apart. A
//! repeat is decided anew. The touch is chosen among those that may be told, so that what may not be
//! told shows in nothing.

mod answer;
mod body;
mod complete;
pub mod conformance;
mod conversion;
mod credit;
mod entering;
mod judging;
mod later;
mod line;
mod memory;
mod money;
mod probing;
mod recurring;
mod settle;
mod shelf;
mod store;
mod turns;

pub use crate::attribution::REPEAT_WITHIN;
pub use answer::{TouchAnswer, Touches};
pub use body::{BodyError, CONVERSIONS_MAX, LOOKUP_BODY};
pub(crate) use complete::complete_through;
pub use complete::day_of_said;
pub use entering::{Durable, Entering};
pub use later::{EventResult, NoteError};
pub(crate) use line::{CONVERTED, INSTALLS, REJECTED_TOUCHES, REVENUE};
pub use memory::MemoryConversions;
pub(crate) use money::Money;
pub use probing::Alarm;
pub use recurring::{Recurring, Standing, Turn, stand};
pub(crate) use settle::{left_out_as, windows, windows_of};
pub use shelf::{Shelf, ShelfError, ShelfParts, Shelved};
pub(crate) use shelf::{alias_of, people_of};
pub use store::{
    AMOUNT_MAX, Active, Alias, AppUse, Asking, Cap, Caps, Claim, ClaimToken, ConversionId,
    Conversions, ConversionsError, Count, CountKey, Counting, CountsOf, Device, Entered, Erased,
    Erasure, Found, FoundClaim, FoundTouch, Kept, Left, LeftOut, NewConversion, NewTouch, Noted,
    Old, Outcome, PASSED_MAX, PEOPLE_MAX, Search, Settled, Shelving, Sort, ToldElsewhere, Whose,
    add_up, is_cut,
};

use crate::{
    FieldError, Keys, SealError,
    lookup::{
        answer::{Frame, Line, NoTouch, Repeat, Shape},
        body::{Entries, Entry},
        conversion::By,
        judging::Judging,
        settle::{Decided, Desk},
        turns::Turns,
    },
};
use sluicegate_gate::{
    DisclosureId, EncodeError, JoinError, Kind, PartnershipId, Sealed, seal_no_person,
    time::{Clock, Dice},
};
use sluicegate_ledger::{Cleared, Ledger, RecordError};
use sluicegate_register::{Current, Edition, Partnership};
use sluicegate_settings::Settings;
use std::{sync::Arc, time::Duration};

/// What lookups are made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct LookupParts {
    /// The edition in force.
    pub current: Arc<Current>,
    /// What people chose.
    pub settings: Arc<Settings>,
    /// Where every answer is recorded before it goes.
    pub ledger: Arc<Ledger>,
    /// Where touches and conversions are kept.
    pub conversions: Arc<dyn Conversions>,
    /// The keys.
    pub keys: Keys,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// How much a partnership may ask.
    pub caps: Caps,
    /// What becomes of people who are off.
    pub people_off: PeopleOff,
}

/// What reports hold of people to whose touches partners have no access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeopleOff {
    /// Nothing, in no form.
    #[default]
    Excluded,
    /// They are in totals with differential privacy.
    InTotals,
}

/// Answers partners that report conversions.
#[derive(Clone, Debug)]
pub struct Lookup {
    parts: LookupParts,
    turns: Turns,
    judging: Judging,
}

/// Conversions that are on their way to the disk, or refused one by one; to be answered.
#[derive(Debug)]
pub struct Accepted {
    partnership: PartnershipId,
    shape: Shape,
    entries: Vec<Entry>,
    durable: Durable,
}

/// A lookup was refused as a whole, or failed. Nothing was told.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The body is none.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The edition in force has no such partnership that tracks conversions.
    #[error("no partnership of that name tracks conversions")]
    NotListed,
    /// The settings view is too old, of everybody. Nothing was judged; the same body may be sent again.
    #[error("the settings cannot be read at the moment; send the same again")]
    ViewTooOld,
    /// No edition is in force.
    #[error("no edition of the register is in force")]
    NoEdition,
    /// The store failed. The same body may be sent again.
    #[error(transparent)]
    Conversions(#[from] ConversionsError),
    /// A conversion could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The answer could not be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The answer's parts do not belong together.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The answer could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Why a conversion that came alone was refused.
#[derive(Debug)]
pub struct Refusal<'a> {
    /// The HTTP status: 400, 409 or 429.
    pub status: u16,
    /// What is wrong.
    pub wrong: &'a FieldError,
}

impl Accepted {
    /// Returns why the conversion was refused, if it came alone and was.
    pub fn refusal(&self) -> Option<Refusal<'_>> {
        match (self.shape, self.entries.as_slice()) {
            (Shape::One, [Entry::Refused { status, wrong, .. }]) => {
                Some(Refusal { status: *status, wrong })
            }
            (Shape::One | Shape::Many, _) => None,
        }
    }

    /// Returns whether it came as a list, and so is answered with 207.
    pub fn is_list(&self) -> bool {
        self.shape == Shape::Many
    }

    fn frame(&self) -> Frame {
        let line = |entry: &Entry| match entry {
            Entry::Kept { kept, repeat } => {
                Line::Kept { conversion: kept.name.clone(), repeat: *repeat }
            }
            Entry::Refused { id, status, wrong } => {
                Line::Refused { id: id.clone(), status: *status, wrong: wrong.clone() }
            }
        };
        Frame { shape: self.shape, lines: self.entries.iter().map(line).collect() }
    }
}

impl Lookup {
    /// Makes it of its parts.
    pub fn new(parts: LookupParts) -> Self {
        Self { parts, turns: Turns::default(), judging: Judging::default() }
    }

    /// Returns how many touches were opened to be judged. It is the same for a device that nobody knows and for one of
    /// whose single touch nothing is told.
    pub fn opened(&self) -> u64 {
        self.judging.count()
    }

    /// Takes conversions of a partnership in. A wrong conversion refuses only itself; what is accepted is durable before
    /// anything is answered.
    pub async fn accept(
        &self,
        partnership: &PartnershipId,
        body: &[u8],
    ) -> Result<Accepted, LookupError> {
        let (shape, entries, durable) = self.take_in(partnership, body, By::Lookup).await?;
        let accepted = Accepted { partnership: partnership.clone(), shape, entries, durable };
        if accepted.refusal().is_some() {
            // Why: it is answered as it is, and what it was held against may have come a moment ago.
            accepted.durable.wait().await?;
        }
        Ok(accepted)
    }

    /// Decides, for now and for then, what is told of accepted conversions, and records it. Each call
    /// decides anew.
    pub async fn answer(&self, accepted: &Accepted) -> Result<Cleared, LookupError> {
        let edition = self.parts.current.load().ok_or(LookupError::NoEdition)?;
        let partnership = listed(&edition, &accepted.partnership)?;
        let message = DisclosureId(self.parts.dice.roll());
        let desk = Desk::new(&self.parts, &edition, partnership, (&self.turns, &self.judging));
        let frame = Arc::new(accepted.frame());
        self.check_view()?;
        let Decided { settled, sealed, slips } = desk.decide(&frame, &accepted.entries).await?;
        // Why here: what they are told was looked for while they got to the disk. Nothing is written about conversions
        // that are not kept.
        accepted.durable.wait().await?;
        let envelope = if sealed.is_empty() {
            let deadline = self.parts.clock.boot().plus(NULL_HOLDS);
            let id = accepted.partnership.clone();
            let answer = NoTouch { frame, message };
            seal_no_person(id, edition.hash(), deadline, &answer)?.into_envelope()
        } else {
            Sealed::join(message, sealed)?.into_envelope()?
        };
        // Why here too: what is settled counts as told.
        if self.parts.clock.boot() > envelope.deadline() {
            return Err(RecordError::DeadlinePassed.into());
        }
        // Why at once: both are durable before anything is told, and so one flush does for both. What is on record and
        // could not be settled is not told, and reads as what may have left.
        let recorded = self.parts.ledger.record_beside(envelope, slips);
        let (settled, recorded) = tokio::join!(desk.settle(settled), recorded);
        settled?;
        Ok(recorded?)
    }

    /// Fails where the view is too old. That is so of everybody at once, so it tells nothing of anybody; a shard of it
    /// that has stopped does not show.
    fn check_view(&self) -> Result<(), LookupError> {
        if self.parts.settings.is_fresh() { Ok(()) } else { Err(LookupError::ViewTooOld) }
    }

    /// Reads what a partnership reports, and begins to keep it.
    async fn take_in(
        &self,
        id: &PartnershipId,
        body: &[u8],
        by: By,
    ) -> Result<(Shape, Vec<Entry>, Durable), LookupError> {
        self.check_view()?;
        let edition = self.parts.current.load().ok_or(LookupError::NoEdition)?;
        let partnership = listed(&edition, id)?;
        let keys = self.parts.keys.partner(id);
        let entries = Entries { parts: &self.parts, edition: &edition, partnership, keys, by };
        entries.take_in(body).await
    }
}

/// Returns the partnership if it tracks conversions. Whether it may be told anything is the gate's to
/// say.
fn listed<'e>(edition: &'e Edition, id: &PartnershipId) -> Result<&'e Partnership, LookupError> {
    let partnership = edition.partnership(id).ok_or(LookupError::NotListed)?;
    match partnership.terms.kind {
        Kind::ConversionTracking => Ok(partnership),
        Kind::RealTimeBidding | Kind::ServiceProvider | Kind::Other => Err(LookupError::NotListed),
    }
}

impl Repeat {
    fn of(entered: Entered) -> Option<Self> {
        match entered {
            Entered::Fresh { .. } => Some(Self::First),
            Entered::Repeat { .. } => Some(Self::Again),
            Entered::Conflict | Entered::Capped(_) => None,
        }
    }
}

/// An answer that tells nothing may go for this long.
const NULL_HOLDS: Duration = Duration::from_secs(5);

/// Opens and wraps personal text inside a sealed row; nothing else may serialize it.
mod sealed_text {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use sluicegate_gate::Personal;

    pub(super) fn serialize<S: Serializer>(
        text: &Personal<String>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        text.open().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Personal<String>, D::Error> {
        Ok(Personal::new(String::deserialize(from)?))
    }
}
