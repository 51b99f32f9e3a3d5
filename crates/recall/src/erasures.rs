//! What partners are owed when a person is erased.
//!
//! Whoever erases lets nothing more out first, has this written
//! down next, and only then destroys what partners are told of. What was permitted before may be told after that: so
//! it is written down again before it, too, is destroyed. What was owed before does not read any more, and is owed once.

use crate::{
    Accepting, Deleting, Erasing, Owed, RecallStoreError, Recalls, Stage, StepError,
    deletion::{Bound, Identify, Sealer, TokenError},
    owing::longest_window,
};
use sluicegate_gate::{DisclosureId, Personal, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{IdentifierKind, ToldIdentifier};
use sluicegate_register::Edition;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use tokio::sync::Mutex;

/// What erasures are made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct ErasuresParts {
    /// What tells partners.
    pub recalls: Recalls,
    /// What hides identifiers until their partner has them.
    pub sealer: Sealer,
    /// Who people are.
    pub identify: Arc<dyn Identify>,
}

/// Has partners told of erasures. Clones share everything.
#[derive(Clone, Debug)]
pub struct Erasures {
    parts: ErasuresParts,
    /// Held by whoever writes down what is owed: of an erasure that is begun twice it is owed once.
    writing: Arc<Mutex<()>>,
}

impl Erasures {
    /// Makes them of their parts.
    pub fn new(parts: ErasuresParts) -> Self {
        Self { parts, writing: Arc::default() }
    }

    /// Accepts the erasure of a key that somebody else asks for, by the id of their request. Returns whether
    /// it is new. It is durable when this returns; [`Self::asked`] names the key.
    pub async fn accept_request(
        &self,
        request: [u8; 32],
        subject: SubjectKey,
        id: Option<&Personal<String>>,
    ) -> Result<bool, StepError> {
        let accepting = self.accepting(subject, id)?;
        Ok(self.parts.recalls.parts.store.accept_request(request, accepting).await?)
    }

    /// Returns the keys whose erasure was asked for and has not begun, or is to begin anew.
    pub async fn asked(&self) -> Result<Vec<SubjectKey>, RecallStoreError> {
        let erasing = self.parts.recalls.parts.store.erasing().await?.into_iter();
        Ok(erasing.filter(|one| one.stage == Stage::Accepted).map(|one| one.subject).collect())
    }

    /// Returns the erasures that have begun, with when each was last asked for.
    pub async fn under_way(&self) -> Result<HashMap<SubjectKey, UnixMillis>, RecallStoreError> {
        let erasing = self.parts.recalls.parts.store.erasing().await?.into_iter();
        let begun = erasing.filter(|one| one.stage != Stage::Accepted);
        Ok(begun.map(|one| (one.subject, one.at)).collect())
    }

    /// Writes down who a key belongs with, as long as that is known: whose keys are erased one after another is one
    /// person still. Accepts the erasure, so that it is done to the end with the id of the device or browser that
    /// comes with it. To be called before anything is erased. Returns when it was asked for.
    pub async fn begin(
        &self,
        subject: SubjectKey,
        id: Option<&Personal<String>>,
    ) -> Result<UnixMillis, StepError> {
        self.parts.recalls.join(HashMap::from([(subject, HashSet::new())])).await?;
        self.accept(subject, id).await
    }

    /// Writes down that the settings have forgotten what they knew when the erasure was asked for, unless it was asked
    /// for again meanwhile.
    pub async fn begun(
        &self,
        subject: SubjectKey,
        asked_at: UnixMillis,
    ) -> Result<(), RecallStoreError> {
        self.parts.recalls.parts.store.begun(subject, asked_at).await
    }

    /// Returns the id of a device or browser whose erasure is under way: as it came with the erasure or, once it is
    /// written down what is owed, as it stood in the record.
    pub async fn id_of(
        &self,
        subject: SubjectKey,
    ) -> Result<Option<Personal<String>>, RecallStoreError> {
        let erasing = self.parts.recalls.parts.store.erasing_of(subject).await?;
        Ok(erasing.and_then(|one| self.opened(&one)))
    }

    /// Writes down what partners are owed for the erasure of a key, unless it is written down already. It bears
    /// nobody's name.
    pub async fn owe(&self, subject: SubjectKey) -> Result<(), StepError> {
        let _alone = self.writing.lock().await;
        let erasing = self.erasing(subject).await?;
        match erasing.filter(|one| one.stage != Stage::Owed) {
            Some(erasing) => self.write_down(&erasing).await,
            None => Ok(()),
        }
    }

    /// Writes down that what partners were told of a key is destroyed. What they are told from now on, since it was
    /// permitted before, is owed again.
    pub async fn destroyed(&self, subject: SubjectKey) -> Result<(), RecallStoreError> {
        self.parts.recalls.parts.store.destroyed(subject).await
    }

    /// Writes down that nobody can tell what partners are owed for the erasure of a key.
    pub async fn give_up(&self, subject: SubjectKey) -> Result<(), StepError> {
        self.erasing(subject).await?;
        let owed = Owed { erased: Some(subject), ..Owed::default() };
        Ok(self.parts.recalls.parts.store.owe(owed).await?)
    }

