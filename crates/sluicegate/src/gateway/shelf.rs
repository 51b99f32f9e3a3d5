//! Keeps the shelf of touches filled, forgets what nobody can ask for any more, and clears the journal of people who
//! were erased.

use sluicegate_measurement::{
    erasure::{Cleared, EraseError, Eraser},
    lookup::{Left, Shelf, ShelfError, Shelved},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often what nobody needs any more is forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// How long to wait after a step that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Runs until stopped.
pub(super) async fn run(shelf: Arc<Shelf>, idle: Duration, mut stopped: watch::Receiver<bool>) {
    let mut forget = tokio::time::interval(FORGET_EVERY);
    let mut left = Left::Nothing;
    while !*stopped.borrow() {
        let pause = match shelf.step().await {
            Ok(Shelved::Read(_)) => Duration::ZERO,
            Ok(Shelved::Nothing) => idle,
            Err(error) => failed(&error),
        };
        tokio::select! {
            _ = stopped.changed() => return,
            _ = forget.tick() => left = Left::More,
            () = tokio::time::sleep(pause) => {}
        }
        // Why: a slice between two steps, so that neither waits for the whole of the other.
        if left == Left::More {
            left = forgotten(&shelf).await;
        }
    }
}

/// Forgets a slice. One that fails is tried again in an hour.
async fn forgotten(shelf: &Shelf) -> Left {
    shelf.forget().await.unwrap_or_else(|error| {
        tracing::error!(error.cause = %error, "old touches could not be forgotten");
        Left::Nothing
    })
}

fn failed(error: &ShelfError) -> Duration {
    tracing::error!(error.cause = %error, "touches could not be put on the shelf; it goes on");
    AFTER_FAILURE
}

/// Clears the journal of people who were erased, until stopped.
pub(super) async fn clear(eraser: Arc<Eraser>, idle: Duration, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let pause = match eraser.step().await {
            Ok(Cleared::Read) => Duration::ZERO,
            Ok(Cleared::Nothing) => idle,
            Err(error) => not_cleared(&error),
        };
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn not_cleared(error: &EraseError) -> Duration {
    tracing::error!(error.cause = %error, "the journal could not be cleared of somebody; it goes on");
    AFTER_FAILURE
}
