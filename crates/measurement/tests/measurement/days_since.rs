//! Conversions by the whole days since their touch.

use crate::world::{METER, World, id};
use serde_json::json;
use sluicegate_gate::{Choice, time::Clock as _};
use sluicegate_measurement::{
    ConversionType, PeopleOff, Touch,
    lookup::{CountsOf, Shelved},
    report::Report,
};
use std::time::Duration;

impl World {
    /// A person meets an ad, and reports an install so long after.
    async fn installs_after(&self, person: u32, interaction: &str, after: Duration) {
        let mut exposure = self.exposure(person, person);
        exposure["interaction_type"] = json!(interaction);
        self.accept(&[exposure]).await;
        while let Shelved::Read(_) = self.shelf.step().await.unwrap() {}
        self.pass(after).await;
        let ifa = format!("38400000-8cf0-11bd-b23e-{person:012}");
        let install = json!({
            "data_set_id": "shoes", "id": format!("i-{person}"),
            "timestamp": self.clock.now().0 / 1_000, "event_type": "install",
            "user_data": { "device_id_hash": self.keys.partner(&id(METER)).device_id(&ifa) },
            "properties": { "app_id": "com.example.runningshoes" },
        });
        let body = install.to_string();
        let accepted = self.lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
        self.lookup.answer(&accepted).await.unwrap();
    }

    async fn exact_report(&self) -> Report {
        self.advertisers_report(&self.reports(PeopleOff::Excluded)).await
    }
}

/// What each line says: the day, the touch, the days since, and how many.
fn said(report: &Report) -> Vec<(&str, Touch, u32, i64)> {
    let lines = report.conversions.iter();
    lines
        .map(|line| {
            assert_eq!(line.conversion_type, ConversionType::Install);
            let days = line.days_post_attribution;
            (line.date.as_str(), line.attributed_touch_type, days, line.conversions)
        })
        .collect()
}

#[tokio::test]
async fn a_day_is_over_after_twenty_four_hours_and_not_before() {
    let world = World::new().await;
    let day = Duration::from_hours(24);
    world.installs_after(1, "click", Duration::ZERO).await;
    world.installs_after(2, "click", Duration::from_secs(24 * 60 * 60 - 1)).await;
    world.installs_after(3, "click", day).await;
    world.installs_after(4, "click", 6 * day).await;
    world.installs_after(5, "impression", Duration::from_hours(1)).await;
    let report = world.exact_report().await;
    let right = [
        ("2026-03-01", Touch::Click, 0, 2),
        ("2026-03-02", Touch::Click, 1, 1),
        ("2026-03-08", Touch::Click, 6, 1),
        ("2026-03-09", Touch::EngagedView, 0, 1),
    ];
    assert_eq!(said(&report), right);
    // They are the installs of the lines, and no others.
    let lines: i64 = report.lines.iter().map(|line| line.count("installs_total")).sum();
    assert_eq!(lines, report.conversions.iter().map(|line| line.conversions).sum::<i64>());
    let csv = report.conversions_csv();
    let mut rows = csv.lines();
    assert_eq!(
        rows.next(),
        Some(
            "date,app_id,media_source,campaign_id,campaign_name,window,conversion_type,\
             attributed_touch_type,days_post_attribution,conversions,\
             basis,epsilon,off_share_included,data_through,report_version"
        )
    );
    assert!(csv.contains(",7d/24h/24h,install,click,6,1,exact,,false,"), "{csv}");
    assert_eq!(rows.count(), report.conversions.len());
}

#[tokio::test]
async fn who_is_off_is_in_none_and_none_shrinks_when_somebody_turns_off() {
    let world = World::new().await;
    world.choose(2, Choice::Off).await;
    for person in [1, 2] {
        world.installs_after(person, "click", Duration::from_hours(1)).await;
    }
    let before = world.exact_report().await.conversions;
    assert_eq!(before.iter().map(|line| line.conversions).sum::<i64>(), 1);
    world.choose(1, Choice::Off).await;
    assert_eq!(world.exact_report().await.conversions, before);
}

#[tokio::test]
async fn conversions_by_days_are_kept_by_app_and_campaign_and_by_nothing_finer() {
    let world = World::new().await;
    world.installs_after(1, "click", Duration::from_hours(1)).await;
    let counted = sluicegate_measurement::lookup::Conversions::counted(
        world.conversions.as_ref(),
        CountsOf::all("demo-running-shoes".parse().unwrap(), world.today(), world.today()),
    );
    let counted = counted.await.unwrap();
    let by_days = counted.iter().find(|count| count.measure == "converted:install:click:0");
    let parts: Vec<String> = serde_json::from_str(&by_days.unwrap().line).unwrap();
    assert!([1, 2, 4, 5].iter().all(|place| parts[*place].is_empty()), "{parts:?}");
}
