//! Applies what waits in the inbox to accounts.

use crate::{Aside, Batch, Inbox, InboxError, Item, Old, REPEATS_KNOWN_FOR, Said, Sender, Waiting};
use futures_util::{StreamExt, stream};
use sluicegate_gate::{AudienceId, SubjectKey, time::Clock};
use sluicegate_settings::{Active, ChangeError, Heard, ListName, Settings, SettingsStoreError};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// How many people one list can hold; more are dropped.
pub const LIST_PEOPLE_MAX: u64 = 1_000_000;
/// For so long is kept what could not be applied: the month in which an erasure has to be done.
pub const SET_ASIDE_KEPT_FOR: Duration = Duration::from_hours(30 * 24);
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
    people_max: u64,
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

/// The accounts whose own data keep what is said of them from being applied, and the first reason.
#[derive(Debug, Default)]
struct Failed {
    accounts: BTreeSet<SubjectKey>,
    why: String,
}

impl Applier {
    /// Makes one.
    pub fn new(inbox: Arc<dyn Inbox>, settings: Arc<Settings>, clock: Arc<dyn Clock>) -> Self {
        Self { inbox, settings, clock, people_max: LIST_PEOPLE_MAX }
    }

    /// Lets lists hold fewer people than [`LIST_PEOPLE_MAX`].
    #[must_use]
    pub fn holding(self, people_max: u64) -> Self {
        Self { people_max, ..self }
    }

    /// Applies some of the batches that wait, and returns how many. What cannot be applied for what is in it, or in the
    /// account that it is about, is set aside, and the others go on; a store that fails is a reason to wait.
    pub async fn step(&self) -> Result<usize, ApplyError> {
        let waiting = self.inbox.waiting(BATCHES).await?;
        for one in &waiting {
            match one {
                Waiting::Batch(batch) => self.take(batch).await?,
                Waiting::Unreadable { number, why } => {
                    self.set_aside(*number, (*why).to_owned(), None).await?;
                }
            }
        }
        Ok(waiting.len())
    }

    /// Forgets what has run out, the names of batches that cannot be repeated any more, and what was set aside long ago.
    pub async fn forget(&self) -> Result<(), ApplyError> {
        let now = self.clock.now();
        let old =
            Old { names: now.minus(REPEATS_KNOWN_FOR), set_aside: now.minus(SET_ASIDE_KEPT_FOR) };
        self.inbox.trim(old).await?;
        while self.settings.forget_stale(STALE).await.map_err(ApplyError::Settings)? == STALE {}
        Ok(())
    }

    async fn take(&self, batch: &Batch) -> Result<(), ApplyError> {
        let Failed { accounts, why } = self.apply(batch).await?;
        if accounts.is_empty() {
            return Ok(self.inbox.done(batch.number).await?);
        }
        let is_of_one = |item: &&Item| item.account().is_some_and(|one| accounts.contains(&one));
        let items = batch.items.iter().filter(is_of_one).cloned().collect();
        self.set_aside(batch.number, why, Some(items)).await
    }

    async fn set_aside(
        &self,
        number: u64,
        why: String,
        items: Option<Vec<Item>>,
    ) -> Result<(), ApplyError> {
        let aside = Aside { why, at: self.clock.now(), items };
        Ok(self.inbox.set_aside(number, aside).await?)
    }

    async fn apply(&self, batch: &Batch) -> Result<Failed, ApplyError> {
        let mut room =
            Room { settings: &self.settings, max: self.people_max, added: BTreeMap::new() };
        let mut by_account: BTreeMap<SubjectKey, Vec<Heard>> = BTreeMap::new();
        for item in &batch.items {
            let Some(account) = item.account() else { continue };
            let heard = heard(&mut room, account, &batch.sender, &item.said);
            by_account.entry(account).or_default().extend(heard);
        }
        let said = batch.at;
        let mut writes = stream::iter(by_account)
            .map(async |(account, heard)| (account, self.settings.hear(account, said, heard).await))
            .buffer_unordered(ACCOUNTS);
        let mut failed = Failed::default();
        while let Some((account, written)) = writes.next().await {
            match written {
                // The last is saved, and the view goes on once what stops it is mended.
                Ok(_)
                | Err(
                    ChangeError::Refused(_)
                    | ChangeError::NotInForce(SettingsStoreError::Corrupt(_)),
                ) => {}
                Err(ChangeError::Store(SettingsStoreError::Corrupt(why))) => {
                    if failed.accounts.is_empty() {
                        failed.why =
                            format!("what is kept of an account does not read back: {why}");
                    }
                    failed.accounts.insert(account);
                }
                Err(
                    error @ (ChangeError::Store(
                        SettingsStoreError::Unavailable(_) | SettingsStoreError::LogIsRead,
                    )
                    | ChangeError::NotInForce(
                        SettingsStoreError::Unavailable(_) | SettingsStoreError::LogIsRead,
                    )),
                ) => return Err(ApplyError::Settings(error)),
            }
        }
        Ok(failed)
    }
}

/// Returns what an item means; nothing where its sender cannot say it, or the list is full.
fn heard(room: &mut Room<'_>, account: SubjectKey, sender: &Sender, said: &Said) -> Option<Heard> {
    let list = |audience: &AudienceId| match sender {
        Sender::Partner(partnership) => {
            Some(ListName { partnership: partnership.clone(), audience: audience.clone() })
        }
        Sender::Tags => None,
    };
    match said {
        Said::Unlisted { audience } => Some(Heard::Unlisted(list(audience)?)),
        Said::Listed { audience, until } => {
            let list = list(audience)?;
            room.takes(&list, account).then_some(Heard::Listed { list, until: *until })
        }
        Said::Active { advertiser, activity, at } if *sender == Sender::Tags => {
            let (advertiser, activity, at) = (advertiser.clone(), *activity, *at);
            Some(Heard::Active(Active { advertiser, activity, at }))
        }
        Said::Active { .. } => None,
    }
}

/// The room that is left on lists while a batch is looked through, of which nothing is written yet.
struct Room<'a> {
    settings: &'a Settings,
    max: u64,
    /// Who was let in.
    added: BTreeMap<ListName, BTreeSet<SubjectKey>>,
}

impl Room<'_> {
    /// Lets an account in, unless the list is full. Whoever is on it already stays for as long as its sender now says.
    fn takes(&mut self, list: &ListName, account: SubjectKey) -> bool {
        let said = self.settings.elsewhere(account);
        if said.is_some_and(|said| said.names().any(|name| name == list)) {
            return true;
        }
        let added = self.added.entry(list.clone()).or_default();
        let count = u64::try_from(added.len()).unwrap_or(u64::MAX);
        let has_room = self.settings.members(list).saturating_add(count) < self.max;
        if has_room {
            added.insert(account);
        }
        has_room || added.contains(&account)
    }
}
