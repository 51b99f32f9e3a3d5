//! One auction with three partners, beside the three bare calls it needs.
//!
//! Both sides run in this process on the same runtime, against the same three partners in another
//! process, with requests and answers of the same bytes. The floor is a general HTTP client, which gives
//! each connection a task, calling all three at once and reading their answers whole.

use crate::{
    forwarder::{Plain, call, client},
    harness::{Effort, Sample, alternate, measured, now, quantile},
    house::{self, House, Records, runtime},
    responder::Responder,
    sample::{self, Person},
    table::{Goal, Row, time},
};
use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::future::try_join_all;
use http::Uri;
use sluicegate_exchange::{AuctionCall, Incoming, Speaker, Wanted};
use sluicegate_gate::Secret;
use sluicegate_settings::Keyring;
use sluicegate_signals::Gpc;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// People with a profile, all of whom were told of before.
const PEOPLE: u32 = 1_000;
pub(crate) const GOAL: Goal = Goal::Ratio { wished: 1.5, acceptable: 2.0 };

/// One way to run it.
#[derive(Clone, Copy, Debug)]
struct Load {
    name: &'static str,
    at_once: u32,
    /// Auctions in a round.
    operations: u32,
    who: Who,
    records: Records,
    goal: Goal,
}

#[derive(Clone, Copy, Debug)]
enum Who {
    /// Known people, again and again.
    Returning,
    /// Each auction about somebody nobody was ever told of.
    New,
}

const LOADS: [Load; 6] = [
    Load {
        name: "auction: 32 at once",
        at_once: 32,
        operations: 2_400,
        who: Who::Returning,
        records: Records::OnDisk,
        goal: GOAL,
    },
    Load {
        name: "auction: 256 at once",
        at_once: 256,
        operations: 4_800,
        who: Who::Returning,
        records: Records::OnDisk,
        goal: Goal::Watched,
    },
    Load {
        name: "auction: 32, new people",
        at_once: 32,
        operations: 2_400,
        who: Who::New,
        records: Records::OnDisk,
        goal: Goal::Watched,
    },
    Load {
        name: "auction: 1 at once",
        at_once: 1,
        operations: 300,
        who: Who::Returning,
        records: Records::OnDisk,
        goal: Goal::Watched,
    },
    Load {
        name: "auction: 32, without store",
        at_once: 32,
        operations: 2_400,
        who: Who::Returning,
        records: Records::Nowhere,
        goal: Goal::Watched,
    },
    Load {
        name: "auction: 256, without store",
        at_once: 256,
        operations: 4_800,
        who: Who::Returning,
        records: Records::Nowhere,
        goal: Goal::Watched,
    },
];

/// What is compared with itself where nothing is kept.
const KEPT: [Load; 2] = [
    Load {
        name: "auction: kept, 32 at once",
        at_once: 32,
        operations: 2_400,
        who: Who::Returning,
        records: Records::OnDisk,
        goal: Goal::Watched,
    },
    Load {
        name: "auction: kept, 256 at once",
        at_once: 256,
        operations: 4_800,
        who: Who::Returning,
        records: Records::OnDisk,
        goal: Goal::Watched,
    },
];

/// Measures those whose line contains `words`.
pub(crate) fn measure(effort: Effort, words: &str) -> anyhow::Result<Vec<Row>> {
    let responder = Responder::start()?;
    let mut rows = Vec::new();
    for records in [Records::OnDisk, Records::Nowhere] {
        let wanted = |load: &Load| load.records == records && load.name.contains(words);
        let loads: Vec<Load> = LOADS.into_iter().filter(wanted).collect();
        if !loads.is_empty() {
            let bench = Bench::open(records, &responder.urls)?;
            rows.extend(bench.rows(effort, &loads)?);
        }
    }
    let wanted = KEPT.into_iter().filter(|load| load.name.contains(words));
    rows.extend(beside_nothing(effort, &wanted.collect::<Vec<_>>(), &responder.urls)?);
    Ok(rows)
}

