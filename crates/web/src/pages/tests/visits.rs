use super::*;
use sluicegate_gate::{ForSecurity, KeyKind, Path, Reason, Source};
use sluicegate_ledger::WithheldNote;
use sluicegate_settings::ProfileWrite;

#[tokio::test]
async fn the_default_of_the_country_is_shown_with_its_law() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let page = world.get("/settings", &cookie).await.text;
    assert!(
        page.contains("Sharing is off") && page.contains("does not know your country"),
        "{page}"
    );
    let country = Some("USA".parse().unwrap());
    let write = ProfileWrite { country, ..ProfileWrite::default() };
    world.state.settings.put_profile(world.account(), write).await.unwrap();
    let page = world.get("/settings", &cookie).await.text;
    assert!(page.contains("Sharing is on") && page.contains("Personalized ads are on"));
    assert!(page.contains("for your country (United States)") && page.contains("right to opt out"));
}

#[tokio::test]
async fn the_bound_is_said_and_so_is_the_browsers_signal() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let plain = world.get("/settings", &cookie).await.text;
    assert!(plain.contains("in effect everywhere within 5 seconds"));
    assert!(!plain.contains("Global Privacy Control"));
    for (value, is_shown) in [("1", true), ("0", false), ("true", false)] {
        let request = Request::get("/settings")
            .header(header::COOKIE, &cookie)
            .header("Sec-GPC", value)
            .body(Body::empty());
        let page = world.ask(request.unwrap()).await.text;
        assert_eq!(page.contains("(Global Privacy Control): honoured here"), is_shown, "{value}");
    }
}

#[tokio::test]
async fn choices_that_cannot_be_confirmed_are_said_to_close_everything() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let stale = "cannot confirm the latest choices";
    assert!(!world.get("/settings", &cookie).await.text.contains(stale));
    world.clock.advance(Duration::from_secs(6));
    assert!(world.get("/settings", &cookie).await.text.contains(stale));
    world.state.settings.refresh().await.unwrap();
    assert!(!world.get("/settings", &cookie).await.text.contains(stale));
}

#[tokio::test]
async fn linked_devices_and_browsers_are_counted() {
    let world = World::new().await;
    let (account, cookie) = (world.account(), world.sign_in().await);
    let nothing = world.get("/settings", &cookie).await.text;
    assert!(nothing.contains("No device or browser is linked"));
    for device in ["a", "b"] {
        world.state.settings.link(account, world.state.keyring.device(device)).await.unwrap();
    }
    world.state.settings.link(account, world.state.keyring.browser("c")).await.unwrap();
    let page = world.get("/settings", &cookie).await.text;
    assert!(page.contains("2 devices and 1 browser that you use with it"), "{page}");
    world.state.settings.unlink(account, world.state.keyring.device("a")).await.unwrap();
    let page = world.get("/settings", &cookie).await.text;
    assert!(page.contains("1 device and 1 browser that"));
}

#[tokio::test]
async fn the_age_of_a_minor_is_said_on_the_data_page() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let unknown = world.get("/settings/data", &cookie).await.text;
    assert!(unknown.contains("does not know whether you are 18"));
    for (age, notice) in [(17, "you are under 18"), (12, "too young under the law of your country")]
    {
        let protection_age = Some((Source::Inferred, ForSecurity::new(age)));
        let country = "USA".parse().ok();
        let write = ProfileWrite { country, protection_age, ..ProfileWrite::default() };
        world.state.settings.put_profile(world.account(), write).await.unwrap();
        let page = world.get("/settings/data", &cookie).await.text;
        assert!(page.contains(notice), "{age}");
    }
}

