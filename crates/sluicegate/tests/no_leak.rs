//! Whatever stands in a request, in an exposure or in a bid: no mark of a person is in any byte that a
//! partner received from the running program.
//!
//! Every string is marked in every form. Where the program refuses a marked string it names the field, which
//! gets its clean value, and the rest goes again: so each string was either refused by name or went all the
//! way. A made-up word cannot be told from a person's where the standard asks for a word: a device's maker is
//! whoever the request says. These fields are listed below and are marked with everything their grammar
//! refuses.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use sluicegate_testkit::{
    Answer, Heard, Program, RecordingPartner, Reply, Setup,
    carriers::carriers,
    full_request::{Consent, Place, each_object, each_string, full_request, put},
    markers::{found, markers, needles},
    sample::{Sample, choice, creatives, demo_file, exposure, now_ms, webhook_secrets, welcome},
};
use std::{
    cell::Cell,
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;

/// Strings whose grammar is the name of a product.
const PRODUCT_NAMES: [&str; 6] = [
    "device.make",
    "device.model",
    "device.os",
    "device.carrier",
    "device.sua.browsers.brand",
    "device.sua.platform.brand",
];
/// Seats and deals: told where the register lists them for the partner.
const REGISTERED: [&str; 4] = ["wseat", "bseat", "imp.pmp.deals.id", "imp.pmp.deals.wseat"];
/// Strings by which the person is recognized, or on which the decision hangs.
const WHO: [&str; 4] = ["user.id", "device.ifa", "device.geo.country", "regs.ext.gpc"];
/// All other strings with a grammar that are told when they conform.
const GRAMMAR: [&str; 32] = [
    "imp.qty.vendor",
    "cur",
    "acat",
    "bcat",
    "badv",
    "bapp",
    "imp.bidfloorcur",
    "imp.tagid",
    "imp.pmp.deals.bidfloorcur",
    "imp.pmp.deals.wadomain",
    "imp.banner.mimes",
    "imp.video.mimes",
    "imp.video.companionad.mimes",
    "imp.audio.mimes",
    "imp.audio.companionad.mimes",
    "imp.native.ver",
    "imp.native.request.ver",
    "imp.native.request.assets.img.mimes",
    "imp.native.request.assets.video.mimes",
    "site.id",
    "site.domain",
    "app.id",
    "app.bundle",
    "device.ua",
    "device.ip",
    "device.ipv6",
    "device.osv",
    "device.language",
    "device.langb",
    "device.mccmnc",
    "device.geo.region",
    "device.geo.metro",
];
/// What the register may list beyond plumbing and context, in the bits of a partnership's number.
const PERSONAL: [&str; 4] =
    ["coarse_device", "device_identifier", "demographic", "precise_location"];
/// One bidding partnership for every combination.
const PARTNERSHIPS: usize = 1 << PERSONAL.len();
const ACCOUNT: &str = "account-1";
const DEVICE: &str = "6d92078a-8246-4ba4-ae5b-76104861e7dc";

struct World {
    program: Program,
    partner: RecordingPartner,
    favourite: Arc<AtomicUsize>,
    /// How many partners were asked, and how many auctions had a winner.
    asked: Cell<usize>,
    wins: Cell<usize>,
    _dir: TempDir,
}

fn start(
    files: &[(String, String)],
    partner: RecordingPartner,
    favourite: Arc<AtomicUsize>,
) -> World {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: format!(
            "[exchange]\ntmax_max_ms = 10_000\n[measurement]\nidle_ms = 10\n{}",
            webhook_secrets(&EVENTS.map(|(id, ..)| id))
        ),
    };
    let program = Program::start(&setup).unwrap();
    let published = program.publish(files).unwrap();
    assert_eq!(published.status, 200, "{published:?}");
    welcome(&program, ACCOUNT).unwrap();
    World { program, partner, favourite, asked: Cell::new(0), wins: Cell::new(0), _dir: dir }
}

fn categories(number: usize) -> Vec<&'static str> {
    let chosen = PERSONAL.iter().enumerate().filter(|(bit, _)| number & (1 << bit) != 0);
    ["plumbing", "context"].into_iter().chain(chosen.map(|(_, name)| *name)).collect()
}

