//! Joining the outlines of many commits into one row, in the background.
//!
//! A commit appends a row of its own. When rows that were not joined hold [`Loose::MESSAGES`] messages, or are
//! [`Loose::ROWS`], one row takes the place of all of them, in one transaction: whoever reads sees each
//! message once. A row that does not read stays where it is, set aside, and holds up no other.

use super::{
    kinds::KnownKinds,
    outlines::{KindId, Outlines},
    whole,
};
use crate::{Sqlite, StoreError, background::Work};
use sluicegate_ledger::{Kind, OutlineRow};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// What is not joined yet.
#[derive(Debug)]
pub(crate) struct Loose {
    kinds: KnownKinds,
    messages: AtomicU64,
    rows: AtomicU64,
    is_joining: AtomicBool,
    work: Work,
}

/// The outlines of one commit, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Outlined {
    /// `None` if there is no message.
    pub(super) blob: Option<Vec<u8>>,
    pub(super) messages: u64,
    pub(super) first: i64,
    pub(super) last: i64,
    /// Kinds that may not be in the table.
    pub(super) kinds: Vec<(KindId, Arc<Kind>)>,
}

impl Outlined {
    fn of(outlines: Outlines) -> Self {
        let (messages, last) = (outlines.messages, outlines.last);
        let Some(first) = outlines.first else { return Self::default() };
        Self { blob: Some(outlines.finish()), messages, first, last, kinds: Vec::new() }
    }

    /// Returns how many messages there are, and which kinds are written with them.
    pub(super) fn summary(&self) -> (u64, Vec<KindId>) {
        (self.messages, self.kinds.iter().map(|(id, _)| *id).collect())
    }
}

impl Loose {
    /// Messages that are joined at once.
    const MESSAGES: u64 = 65_536;
    /// Rows that are joined at once.
    const ROWS: u64 = 1_024;

    pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let sql =
            "SELECT count(*), coalesce(sum(messages), 0) FROM ledger_outline WHERE joined = 0";
        let (rows, messages): (i64, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
        Ok(Self {
            rows: AtomicU64::new(rows.cast_unsigned()),
            messages: AtomicU64::new(messages.cast_unsigned()),
            kinds: KnownKinds::default(),
            is_joining: AtomicBool::default(),
            work: Work::new("outlines"),
        })
    }

    pub(super) fn outline(&self, rows: &[OutlineRow]) -> Outlined {
        let mut outlines = Outlines::default();
        let mut kinds = HashMap::new();
        let mut ids: HashMap<usize, KindId> = HashMap::new();
        for row in rows {
            // Why: most rows share a few kinds, and hashing one costs more than the rest of the row.
            let id = *ids.entry(Arc::as_ptr(&row.kind).addr()).or_insert_with(|| row.kind.id());
            kinds.entry(id).or_insert_with(|| Arc::clone(&row.kind));
            outlines.add(row, id);
        }
        Outlined { kinds: self.kinds.unknown(kinds), ..Outlined::of(outlines) }
    }

    /// Counts a commit that is durable.
    pub(super) fn add(&self, messages: u64, kinds: &[KindId]) {
        self.kinds.add(kinds);
        if messages > 0 {
            self.rows.fetch_add(1, Ordering::Relaxed);
            self.messages.fetch_add(messages, Ordering::Relaxed);
        }
    }

    /// Counts what is loose no more. Never below nothing: a damaged row may say that it had any number.
    fn take(&self, rows: u64, messages: u64) {
        for (all, less) in [(&self.rows, rows), (&self.messages, messages)] {
            let left = |all: u64| Some(all.saturating_sub(less));
            let _before = all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        }
    }

    /// Returns whether there is enough to join, and nobody else is at it.
    fn begin(&self) -> bool {
        let is_enough = self.messages.load(Ordering::Relaxed) >= Self::MESSAGES
            || self.rows.load(Ordering::Relaxed) >= Self::ROWS;
        is_enough && !self.is_joining.swap(true, Ordering::AcqRel)
    }
}

impl Sqlite {
    /// Starts joining if there is enough to join.
    pub(super) fn join_if_many(&self) {
        if self.loose.begin() {
            let store = self.clone();
            tokio::spawn(async move {
                // What failed is tried again with the next commit; every row is where it was.
                if let Ok((rows, messages)) = store.loose.work.done(join(&store)).await {
                    store.loose.take(rows, messages);
                }
                store.loose.is_joining.store(false, Ordering::Release);
            });
        }
    }
}

/// Loose rows on the way into one.
#[derive(Default)]
struct Join {
    outlines: Outlines,
    /// The first and last commit of those that read.
    packs: Option<(i64, i64)>,
    /// Those that do not.
    damaged: Vec<i64>,
    messages: u64,
}

impl Join {
    fn add(&mut self, row: &SqliteRow) -> Result<(), StoreError> {
        let pack: i64 = row.try_get("pack")?;
        let messages = row.try_get::<i64, _>("messages").unwrap_or_default();
        self.messages = self.messages.saturating_add(messages.cast_unsigned());
        if let Ok(last) = self.join(row) {
            let first = self.packs.map_or(pack, |(first, _)| first);
            self.packs = Some((first, last));
        } else {
            tracing::error!(
                outlines.first_pack = pack,
                "outlines do not read; they are set aside, and the others are joined"
            );
            self.damaged.push(pack);
        }
        Ok(())
    }

    /// Returns the last commit of a row.
    fn join(&mut self, row: &SqliteRow) -> Result<i64, StoreError> {
        let last = row.try_get("last")?;
        let joined = self.outlines.join(row.try_get("outlines")?);
        joined.map_err(|_damage| StoreError::Corrupt("outlines"))?;
        Ok(last)
    }
}

/// Joins all loose rows, and returns how many there were, with how many messages.
async fn join(store: &Sqlite) -> Result<(u64, u64), StoreError> {
    let sql =
        "SELECT pack, last, messages, outlines FROM ledger_outline WHERE joined = 0 ORDER BY pack";
    let rows = sqlx::query(sql).fetch_all(store.readers()).await?;
    let mut join = Join::default();
    for row in &rows {
        join.add(row)?;
        // Why: each takes a millisecond or so; others go on meanwhile.
        tokio::task::yield_now().await;
    }
    let messages = join.messages;
    // Lost in a power cut, every row is where it was.
    store.write_again_if_lost(move |connection| Box::pin(replace(connection, join))).await?;
    Ok((u64::try_from(rows.len()).unwrap_or(u64::MAX), messages))
}

async fn replace(connection: &mut SqliteConnection, join: Join) -> Result<(), StoreError> {
    let Join { outlines, packs, damaged, .. } = join;
    for pack in damaged {
        let sql = "UPDATE ledger_outline SET joined = 2 WHERE pack = ?";
        sqlx::query(sql).bind(pack).execute(&mut *connection).await?;
    }
    let Some((first, last)) = packs else { return Ok(()) };
    let joined = Outlined::of(outlines);
    let sql = "DELETE FROM ledger_outline WHERE joined = 0 AND pack BETWEEN ? AND ?";
    sqlx::query(sql).bind(first).bind(last).execute(&mut *connection).await?;
    let sql = "INSERT INTO ledger_outline (pack, last, joined, from_ms, last_ms, messages, outlines) \
               VALUES (?, ?, 1, ?, ?, ?, ?)";
    sqlx::query(sql)
        .bind(first)
        .bind(last)
        .bind(joined.first)
        .bind(joined.last)
        .bind(whole(joined.messages)?)
        .bind(joined.blob.unwrap_or_default())
        .execute(&mut *connection)
        .await?;
    Ok(())
}
