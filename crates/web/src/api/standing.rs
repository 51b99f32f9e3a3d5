//! Where each delivery stands: for the status and for `/metrics`.

use serde::Serialize;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_measurement::{Counters, EndpointSaid, Holding, Tally};
use std::fmt::Write;

/// One partnership that gets events. Its numbers are of events, over everything kept.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    partnership: PartnershipId,
    /// Events without an outcome yet, the held ones among them.
    lag: u64,
    /// Events that stay until an operator resumes.
    held: u64,
    /// Why they do: `gone` or `failing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_for: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_since_ms: Option<UnixMillis>,
    delivered: u64,
    withheld: u64,
    /// Given to a partner that did not say that it has them.
    unconfirmed: u64,
    /// Given up after the last attempt.
    dead: u64,
    /// Given up and put back; part of the lag.
    requeued: u64,
    /// How often the message under way has failed.
    failures: u32,
    /// Since when every attempt has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since_ms: Option<UnixMillis>,
    /// How much of the five days has passed after which everything is held, in percent.
    failing_percent: u8,
    /// When it is tried next; absent while none is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_ms: Option<UnixMillis>,
    /// What the endpoint said when it was asked whether it is the partner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<Endpoint>,
    replay: Replay,
}

/// What the endpoint said. Its address is not shown.
#[derive(Debug, Serialize)]
struct Endpoint {
    /// `agreed`, `refused` or `silent`.
    said: &'static str,
    at_ms: UnixMillis,
    /// Messages a minute that it takes, if it named a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_minute: Option<u32>,
}

/// What is told again, and how it ended: no second outcome of the events.
#[derive(Debug, Serialize)]
struct Replay {
    /// Exposures of the journal that are still to be looked through.
    waiting: u64,
    delivered: u64,
    withheld: u64,
    unconfirmed: u64,
    dead: u64,
}

impl From<Counters> for Standing {
    fn from(counters: Counters) -> Self {
        let Tally { delivered, withheld, unconfirmed, dead, attempts: _ } = counters.tally;
        let (held_for, held_since_ms) = counters.held_for.unzip();
        let replayed = counters.replayed;
        Self {
            partnership: counters.partnership,
            lag: counters.lag,
            held: counters.held,
            held_for: held_for.map(Holding::name),
            held_since_ms,
            delivered,
            withheld,
            unconfirmed,
            dead,
            requeued: counters.requeued,
            failures: counters.failures,
            failing_since_ms: counters.failing_since,
            failing_percent: counters.failing_percent,
            next_attempt_ms: counters.next_attempt,
            endpoint: counters.endpoint.map(|check| Endpoint {
                said: check.said.name(),
                at_ms: check.at,
                per_minute: match check.said {
                    EndpointSaid::Agreed { per_minute } => per_minute,
                    EndpointSaid::Refused | EndpointSaid::Silent => None,
                },
            }),
            replay: Replay {
                waiting: counters.replaying,
                delivered: replayed.delivered,
                withheld: replayed.withheld,
                unconfirmed: replayed.unconfirmed,
                dead: replayed.dead,
            },
        }
    }
}

impl Standing {
    /// Returns whether it is shown: it is listed, or it ever got events.
    pub(super) fn is_of_interest(&self, listed: &[PartnershipId]) -> bool {
        let ended = [self.delivered, self.withheld, self.unconfirmed, self.dead, self.lag];
        listed.contains(&self.partnership) || ended.iter().any(|events| *events > 0)
    }

    /// Returns 1 if nothing goes there because the endpoint has not agreed.
    fn not_agreed(&self) -> u64 {
        u64::from(self.endpoint.as_ref().is_some_and(|endpoint| endpoint.said != "agreed"))
    }
}

/// Writes the gauges of all deliveries in the Prometheus text format.
pub(super) fn gauges(standings: &[Standing]) -> String {
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, value: fn(&Standing) -> u64| {
        // Writing to a string cannot fail.
        let _head =
            writeln!(text, "# HELP sluicegate_{name} {help}\n# TYPE sluicegate_{name} gauge");
        for one in standings {
            let id = &one.partnership;
            let _row = writeln!(text, "sluicegate_{name}{{partnership=\"{id}\"}} {}", value(one));
        }
    };
    gauge("delivery_lag_events", "Events without an outcome yet.", |one| one.lag);
    gauge("delivery_held_events", "Events held until an operator resumes.", |one| one.held);
    gauge("delivery_dead_events", "Events given up and not put back.", |one| one.dead);
    gauge("delivery_failures", "Failed attempts of the message under way.", |one| {
        u64::from(one.failures)
    });
    gauge(
        "delivery_failing_since_seconds",
        "Since when every attempt has failed, as seconds since 1970; 0 if none has.",
        |one| one.failing_since_ms.map_or(0, |since| u64::try_from(since.0 / 1_000).unwrap_or(0)),
    );
    gauge(
        "delivery_failing_percent",
        "How much of the time has passed after which everything is held, in percent; 0 if no attempt fails.",
        |one| u64::from(one.failing_percent),
    );
    gauge(
        "delivery_endpoint_not_agreed",
        "1 while the endpoint has not agreed to take our messages.",
        Standing::not_agreed,
    );
    text
}
