//! Taking what was recorded into the log, beside hashing each of its rows once.

use crate::{
    disk::bytes_in,
    harness::{Effort, alternate, measured},
    house::{self, runtime},
    machine::{MachineClock, MachineDice},
    recording::{Desk, People, Way, keep},
    table::{Goal, Row},
};
use anyhow::Context;
use sluicegate_gate::{
    Secret,
    time::{Clock, Dice},
};
use sluicegate_ledger::{
    Ledger, LedgerStore,
    log::{
        LogStore,
        book::{Book, BookParts},
        note::NoteSigner,
        tree,
    },
    pack,
};
use sluicegate_store::Sqlite;
use std::sync::Arc;

/// Messages in a round.
const OPERATIONS: u32 = 12_288;

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let runtime = runtime()?;
    let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
    let dice: Arc<dyn Dice> = Arc::new(MachineDice);
    let operations = effort.operations(OPERATIONS);
    let dir = house::directory()?;
    let store = runtime.block_on(Sqlite::open(dir.path()))?;
    let packs: Arc<dyn LedgerStore> = Arc::new(store.clone());
    let opened = Ledger::open(Arc::clone(&packs), Arc::clone(&clock), dice, Secret::new([3; 32]));
    let ledger = runtime.block_on(opened)?;
    let log: Arc<dyn LogStore> = Arc::new(store.clone());
    let signer = NoteSigner::new("ledger.example/log", &Secret::new([4; 32]))?;
    let parts = BookParts { packs: Arc::clone(&packs), log, signer, witnesses: Vec::new() };
    let book = Book::new(parts);
    let mut desk = Desk::new(clock, People::ToldBefore)?;
    let mut record = || {
        runtime
            .block_on(keep(&ledger, desk.envelopes(operations)?, Way::Record))
            .map_err(anyhow::Error::from)
    };
    record()?;
    let leaves = runtime.block_on(rows(packs.as_ref()))?;
    let before = bytes_in(dir.path())?;
    let mut recorded = operations;
    let pair = alternate(
        effort,
        || measured(operations, || hash(&leaves)),
        || {
            record()?;
            recorded += operations;
            measured(operations, || Ok(runtime.block_on(book.catch_up())?))
        },
    )?;
    runtime.block_on(ledger.close())?;
    let figures = book.figures();
    let each = bytes_in(dir.path())?.saturating_sub(before) / u64::from(recorded);
    runtime.block_on(store.close());
    let notes = vec![
        String::from(
            "per message, three of an opportunity in a row; the floor hashes each row once",
        ),
        format!(
            "{} rows of {} packs in {} sheets; {each} bytes on the disk for each message, its record among them",
            figures.rows, figures.packs, figures.size
        ),
    ];
    Ok(vec![Row { name: "ledger: into the log", pair, goal: Goal::Watched, notes }])
}

/// Returns what a tree commits to of everything recorded.
async fn rows(packs: &dyn LedgerStore) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut leaves = Vec::new();
    for row in packs.packs(0, usize::MAX).await? {
        let rows = pack::rows(&row.leaves).context("a pack reads back")?;
        leaves.extend(rows.iter().map(|one| one.leaf(row.pack)));
    }
    Ok(leaves)
}

fn hash(leaves: &[Vec<u8>]) -> anyhow::Result<()> {
    let last = leaves.iter().map(|leaf| tree::leaf_hash(leaf)).next_back();
    last.map(std::hint::black_box).map(drop).context("nothing was recorded")
}