/// Measures auctions whose records are kept beside the same where nothing is, in turns: what the store adds. What the
/// ledger does before it is on both sides.
fn beside_nothing(effort: Effort, loads: &[Load], urls: &[String; 3]) -> anyhow::Result<Vec<Row>> {
    if loads.is_empty() {
        return Ok(Vec::new());
    }
    let kept = Bench::open(Records::OnDisk, urls)?;
    let forgetful = Bench::open(Records::Nowhere, urls)?;
    let row = |load: &Load| {
        let operations = effort.operations(load.operations);
        let [mut with, mut without] = [Seen::default(), Seen::default()];
        let pair = alternate(
            effort,
            || {
                let requests = Arc::clone(&forgetful.returning);
                Ok(without.add(forgetful.auctions(*load, operations, requests)?))
            },
            || {
                let requests = Arc::clone(&kept.returning);
                Ok(with.add(kept.auctions(*load, operations, requests)?))
            },
        )?;
        let notes = vec![format!(
            "wall time {}; where nothing is kept {}",
            with.latencies(),
            without.latencies()
        )];
        anyhow::Ok(Row { name: load.name, pair, goal: load.goal, notes })
    };
    let rows = loads.iter().map(row).collect::<anyhow::Result<_>>()?;
    kept.close()?;
    forgetful.close()?;
    Ok(rows)
}

type Requests = Arc<Vec<Bytes>>;

/// Returns the requests about that many people.
fn requests(first: u32, count: u32) -> anyhow::Result<Requests> {
    let keyring = Keyring::new(Secret::new([7; 16]));
    let people = (first..first + count).map(|number| Ok(Person::new(number, &keyring)?.bytes));
    Ok(Arc::new(people.collect::<anyhow::Result<_>>()?))
}

/// Everything that stands while rounds are run.
#[derive(Debug)]
struct Bench {
    runtime: Runtime,
    house: Arc<House>,
    floor: Arc<Floor>,
    returning: Requests,
    /// Removed with it.
    _dir: TempDir,
}

/// What the rounds of one side showed beside their cost.
#[derive(Debug, Default)]
struct Seen {
    rounds: u32,
    latencies: Vec<f64>,
    heard: u32,
    asked: u32,
}

/// One round.
struct Round {
    sample: Sample,
    latencies: Vec<f64>,
    heard: u32,
    asked: u32,
}

impl Seen {
    /// Takes a round in, the first one aside.
    fn add(&mut self, round: Round) -> Sample {
        self.rounds += 1;
        if self.rounds > 1 {
            self.latencies.extend(round.latencies);
            self.heard += round.heard;
            self.asked += round.asked;
        }
        round.sample
    }

    fn latencies(&mut self) -> String {
        let [half, most] = [0.5, 0.99].map(|part| time(quantile(&mut self.latencies, part)));
        format!("p50 {half}, p99 {most}")
    }
}

impl Bench {
    fn open(records: Records, urls: &[String; 3]) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let dir = house::directory()?;
        let house = Arc::new(runtime.block_on(House::open(dir.path(), urls, records))?);
        runtime.block_on(house.write_profiles(PEOPLE))?;
        let floor = Arc::new(Floor::new(urls)?);
        let bench = Self { runtime, house, floor, returning: requests(0, PEOPLE)?, _dir: dir };
        // Everybody is told of once, so that later rounds are about people known to the ledger.
        let [first_load, ..] = LOADS;
        bench.auctions(first_load, PEOPLE, Arc::clone(&bench.returning))?;
        Ok(bench)
    }

    fn close(self) -> anyhow::Result<()> {
        let house = Arc::try_unwrap(self.house).ok().context("an auction is still under way")?;
        self.runtime.block_on(house.close())
    }

    fn rows(self, effort: Effort, loads: &[Load]) -> anyhow::Result<Vec<Row>> {
        let mut next_person = PEOPLE;
        let rows = loads.iter().map(|load| self.row(effort, *load, &mut next_person));
        let rows = rows.collect::<anyhow::Result<_>>()?;
        self.close()?;
        Ok(rows)
    }

    fn row(&self, effort: Effort, load: Load, next_person: &mut u32) -> anyhow::Result<Row> {
        let operations = effort.operations(load.operations);
        let (mut bare, mut held) = (Seen::default(), Seen::default());
        let pair = alternate(
            effort,
            || Ok(bare.add(self.calls(load, operations)?)),
            || {
                let requests = match load.who {
                    Who::Returning => Arc::clone(&self.returning),
                    Who::New => {
                        let first = *next_person;
                        *next_person += operations;
                        requests(first, operations)?
                    }
                };
                Ok(held.add(self.auctions(load, operations, requests)?))
            },
        )?;
        let heard = 100.0 * f64::from(held.heard) / f64::from(held.asked.max(1));
        let notes = vec![
            format!("wall time {}; the floor's {}", held.latencies(), bare.latencies()),
            format!(
                "{heard:.2} % of the bids were heard; answers wait until the disclosures are durable"
            ),
        ];
        Ok(Row { name: load.name, pair, goal: load.goal, notes })
    }

    /// Holds auctions, and waits until everything about them is written.
    fn auctions(&self, load: Load, operations: u32, requests: Requests) -> anyhow::Result<Round> {
        let heard = Arc::new(AtomicU32::new(0));
        let mut latencies = Vec::new();
        let one = {
            let (house, heard) = (Arc::clone(&self.house), Arc::clone(&heard));
            move |number| {
                auction(Arc::clone(&house), Arc::clone(&requests), number, Arc::clone(&heard))
            }
        };
        let sample = measured(operations, || {
            self.runtime.block_on(async {
                latencies = drive(load.at_once, operations, one).await?;
                Ok(self.house.ledger.flush().await?)
            })
        })?;
        let heard = heard.load(Ordering::Relaxed);
        Ok(Round { sample, latencies, heard, asked: operations * 3 })
    }

    fn calls(&self, load: Load, operations: u32) -> anyhow::Result<Round> {
        let mut latencies = Vec::new();
        let floor = Arc::clone(&self.floor);
        let one = move |_number| Arc::clone(&floor).call();
        let sample = measured(operations, || {
            latencies = self.runtime.block_on(drive(load.at_once, operations, one))?;
            Ok(())
        })?;
        Ok(Round { sample, latencies, heard: 0, asked: 0 })
    }
}

