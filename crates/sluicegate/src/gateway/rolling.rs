//! Moves old records into files, and forgets those that are kept no longer.

use sluicegate_gate::{PartnershipId, time::Clock};
use sluicegate_ledger::Day;
use sluicegate_register::{Edition, EditionStore, EditionStoreError};
use sluicegate_store::{Keep, Sqlite};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// How often it is looked whether something is old.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// Days that are forgotten at one look: two of every partnership in an hour catch up with a shorter time of keeping soon
/// enough, and leave hours in which a clock that is wrong is seen.
const DAYS_AT_ONCE: usize = 2;

/// How far back it is looked what a partner got that cannot be told to forget it: for the person to see.
const UNTOLD_DAYS: u32 = sluicegate_register::limits::RECALL_WINDOW_DAYS_DEFAULT;

/// When records are old.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ages {
    /// Days after which records are moved.
    pub(super) roll_after: u32,
    /// Days for which records are kept at least.
    pub(super) keep: u32,
}

/// How the last look went, for `/metrics`.
#[derive(Debug, Default)]
pub(super) struct Standing {
    move_fails: AtomicBool,
    forget_fails: AtomicBool,
    unread_editions: AtomicU64,
}

impl Standing {
    /// Returns whether old records could not be moved.
    pub(super) fn move_fails(&self) -> bool {
        self.move_fails.load(Ordering::Relaxed)
    }

    /// Returns whether records that are kept no longer could not be deleted.
    pub(super) fn forget_fails(&self) -> bool {
        self.forget_fails.load(Ordering::Relaxed)
    }

    /// Returns how many editions did not read.
    pub(super) fn unread_editions(&self) -> u64 {
        self.unread_editions.load(Ordering::Relaxed)
    }
}

/// Runs until stopped.
pub(super) async fn run(
    store: Sqlite,
    clock: Arc<dyn Clock>,
    ages: Ages,
    standing: Arc<Standing>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let work = async {
        loop {
            tick.tick().await;
            let today = Day::of(clock.now());
            // Why apart: a file that cannot be moved keeps nothing longer than it may be kept.
            let moves = roll(&store, today, ages).await;
            let forgets = forget(&store, today, ages, &standing).await;
            standing.move_fails.store(moves.is_err(), Ordering::Relaxed);
            standing.forget_fails.store(forgets.is_err(), Ordering::Relaxed);
            told("old records could not be moved; they stay where they are", moves);
            told("records that are kept no longer could not be deleted", forgets);
        }
    };
    tokio::select! {
        // What it is cut short in is ended at the next start.
        _ = stopped.changed() => {}
        () = work => {}
    }
}

fn told(failure: &str, done: anyhow::Result<()>) {
    if let Err(error) = done {
        tracing::error!(error.cause = %format!("{error:#}"), "{failure}");
    }
}

async fn roll(store: &Sqlite, today: Day, ages: Ages) -> anyhow::Result<()> {
    let moved = store.roll(Day(today.0 - i64::from(ages.roll_after))).await?;
    if moved.files > 0 {
        tracing::info!(?moved, "old records were moved");
    }
    Ok(())
}

async fn forget(store: &Sqlite, today: Day, ages: Ages, standing: &Standing) -> anyhow::Result<()> {
    let (keep, unread) = keep(store, today, ages).await?;
    standing.unread_editions.store(unread, Ordering::Relaxed);
    let forgotten = store.forget(&keep).await?;
    if forgotten.told + forgotten.withheld > 0 {
        tracing::info!(?forgotten, "old records were deleted");
    }
    Ok(())
}

/// Records of what a partner was told are kept for as long as any edition lets it keep that or has it told to
/// forget that, and no shorter than the configuration says. An edition that does not read says nothing: with how many
/// there are of them.
async fn keep(store: &Sqlite, today: Day, ages: Ages) -> anyhow::Result<(Keep, u64)> {
    let mut longest: HashMap<PartnershipId, u32> = HashMap::new();
    let mut unread = 0;
    for summary in EditionStore::list(store).await? {
        let edition = match EditionStore::get(store, summary.number).await {
            Err(EditionStoreError::Corrupt(number)) => {
                tracing::error!(
                    edition.number = number,
                    "an edition does not read; records are kept as the others say, and those of partnerships that no other lists stay"
                );
                unread += 1;
                continue;
            }
            edition => edition?,
        };
        for partnership in edition.iter().flat_map(Edition::partnerships) {
            let days = longest.entry(partnership.terms.id.clone()).or_default();
            let window = partnership.recall.as_ref().map_or(UNTOLD_DAYS, |one| one.window_days);
            *days = (*days).max(partnership.retention_days).max(window);
        }
    }
    let first = |days: u32| Day(today.0 - i64::from(days.max(ages.keep)));
    let partnerships = longest.into_iter().map(|(id, days)| (id, first(days))).collect();
    // Why: of a partnership that none lists it cannot be told how long one that does not read keeps it.
    let others = if unread == 0 { first(0) } else { Day(i64::MIN) };
    Ok((Keep { partnerships, others, days_at_once: DAYS_AT_ONCE }, unread))
}