/// One bidding partnership for every combination of categories, all asked without the person when nothing
/// about the person may be told. Each bids; the favourite bids most.
fn bidders() -> World {
    let favourite = Arc::new(AtomicUsize::new(0));
    let best = Arc::clone(&favourite);
    let partner =
        RecordingPartner::start(move |heard| bid(heard, best.load(Ordering::SeqCst))).unwrap();
    let mut files = vec![demo_file("inventory.toml").unwrap()];
    for number in 0..PARTNERSHIPS {
        let id = format!("bidder-{number}");
        let sample = Sample {
            id: &id,
            kind: "real_time_bidding",
            categories: categories(number),
            url: format!("{}/bid/{number}", partner.origin()),
            more: "when_withheld = \"contextual\"",
        };
        files.push(sample.file());
    }
    files.push((String::from("deals.toml"), deals()));
    start(&files, partner, favourite)
}

/// The deal of the full request, with every partnership.
fn deals() -> String {
    let partnerships: Vec<String> =
        (0..PARTNERSHIPS).map(|number| format!("bidder-{number}")).collect();
    format!(
        "[[deal]]\nid = \"deal-1\"\nname = \"A deal\"\npartnerships = {partnerships:?}\n\
         floor = \"2.5\"\ncurrency = \"USD\"\n"
    )
}

fn bid(heard: &Heard, favourite: usize) -> Reply {
    let Some(number) = heard.path().strip_prefix("/bid/") else { return Reply::status(200) };
    let request = heard.json();
    let host = heard.header("host").unwrap();
    let macros = "id=${AUCTION_ID}&bid=${AUCTION_BID_ID}&imp=${AUCTION_IMP_ID}&seat=${AUCTION_SEAT_ID}\
                  &ad=${AUCTION_AD_ID}&price=${AUCTION_PRICE}&cur=${AUCTION_CURRENCY}&mbr=${AUCTION_MBR}\
                  &loss=${AUCTION_LOSS}&min=${AUCTION_MIN_TO_WIN}";
    let notice = |kind: &str| format!("http://{host}/{kind}/{number}?{macros}");
    let price = if number == favourite.to_string() { 9.0 } else { 5.0 };
    Reply::json(
        json!({
            "id": request["id"], "cur": "USD", "seatbid": [{ "seat": "seat-1", "bid": [{
                "id": format!("bid-{number}"), "impid": request["imp"][0]["id"], "price": price,
                "adm": "<b>An ad</b>", "nurl": notice("win"), "burl": notice("bill"),
                "lurl": notice("loss"), "adomain": ["advertiser.example"], "cat": ["IAB2"],
                "crid": "creative-1", "w": 300, "h": 250, "mtype": 1,
            }] }],
        })
        .to_string(),
    )
}

