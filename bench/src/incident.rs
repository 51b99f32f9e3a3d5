//! The scope of an incident, asked of very many disclosures; and what a record takes on the disk, in the database
//! and in files.
//!
//! It has no floor: the goal is a time. The disclosures are those of bid requests to three partners each, about
//! people drawn at random, ten a person, over thirty days.

use crate::{
    disk::bytes_below,
    harness::{Effort, seconds},
    house::{self, runtime},
};
use anyhow::Context;
use sluicegate_gate::{
    Categories, Category, EditionHash, KeyKind, PartnershipId, Path, SubjectKey, time::UnixMillis,
};
use sluicegate_ledger::{
    Day, Fields, IncidentScope, IncidentStore, KeyId, KeyRow, Kind, LedgerBatch, LedgerStore,
    NewLeaves, OutlineRow, PROGRAM, Someone, ToldRow,
};
use sluicegate_store::Sqlite;
use std::{fmt::Write as _, sync::Arc};

/// Millions of disclosures that are asked.
const MILLIONS: u32 = 100;
/// Opportunities in one commit; three disclosures each.
const COMMIT: u64 = 20_000;
const PARTNERS: [&str; 3] = ["east", "north", "west"];
const DAYS: u64 = 30;
const DAY_MS: i64 = 86_400_000;
/// Sets of values told, and messages, whose bytes are counted.
const WEIGHED: u64 = 60_000;
/// Bytes of a leaf.
const LEAF_BYTES: u64 = 64;
/// Bytes of sealed values: what a bid request with an identifier and demographics takes.
const SEALED: usize = 500;

/// Measures, and returns sentences.
pub(crate) fn measure(effort: Effort) -> anyhow::Result<String> {
    let runtime = runtime()?;
    let disclosures = u64::from(effort.operations(MILLIONS)) * 1_000_000;
    let mut out = runtime.block_on(ask(disclosures))?;
    out.push_str(&runtime.block_on(weigh())?);
    Ok(out)
}

async fn ask(disclosures: u64) -> anyhow::Result<String> {
    let dir = house::directory()?;
    let store = Sqlite::open(dir.path()).await?;
    let people = disclosures / 10;
    fill(&store, disclosures, people).await?;
    let mut out = format!(
        "incident: {} million disclosures about {} million people, {} in the database\n",
        disclosures / 1_000_000,
        people / 1_000_000,
        each(bytes_below(dir.path())?, disclosures),
    );
    let everything = IncidentScope {
        path: None,
        partnerships: Vec::new(),
        edition: None,
        program: None,
        range: UnixMillis(0)..UnixMillis(i64::MAX),
    };
    let narrow = IncidentScope {
        path: Some(Path::BidRequest),
        partnerships: vec!["north".parse()?],
        edition: Some(EditionHash([1; 32])),
        program: Some(PROGRAM.to_owned()),
        range: UnixMillis(7 * DAY_MS)..UnixMillis(8 * DAY_MS),
    };
    for (words, scope) in [("everything", everything), ("one partner, one day", narrow)] {
        for _ in 0..3 {
            let (took, processor, found) = seconds(store.incident(scope.clone())).await?;
            let found = found?;
            let told: u64 = found.kinds.iter().map(|one| one.tally.disclosures).sum();
            let people = found.people.accounts;
            writeln!(
                out,
                "incident: {words}: {told} disclosures about {people} people in {took:.2} s, {processor:.2} s of the processors"
            )?;
        }
    }
    store.close().await;
    Ok(out)
}

async fn fill(store: &Sqlite, disclosures: u64, people: u64) -> anyhow::Result<()> {
    let opportunities = disclosures / 3;
    let kinds = [kinds(1)?, kinds(2)?];
    let between = DAYS * 86_400_000 / opportunities.max(1);
    for first in (0..opportunities).step_by(usize::try_from(COMMIT)?) {
        let mut outlines = Vec::new();
        for number in first..opportunities.min(first + COMMIT) {
            let at = UnixMillis(i64::try_from(number * between)?);
            let who = scattered(scattered(number) % people);
            let edition =
                kinds.get(usize::from(number * 2 > opportunities)).context("an edition")?;
            for kind in edition {
                let someone = Someone::new(KeyKind::Account, KeyId(who));
                let (kind, people) = (Arc::clone(kind), vec![someone]);
                outlines.push(OutlineRow { at, kind, disclosures: 1, people });
            }
        }
        store.append(LedgerBatch { outlines, ..LedgerBatch::default() }).await?;
    }
    Ok(())
}