    /// Ends an erasure, unless it was asked for again: everything else is destroyed. What the key was owed before is owed
    /// without its name.
    pub async fn forget(
        &self,
        subject: SubjectKey,
        asked_at: UnixMillis,
    ) -> Result<(), RecallStoreError> {
        self.parts.recalls.parts.store.erased(subject, asked_at).await
    }

    async fn accept(
        &self,
        subject: SubjectKey,
        id: Option<&Personal<String>>,
    ) -> Result<UnixMillis, StepError> {
        let accepting = self.accepting(subject, id)?;
        let asked_at = accepting.at;
        self.parts.recalls.parts.store.accept_erasure(accepting).await?;
        Ok(asked_at)
    }

    /// Returns how far the erasure of a key has come. One of which only the settings know has begun.
    async fn erasing(&self, subject: SubjectKey) -> Result<Option<Erasing>, StepError> {
        let store = &self.parts.recalls.parts.store;
        if let Some(erasing) = store.erasing_of(subject).await? {
            return Ok(Some(erasing));
        }
        let asked_at = self.accept(subject, None).await?;
        store.begun(subject, asked_at).await?;
        Ok(store.erasing_of(subject).await?)
    }

    fn accepting(
        &self,
        subject: SubjectKey,
        id: Option<&Personal<String>>,
    ) -> Result<Accepting, TokenError> {
        let recalls = &self.parts.recalls.parts;
        let seal = |id: &Personal<String>| {
            self.parts.sealer.seal(&Bound::from(subject), id.open(), recalls.dice.as_ref())
        };
        Ok(Accepting { subject, id: id.map(seal).transpose()?, at: recalls.clock.now() })
    }

    fn opened(&self, erasing: &Erasing) -> Option<Personal<String>> {
        let sealed = erasing.id.as_ref()?;
        let opened = self.parts.sealer.open(&Bound::from(erasing.subject), sealed);
        let altered = |error| {
            tracing::error!(
                error.cause = %error,
                "the id of a device that is erased does not open; conversions that are known by it alone stay"
            );
        };
        opened.map_err(altered).ok().map(Personal::new)
    }

    async fn write_down(&self, erasing: &Erasing) -> Result<(), StepError> {
        let (recalls, subject) = (&self.parts.recalls, erasing.subject);
        let owing = recalls.owing_of_erased(subject, erasing.at).await?;
        let mut owed = Owed { owing, erased: Some(subject), ..Owed::default() };
        if let Some(edition) = recalls.parts.current.load() {
            let (told, id) = self.told(erasing, &edition).await?;
            owed.deleting = self.deleting(told, &edition)?;
            owed.id_of_erased = self.accepting(subject, id.as_ref())?.id;
        }
        Ok(recalls.parts.store.owe(owed).await?)
    }

    /// Returns who is asked to delete, under which identifiers of those that it got from here.
    fn deleting(
        &self,
        told: BTreeSet<ToldIdentifier>,
        edition: &Edition,
    ) -> Result<Vec<Deleting>, TokenError> {
        let recalls = &self.parts.recalls.parts;
        let now = recalls.clock.now();
        let mut deleting = Vec::new();
        for one in told {
            let listed = edition.partnership(&one.partnership);
            let takes = listed.and_then(|listed| listed.recall.as_ref());
            if takes.is_none_or(|recall| recall.dsrdelete_url.is_none()) {
                continue;
            }
            let id = DisclosureId(recalls.dice.roll());
            let sealed = self.parts.sealer.seal(&id.into(), &one.value, recalls.dice.as_ref())?;
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

    /// Returns under which identifiers partners were told of whoever is erased. Of what rows about accounts say only
    /// what stands for this device or browser: the others are the account's, or those of another device. Where the id of
    /// the device was not known, it is returned as it stands in the record.
    async fn told(
        &self,
        erasing: &Erasing,
        edition: &Edition,
    ) -> Result<(BTreeSet<ToldIdentifier>, Option<Personal<String>>), StepError> {
        let (ledger, subject) = (&self.parts.recalls.parts.ledger, erasing.subject);
        let now = self.parts.recalls.parts.clock.now();
        let range = now.minus(longest_window(edition))..UnixMillis(now.0.saturating_add(1));
        let mut told: BTreeSet<ToldIdentifier> =
            ledger.told_identifiers(subject, range.clone()).await?.into_iter().collect();
        let beside = ledger.told_beside(subject, range).await?;
        let identify = self.parts.identify.as_ref();
        let is_own = |one: &&ToldIdentifier| {
            one.identifier == IdentifierKind::AdvertisingId && identify.is_of(subject, None, one)
        };
        let known = self.opened(erasing);
        let own = told.iter().chain(&beside).find(is_own).filter(|_| known.is_none());
        let found = own.map(|one| Personal::new(one.value.clone()));
        let id = known.as_ref().or(found.as_ref()).map(|id| id.open().as_str());
        told.extend(beside.into_iter().filter(|one| identify.is_of(subject, id, one)));
        Ok((told, found))
    }
}
