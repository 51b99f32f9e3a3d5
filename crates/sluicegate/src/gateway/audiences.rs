//! Applies what partners and advertisers say of people, and forgets what has run out.

use sluicegate_audiences::{Applier, ApplyError};
use std::time::Duration;
use tokio::sync::watch;

/// How often the inbox is looked into: for every batch alike, so that no answer waits for it.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often what has run out is forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(1);

/// Runs until stopped; what still waits then is applied after the next start.
pub(super) async fn run(applier: Applier, mut stopped: watch::Receiver<bool>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut forget = tokio::time::interval(FORGET_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let outcome = tokio::select! {
            _ = stopped.changed() => return,
            _ = look.tick() => applier.step().await.map(|_applied| ()),
            _ = forget.tick() => applier.forget().await,
        };
        report(outcome);
    }
}

fn report(outcome: Result<(), ApplyError>) {
    if let Err(error) = outcome {
        tracing::error!(error.cause = %error, "what was said of people could not be applied; it waits");
    }
}
