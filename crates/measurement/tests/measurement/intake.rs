//! What is taken in, and what is refused with the name of the field.

use crate::world::{METER, Received, World, id};
use serde_json::{Value, json};
use sluicegate_gate::{Choice, Setting};
use sluicegate_measurement::{
    BODY, Format, ITEMS_MAX, IntakeError, ItemResult, ItemStatus, Journal as _, Position, Step,
};
use sluicegate_settings::{Actor, Change};
use std::{collections::BTreeSet, time::Duration};

impl World {
    async fn take(&self, body: &Value) -> Vec<ItemResult> {
        self.intake.accept(&serde_json::to_vec(body).unwrap(), Format::Json).await.unwrap()
    }
}

/// Refuses an exposure changed in one place, and returns the field that is named.
async fn refused(world: &World, change: impl FnOnce(&mut Value)) -> String {
    let mut exposure = world.exposure(1, 1);
    change(&mut exposure);
    let results = world.take(&exposure).await;
    assert_eq!(results[0].status, ItemStatus::Refused, "{exposure}");
    results[0].field.clone().unwrap()
}

#[tokio::test]
async fn one_a_list_a_wrapped_list_and_lines_are_all_read() {
    let world = World::new().await;
    let [one, two, three, four] = [1, 2, 3, 4].map(|number| world.exposure(number, number));
    for body in [one, json!([two]), json!({ "exposures": [three] })] {
        let results = world.take(&body).await;
        assert_eq!((results.len(), results[0].status), (1, ItemStatus::Accepted));
    }
    let lines = format!("{four}\r\n\n{}\n{{\n[]\n", world.exposure(5, 5));
    let results = world.intake.accept(lines.as_bytes(), Format::Ndjson).await.unwrap();
    let statuses: Vec<ItemStatus> = results.iter().map(|result| result.status).collect();
    let (accepted, refused) = (ItemStatus::Accepted, ItemStatus::Refused);
    assert_eq!(statuses, [accepted, accepted, refused, refused]);
    assert_eq!(results[0].id.as_deref(), Some("exp_4"));
}

#[tokio::test]
async fn a_field_that_is_wrong_is_named() {
    let world = World::new().await;
    let long = "a".repeat(65);
    let table = [
        ("id", json!(null)),
        ("id", json!("with space")),
        ("id", json!(long)),
        ("id", json!(7)),
        ("timestamp_ms", json!(null)),
        ("timestamp_ms", json!(1.5)),
        ("timestamp_ms", json!("1772323200000")),
        ("interaction_type", json!("stared_at")),
        ("interaction_type", json!(null)),
        ("impression_id", json!("")),
        ("click_id", json!("a/b")),
        ("advertiser_id", json!("Demo")),
        ("campaign_id", json!(null)),
        ("line_item_id", json!([])),
        ("creative_id", json!("é")),
        ("app_id", json!("ada@example.com")),
        ("placement", json!("Home page")),
        ("ad_format", json!("hologram")),
        ("view_duration_ms", json!(-1)),
        ("video_duration_ms", json!(86_400_001)),
        ("viewable_pct", json!(101)),
        ("engagement_name", json!("said: hi there")),
        ("campaign_id", json!("a".repeat(129))),
        ("app_id", json!("a".repeat(129))),
        ("app_id", json!("")),
        ("account_id", json!("")),
        ("account_id", json!("a".repeat(257))),
        ("account_id", json!(7)),
        ("browser_id", json!({})),
        ("country", json!("Atlantis")),
        ("gdpr", json!("1")),
        ("us_privacy", json!(1)),
        ("gpp_sid", json!([1.5])),
        ("gpc", json!("yes")),
        ("device", json!([])),
        ("user_agent", json!("anything")),
    ];
    for (field, value) in table {
        let named = refused(&world, |exposure| exposure[field] = value.clone()).await;
        assert_eq!(named, field, "{value}");
    }
    for (field, value) in [
        ("ifa", json!("not an id")),
        ("ifa", json!("a-name-of-somebody")),
        ("ifa", json!("abcdef")),
        ("ifa_type", json!(null)),
        ("ifa_type", json!("imei")),
        ("lmt", json!(true)),
        ("atts", json!("3")),
        ("ip", json!("192.0.2.1")),
    ] {
        let named = refused(&world, |exposure| exposure["device"][field] = value.clone()).await;
        assert_eq!(named, format!("device.{field}"), "{value}");
    }
    assert_eq!(world.journal.head().await.unwrap().0, 0, "nothing of it was stored");
}