/// The kinds of messages of one edition, a partner each.
fn kinds(edition: u8) -> anyhow::Result<Vec<Arc<Kind>>> {
    let fields = ["app.bundle", "device.geo.country", "device.ifa", "user.data[].segment[].id"];
    let kind = |partnership: &&str| {
        Ok(Arc::new(Kind {
            path: Path::BidRequest,
            partnership: partnership.parse()?,
            edition: EditionHash([edition; 32]),
            program: PROGRAM.into(),
            categories: told_categories(),
            fields: Fields(fields.map(Into::into).into()),
        }))
    };
    PARTNERS.iter().map(kind).collect()
}

fn told_categories() -> Categories {
    Categories::of(&[Category::Context, Category::DeviceIdentifier, Category::Demographic])
}

/// Counts the bytes of records in the database, and of the same in files.
async fn weigh() -> anyhow::Result<String> {
    let dir = house::directory()?;
    let store = Sqlite::open(dir.path()).await?;
    let kinds = kinds(1)?;
    for first in (0..WEIGHED).step_by(600) {
        let mut batch = LedgerBatch::default();
        for number in first..first + 600 {
            let subject =
                SubjectKey { kind: KeyKind::Account, hash: u128::from(scattered(number / 3)) };
            let id = KeyId(scattered(number / 3 + WEIGHED));
            if number % 3 == 0 {
                batch.keys.push(KeyRow { subject, id, wrapped: vec![7; 60] });
            }
            let kind = kinds.get(usize::try_from(number % 3)?).context("a kind")?;
            let at = UnixMillis(i64::try_from(number)?);
            let people = vec![Someone::new(KeyKind::Account, id)];
            let outline = OutlineRow { at, kind: Arc::clone(kind), disclosures: 1, people };
            batch.outlines.push(outline);
            batch.told.push(told(number, &kind.partnership, id));
        }
        // What leaves take is measured with the ledger's own: so many bytes that no one can guess.
        batch.leaves = Some(leaves(first));
        store.append(batch).await?;
    }
    // Rolls nothing, and merges everything.
    store.roll(Day(0)).await?;
    let (before, moved) = (tables(&store).await?, store.roll(Day(1)).await?);
    let left = tables(&store).await?;
    store.close().await;
    Ok(format!(
        "record: a message with a leaf of {LEAF_BYTES} bytes and a set of values told, {SEALED} bytes sealed: {} in the database; rolled, {} in files and {} in the database\n",
        each(before, WEIGHED),
        each(moved.bytes, WEIGHED),
        each(left, WEIGHED),
    ))
}

/// Bytes that the database has in use.
async fn tables(store: &Sqlite) -> anyhow::Result<u64> {
    Ok(store.bytes_in_use().await?)
}

/// Leaves of 600 messages: ids, hashes and sealed parts, which look drawn by chance.
fn leaves(first: u64) -> NewLeaves {
    let bytes = (0..600 * LEAF_BYTES).map(|at| scattered(first * 1_000_003 + at).to_be_bytes()[0]);
    NewLeaves { messages: 600, leaves: bytes.collect() }
}

fn told(number: u64, partnership: &PartnershipId, key: KeyId) -> ToldRow {
    let at = UnixMillis(i64::try_from(number).unwrap_or(i64::MAX));
    let random = |at: usize| scattered(number.wrapping_add(u64::try_from(at).unwrap_or_default()));
    ToldRow {
        key,
        partnership: partnership.clone(),
        day: Day(0),
        digest: u128::from(scattered(number)).to_be_bytes(),
        path: Path::BidRequest,
        categories: told_categories(),
        edition: EditionHash([1; 32]),
        sealed: Some((0..SEALED).map(|at| random(at).to_be_bytes()[0]).collect()),
        count: 1,
        first: at,
        last: at,
    }
}

/// A number that looks drawn by chance.
fn scattered(number: u64) -> u64 {
    let mixed = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// Writes bytes by records, to a tenth.
fn each(bytes: u64, records: u64) -> String {
    let tenths = bytes * 10 / records.max(1);
    format!("{}.{} bytes each", tenths / 10, tenths % 10)
}
