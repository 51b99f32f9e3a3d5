//! Sends requests to one address from a process of its own, at set times or as fast as answers come, and says how
//! each went.
//!
//! At set times nothing waits for an earlier answer, and each answer's time counts from when its request was due: who
//! answers late is not asked less.

use crate::{
    harness::{now, quantile},
    sample,
};
use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use futures_util::future::join_all;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::{Deserialize, Serialize};
use sluicegate_testkit::PLATFORM_KEY;
use std::{
    cell::RefCell,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::LocalSet;

/// What is sent, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct Order {
    /// Sends requests to this address, in a process of its own.
    #[arg(long = "drive", hide = true, value_name = "URL")]
    pub(crate) url: Option<Uri>,
    /// Requests a second; without it as many as come back, this many at once.
    #[arg(long, hide = true)]
    pub(crate) rate: Option<u32>,
    /// For how long.
    #[arg(long, hide = true, default_value_t = 1)]
    pub(crate) seconds: u32,
    /// Sends what partners get instead of what the platform sends.
    #[arg(long, hide = true)]
    pub(crate) as_gateway: bool,
}

/// How it went, the time to warm up aside.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Report {
    /// Answers of any kind, those while it warmed up among them.
    pub(crate) answers: u32,
    /// Answered with 200.
    pub(crate) served: u32,
    /// Answered with 503.
    pub(crate) shed: u32,
    /// Anything else, or no answer.
    pub(crate) failed: u32,
    pub(crate) seconds: f64,
    /// Of what was served, in nanoseconds; `None` where nothing was.
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
    /// Of what was shed.
    pub(crate) shed_p99: Option<f64>,
    /// How much later than due requests were begun, in nanoseconds: what is not the other side's doing.
    pub(crate) late_p99: Option<f64>,
}

impl Report {
    pub(crate) fn served_per_second(self) -> f64 {
        f64::from(self.served) / self.seconds
    }
}

/// People whom the requests are about, in turn.
pub(crate) const PEOPLE: u32 = 50;
/// Requests on their way at once where no rate is set.
const AT_ONCE: u32 = 64;
/// For how long requests at a rate are sent before any is counted: connections are opened then.
const WARM_UP: Duration = Duration::from_secs(1);
/// Requests on their way at most at a rate, each on a connection of its own; further ones count as failed.
const OPEN_MAX: u32 = 1_000;

/// Runs a process that does so, and returns what it reports.
pub(crate) fn order(order: &Order) -> anyhow::Result<Report> {
    let program = std::env::current_exe().context("where this program is")?;
    let mut command = Command::new(program);
    if let Some(url) = &order.url {
        command.arg("--drive").arg(url.to_string());
    }
    if let Some(rate) = order.rate {
        command.arg("--rate").arg(rate.to_string());
    }
    command.arg("--seconds").arg(order.seconds.to_string());
    if order.as_gateway {
        command.arg("--as-gateway");
    }
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
    anyhow::ensure!(child.wait()?.success(), "the process that sends requests failed");
    Ok(serde_json::from_str(&line)?)
}

/// Sends until the time is up, and returns the report once every answer is there.
pub(crate) fn run(url: Uri, order: &Order) -> anyhow::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sender = Rc::new(Sender::new(url, order.as_gateway)?);
    let time = Duration::from_secs(order.seconds.into());
    let begun = now();
    LocalSet::new().block_on(&runtime, async {
        match order.rate {
            Some(rate) => at_rate(&sender, rate, time).await,
            None => in_turn(&sender, time).await,
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let mut seen = sender.seen.take();
    Ok(Report {
        answers: seen.answers,
        served: u32::try_from(seen.served.len())?,
        shed: u32::try_from(seen.shed.len())?,
        failed: seen.failed,
        // At a rate the last answers come after the last request; where none is set, they stop it.
        seconds: if order.rate.is_some() { time.as_secs_f64() } else { seconds },
        p50: part(&mut seen.served, 0.5),
        p99: part(&mut seen.served, 0.99),
        shed_p99: part(&mut seen.shed, 0.99),
        late_p99: part(&mut seen.late, 0.99),
    })
}

fn part(values: &mut [f64], part: f64) -> Option<f64> {
    (!values.is_empty()).then(|| quantile(values, part))
}

async fn in_turn(sender: &Rc<Sender>, time: Duration) {
    let begun = now();
    let lines = (0..AT_ONCE).map(|line| async move {
        let mut number = line;
        while begun.elapsed() < time {
            sender.send(number, now(), true).await;
            number += AT_ONCE;
        }
    });
    join_all(lines).await;
}

async fn at_rate(sender: &Rc<Sender>, rate: u32, time: Duration) {
    let (begun, every) = (now(), Duration::from_secs(1) / rate.max(1));
    let counted_from = begun + WARM_UP;
    let mut number = 0;
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let due = begun + every * number;
        if due >= counted_from + time {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        while tasks.try_join_next().is_some() {}
        let is_counted = due >= counted_from;
        if tasks.len() >= usize::try_from(OPEN_MAX).unwrap_or(usize::MAX) {
            sender.seen.borrow_mut().failed += u32::from(is_counted);
        } else {
            let sender = Rc::clone(sender);
            tasks.spawn_local(async move { sender.send(number, due, is_counted).await });
        }
        number += 1;
    }
    tasks.join_all().await;
}

struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    url: Uri,
    bodies: Vec<Bytes>,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    served: Vec<f64>,
    shed: Vec<f64>,
    late: Vec<f64>,
    failed: u32,
    answers: u32,
}

impl Sender {
    fn new(url: Uri, as_gateway: bool) -> anyhow::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let bodies = if as_gateway {
            sample::told_to_partners()?
        } else {
            (0..PEOPLE).map(sample::body).collect()
        };
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, url, bodies, seen: RefCell::default() })
    }

    async fn send(&self, number: u32, due: Instant, is_counted: bool) {
        let late = due.elapsed().as_secs_f64() * 1e9;
        let answered = self.answer(number).await;
        let took = due.elapsed().as_secs_f64() * 1e9;
        let mut seen = self.seen.borrow_mut();
        seen.answers += u32::from(answered.is_ok());
        if !is_counted {
            return;
        }
        seen.late.push(late);
        match answered {
            Ok(StatusCode::OK) => seen.served.push(took),
            Ok(StatusCode::SERVICE_UNAVAILABLE) => seen.shed.push(took),
            Ok(_) | Err(_) => seen.failed += 1,
        }
    }

    async fn answer(&self, number: u32) -> anyhow::Result<StatusCode> {
        let index = usize::try_from(number)? % self.bodies.len();
        let body = self.bodies.get(index).context("a body")?.clone();
        let request = Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {PLATFORM_KEY}"))
            .body(Full::new(body))?;
        let response = self.client.request(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        Ok(status)
    }
}
