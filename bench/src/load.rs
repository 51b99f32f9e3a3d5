//! The whole program under load: a gateway, its partners and whoever sends it auctions, each a process of its own.

use crate::{
    auction, cores,
    driver::{self, Order, PEOPLE, Report},
    forwarder::Forwarder,
    harness::{Effort, Sample, alternate, processor_time_of},
    house,
    responder::{Responder, THINKING},
    sample::{account_id, partner_files},
    table::{Row, time},
};
use anyhow::{Context, ensure};
use http::Uri;
use sluicegate_testkit::{Program, Setup, sample::welcome};
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Connections that are open and have nothing to say.
const IDLE: usize = 1_000;
/// How long auctions may wait for their turn, in milliseconds; tests set it higher.
const BEHIND_MAX: &str = "SLUICEGATE_EXCHANGE__BEHIND_MAX_MS";
/// Seconds of one measurement.
const SECONDS: u32 = 8;

/// Measures the program beside a process that only hands on, and how it does under other loads.
pub(crate) fn measure(effort: Effort, behind_max_ms: u32) -> anyhow::Result<Row> {
    let seconds = effort.operations(SECONDS);
    let responder = cores::on(cores::OTHERS, Responder::start)?;
    let forwarder = cores::on(cores::GATEWAY, || Forwarder::start(&responder.urls))?;
    let dir = house::directory()?;
    let setup = Setup {
        binary: beside()?,
        dir: dir.path().to_owned(),
        more: String::from("[log]\nlevel = \"warn\"\n"),
    };
    let behind = behind_max_ms.to_string();
    let program =
        cores::on(cores::GATEWAY, || Program::start_with(&setup, &[(BEHIND_MAX, &behind)]))?;
    publish(&program, &responder.urls)?;
    for person in 0..PEOPLE {
        welcome(&program, &account_id(person))?;
    }
    let idle = idle(&program)?;
    let auctions: Uri = format!("{}/openrtb2/auction", program.origin()).parse()?;
    let at = |url: &Uri, rate, as_gateway| {
        let order = Order { url: Some(url.clone()), rate, seconds, as_gateway };
        cores::on(cores::OTHERS, || driver::order(&order))
    };
    // As fast as answers come.
    let (mut most, mut plain) = (Report::default(), Report::default());
    let pair = alternate(
        effort,
        || round(forwarder.id(), &mut plain, || at(&forwarder.url, None, true)),
        || round(program.id(), &mut most, || at(&auctions, None, false)),
    )?;
    drop(forwarder);
    let carried = whole(most.served_per_second());
    let mut notes = vec![idle, carries("auctions", most), carries("requests handed on", plain)];
    let half = carried / 2;
    // The gateway and the process that hands on, each beside one partner asked directly.
    let mut at_half = |partners: &[String; 3], what: &str| {
        let [partner, ..] = partners;
        let forwarder = cores::on(cores::GATEWAY, || Forwarder::start(partners))?;
        let direct = at(&partner.parse()?, Some(half), true)?;
        let (mut plain, mut held) = (Report::default(), Report::default());
        let least = round(forwarder.id(), &mut plain, || at(&forwarder.url, Some(half), true))?;
        let cost = round(program.id(), &mut held, || at(&auctions, Some(half), false))?;
        notes.push(format!(
            "half of it, {half} a second{what}: a partner asked directly {}",
            times(direct)
        ));
        notes.push(added("handed on", plain, direct, least));
        notes.push(added("auctions", held, direct, cost));
        anyhow::Ok(())
    };
    at_half(&responder.urls, "")?;
    let thinking = responder.thinking();
    publish(&program, &thinking)?;
    at_half(&thinking, &format!(", partners think for {} ms", THINKING.as_millis()))?;
    publish(&program, &responder.urls)?;
    let twice = at(&auctions, Some(carried * 2), false)?;
    notes.push(over(carried * 2, twice));
    Ok(Row { name: "load: whole program", pair, goal: auction::GOAL, notes })
}

fn publish(program: &Program, partners: &[String; 3]) -> anyhow::Result<()> {
    let published = program.publish(&partner_files(partners))?;
    ensure!(published.status == 200, "the register was refused: {published:?}");
    Ok(())
}

/// Drives a process for a while, and says what each answer cost it.
fn round(
    process: u32,
    last: &mut Report,
    drive: impl FnOnce() -> anyhow::Result<Report>,
) -> anyhow::Result<Sample> {
    let before = processor_time_of(process)?;
    let report = drive()?;
    let used = processor_time_of(process)?.saturating_sub(before);
    ensure!(report.served > 0, "nothing was served");
    *last = report;
    Ok(Sample {
        processor: used.as_secs_f64() * 1e9 / f64::from(report.answers),
        wall: report.seconds * 1e9 / f64::from(report.served),
    })
}

/// The program that was built beside this one.
fn beside() -> anyhow::Result<std::path::PathBuf> {
    let own = std::env::current_exe().context("where this program is")?;
    let program = own.with_file_name("sluicegate");
    ensure!(program.exists(), "build the program too: `cargo build --release`");
    Ok(program)
}

/// Opens connections, each used once and kept.
fn idle(program: &Program) -> anyhow::Result<String> {
    let before = resident_kib(program.id())?;
    let mut open = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let mut stream = TcpStream::connect(program.origin().trim_start_matches("http://"))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: gateway.example\r\n\r\n")?;
        ensure!(stream.read(&mut [0; 1024])? > 0, "a connection was closed");
        open.push(stream);
    }
    let after = resident_kib(program.id())?;
    drop(open);
    Ok(format!(
        "memory at {IDLE} idle connections: {} MiB, of which they are {} MiB",
        after / 1024,
        after.saturating_sub(before) / 1024
    ))
}

pub(crate) fn resident_kib(process: u32) -> anyhow::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
    Ok(number.parse()?)
}

fn carries(what: &str, report: Report) -> String {
    format!(
        "64 {what} at once: {:.0} a second by the wall, p50 {}, p99 {}; {} not served",
        report.served_per_second(),
        shown(report.p50),
        shown(report.p99),
        report.shed + report.failed,
    )
}

fn times(report: Report) -> String {
    format!("p50 {}, p99 {}", shown(report.p50), shown(report.p99))
}

fn added(what: &str, held: Report, direct: Report, cost: Sample) -> String {
    format!(
        "half of it, {what}: {}; added p50 {}, p99 {}; {} of the processor each; {} not served",
        times(held),
        shown(more(held.p50, direct.p50)),
        shown(more(held.p99, direct.p99)),
        time(cost.processor),
        held.shed + held.failed,
    )
}

fn over(rate: u32, report: Report) -> String {
    format!(
        "twice of it, {rate} a second: {:.0} served a second, p50 {}, p99 {}; {:.0} refused with 503 a second, p99 {}; {} failed; asked up to {} late",
        report.served_per_second(),
        shown(report.p50),
        shown(report.p99),
        f64::from(report.shed) / report.seconds,
        shown(report.shed_p99),
        report.failed,
        shown(report.late_p99),
    )
}

fn shown(nanoseconds: Option<f64>) -> String {
    nanoseconds.map_or_else(|| String::from("-"), time)
}

fn more(this: Option<f64>, than: Option<f64>) -> Option<f64> {
    Some((this? - than?).max(0.0))
}

/// Returns the whole part of a rate; 2 at least, so that half of it is one.
fn whole(rate: f64) -> u32 {
    format!("{rate:.0}").parse().unwrap_or(2).max(2)
}