/// Runs that many operations, some of them at once, and returns how long each took, in nanoseconds.
async fn drive<F>(
    at_once: u32,
    operations: u32,
    one: impl Fn(u32) -> F + Clone + Send + 'static,
) -> anyhow::Result<Vec<f64>>
where
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let next = Arc::new(AtomicU32::new(0));
    let latencies = Arc::new(Mutex::new(Vec::new()));
    let drivers = (0..at_once).map(|_| {
        let (next, latencies, one) = (Arc::clone(&next), Arc::clone(&latencies), one.clone());
        tokio::spawn(async move {
            let mut own = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= operations {
                    break;
                }
                let begun = now();
                one(number).await?;
                own.push(begun.elapsed().as_secs_f64() * 1e9);
            }
            latencies.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
            anyhow::Ok(())
        })
    });
    for ended in try_join_all(drivers).await? {
        ended?;
    }
    Ok(std::mem::take(&mut *latencies.lock().unwrap_or_else(PoisonError::into_inner)))
}

async fn auction(
    house: Arc<House>,
    requests: Requests,
    number: u32,
    heard: Arc<AtomicU32>,
) -> anyhow::Result<()> {
    let index = usize::try_from(number)? % requests.len();
    let request = requests.get(index).context("a request")?.clone();
    let auctioned = house
        .exchange
        .auction(AuctionCall {
            request: Incoming::Bytes(request),
            speaker: Speaker::Platform,
            gpc: Gpc::Absent,
            wanted: Wanted::Winners,
        })
        .await?;
    ensure!(auctioned.seats.len() == 3, "not three partners");
    let good = auctioned.seats.iter().filter(|seat| seat.asked.is_some() && seat.status.is_none());
    heard.fetch_add(u32::try_from(good.count())?, Ordering::Relaxed);
    Ok(())
}

/// The three bare calls.
#[derive(Debug)]
struct Floor {
    client: Plain,
    calls: Vec<(Uri, Bytes)>,
}

impl Floor {
    /// Takes the bytes from what the gateway would write about a returning person.
    fn new(urls: &[String; 3]) -> anyhow::Result<Self> {
        let bodies = sample::told_to_partners()?.into_iter();
        let calls = urls.iter().zip(bodies).map(|(url, body)| Ok((url.parse()?, body)));
        let calls = calls.collect::<anyhow::Result<_>>()?;
        Ok(Self { client: client(), calls })
    }

    async fn call(self: Arc<Self>) -> anyhow::Result<()> {
        let answers = self.calls.iter().map(|(uri, body)| call(&self.client, uri, body.clone()));
        let answers = try_join_all(answers).await?;
        ensure!(answers.iter().all(|answer| !answer.is_empty()), "an empty answer");
        Ok(())
    }
}
