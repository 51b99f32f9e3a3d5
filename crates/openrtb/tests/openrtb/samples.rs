//! Whole requests and responses, read as they should be: our own, which are always there, and those of
//! public sources. Their folder is named by `SLUICEGATE_SHARED_DATA`, and must hold all of them then; where nobody
//! names one and it is not beside the clone the tests of them say so and check nothing.

use sluicegate_gate::Identifier;
use sluicegate_openrtb::{
    request::{BidRequest, Channel},
    response::BidResponse,
};
use sluicegate_signals::Gpc;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The files of a folder with their texts, in order; there are so many.
fn files(folder: &str, count: usize) -> Vec<(String, String)> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let named = std::env::var_os("SLUICEGATE_SHARED_DATA").map(PathBuf::from);
    let is_required = named.is_some();
    let root = named.unwrap_or(default);
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        assert!(!is_required, "no {folder} in the folder that SLUICEGATE_SHARED_DATA names");
        skipped(&root);
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort();
    assert_eq!(found.len(), count, "{folder} is not whole");
    found
}

#[expect(clippy::print_stderr, reason = "a check that does not run says so")]
fn skipped(root: &Path) {
    eprintln!("skipped: no sample data in {}", root.display());
}

/// Our own samples: `tests/samples`.
fn own(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The request inside a sample of Prebid Server.
fn mock_request(text: &str) -> String {
    let sample: BTreeMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(text).unwrap();
    sample["mockBidRequest"].get().to_owned()
}

fn field(text: &str) -> Option<String> {
    BidRequest::read(text.as_bytes()).err().map(|error| error.field)
}

#[test]
fn our_own_requests_are_read() {
    let app = BidRequest::read(own("request-app-banner.json").as_bytes()).unwrap();
    assert!(matches!(app.channel, Channel::App { .. }));
    assert_eq!((app.imps.len(), app.imps[0].deals.len()), (1, 1));
    assert_eq!(app.country().unwrap().alpha3(), "CAN");
    assert_eq!(app.identifier(), Identifier::Present);

    let site = BidRequest::read(own("request-site-video-native.json").as_bytes()).unwrap();
    assert!(matches!(site.channel, Channel::Site { .. }));
    assert_eq!(site.imps.len(), 2);
    assert_eq!(site.signals().gpc, Gpc::On);
    assert_eq!(site.identifier(), Identifier::Absent);
}

#[test]
fn our_own_response_is_read() {
    let response =
        BidResponse::read(own("response-two-seats.json").as_bytes(), 200).expect("a response");
    assert_eq!((response.bids().count(), response.unreadable), (3, 0));
}

#[test]
fn the_specifications_own_requests_are_read() {
    for (name, text) in files("openrtb-2.6-spec-samples", 9) {
        if name.starts_with("6.2") {
            assert_eq!(field(&text), None, "{name}");
        } else {
            let response = BidResponse::read(text.as_bytes(), 200).expect(&name);
            assert!(response.bids().count() >= 1, "{name}");
            assert_eq!(response.unreadable, 0, "{name}");
        }
    }
}

#[test]
fn requests_of_2_5_are_refused_only_where_they_break_a_rule() {
    for (name, text) in files("openrtb-2.5-proto-samples", 16) {
        if name.starts_with("REQUEST") {
            let expected = match name.as_str() {
                // A banner of no size, with bounds alone; and a deal that is for one advertiser, whose domain is none.
                name if name.contains("FULL") => "imp[0].banner",
                // The markup request is an object where the standard has a string.
                name if name.contains("OBJECT") => "imp[0].native.request",
                // Neither 1.0 nor 1.2 of the native standard lets the assets be absent.
                _ => "imp[0].native.request.assets",
            };
            let found = field(&text);
            let unwrapped = found.map(|field| field.replace(".request.native.", ".request."));
            assert_eq!(unwrapped.as_deref(), Some(expected), "{name}");
        } else {
            let response = BidResponse::read(text.as_bytes(), 200).expect(&name);
            let all = if name.contains("FULL") { 3 } else { 1 };
            // Markup that is an object is no markup.
            let unreadable = if name.contains("OBJECT") { all } else { 0 };
            let found = (response.bids().count(), response.unreadable);
            assert_eq!(found, (all - unreadable, unreadable), "{name}");
        }
    }
}

#[test]
fn what_prebid_server_accepts_is_read() {
    for (folder, count) in [
        ("valid-native", 6),
        ("valid-whole", 2),
        ("valid-whole/exemplary", 7),
        ("valid-whole/supplementary", 17),
    ] {
        for (name, text) in files(&format!("prebid-server-samples/{folder}"), count) {
            // Its impression is completed from a request stored at Prebid Server.
            let expected = (name == "imp-info-invalid.json").then(|| String::from("imp[0]"));
            assert_eq!(field(&mock_request(&text)), expected, "{name}");
        }
    }
}

/// Cases of rules that are not plain `OpenRTB`'s: they are read, and why.
const OF_PREBID_ONLY: [(&str, &str); 9] = [
    ("alias-unknown-core.json", "ext.prebid.aliases is not read"),
    ("bid-adjustment-negative.json", "ext.prebid.bidadjustmentfactors is not read"),
    ("cache-nothing.json", "ext.prebid.cache is not read"),
    (
        "imp-ext-prebid-bidder-empty.json",
        "an empty imp.ext.prebid.bidder names nobody: all may bid",
    ),
    ("imp-ext-unknown-bidder.json", "of imp.ext only prebid is read, so that nobody is named"),
    ("interstital-bad-perc.json", "device.ext.prebid is not read"),
    ("invalid-source.json", "app.ext.prebid is not read"),
    ("site-ext-amp.json", "site.ext.amp is not read"),
    ("storedrequest-id-int.json", "ext.prebid.storedrequest is not read"),
];

#[test]
fn what_breaks_a_rule_of_openrtb_is_refused_by_the_name_of_its_field() {
    let fields = BTreeMap::from([
        ("audio-maxbitrate-negative.json", "imp[0].audio.maxbitrate"),
        ("audio-maxseq-negative.json", "imp[0].audio.maxseq"),
        ("audio-mimes-empty.json", "imp[0].audio.mimes"),
        ("audio-minbitrate-negative.json", "imp[0].audio.minbitrate"),
        ("banner-no-size.json", "imp[0].banner"),
        ("banner-w-negative.json", "imp[0].banner.w"),
        ("banner-wmax.json", "imp[0].banner"),
        ("deal-no-id.json", "imp[0].pmp.deals[0].id"),
        ("device-h-negative.json", "device.h"),
        ("device-ppi-negative.json", "device.ppi"),
        ("empty-object.json", "id"),
        ("format-empty-array.json", "imp[0].banner"),
        ("format-h-negative.json", "imp[0].banner.format[0].h"),
        ("format-hratio-negative.json", "imp[0].banner.format[0].hratio"),
        ("format-no-height.json", "imp[0].banner.format[0]"),
        ("format-no-hratio.json", "imp[0].banner.format[0]"),
        ("format-two-widths.json", "imp[0].banner.format[0]"),
        ("format-w-negative.json", "imp[0].banner.format[0].w"),
        ("format-wmin-negative.json", "imp[0].banner.format[0].wmin"),
        ("imp-id-duplicates.json", "imp[1].id"),
        ("malformed-bid-request.json", "$"),
        ("native-empty.json", "imp[0].native.request"),
        ("no-site-or-app-or-dooh.json", "site"),
        ("site-dooh-both.json", "site"),
        ("tmax-negative.json", "imp"),
        ("user-ext-consent-int.json", "user.ext.consent"),
        ("video-maxbitrate-negative.json", "imp[0].video.maxbitrate"),
        ("video-mimes-empty.json", "imp[0].video.mimes"),
    ]);
    for (name, text) in files("prebid-server-samples/invalid-whole", 37) {
        let read = OF_PREBID_ONLY.iter().find(|(of_prebid, _why)| *of_prebid == name);
        let expected = fields.get(name.as_str()).copied();
        assert!(read.is_some() != expected.is_some(), "{name} has no one expectation");
        assert_eq!(field(&mock_request(&text)).as_deref(), expected, "{name}: {read:?}");
    }
}

/// The sample has no impression, which is what is wrong first.
#[test]
fn a_negative_time_is_refused_by_its_name() {
    let request = own("request-app-banner.json").replace("\"tmax\": 180", "\"tmax\": -2");
    assert_eq!(field(&request).as_deref(), Some("tmax"));
}

/// Rates of a request (`ext.prebid.currency`) are not read, wrong ones neither: an operator's file says all. Whether `cur`
/// has a rate is a matter of the auction.
#[test]
fn what_prebid_server_converts_is_read_whatever_rates_it_brings() {
    for (folder, count) in
        [("custom-rates/valid", 2), ("custom-rates/errors", 2), ("server-rates/errors", 1)]
    {
        let folder = format!("prebid-server-samples/currency-conversion/{folder}");
        for (name, text) in files(&folder, count) {
            let request = BidRequest::read(mock_request(&text).as_bytes()).expect(&name);
            assert_eq!(request.currencies, ["MXN".parse().unwrap()], "{name}");
        }
    }
}

/// Values that the native standard lists and this version does not know must be tolerated.
const UNKNOWN_ENUMERATION: [&str; 6] = [
    "asset-video-protocols-invalid.json",
    "context-type-product-incompatible-subtype.json",
    "contextsubtype-invalid.json",
    "eventtracker-event-large.json",
    "eventtracker-methods-large.json",
    "request-context-invalid.json",
];

#[test]
fn native_requests_that_break_a_rule_are_refused() {
    for (name, text) in files("prebid-server-samples/invalid-native", 20) {
        let found = field(&mock_request(&text));
        if UNKNOWN_ENUMERATION.contains(&name.as_str()) {
            assert_eq!(found, None, "{name}");
        } else {
            assert!(
                found.is_some_and(|field| field.starts_with("imp[0].native.request")),
                "{name}"
            );
        }
    }
}
