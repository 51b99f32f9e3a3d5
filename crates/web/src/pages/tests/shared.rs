//! What left is never denied, whatever part of the record is looked at.

use super::{
    samples::{Of, set, told, withheld},
    *,
};
use crate::pages::language::Language;
use askama::Template;
use sluicegate_gate::{Category, KeyKind, Reason};
use sluicegate_ledger::{PersonPage, ToldPage, Unread};
use std::collections::BTreeSet;

const DENIALS: [&str; 4] =
    ["Nothing about you", "nothing about you", "Nothing was shared", "Nothing had to be held back"];

/// A record in which something went to two partnerships, under the setting and outside, and something was held back
/// from the first. A page beyond the sets of values shows none of them.
fn record(shown: usize) -> PersonPage {
    let sets = || vec![set(vec![told(Category::CoarseDevice, "device.os", "Android")]); shown];
    let page = || ToldPage { count: 12, sets: 1, shown: sets() };
    let ids = ["demo-bidder-north", "demo-delivery-auditor"];
    PersonPage {
        told: ids.map(|id| (id.parse().unwrap(), page())).into(),
        withheld: vec![withheld("demo-bidder-north", Reason::SharingOff(KeyKind::Account), 4)],
        unread: Unread::default(),
    }
}

fn page(record: &PersonPage, query: &str) -> String {
    let page = Of(Language::English).shared_page("Harbor", record, query).render().unwrap();
    // Why: what the next message would say is another part of the page.
    page.split("id=\"next\"").next().unwrap().to_owned()
}

#[test]
fn a_part_of_the_record_denies_nothing_of_the_rest() {
    for (query, shown) in [
        ("range=7-days", 1),
        ("show=told", 1),
        ("show=withheld&partner=demo-bidder-north", 1),
        ("page=99999", 0),
        ("page=1&partner=demo-delivery-auditor&show=told", 0),
        ("partner=demo-delivery-auditor&show=told", 1),
    ] {
        let page = page(&record(shown), query);
        for denial in DENIALS {
            assert!(!page.contains(denial), "{query}: {denial}");
        }
    }
    // Only this is so: nothing was held back outside the setting.
    let held = page(&record(1), "show=withheld");
    assert!(!held.contains("bout you left") && !held.contains("was sent, or may"), "{held}");
    assert_eq!(held.matches("Nothing had to be held back").count(), 1);
}

#[test]
fn the_summary_names_what_is_left_out() {
    let all = page(&record(1), "range=7-days");
    assert!(!all.contains("Show everything"));
    let one = page(&record(1), "partner=demo-delivery-auditor");
    assert!(one.contains("Only this arrangement is shown") && one.contains("Show everything"));
    assert!(one.contains("messages with data about you left, or may have left, under this"));
    assert!(!one.contains("id=\"controlled\"") && one.contains("id=\"outside\""));
    let held = page(&record(1), "show=withheld");
    assert!(held.contains("Only what was held back is shown, not what was shared."));
    assert!(held.contains("4 times"));
    let later = page(&record(0), "page=3");
    assert!(later.contains("No more on this page") && later.contains("Back to the latest"));
}

#[tokio::test]
async fn what_the_page_does_not_offer_is_refused_plainly() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    for wrong in ["partner=zzz", "partner=A%20B", "show=nothing", "range=forever", "page=x"] {
        let got = world.get(&format!("/settings/shared?{wrong}"), &cookie).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(got.text.contains("href=\"/settings/shared\""), "{wrong}");
        assert!(!got.text.contains("Nothing about you"), "{wrong}");
    }
    for kind in ["json", "csv"] {
        let got = world.get(&format!("/settings/shared.{kind}?range=forever"), &cookie).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_time_that_the_record_may_not_reach_back_to_says_so() {
    let world = World::new().await;
    let cookie = world.sign_in().await;
    let kept = "kept for 400 days at least";
    let old = world.get("/settings/shared?range=2025-01", &cookie).await.text;
    assert!(old.contains(kept), "{old}");
    let new = world.get("/settings/shared?range=2026-02", &cookie).await.text;
    assert!(!new.contains(kept));
}

#[tokio::test]
async fn a_partnership_that_left_the_list_can_still_be_looked_at() {
    let world = World::new().await;
    world.state.editions.put(&later_edition()).await.unwrap();
    world.state.current.replace(Arc::new(later_edition()));
    let cookie = world.sign_in().await;
    let got = world.get("/settings/shared?partner=demo-delivery-auditor", &cookie).await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.text.contains("value=\"demo-delivery-auditor\" selected"), "{}", got.text);
}

#[test]
fn where_rows_do_not_read_the_page_says_that_some_of_what_was_sent_is_missing() {
    let words = "Some of what was sent is missing here";
    assert!(!page(&record(1), "range=7-days").contains(words));
    let some = Unread { rows: 1, ..Unread::default() };
    let damaged = page(&PersonPage { unread: some, ..record(1) }, "range=7-days");
    assert!(damaged.contains(words) && damaged.contains("Android"), "{damaged}");
    let file = Unread { rows: 0, files: BTreeSet::from([String::from("told/part-000001")]) };
    let damaged = page(&PersonPage { unread: file, ..record(1) }, "range=7-days");
    let words = "Some of what was sent may be missing here";
    assert!(damaged.contains(words) && damaged.contains("Android"), "{damaged}");
}

#[test]
fn values_that_cannot_be_read_any_more_are_said_to_be_and_hide_no_others() {
    let mut record = record(2);
    for told in record.told.values_mut() {
        told.shown[0].is_damaged = true;
        told.shown[0].told.clear();
    }
    let page = page(&record, "range=7-days");
    assert_eq!(page.matches("can no longer be read").count(), 2);
    assert!(page.contains("Android") && !page.contains("It said nothing about you"), "{page}");
}
