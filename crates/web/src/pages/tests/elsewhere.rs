//! What others say of the person, on the data page.

use super::*;
use sluicegate_gate::{Activity, Choice, ForSecurity, Setting, Source};
use sluicegate_settings::{Active, Actor, Change, Heard, ListName, ProfileWrite};

const RUNNING: &str = "Shopped for trail shoes";
const GARDEN: &str = "Reads about gardening";

async fn listed() -> (World, String) {
    let world = World::new().await;
    let write = ProfileWrite {
        country: "USA".parse().ok(),
        protection_age: Some((Source::Declared, ForSecurity::new(30))),
        ..ProfileWrite::default()
    };
    world.state.settings.put_profile(world.account(), write).await.unwrap();
    say(&world).await;
    let cookie = world.sign_in().await;
    (world, cookie)
}

async fn say(world: &World) {
    let now = world.clock.now();
    let list = |audience: &str| Heard::Listed {
        list: ListName {
            partnership: "demo-bidder-north".parse().unwrap(),
            audience: audience.parse().unwrap(),
        },
        until: now.plus(Duration::from_hours(48)),
    };
    let active = Active {
        advertiser: "demo-running-shoes".parse().unwrap(),
        activity: Activity::Purchase,
        at: now,
    };
    let heard = vec![list("trail-shoes"), list("garden-tools"), Heard::Active(active)];
    world.state.settings.hear(world.account(), now, heard).await.unwrap();
}

async fn remove(world: &World, cookie: &str, fields: &str) -> Got {
    let csrf = world.get("/settings/data", cookie).await.csrf().to_owned();
    world.post("/settings/data/removals", cookie, &format!("csrf={csrf}&{fields}")).await
}

#[tokio::test]
async fn every_list_says_who_for_whom_since_when_and_until_when() {
    let (world, cookie) = listed().await;
    let page = world.get("/settings/data", &cookie).await.words();
    for part in [
        RUNNING,
        GARDEN,
        "Demo Bidder North, for Demo Running Shoes.",
        "23 November 2026, until",
        "25 November 2026",
        "You bought something, last on",
        "Remove all of it",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[tokio::test]
async fn what_is_removed_is_gone_stays_gone_and_is_in_the_history() {
    let (world, cookie) = listed().await;
    let list = "what=list&partnership=demo-bidder-north&audience=trail-shoes";
    let got = remove(&world, &cookie, list).await;
    assert_eq!(
        (got.status, got.header(header::LOCATION)),
        (StatusCode::SEE_OTHER, "/settings/data")
    );
    say(&world).await;
    let page = world.get("/settings/data", &cookie).await.text;
    let (kept, removed) = page.split_once("Removed by you").unwrap();
    assert!(!kept.contains(RUNNING) && kept.contains(GARDEN), "{page}");
    assert!(removed.contains(RUNNING), "{page}");
    remove(&world, &cookie, "what=activity&advertiser=demo-running-shoes").await;
    remove(&world, &cookie, "what=everything").await;
    say(&world).await;
    let page = world.get("/settings/data", &cookie).await.text;
    assert!(page.contains("You are on no list."), "{page}");
    assert!(page.contains("No advertiser said"), "{page}");
    let history = world.get("/settings/history", &cookie).await.text;
    for part in [
        "Removed from a list",
        "Shopped for trail shoes (Demo Bidder North)",
        "with an advertiser removed",
        "Removed from every list",
    ] {
        assert!(history.contains(part), "{part}\n{history}");
    }
}

#[tokio::test]
async fn a_removal_needs_a_form_of_ours_and_a_name_that_exists() {
    let (world, cookie) = listed().await;
    let forged = world.post("/settings/data/removals", &cookie, "csrf=0&what=everything").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    for fields in [
        "what=list&partnership=demo-bidder-north&audience=nothing-of-the-kind",
        "what=list&partnership=demo-bidder-north",
        "what=activity&advertiser=nobody",
        "what=nothing",
        "",
    ] {
        let got = remove(&world, &cookie, fields).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{fields}");
    }
    assert!(world.get("/settings/data", &cookie).await.text.contains(RUNNING));
}

#[tokio::test]
async fn with_the_setting_off_the_page_says_that_nothing_is_kept() {
    let (world, cookie) = listed().await;
    let change = Change {
        key: world.account(),
        setting: Setting::PersonalizeAds,
        value: Choice::Off,
        actor: Actor::Person,
        words: String::from("Personalize ads"),
        language: String::from("en"),
    };
    world.state.settings.change(change).await.unwrap();
    say(&world).await;
    let page = world.get("/settings/data", &cookie).await.text;
    assert!(page.contains("It is off: nothing is kept"), "{page}");
    assert!(page.contains("You are on no list.") && !page.contains(RUNNING), "{page}");
}
