use super::{
    super::settings::{Effect, saved_at},
    *,
};
use crate::{pages::language::Language, session::Note};
use sluicegate_gate::{Choice, ForSecurity, Gender, Setting, Source};
use sluicegate_settings::{AttributeState, Candidate, ProfileWrite};

async fn signed_in(world: &World) -> (String, String) {
    let cookie = world.sign_in().await;
    let csrf = world.get("/settings", &cookie).await.csrf().to_owned();
    (cookie, csrf)
}

#[tokio::test]
async fn a_switch_is_durable_in_force_and_shown_before_the_answer() {
    let world = World::new().await;
    let (cookie, csrf) = signed_in(&world).await;
    for (choice, state) in [("on", "Sharing is on"), ("off", "Sharing is off")] {
        let form = format!("csrf={csrf}&setting=sharing&choice={choice}");
        let got = world.post("/settings", &cookie, &form).await;
        assert_eq!(
            (got.status, got.header(header::LOCATION)),
            (StatusCode::SEE_OTHER, "/settings")
        );
        let page = world.get("/settings", &cookie).await.words();
        assert!(page.contains(&format!("{state}. Saved 14:02:07 UTC.")), "{page}");
        assert!(page.contains("In effect everywhere since 14:02:07 UTC."));
        let later = world.get("/settings", &cookie).await.words();
        assert!(later.contains(state) && !later.contains("Saved"));
        assert!(later.contains("You chose this on 23 November 2026, 14:02:07 UTC."));
    }
    let standing = world.state.settings.standing(world.account());
    assert_eq!(standing.choice(Setting::Sharing), Some(Choice::Off));
    assert_eq!(standing.choice(Setting::PersonalizeAds), None);
}

#[tokio::test]
async fn a_change_that_is_only_saved_says_by_when_and_then_since_when_it_is_in_effect() {
    let world = World::new().await;
    let pages = Pages::new(world.state.clone());
    let note = Note::Setting {
        setting: Setting::Sharing,
        choice: Choice::On,
        saved: world.clock.now(),
        in_force: None,
    };
    let said = || saved_at(&pages, world.account(), Language::English, note).unwrap();
    let (saved, next) = said();
    assert_eq!(next, Some(note), "the next page says it again");
    let Effect::By(by) = saved.effect else { panic!("{saved:?}") };
    assert_eq!(by.iso(), "2026-11-23T14:02:12Z");
    world.clock.advance(Duration::from_secs(1));
    let (cookie, csrf) = signed_in(&world).await;
    world.post("/settings", &cookie, &format!("csrf={csrf}&setting=sharing&choice=on")).await;
    let (saved, next) = said();
    assert_eq!(next, None);
    let Effect::Since(since) = saved.effect else { panic!("{saved:?}") };
    assert_eq!(since.iso(), "2026-11-23T14:02:08Z");
}

#[tokio::test]
async fn the_question_of_the_browsers_signal_is_asked_once() {
    let world = World::new().await;
    let (cookie, csrf) = signed_in(&world).await;
    let asked = async || {
        let request = Request::get("/settings")
            .header(header::COOKIE, &cookie)
            .header("Sec-GPC", "1")
            .body(Body::empty());
        world.ask(request.unwrap()).await.words().contains("We ask this once")
    };
    assert!(!asked().await, "nothing speaks against the signal");
    let on = format!("csrf={csrf}&setting=sharing&choice=on");
    world.post("/settings", &cookie, &on).await;
    assert!(asked().await);
    world.post("/settings", &cookie, &format!("{on}&asked=gpc")).await;
    assert!(!asked().await);
    world.post("/settings", &cookie, &format!("csrf={csrf}&setting=sharing&choice=off")).await;
    world.post("/settings", &cookie, &on).await;
    assert!(!asked().await, "whoever was asked is not asked again");
}

#[tokio::test]
async fn the_words_shown_are_kept_with_the_choice() {
    let world = World::new().await;
    let (cookie, csrf) = signed_in(&world).await;
    let form = format!("csrf={csrf}&setting=personalize_ads&choice=off");
    world.post("/settings", &cookie, &form).await;
    let history = world.get("/settings/history", &cookie).await.text;
    assert!(history.contains("Personalized ads are off"));
    assert!(history.contains("They get neither.") && history.contains("Turn personalized ads off"));
}