#[tokio::test]
async fn an_exposure_that_contradicts_itself_is_refused() {
    let world = World::new().await;
    let table = [
        ("viewable_pct", json!({ "interaction_type": "viewable_impression", "viewable_pct": 0 })),
        (
            "view_duration_ms",
            json!({ "interaction_type": "engaged_view", "view_duration_ms": 5_999, "engaged_view_threshold_ms": 6_000 }),
        ),
        ("ad_format", json!({ "interaction_type": "video_start", "ad_format": "banner" })),
        ("ad_format", json!({ "interaction_type": "video_complete", "ad_format": "text" })),
        ("click_id", json!({ "interaction_type": "impression", "click_id": "clk_1" })),
        ("click_id", json!({ "interaction_type": "engaged_view", "click_id": "clk_1" })),
    ];
    let changed = |exposure: &mut Value, changes: &Value| {
        let changes = changes.as_object().unwrap().clone();
        exposure.as_object_mut().unwrap().extend(changes);
    };
    for (field, changes) in table {
        assert_eq!(refused(&world, |exposure| changed(exposure, &changes)).await, field);
    }
    let agreeing = [
        json!({ "interaction_type": "viewable_impression", "viewable_pct": 50 }),
        json!({ "interaction_type": "engaged_view", "view_duration_ms": 6_000, "engaged_view_threshold_ms": 6_000 }),
        json!({ "interaction_type": "video_start", "ad_format": "native" }),
        json!({ "interaction_type": "click", "click_id": "clk_1", "ad_format": "banner" }),
    ];
    for (number, changes) in (1..).zip(agreeing) {
        let mut exposure = world.exposure(number, 1);
        changed(&mut exposure, &changes);
        assert_eq!(world.take(&exposure).await[0].status, ItemStatus::Accepted, "{exposure}");
    }
}

#[tokio::test]
async fn what_nothing_is_made_of_need_not_be_said_and_tells_no_two_exposures_apart() {
    let world = World::new().await;
    let exposure = world.exposure(1, 1);
    let mut brief = exposure.clone();
    for field in ["impression_id", "placement"] {
        brief.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(world.take(&brief).await[0].status, ItemStatus::Accepted);
    assert_eq!(world.take(&exposure).await[0].status, ItemStatus::Duplicate);
}

#[tokio::test]
async fn an_account_is_named_as_in_choices_and_its_off_is_found() {
    let long = "a".repeat(256);
    for (number, account) in (0..).zip(["auth0|64f1c", "ada@example.com", "Zoë Müller/7", &long])
    {
        for is_off in [false, true] {
            let world = World::new().await;
            if is_off {
                let change = Change {
                    key: world.keyring.account(account),
                    setting: Setting::Sharing,
                    value: Choice::Off,
                    actor: Actor::Person,
                    words: String::from("Share your data"),
                    language: String::from("en"),
                };
                world.settings.change(change).await.unwrap();
            }
            let mut exposure = world.exposure(number, 7);
            exposure["account_id"] = json!(account);
            exposure["interaction_type"] = json!("click");
            world.accept(&[exposure]).await;
            world.shelve().await;
            world.pass(Duration::from_hours(1)).await;
            let told = world.report(METER, &world.install(METER, number, 7)).await;
            assert_eq!(told["attribution"].is_null(), is_off, "{account}");
        }
    }
}

#[tokio::test]
async fn apps_and_campaigns_are_named_as_long_as_in_the_register() {
    let world = World::new().await;
    let long = "a".repeat(128);
    let mut exposure = world.exposure(1, 1);
    (exposure["campaign_id"], exposure["app_id"]) = (json!(long), json!(long));
    assert_eq!(world.take(&exposure).await[0].status, ItemStatus::Accepted);
    // The app is nobody's, and not too long.
    let mut install = world.install(METER, 1, 1);
    install["properties"]["app_id"] = json!(long);
    let body = install.to_string();
    let accepted = world.lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
    let wrong = accepted.refusal().unwrap().wrong.problem;
    assert!(wrong.starts_with("not an app of an advertiser"), "{wrong}");
}

#[tokio::test]
async fn the_name_of_an_unknown_field_is_repeated_only_if_it_is_an_identifier() {
    let world = World::new().await;
    let named = refused(&world, |exposure| exposure["ada@example.com"] = json!(1)).await;
    assert_eq!(named, "?");
}

#[tokio::test]
async fn too_old_and_too_far_ahead_are_refused() {
    let world = World::new().await;
    let now = world.exposure(1, 1)["timestamp_ms"].as_i64().unwrap();
    let day = 24 * 60 * 60 * 1000;
    for (timestamp, status) in [
        (now - 37 * day, ItemStatus::Accepted),
        (now - 37 * day - 1, ItemStatus::Refused),
        (now + 5 * 60 * 1000, ItemStatus::Accepted),
        (now + 5 * 60 * 1000 + 1, ItemStatus::Refused),
    ] {
        let mut exposure = world.exposure(1, 1);
        exposure["id"] = json!(format!("at_{timestamp}"));
        exposure["timestamp_ms"] = json!(timestamp);
        assert_eq!(world.take(&exposure).await[0].status, status, "{timestamp}");
    }
}

#[tokio::test]
async fn a_repeat_is_a_duplicate_and_other_content_under_the_same_id_is_refused() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let exposure = world.exposure(1, 1);
    let mut other = exposure.clone();
    other["creative_id"] = json!("cr_8");
    world.accept(std::slice::from_ref(&exposure)).await;
    let results = world.take(&json!([exposure, other, world.exposure(2, 2)])).await;
    let statuses: Vec<ItemStatus> = results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [ItemStatus::Duplicate, ItemStatus::Refused, ItemStatus::Accepted]);
    assert_eq!(results[1].field.as_deref(), Some("id"));
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
}

