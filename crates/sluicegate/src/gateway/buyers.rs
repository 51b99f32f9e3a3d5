//! Keeps the buyers that the exchange sees.

use sluicegate_exchange::Exchange;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often they are kept: so much of the counts a kill can lose.
const KEEP_EVERY: Duration = Duration::from_mins(1);

/// Runs until stopped.
pub(super) async fn run(exchange: Arc<Exchange>, mut stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(KEEP_EVERY);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = tick.tick() => keep(&exchange).await,
        }
    }
}

/// Keeps what was seen so far.
pub(super) async fn keep(exchange: &Exchange) {
    if let Err(error) = exchange.keep_buyers().await {
        tracing::error!(error.cause = %error, "the buyers seen could not be kept; they go on waiting");
    }
}
