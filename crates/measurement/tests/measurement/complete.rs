//! A day that the report says is complete does not change any more.

use crate::world::{GAUGE, METER, World, id};
use serde_json::{Value, json};
use sluicegate_ledger::Day;
use sluicegate_measurement::{PeopleOff, report::Report};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

impl World {
    async fn report_of_two_months(&self) -> Report {
        let edition = self.current.load().unwrap();
        let advertiser = edition.advertiser(&"demo-running-shoes".parse().unwrap()).unwrap();
        let today = self.today();
        let reports = self.reports(PeopleOff::Excluded);
        reports.report(advertiser, Day(today.0 - 60), today, None).await.unwrap()
    }

    async fn rejects(&self, claim: &Value) {
        let body = json!({"outcome": "rejected", "reject_reason": "bots"}).to_string();
        let claim = claim["attribution"]["claim_token"].as_str().unwrap();
        self.lookup.note(&id(METER), claim, body.as_bytes()).await.unwrap();
    }
}

/// Days on which installs were rejected.
fn rejected(report: &Report) -> Vec<(&str, i64)> {
    let lines =
        report.lines.iter().map(|line| (line.date.as_str(), line.count("rejected_installs")));
    lines.filter(|(_, rejected)| *rejected > 0).collect()
}

#[tokio::test]
async fn what_is_rejected_after_a_day_is_complete_stands_on_the_day_it_was_rejected() {
    let world = World::new().await;
    let mut claims = Vec::new();
    for person in [7, 8] {
        world.clicked(person, person).await;
        claims.push(world.report(METER, &world.install(METER, person, person)).await);
    }
    world.pass(DAY * 36).await;
    world.rejects(&claims[0]).await;
    let report = world.report_of_two_months().await;
    assert!(report.data_through.as_str() < "2026-03-01", "{}", report.data_through);
    assert_eq!(rejected(&report), [("2026-03-01", 1)]);
    world.pass(DAY * 5).await;
    let before = world.report_of_two_months().await;
    assert!(before.data_through.as_str() >= "2026-03-01", "{}", before.data_through);
    world.rejects(&claims[1]).await;
    let after = world.report_of_two_months().await;
    assert_eq!(rejected(&after), [("2026-03-01", 1), ("2026-04-11", 1)]);
    let complete = |report: &Report| {
        let through = report.data_through.clone();
        let lines = report.lines.iter().filter(move |line| line.date <= through);
        lines.cloned().collect::<Vec<_>>()
    };
    assert_eq!(complete(&before), complete(&after));
    assert!(!complete(&after).is_empty());
}

#[tokio::test]
async fn a_day_is_complete_only_once_nothing_that_is_still_taken_can_change_it() {
    let world = World::new().await;
    // One on the third day, and one more than an hour later, on the fourth, that says there was one before.
    world.pass(Duration::from_hours(3 * 24 - 2)).await;
    world.clicked(7, 7).await;
    world.pass(Duration::from_hours(2)).await;
    let mut early = world.install(METER, 1, 7);
    early["timestamp"] = json!(world.now_s() - 5_400);
    let mut late = world.install(GAUGE, 2, 7);
    late["properties"]["is_redownload"] = json!(true);
    world.report(METER, &early).await;
    // The last moment at which an install of the fourth day is taken.
    world.pass(Duration::from_hours(37 * 24 - 1)).await;
    let before = world.report_of_two_months().await;
    assert!(world.report(GAUGE, &late).await["attribution"].is_object());
    let after = world.report_of_two_months().await;
    for (one, other) in before.lines.iter().zip(&after.lines) {
        assert!(one == other || one.date > before.data_through, "{one:?} {other:?}");
    }
    assert_eq!(world.counted("re_attributions").await, 1);
    assert_eq!(world.counted("installs_click").await, 0);
}
