//! Who is being erased, as readers of the journal know it.
//!
//! From the moment a person's erasure begins every reader sees that person's exposures as the journal will hold them
//! once it is cleared: blank, of nobody. So they are withheld from partnerships of every kind, also where the setting
//! does not apply. Whatever a reader had open it opens anew when somebody joins these people, or leaves them because the
//! journal is cleared.
//!
//! What is reported later and happened before the erasure is blanked before it is kept. For that it is remembered who was
//! erased when, as long as such a report is accepted at all.
//!
//! Memory only. What began before a crash, and who was erased when, is read from the store when the
//! [`Eraser`](crate::erasure::Eraser) opens.

use crate::{
    Keys, Position,
    exposure::{Exposure, Said, Subject},
    lookup::{Whose, people_of},
    read::REMEMBERED_FOR,
};
use parking_lot::Mutex;
use sluicegate_gate::time::{BootMillis, UnixMillis};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

/// Who is being erased, and was. Clones share it: what takes exposures in, what erases and what delivers must have the
/// same.
#[derive(Clone, Default)]
pub struct Erasing(Arc<Known>);

#[derive(Default)]
struct Known {
    now: Mutex<Arc<Leaving>>,
    gone: parking_lot::RwLock<Gone>,
    /// Held by whoever takes exposures in, from the look at who is gone until they are in the journal.
    taking_in: Arc<RwLock<()>>,
}

/// Until when exposures belong to somebody who was erased, and since when that is known here.
#[derive(Default)]
struct Gone {
    until: HashMap<Whose, (UnixMillis, BootMillis)>,
    latest: Option<UnixMillis>,
}

/// Who is being erased at one moment.
#[derive(Debug, Default)]
pub(crate) struct Leaving(BTreeMap<Whose, Until>);

/// Up to where exposures of a person are blank.
#[derive(Clone, Copy, Debug, Default)]
struct Until {
    /// Erasures that have begun, and do not know yet how far the journal goes: everything is.
    beginning: u32,
    /// What is before this position.
    position: Option<Position>,
}

/// An erasure that has begun. Dropped before [`Erasing::until`] was said for it, it has never been.
pub struct Begun {
    erasing: Erasing,
    people: Vec<Whose>,
}

impl Erasing {
    /// Everything of these people is blank, for as long as what this returns lives.
    pub(crate) fn begin(&self, people: Vec<Whose>) -> Begun {
        self.alter(&people, |_, until| until.beginning = until.beginning.saturating_add(1));
        Begun { erasing: self.clone(), people }
    }

    /// What is before a position is blank until [`Self::end`], and no less than what was said before.
    pub(crate) fn until(&self, people: &[Whose], position: Position) {
        self.alter(people, |_, until| {
            let known = until.position.filter(|known| *known != EVERYTHING);
            until.position = Some(known.map_or(position, |known| known.max(position)));
        });
    }

    /// The journal itself is clear of these people, up to these positions.
    pub(crate) fn end(&self, people: &BTreeMap<Whose, Position>) {
        let names: Vec<Whose> = people.keys().copied().collect();
        self.alter(&names, |person, until| {
            let cleared = people.get(person).copied();
            until.position = until.position.filter(|position| Some(*position) > cleared);
        });
    }

    /// Has what happened before a time, and is reported from now on, be nobody's, for as long as anything of before the
    /// erasure is accepted. The time of day does not say how long that is: it may be set.
    pub(crate) fn gone(&self, people: &[(Whose, UnixMillis)], now: BootMillis) {
        let mut gone = self.0.gone.write();
        gone.until.extend(people.iter().map(|(whose, until)| (*whose, (*until, now))));
        gone.until.retain(|_, (_, since)| now.since(*since) <= REMEMBERED_FOR);
        gone.latest = gone.until.values().map(|(until, _)| *until).max();
    }

