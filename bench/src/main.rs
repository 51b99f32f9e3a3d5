//! Measures what the gateway's own work costs, as a ratio to a floor measured in the same run: the
//! least that anything doing the same job would have to do on the same machine at the same time.
//!
//! A machine shared with others moves absolute times by factors and ratios by percents. So floor and
//! subject take turns in short rounds, the unit is processor time as the scheduler accounts it, and
//! what is printed is the median of the ratios of the rounds. Nothing here fails for being slow.
//! `docs/benchmarks.md` says what each line means.

mod auction;
mod decision;
mod delivery;
mod disk;
mod exposures;
mod harness;
mod house;
mod machine;
mod projection;
mod recording;
mod responder;
mod sample;
mod signals;
mod table;

use clap::{Parser, ValueEnum};
use harness::Effort;
use std::io::Write;
use table::Row;

/// Measures the gateway against floors in the same run, and prints a table.
#[derive(Debug, Parser)]
struct Arguments {
    /// Fewer and shorter rounds: seconds instead of minutes, and less exact.
    #[arg(long)]
    quick: bool,
    /// Measures only this.
    #[arg(long, value_name = "NAME")]
    only: Option<Subject>,
    /// Serves as the three partners of the auction, in a process of their own.
    #[arg(long, hide = true)]
    respond: bool,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    Signals,
    Decision,
    Projection,
    Ledger,
    Auction,
    Exposures,
    Delivery,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.respond {
        return responder::run();
    }
    let effort = if arguments.quick { Effort::QUICK } else { Effort::FULL };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", table::machine()?)?;
    let mut rows = Vec::new();
    for subject in Subject::value_variants() {
        if arguments.only.is_none_or(|only| only == *subject) {
            writeln!(out, "measuring: {}", name(*subject))?;
            rows.extend(measure(*subject, effort)?);
        }
    }
    write!(out, "\n{}", table::render(&rows))?;
    Ok(())
}

fn measure(subject: Subject, effort: Effort) -> anyhow::Result<Vec<Row>> {
    match subject {
        Subject::Signals => signals::measure(effort),
        Subject::Decision => decision::measure(effort),
        Subject::Projection => projection::measure(effort),
        Subject::Ledger => recording::measure(effort),
        Subject::Auction => auction::measure(effort),
        Subject::Exposures => exposures::measure(effort),
        Subject::Delivery => delivery::measure(effort),
    }
}

fn name(subject: Subject) -> &'static str {
    match subject {
        Subject::Signals => "signals",
        Subject::Decision => "decision",
        Subject::Projection => "projection",
        Subject::Ledger => "ledger",
        Subject::Auction => "auction",
        Subject::Exposures => "exposures",
        Subject::Delivery => "delivery",
    }
}
