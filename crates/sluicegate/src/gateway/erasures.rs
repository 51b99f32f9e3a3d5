//! Erasing a person from every store, to the end.
//!
//! First the settings: from then on everything is off, and the erasure is written down as unfinished. Then touches
//! and conversions, and later the journal. Before the ledger forgets it is written down what partners are owed
//! ([`sluicegate_recall`]). Then the ledger: the person's key is destroyed. What was permitted before may still be on its way to the record for as
//! long as a permit lives, under a new key; so the ledger is asked again after that, and only then the erasure is
//! finished. A start goes on with whatever is unfinished.

use futures_util::future::BoxFuture;
use sluicegate_gate::{Personal, SubjectKey, time::Clock};
use sluicegate_ledger::Ledger;
use sluicegate_measurement::erasure::{Eraser, Person};
use sluicegate_settings::Settings;
use sluicegate_web::api::EraseFailed;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// How often unfinished erasures are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Erases people.
#[derive(Clone, Debug)]
pub(super) struct Erasures {
    pub(super) settings: Arc<Settings>,
    pub(super) eraser: Arc<Eraser>,
    pub(super) ledger: Arc<Ledger>,
    /// What partners are told.
    pub(super) partners: sluicegate_recall::Erasures,
    pub(super) clock: Arc<dyn Clock>,
}

impl sluicegate_web::api::Erasures for Erasures {
    fn erase(
        &self,
        key: SubjectKey,
        id: Option<Personal<String>>,
    ) -> BoxFuture<'_, Result<(), EraseFailed>> {
        Box::pin(async move {
            let failed = |error: Box<dyn std::error::Error + Send + Sync>| EraseFailed(error);
            self.partners.begin(key).await.map_err(|error| failed(error.into()))?;
            self.settings.erase(key).await.map_err(|error| failed(error.into()))?;
            self.partners.owe(key).await.map_err(|error| failed(error.into()))?;
            let person = Person { keys: vec![key], ids: id.into_iter().collect() };
            self.eraser.erase(&person).await.map_err(|error| failed(error.into()))?;
            self.ledger.erase(key).await.map_err(|error| failed(error.into()))
        })
    }
}

impl Erasures {
    /// Does what an erasure that was cut off had left undone. To be called before anything is served.
    pub(super) async fn go_on(&self) -> anyhow::Result<()> {
        for (key, _) in self.settings.unfinished_erasures().await? {
            self.again(key).await?;
        }
        Ok(())
    }

    async fn again(&self, key: SubjectKey) -> anyhow::Result<()> {
        self.partners.owe(key).await?;
        self.eraser.erase(&Person { keys: vec![key], ids: Vec::new() }).await?;
        Ok(self.ledger.erase(key).await?)
    }

    /// Finishes erasures until the gateway stops.
    pub(super) async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.finish().await {
                tracing::error!(error.cause = %error, "an erasure could not be finished yet");
            }
        }
    }

    async fn finish(&self) -> anyhow::Result<()> {
        for key in self.partners.asked().await? {
            // A partner asked for it, by a request to delete.
            sluicegate_web::api::Erasures::erase(self, key, None).await?;
        }
        // No permit lives longer than the view it was given by.
        let settled = self.clock.now().minus(self.settings.takes_effect_within() * 2);
        for (key, at) in self.settings.unfinished_erasures().await? {
            if at < settled {
                self.again(key).await?;
                self.partners.forget(key).await?;
                self.settings.finish_erasure(key).await?;
            }
        }
        Ok(())
    }
}
