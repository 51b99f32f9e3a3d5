//! Taking exposures in, beside appending the same bodies to a file.

use crate::{
    disk::{AppendedFile, bytes_in},
    harness::{Effort, Sample, alternate, measured, now, quantile},
    house::{self, runtime},
    machine::{MachineClock, MachineDice},
    sample::{account_id, device_id},
    table::{Goal, Row, time},
};
use anyhow::ensure;
use bytes::Bytes;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use sluicegate_gate::{
    Secret,
    time::{Clock, UnixMillis},
};
use sluicegate_measurement::{Erasing, Format, Intake, ItemStatus, Keys};
use sluicegate_settings::Keyring;
use sluicegate_store::Sqlite;
use std::sync::Arc;

/// Exposures in one body.
const IN_A_BODY: u32 = 1_000;
/// Bodies in a round.
const BODIES: u32 = 16;
/// Exposures a second.
const AT_LEAST: f64 = 100_000.0;
/// Within this, in nanoseconds, 99 of 100 bodies are to be acknowledged.
const ACKNOWLEDGED_NS: f64 = 20e6;

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let runtime = runtime()?;
    let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
    let mut rows = Vec::new();
    for (name, at_once) in [("exposures: 1 body at once", 1), ("exposures: 4 bodies at once", 4)] {
        let dir = house::directory()?;
        let floor = house::directory()?;
        let store = runtime.block_on(Sqlite::open(dir.path()))?;
        let intake = intake(&store, &clock);
        let mut next = 0;
        let mut waits = Vec::new();
        let mut file = AppendedFile::create(floor.path())?;
        let count = effort.operations(BODIES);
        let operations = count * IN_A_BODY;
        let floor_bodies = bodies(&mut next, count, PEOPLE, clock.now());
        let mut subject = |bodies: Vec<Bytes>| -> anyhow::Result<Sample> {
            measured(operations, || {
                waits.extend(runtime.block_on(take_in(&intake, &bodies, at_once))?);
                Ok(())
            })
        };
        let pair = alternate(
            effort,
            || {
                let mut batches = floor_bodies.chunks(at_once);
                measured(operations, || batches.try_for_each(|batch| file.append(batch)))
            },
            || subject(bodies(&mut next, count, PEOPLE, clock.now())),
        )?;
        let size = floor_bodies.first().map_or(0, Bytes::len);
        runtime.block_on(store.close());
        let accepted = next - count * IN_A_BODY;
        let each = bytes_in(dir.path())? / u64::from(accepted.max(1));
        let [half, most] = [0.5, 0.99].map(|part| quantile(&mut waits, part));
        let verdict = if most < ACKNOWLEDGED_NS { "reached" } else { "missed" };
        let notes = vec![
            format!(
                "{IN_A_BODY} new exposures a body of {size} bytes, {accepted} in the store at the end; read, sealed and durable before the answer"
            ),
            format!(
                "a body is acknowledged after {} at p50 and {} at p99 (goal for p99: below {}: {verdict})",
                time(half),
                time(most),
                time(ACKNOWLEDGED_NS)
            ),
            format!("{each} bytes on the disk for each exposure, everything counted"),
        ];
        let goal = Goal::Rate { at_least: AT_LEAST };
        rows.push(Row { name, pair, goal, notes });
    }
    Ok(rows)
}

fn intake(store: &Sqlite, clock: &Arc<dyn Clock>) -> Arc<Intake> {
    Arc::new(Intake::new(
        Arc::new(store.clone()),
        Arc::new(Keyring::new(Secret::new([7; 16]))),
        (Keys::new(Secret::new([5; 32])), Erasing::default()),
        Arc::clone(clock),
        Arc::new(MachineDice),
    ))
}

/// Takes bodies in, each in a task of its own as the server does, and returns how long each waited.
async fn take_in(
    intake: &Arc<Intake>,
    bodies: &[Bytes],
    at_once: usize,
) -> anyhow::Result<Vec<f64>> {
    let mut waits = Vec::with_capacity(bodies.len());
    for some in bodies.chunks(at_once) {
        let taken = some.iter().cloned().map(|body| {
            let intake = Arc::clone(intake);
            tokio::spawn(async move {
                let begun = now();
                let results = intake.accept(&body, Format::Json).await?;
                let wait = begun.elapsed().as_secs_f64() * 1e9;
                let accepted = results.iter().all(|one| one.status == ItemStatus::Accepted);
                ensure!(accepted, "an exposure was not accepted");
                Ok(wait)
            })
        });
        for wait in try_join_all(taken).await? {
            waits.push(wait?);
        }
    }
    Ok(waits)
}

/// People of whom each body has some.
pub(crate) const PEOPLE: u32 = 100_000;

pub(crate) fn bodies(next: &mut u32, count: u32, people: u32, now: UnixMillis) -> Vec<Bytes> {
    let mut body = || {
        let exposures = (0..IN_A_BODY).map(|_| {
            *next += 1;
            exposure(*next, *next % people, now)
        });
        Bytes::from(Value::Array(exposures.collect()).to_string())
    };
    (0..count).map(|_| body()).collect()
}

pub(crate) fn exposure(number: u32, person: u32, now: UnixMillis) -> Value {
    json!({
        "id": format!("exposure-{number:012}"),
        "timestamp_ms": now.0,
        "interaction_type": "impression",
        "impression_id": format!("impression-{number:012}"),
        "advertiser_id": "running-shoes",
        "campaign_id": "autumn",
        "line_item_id": "li-1",
        "creative_id": "cr-1",
        "placement": "feed-top",
        "ad_format": "banner",
        "account_id": account_id(person),
        "device": { "ifa": device_id(person), "ifa_type": "idfa", "os": "ios", "lmt": 0 },
        "country": "USA",
    })
}