    /// Has whatever of these people is reported from now on be nobody's, until it is said until when. Returns once all
    /// that was taken in without knowing that is in the journal.
    pub(crate) async fn close(&self, people: &[Whose], now: BootMillis) {
        let ever: Vec<(Whose, UnixMillis)> = people.iter().map(|one| (*one, EVER)).collect();
        self.gone(&ever, now);
        drop(self.0.taking_in.write().await);
    }

    /// To be held while exposures are blanked and taken in.
    pub(crate) async fn taking_in(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.0.taking_in).read_owned().await
    }

    /// Blanks an exposure of somebody who was erased after it happened. Returns whether it is.
    pub(crate) fn blank_late(&self, keys: &Keys, exposure: &mut Exposure) -> bool {
        let gone = self.0.gone.read();
        // Why first: nearly every exposure is later than that.
        if gone.latest.is_none_or(|latest| exposure.happened >= latest) {
            return false;
        }
        let whose = people_of(keys, exposure);
        let is_late =
            |person| gone.until.get(person).is_some_and(|(until, _)| exposure.happened < *until);
        let is_blank = whose.iter().any(is_late);
        if is_blank {
            blank_one(exposure);
        }
        is_blank
    }

    /// Returns who is being erased now. The same until somebody joins or leaves.
    pub(crate) fn now(&self) -> Arc<Leaving> {
        Arc::clone(&self.0.now.lock())
    }

    /// Returns whether nobody has joined or left since.
    pub(crate) fn is_still(&self, known: &Arc<Leaving>) -> bool {
        Arc::ptr_eq(&self.0.now.lock(), known)
    }

    fn alter(&self, people: &[Whose], alter: impl Fn(&Whose, &mut Until)) {
        let mut now = self.0.now.lock();
        let mut after = now.0.clone();
        for person in people {
            alter(person, after.entry(*person).or_default());
        }
        after.retain(|_, until| until.beginning > 0 || until.position.is_some());
        *now = Arc::new(Leaving(after));
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let people = std::mem::take(&mut self.people);
        self.erasing.alter(&people, |_, until| until.beginning = until.beginning.saturating_sub(1));
    }
}

impl Leaving {
    /// Blanks what is of these people in a pack.
    pub(crate) fn blank<'e>(
        &self,
        keys: &Keys,
        first: Position,
        exposures: impl Iterator<Item = &'e mut Exposure>,
    ) {
        if !self.0.is_empty() {
            let everything = |until: &Until| (until.beginning > 0).then_some(EVERYTHING);
            blank(keys, first, exposures, |person| {
                self.0.get(person).and_then(|until| everything(until).or(until.position))
            });
        }
    }
}

/// Blanks exposures of a pack that are before the position up to which somebody is erased whose they are. Returns
/// whether there are any.
pub(crate) fn blank<'e>(
    keys: &Keys,
    first: Position,
    exposures: impl Iterator<Item = &'e mut Exposure>,
    until: impl Fn(&Whose) -> Option<Position>,
) -> bool {
    let mut found = false;
    for (index, exposure) in exposures.enumerate() {
        let whose = people_of(keys, exposure);
        let until = whose.iter().filter_map(&until).max();
        if until.is_some_and(|until| first.plus(index) < until) {
            blank_one(exposure);
            found = true;
        }
    }
    found
}

/// Leaves of an exposure only what counts a place in the journal.
fn blank_one(exposure: &mut Exposure) {
    exposure.id = String::from(BLANK);
    exposure.country = None;
    exposure.subject = Subject::default();
    exposure.said = Said::default();
}

impl fmt::Debug for Erasing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Erasing({} keys)", self.now().0.len())
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Begun({} keys)", self.people.len())
    }
}

/// As long as it is not known when they were erased.
const EVER: UnixMillis = UnixMillis(i64::MAX);
/// As long as it is not known how far the journal goes.
pub(crate) const EVERYTHING: Position = Position(u64::MAX);
/// In place of an id.
const BLANK: &str = "erased";
