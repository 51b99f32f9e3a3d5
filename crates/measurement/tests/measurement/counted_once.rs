//! What two partners report of one install or return is counted once, in whatever order, on whichever day.

use crate::world::{GAUGE, METER, World};
use serde_json::{Value, json};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{Conversions as _, Count, CountsOf};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
/// In the order in which they report.
const ORDERS: [[&str; 2]; 2] = [[METER, GAUGE], [GAUGE, METER]];

impl World {
    async fn all_counts(&self) -> Vec<Count> {
        let advertiser = "demo-running-shoes".parse().unwrap();
        self.conversions.counted(CountsOf::all(advertiser, Day(0), Day(i64::MAX))).await.unwrap()
    }

    /// Reports an install, or a return, that happened so many seconds ago.
    async fn reports_of(&self, partner: &str, number: u32, (kind, ago): (&str, i64)) -> Value {
        let mut conversion = self.install(partner, number, 7);
        conversion["event_type"] = json!(kind);
        conversion["timestamp"] = json!(self.now_s() - ago);
        self.report(partner, &conversion).await["attribution"].clone()
    }

    /// A click on the evening of the fourth day, and then a minute past midnight.
    async fn clicked_before_midnight(&self) {
        self.pass(HOUR * (3 * 24 + 22)).await;
        self.clicked(1, 7).await;
        self.pass(HOUR + Duration::from_mins(1)).await;
    }
}

#[tokio::test]
async fn a_re_install_on_two_sides_of_midnight_is_counted_once_in_either_order() {
    let mut all = Vec::new();
    for order in ORDERS {
        let world = World::new().await;
        for partner in order {
            assert!(world.reports_of(partner, 1, ("install", 0)).await.is_null());
        }
        world.clicked_before_midnight().await;
        for partner in order {
            // Their clocks are some seconds apart.
            let ago = if partner == METER { 62 } else { 57 };
            let told = world.reports_of(partner, 2, ("install", ago)).await;
            assert!(told.is_object(), "{partner}: {told}");
        }
        assert_eq!(world.counted("re_attributions").await, 1);
        assert_eq!(world.counted("installs_click").await, 0);
        all.push(world.all_counts().await);
    }
    assert_eq!(all[0], all[1]);
}

#[tokio::test]
async fn a_re_install_of_which_one_partner_knows_no_first_install_is_counted_once() {
    let mut all = Vec::new();
    for order in ORDERS {
        let world = World::new().await;
        assert!(world.reports_of(METER, 1, ("install", 0)).await.is_null());
        world.clicked_before_midnight().await;
        for partner in order {
            assert!(world.reports_of(partner, 2, ("install", 30)).await.is_object());
        }
        assert_eq!(world.counted("re_attributions").await, 1, "{order:?}");
        assert_eq!(world.counted("installs_click").await, 0, "{order:?}");
        assert_eq!(world.counted("converted:re-attribution:click:0").await, 1);
        all.push(world.all_counts().await);
    }
    assert_eq!(all[0], all[1]);
}

#[tokio::test]
async fn a_later_install_reported_by_another_partner_only_is_a_re_attribution() {
    for order in ORDERS {
        let world = World::new().await;
        world.clicked(1, 7).await;
        assert!(world.reports_of(order[0], 1, ("install", 0)).await.is_object());
        world.pass(HOUR * 48).await;
        world.clicked(2, 7).await;
        assert!(world.reports_of(order[1], 2, ("install", 0)).await.is_object());
        let counted =
            [world.counted("installs_click").await, world.counted("re_attributions").await];
        assert_eq!(counted, [1, 1]);
    }
}

#[tokio::test]
async fn a_return_on_two_sides_of_midnight_is_counted_once_in_either_order() {
    let mut all = Vec::new();
    for order in ORDERS {
        let world = World::new().await;
        world.clicked_before_midnight().await;
        for partner in order {
            let ago = if partner == METER { 62 } else { 57 };
            assert!(world.reports_of(partner, 2, ("re_engagement", ago)).await.is_object());
        }
        assert_eq!(world.counted("re_engagements").await, 1);
        all.push(world.all_counts().await);
        // One of the next day but one is another.
        world.pass(HOUR * 25).await;
        assert!(world.reports_of(METER, 3, ("re_engagement", 0)).await.is_object());
        assert_eq!(world.counted("re_engagements").await, 2);
    }
    assert_eq!(all[0], all[1]);
}

#[tokio::test]
async fn touches_rejected_of_one_re_install_are_counted_once_whoever_knows_of_the_first() {
    for order in ORDERS {
        let world = World::new().await;
        assert!(world.reports_of(METER, 1, ("install", 0)).await.is_null());
        world.clicked_before_midnight().await;
        for partner in order {
            let mut install = world.install(partner, 2, 7);
            let ago = if partner == METER { 62 } else { 57 };
            install["timestamp"] = json!(world.now_s() - ago);
            install["properties"]["install_begin_time"] = json!(world.now_s() - 3 * 3_600);
            assert!(world.report(partner, &install).await["attribution"].is_null());
        }
        assert_eq!(world.counted("rejected_touches:ctit_anomalies").await, 1, "{order:?}");
    }
}

#[tokio::test]
async fn nothing_is_left_on_a_day_from_which_an_install_was_moved() {
    let world = World::new().await;
    world.clicked_before_midnight().await;
    // The later report comes first, and is counted on the new day until the earlier one comes.
    assert!(world.reports_of(GAUGE, 2, ("install", 57)).await.is_object());
    assert!(world.reports_of(METER, 2, ("install", 62)).await.is_object());
    let days = world.all_counts().await.into_iter().filter(|one| one.measure != "clicks");
    let days: Vec<Day> = days.map(|one| one.day).collect();
    assert!(days.iter().all(|day| *day == Day(world.today().0 - 1)), "{days:?}");
}
