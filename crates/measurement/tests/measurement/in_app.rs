//! What happens later in an app: when it is credited with the touch of an install, and from whom.

use crate::world::{GAUGE, METER, World, id};
use serde_json::{Value, json};
use sluicegate_measurement::lookup::LookupError;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

impl World {
    /// A person clicks, and a partner reports the install an hour later. Returns the claim's name.
    async fn installed(&self, number: u32, person: u32, partners: &[&str]) -> Vec<String> {
        self.clicked(number, person).await;
        let mut claims = Vec::new();
        for partner in partners {
            self.pass(Duration::from_secs(1)).await;
            let told = self.report(partner, &self.install(partner, number, person)).await;
            claims.push(told["attribution"]["claim_token"].as_str().unwrap().to_owned());
        }
        claims
    }

    fn purchase(&self, partner: &str, number: u32, person: u32) -> Value {
        let mut event = self.event(partner, number, person);
        (event["value"], event["currency_code"]) = (json!("5"), json!("EUR"));
        event
    }

    async fn purchased(&self, partner: &str, number: u32, person: u32) {
        let event = self.purchase(partner, number, person);
        assert_eq!(self.happened(partner, &event).await, [200]);
    }

    async fn ended(&self, partner: &str, claim: &str, outcome: Value) {
        self.lookup.note(&id(partner), claim, outcome.to_string().as_bytes()).await.unwrap();
    }

    async fn revenue(&self) -> (i64, i64) {
        (self.counted("events").await, self.counted("revenue_micros:EUR").await)
    }
}

#[tokio::test]
async fn a_purchase_that_two_partners_report_is_counted_once() {
    let world = World::new().await;
    world.installed(1, 7, &[GAUGE, METER]).await;
    for day in 0..4 {
        world.purchased(METER, 20 + day, 7).await;
        world.purchased(GAUGE, 20 + day, 7).await;
        world.pass(DAY).await;
    }
    assert_eq!(world.revenue().await, (4, 20_000_000));
    assert_eq!((world.counted("unique_users").await, world.counted("loyal_users").await), (4, 1));
}

#[tokio::test]
async fn an_event_that_comes_while_the_view_is_too_old_is_credited_when_it_comes_again() {
    let world = World::new().await;
    world.installed(1, 7, &[METER]).await;
    world.pass_unseen(Duration::from_secs(6));
    let event = world.purchase(METER, 20, 7);
    let refused = world.lookup.events(&id(METER), event.to_string().as_bytes()).await.unwrap_err();
    assert!(matches!(refused, LookupError::ViewTooOld), "{refused}");
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.happened(METER, &event).await, [200]);
    assert_eq!(world.revenue().await, (1, 5_000_000));
}

#[tokio::test]
async fn a_later_install_passes_the_events_on_to_whoever_was_told_of_that_first() {
    let world = World::new().await;
    world.installed(1, 7, &[GAUGE, METER]).await;
    world.pass(DAY * 2).await;
    world.installed(2, 7, &[METER, GAUGE]).await;
    world.purchased(GAUGE, 20, 7).await;
    assert_eq!(world.revenue().await, (0, 0));
    world.purchased(METER, 20, 7).await;
    assert_eq!(world.revenue().await, (1, 5_000_000));
}

#[tokio::test]
async fn who_keeps_to_an_app_on_two_devices_is_one_person() {
    let world = World::new().await;
    world.installed(1, 7, &[METER]).await;
    // The same account on another device.
    let mut exposure = world.exposure(2, 8);
    (exposure["account_id"], exposure["interaction_type"]) = (json!("u_7"), json!("click"));
    world.accept(&[exposure]).await;
    world.shelve().await;
    world.pass(HOUR).await;
    world.report(METER, &world.install(METER, 2, 8)).await;
    for day in 0..3 {
        world.purchased(METER, 20 + day, 7).await;
        world.purchased(METER, 30 + day, 8).await;
        world.pass(DAY).await;
    }
    assert_eq!(world.counted("events").await, 6);
    assert_eq!((world.counted("unique_users").await, world.counted("loyal_users").await), (3, 1));
}

#[tokio::test]
async fn what_an_event_says_about_privacy_counts_too() {
    let world = World::new().await;
    world.installed(1, 7, &[METER]).await;
    let limits =
        [("lmt", json!(1)), ("us_privacy", json!("1YYN")), ("gpp_string", json!("no string"))];
    for (number, (field, value)) in (20..).zip(limits) {
        let mut event = world.purchase(METER, number, 7);
        event["user_data"][field] = value;
        // Kept, and answered as any other.
        assert_eq!(world.happened(METER, &event).await, [200]);
        assert_eq!(world.revenue().await, (0, 0), "{field}");
        assert_eq!(world.counted("unique_users").await, 0, "{field}");
    }
    let mut event = world.purchase(METER, 23, 7);
    event["user_data"]["lmt"] = json!(0);
    assert_eq!(world.happened(METER, &event).await, [200]);
    assert_eq!(world.revenue().await, (1, 5_000_000));
}

#[tokio::test]
async fn what_happened_before_the_install_is_not_credited_with_it() {
    let world = World::new().await;
    world.pass(DAY * 12).await;
    world.installed(1, 7, &[METER]).await;
    let mut early = world.purchase(METER, 20, 7);
    early["timestamp"] = json!(world.now_s() - 10 * 24 * 3_600);
    let mut just_before = world.purchase(METER, 21, 7);
    just_before["timestamp"] = json!(world.now_s() - 1);
    // Kept, and answered as any other.
    assert_eq!(world.happened(METER, &json!([early, just_before])).await, [200, 200]);
    assert_eq!(world.revenue().await, (0, 0));
    world.purchased(METER, 22, 7).await;
    assert_eq!(world.revenue().await, (1, 5_000_000));
}

