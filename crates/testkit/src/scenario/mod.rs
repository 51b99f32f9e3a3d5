//! Scenarios: what people chose, what then happened, and what each partner received, or why not.
//!
//! They are files that a privacy officer or an ad-tech engineer can read (`scenarios/README.md` explains
//! the format). [`run`] plays one on a whole gateway with stores in memory: the real decision, exchange,
//! settings, ledger, intake and deliveries, a clock that stands still between the steps, and a door that
//! keeps every byte. Beside what a file expects, every message is searched for the identity fields that
//! the default request is full of, and compared with what the ledger says of it.

mod consent;
mod elsewhere;
mod encode;
mod format;
mod gateway;
mod outcome;
mod ports;
mod register;
mod requests;
mod strings;
mod wire;

use anyhow::ensure;
use format::{Scenario, Step};
use gateway::Gateway;
use outcome::{Tallies, compare};
use sluicegate_gate::Category;
use std::{collections::BTreeSet, path::PathBuf};

/// What came of a scenario.
#[derive(Debug, Default)]
pub struct Ran {
    /// Its title; empty if the file could not be read.
    pub title: String,
    /// What is not as the file says, by step.
    pub differences: Vec<String>,
    /// The code of every reason that was expected and given.
    pub reasons: BTreeSet<String>,
    /// Every category of which something came to a partner.
    pub categories: BTreeSet<Category>,
}

/// Returns the folder of the scenarios.
pub fn folder() -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// Plays a scenario. It must run within a `tokio` runtime.
pub async fn run(text: &str, seed: u64) -> Ran {
    let mut ran = Ran::default();
    if let Err(error) = play(text, seed, &mut ran).await {
        ran.differences.push(format!("{error:#}"));
    }
    ran
}

async fn play(text: &str, seed: u64, ran: &mut Ran) -> anyhow::Result<()> {
    let scenario: Scenario = toml::from_str(text)?;
    ran.title.clone_from(&scenario.title);
    ensure!(!scenario.why.is_empty(), "`why` must say on what it rests");
    ensure!(
        scenario.step.iter().any(|step| !step.expect.is_empty()),
        "it expects nothing of any partner"
    );
    let mut gateway = Gateway::start(&scenario.register, seed).await?;
    gateway.welcome(&scenario.people).await?;
    for (number, step) in (1..).zip(&scenario.step) {
        let before = Tallies::read(&gateway).await?;
        if let Err(error) = gateway.take(step).await {
            ran.differences.push(format!("step {number}, {}: {error:#}", name(step)));
            return Ok(());
        }
        let outcome = compare(&gateway, step, &before).await?;
        let lines = outcome.differences.into_iter();
        ran.differences.extend(lines.map(|line| format!("step {number}, {}: {line}", name(step))));
        ran.reasons.extend(outcome.reasons);
        ran.categories.extend(outcome.categories);
    }
    Ok(())
}

fn name(step: &Step) -> String {
    let what = [
        ("bid request", step.bid_request.is_some()),
        ("exposure", step.exposure.is_some()),
        ("choice", step.choice.is_some()),
        ("link", step.link.is_some()),
        ("unlink", step.unlink.is_some()),
        ("profile", step.profile.is_some()),
        ("correction", step.correct.is_some()),
        ("edition", step.publish.is_some()),
        ("view", step.view.is_some()),
        ("answers", step.answers.is_some()),
    ];
    let named: Vec<&str> = what.into_iter().filter(|(_, is)| *is).map(|(what, _)| what).collect();
    let named = if named.is_empty() { String::from("time passes") } else { named.join(" and ") };
    format!("{named} at {} s", step.at)
}