/// Replaces every string that is not spared. Words go only where a word is not what is asked for.
fn plant(value: &mut Value, text: &str, spared: &BTreeSet<String>) {
    let letters = |extra: &'static [u8]| {
        text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
    };
    let is_product =
        letters(b" ._+/()-,") && text.starts_with(|first: char| first.is_ascii_alphanumeric());
    let is_store_number = text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    each_string(value, &mut |path, string| {
        let is_spared = spared.iter().any(|one| {
            path.strip_prefix(one.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let is_word =
            (is_product && PRODUCT_NAMES.contains(&path)) || (is_store_number && path == "bapp");
        if !is_spared && !is_word {
            text.clone_into(string);
        }
    });
}

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

/// `imp[0].banner.mimes[1]` is `imp.banner.mimes`.
fn without_indexes(field: &str) -> String {
    field.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect()
}

fn statuses(answer: &Value) -> Vec<u64> {
    let seats = answer["ext"]["seatnonbid"].as_array().cloned().unwrap_or_default();
    seats.iter().filter_map(|seat| seat["nonbid"][0]["statuscode"].as_u64()).collect()
}

/// Posts the request. On a busy machine a partner can miss the 50 ms in which its message may go: then the
/// same is asked again.
fn hold(world: &World, request: &Value) -> Answer {
    for _ in 0..ASKED_MAX {
        let answer = world.program.post("/openrtb2/auction", request).unwrap();
        let body = answer.json();
        let late = statuses(&body).iter().filter(|status| **status == 101).count();
        if answer.status == 200 && !NOBODY.iter().any(|status| statuses(&body).contains(status)) {
            world.asked.set(world.asked.get() + PARTNERSHIPS - late);
            world.wins.set(world.wins.get() + usize::from(body["seatbid"][0]["seat"].is_string()));
        }
        if late == 0 {
            return answer;
        }
    }
    panic!("partners missed their time again and again");
}

/// Nobody was asked: the inventory is not registered, or none of the seats that alone may bid.
const NOBODY: [u64; 2] = [503, 504];
/// How often the same is asked at most.
const ASKED_MAX: usize = 100;

/// Holds the auction with every string marked that is neither spared nor refused.
fn auction(world: &World, clean: &Value, text: &str, mut spared: BTreeSet<String>) {
    // A mark there is a refusal, whose signal then goes on as its own.
    spared.insert(String::from("regs.ext.gpc"));
    loop {
        let mut request = clean.clone();
        plant(&mut request, text, &spared);
        let answer = hold(world, &request);
        let body = answer.json();
        match answer.status {
            200 if statuses(&body).contains(&503) => {
                for name in ["site.id", "site.domain", "app.id", "app.bundle"] {
                    assert!(spared.insert(name.to_owned()), "{body}");
                }
            }
            200 if statuses(&body).contains(&504) => {
                assert!(spared.insert(String::from("wseat")), "{body}");
            }
            // No bid is of a category that alone is allowed.
            200 if statuses(&body).contains(&357) => {
                assert!(spared.insert(String::from("acat")), "{body}");
            }
            200 => {
                // Who bid and did not win is not listed.
                assert_eq!(statuses(&body), Vec::<u64>::new(), "{body}");
                return;
            }
            400 => {
                let field = without_indexes(body["field"].as_str().unwrap());
                assert!(spared.insert(field.clone()), "`{field}` is refused when it is clean");
            }
            other => panic!("{other}: {body}"),
        }
    }
}

/// Waits until every notice has come: of each auction with a winner one, and of each report one.
fn all_noticed(world: &World, reports: usize) {
    let wins = world.wins.get();
    let is_of = |kind: &'static str| move |one: &&Heard| one.path().starts_with(kind);
    let complete = world.partner.wait_until(|heard| {
        heard.iter().filter(is_of("/win/")).count() >= wins
            && heard.iter().filter(is_of("/bill/")).count() >= reports
            && heard.iter().filter(is_of("/loss/")).count() >= reports
    });
    assert!(complete);
}

fn assert_clean(heard: &[Heard]) {
    let leaks = found(heard, &needles());
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

fn asked(heard: &[Heard]) -> usize {
    heard.iter().filter(|one| one.path().starts_with("/bid/")).count()
}

/// Every string of the request is marked, in turn for: nobody in particular, a person with sharing on, and a
/// person with sharing off.
fn every_string_is_marked(place: Place) {
    let world = bidders();
    let off = "account-off";
    let chosen = world.program.post("/v1/choices", &choice(off, "sharing", "off")).unwrap();
    assert_eq!(chosen.status, 200);
    let everything = full_request(place, Consent::Strings);
    let silent = full_request(place, Consent::Silent);
    let mut of_off = silent.clone();
    put(&mut of_off, "/user/id", json!(off));
    let (country, who) = (set(&["device.geo.country"]), set(&WHO));
    let forms = markers();
    for marker in &forms {
        for (clean, spared) in [
            (&everything, BTreeSet::new()),
            (&everything, country.clone()),
            (&silent, country.clone()),
            (&silent, who.clone()),
            (&of_off, who.clone()),
        ] {
            auction(&world, clean, &marker.text, spared);
        }
    }
    all_noticed(&world, 0);
    let heard = world.partner.heard();
    // Also where nothing about the person may be told, everybody is asked.
    assert_eq!(asked(&heard), world.asked.get());
    assert!(
        world.wins.get() >= forms.len() * 5 && world.asked.get() >= forms.len() * 5 * PARTNERSHIPS
    );
    assert_clean(&heard);
}

#[test]
fn no_mark_in_any_string_of_a_site_request_reaches_a_partner() {
    every_string_is_marked(Place::Site);
}

#[test]
fn no_mark_in_any_string_of_an_app_request_reaches_a_partner() {
    every_string_is_marked(Place::App);
}

/// Adds the mark as a key and as values to every object.
fn with_unknown_keys(request: &mut Value, text: &str) {
    each_object(request, &mut |object| {
        object.entry("ext").or_insert_with(|| json!({ "note": text }));
        object.insert(text.to_owned(), json!(text));
        object.insert(
            format!("x{text}"),
            json!({ text: [text, { text: text }], "n": 15_550_199_773_i64 }),
        );
    });
    // The one object that takes no keys beside its own.
    put(request, "/user/ext/sluicegate", json!({ "browser_id": "browser-1" }));
}

/// Checks that each partnership got what its categories say, and nothing else of the person.
fn assert_told_by_category(heard: &[Heard]) {
    for one in heard {
        let Some(number) = one.path().strip_prefix("/bid/") else { continue };
        let number: usize = number.parse().unwrap();
        let body = one.json();
        let has = |category: &str| categories(number).contains(&category);
        let is_there = |pointer: &str| body.pointer(pointer).is_some();
        for pointer in ["/device/make", "/device/ua", "/device/sua", "/device/geo/country"] {
            assert_eq!(is_there(pointer), has("coarse_device"), "{pointer} of {number}: {body}");
        }
        for pointer in ["/device/ifa", "/user/id"] {
            assert_eq!(
                is_there(pointer),
                has("device_identifier"),
                "{pointer} of {number}: {body}"
            );
        }
        assert_eq!(is_there("/user/data/0/segment/0"), has("demographic"), "{number}: {body}");
        assert_ne!(body["user"]["id"], json!(ACCOUNT));
        assert!(!body.to_string().contains("2001:db8:1:2:3:4:5:6") || has("device_identifier"));
    }
}

/// Strings with a grammar are clean; all others are marked, and so is every key that nobody knows.
fn everything_but_grammar_is_marked(place: Place) {
    let world = bidders();
    let off = "account-off";
    let chosen = world.program.post("/v1/choices", &choice(off, "sharing", "off")).unwrap();
    assert_eq!(chosen.status, 200);
    let mut spared = set(&GRAMMAR);
    spared.append(&mut set(&[WHO.as_slice(), &PRODUCT_NAMES, &REGISTERED].concat()));
    let forms = markers();
    for marker in &forms {
        for account in [ACCOUNT, off] {
            let mut request = full_request(place, Consent::Silent);
            plant(&mut request, &marker.text, &spared);
            with_unknown_keys(&mut request, &marker.text);
            put(&mut request, "/user/id", json!(account));
            let page = format!("https://news.example/article/{0}?name={0}#{0}", marker.text);
            put(&mut request, "/site/page", json!(page));
            let before = asked(&world.partner.heard());
            let answer = hold(&world, &request);
            assert_eq!(answer.status, 200, "{}: {answer:?}", marker.title);
            let heard = world.partner.heard();
            assert!(asked(&heard) - before >= PARTNERSHIPS, "{}: {answer:?}", marker.title);
            let new: Vec<Heard> = heard
                .into_iter()
                .filter(|one| one.path().starts_with("/bid/"))
                .skip(before)
                .collect();
            if account == ACCOUNT {
                assert_told_by_category(&new);
            } else {
                for one in &new {
                    let body = one.json();
                    assert!(body.get("device").is_none() && body.get("user").is_none(), "{body}");
                }
            }
        }
    }
    all_noticed(&world, 0);
    assert_clean(&world.partner.heard());
}

#[test]
fn clean_fields_of_a_site_request_arrive_and_marked_ones_beside_them_do_not() {
    everything_but_grammar_is_marked(Place::Site);
}

#[test]
fn clean_fields_of_an_app_request_arrive_and_marked_ones_beside_them_do_not() {
    everything_but_grammar_is_marked(Place::App);
}

/// A string that was understood goes on; one with a mark in it, or behind it, does not, whether it still counts for
/// the decision or not.
#[test]
fn no_mark_in_a_consent_string_reaches_a_bidder() {
    let world = bidders();
    let (mut told, mut closed) = (0, 0);
    for marker in markers() {
        for carrier in carriers(&marker.text) {
            let mut request = full_request(Place::App, Consent::Silent);
            put(&mut request, "/regs/gpp_sid", json!(carrier.sections));
            for (pointer, text) in [
                ("/user/consent", carrier.tcf),
                ("/regs/gpp", carrier.gpp),
                ("/regs/us_privacy", carrier.us_privacy),
            ] {
                put(&mut request, pointer, json!(text));
            }
            let before = world.partner.heard().len();
            let answer = hold(&world, &request);
            assert_eq!(answer.status, 200, "{}, {}: {answer:?}", marker.title, carrier.title);
            let heard = world.partner.heard();
            let bids = heard.iter().skip(before).filter(|one| one.path().starts_with("/bid/"));
            let is_told = bids.map(Heard::json).any(|body| body.get("device").is_some());
            *(if is_told { &mut told } else { &mut closed }) += 1;
        }
    }
    // A section that is not in force does not close; everything else that was not understood does.
    let forms = markers().len();
    assert_eq!((told, closed), (forms * 4, forms * 11));
    assert_clean(&world.partner.heard());
}

#[test]
fn a_public_screen_nobody_registered_is_told_to_nobody() {
    let world = bidders();
    for marker in markers() {
        let mut request = full_request(Place::Dooh, Consent::Silent);
        plant(&mut request, &marker.text, &set(&[GRAMMAR.as_slice(), &WHO, &REGISTERED].concat()));
        let answer = world.program.post("/openrtb2/auction", &request).unwrap();
        assert_eq!((answer.status, statuses(&answer.json())), (200, vec![503; PARTNERSHIPS]));
    }
    assert!(world.partner.heard().is_empty());
}

#[test]
fn the_words_that_pass_are_those_whose_grammar_is_a_word() {
    let world = bidders();
    let word = "Zqadelheid";
    let mut request = full_request(Place::App, Consent::Silent);
    each_string(&mut request, &mut |path, text| {
        let is_registered = REGISTERED.contains(&path) && path != "wseat";
        if PRODUCT_NAMES.contains(&path) || is_registered {
            word.clone_into(text);
        }
    });
    put(&mut request, "/wseat", json!(["seat-1", word]));
    let answer = hold(&world, &request);
    assert_eq!(answer.status, 200);
    let mut told = BTreeSet::new();
    for one in world.partner.heard() {
        each_string(&mut one.json(), &mut |path, text| {
            if text.contains(word) {
                told.insert(path.to_owned());
            }
        });
    }
    assert_eq!(told, set(&PRODUCT_NAMES));
}

#[test]
fn no_mark_reaches_a_partner_in_a_notice() {
    let world = bidders();
    let forms = markers();
    let spared = set(&[GRAMMAR.as_slice(), &WHO, &PRODUCT_NAMES, &REGISTERED].concat());
    for (index, marker) in forms.iter().enumerate() {
        world.favourite.store(index % PARTNERSHIPS, Ordering::SeqCst);
        let mut request = full_request(Place::App, Consent::Silent);
        plant(&mut request, &marker.text, &spared);
        let answer = hold(&world, &request).json();
        assert_eq!(answer["seatbid"][0]["seat"], json!(format!("bidder-{}", index % PARTNERSHIPS)));
        let token = &answer["ext"]["sluicegate"]["render"][0]["token"];
        let reported = world.program.post("/v1/renders", &json!({ "token": token })).unwrap();
        assert_eq!(
            (reported.status, reported.json()["billing_notice"].as_str()),
            (202, Some("queued"))
        );
        let again = world.program.post("/v1/renders", &json!({ "token": token })).unwrap();
        assert_eq!((again.status, again.json()), (202, reported.json()));
    }
    assert!(forms.len() >= PARTNERSHIPS);
    all_noticed(&world, forms.len());
    let heard = world.partner.heard();
    for kind in ["/win/", "/bill/", "/loss/"] {
        let notices: Vec<&Heard> =
            heard.iter().filter(|one| one.path().starts_with(kind)).collect();
        assert!(notices.len() >= forms.len());
        for notice in notices {
            let text = String::from_utf8_lossy(&notice.head).to_lowercase();
            assert!(!text.contains("203.0.113") && !text.contains("user-agent: mozilla"), "{text}");
        }
    }
    assert_clean(&heard);
}

/// Where exposures go in this test, and the kind of each arrangement.
const EVENTS: [(&str, &str, &str); 4] = [
    ("hashed-measurement", "conversion_tracking", "device_id = \"hmac\""),
    ("raw-measurement", "conversion_tracking", "device_id = \"raw\""),
    ("service-provider", "service_provider", "device_id = \"raw\""),
    ("other-arrangement", "other", "device_id = \"raw\""),
];
const EVENT_PATHS: [&str; 4] =
    ["/hashed-measurement", "/raw-measurement", "/service-provider", "/other-arrangement"];
/// The advertiser's own ids, whose grammar is a code.
const ADVERTISERS_IDS: [&str; 4] = ["campaign_id", "line_item_id", "creative_id", "app_id"];

fn receivers() -> World {
    let partner = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let (_, advertisers) = demo_file("advertisers.toml").unwrap();
    let linked = advertisers
        .replace("[\"demo-measurement\"]", "[\"hashed-measurement\", \"raw-measurement\"]");
    let mut files =
        vec![demo_file("inventory.toml").unwrap(), (String::from("advertisers.toml"), linked)];
    for (id, kind, more) in EVENTS {
        let categories = vec!["plumbing", "device_identifier", "exposure"];
        let url = format!("{}/{id}", partner.origin());
        files.push(Sample { id, kind, categories, url, more }.file());
    }
    start(&files, partner, Arc::default())
}

fn full_exposure(account: &str, creative: &str) -> Value {
    let mut full = exposure("exposure", account, DEVICE, creative);
    for (field, value) in [
        ("interaction_type", json!("click")),
        ("click_id", json!("click-1")),
        ("app_id", json!("com.example.runningshoes")),
        ("view_duration_ms", json!(900)),
        ("video_duration_ms", json!(15_000)),
        ("viewable_pct", json!(80)),
        ("engagement_name", json!("save")),
        ("engaged_view_threshold_ms", json!(10_000)),
        ("browser_id", json!("browser-1")),
        ("coppa", json!(0)),
        ("gdpr", json!(0)),
        ("gpc", json!("0")),
    ] {
        put(&mut full, &format!("/{field}"), value);
    }
    full
}

/// Posts the exposure with every string marked that is neither spared nor refused.
fn expose(world: &World, clean: &Value, text: &str, id: &str, mut spared: BTreeSet<String>) {
    if text.len() <= 128 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
    {
        spared.append(&mut set(&ADVERTISERS_IDS));
    }
    loop {
        let mut one = clean.clone();
        put(&mut one, "/id", json!(id));
        put(&mut one, "/timestamp_ms", json!(now_ms()));
        plant(&mut one, text, &spared);
        let answer = world.program.post("/v1/exposures", &one).unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        let result = &answer.json()["results"][0];
        match result["status"].as_str() {
            Some("refused") => {
                let field = result["field"].as_str().unwrap().to_owned();
                assert!(spared.insert(field.clone()), "`{field}` is refused when it is clean");
            }
            Some("accepted") => return,
            other => panic!("{other:?}: {answer:?}"),
        }
    }
}

/// Posts a last exposure of someone with sharing on, and waits until every arrangement got it: each takes
/// them in order, so whatever went before has been judged.
fn all_judged(world: &World) {
    let last = exposure("last", ACCOUNT, "22222222-3333-4444-8555-666666666666", "last");
    assert_eq!(world.program.post("/v1/exposures", &last).unwrap().status, 202);
    let everywhere = |heard: &[Heard]| {
        EVENT_PATHS.iter().all(|path| creatives(heard, path).contains(&String::from("last")))
    };
    assert!(world.partner.wait_until(everywhere));
}

#[test]
fn no_mark_in_any_string_of_an_exposure_reaches_a_partner() {
    let world = receivers();
    let chosen =
        world.program.post("/v1/choices", &choice("account-off", "sharing", "off")).unwrap();
    assert_eq!(chosen.status, 200);
    let forms = markers();
    // The device of someone else, so that one person's off does not close it for the others.
    let off = {
        let mut off = full_exposure("account-off", "creative-1");
        put(&mut off, "/device/ifa", json!("33333333-4444-4555-8666-777777777777"));
        put(&mut off, "/browser_id", json!("browser-2"));
        off
    };
    let on = full_exposure(ACCOUNT, "creative-1");
    let mut sent = 0;
    for (index, marker) in forms.iter().enumerate() {
        let always = set(&["id", "advertiser_id", "interaction_type", "ad_format"]);
        let mut who = always.clone();
        who.append(&mut set(&["account_id", "device.ifa", "browser_id"]));
        for (round, clean, spared) in
            [("all", &on, always), ("on", &on, who.clone()), ("off", &off, who)]
        {
            expose(&world, clean, &marker.text, &format!("{round}-{index}"), spared);
            sent += 1;
        }
    }
    all_judged(&world);
    let heard = world.partner.heard();
    for (path, expected) in
        EVENT_PATHS.iter().zip([sent - forms.len(), sent - forms.len(), sent, sent])
    {
        let got = creatives(&heard, path).iter().filter(|one| one.as_str() == "creative-1").count();
        assert_eq!(got, expected, "{path}");
    }
    assert_clean(&heard);
}

#[test]
fn no_mark_in_a_consent_string_of_an_exposure_reaches_a_partner() {
    let world = receivers();
    for (number, marker) in markers().iter().enumerate() {
        for (place, carrier) in carriers(&marker.text).into_iter().enumerate() {
            let mut one = full_exposure(ACCOUNT, &format!("carried-{place}"));
            put(&mut one, "/id", json!(format!("{number}-{place}")));
            put(&mut one, "/gpp_sid", json!(carrier.sections));
            for (pointer, text) in [
                ("/tc_string", carrier.tcf),
                ("/gpp_string", carrier.gpp),
                ("/us_privacy", carrier.us_privacy),
            ] {
                if let Some(text) = text {
                    put(&mut one, pointer, json!(text));
                }
            }
            let answer = world.program.post("/v1/exposures", &one).unwrap();
            let status = &answer.json()["results"][0]["status"];
            assert_eq!(status, "accepted", "{}, {}", marker.title, carrier.title);
        }
    }
    all_judged(&world);
    let heard = world.partner.heard();
    // Those with a section beside the ones in force went, without their strings.
    let went: BTreeSet<String> = creatives(&heard, EVENT_PATHS[0]).into_iter().collect();
    assert_eq!(went.len(), 4 + 1, "{went:?}");
    assert_clean(&heard);
}

#[test]
fn an_exposure_with_an_unknown_key_anywhere_is_refused_and_told_to_nobody() {
    let world = receivers();
    for marker in markers() {
        for parent in ["", "/device"] {
            let mut one = full_exposure(ACCOUNT, "creative-1");
            put(
                &mut one,
                &format!("{parent}/{}", marker.text.replace('/', "_")),
                json!(marker.text),
            );
            let answer = world.program.post("/v1/exposures", &one).unwrap();
            assert_eq!(answer.json()["results"][0]["status"], "refused", "{}", marker.title);
            let text = answer.text.to_lowercase();
            let repeated = marker.text.len() > 64 || !text.contains(&marker.text.to_lowercase());
            assert!(repeated || text.contains("unknown field"), "{text}");
        }
    }
    all_judged(&world);
    let heard = world.partner.heard();
    for path in EVENT_PATHS {
        assert!(!creatives(&heard, path).contains(&String::from("creative-1")), "{path}");
    }
    assert_clean(&heard);
}
