//! Keeps what became of people's choices, and how long each change took.

use sluicegate_settings::Settings;
use sluicegate_store::Sqlite;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often it is kept: so much a kill can lose.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// Runs until stopped.
pub(super) async fn run(
    settings: Arc<Settings>,
    store: Sqlite,
    mut stopped: watch::Receiver<bool>,
) {
    let mut tick = tokio::time::interval(KEEP_EVERY);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = tick.tick() => keep(&settings, &store).await,
        }
    }
}

/// Keeps what was counted so far.
pub(super) async fn keep(settings: &Settings, store: &Sqlite) {
    if let Err(error) = settings.keep_effects(store).await {
        tracing::error!(error.cause = %error, "what became of choices could not be kept; it goes on waiting");
    }
}
