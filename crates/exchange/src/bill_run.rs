//! Runs one biller per partnership that has had a bill.

use crate::biller::{Biller, Billers, Pause};
use sluicegate_gate::PartnershipId;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

impl Billers {
    /// Sends bills until stopped; then every attempt under way ends first. What still waits is durable. A biller that
    /// panicked gets another.
    pub async fn run(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut running: HashMap<PartnershipId, AbortHandle> = HashMap::new();
        let mut tasks = JoinSet::new();
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut trim = tokio::time::interval(TRIM_EVERY);
        loop {
            tokio::select! {
                _ = stopped.changed() => break,
                _ = trim.tick() => self.forget().await,
                _ = look.tick() => {
                    for biller in self.all() {
                        let id = biller.partnership();
                        if running.get(id).is_none_or(AbortHandle::is_finished) {
                            let id = id.clone();
                            running.insert(id, tasks.spawn(steps(biller, stopped.clone())));
                        }
                    }
                }
            }
        }
        // Why not all at once: that would panic where one of them did.
        while tasks.join_next().await.is_some() {}
    }

    async fn forget(&self) {
        if let Err(error) = self.trim().await {
            tracing::error!(error.cause = %error, "the bills could not be trimmed");
        }
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
            () = biller.rest(pause) => {}
        }
    }
}

/// How often it is looked for partnerships that have their first bill.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often what nobody needs any more is forgotten.
const TRIM_EVERY: Duration = Duration::from_mins(1);
/// How long a biller waits after a step that failed on our side.
const AFTER_FAILURE: Pause = Pause::Left(Duration::from_secs(1));