#[tokio::test]
async fn a_person_takes_the_consent_receipt_along() {
    let world = World::new().await;
    let (cookie, csrf) = signed_in(&world).await;
    let page = world.get("/settings/data", &cookie).await;
    assert!(page.text.contains("href=\"/settings/receipt.jsonld\""));
    let form = format!("csrf={csrf}&setting=sharing&choice=on");
    assert_eq!(world.post("/settings", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    let got = world.get("/settings/receipt.jsonld", &cookie).await;
    assert_eq!(
        (got.status, got.header(header::CONTENT_TYPE)),
        (StatusCode::OK, "application/ld+json")
    );
    let receipt: Value = serde_json::from_str(&got.text).unwrap();
    assert_eq!(receipt["type"], "ConsentReceipt");
    assert_eq!(receipt["record"][0]["status"], "ConsentGiven");
    let words = receipt["record"][0]["events"][0]["notice"]["words"].as_str().unwrap();
    assert!(words.contains("Turn sharing on"), "{words}");
    assert!(!got.text.contains(ACCOUNT));
    let nobody = world.get("/settings/receipt.jsonld", "").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let world = World::new().await;
    let (cookie, csrf) = signed_in(&world).await;
    let mut claims = world.claims("stranger");
    claims["sub"] = json!("account-2");
    let stranger = world.arrive(&claims).await.cookie();
    let stranger = world.get("/settings", &stranger).await.csrf().to_owned();
    let fields = "setting=sharing&choice=on";
    for token in
        ["", "csrf=", "csrf=00", &format!("csrf={stranger}"), &format!("csrf={csrf}&csrf={csrf}")]
    {
        for (path, fields) in [
            ("/settings", fields),
            ("/settings/data", "attribute=gender&act=set&value=male"),
            ("/signout", ""),
        ] {
            let got = world.post(path, &cookie, &format!("{token}&{fields}")).await;
            assert_eq!(got.status, StatusCode::FORBIDDEN, "{path} {token}");
        }
    }
    assert_eq!(world.state.settings.standing(world.account()).sharing, None);
    assert_eq!(world.state.settings.profile(world.account()).await.unwrap(), None);
    assert_eq!(world.get("/settings", &cookie).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_of_nobody_changes_nothing() {
    let world = World::new().await;
    let (_, csrf) = signed_in(&world).await;
    let form = format!("csrf={csrf}&setting=sharing&choice=on");
    assert_eq!(world.post("/settings", "", &form).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_that_no_page_offers_is_refused() {
    let world = World::new().await;
    let (cookie, csrf) = signed_in(&world).await;
    let wrong = [
        ("/settings", "setting=sharing"),
        ("/settings", "setting=sharing&choice=maybe"),
        ("/settings", "setting=everything&choice=on"),
        ("/settings", "setting=sharing&choice=on&choice=off"),
        ("/settings", "setting=%ff&choice=%00"),
        ("/settings/data", "attribute=gender&act=set"),
        ("/settings/data", "attribute=gender&act=set&value=25-34"),
        ("/settings/data", "attribute=age_band&act=set&value=17"),
        ("/settings/data", "attribute=name&act=set&value=x"),
        ("/settings/data", "attribute=gender&act=forget"),
    ];
    for (path, fields) in wrong {
        let got = world.post(path, &cookie, &format!("csrf={csrf}&{fields}")).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{fields}");
    }
    let endless = format!("csrf={csrf}&setting=sharing&choice=on&more={}", "a".repeat(17_000));
    let got = world.post("/settings", &cookie, &endless).await;
    assert_eq!(got.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.state.settings.standing(world.account()).sharing, None);
}

#[tokio::test]
async fn a_form_that_does_not_arrive_is_not_waited_for() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    for path in ["/settings", "/settings/data", "/signout", "/device", "/partners/opinion"] {
        let got = world.post_without_end(path, &cookie).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn demographics_are_corrected_disabled_enabled_and_removed() {
    let world = World::new().await;
    let account = world.account();
    let inferred = Candidate { value: Gender::Male, source: Source::Inferred, confidence: None };
    let write = ProfileWrite {
        gender: Some(inferred),
        protection_age: Some((Source::Declared, ForSecurity::new(33))),
        ..ProfileWrite::default()
    };
    world.state.settings.put_profile(account, write).await.unwrap();
    let (cookie, csrf) = signed_in(&world).await;
    let act = async |fields: &str| {
        let got = world.post("/settings/data", &cookie, &format!("csrf={csrf}&{fields}")).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{fields}");
        assert_eq!(got.header(header::LOCATION), "/settings/data");
        world.get("/settings/data", &cookie).await.text
    };
    let page = world.get("/settings/data", &cookie).await.text;
    assert!(page.contains("<p class=\"big\">Male</p>"), "{page}");
    assert!(page.contains("Demo Publisher guessed it"));
    let page = act("attribute=gender&act=set&value=other").await;
    assert!(page.contains("<p class=\"big\">Other</p>") && page.contains("14:02:07 UTC</time>"));
    let page = act("attribute=age_band&act=set&value=25-34").await;
    assert!(page.contains("<p class=\"big\">25 to 34</p>"));
    let page = act("attribute=gender&act=disable").await;
    assert!(page.contains("Not used") && page.contains("Use it again"));
    act("attribute=gender&act=enable").await;
    let page = act("attribute=gender&act=remove").await;
    assert!(page.contains("Removed"));
    let profile = world.state.settings.profile(account).await.unwrap().unwrap();
    assert_eq!(profile.gender.state, AttributeState::Removed);
    let history = world.get("/settings/history", &cookie).await.text;
    assert!(history.contains("Age band corrected to") && history.contains("Gender removed"));
}
