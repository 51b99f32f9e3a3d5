//! Publishing, and the text that is hashed.

use crate::sample::{APRIL, Files, MARCH, edit, edited, files, first, read};
use proptest::prelude::*;
use sluicegate_gate::{EditionHash, TcfParty, time::UnixMillis};
use sluicegate_register::{CanonicalError, Current, Edition, PublishError};
use std::sync::Arc;

const NORTH: &str = "demo-bidder-north.toml";

fn next(files: &Files, previous: &Edition) -> Result<Edition, PublishError> {
    Edition::publish(read(files), Some(previous), APRIL)
}

/// The sample without a file of it, and nobody linking what it had.
fn without(file: &str) -> Files {
    let mut rest = files();
    rest.retain(|(name, _)| name != file);
    edit(&mut rest, "advertisers.toml", &[("measurement = [\"demo-measurement\"]\n", "")]);
    rest
}

#[test]
fn the_same_files_at_the_same_time_give_the_same_bytes() {
    let mut reversed = files();
    reversed.reverse();
    let again = Edition::publish(read(&reversed), None, MARCH).unwrap();
    assert_eq!((again.canonical(), again.hash()), (first().canonical(), first().hash()));
}

/// One partner, nothing that goes through the gateway.
const SMALL: [(&str, &str); 2] = [
    (
        "inventory.toml",
        "publisher = { id = \"demo-publisher\", name = \"Demo\", domain = \"publisher.example\" }",
    ),
    (
        "demo-partner.toml",
        r#"
        id = "demo-partner"
        name = "Demo Partner"
        legal_name = "Demo Partner (fictional)"
        country = "DE"
        privacy_url = "https://partner.example/privacy"
        contact = "privacy@partner.example"
        [[partnership]]
        id = "demo-partner"
        title = "Demo"
        summary = "A \"demo\" – nothing more."
        kind = "other"
        via = "none"
        role = "processor"
        purposes = ["Demo"]
        categories = ["exposure"]
        retention_days = 0
        start = 2025-01-01
        "#,
    ),
];

