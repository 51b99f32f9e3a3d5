//! Merging what commits added into the tables, in the background.
//!
//! A merge takes all additions up to one commit, which is written down first (`merging` of `ledger_head`),
//! adds them to the tables in small transactions, so that nobody waits long for the writer, and deletes
//! them in the last one. Each row of a table names the latest commit that it counts, and one that counts
//! the merge's commit is passed over. So a merge that a crash cut short is done again from the start, with
//! the same additions, and nothing counts twice. For that reason its transactions are not flushed one by one: the log
//! of the database keeps the order of commits, and what a power cut takes back of a merge is done again, too.

use super::{
    additions::{Additions, Enough},
    rolling,
    rows::Rows,
    tables, values,
};
use crate::{Sqlite, StoreError, background::Work};
use parking_lot::Mutex;
use sluicegate_ledger::Day;
use sqlx::{Row as _, SqliteConnection};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// How long a merge that failed waits before it goes on.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Rows in one transaction of a merge.
const SLICE: usize = 64;

/// Additions that are not, or not wholly, in the tables.
#[derive(Debug)]
pub(crate) struct Unmerged {
    enough: Enough,
    state: Mutex<State>,
    merged: Notify,
    /// Held while rows of the tables change.
    tables: tokio::sync::Mutex<()>,
    /// The day whose rows are being moved away: none of them changes.
    moving: Mutex<Option<Day>>,
    moved: Notify,
}

/// Rows of one day do not change for as long as this is held.
#[derive(Debug)]
pub(super) struct StandsStill<'a>(&'a Unmerged);

impl Drop for StandsStill<'_> {
    fn drop(&mut self) {
        *self.0.moving.lock() = None;
        self.0.moved.notify_waiters();
    }
}

#[derive(Debug, Default)]
struct State {
    active: Additions,
    /// Being merged: what comes goes to `active`.
    merging: Option<Arc<Additions>>,
    /// The room of what was merged last: growing anew up to a merge's worth would copy all of it again and again.
    room: Option<Additions>,
    trouble: Trouble,
    /// Merges that ended.
    ended: u64,
}

impl State {
    /// Returns how many merges have to end until everything that is here now is in the tables.
    fn until(&self) -> u64 {
        self.ended + u64::from(self.merging.is_some()) + u64::from(!self.active.is_empty())
    }

    /// Takes everything that is not merged, to be merged.
    fn begin(&mut self) -> Arc<Additions> {
        self.active.open_slips();
        let room = self.room.take().unwrap_or_default();
        let next = Arc::new(std::mem::replace(&mut self.active, room));
        self.merging = Some(Arc::clone(&next));
        next
    }
}

/// Why a merge does not go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Trouble {
    #[default]
    None,
    /// It failed the last time, and is tried again.
    Failing,
    /// The store is closed.
    Closed,
}

impl Unmerged {
    /// Reads what was left, as it was divided: what a merge had begun with, and what came after.
    pub(crate) async fn load(
        connection: &mut SqliteConnection,
        enough: Enough,
    ) -> Result<Self, StoreError> {
        let begun: i64 = sqlx::query_scalar("SELECT merging FROM ledger_head")
            .fetch_one(&mut *connection)
            .await?;
        let (mut merging, mut active) = (Additions::default(), Additions::default());
        let sql = "SELECT pack, rows FROM ledger_addition ORDER BY pack";
        for row in sqlx::query(sql).fetch_all(connection).await? {
            let (pack, blob): (i64, &[u8]) = (row.try_get("pack")?, row.try_get("rows")?);
            let number = pack.cast_unsigned();
            let rows = Rows::read(blob).map_err(|_damage| StoreError::Damaged(number))?;
            let part = if pack <= begun { &mut merging } else { &mut active };
            part.add(number, rows, blob.len());
        }
        merging.open_slips();
        // Why: the merge has to name the commit it began with, whatever of it is left.
        merging.last = if merging.is_empty() { 0 } else { begun.cast_unsigned() };
        let merging = (!merging.is_empty()).then(|| Arc::new(merging));
        let state = Mutex::new(State { active, merging, ..State::default() });
        let (tables, moving) = (tokio::sync::Mutex::default(), Mutex::default());
        let (merged, moved) = (Notify::new(), Notify::new());
        Ok(Self { enough, state, merged, tables, moving, moved })
    }

