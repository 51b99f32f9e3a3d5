//! One auction with three partners, beside the three bare calls it needs.
//!
//! Both sides run in this process on the same runtime, against the same three partners in another
//! process, with requests and answers of the same bytes. The floor is the same HTTP client that the
//! door uses, calling all three at once and reading their answers whole.

use crate::{
    harness::{Effort, Sample, alternate, measured, now, quantile},
    house::{self, House, runtime},
    machine::{MachineClock, MachineDice},
    responder::Responder,
    sample::{Asked, Person, Surroundings},
    table::{Goal, Row, time},
};
use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::future::try_join_all;
use http::{Request, StatusCode, Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use sluicegate_exchange::{AuctionCall, Incoming, Speaker, Wanted};
use sluicegate_gate::{Choice, Secret, time::Clock};
use sluicegate_settings::Keyring;
use sluicegate_signals::Gpc;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Runtime;

/// People with a profile, all of whom were told of before.
const PEOPLE: u32 = 1_000;
const GOAL: Goal = Goal::Ratio { wished: 1.5, acceptable: 2.0 };

/// One way to run it.
#[derive(Clone, Copy, Debug)]
struct Load {
    name: &'static str,
    at_once: u32,
    /// Auctions in a round.
    operations: u32,
    who: Who,
    goal: Goal,
}

#[derive(Clone, Copy, Debug)]
enum Who {
    /// Known people, again and again.
    Returning,
    /// Each auction about somebody nobody was ever told of.
    New,
}

const LOADS: [Load; 3] = [
    Load { name: "auction: 32 at once", at_once: 32, operations: 3_200, who: Who::Returning, goal: GOAL },
    Load {
        name: "auction: 32 at once, new people",
        at_once: 32,
        operations: 3_200,
        who: Who::New,
        goal: Goal::Watched,
    },
    Load {
        name: "auction: 1 at once",
        at_once: 1,
        operations: 400,
        who: Who::Returning,
        goal: Goal::Watched,
    },
];

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let responder = Responder::start()?;
    let runtime = runtime()?;
    let dir = house::directory()?;
    let urls = &responder.urls;
    let house = Arc::new(runtime.block_on(House::open(dir.path(), urls))?);
    runtime.block_on(house.write_profiles(PEOPLE))?;
    let floor = Arc::new(Floor::new(urls)?);
    let returning = Arc::new(requests(0, PEOPLE)?);
    // Everybody is told of once, so that the rows below really are about returning people.
    let once = Load { operations: PEOPLE, ..LOADS[0] };
    auctions(&runtime, &house, &returning, once, PEOPLE)?;
    let mut rows = Vec::new();
    let mut first = PEOPLE;
    for load in LOADS {
        rows.push(row(effort, &runtime, &house, &floor, &returning, load, &mut first)?);
    }
    drop(responder);
    let house = Arc::try_unwrap(house).ok().context("an auction is still under way")?;
    runtime.block_on(house.close())?;
    Ok(rows)
}
