//! Where each delivery stands: for the status and for `/metrics`.

use serde::Serialize;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_measurement::{Counters, Tally};
use std::fmt::Write;

/// One partnership that gets events. Its numbers are of events, over everything kept.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    partnership: PartnershipId,
    /// Events without an outcome yet, the held ones among them.
    lag: u64,
    /// Events that stay until an operator resumes, because the partner answered 410.
    held: u64,
    delivered: u64,
    withheld: u64,
    /// Given to a partner that did not say that it has them.
    unconfirmed: u64,
    /// Given up after the last attempt.
    dead: u64,
    /// How often the message under way has failed.
    failures: u32,
    /// When it is tried next; absent while none is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_ms: Option<UnixMillis>,
}

impl From<Counters> for Standing {
    fn from(counters: Counters) -> Self {
        let Counters { partnership, tally, held, lag, next_attempt, failures } = counters;
        let Tally { delivered, withheld, unconfirmed, dead, attempts: _ } = tally;
        let next_attempt_ms = next_attempt;
        Self {
            partnership,
            lag,
            held,
            delivered,
            withheld,
            unconfirmed,
            dead,
            failures,
            next_attempt_ms,
        }
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
    gauge("delivery_held_events", "Events held since the partner answered 410.", |one| one.held);
    gauge("delivery_failures", "Failed attempts of the message under way.", |one| {
        u64::from(one.failures)
    });
    text
}
