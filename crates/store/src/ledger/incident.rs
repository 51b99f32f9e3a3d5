//! Looking for the scope of an incident in the outlines of all messages.
//!
//! Rows are read in the order of commits and handed to as many threads as the machine has processors. Each
//! counts the kinds it meets, and notes who it meets in buckets that are sorted and freed of repetitions as
//! they grow: memory is for different people (about 16 bytes each), not for messages.

use super::{
    kinds::{self, Kinds},
    outlines::{KindId, Outlined},
};
use crate::{StoreError, keys::KeyFile};
use futures_util::TryStreamExt as _;
use parking_lot::Mutex;
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use sluicegate_ledger::{
    Incident, IncidentKind, IncidentScope, KeyRow, KindTally, PackTimes, Someone, UnreadOutlines,
};
use sqlx::{Row as _, SqliteConnection, SqlitePool};
use std::{
    collections::{BTreeSet, HashMap},
    num::NonZeroUsize,
    ops::RangeInclusive,
    sync::Arc,
};
use tokio::sync::mpsc;

/// Blobs that wait for a thread.
const WAITING_MAX: usize = 4;
/// Keys that are looked through at once.
const KEYS_PIECE: i64 = 4_096;
/// Buckets of people; the low bits of a random id say which.
const BUCKETS: usize = 256;
/// When a bucket is sorted for the first time.
const BUCKET_MIN: usize = 4_096;

/// A row of outlines, as it is handed to a thread.
struct Handed {
    packs: RangeInclusive<u64>,
    blob: Vec<u8>,
}

/// The people met, each once, in no order.
pub(super) struct Met(Vec<Someone>);

pub(super) async fn incident(
    readers: &SqlitePool,
    scope: &IncidentScope,
) -> Result<(Incident, Met), StoreError> {
    // One transaction: every kind that an outline names is among those that were read.
    let mut snapshot = readers.begin().await?;
    let kinds = Arc::new(kinds::all(&mut snapshot).await?);
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (hand, queue) = mpsc::channel(WAITING_MAX);
    let queue = Arc::new(Mutex::new(queue));
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let mut worker = Worker::new(scope.clone(), Arc::clone(&kinds));
            let queue = Arc::clone(&queue);
            tokio::task::spawn_blocking(move || {
                worker.work(&queue);
                worker
            })
        })
        .collect();
    // Why: with the last thread the queue is gone, and whoever still hands out rows hears of it.
    drop(queue);
    let read = read(&mut snapshot, scope, hand).await;
    let mut whole = Worker::new(scope.clone(), kinds);
    for worker in workers {
        let worker = worker.await.map_err(|_stopped| StoreError::Closed)?;
        whole.take(worker);
    }
    read?;
    tokio::task::spawn_blocking(move || whole.end()).await.map_err(|_stopped| StoreError::Closed)
}

pub(super) async fn programs(readers: &SqlitePool) -> Result<BTreeSet<String>, StoreError> {
    let kinds = kinds::all(&mut *readers.acquire().await?).await?;
    Ok(kinds.values().map(|kind| kind.program.as_ref().to_owned()).collect())
}

