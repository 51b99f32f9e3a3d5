//! The switches of a browser and of a device, without an account.

use super::*;
use sluicegate_gate::{Choice, KeyKind, Setting};
use sluicegate_settings::{Actor, Change};

/// Goes to the page as a browser that knows nothing, and returns the cookie of its forms with their token.
async fn looked(world: &World) -> (String, String) {
    let got = world.get("/device", "").await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    (got.cookie(), got.csrf().to_owned())
}

#[tokio::test]
async fn a_browser_has_no_number_before_somebody_chooses() {
    let world = World::new().await;
    let got = world.get("/device", "").await;
    let cookies: Vec<_> = got.headers.get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cookies.len(), 1);
    assert!(cookies[0].to_str().unwrap().starts_with("sluicegate-form="));
    assert!(got.words().contains("Not chosen yet"), "{}", got.text);
    for setting in ["sharing", "personalized ads"] {
        assert!(got.words().contains(&format!("Turn {setting} off")));
        assert!(got.words().contains(&format!("Turn {setting} on")));
    }
}

#[tokio::test]
async fn the_page_leads_to_where_people_sign_in() {
    let world = World::new().await;
    let page = world.get("/device", "").await.text;
    assert!(page.contains("href=\"https://publisher.example/privacy\""), "{page}");
}

