//! Runs one biller per partnership that has had a bill.

use super::tasks::Crew;
use sluicegate_exchange::{Biller, Billers};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often it is looked for partnerships that have their first bill.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often what nobody needs any more is forgotten.
const TRIM_EVERY: Duration = Duration::from_mins(1);
/// How long a biller waits after a step that failed on our side.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Runs until stopped; then every attempt under way ends first. What still waits is durable.
pub(super) async fn run(billers: Arc<Billers>, mut stopped: watch::Receiver<bool>) {
    let mut crew = Crew::default();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut trim = tokio::time::interval(TRIM_EVERY);
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = trim.tick() => forget(&billers).await,
            _ = look.tick() => {
                for biller in billers.all() {
                    crew.start(biller.partnership().clone(), steps(biller, stopped.clone()));
                }
            }
        }
    }
    crew.ended().await;
}

async fn forget(billers: &Billers) {
    if let Err(error) = billers.trim().await {
        tracing::error!(error.cause = %error, "the bills could not be trimmed");
    }
}

async fn steps(biller: Biller, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let pause = biller.step().await.unwrap_or_else(|error| {
            tracing::error!(
                error.cause = %error,
                partnership.id = %biller.partnership(),
                "bills could not be sent; they go on waiting"
            );
            AFTER_FAILURE
        });
        tokio::select! {
            _ = stopped.changed() => return,
            () = biller.woken() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
