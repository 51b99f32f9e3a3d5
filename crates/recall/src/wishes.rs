//! Which disclosures are owed for what people changed.
//!
//! What was told is owed for a change where it was decided before it: each row of the record says under which change
//! of a key it was decided, so nothing depends on what the clock was set to, and what was told after sharing was
//! turned on again is not owed. Only where that cannot be read, the times decide.

use crate::{Aside, Cause, Standing};
use sluicegate_gate::{
    Categories, Category, PartnershipId, Revision, SubjectKey, time::UnixMillis,
};
use sluicegate_ledger::{Disclosed, Missed, RecallKind};
use sluicegate_register::Edition;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// One change that something is owed for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) at: UnixMillis,
    pub(crate) revision: Revision,
}

impl Wish {
    /// Returns whether something was told before this change.
    fn is_after(&self, told: &Told<'_>, slack: Duration) -> bool {
        match told.decided_under {
            Some(under) => under.version < self.revision.version,
            None => told.at <= self.at.plus(slack),
        }
    }
}

/// What was wished at each key: last, and before that was read.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    off: HashMap<SubjectKey, Wish>,
    corrected: HashMap<SubjectKey, Wish>,
    pub(crate) past: HashMap<(SubjectKey, RecallKind), Vec<Wish>>,
    /// Changes that do not read.
    pub(crate) aside: Vec<Aside>,
}

impl Wishes {
    pub(crate) fn add(&mut self, kind: RecallKind, key: SubjectKey, wish: Wish) {
        let wishes = match kind {
            RecallKind::Recalled => &mut self.off,
            RecallKind::Corrected => &mut self.corrected,
        };
        let latest = wishes.entry(key).or_insert(wish);
        if latest.revision.version < wish.revision.version {
            *latest = wish;
        }
    }

    pub(crate) fn subjects(&self) -> HashSet<SubjectKey> {
        self.off.keys().chain(self.corrected.keys()).copied().collect()
    }

    /// Returns the change for which something was written down as owed at a time.
    fn made_at(&self, subject: SubjectKey, kind: RecallKind, at: UnixMillis) -> Option<Wish> {
        let past = self.past.get(&(subject, kind))?.iter().filter(|wish| wish.at == at);
        past.min_by_key(|wish| wish.revision.version).copied()
    }
}

/// Something that was told of one subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) subject: SubjectKey,
    decided_under: Option<Revision>,
    partnership: &'a PartnershipId,
    categories: Categories,
    at: UnixMillis,
}

impl<'a> Told<'a> {
    /// Returns what a disclosure told, of each subject.
    pub(crate) fn all_of(one: &'a Disclosed) -> impl Iterator<Item = Self> {
        one.subjects.iter().map(|(subject, decided_under)| Self {
            subject: *subject,
            decided_under: *decided_under,
            partnership: &one.vouched.partnership,
            categories: one.categories,
            at: one.at,
        })
    }

    /// Returns what was told and is missing.
    pub(crate) fn of(one: &'a Missed) -> Self {
        Self {
            subject: one.subject,
            decided_under: None,
            partnership: &one.partnership,
            categories: one.categories,
            at: one.at,
        }
    }
}

/// What is wished now, and what was owed before.
#[derive(Debug)]
pub(crate) struct Books<'a> {
    pub(crate) wishes: &'a Wishes,
    pub(crate) before: &'a [Standing],
    pub(crate) edition: &'a Edition,
    /// How long a change takes until it is in force everywhere.
    pub(crate) slack: Duration,
}

impl Books<'_> {
    /// Returns why what was told is owed, and since when, if it is and was not before.
    pub(crate) fn owes(&self, told: &Told<'_>) -> Option<(Cause, UnixMillis)> {
        let is_after = |wish: &&Wish| wish.is_after(told, self.slack);
        let off = self.wishes.off.get(&told.subject).filter(is_after);
        // What the setting does not control, turning it off does not take back.
        if let Some(off) = off.filter(|_| is_controlled(self.edition, told.partnership)) {
            let is_new = !self.is_settled(told, RecallKind::Recalled);
            return is_new.then_some((Cause::Off, off.at));
        }
        let corrected = self.wishes.corrected.get(&told.subject).filter(is_after)?;
        let is_owed = told.categories.contains(Category::Demographic)
            && !self.is_settled(told, RecallKind::Corrected);
        is_owed.then_some((Cause::Corrected, corrected.at))
    }

    /// Returns whether it was owed for an earlier change already. What the partner could not be told of then counts
    /// only for as long as it still cannot be told.
    fn is_settled(&self, told: &Told<'_>, kind: RecallKind) -> bool {
        let is_reached = self.edition.recalling(told.partnership).is_some();
        let is_of = |standing: &&Standing| {
            standing.subject == told.subject
                && standing.partnership == *told.partnership
                && standing.cause.kind() == kind
                && (standing.reachable || !is_reached || told.decided_under.is_none())
        };
        self.before.iter().filter(is_of).any(|standing| {
            match self.wishes.made_at(told.subject, kind, standing.since) {
                Some(wish) => wish.is_after(told, self.slack),
                None => told.at <= standing.since.plus(self.slack),
            }
        })
    }
}

/// Returns whether the sharing setting controls a partnership, or did while it was listed.
fn is_controlled(edition: &Edition, id: &PartnershipId) -> bool {
    if let Some(listed) = edition.partnership(id) {
        return listed.is_controlled();
    }
    let retired = edition.retired().iter().find(|retired| retired.id == *id);
    retired.is_none_or(|retired| retired.kind.is_controlled())
}
