//! Runs the canaries for as long as the gateway runs.

mod requests;
mod walk;

pub(super) use walk::{Walker, WalkerParts};

use sluicegate_canary::{Probe, Watch};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often it is looked whether the probe goes on, and what was closed is kept.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Walks at fixed intervals until stopped.
pub(super) async fn walk(probe: Probe, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = tick.tick() => {}
        }
        tokio::select! {
            _ = stopped.changed() => return,
            _ended_well = probe.run() => {}
        }
    }
}

/// Looks whether somebody still walks, and keeps what was closed, until stopped.
#[expect(clippy::cognitive_complexity, reason = "one loop")]
pub(super) async fn look(gate: Arc<Watch>, mut stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        let stops = tokio::select! {
            _ = stopped.changed() => true,
            _ = tick.tick() => false,
            () = gate.leak() => false,
        };
        gate.look();
        if let Err(error) = gate.keep().await {
            tracing::error!(error.cause = %error, "a closed path is closed, but not kept over a restart");
        }
        if stops {
            return;
        }
    }
}