#[tokio::test]
async fn what_was_held_back_is_shown_and_downloaded() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let empty = world.get("/settings/shared", &cookie).await.text;
    assert!(empty.contains("Nothing was shared and nothing had to be held back"));
    for _opportunity in 0..3 {
        world.state.ledger.withheld(WithheldNote {
            partnership: "demo-bidder-north".parse().unwrap(),
            path: Path::BidRequest,
            reasons: vec![Reason::SharingOff(KeyKind::Account)],
            keys: vec![world.account()],
            at: world.clock.now(),
        });
    }
    world.state.ledger.flush().await.unwrap();
    for range in ["", "?range=today", "?range=30-days", "?partner=demo-bidder-north"] {
        let page = world.get(&format!("/settings/shared{range}"), &cookie).await.text;
        assert!(page.contains("Demo Bidder North"), "{range} {page}");
        assert!(page.contains("<li>3 times: "), "{range}");
    }
    let got = world.get("/settings/shared.json?range=today", &cookie).await;
    assert!(got.header(header::CONTENT_DISPOSITION).starts_with("attachment"));
    let export: Value = serde_json::from_str(&got.text).unwrap();
    assert_eq!(export["from"], "2026-11-23T00:00:00Z");
    assert_eq!(export["records"][0]["reason"], "sharing_off_account");
    assert_eq!(export["records"][0]["count"], 3);
    assert!(!got.text.contains(ACCOUNT));
    let table = world.get("/settings/shared.csv?range=today", &cookie).await.text;
    let (head, row) = table.trim_end().split_once("\r\n").unwrap();
    assert!(head.ends_with(",reason,words"), "{head}");
    assert!(row.starts_with("\"withheld\",\"demo-bidder-north\",\"\","), "{row}");
    assert!(row.contains(",\"3\",") && row.contains(",\"sharing_off_account\",\""), "{row}");
    assert!(!table.contains(ACCOUNT));
    world.clock.advance(Duration::from_hours(24));
    let cookie = world.sign_in().await;
    let today = world.get("/settings/shared?range=today", &cookie).await.text;
    assert!(today.contains("Nothing was shared"));
}

#[tokio::test]
async fn the_list_of_partners_is_open_and_in_the_order_of_the_kinds() {
    let world = World::new().await;
    let got = world.get("/partners", "").await;
    assert_eq!(got.status, StatusCode::OK);
    let order = [
        "Last updated",
        "Under the sharing setting",
        "id=\"real_time_bidding\"",
        "id=\"demo-bidder-north\"",
        "id=\"conversion_tracking\"",
        "id=\"demo-measurement\"",
        "id=\"outside\"",
        "id=\"service_provider\"",
        "id=\"demo-delivery-auditor\"",
        "id=\"other\"",
        "id=\"demo-bidder-north-invoices\"",
    ];
    let places: Vec<usize> =
        order.iter().map(|part| got.text.find(part).unwrap_or_else(|| panic!("{part}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    let edition = world.state.current.load().unwrap();
    assert!(got.text.contains(&edition.hash().to_string()));
    assert!(got.text.contains("23 November 2026"));
}

#[tokio::test]
async fn the_list_as_json_is_the_same_edition_without_what_is_not_public() {
    let world = World::new().await;
    let got = world.get("/partners.json", "").await;
    let edition = world.state.current.load().unwrap();
    let json: Value = serde_json::from_str(&got.text).unwrap();
    assert_eq!(json["hash"], edition.hash().to_string());
    assert_eq!(json["groups"].as_array().unwrap().len(), 4);
    assert!(!got.text.contains("127.0.0.1") && !got.text.contains("evidence"));
}

#[tokio::test]
async fn who_sells_is_said_as_in_the_supply_chain_of_every_request() {
    let world = World::new().await;
    let got = world.get("/sellers.json", "").await;
    let json: Value = serde_json::from_str(&got.text).unwrap();
    let seller = json!({
        "seller_id": "demo-publisher", "name": "Demo Publisher", "domain": "publisher.example",
        "seller_type": "PUBLISHER",
    });
    assert_eq!(json, json!({ "version": "1.0", "sellers": [seller] }));
    for path in ["/ads.txt", "/app-ads.txt"] {
        let got = world.get(path, "").await;
        assert_eq!(got.header(header::CONTENT_TYPE), "text/plain; charset=utf-8");
        let lines = "OWNERDOMAIN=publisher.example\npublisher.example, demo-publisher, DIRECT\n";
        assert_eq!(got.text, lines);
    }
}

#[tokio::test]
async fn without_an_edition_the_pages_say_that_nothing_goes() {
    let mut world = World::new().await;
    world.router =
        router(Pages::new(PagesState { current: Arc::new(Current::new()), ..world.state.clone() }));
    let got = world.get("/partners", "").await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.text.contains("nothing about anyone is sent to any partner"));
    for path in ["/partners.json", "/sellers.json", "/ads.txt"] {
        assert_eq!(world.get(path, "").await.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    let cookie = world.sign_in().await;
    let settings = world.get("/settings", &cookie).await;
    assert!(settings.text.contains("gets data about you at the moment"));
}