#[test]
fn the_bytes_that_are_hashed_are_pinned() {
    let files = SMALL.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    let edition = Edition::publish(read(&files), None, MARCH).unwrap();
    // Others hold this hash: bytes that differ are a new format.
    insta::assert_snapshot!(edition.canonical(), @r#"{"advertisers":[],"deals":[],"format":3,"inventory":{"apps":[],"placements":[],"publisher":{"domain":"publisher.example","id":"demo-publisher","name":"Demo"},"screens":[],"sites":[]},"number":1,"partnerships":[{"bidding":null,"categories":["exposure"],"countries":[],"device_id":"hmac","end":null,"endpoint":null,"id":"demo-partner","kind":"other","linking":null,"listed_since_ms":1772323200000,"partner":{"contact":"privacy@partner.example","country":"DEU","id":"demo-partner","legal_name":"Demo Partner (fictional)","name":"Demo Partner","privacy_url":"https://partner.example/privacy"},"purposes":["Demo"],"retention_days":0,"role":"processor","start":"2025-01-01","summary":"A \"demo\" – nothing more.","suspended":false,"tcf_vendor":null,"title":"Demo","via":"none","when_withheld":"skip"}],"published_at_ms":1772323200000,"retired":[]}"#);
    assert_eq!(
        edition.hash().to_string(),
        "580741b08507fe1ac7d3743e7dd13981b2c5ae153ba070261708760dbc84c713"
    );
}

#[test]
fn an_edition_reads_back_as_it_was_published() {
    let edition = first();
    let again = Edition::from_canonical(edition.canonical()).unwrap();
    assert_eq!(again, edition);
    assert_eq!((again.number(), again.published_at()), (1, MARCH));
}

#[test]
fn an_edition_finds_what_it_holds() {
    let edition = first();
    for partnership in edition.partnerships() {
        assert_eq!(edition.partnership(&partnership.terms.id), Some(partnership));
    }
    for advertiser in edition.advertisers() {
        assert_eq!(edition.advertiser(&advertiser.id), Some(advertiser));
    }
    assert!(edition.partnership(&"nobody".parse().unwrap()).is_none());
    assert!(edition.advertiser(&"nobody".parse().unwrap()).is_none());
    let inventory = edition.inventory();
    assert_eq!(inventory.site("news.example"), inventory.site("demo-news"));
    assert_eq!(inventory.app("com.example.reader"), inventory.app("demo-reader"));
    assert!(inventory.site("demo-reader").is_none() && inventory.placement("feed-top").is_some());
}

#[test]
fn a_text_that_says_the_same_in_other_bytes_is_refused() {
    let text = first().canonical().to_owned();
    for other in
        [format!(" {text}"), text.replace(":1,", ": 1,"), text.replacen("\"D", "\"\\u0044", 1)]
    {
        assert!(matches!(Edition::from_canonical(&other), Err(CanonicalError::NotCanonical)));
    }
    for other in
        [String::new(), text.replace("\"paid\"", "\"prepaid\""), text.replacen('{', "{\"a\":1,", 1)]
    {
        assert!(matches!(Edition::from_canonical(&other), Err(CanonicalError::Shape(_))));
    }
    let later = text.replace("\"format\":3", "\"format\":4");
    assert!(matches!(Edition::from_canonical(&later), Err(CanonicalError::Format(4))));
    let nowhere = text.replace("http://127.0.0.1:9102/", "http://:9102/");
    assert!(matches!(Edition::from_canonical(&nowhere), Err(CanonicalError::Value(_))));
}

#[test]
fn what_has_not_changed_is_not_published_again() {
    let error = next(&files(), &first()).unwrap_err();
    assert_eq!(error.to_string(), "nothing has changed since edition 1");
}

#[test]
fn a_partnership_keeps_the_day_since_which_it_is_listed() {
    let first = Edition::publish(read(&without(NORTH)), None, MARCH).unwrap();
    let second = next(&files(), &first).unwrap();
    assert_eq!(second.number(), 2);
    for partnership in second.partnerships() {
        let is_new = partnership.partner.id == "demo-bidder-north";
        assert_eq!(partnership.terms.listed_since, if is_new { APRIL } else { MARCH });
    }
}

#[test]
fn a_partnership_that_comes_back_is_listed_anew() {
    let second = next(&without(NORTH), &first()).unwrap();
    let may = UnixMillis(APRIL.0 + 1);
    let third = Edition::publish(read(&files()), Some(&second), may).unwrap();
    let north = third.partnership(&"demo-bidder-north".parse().unwrap()).unwrap();
    assert_eq!(north.terms.listed_since, may);
    assert_eq!((second.retired().len(), third.retired().len()), (2, 0));
}

#[test]
fn a_link_keeps_the_day_since_which_it_is_there_without_a_break() {
    let since = |edition: &Edition| -> Vec<UnixMillis> {
        let all = edition.advertisers().iter().flat_map(|one| one.linked_since.values());
        let mut all: Vec<UnixMillis> = all.copied().collect();
        all.dedup();
        all
    };
    let changed = edited(NORTH, &[("start = 2025-01-01", "start = 2025-01-01\nend = 2027-01-01")]);
    let (first, may) = (first(), UnixMillis(APRIL.0 + 1));
    assert_eq!(since(&first), [MARCH]);
    assert_eq!(since(&next(&changed, &first).unwrap()), [MARCH]);
    let broken = next(&without(NORTH), &first).unwrap();
    assert_eq!(since(&broken), []);
    assert_eq!(since(&Edition::publish(read(&files()), Some(&broken), may).unwrap()), [may]);
    // Of the links of an edition from before that was written down, nobody knows.
    let mut earlier: serde_json::Value = serde_json::from_str(first.canonical()).unwrap();
    for advertiser in earlier["advertisers"].as_array_mut().unwrap() {
        advertiser.as_object_mut().unwrap().remove("linked_since");
    }
    let earlier = Edition::from_canonical(&earlier.to_string()).unwrap();
    assert_eq!(since(&next(&changed, &earlier).unwrap()), []);
}

#[test]
fn a_partnership_that_had_ended_and_goes_on_is_listed_anew() {
    let id = "demo-bidder-north".parse().unwrap();
    let until = |end: &str| {
        let terms = format!("start = 2025-01-01\n{end}");
        read(&edited(NORTH, &[("start = 2025-01-01", terms.as_str())]))
    };
    let since = |edition: &Edition| edition.partnership(&id).unwrap().terms.listed_since;
    let day = |days: i64| UnixMillis(MARCH.0 + days * 24 * 3_600_000);
    let first = Edition::publish(until("end = 2026-03-11"), None, MARCH).unwrap();
    // Extended in time it never ended.
    let longer = until("end = 2026-03-21");
    let second = Edition::publish(longer, Some(&first), UnixMillis(day(10).0 - 1)).unwrap();
    assert_eq!(since(&second), MARCH);
    // An end that is over stays one, whatever else an edition changes.
    let earlier = until("end = 2026-03-16");
    let third = Edition::publish(earlier, Some(&second), day(16)).unwrap();
    assert_eq!(since(&third), MARCH);
    for again in ["end = 2026-04-21", ""] {
        let fourth = Edition::publish(until(again), Some(&third), day(17)).unwrap();
        assert_eq!(since(&fourth), day(17), "{again}");
    }
}

#[test]
fn how_a_partnership_takes_recalls_stays_when_it_is_no_longer_listed() {
    let id = "demo-bidder-north".parse().unwrap();
    let asked = "lapse_hours = 72\ndsrdelete_url = \"http://127.0.0.1:9101/dsrdelete.json\"";
    let first = read(&edited(NORTH, &[("lapse_hours = 72", asked)]));
    let first = Edition::publish(first, None, MARCH).unwrap();
    let listed = first.recalling(&id).unwrap().clone();
    let second = next(&without(NORTH), &first).unwrap();
    let kept = second.recalling(&id).unwrap();
    assert_eq!((&kept.url, kept.window_days), (&listed.url, listed.window_days));
    assert!(listed.dsrdelete_url.is_some());
    assert_eq!(kept.dsrdelete_url, None, "requests to delete name people");
    assert!(second.recallings().any(|(one, _)| *one == id));
    let again = Edition::from_canonical(second.canonical()).unwrap();
    assert_eq!((again.recalling(&id), again.hash()), (Some(kept), second.hash()));
    let third = Edition::publish(read(&files()), Some(&second), UnixMillis(APRIL.0 + 1)).unwrap();
    assert_eq!(third.recallings().filter(|(one, _)| **one == id).count(), 1, "listed again");
    let invoices = "demo-bidder-north-invoices".parse().unwrap();
    assert_eq!(second.recalling(&invoices), None, "it took none");
}

#[test]
fn the_kind_of_an_id_never_changes_even_after_it_was_gone() {
    let other_kind = edited(NORTH, &[("kind = \"other\"", "kind = \"service_provider\"")]);
    let expected = "partnership `demo-bidder-north-invoices` was other and cannot become service_provider: give the new arrangement an id of its own";
    assert_eq!(next(&other_kind, &first()).unwrap_err().to_string(), expected);
    let gone = next(&without(NORTH), &first()).unwrap();
    assert_eq!(next(&other_kind, &gone).unwrap_err().to_string(), expected);
}

#[test]
fn an_id_never_moves_to_another_partner() {
    let moved =
        edited(NORTH, &[("id = \"demo-bidder-north\"\nname", "id = \"demo-bidder-west\"\nname")]);
    let error = next(&moved, &first()).unwrap_err();
    assert!(matches!(error, PublishError::PartnerChanged { .. }), "{error}");
}

#[test]
fn an_edition_is_not_older_than_the_one_before() {
    let changed = edited(NORTH, &[("retention_days = 30", "retention_days = 31")]);
    let error =
        Edition::publish(read(&changed), Some(&first()), UnixMillis(MARCH.0 - 1)).unwrap_err();
    assert!(matches!(error, PublishError::BeforePrevious(1)), "{error}");
}

#[test]
fn an_attestation_signed_tomorrow_is_not_published_today() {
    let signed = edited(NORTH, &[("signed_on = 2025-01-01", "signed_on = 2026-03-02")]);
    let error = Edition::publish(read(&signed), None, MARCH).unwrap_err();
    assert!(matches!(error, PublishError::SignedInFuture(_)), "{error}");
}

#[test]
fn the_edition_in_force_is_there_from_its_replacement_on() {
    let current = Current::new();
    assert!(current.load().is_none());
    current.replace(Arc::new(first()));
    assert_eq!(current.load().map(|edition| edition.hash()), Some(first().hash()));
}

#[test]
fn a_debug_line_of_an_edition_holds_no_endpoint() {
    assert!(!format!("{:?}", first()).contains("127.0.0.1"));
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Zäß漢\u{200f}\"\\\\<&'{}]{1,30}"
}

/// A basic string of TOML.
fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

proptest! {
    #[test]
    fn any_published_edition_survives_the_canonical_text_with_the_same_hash(
        name in word(),
        summary in word(),
        days in 0_u32..3_650,
        countries in proptest::sample::subsequence(vec!["DE", "FRA", "US", "JPN"], 1..4),
        day in 1_u32..28,
        at in 1_740_000_000_000_i64..4_000_000_000_000,
        suspended: bool,
    ) {
        let countries: Vec<String> = countries.iter().map(|code| format!("\"{code}\"")).collect();
        let files = edited(NORTH, &[
            ("\"Demo Bidder North\"", &toml_text(&name)),
            ("\"The partner compares", &format!("{} # \"", toml_text(&summary))),
            ("retention_days = 30", &format!("retention_days = {days}\nsuspended = {suspended}")),
            ("start = 2025-01-01", &format!("start = 2025-01-{day:02}\ncountries = [{}]", countries.join(","))),
        ]);
        let edition = Edition::publish(read(&files), None, UnixMillis(at)).unwrap();
        let again = Edition::from_canonical(edition.canonical()).unwrap();
        prop_assert_eq!(again.hash(), edition.hash());
        prop_assert_ne!(again.hash(), EditionHash([0; 32]));
        prop_assert_eq!(again, edition);
    }
}

#[test]
fn what_a_vendor_declared_is_part_of_the_edition() {
    let edition = first();
    let north = edition.partnership(&"demo-bidder-north".parse().unwrap()).unwrap();
    let TcfParty::Vendor(vendor) = north.terms.tcf else { panic!("no vendor") };
    assert_eq!(vendor.id, 60_001);
    assert_eq!(vendor.consent.iter().collect::<Vec<_>>(), [1, 2, 3, 4, 7]);
    assert_eq!(north.tcf_vendor.map(|listed| listed.list_version), Some(1));
    let again = Edition::from_canonical(edition.canonical()).unwrap();
    assert_eq!(again.partnership(&north.terms.id), Some(north));
    // A processor acts on what people agreed to for the platform; anybody else has no basis.
    let tcf = |id: &str| edition.partnership(&id.parse().unwrap()).unwrap().terms.tcf;
    assert_eq!(tcf("demo-delivery-auditor"), TcfParty::Publisher);
    assert_eq!(tcf("demo-bidder-north-invoices"), TcfParty::Nobody);
}

#[test]
fn deals_screens_and_what_bidders_can_do_are_part_of_an_edition() {
    let mut files = crate::sample::files_with_deals();
    let before = Edition::publish(read(&files), None, MARCH).unwrap();
    assert_eq!(Edition::from_canonical(before.canonical()).unwrap(), before);
    assert_eq!(before.deals()[0].floor_micros, 1_500_000);
    for (file, old, new) in [
        ("deals.toml", "floor = \"1.50\"", "floor = \"1.5\"\nguaranteed = true"),
        ("demo-bidder-north.toml", "seats = [", "formats = [\"banner\"]\nseats = ["),
        (
            "inventory.toml",
            "[publisher]",
            "[[screen]]\nid = \"hall\"\nname = \"Hall\"\nvenue_types = [\"transit\"]\n[publisher]",
        ),
    ] {
        edit(&mut files, file, &[(old, new)]);
    }
    let after = Edition::publish(read(&files), Some(&before), APRIL).unwrap();
    let diff = sluicegate_register::Diff::between(&before, &after).to_string();
    for line in [
        "  ~ deal demo-spring: The spring campaign of Demo Advertiser\n      guaranteed: false -> true",
        "  + screen hall: Hall",
        "      bidding.formats: ",
    ] {
        assert!(diff.contains(line), "{line}: {diff}");
    }
}
