//! The command line.

mod buyers;
mod canaries;
mod config;
mod deliveries;
mod demo;
mod disclosures;
mod effectiveness;
mod erase;
mod explain;
mod feedback;
mod incident;
mod keys;
mod ledger;
mod recalls;
mod register;
mod rules;
mod serve;
mod verify;

use clap::{Parser, Subcommand};
use sluicegate_register::Day;
use std::{fmt, io::Write, path::PathBuf, process::ExitCode};

/// The one gate through which user data leaves for business partners, and the switch that closes it
#[derive(Debug, Parser)]
#[command(name = "sluicegate", version, about, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway
    Serve(serve::Serve),
    /// Run the gateway with three demo partners and realistic traffic, on this machine only
    Demo(demo::Demo),
    /// Check, publish and compare editions of the register
    #[command(subcommand)]
    Register(register::Register),
    /// Show what would leave about a person, field by field, and every reason against it
    Explain(explain::Explain),
    /// Print what leaves when: the rules, reasons, legal bases and countries of this version, as Markdown
    Rules,
    /// Show what left about a person, to whom and since when
    Disclosures(disclosures::Disclosures),
    /// Erase everything that is kept about a person, but that both settings are off
    Erase(erase::Erase),
    /// The log over the record: its key, everything of it as files, and the proof of one disclosure
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Check an exported record, or the proof of one disclosure, with nothing but the public key
    Verify(verify::Verify),
    /// Show the scope of an incident: how many people, which fields, to whom, how often
    Incident(incident::Incident),
    /// Show how fast choices took effect, and what was withheld, over the last 30 days
    Effectiveness(effectiveness::Effectiveness),
    /// Show where deliveries stand, and tell again what was held, given up or lost
    Deliveries(deliveries::Deliveries),
    /// Show which seats and advertisers bid through each partnership, and since when
    Buyers(buyers::Buyers),
    /// Show how the continuous probe is doing, and open a path again that it closed
    Canaries(canaries::Canaries),
    /// Show what partners are told to forget or correct, and let a suspended one go on
    Recalls(recalls::Recalls),
    /// Show what readers said of the page of partners, by edition
    Feedback(feedback::Feedback),
    /// Check a configuration file, or print the reference of all keys
    #[command(subcommand)]
    Config(config::Config),
    /// Make keys for the interfaces
    #[command(subcommand)]
    Keys(keys::Keys),
}

/// Where a verb finds the running gateway: the socket in its data directory.
#[derive(Debug, clap::Args)]
pub(crate) struct Running {
    /// The data directory of the running gateway
    #[arg(long, value_name = "DIR", default_value = "sluicegate-data")]
    pub(crate) data_dir: PathBuf,
}

/// Runs one verb.
#[expect(clippy::cognitive_complexity, reason = "one line a verb")]
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Serve(verb) => Box::pin(verb.run()).await,
        Command::Demo(verb) => Box::pin(verb.run()).await,
        Command::Register(verb) => verb.run().await,
        Command::Explain(verb) => verb.run().await,
        Command::Rules => rules::run(),
        Command::Disclosures(verb) => verb.run().await,
        Command::Erase(verb) => verb.run().await,
        Command::Ledger(verb) => verb.run().await,
        Command::Verify(verb) => verb.run(),
        Command::Incident(verb) => verb.run().await,
        Command::Effectiveness(verb) => verb.run().await,
        Command::Deliveries(verb) => verb.run().await,
        Command::Buyers(verb) => verb.run().await,
        Command::Canaries(verb) => verb.run().await,
        Command::Recalls(verb) => verb.run().await,
        Command::Feedback(verb) => verb.run().await,
        Command::Config(verb) => verb.run(),
        Command::Keys(verb) => verb.run().await,
    }
}

/// Prints to the standard output. A reader that went away ends the program without noise.
pub(crate) fn print(text: impl fmt::Display) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// There is nothing to check at a path: not the same as something that is not as it was signed.
#[derive(Debug)]
pub(crate) struct NothingThere(pub(crate) String);

impl fmt::Display for NothingThere {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for NothingThere {}

/// The command line is not as it must be, which only shows when all of it was read.
#[derive(Debug)]
pub(crate) struct Misused(pub(crate) &'static str);

impl fmt::Display for Misused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for Misused {}

/// Reads a time on the command line, or a day: its first moment in UTC.
pub(crate) fn millis(text: &str) -> Result<i64, &'static str> {
    if let Ok(day) = text.parse::<Day>() {
        return Ok(day.start().0);
    }
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(jiff::Timestamp::as_millisecond)
        .map_err(|_wrong| "neither a day like `2026-11-01` nor a time like `2026-11-01T10:00:00Z`")
}

/// Prints an error with its causes, and returns the exit code of a failure.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    // Where the error stream is gone there is nobody to tell.
    drop(writeln!(std::io::stderr().lock(), "sluicegate: {error:#}"));
    if error.is::<NothingThere>() {
        ExitCode::from(3)
    } else if error.is::<Misused>() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

/// What the exit codes mean, under the help of the program.
const EXIT_CODES: &str = "Exit codes:
  0  done; of a check: everything is in order
  1  refused, failed, or not in order; the reason is on the standard error
  2  the command line is not as it must be
  3  `verify` alone: there is nothing to check at the path";
