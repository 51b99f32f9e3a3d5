//! Tells partners to forget or correct, and asks them to delete.

use super::tasks::Crew;
use futures_util::future::BoxFuture;
use sluicegate_egress::Egress;
use sluicegate_gate::{PartnershipId, SubjectKey};
use sluicegate_ledger::{IdentifierKind, SendError, ToldIdentifier};
use sluicegate_measurement::Keys;
use sluicegate_recall::{
    Erasures, Recalls, Step, StepError,
    deletion::{Deletions, Identify, Listings},
};
use sluicegate_settings::{Keyring, Pairwise};
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often it is looked whether something is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often what was settled long ago is forgotten.
const TRIM_EVERY: Duration = Duration::from_hours(1);

/// What runs here.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    pub(super) recalls: Recalls,
    pub(super) erasures: Erasures,
    pub(super) deletions: Deletions,
    pub(super) identify: Arc<People>,
}

/// Works out what is owed and makes messages of it, at fixed intervals, until stopped; what is owed then goes on after
/// the next start.
pub(super) async fn make(recalls: Recalls, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut trim = tokio::time::interval(TRIM_EVERY);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = tick.tick() => {
                told(recalls.owe().await, "what is owed for people's changes is not known");
                told(recalls.write_off().await, "what cannot be told any more is not written off");
                told(recalls.pack().await, "recalls could not be made of what is owed");
            }
            _ = trim.tick() => {
                let trimmed = recalls.trim().await.map_err(StepError::from);
                told(trimmed, "recalls could not be trimmed");
            }
        }
    }
}

/// Sends what is due until stopped: to each partnership in a task of its own, so that none waits for another.
pub(super) async fn send(recalls: Recalls, mut stopped: watch::Receiver<bool>) {
    let mut crew = Crew::default();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = look.tick() => for id in recalls.takers() {
                crew.start(id.clone(), send_to(recalls.clone(), id, stopped.clone()));
            }
        }
    }
    crew.ended().await;
}

async fn send_to(recalls: Recalls, id: PartnershipId, mut stopped: watch::Receiver<bool>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = look.tick() => {
                let step: Option<Step> =
                    told(recalls.send(&id).await, "recalls could not be sent; they go on waiting");
                if let Some(Step { taken: 1.., .. }) = step {
                    tracing::info!(partnership.id = %id, "a partner took recalls");
                }
            }
        }
    }
}

/// Sends requests to delete until stopped: to each partnership for which some wait in a task of its own, until none does.
pub(super) async fn ask(deletions: Deletions, mut stopped: watch::Receiver<bool>) {
    let mut crew = Crew::default();
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = look.tick() => {
                let takers = told(deletions.takers().await, "requests to delete could not be read");
                for id in takers.unwrap_or_default() {
                    crew.start(id.clone(), ask_one(deletions.clone(), id));
                }
            }
        }
    }
    crew.ended().await;
}

async fn ask_one(deletions: Deletions, id: PartnershipId) {
    told(deletions.step(&id).await, "requests to delete could not be sent; they go on waiting");
}

fn told<T>(outcome: Result<T, StepError>, words: &'static str) -> Option<T> {
    outcome.map_err(|error| tracing::error!(error.cause = %Chain(&error), "{words}")).ok()
}

/// An error with what caused it.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Reads what partners publish, through the door.
pub(super) struct Published(pub(super) Arc<Egress>);

impl fmt::Debug for Published {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Published")
    }
}

impl Listings for Published {
    fn listing(
        &self,
        partnership: &PartnershipId,
    ) -> BoxFuture<'_, Result<bytes::Bytes, SendError>> {
        let partnership = partnership.clone();
        Box::pin(async move { self.0.listing(&partnership).await })
    }
}

/// Finds people by what partners call them.
#[derive(Debug)]
pub(super) struct People {
    pub(super) keyring: Arc<Keyring>,
    pub(super) pairwise: Pairwise,
    pub(super) keys: Keys,
}

impl Identify for People {
    fn identify(
        &self,
        partnership: &PartnershipId,
        identifier: IdentifierKind,
        value: &str,
    ) -> Option<SubjectKey> {
        use sluicegate_gate::Identifier;
        match identifier {
            IdentifierKind::AdvertisingId => {
                let is_one = Identifier::of_advertising_id(Some(value)) == Identifier::Present;
                (is_one && value.len() <= 64).then(|| self.keyring.device(value))
            }
            IdentifierKind::UserId => self.pairwise.read(partnership, value).map(|id| id.subject),
            // Nobody but the partner can say whose these are.
            IdentifierKind::DeviceId | IdentifierKind::BrowserId => None,
        }
    }

    fn is_of(&self, subject: SubjectKey, id: Option<&str>, told: &ToldIdentifier) -> bool {
        let ToldIdentifier { partnership, identifier, value, .. } = told;
        match identifier {
            IdentifierKind::AdvertisingId | IdentifierKind::UserId => {
                self.identify(partnership, *identifier, value) == Some(subject)
            }
            IdentifierKind::DeviceId | IdentifierKind::BrowserId => {
                id.is_some_and(|id| self.keys.every_device_id(partnership, id).contains(value))
            }
        }
    }
}
