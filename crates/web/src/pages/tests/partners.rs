use super::*;
use sluicegate_register::{OpinionCounts, Verdict};

impl World {
    /// Puts the next edition in force.
    async fn publish(&self) {
        self.clock.advance(Duration::from_hours(48));
        self.state.editions.put(&later_edition()).await.unwrap();
        self.state.current.replace(Arc::new(later_edition()));
    }

    async fn said(&self) -> Vec<OpinionCounts> {
        self.state.feedback.counts().await.unwrap()
    }
}

/// The token of the form on the page, for anyone.
fn opinion_token(page: &str) -> String {
    let (_, form) = page.split_once("/partners/opinion").expect("a form");
    let (_, value) = form.split_once("name=\"csrf\" value=\"").unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_says_what_the_help_page_promises() {
    let page = World::new().await.get("/partners", "").await.words();
    for promise in [
        "a change holds everywhere within 5 seconds",
        "never get your name, e-mail address, phone number or handle",
        "only if you agreed to that with them first",
        "and to nothing else: not to companies that work for Demo Publisher, nor to other arrangements",
        "a certain device identifier belongs to a man between 25 and 34",
        "which ads your device or browser saw, watched or otherwise interacted with",
        "If the same device later installs the advertised app",
        "“Personalize ads” is a setting of its own",
        "It promised so in writing on 1 January 2025",
        "Was this page helpful?",
        "publisher.example",
    ] {
        assert!(page.contains(promise), "{promise}");
    }
}

#[tokio::test]
async fn every_edition_keeps_its_address_and_its_content() {
    let world = World::new().await;
    let before = world.get("/partners/editions/1", "").await;
    assert!(before.text.contains("https://gate.example/partners/editions/1"));
    assert!(!before.text.contains("not in force any more"));
    world.publish().await;
    let after = world.get("/partners/editions/1", "").await;
    assert_eq!(after.status, StatusCode::OK);
    assert!(after.text.contains("not in force any more"));
    assert!(after.text.contains("href=\"/partners/changes?from=1&#38;to=2\""));
    let json = world.get("/partners/editions/1/edition.json", "").await;
    assert!(json.header(header::CACHE_CONTROL).contains("immutable"));
    let json: Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!(json["hash"], edition().hash().to_string());
    let list: Value =
        serde_json::from_str(&world.get("/partners/editions.json", "").await.text).unwrap();
    assert_eq!((&list[0]["number"], &list[1]["number"]), (&json!(2), &json!(1)));
    let all = world.get("/partners/editions", "").await.text;
    assert!(all.find("Edition 2").unwrap() < all.find("Edition 1").unwrap());
    for wrong in ["0", "01", "3", "one", "1.json", "99999999999"] {
        for end in ["", "/edition.json"] {
            let got = world.get(&format!("/partners/editions/{wrong}{end}"), "").await;
            assert_eq!(got.status, StatusCode::NOT_FOUND, "{wrong}{end}");
            let is_problem = got.header(header::CONTENT_TYPE) == "application/problem+json";
            assert_eq!(is_problem, !end.is_empty(), "{wrong}{end}");
        }
    }
}

#[tokio::test]
async fn whoever_has_an_answer_already_is_not_sent_it_again() {
    let world = World::new().await;
    let asked = async |path: &str, held: &[&str]| {
        let mut request = Request::get(path);
        for value in held {
            request = request.header(header::IF_NONE_MATCH, *value);
        }
        world.ask(request.body(Body::empty()).unwrap()).await
    };
    for path in [
        "/partners.json",
        "/partners/editions/1/edition.json",
        "/sellers.json",
        "/ads.txt",
        "/app-ads.txt",
    ] {
        let whole = asked(path, &[]).await;
        let tag = whole.header(header::ETAG);
        let (weak, listed) = (format!("W/{tag}"), format!("\"a\", W/\"b\" ,{tag}"));
        for held in [&[tag][..], &[&weak], &[&listed], &["\"a\"", tag], &["*"]] {
            let got = asked(path, held).await;
            assert_eq!(got.status, StatusCode::NOT_MODIFIED, "{path} {held:?}");
            assert_eq!(got.text, "", "{path}");
            for kept in [header::ETAG, header::CACHE_CONTROL, header::ACCESS_CONTROL_ALLOW_ORIGIN] {
                assert_eq!(got.header(&kept), whole.header(&kept), "{path} {kept}");
            }
            assert_eq!(got.header(header::CONTENT_TYPE), "", "{path}");
        }
        let short = tag.trim_matches('"');
        for held in [&["\"a\""][..], &[short], &["W/*"], &["\"*\""], &[""]] {
            let got = asked(path, held).await;
            assert_eq!(
                (got.status, got.text == whole.text),
                (StatusCode::OK, true),
                "{path} {held:?}"
            );
        }
    }
    let nothing = asked("/partners/editions/9/edition.json", &["*"]).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_changed_is_said_in_the_words_of_the_page() {
    let world = World::new().await;
    world.publish().await;
    for query in ["from=1&to=2", "from=2&to=1", "to=2&from=1&other=3"] {
        let got = world.get(&format!("/partners/changes?{query}"), "").await;
        assert_eq!(got.status, StatusCode::OK);
        for part in [
            "What changed from edition 1 to edition 2",
            "id=\"new-demo-auditor-two\"",
            "id=\"gone-demo-delivery-auditor\"",
            "id=\"changed-demo-bidder-south\"",
            "<ins>where your device is</ins>",
            "<del>14 days</del>",
            "<ins>114 days</ins>",
            "December 2029",
        ] {
            assert!(got.text.contains(part), "{query} {part} {}", got.text);
        }
        assert!(!got.text.contains("changed-demo-bidder-north\""), "{query}");
    }
    let json = world.get("/partners/changes.json?from=1&to=2", "").await;
    assert!(json.header(header::CACHE_CONTROL).contains("immutable"));
    let json: Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!((&json["from"], &json["to"]), (&json!(1), &json!(2)));
    assert!(!json.to_string().contains("127.0.0.1"));
    for (wrong, status, field) in [
        ("", StatusCode::BAD_REQUEST, json!("from")),
        ("?from=1", StatusCode::BAD_REQUEST, json!("to")),
        ("?from=a&to=b", StatusCode::BAD_REQUEST, json!("from")),
        ("?from=-1&to=2", StatusCode::BAD_REQUEST, json!("from")),
        ("?from=1&to=9", StatusCode::NOT_FOUND, Value::Null),
    ] {
        let got = world.get(&format!("/partners/changes{wrong}"), "").await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{wrong}");
        let got = world.get(&format!("/partners/changes.json{wrong}"), "").await;
        assert_eq!(got.status, status, "{wrong}");
        assert_eq!(got.header(header::CONTENT_TYPE), "application/problem+json", "{wrong}");
        let problem: Value = serde_json::from_str(&got.text).unwrap();
        assert_eq!(problem["field"], field, "{wrong}: {problem}");
    }
}

#[tokio::test]
async fn since_you_last_looked_is_known_by_a_cookie_with_a_number() {
    let world = World::new().await;
    let first = world.get("/partners", "").await;
    let cookie = first.cookie();
    assert_eq!(cookie, "partners-seen=1");
    assert!(first.header(header::SET_COOKIE).contains("HttpOnly"));
    let since = "The list has changed since you last looked";
    assert!(!first.text.contains(since));
    assert!(!world.get("/partners", &cookie).await.text.contains(since));
    world.publish().await;
    let later = world.get("/partners", &cookie).await;
    assert!(later.text.contains(since) && later.text.contains("You saw edition 1"));
    assert_eq!(later.cookie(), "partners-seen=2");
    assert!(!world.get("/partners", &later.cookie()).await.text.contains(since));
    for wrong in ["partners-seen=9", "partners-seen=<script>", "partners-seen=0"] {
        assert!(!world.get("/partners", wrong).await.text.contains(since), "{wrong}");
    }
}

#[tokio::test]
async fn the_feed_has_an_entry_for_each_edition_and_escapes_its_content_twice() {
    let world = World::new().await;
    world.publish().await;
    let got = world.get("/partners.atom", "").await;
    assert_eq!(got.header(header::CONTENT_TYPE), "application/atom+xml; charset=utf-8");
    assert_eq!(got.text.matches("<entry>").count(), 2);
    assert!(got.text.contains("href=\"https://gate.example/partners/editions/2\""));
    assert!(got.text.contains(&format!("urn:sluicegate:edition:{}", later_edition().hash())));
    assert!(got.text.contains("&#60;p&#62;The first edition."), "{}", got.text);
    assert!(got.text.contains("No longer: 14 days; New: 114 days"));
    let german = world.get("/partners.atom?lang=de", "").await.text;
    assert!(
        german.contains("xml:lang=\"de\"") && german.contains("Die erste Ausgabe."),
        "{german}"
    );
    assert!(german.contains("href=\"https://gate.example/partners.atom?lang=de\""));
    assert!(german.contains(&format!("urn:sluicegate:edition:{}:de<", later_edition().hash())));
    let page = world.get("/partners?lang=ar", "").await.text;
    assert!(page.contains("href=\"/partners.atom?lang=ar\""));
}

#[tokio::test]
async fn an_opinion_is_counted_for_the_edition_that_was_shown() {
    let world = World::new().await;
    let token = opinion_token(&world.get("/partners", "").await.text);
    let form = format!("csrf={token}&edition=1&helpful=no&remark=Too+long%0D%0Aby+half");
    let got = world.post("/partners/opinion", "", &form).await;
    assert_eq!(got.header(header::LOCATION), "/partners?said=not-helpful#opinion");
    for query in ["said=not-helpful", "said=helpful&lang=en", "lang=en&said=helpful"] {
        let thanks = world.get(&format!("/partners?{query}"), "").await.text;
        assert!(thanks.contains("Thank you.") && !thanks.contains("<textarea"), "{query}");
    }
    let counts = OpinionCounts { edition: 1, helpful: 0, not_helpful: 1 };
    assert_eq!(world.said().await, [counts]);
    let remark = &world.state.feedback.remarks(None, 9).await.unwrap()[0];
    assert_eq!((remark.verdict, remark.text.open()), (Verdict::NotHelpful, "Too long\nby half"));
    let yes = format!("csrf={token}&edition=1&helpful=yes&remark=");
    let got = world.post("/partners/opinion", "", &yes).await;
    assert_eq!(got.header(header::LOCATION), "/partners?said=helpful#opinion");
    assert_eq!(world.said().await[0].helpful, 1);
    assert_eq!(world.state.feedback.remarks(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_opinion_that_is_not_from_our_page_is_not_counted() {
    let world = World::new().await;
    let token = opinion_token(&world.get("/partners", "").await.text);
    let good = format!("csrf={token}&edition=1&helpful=yes");
    for (form, status) in [
        (String::from("edition=1&helpful=yes"), StatusCode::FORBIDDEN),
        (format!("csrf={token}&edition=2&helpful=yes"), StatusCode::FORBIDDEN),
        (format!("csrf={token}0&edition=1&helpful=yes"), StatusCode::FORBIDDEN),
        (format!("csrf={token}&edition=1&helpful=maybe"), StatusCode::BAD_REQUEST),
        (format!("csrf={token}&edition=1"), StatusCode::BAD_REQUEST),
        (format!("csrf={token}&helpful=yes"), StatusCode::BAD_REQUEST),
        (format!("{good}&remark={}", "a".repeat(20_000)), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(world.post("/partners/opinion", "", &form).await.status, status, "{form:.60}");
    }
    let crossing = Request::post("/partners/opinion").header("sec-fetch-site", "cross-site");
    let got = world.ask(crossing.body(Body::from(good.clone())).unwrap()).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(world.post("/partners/opinion", "", &good).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.said().await, []);
}

#[tokio::test]
async fn the_archive_answers_from_memory_once_it_has_read() {
    let world = World::new().await;
    world.publish().await;
    for _again in 0..3 {
        assert_eq!(world.get("/partners/editions/1", "").await.status, StatusCode::OK);
    }
    let unknown = world.get("/partners/editions/7", "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.text.contains("href=\"/partners/editions\""));
}
