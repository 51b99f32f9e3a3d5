//! What partners are owed when a person is erased. Whoever erases lets nothing more out first, has this written
//! down next, and only then destroys what partners are told of.

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

    /// Returns the keys whose erasure was asked for and has not begun.
    pub async fn asked(&self) -> Result<Vec<SubjectKey>, RecallStoreError> {
        let erasing = self.parts.recalls.parts.store.erasing().await?.into_iter();
        Ok(erasing.filter(|one| one.stage == Stage::Accepted).map(|one| one.subject).collect())
    }

    /// Writes down who a key belongs with, as long as that is known: whose keys are erased one after another is one
    /// person still. Accepts the erasure, so that it is done to the end with the id of the device or browser that
    /// comes with it. To be called before anything is erased.
    pub async fn begin(
        &self,
        subject: SubjectKey,
        id: Option<&Personal<String>>,
    ) -> Result<(), StepError> {
        self.parts.recalls.join(HashMap::from([(subject, HashSet::new())])).await?;
        self.accept(subject, id).await
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
        self.accept(subject, None).await?;
        let erasing = self.parts.recalls.parts.store.erasing_of(subject).await?;
        match erasing.filter(|one| one.stage == Stage::Accepted) {
            Some(erasing) => self.write_down(&erasing).await,
            None => Ok(()),
        }
    }

    /// Writes down that nobody can tell what partners are owed for the erasure of a key.
    pub async fn give_up(&self, subject: SubjectKey) -> Result<(), StepError> {
        self.accept(subject, None).await?;
        let owed = Owed { erased: Some(subject), ..Owed::default() };
        Ok(self.parts.recalls.parts.store.owe(owed).await?)
    }

    /// Ends an erasure: everything else is destroyed. What the key was owed before is owed without its name.
    pub async fn forget(&self, subject: SubjectKey) -> Result<(), RecallStoreError> {
        self.parts.recalls.parts.store.erased(subject).await
    }

    async fn accept(
        &self,
        subject: SubjectKey,
        id: Option<&Personal<String>>,
    ) -> Result<(), StepError> {
        let accepting = self.accepting(subject, id)?;
        Ok(self.parts.recalls.parts.store.accept_erasure(accepting).await?)
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
        let deleting = match recalls.parts.current.load() {
            Some(edition) => self.deleting(erasing, &edition).await?,
            None => Vec::new(),
        };
        let owed = Owed { owing, deleting, erased: Some(subject), ..Owed::default() };
        Ok(recalls.parts.store.owe(owed).await?)
    }

    /// Works out who is asked to delete, under which identifiers that it got from here.
    async fn deleting(
        &self,
        erasing: &Erasing,
        edition: &Edition,
    ) -> Result<Vec<Deleting>, StepError> {
        let recalls = &self.parts.recalls.parts;
        let now = recalls.clock.now();
        let mut deleting = Vec::new();
        for one in self.told(erasing, edition).await? {
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
    /// what stands for this device or browser: the others are the account's, or those of another device.
    async fn told(
        &self,
        erasing: &Erasing,
        edition: &Edition,
    ) -> Result<BTreeSet<ToldIdentifier>, StepError> {
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
        let mut id = self.opened(erasing);
        if id.is_none() {
            let own = told.iter().chain(&beside).find(is_own);
            id = own.map(|one| Personal::new(one.value.clone()));
            if id.is_some() {
                self.accept(subject, id.as_ref()).await?;
            }
        }
        let id = id.as_ref().map(|id| id.open().as_str());
        told.extend(beside.into_iter().filter(|one| identify.is_of(subject, id, one)));
        Ok(told)
    }
}