    /// Adds the rows of a commit that is durable.
    pub(crate) fn add(&self, pack: u64, rows: Rows, bytes: usize) {
        self.state.lock().active.add(pack, rows, bytes);
    }

    /// Returns what to merge next, if there is enough and no merge is under way.
    fn begin(&self) -> Option<Arc<Additions>> {
        let mut state = self.state.lock();
        if state.merging.is_some() || !state.active.is(self.enough) {
            return None;
        }
        Some(state.begin())
    }

    /// Returns everything that is not merged, to be merged, if no merge is under way.
    fn begin_now(&self) -> Option<Arc<Additions>> {
        let mut state = self.state.lock();
        if state.merging.is_some() || state.active.is_empty() {
            return None;
        }
        Some(state.begin())
    }

    /// Returns once so many merges have ended, or none is under way. Fails where one does not go on.
    async fn settled(&self, until: u64) -> Result<(), StoreError> {
        loop {
            let merged = self.merged.notified();
            let (is_settled, trouble) = {
                let state = self.state.lock();
                (state.ended >= until || state.merging.is_none(), state.trouble)
            };
            match trouble {
                _ if is_settled => return Ok(()),
                Trouble::None => merged.await,
                Trouble::Failing => return Err(StoreError::Corrupt(STUCK)),
                Trouble::Closed => return Err(StoreError::Closed),
            }
        }
    }

    /// Returns the merge that was under way when the store was opened.
    fn begun(&self) -> Option<Arc<Additions>> {
        self.state.lock().merging.as_ref().map(Arc::clone)
    }

    /// Keeps merges from changing a table for as long as what it returns is held.
    pub(super) async fn stand_still_for_moving(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.tables.lock().await
    }

    /// Keeps merges from changing rows of a day for as long as what it returns is held; all others are merged meanwhile.
    /// Old records are moved one day at a time.
    pub(super) async fn stand_still_on(&self, day: Day) -> StandsStill<'_> {
        let still = self.tables.lock().await;
        *self.moving.lock() = Some(day);
        drop(still);
        StandsStill(self)
    }

    /// Returns once a merge of these may begin, and the day that is being moved meanwhile.
    async fn turn(&self, additions: &Additions) -> (tokio::sync::MutexGuard<'_, ()>, Option<Day>) {
        loop {
            let moved = self.moved.notified();
            let still = self.tables.lock().await;
            let moving = *self.moving.lock();
            // Why not looked at later: none begins while this is held.
            if !moving.is_some_and(|day| additions.are_of(day)) {
                return (still, moving);
            }
            drop(still);
            moved.await;
        }
    }

    fn end(&self, merged: Arc<Additions>) {
        let mut state = self.state.lock();
        state.merging = None;
        state.trouble = Trouble::None;
        state.ended += 1;
        drop(state);
        self.merged.notify_waiters();
        let room = Arc::into_inner(merged).map(Additions::emptied);
        self.state.lock().room = room;
    }

    fn stand_still(&self, trouble: Trouble) {
        self.state.lock().trouble = trouble;
        self.merged.notify_waiters();
    }

    /// Waits while merging lags so far behind that memory would fill. Fails where it does not go on.
    pub(crate) async fn room(&self) -> Result<(), StoreError> {
        loop {
            let merged = self.merged.notified();
            let (lags, trouble) = {
                let state = self.state.lock();
                (state.merging.is_some() && state.active.is(self.enough.times(2)), state.trouble)
            };
            match trouble {
                _ if !lags => return Ok(()),
                Trouble::None => merged.await,
                Trouble::Failing => {
                    return Err(StoreError::Corrupt(STUCK));
                }
                Trouble::Closed => return Err(StoreError::Closed),
            }
        }
    }

    /// Shows the additions in the order in which they were committed, as of one moment.
    pub(crate) fn look<T>(&self, pick: impl FnMut(&Additions) -> T) -> Vec<T> {
        let mut state = self.state.lock();
        state.active.open_slips();
        state.merging.iter().map(AsRef::as_ref).chain([&state.active]).map(pick).collect()
    }
}

