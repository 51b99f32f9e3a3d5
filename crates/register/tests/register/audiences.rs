//! The lists that partners may put people on, and what advertisers' tags may say.

use crate::sample::{APRIL, edited, first, problems, read};
use sluicegate_gate::{Activity, Segment};
use sluicegate_register::{Diff, Edition};

const NORTH: &str = "demo-bidder-north.toml";
const RUNNING: &str = "id = \"trail-shoes\"";

#[track_caller]
fn check(file: &str, replacements: &[(&str, &str)], expected: &str) {
    let told = problems(&edited(file, replacements));
    assert!(told.contains(expected), "{told}");
}

#[test]
fn lists_are_read_found_by_name_and_read_back_from_the_canonical_text() {
    let edition = first();
    let north = edition.partnership(&"demo-bidder-north".parse().unwrap()).unwrap();
    let list = north.audience(&"trail-shoes".parse().unwrap()).unwrap();
    assert_eq!(list.segment(), Segment { taxonomy: 600, id: 1_001 });
    assert!(north.audience(&"nothing".parse().unwrap()).is_none());
    assert_eq!(Edition::from_canonical(edition.canonical()).unwrap(), edition);
    let shoes = edition.advertiser(&"demo-running-shoes".parse().unwrap()).unwrap();
    assert_eq!(shoes.activity, [Activity::Visit, Activity::ViewProduct, Activity::Purchase]);
}

/// Texts of editions without lists stay as they were, so that their hashes do.
#[test]
fn a_register_without_lists_has_no_word_for_them_in_its_canonical_text() {
    let south = first();
    let south = south.partnership(&"demo-bidder-south".parse().unwrap()).unwrap();
    assert!(south.audiences.is_empty());
    let text = first().canonical().to_owned();
    assert_eq!(text.matches("\"audiences\"").count(), 1);
    assert_eq!(text.matches("\"activity\"").count(), 1);
}

#[test]
fn what_is_wrong_with_a_list_is_said_by_its_field() {
    check(NORTH, &[(RUNNING, "id = \"Running\"")], "audience[1].id is wrong");
    check(NORTH, &[(RUNNING, "id = \"garden-tools\"")], "audience has `garden-tools` twice");
    check(NORTH, &[("segment = 1001", "segment = 1002")], "has two entries with one segment");
    check(NORTH, &[("segment = 1001", "segment = 50")], "segment must be a whole number from 1000");
    check(NORTH, &[("segtax = 600", "segtax = 4")], "segtax must be a whole number from 500");
    check(NORTH, &[("name = \"Shopped for trail shoes\"\n", "")], "name is missing");
    check(
        NORTH,
        &[("advertiser = \"demo-running-shoes\"", "advertiser = \"nobody\"")],
        "audience[trail-shoes].advertiser names `nobody`, which is not in advertisers.toml",
    );
    check(
        "demo-measurement.toml",
        &[(
            "[partnership.endpoint]",
            "[[partnership.audience]]\nid = \"a\"\nname = \"A\"\nsegtax = 600\nsegment = 1000\n[partnership.endpoint]",
        )],
        "audience belongs only where via is openrtb",
    );
    check(
        "advertisers.toml",
        &[("\"purchase\"]", "\"stroll\"]")],
        "activity must be one of visit, view_product",
    );
}

#[test]
fn a_renamed_list_is_a_public_change_and_its_advertiser_is_not() {
    let renamed = read(&edited(
        NORTH,
        &[
            ("Shopped for trail shoes", "Looked for trail shoes"),
            ("advertiser = \"demo-running-shoes\"", "advertiser = \"demo-garden-planner\""),
        ],
    ));
    let next = Edition::publish(renamed, Some(&first()), APRIL).unwrap();
    let public = format!("{:?}", Diff::between(&first(), &next).public());
    assert!(public.contains("audiences[trail-shoes].name"), "{public}");
    assert!(!public.contains("advertiser\""), "{public}");
}
