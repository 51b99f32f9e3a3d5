//! Which language somebody gets, and that all of them say the same.

use super::*;
use crate::pages::language::Language;

async fn asked(world: &World, path: &str, cookie: &str, accept: &str) -> Got {
    let request = Request::get(path)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT_LANGUAGE, accept)
        .body(Body::empty());
    world.ask(request.unwrap()).await
}

#[tokio::test]
async fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
    let world = World::new().await;
    let german = asked(&world, "/partners/editions", "", "de-CH, en;q=0.5").await;
    assert!(german.text.starts_with("<!doctype html>\n<html lang=\"de\" dir=\"ltr\">"));
    assert_eq!(german.header(header::CONTENT_LANGUAGE), "de");
    assert_eq!(german.header(header::SET_COOKIE), "", "what the browser says is not remembered");
    let chosen = asked(&world, "/partners/editions?lang=ar", "", "de").await;
    assert!(chosen.text.contains("<html lang=\"ar\" dir=\"rtl\">"));
    let cookie = chosen.cookie();
    assert_eq!(cookie, "sluicegate-language=ar");
    let later = asked(&world, "/partners/editions", &cookie, "de").await;
    assert!(later.text.contains("<html lang=\"ar\""));
    let unknown =
        asked(&world, "/partners/editions?lang=tlh", "sluicegate-language=xx", "fr").await;
    assert!(unknown.text.contains("<html lang=\"en\""));
    assert_eq!(unknown.header(header::SET_COOKIE), "");
}

#[tokio::test]
async fn another_language_is_one_link_away_and_keeps_what_was_asked_for() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let page = world.get("/settings/shared?range=30-days&lang=de", &cookie).await.text;
    assert!(page.contains("href=\"/settings/shared?range=30-days&#38;lang=ja\""), "{page}");
    assert!(page.contains("lang=\"de\" hreflang=\"de\" dir=\"ltr\" aria-current=\"true\""));
    let refused = world.get("/signin?token=secret", "").await.text;
    assert!(!refused.contains("secret"), "a token is not repeated");
}

#[tokio::test]
async fn a_choice_is_recorded_in_the_words_and_the_language_that_were_shown() {
    let world = World::new().await;
    let cookie = format!("{}; sluicegate-language=de", world.sign_in().await);
    let csrf = world.get("/settings", &cookie).await.csrf().to_owned();
    world.post("/settings", &cookie, &format!("csrf={csrf}&setting=sharing&choice=off")).await;
    let english = world.get("/settings/history?lang=en", &cookie).await.words();
    assert!(english.contains("Shown then, in German: \u{201c}"), "{english}");
    let german = Language::German;
    let turned = super::super::words::turn(
        german,
        sluicegate_gate::Setting::Sharing,
        sluicegate_gate::Choice::Off,
    );
    assert!(english.contains(&turned.plain()), "{english}");
}

#[test]
fn a_text_of_the_register_says_its_language_where_that_is_not_the_pages() {
    let pages = |language: Language| {
        let shows = ["data-", "shared-", "shared-only-", "changes-", "partners-"];
        let names = shows.map(|name| format!("{name}{}", language.tag()));
        let all = samples::in_language(language).into_iter();
        let found: Vec<_> = all.filter(|(name, _)| names.contains(name)).collect();
        assert_eq!(found.len(), 5);
        found
    };
    for (name, page) in pages(Language::German) {
        assert!(page.contains("<bdi lang=\"en\">"), "{name}: {page}");
    }
    for (name, page) in pages(Language::English) {
        assert!(!page.contains("<bdi lang="), "{name}");
    }
}
