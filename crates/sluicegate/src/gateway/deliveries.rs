//! Runs one delivery per partnership that takes events, and starts new ones as editions list them.

use super::tasks::Crew;
use sluicegate_gate::PartnershipId;
use sluicegate_measurement::{Deliveries, Delivery, Held, Position, Step, lookup::Shelf};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often the edition in force is looked at for new partnerships.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often what nobody needs any more is forgotten.
const TRIM_EVERY: Duration = Duration::from_mins(1);
/// How long a delivery waits after a step that failed on our side.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Runs until stopped; then every delivery ends its step first.
pub(super) async fn run(
    deliveries: Deliveries,
    shelf: Arc<Shelf>,
    idle: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut crew = Crew::default();
    start(&mut crew, &deliveries, leaving(&deliveries).await, idle, &stopped);
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut trim = tokio::time::interval(TRIM_EVERY);
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = trim.tick() => forget(&deliveries, &shelf).await,
            _ = look.tick() => {
                start(&mut crew, &deliveries, deliveries.listed(), idle, &stopped);
            }
        }
    }
    crew.ended().await;
}

/// Returns those that left while something waited for them.
async fn leaving(deliveries: &Deliveries) -> Vec<PartnershipId> {
    deliveries.leaving().await.unwrap_or_else(|error| {
        tracing::error!(error.cause = %error, "who has left is not known");
        Vec::new()
    })
}

async fn forget(deliveries: &Deliveries, shelf: &Shelf) {
    let Some(needed_from) = needed_from(shelf).await else { return };
    if let Err(error) = deliveries.trim(needed_from).await {
        tracing::error!(error.cause = %error, "the journal could not be trimmed");
    }
}

/// What is not on the shelf yet is still needed.
async fn needed_from(shelf: &Shelf) -> Option<Position> {
    let position = shelf.position().await;
    let failed =
        |error| tracing::error!(error.cause = %error, "where the shelf stands is not known");
    position.map_err(failed).ok()
}

/// Starts the deliveries that do not run yet. None waits for another that begins.
fn start(
    crew: &mut Crew,
    deliveries: &Deliveries,
    wanted: Vec<PartnershipId>,
    idle: Duration,
    stopped: &watch::Receiver<bool>,
) {
    for id in wanted {
        if crew.works_for(&id) {
            continue;
        }
        let (deliveries, mut stopped) = (deliveries.clone(), stopped.clone());
        crew.start(id.clone(), async move {
            let opened = tokio::select! {
                _ = stopped.changed() => return,
                opened = deliveries.open(id.clone()) => opened,
            };
            match opened {
                Ok(delivery) => steps(delivery, idle, stopped).await,
                // It is tried again with the next look.
                Err(error) => tracing::error!(
                    error.cause = %error,
                    partnership.id = %id,
                    "a delivery could not be opened"
                ),
            }
        });
    }
}

#[expect(clippy::cognitive_complexity, reason = "one loop")]
async fn steps(delivery: Arc<Delivery>, idle: Duration, mut stopped: watch::Receiver<bool>) {
    let mut stood = None;
    while !*stopped.borrow() {
        let pause = match delivery.step().await {
            Ok(step) => {
                stood = tell(&delivery, stood, step);
                tell_of_failing(&delivery).await;
                step.pause(idle)
            }
            Err(error) => {
                tracing::error!(
                    error.cause = %error,
                    partnership.id = %delivery.partnership(),
                    "a delivery failed; it goes on"
                );
                AFTER_FAILURE
            }
        };
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Tells an operator, once, that a delivery stands still, or goes on.
fn tell(delivery: &Delivery, stood: Option<Held>, step: Step) -> Option<Held> {
    let stands = match step {
        Step::Held(held) => Some(held),
        // While an attempt waits for its time nobody knows yet, and what stands still is swept, too.
        Step::Wait(_) | Step::Settled { .. } => stood,
        Step::Delivered { .. } | Step::Idle => None,
    };
    if stood != stands {
        match stands {
            Some(held) => tell_of_standing(delivery, held),
            None => tell_of_going_on(delivery),
        }
    }
    stands
}

fn tell_of_standing(delivery: &Delivery, held: Held) {
    let id = delivery.partnership();
    tracing::warn!(partnership.id = %id, delivery.held = ?held, "a delivery stands still");
}

/// Tells an operator, before everything is held, while there is time to ask the partner.
async fn tell_of_failing(delivery: &Delivery) {
    if let Some(percent) = delivery.nears_holding().await {
        tracing::warn!(
            partnership.id = %delivery.partnership(),
            delivery.failing_percent = percent,
            "every attempt fails; at 100 percent of five days everything is held"
        );
    }
}

fn tell_of_going_on(delivery: &Delivery) {
    tracing::info!(partnership.id = %delivery.partnership(), "a delivery goes on");
}
