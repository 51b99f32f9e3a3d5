//! Erasing a person from every store, to the end.
//!
//! First whatever waits in the journal is kept from partnerships of every kind. Then the settings: from then on everything
//! is off, what was permitted before is refused at the door, and the erasure is written down as unfinished. Then touches
//! and conversions, and later the journal. Before the ledger forgets it is written down what partners are owed
//! ([`sluicegate_recall`]). Then the ledger: the person's key is destroyed. What was permitted before may still be on its way to the record for as
//! long as a permit lives, under a new key; so all of it is done again after that, and only then the erasure is
//! finished. A start goes on with whatever is unfinished. One that is asked for again meanwhile begins anew.
//!
//! What cannot be done for one person holds up nobody else, nor a start, and is tried again. The person's key goes
//! whatever else fails: it waits at most an hour until it is known what partners are owed.

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sluicegate_audiences::Inbox;
use sluicegate_gate::{
    Personal, SubjectKey,
    time::{BootMillis, Clock, UnixMillis},
};
use sluicegate_ledger::Ledger;
use sluicegate_measurement::erasure::{Eraser, Person};
use sluicegate_settings::{Settings, SettingsStoreError};
use sluicegate_web::api::EraseFailed;
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{MissedTickBehavior, interval},
};

/// How often unfinished erasures are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// Erasures that partners asked for that are begun at one look at most.
const BEGUN_MAX: usize = 32;
/// For how long it is tried to find out who is to be told of an erasure, before the key is destroyed without.
const OWING_TRIED_FOR: Duration = Duration::from_hours(1);

/// After how long it is said again that the log of the store is read.
const READ_SAID_EVERY: Duration = Duration::from_hours(1);

/// Erases people. Clones share everything.
#[derive(Clone, Debug)]
pub(super) struct Erasures {
    pub(super) settings: Arc<Settings>,
    pub(super) eraser: Arc<Eraser>,
    pub(super) ledger: Arc<Ledger>,
    /// What was said of people and could not be applied.
    pub(super) inbox: Arc<dyn Inbox>,
    /// What partners are told.
    pub(super) partners: sluicegate_recall::Erasures,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) seen: Arc<Seen>,
}

/// What is known of erasures since the start.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// When it was last said that somebody reads the log of the store, while that holds up the end of erasures.
    read_said: Mutex<Option<BootMillis>>,
    /// Since when it could not be found out which partners are to be told, of whom.
    failing: Mutex<HashMap<SubjectKey, BootMillis>>,
    /// When erasures that are not finished began here, or were first seen.
    begun: Mutex<HashMap<SubjectKey, BootMillis>>,
    /// Those that have come to their end and are not finished, since somebody reads the log of the store.
    ended: Mutex<HashSet<Ordered>>,
    /// How many looks there were at what partners asked for.
    looks: AtomicUsize,
    /// Whose erasure is at work: what a partner is owed of one is read, written down and destroyed before it begins again.
    at_work: Mutex<HashSet<SubjectKey>>,
    rests: Notify,
}

impl Seen {
    /// Returns once nobody else is at work at the erasure of that key.
    async fn turn_of(&self, key: SubjectKey) -> AtWork<'_> {
        loop {
            let rests = self.rests.notified();
            if self.at_work.lock().insert(key) {
                return AtWork { seen: self, key };
            }
            rests.await;
        }
    }
}

/// Somebody is at work at an erasure for as long as this is held.
struct AtWork<'a> {
    seen: &'a Seen,
    key: SubjectKey,
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.seen.at_work.lock().remove(&self.key);
        self.seen.rests.notify_waiters();
    }
}

/// An erasure, as it was ordered.
type Ordered = (SubjectKey, UnixMillis);