impl Sqlite {
    /// Starts a merge if there is enough to merge and none is under way.
    pub(super) fn merge_if_full(&self) {
        if let Some(additions) = self.unmerged.begin() {
            tokio::spawn(run(self.clone(), additions));
        }
    }

    /// Merges everything that was committed before, and returns once it is in the tables.
    pub(super) async fn merge_all(&self) -> Result<(), StoreError> {
        // Why counted: where much is recorded one merge follows the other, and there is always one under way.
        let until = self.unmerged.state.lock().until();
        loop {
            self.unmerged.settled(until).await?;
            if self.unmerged.state.lock().ended >= until {
                return Ok(());
            }
            if let Some(additions) = self.unmerged.begin_now() {
                tokio::spawn(run(self.clone(), additions));
            }
        }
    }

    /// Merges new keys of people in the background, unless that is under way.
    pub(super) fn merge_keys(&self) {
        let keys = Arc::clone(&self.keys);
        // Where it fails nothing is lost, and it is tried again with the next new key.
        tokio::spawn(async move { keys.merge_in_background().await });
    }

    /// Goes on with the merge that was under way when the store was closed.
    pub(crate) fn merge_on(&self) {
        if let Some(additions) = self.unmerged.begun() {
            tokio::spawn(run(self.clone(), additions));
        }
    }
}

const STUCK: &str = "counts that do not merge into their tables";

async fn run(store: Sqlite, additions: Arc<Additions>) {
    let work = Work::new("counts");
    loop {
        let merged = work
            .done(async {
                let (still, moving) = store.unmerged.turn(&additions).await;
                let merged = merge(&store, &additions, moving).await;
                drop(still);
                merged
            })
            .await;
        match merged {
            Ok(()) => return store.unmerged.end(additions),
            Err(StoreError::Closed) => return store.unmerged.stand_still(Trouble::Closed),
            // Nothing is lost: the additions are on the disk and in memory. Once there is no room for more,
            // commits fail, and say so.
            Err(_told) => {
                store.unmerged.stand_still(Trouble::Failing);
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

async fn merge(
    store: &Sqlite,
    additions: &Additions,
    moving: Option<Day>,
) -> Result<(), StoreError> {
    let last = additions.last;
    store.write(move |connection| Box::pin(rolling::finish_all_but(connection, moving))).await?;
    store
        .write_again_if_lost(move |connection| Box::pin(tables::begin_merge(connection, last)))
        .await?;
    let mut told: Vec<_> = additions.told.values().collect();
    told.sort_unstable_by(|one, other| {
        tables::told_order(&one.row).cmp(&tables::told_order(&other.row))
    });
    for slice in told.chunks(SLICE) {
        let rows = slice.iter().map(|row| (*row).clone()).collect();
        store
            .write_again_if_lost(move |connection| {
                Box::pin(tables::merge_told(connection, rows, last))
            })
            .await?;
    }
    let mut withheld: Vec<_> = additions.withheld.values().collect();
    withheld.sort_unstable_by_key(|row| row.subject);
    for slice in withheld.chunks(SLICE) {
        let rows = slice.iter().map(|row| (*row).clone()).collect();
        store
            .write_again_if_lost(move |connection| {
                Box::pin(tables::merge_withheld(connection, rows, last))
            })
            .await?;
    }
    let totals = additions.totals.values().cloned().collect();
    let withheld_totals = additions.withheld_totals.values().cloned().collect();
    let spare = additions.spare.clone();
    store
        .write_again_if_lost(move |connection| {
            Box::pin(async move {
                tables::merge_withheld_totals(&mut *connection, withheld_totals, last).await?;
                tables::merge_totals(&mut *connection, totals, last).await?;
                values::delete(&mut *connection, &spare).await?;
                tables::end_merge(connection, last).await
            })
        })
        .await
}

#[cfg(test)]
mod tests;
