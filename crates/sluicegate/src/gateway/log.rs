//! Keeps the log up with the record.

use sluicegate_ledger::log::book::Book;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// Takes in what was committed, again and again, until the gateway stops.
pub(super) async fn run(book: Arc<Book>, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_failing = false;
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = ticks.tick() => {}
        }
        match book.catch_up().await {
            Ok(()) if is_failing => {
                is_failing = false;
                tracing::info!("the log is written again");
            }
            Ok(()) => {}
            // Nothing waits for the log: what was recorded is taken in later.
            Err(error) if !is_failing => {
                is_failing = true;
                tracing::error!(error.cause = %error, "the log could not be written");
            }
            Err(_again) => {}
        }
    }
}