impl sluicegate_web::api::Erasures for Erasures {
    fn erase(
        &self,
        key: SubjectKey,
        id: Option<Personal<String>>,
    ) -> BoxFuture<'_, Result<(), EraseFailed>> {
        // Why apart: whoever asked may go away meanwhile.
        let erasing = tokio::spawn(self.clone().whole(key, id));
        Box::pin(async move {
            let erased = erasing.await.map_err(|stopped| EraseFailed(stopped.into()))?;
            erased.map_err(|error| EraseFailed(error.into()))
        })
    }
}

impl Erasures {
    /// Does what an erasure that was cut off had left undone. To be called before anything is served. What fails is
    /// tried again while it is served: everything is off already.
    pub(super) async fn go_on(&self) -> anyhow::Result<()> {
        for (key, _) in self.settings.unfinished_erasures().await? {
            told(self.destroy(key).await);
        }
        Ok(())
    }

    async fn whole(self, key: SubjectKey, id: Option<Personal<String>>) -> anyhow::Result<()> {
        let _turn = self.seen.turn_of(key).await;
        let asked_at = self.partners.begin(key, id.as_ref()).await?;
        // Why before: what is decided once the settings have changed is decided of what is read from now on.
        let begun = self.eraser.begin(&Person { keys: vec![key], ids: Vec::new() });
        self.settings.erase(key).await?;
        self.seen.begun.lock().insert(key, self.clock.boot());
        self.partners.begun(key, asked_at).await?;
        let destroyed = self.destroy(key).await;
        drop(begun);
        destroyed
    }

    /// Destroys what there is of a person, as far as possible.
    async fn destroy(&self, key: SubjectKey) -> anyhow::Result<()> {
        let owed = self.owe(key).await;
        let id = self.partners.id_of(key).await;
        let ids = id.as_ref().ok().cloned().flatten().into_iter().collect();
        let measured = self.eraser.erase(&Person { keys: vec![key], ids }).await;
        let said = self.inbox.erase(key).await;
        // Why: with the key goes what says who is to be told.
        owed?;
        self.ledger.erase(key).await?;
        self.partners.destroyed(key).await?;
        id?;
        measured?;
        said?;
        Ok(())
    }

    /// Has it written down what partners are owed; in the end, that nobody can tell.
    async fn owe(&self, key: SubjectKey) -> anyhow::Result<()> {
        let Err(error) = self.partners.owe(key).await else {
            self.seen.failing.lock().remove(&key);
            return Ok(());
        };
        let now = self.clock.boot();
        let since = *self.seen.failing.lock().entry(key).or_insert(now);
        if now.since(since) < OWING_TRIED_FOR {
            return Err(error.into());
        }
        tracing::error!(
            error.cause = %error,
            "a person is erased, and it could not be found out which partners are to be told to forget"
        );
        // Why: kept nowhere, it is tried again with the next look; the key goes all the same.
        told(self.partners.give_up(key).await.map_err(Into::into));
        Ok(())
    }