#[tokio::test]
async fn a_repeat_within_one_body_counts_once() {
    let world = World::new().await;
    let exposure = world.exposure(1, 1);
    let mut other = exposure.clone();
    other["country"] = json!("MX");
    let results = world.take(&json!([exposure, exposure, other])).await;
    let statuses: Vec<ItemStatus> = results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [ItemStatus::Accepted, ItemStatus::Duplicate, ItemStatus::Refused]);
    assert_eq!(world.journal.head().await.unwrap().0, 1);
    let results = world.take(&json!([other, exposure, other])).await;
    let statuses: Vec<ItemStatus> = results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [ItemStatus::Refused, ItemStatus::Duplicate, ItemStatus::Refused]);
}

#[tokio::test]
async fn repeats_are_known_for_forty_eight_hours() {
    let world = World::new().await;
    let exposure = world.exposure(1, 1);
    world.accept(std::slice::from_ref(&exposure)).await;
    world.pass(Duration::from_hours(48)).await;
    world.deliveries.trim(Position(u64::MAX)).await.unwrap();
    assert_eq!(world.take(&exposure).await[0].status, ItemStatus::Duplicate);
    world.pass(Duration::from_millis(1)).await;
    world.deliveries.trim(Position(u64::MAX)).await.unwrap();
    assert_eq!(world.take(&exposure).await[0].status, ItemStatus::Accepted);
}

#[tokio::test]
async fn a_wrong_exposure_refuses_only_itself() {
    let world = World::new().await;
    let body = json!([world.exposure(1, 1), 7, {}, world.exposure(2, 2)]);
    let results = world.take(&body).await;
    let refused: Vec<usize> = results
        .iter()
        .filter(|result| result.status == ItemStatus::Refused)
        .map(|result| result.index)
        .collect();
    assert_eq!(refused, [1, 2]);
    assert_eq!(world.journal.head().await.unwrap().0, 2);
}

#[tokio::test]
async fn hostile_bodies_are_refused_whole() {
    let world = World::new().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("[\"{}\"]", "a".repeat(BODY.bytes));
    let bodies: [&[u8]; 8] = [
        b"",
        b"nothing",
        b"{\"id\":\"a\",\"id\":\"b\"}",
        b"{\"device\":{\"ifa\":\"a\",\"ifa\":\"b\"}}",
        b"[\"\xff\"]",
        b"[1] 2",
        deep.as_bytes(),
        large.as_bytes(),
    ];
    for body in bodies {
        let refused = world.intake.accept(body, Format::Json).await;
        assert!(matches!(refused, Err(IntakeError::Json(_))));
    }
    for body in [json!("text"), json!({ "exposures": 1 })] {
        let refused = world.intake.accept(body.to_string().as_bytes(), Format::Json).await;
        assert!(matches!(refused, Err(IntakeError::Shape { .. })), "{body}");
    }
    let beside = json!({ "exposures": [], "more": 1 }).to_string();
    let refused = world.intake.accept(beside.as_bytes(), Format::Json).await;
    let Err(IntakeError::Beside { field }) = refused else { panic!("{refused:?}") };
    assert_eq!(field, "more");
    let lines = world.intake.accept(large.as_bytes(), Format::Ndjson).await;
    assert!(matches!(lines, Err(IntakeError::Json(_))));
}