#[tokio::test]
async fn a_choice_in_a_browser_holds_there_and_is_shown_there() {
    let world = World::new().await;
    let (form, csrf) = looked(&world).await;
    let fields = format!("csrf={csrf}&setting=sharing&choice=off");
    let got = world.post("/device", &form, &fields).await;
    assert_eq!((got.status, got.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/device"));
    let browser = got.cookie();
    let number = browser.strip_prefix("sluicegate-browser=").unwrap();
    let standing = world.state.settings.standing(world.state.keyring.browser(number));
    assert_eq!(standing.choice(Setting::Sharing), Some(Choice::Off));
    let both = format!("{form}; {browser}");
    let page = world.get("/device", &both).await.words();
    assert!(page.contains("Sharing is off. Saved 14:02:07 UTC."), "{page}");
    let history = world.get("/device/history", &both).await.words();
    assert!(history.contains("Sharing is off") && history.contains("At this browser"), "{history}");
    let shared = world.get("/device/shared", &both).await;
    assert!(shared.words().contains("about this browser without an account"), "{}", shared.text);
    assert_eq!(world.get("/device/shared.json", &both).await.status, StatusCode::OK);
    assert_eq!(world.get("/device/shared", "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_of_another_browser_changes_nothing() {
    let world = World::new().await;
    let (_, csrf) = looked(&world).await;
    let (other, _) = looked(&world).await;
    let fields = format!("csrf={csrf}&setting=sharing&choice=on");
    for cookie in ["", "sluicegate-form=x", other.as_str()] {
        let got = world.post("/device", cookie, &fields).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{cookie}");
    }
}

#[tokio::test]
async fn a_form_that_another_sites_page_sends_changes_nothing() {
    let world = World::new().await;
    let (form, csrf) = looked(&world).await;
    let sent = async |site: &str| {
        let request = Request::post("/device")
            .header(header::COOKIE, &form)
            .header("sec-fetch-site", site)
            .body(Body::from(format!("csrf={csrf}&setting=sharing&choice=off")));
        world.ask(request.unwrap()).await.status
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(sent(site).await, StatusCode::FORBIDDEN, "{site}");
    }
    assert_eq!(sent("same-origin").await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_accounts_off_closes_the_browser_and_the_page_says_so() {
    let world = World::new().await;
    let number = "0123456789abcdef0123456789abcdef";
    let (account, browser) = (world.account(), world.state.keyring.browser(number));
    world.state.settings.link(account, browser).await.unwrap();
    let change = Change {
        key: account,
        setting: Setting::Sharing,
        value: Choice::Off,
        actor: Actor::Person,
        words: String::from("Share your data"),
        language: String::from("en"),
    };
    world.state.settings.change(change).await.unwrap();
    let cookie = format!("sluicegate-browser={number}");
    let got = world.get("/device", &cookie).await;
    let page = got.words();
    assert!(page.contains("Sharing is closed here too"), "{page}");
    assert!(
        page.contains("Sharing is off") && page.contains("Here alone nothing was chosen"),
        "{page}"
    );
    assert!(got.text.contains("<p class=\"chip chip-off\">Sharing is off</p>"), "{}", got.text);

    let both = format!("{cookie}; {}", got.cookie());
    let fields = format!("csrf={}&setting=sharing&choice=on", got.csrf());
    assert_eq!(world.post("/device", &both, &fields).await.status, StatusCode::SEE_OTHER);
    let got = world.get("/device", &both).await;
    let page = got.words();
    assert!(page.contains("Chosen here alone: on. Saved"), "{page}");
    assert!(page.contains("“on” was chosen, which opens nothing. You chose this on"), "{page}");
    assert!(!page.contains("Sharing is on"), "{page}");
    assert!(got.text.contains("<p class=\"chip chip-off\">Sharing is off</p>"), "{}", got.text);
    assert!(page.contains("Turn sharing off"), "what is chosen here can be changed: {page}");
}

#[tokio::test]
async fn a_device_comes_with_a_token_of_its_own_audience_and_is_no_account() {
    let world = World::new().await;
    let device = "6d92078a-8246-4ba4-ae5b-76104861e7dc";
    let claims = |aud: &str, sub: &str| {
        let mut claims = world.claims(&format!("{aud}{sub}"));
        claims["aud"] = json!(aud);
        claims["sub"] = json!(sub);
        token(&claims)
    };
    let own = format!("{AUDIENCE}/device");
    for (aud, sub) in [(AUDIENCE, device), (&own, "00000000-0000-0000-0000-000000000000")] {
        let got = world.get(&format!("/device?token={}", claims(aud, sub)), "").await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{aud} {sub}");
        assert!(!got.text.contains("token="), "a token stays out of the page: {}", got.text);
    }
    let got = world.get(&format!("/device?token={}", claims(&own, device)), "").await;
    assert_eq!((got.status, got.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/device"));
    let cookie = got.cookie();
    let page = world.get("/device", &cookie).await;
    assert!(page.words().contains("for this device, whoever uses it"), "{}", page.text);
    let both = format!("{cookie}; {}", page.cookie());
    let fields = format!("csrf={}&setting=sharing&choice=on", page.csrf());
    world.post("/device", &both, &fields).await;
    let key = world.state.keyring.device(device);
    assert_eq!(key.kind, KeyKind::Device);
    assert_eq!(world.state.settings.standing(key).choice(Setting::Sharing), Some(Choice::On));
    let stolen = cookie.replace("sluicegate-device", "sluicegate");
    assert_eq!(world.get("/settings", &stolen).await.status, StatusCode::UNAUTHORIZED);
}

const DEVICE_ID: &str = "6d92078a-8246-4ba4-ae5b-76104861e7dc";

/// Where an app leads, with a token of that id.
fn link(world: &World, id: &str) -> String {
    let mut claims = world.claims(id);
    claims["aud"] = json!(format!("{AUDIENCE}/device"));
    claims["sub"] = json!(DEVICE_ID);
    format!("/device?token={}", token(&claims))
}

async fn is_device(world: &World, cookie: &str) -> bool {
    world.get("/device", cookie).await.words().contains("for this device, whoever uses it")
}

#[tokio::test]
async fn a_device_that_comes_again_takes_the_place_of_its_session_before() {
    let world = World::new().await;
    let first = world.get(&link(&world, "one"), "").await.cookie();
    let second = world.get(&link(&world, "two"), &first).await.cookie();
    assert_ne!(first, second);
    assert!(!is_device(&world, &first).await && is_device(&world, &second).await);
    // Twice by the same link: at the device itself that is no error.
    let again = world.get(&link(&world, "two"), &second).await;
    assert_eq!((again.status, again.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/device"));
    assert_eq!(again.set("sluicegate-device"), None);
    assert_eq!(world.get(&link(&world, "two"), "").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn whoever_leaves_a_devices_page_ends_its_session() {
    let world = World::new().await;
    let cookie = world.get(&link(&world, "one"), "").await.cookie();
    let page = world.get("/device", &cookie).await;
    assert!(page.text.contains("action=\"/device/signout\""), "{}", page.text);
    let both = format!("{cookie}; {}", page.cookie());
    assert_eq!(world.post("/device/signout", &both, "csrf=00").await.status, StatusCode::FORBIDDEN);
    assert!(is_device(&world, &cookie).await);
    let got = world.post("/device/signout", &both, &format!("csrf={}", page.csrf())).await;
    assert_eq!((got.status, got.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/device"));
    assert_eq!(got.set("sluicegate-device").as_deref(), Some("sluicegate-device="));
    assert!(!is_device(&world, &cookie).await);
    let browser = world.get("/device", "").await.text;
    assert!(!browser.contains("/device/signout"), "there is nothing to leave: {browser}");
}

#[tokio::test]
async fn the_platform_ends_the_sessions_of_a_device() {
    let world = World::new().await;
    let pages = Pages::new(world.state.clone());
    let world = World { router: router(Arc::clone(&pages)), ..world };
    let cookie = world.get(&link(&world, "one"), "").await.cookie();
    let device = world.state.keyring.device(DEVICE_ID);
    crate::api::Sessions::end_all(&*pages, world.account());
    assert!(is_device(&world, &cookie).await);
    crate::api::Sessions::end_all(&*pages, device);
    assert!(!is_device(&world, &cookie).await);
}