    /// Finishes erasures until the gateway stops.
    pub(super) async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                _ = ticks.tick() => {}
            }
            told(self.finish().await);
        }
    }

    async fn finish(&self) -> anyhow::Result<()> {
        // Why before: one that is ordered again after this does not end by it.
        let under_way = self.partners.under_way().await?;
        let unfinished = self.settings.unfinished_erasures().await?;
        // Why first: however many are asked for, one that is as far ends.
        let ended = self.end_settled(&unfinished, &under_way).await;
        for key in self.turn(self.partners.asked().await?) {
            // A partner asked for it, by a request to delete.
            let erased = sluicegate_web::api::Erasures::erase(self, key, None).await;
            told(erased.map_err(Into::into));
        }
        ended
    }

    /// Returns whose turn it is to be begun, of all that are asked for: some of them, and others at the next look, so that
    /// one that cannot be begun holds up no other.
    fn turn(&self, mut waiting: Vec<SubjectKey>) -> Vec<SubjectKey> {
        let first = self.seen.looks.fetch_add(1, Ordering::Relaxed).wrapping_mul(BEGUN_MAX);
        if waiting.len() > BEGUN_MAX {
            let first = first % waiting.len();
            waiting.rotate_left(first);
            waiting.truncate(BEGUN_MAX);
        }
        waiting
    }

    async fn end_settled(
        &self,
        unfinished: &[Ordered],
        under_way: &HashMap<SubjectKey, UnixMillis>,
    ) -> anyhow::Result<()> {
        let began = self.clock.boot();
        for erasure in self.settled(unfinished) {
            // Why once: who comes back afterwards is erased of nothing more, however long the log is read.
            if self.seen.ended.lock().contains(&erasure) {
                continue;
            }
            let (key, _) = erasure;
            match self.end(key, under_way.get(&key).copied()).await {
                Ok(true) => drop(self.seen.ended.lock().insert(erasure)),
                Ok(false) => {}
                Err(error) => told(Err(error)),
            }
        }
        let ended: Vec<Ordered> = self.seen.ended.lock().iter().copied().collect();
        if ended.is_empty() {
            return Ok(());
        }
        // Why at once: the store empties its log for it, which holds up writers.
        match self.settings.finish_erasures(ended.clone()).await {
            Ok(()) => {
                *self.seen.read_said.lock() = None;
                self.seen.ended.lock().clear();
                // Whoever is erased again meanwhile is so from then on.
                let is_ended = |key: &SubjectKey| ended.iter().any(|(one, _)| one == key);
                self.seen.failing.lock().retain(|key, _| !is_ended(key));
                self.seen.begun.lock().retain(|key, since| *since >= began || !is_ended(key));
            }
            Err(SettingsStoreError::LogIsRead) => self.say_that_it_is_read(),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Returns for whom nothing that was permitted before can be under way any more: no permit lives longer than the view
    /// it was given by. The time of day says so only of erasures that began before this process did: it may be set.
    pub(super) fn settled(&self, unfinished: &[Ordered]) -> Vec<Ordered> {
        let permitted = self.settings.takes_effect_within() * 2;
        let (now, boot) = (self.clock.now(), self.clock.boot());
        let mut begun = self.seen.begun.lock();
        let is_settled = |(key, at): &&Ordered| match begun.entry(*key) {
            Entry::Occupied(since) => boot.since(*since.get()) > permitted,
            Entry::Vacant(_) if *at < now.minus(permitted) => true,
            Entry::Vacant(free) => {
                free.insert(boot);
                false
            }
        };
        unfinished.iter().filter(is_settled).copied().collect()
    }

    /// Says that the end of erasures waits for somebody who reads: once, and as an error for every hour of it.
    #[expect(clippy::cognitive_complexity, reason = "each is said once")]
    fn say_that_it_is_read(&self) {
        let now = self.clock.boot();
        let mut said = self.seen.read_said.lock();
        match *said {
            None => tracing::warn!(
                "the log of the store is read, so it cannot be emptied yet: erasures that are done are finished at one of the next looks"
            ),
            Some(before) if now.since(before) < READ_SAID_EVERY => return,
            Some(_) => tracing::error!(
                "the log of the store has been read for an hour, so erasures that are done cannot be finished"
            ),
        }
        *said = Some(now);
    }

    /// Destroys what came since. Afterwards nothing of it is kept but in the log of the store. Returns whether that was the
    /// end of it: not so of one that is to begin anew, or of which only the settings knew.
    async fn end(&self, key: SubjectKey, asked_at: Option<UnixMillis>) -> anyhow::Result<bool> {
        let _turn = self.seen.turn_of(key).await;
        self.destroy(key).await?;
        let Some(asked_at) = asked_at else { return Ok(false) };
        self.partners.forget(key, asked_at).await?;
        Ok(true)
    }
}

fn told(done: anyhow::Result<()>) {
    if let Err(error) = done {
        tracing::error!(error.cause = %format!("{error:#}"), "an erasure could not be finished yet");
    }
}

#[cfg(test)]
mod tests;