#[tokio::test]
async fn an_event_belongs_to_the_install_before_it_not_to_a_later_one() {
    let world = World::new().await;
    world.installed(1, 7, &[METER]).await;
    let mut late = world.purchase(METER, 20, 7);
    world.pass(DAY * 3).await;
    let claims = world.installed(2, 7, &[METER]).await;
    world.ended(METER, &claims[0], json!({ "outcome": "lost" })).await;
    late["timestamp"] = json!(world.now_s() - 2 * 24 * 3_600);
    assert_eq!(world.happened(METER, &late).await, [200]);
    assert_eq!(world.revenue().await, (1, 5_000_000));
}

#[tokio::test]
async fn an_install_that_no_ad_led_to_takes_what_comes_after_it_from_the_one_before() {
    let world = World::new().await;
    world.installed(1, 7, &[METER]).await;
    world.purchased(METER, 20, 7).await;
    let mut late = world.purchase(METER, 21, 7);
    world.pass(DAY * 2).await;
    let again = world.report(METER, &world.install(METER, 2, 7)).await;
    assert_eq!(again["attribution"], Value::Null);
    world.purchased(METER, 22, 7).await;
    assert_eq!(world.revenue().await, (1, 5_000_000));
    // What happened before that install is the first one's, whenever it is reported.
    late["timestamp"] = json!(world.now_s() - 24 * 3_600);
    assert_eq!(world.happened(METER, &late).await, [200]);
    assert_eq!(world.revenue().await, (2, 10_000_000));
}

#[tokio::test]
async fn an_install_that_no_ad_led_to_ends_what_another_partner_was_told_of_the_one_before() {
    let world = World::new().await;
    world.installed(1, 7, &[GAUGE, METER]).await;
    world.pass(DAY * 2).await;
    world.report(METER, &world.install(METER, 2, 7)).await;
    world.purchased(GAUGE, 20, 7).await;
    world.purchased(METER, 20, 7).await;
    assert_eq!(world.revenue().await, (0, 0));
}

#[tokio::test]
async fn nothing_is_credited_with_an_install_that_was_lost_or_rejected() {
    let rejected = json!({ "outcome": "rejected", "reject_reason": "bots" });
    for (outcome, counted) in
        [(json!({ "outcome": "won" }), 2), (json!({ "outcome": "lost" }), 1), (rejected, 1)]
    {
        let world = World::new().await;
        let claims = world.installed(1, 7, &[METER]).await;
        world.purchased(METER, 20, 7).await;
        world.ended(METER, &claims[0], outcome.clone()).await;
        world.purchased(METER, 21, 7).await;
        // What stands never shrinks.
        assert_eq!(world.counted("events").await, counted, "{outcome}");
    }
}

#[tokio::test]
async fn whoever_lost_the_install_leaves_the_events_to_the_other() {
    let world = World::new().await;
    let claims = world.installed(1, 7, &[GAUGE, METER]).await;
    world.ended(GAUGE, &claims[0], json!({ "outcome": "lost" })).await;
    world.purchased(GAUGE, 20, 7).await;
    world.purchased(METER, 20, 7).await;
    assert_eq!(world.counted("events").await, 1);
}

#[tokio::test]
async fn only_a_purchase_can_be_a_refund() {
    let world = World::new().await;
    world.installed(1, 7, &[METER]).await;
    let below_zero = |event_type: &str, number| {
        let mut event = world.purchase(METER, number, 7);
        (event["event_type"], event["value"]) = (json!(event_type), json!("-2"));
        event
    };
    world.purchased(METER, 20, 7).await;
    let mut custom = below_zero("custom", 21);
    custom["custom_event"] = json!("purchase");
    let events = json!([custom, below_zero("sign_up", 22), below_zero("purchase", 23)]);
    let told = world.lookup.events(&id(METER), events.to_string().as_bytes()).await.unwrap();
    let told: Vec<_> = told.iter().map(|one| (one.status, one.field.as_deref())).collect();
    assert_eq!(told, [(400, Some("value")), (400, Some("value")), (200, None)]);
    let mut install = world.install(METER, 24, 7);
    (install["value"], install["currency_code"]) = (json!(-1), json!("EUR"));
    let accepted = world.lookup.accept(&id(METER), install.to_string().as_bytes()).await.unwrap();
    assert_eq!(accepted.refusal().map(|refusal| refusal.wrong.field.as_str()), Some("value"));
    assert_eq!(world.revenue().await, (2, 3_000_000));
}

#[tokio::test]
async fn three_days_make_somebody_loyal_in_whatever_order_they_are_reported() {
    let world = World::new().await;
    world.installed(1, 7, &[METER]).await;
    let events: Vec<Value> = (0..4_u32)
        .map(|day| {
            let mut event = world.purchase(METER, 20 + day, 7);
            event["timestamp"] = json!(world.now_s() + i64::from(day) * 24 * 3_600);
            event
        })
        .collect();
    world.pass(DAY * 4).await;
    let mut loyal = Vec::new();
    for (number, day) in [(20, 2), (21, 0), (22, 0), (23, 2), (24, 1), (25, 3)] {
        let mut event = events[day].clone();
        event["id"] = json!(format!("late-{number}"));
        assert_eq!(world.happened(METER, &event).await, [200]);
        loyal.push(world.counted("loyal_users").await);
    }
    assert_eq!(loyal, [0, 0, 0, 0, 1, 1]);
}
