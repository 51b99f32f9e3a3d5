//! Keeps the shelf of touches filled, and forgets what nobody can ask for any more.

use sluicegate_measurement::lookup::{Shelf, ShelfError, Shelved};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often what nobody needs any more is forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// How long to wait after a step that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Runs until stopped.
pub(super) async fn run(shelf: Arc<Shelf>, idle: Duration, mut stopped: watch::Receiver<bool>) {
    let mut forget = tokio::time::interval(FORGET_EVERY);
    while !*stopped.borrow() {
        let pause = match shelf.step().await {
            Ok(Shelved::Read(_)) => Duration::ZERO,
            Ok(Shelved::Nothing) => idle,
            Err(error) => failed(&error),
        };
        tokio::select! {
            _ = stopped.changed() => return,
            _ = forget.tick() => forgotten(&shelf).await,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn forgotten(shelf: &Shelf) {
    if let Err(error) = shelf.forget().await {
        tracing::error!(error.cause = %error, "old touches could not be forgotten");
    }
}

fn failed(error: &ShelfError) -> Duration {
    tracing::error!(error.cause = %error, "touches could not be put on the shelf; it goes on");
    AFTER_FAILURE
}