/// Returns how many events each pack of the journal holds.
async fn packs(world: &World) -> Vec<usize> {
    let packs = world.journal.read(Position::default(), 100).await.unwrap();
    packs.iter().map(|pack| pack.count).collect()
}

#[tokio::test]
async fn ten_thousand_come_at_once_in_packs_that_readers_take_and_no_more() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let count = u32::try_from(ITEMS_MAX).unwrap();
    let mut many: Vec<Value> = (0..count).map(|number| world.exposure(number, number)).collect();
    // One is wrong and one repeats another: both are in later packs than the first.
    many[4_321]["id"] = json!("with space");
    many[8_765] = many[12].clone();
    let results = world.take(&json!(many)).await;
    assert_eq!(results.len(), 10_000);
    for (index, result) in results.iter().enumerate() {
        let expected = match index {
            4_321 => ItemStatus::Refused,
            8_765 => ItemStatus::Duplicate,
            _ => ItemStatus::Accepted,
        };
        assert_eq!((result.index, result.status), (index, expected));
    }
    assert_eq!(results[9_999].id.as_deref(), Some("exp_9999"));
    // What repeats an exposure of an earlier pack leaves a place free in its own.
    assert_eq!(packs(&world).await, [vec![1_000; 8], vec![999; 2]].concat());
    world.run(&meter).await;
    let told: Vec<Value> = world.received().iter().flat_map(Received::records).collect();
    let ids: BTreeSet<String> = told.iter().map(|record| record["id"].to_string()).collect();
    assert_eq!((told.len(), ids.len()), (9_998, 9_998));

    many.push(world.exposure(count, count));
    let body = serde_json::to_vec(&many).unwrap();
    let refused = world.intake.accept(&body, Format::Json).await.unwrap_err();
    assert_eq!(refused.to_string(), "more than 10,000 exposures in one body");
    let refused = world.intake.accept(&b"{}\n".repeat(ITEMS_MAX + 1), Format::Ndjson).await;
    assert!(matches!(refused, Err(IntakeError::TooMany)));
    assert_eq!(world.journal.head().await.unwrap().0, 9_998, "nothing of it was stored");
    assert!(world.intake.accept(b"[]", Format::Json).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_body_that_was_kept_in_part_is_kept_once_when_it_comes_again() {
    let world = World::new().await;
    let many: Vec<Value> = (0..3_500).map(|number| world.exposure(number, number)).collect();
    world.journal.appends_fail_after(2);
    let body = serde_json::to_vec(&many).unwrap();
    let broken = world.intake.accept(&body, Format::Json).await;
    assert!(matches!(broken, Err(IntakeError::Journal(_))));
    assert_eq!(packs(&world).await, [1_000, 1_000]);
    world.journal.mend();
    let results = world.take(&json!(many)).await;
    let duplicates = results.iter().take_while(|result| result.status == ItemStatus::Duplicate);
    assert_eq!(duplicates.count(), 2_000);
    assert!(results[2_000..].iter().all(|result| result.status == ItemStatus::Accepted));
    assert_eq!(world.journal.head().await.unwrap().0, 3_500);
}

#[tokio::test]
async fn a_pack_is_full_with_few_exposures_that_are_large() {
    let world = World::new().await;
    let many: Vec<Value> = (0..400)
        .map(|number| {
            let mut exposure = world.exposure(number, number);
            exposure["tc_string"] = json!("A".repeat(16 * 1024));
            exposure
        })
        .collect();
    let results = world.take(&json!(many)).await;
    assert!(results.iter().all(|result| result.status == ItemStatus::Accepted));
    let packs = packs(&world).await;
    assert_eq!((packs.len(), packs.iter().sum::<usize>()), (2, 400), "{packs:?}");
}

#[tokio::test]
async fn no_answer_repeats_a_value_of_the_body() {
    let world = World::new().await;
    let mut exposure = world.exposure(1, 1);
    for field in ["id", "account_id", "country", "placement", "us_privacy"] {
        exposure[field] = json!("Ada Example, 192.0.2.1");
        let results = world.take(&exposure).await;
        assert!(!serde_json::to_string(&results).unwrap().contains("Ada"), "{field}");
        exposure = world.exposure(1, 1);
    }
}
