//! What partners are owed when a person is erased. Whoever erases lets nothing more out first, has this written
//! down next, and only then destroys what partners are told of.

use crate::{
    Deleting, Erasing, Owed, RecallStoreError, Recalls, Stage, StepError, deletion::Sealer,
    owing::longest_window,
};
use sluicegate_gate::{DisclosureId, SubjectKey, time::UnixMillis};
use std::collections::{HashMap, HashSet};

/// What erasures are made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct ErasuresParts {
    /// What tells partners.
    pub recalls: Recalls,
    /// What hides identifiers until their partner has them.
    pub sealer: Sealer,
}

/// Has partners told of erasures. Clones share everything.
#[derive(Clone, Debug)]
pub struct Erasures {
    parts: ErasuresParts,
}

impl Erasures {
    /// Makes them of their parts.
    pub fn new(parts: ErasuresParts) -> Self {
        Self { parts }
    }

    /// Accepts the erasure of keys that somebody else asks for, by the id of their request. Returns whether
    /// it is new. It is durable when this returns; [`Self::asked`] names them.
    pub async fn accept_request(
        &self,
        request: [u8; 32],
        subjects: Vec<SubjectKey>,
    ) -> Result<bool, RecallStoreError> {
        let recalls = &self.parts.recalls.parts;
        recalls.store.accept_request(request, subjects, recalls.clock.now()).await
    }

    /// Returns the keys whose erasure was asked for and has not begun.
    pub async fn asked(&self) -> Result<Vec<SubjectKey>, RecallStoreError> {
        let erasing = self.parts.recalls.parts.store.erasing().await?.into_iter();
        Ok(erasing.filter(|one| one.stage == Stage::Accepted).map(|one| one.subject).collect())
    }

    /// Writes down who a key belongs with, as long as that is known: whose keys are erased one after another is one
    /// person still. To be called before anything is erased.
    pub async fn begin(&self, subject: SubjectKey) -> Result<(), StepError> {
        self.parts.recalls.join(HashMap::from([(subject, HashSet::new())])).await
    }

    /// Writes down what partners are owed for the erasure of a key, unless it is written down already. It bears
    /// nobody's name.
    pub async fn owe(&self, subject: SubjectKey) -> Result<(), StepError> {
        let recalls = &self.parts.recalls.parts;
        recalls.store.accept_erasure(vec![subject], recalls.clock.now()).await?;
        let mut erasing = recalls.store.erasing().await?.into_iter();
        let is_it = |one: &Erasing| one.subject == subject && one.stage == Stage::Accepted;
        match erasing.find(is_it) {
            Some(erasing) => self.write_down(subject, erasing.at).await,
            None => Ok(()),
        }
    }

    /// Writes down that nobody can tell what partners are owed for the erasure of a key.
    pub async fn give_up(&self, subject: SubjectKey) -> Result<(), RecallStoreError> {
        let recalls = &self.parts.recalls.parts;
        recalls.store.accept_erasure(vec![subject], recalls.clock.now()).await?;
        recalls.store.owe(Owed { erased: Some(subject), ..Owed::default() }).await
    }

    /// Ends an erasure: everything else is destroyed. What the key was owed before is owed without its name.
    pub async fn forget(&self, subject: SubjectKey) -> Result<(), RecallStoreError> {
        self.parts.recalls.parts.store.erased(subject).await
    }

    async fn write_down(&self, subject: SubjectKey, at: UnixMillis) -> Result<(), StepError> {
        let recalls = &self.parts.recalls;
        let owing = recalls.owing_of_erased(subject, at).await?;
        let deleting = self.deleting(subject).await?;
        let owed = Owed { owing, deleting, erased: Some(subject), ..Owed::default() };
        Ok(recalls.parts.store.owe(owed).await?)
    }

    /// Works out who is asked to delete, under which identifiers that it got from here.
    async fn deleting(&self, subject: SubjectKey) -> Result<Vec<Deleting>, StepError> {
        let recalls = &self.parts.recalls.parts;
        let Some(edition) = recalls.current.load() else { return Ok(Vec::new()) };
        let now = recalls.clock.now();
        let range = now.minus(longest_window(&edition))..UnixMillis(now.0.saturating_add(1));
        let told = recalls.ledger.told_identifiers(subject, range).await?;
        let mut deleting = Vec::new();
        for one in told {
            let listed = edition.partnership(&one.partnership);
            let takes = listed.and_then(|listed| listed.recall.as_ref());
            if takes.is_none_or(|recall| recall.dsrdelete_url.is_none()) {
                continue;
            }
            let id = DisclosureId(recalls.dice.roll());
            let sealed = self.parts.sealer.seal(id, &one.value, recalls.dice.as_ref())?;
            deleting.push(Deleting {
                id,
                partnership: one.partnership,
                identifier: one.identifier,
                sealed,
                mark: one.mark,
                made_at: now,
                failures: 0,
                next_at: now,
                counts_from: now,
            });
        }
        Ok(deleting)
    }
}
