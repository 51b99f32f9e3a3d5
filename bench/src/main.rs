//! Measures what the gateway's own work costs, as a ratio to a floor measured in the same run: the
//! least that anything doing the same job would have to do on the same machine at the same time.
//!
//! A machine shared with others moves absolute times by factors and ratios by percents. So floor and
//! subject take turns in short rounds, the unit is processor time as the scheduler accounts it, and
//! what is printed is the median of the ratios of the rounds. Nothing here fails for being slow.
//! `docs/benchmarks.md` says what each line means.

mod auction;
mod cores;
mod decision;
mod delivery;
mod disk;
mod driver;
mod exposures;
mod forgetful;
mod forwarder;
mod harness;
mod house;
mod incident;
mod load;
mod log;
mod lookup;
mod machine;
mod pages;
mod projection;
mod recording;
mod responder;
mod sample;
mod signals;
mod table;

use clap::{Parser, ValueEnum};
use harness::Effort;
use mimalloc::MiMalloc;
use std::io::Write;
use table::Row;

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures the gateway against floors in the same run, and prints a table.
#[derive(Debug, Parser)]
struct Arguments {
    /// Fewer and shorter rounds: seconds instead of minutes, and less exact.
    #[arg(long)]
    quick: bool,
    /// Measures only this.
    #[arg(long, value_name = "NAME")]
    only: Option<Subject>,
    /// Measures only auctions whose line contains this.
    #[arg(long, value_name = "WORDS")]
    auctions: Option<String>,
    /// How many exposures lookups search among.
    #[arg(long, value_name = "NUMBER")]
    touches: Option<u32>,
    /// `exchange.behind_max_ms` of the whole program under load.
    #[arg(long, default_value_t = 25)]
    behind_max_ms: u32,
    /// Serves as the three partners of the auction, in a process of their own.
    #[arg(long, hide = true)]
    respond: bool,
    #[command(flatten)]
    forward: forwarder::Onward,
    #[command(flatten)]
    drive: driver::Order,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    Signals,
    Decision,
    Projection,
    Ledger,
    Log,
    Auction,
    Exposures,
    Delivery,
    Lookup,
    Pages,
    Load,
    Incident,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.respond {
        return responder::run();
    }
    if !arguments.forward.urls.is_empty() {
        return forwarder::run(arguments.forward);
    }
    if let Some(url) = &arguments.drive.url {
        let report = driver::run(url.clone(), &arguments.drive)?;
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
        return Ok(());
    }
    let effort = if arguments.quick { Effort::QUICK } else { Effort::FULL };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", table::machine()?)?;
    let mut rows = Vec::new();
    for subject in Subject::value_variants() {
        if arguments.only.is_none_or(|only| only == *subject) {
            writeln!(out, "measuring: {}", name(*subject))?;
            rows.extend(measure(*subject, effort, &arguments)?);
        }
    }
    if !rows.is_empty() {
        write!(out, "\n{}", table::render(&rows))?;
    }
    if arguments.only.is_none_or(|only| only == Subject::Incident) {
        write!(out, "\n{}", incident::measure(effort)?)?;
    }
    Ok(())
}

fn measure(subject: Subject, effort: Effort, asked: &Arguments) -> anyhow::Result<Vec<Row>> {
    match subject {
        Subject::Signals => signals::measure(effort),
        Subject::Decision => decision::measure(effort),
        Subject::Projection => projection::measure(effort),
        Subject::Ledger => recording::measure(effort),
        Subject::Auction => auction::measure(effort, asked.auctions.as_deref().unwrap_or_default()),
        Subject::Log => log::measure(effort),
        Subject::Exposures => exposures::measure(effort),
        Subject::Delivery => delivery::measure(effort),
        Subject::Lookup => lookup::measure(effort, asked.touches),
        Subject::Pages => pages::measure(effort),
        Subject::Load => Ok(vec![load::measure(effort, asked.behind_max_ms)?]),
        // It has no floor, and is measured and printed after the table.
        Subject::Incident => Ok(Vec::new()),
    }
}

fn name(subject: Subject) -> &'static str {
    match subject {
        Subject::Signals => "signals",
        Subject::Decision => "decision",
        Subject::Projection => "projection",
        Subject::Ledger => "ledger",
        Subject::Log => "log",
        Subject::Auction => "auction",
        Subject::Exposures => "exposures",
        Subject::Delivery => "delivery",
        Subject::Lookup => "lookup",
        Subject::Pages => "pages",
        Subject::Load => "load",
        Subject::Incident => "incident",
    }
}