/// Hands out the rows whose times touch the scope's.
async fn read(
    connection: &mut SqliteConnection,
    scope: &IncidentScope,
    hand: mpsc::Sender<Handed>,
) -> Result<(), StoreError> {
    let sql = "SELECT pack, last, outlines FROM ledger_outline WHERE last_ms >= ? AND from_ms < ? ORDER BY pack";
    let mut rows =
        sqlx::query(sql).bind(scope.range.start.0).bind(scope.range.end.0).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let (pack, last): (i64, i64) = (row.try_get("pack")?, row.try_get("last")?);
        let packs = pack.cast_unsigned()..=last.cast_unsigned();
        // Every thread panicked and is gone.
        if hand.send(Handed { packs, blob: row.try_get("outlines")? }).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Returns between which times the messages of packs are, as far as they are at that time or later.
pub(super) async fn pack_times(
    readers: &SqlitePool,
    since: UnixMillis,
) -> Result<Vec<PackTimes>, StoreError> {
    let sql =
        "SELECT pack, last, from_ms, last_ms FROM ledger_outline WHERE last_ms >= ? ORDER BY pack";
    let rows: Vec<(i64, i64, i64, i64)> =
        sqlx::query_as(sql).bind(since.0).fetch_all(readers).await?;
    let times = rows.into_iter().map(|(pack, last, from_ms, last_ms)| PackTimes {
        packs: pack.cast_unsigned()..=last.cast_unsigned(),
        times: UnixMillis(from_ms)..=UnixMillis(last_ms),
    });
    Ok(times.collect())
}

/// Returns who of those met still has a key, ascending.
pub(super) async fn people(keys: &KeyFile, met: Met) -> Result<Vec<SubjectKey>, StoreError> {
    let Met(mut met) = met;
    met.sort_unstable();
    let mut found = Vec::new();
    let mut last = None;
    loop {
        // A few at a time: whoever needs a key meanwhile has a turn.
        let rows = keys.after(last, KEYS_PIECE).await?;
        let Some(row) = rows.last() else { return Ok(found) };
        last = Some(row.subject);
        let is_met =
            |row: &&KeyRow| met.binary_search(&Someone::new(row.subject.kind, row.id)).is_ok();
        found.extend(rows.iter().filter(is_met).map(|row| row.subject));
    }
}

struct Worker {
    scope: IncidentScope,
    kinds: Arc<Kinds>,
    tallies: HashMap<KindId, KindTally>,
    buckets: Vec<Bucket>,
    unread: UnreadOutlines,
}

#[derive(Clone, Default)]
struct Bucket {
    people: Vec<Someone>,
    sorted: usize,
}

impl Bucket {
    fn add(&mut self, someone: Someone) {
        self.people.push(someone);
        if self.people.len() >= (self.sorted * 2).max(BUCKET_MIN) {
            self.sort();
        }
    }

    fn sort(&mut self) {
        self.people.sort_unstable();
        self.people.dedup();
        self.sorted = self.people.len();
    }
}

impl Worker {
    fn new(scope: IncidentScope, kinds: Arc<Kinds>) -> Self {
        let buckets = vec![Bucket::default(); BUCKETS];
        Self { scope, kinds, tallies: HashMap::new(), buckets, unread: UnreadOutlines::new() }
    }

    fn work(&mut self, queue: &Mutex<mpsc::Receiver<Handed>>) {
        loop {
            let next = queue.lock().blocking_recv();
            let Some(Handed { packs, blob }) = next else { return };
            if self.look(&blob).is_none() {
                tracing::error!(
                    outlines.first_pack = packs.start(),
                    outlines.last_pack = packs.end(),
                    "outlines do not read; what left in these commits is not counted"
                );
                self.unread.push(packs);
            }
        }
    }

    /// Counts what is in a row of outlines, or returns `None` where it does not read in whole.
    fn look(&mut self, blob: &[u8]) -> Option<()> {
        let outlined = Outlined::open(blob).ok()?;
        let mut wanted = Vec::with_capacity(outlined.kinds.len());
        for id in &outlined.kinds {
            let is_meant = self.kinds.get(id).is_some_and(|kind| self.scope.means(kind));
            wanted.push((*id, is_meant.then_some(KindTally::NONE)));
        }
        let whole = outlined.kinds.iter().all(|id| self.kinds.contains_key(id)).then_some(());
        if wanted.iter().all(|(_, tally)| tally.is_none()) {
            return whole;
        }
        let mut are_noted = false;
        outlined
            .each(|one| {
                are_noted &= one.are_same;
                let Some((_, Some(tally))) = wanted.get_mut(one.kind) else { return };
                if !self.scope.range.contains(&one.at) {
                    return;
                }
                tally.count(one.at, u32::try_from(one.disclosures).unwrap_or(u32::MAX));
                if !are_noted {
                    are_noted = true;
                    one.people.iter().for_each(|someone| note(&mut self.buckets, *someone));
                }
            })
            .ok()?;
        for (id, tally) in wanted {
            if let Some(tally) = tally.filter(|tally| tally.messages > 0) {
                self.tallies.entry(id).or_insert(KindTally::NONE).add(&tally);
            }
        }
        whole
    }

    fn take(&mut self, other: Self) {
        self.unread.extend(other.unread);
        for (id, tally) in other.tallies {
            self.tallies.entry(id).or_insert(KindTally::NONE).add(&tally);
        }
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            bucket.people.extend(more.people);
        }
    }

    fn end(mut self) -> (Incident, Met) {
        let kinds = self.tallies.iter().filter_map(|(id, tally)| {
            let kind = Arc::clone(self.kinds.get(id)?);
            Some(IncidentKind { kind, tally: *tally })
        });
        let mut incident = Incident::of(kinds.collect());
        let mut met = Vec::new();
        for bucket in &mut self.buckets {
            bucket.sort();
            bucket.people.iter().for_each(|someone| incident.people.count(*someone));
            met.append(&mut bucket.people);
        }
        self.unread.sort_unstable_by_key(|packs| *packs.start());
        incident.unread = self.unread;
        (incident, Met(met))
    }
}

fn note(buckets: &mut [Bucket], someone: Someone) {
    let [.., low] = someone.bits().to_be_bytes();
    if let Some(bucket) = buckets.get_mut(usize::from(low)) {
        bucket.add(someone);
    }
}
