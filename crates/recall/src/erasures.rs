//! Forgetting a person, in steps that go on after a crash: first nothing more leaves, then partners are owed
//! what they are to be told, and only then what they are told of is destroyed.

use crate::{
    Deleting, Erasing, Owed, RecallStoreError, Recalls, Stage, StepError, deletion::Sealer,
    owing::longest_window,
};
use futures_util::future::BoxFuture;
use sluicegate_gate::{Choice, DisclosureId, Setting, SubjectKey, time::UnixMillis};
use sluicegate_settings::{Actor, Change, Settings};
use std::{fmt, sync::Arc};

/// The words under which the choices of an erased person are kept.
pub const ERASED: &str = "erased";

/// Destroys what the gateway keeps of a person.
pub trait Erase: Send + Sync + fmt::Debug {
    /// Destroys everything that is kept under a key, durably; the choices stay. Done again, it changes
    /// nothing.
    fn erase(&self, subject: SubjectKey) -> BoxFuture<'_, Result<(), EraseFailed>>;
}

/// Something could not be destroyed, or closed first.
#[derive(Debug, thiserror::Error)]
#[error("what is kept of a person could not be destroyed")]
pub struct EraseFailed(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What erasures are made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct ErasuresParts {
    /// What tells partners.
    pub recalls: Recalls,
    /// Where nothing more is let out.
    pub settings: Arc<Settings>,
    /// What destroys the rest.
    pub erase: Arc<dyn Erase>,
    /// What hides identifiers until their partner has them.
    pub sealer: Sealer,
}

/// Forgets people. Clones share everything.
#[derive(Clone, Debug)]
pub struct Erasures {
    parts: ErasuresParts,
}

impl Erasures {
    /// Makes them of their parts.
    pub fn new(parts: ErasuresParts) -> Self {
        Self { parts }
    }

    /// Accepts the erasure of keys. When this returns it is durable, and ends whatever happens.
    pub async fn accept(&self, subjects: Vec<SubjectKey>) -> Result<(), RecallStoreError> {
        let recalls = &self.parts.recalls.parts;
        recalls.store.accept_erasure(subjects, recalls.clock.now()).await
    }

    /// Accepts the erasure of keys that somebody else asks for, by the id of their request. Returns whether
    /// it is new.
    pub async fn accept_request(
        &self,
        request: [u8; 32],
        subjects: Vec<SubjectKey>,
    ) -> Result<bool, RecallStoreError> {
        let recalls = &self.parts.recalls.parts;
        recalls.store.accept_request(request, subjects, recalls.clock.now()).await
    }

    /// Carries on with what is under way. Returns how many keys are erased now.
    pub async fn step(&self) -> Result<usize, StepError> {
        let mut erased = 0;
        for erasing in self.parts.recalls.parts.store.erasing().await? {
            self.carry_out(erasing).await?;
            erased += 1;
        }
        Ok(erased)
    }

    async fn carry_out(&self, erasing: Erasing) -> Result<(), StepError> {
        let subject = erasing.subject;
        match erasing.stage {
            Stage::Accepted => {
                self.close(subject).await?;
                self.owe(subject, erasing.at).await?;
            }
            Stage::Owed => {}
        }
        self.parts.erase.erase(subject).await?;
        Ok(self.parts.recalls.parts.store.erased(subject).await?)
    }

    /// Lets nothing more out: both settings are off, and stay so, under a keyed hash.
    async fn close(&self, subject: SubjectKey) -> Result<(), StepError> {
        for setting in Setting::ALL {
            let change = Change {
                key: subject,
                setting,
                value: Choice::Off,
                actor: Actor::Law,
                words: ERASED.to_owned(),
                language: String::from("en"),
            };
            let closed = self.parts.settings.change(change).await;
            closed.map_err(|error| EraseFailed(Box::new(error)))?;
        }
        Ok(())
    }

    async fn owe(&self, subject: SubjectKey, at: UnixMillis) -> Result<(), StepError> {
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
            });
        }
        Ok(deleting)
    }
}
