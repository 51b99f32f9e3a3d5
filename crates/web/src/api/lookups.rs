//! How much partners ask, as operators see it.

use serde::Serialize;
use sluicegate_gate::PartnershipId;
use sluicegate_measurement::lookup::{Alarm, Asking};
use std::fmt::Write;

/// What one partnership asked today.
#[derive(Debug, Serialize)]
pub(crate) struct Lookups {
    partnership: PartnershipId,
    /// New installs and returns.
    asked: u64,
    /// Those for which a touch was told.
    claimed: u64,
    /// Refused for a limit.
    capped: u64,
    /// New events in the app.
    events: u64,
    /// Events refused for a limit of their own.
    events_capped: u64,
    /// What to look at: `few_touches`, `limit_met`.
    alarms: Vec<&'static str>,
}

impl From<Asking> for Lookups {
    fn from(asking: Asking) -> Self {
        let alarms = asking.alarms().into_iter().map(Alarm::code).collect();
        let Asking { partnership, asked, claimed, capped, events, events_capped } = asking;
        Self { partnership, asked, claimed, capped, events, events_capped, alarms }
    }
}

/// Writes the figures of today in the Prometheus text format.
pub(crate) fn gauges(lookups: &[Lookups]) -> String {
    let mut text = String::from(
        "# HELP sluicegate_lookups_today Conversions and events that partners reported today, in UTC.\n\
         # TYPE sluicegate_lookups_today gauge\n",
    );
    for one in lookups {
        let counts = [
            ("asked", one.asked),
            ("claimed", one.claimed),
            ("capped", one.capped),
            ("events", one.events),
            ("events_capped", one.events_capped),
        ];
        for (what, count) in counts {
            // Writing to a string cannot fail.
            let _written = writeln!(
                text,
                "sluicegate_lookups_today{{partnership=\"{}\",what=\"{what}\"}} {count}",
                one.partnership
            );
        }
    }
    text.push_str(
        "# HELP sluicegate_lookup_alarm Signs that a partner tries out devices.\n\
         # TYPE sluicegate_lookup_alarm gauge\n",
    );
    for one in lookups {
        for alarm in Alarm::ALL.map(Alarm::code) {
            let raised = u8::from(one.alarms.contains(&alarm));
            let _written = writeln!(
                text,
                "sluicegate_lookup_alarm{{partnership=\"{}\",alarm=\"{alarm}\"}} {raised}",
                one.partnership
            );
        }
    }
    text
}

/// Writes how many bodies of conversions were set aside.
pub(crate) fn gauge_of_set_aside(bodies: u64) -> String {
    format!(
        "# HELP sluicegate_conversions_set_aside Bodies of conversions that could not be kept in place.\n\
         # TYPE sluicegate_conversions_set_aside gauge\nsluicegate_conversions_set_aside {bodies}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partnership_has_its_figures_and_alarms() {
        let partnership = "meter".parse().unwrap();
        let asking = Asking {
            partnership,
            asked: 2_000,
            claimed: 1,
            capped: 3,
            events: 9_000,
            events_capped: 0,
        };
        let quiet = Asking { partnership: "scale".parse().unwrap(), capped: 0, ..asking.clone() };
        let lookups = [Lookups::from(asking), Lookups::from(quiet)];
        let text = gauges(&lookups);
        for line in [
            "sluicegate_lookups_today{partnership=\"meter\",what=\"claimed\"} 1\n",
            "sluicegate_lookups_today{partnership=\"meter\",what=\"events\"} 9000\n",
            "sluicegate_lookup_alarm{partnership=\"meter\",alarm=\"few_touches\"} 1\n",
            "sluicegate_lookup_alarm{partnership=\"meter\",alarm=\"limit_met\"} 1\n",
            "sluicegate_lookup_alarm{partnership=\"scale\",alarm=\"limit_met\"} 0\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn what_is_set_aside_is_counted() {
        assert!(gauge_of_set_aside(3).ends_with("\nsluicegate_conversions_set_aside 3\n"));
    }
}
