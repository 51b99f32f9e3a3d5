//! Moves old records into files, and forgets those that are kept no longer.

use sluicegate_gate::{PartnershipId, time::Clock};
use sluicegate_ledger::Day;
use sluicegate_register::{Edition, EditionStore};
use sluicegate_store::{Forgotten, Keep, Moved, Sqlite};
use std::{collections::HashMap, sync::Arc, time::Duration};
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

/// Runs until stopped.
pub(super) async fn run(
    store: Sqlite,
    clock: Arc<dyn Clock>,
    ages: Ages,
    mut stopped: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let work = async {
        loop {
            tick.tick().await;
            report(once(&store, clock.as_ref(), ages).await);
        }
    };
    tokio::select! {
        // What it is cut short in is ended at the next start.
        _ = stopped.changed() => {}
        () = work => {}
    }
}

fn report(done: anyhow::Result<(Moved, Forgotten)>) {
    match done {
        Err(error) => failed(&error),
        Ok((moved, forgotten)) if moved.files + forgotten.told + forgotten.withheld > 0 => {
            tracing::info!(?moved, ?forgotten, "old records were moved or deleted");
        }
        Ok(_nothing) => {}
    }
}

fn failed(error: &anyhow::Error) {
    let cause = format!("{error:#}");
    tracing::error!(
        error.cause = %cause,
        "old records could not be moved; they stay where they are"
    );
}

async fn once(store: &Sqlite, clock: &dyn Clock, ages: Ages) -> anyhow::Result<(Moved, Forgotten)> {
    let today = Day::of(clock.now());
    let moved = store.roll(Day(today.0 - i64::from(ages.roll_after))).await?;
    let forgotten = store.forget(&keep(store, today, ages).await?).await?;
    Ok((moved, forgotten))
}

/// Records of what a partner was told are kept for as long as any edition lets it keep that or has it told to
/// forget that, and no shorter than the configuration says.
async fn keep(store: &Sqlite, today: Day, ages: Ages) -> anyhow::Result<Keep> {
    let mut longest: HashMap<PartnershipId, u32> = HashMap::new();
    for summary in EditionStore::list(store).await? {
        let edition = EditionStore::get(store, summary.number).await?;
        for partnership in edition.iter().flat_map(Edition::partnerships) {
            let days = longest.entry(partnership.terms.id.clone()).or_default();
            let window = partnership.recall.as_ref().map_or(UNTOLD_DAYS, |one| one.window_days);
            *days = (*days).max(partnership.retention_days).max(window);
        }
    }
    let first = |days: u32| Day(today.0 - i64::from(days.max(ages.keep)));
    let partnerships = longest.into_iter().map(|(id, days)| (id, first(days))).collect();
    Ok(Keep { partnerships, others: first(0), days_at_once: DAYS_AT_ONCE })
}
