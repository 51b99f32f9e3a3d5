//! Applies what waits in the inbox to accounts.

use crate::{Batch, Inbox, InboxError, REPEATS_KNOWN_FOR, Said, Sender};
use futures_util::{StreamExt, stream};
use sluicegate_gate::{SubjectKey, time::Clock};
use sluicegate_settings::{Active, ChangeError, Heard, ListName, Settings};
use std::{collections::BTreeMap, sync::Arc};

/// How many people one list can hold; more are dropped.
pub const LIST_PEOPLE_MAX: u64 = 1_000_000;
/// Batches that are read at once.
const BATCHES: usize = 8;
/// Accounts that are written at once.
const ACCOUNTS: usize = 64;
/// Accounts of which what has run out is forgotten at once.
const STALE: usize = 1_000;

/// Applies what was said, in the order in which it was said.
#[derive(Clone, Debug)]
pub struct Applier {
    inbox: Arc<dyn Inbox>,
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
}

/// Something could not be applied. It still waits, and applying it again is safe.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The inbox failed.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The settings could not take it.
    #[error("what was said of an account could not be kept")]
    Settings(#[source] ChangeError),
}

impl Applier {
    /// Makes one.
    pub fn new(inbox: Arc<dyn Inbox>, settings: Arc<Settings>, clock: Arc<dyn Clock>) -> Self {
        Self { inbox, settings, clock }
    }

    /// Applies some of the batches that wait, and returns how many.
    pub async fn step(&self) -> Result<usize, ApplyError> {
        let batches = self.inbox.waiting(BATCHES).await?;
        for batch in &batches {
            self.apply(batch).await?;
            self.inbox.done(batch.number).await?;
        }
        Ok(batches.len())
    }

    /// Forgets what has run out, and the names of batches that cannot be repeated any more.
    pub async fn forget(&self) -> Result<(), ApplyError> {
        self.inbox.trim(self.clock.now().minus(REPEATS_KNOWN_FOR)).await?;
        while self.settings.forget_stale(STALE).await.map_err(ApplyError::Settings)? == STALE {}
        Ok(())
    }

    async fn apply(&self, batch: &Batch) -> Result<(), ApplyError> {
        let mut by_account: BTreeMap<SubjectKey, Vec<Heard>> = BTreeMap::new();
        for item in &batch.items {
            let Some(account) = item.account() else { continue };
            by_account.entry(account).or_default().extend(self.heard(
                account,
                &batch.sender,
                &item.said,
            ));
        }
        let said = batch.at;
        let mut writes = stream::iter(by_account)
            .map(|(account, heard)| self.settings.hear(account, said, heard))
            .buffer_unordered(ACCOUNTS);
        while let Some(written) = writes.next().await {
            match written {
                Ok(_) | Err(ChangeError::Refused(_)) => {}
                Err(error @ (ChangeError::Store(_) | ChangeError::NotInForce(_))) => {
                    return Err(ApplyError::Settings(error));
                }
            }
        }
        Ok(())
    }

    /// Returns what an item means; nothing where its sender cannot say it, or the list is full.
    fn heard(&self, account: SubjectKey, sender: &Sender, said: &Said) -> Option<Heard> {
        let list = |audience: &sluicegate_gate::AudienceId| match sender {
            Sender::Partner(partnership) => {
                Some(ListName { partnership: partnership.clone(), audience: audience.clone() })
            }
            Sender::Tags => None,
        };
        match said {
            Said::Unlisted { audience } => Some(Heard::Unlisted(list(audience)?)),
            Said::Listed { audience, until } => {
                let list = list(audience)?;
                // Whoever is on a full list already stays for as long as its sender now says.
                let is_on = || {
                    let said = self.settings.elsewhere(account);
                    said.is_some_and(|said| said.names().any(|name| *name == list))
                };
                let has_room = self.settings.members(&list) < LIST_PEOPLE_MAX || is_on();
                has_room.then_some(Heard::Listed { list, until: *until })
            }
            Said::Active { advertiser, activity, at } if *sender == Sender::Tags => {
                let (advertiser, activity, at) = (advertiser.clone(), *activity, *at);
                Some(Heard::Active(Active { advertiser, activity, at }))
            }
            Said::Active { .. } => None,
        }
    }
}
