//! What partners get under which grants.

use crate::permits::{Surroundings, decision, permit, preview};
use serde_json::{Value, json};
use sluicegate_gate::{
    Categories, Category, Decision, DisclosureId, EditionHash, NoPerson as _, Path, seal_no_person,
    time::BootMillis,
};
use sluicegate_openrtb::{
    money::Micros,
    request::BidRequest,
    write::{
        BidRequestFamily, ContextualRequest, Lot, Notice, NoticeKind, OutRequest, Projection,
        imp_id_on_the_wire, imp_index,
    },
};
use sluicegate_signals::{Gdpr, GdprScope, Gpc, Lmt, Reading, Signals, TcString, Unreadable};
use sluicegate_signals_encoder as encoder;

const REQUEST: &str = r#"{
  "id": "client-request", "tmax": 300, "cur": ["USD"], "test": 1,
  "imp": [
    {"id": "top", "tagid": "home-top", "bidfloor": 0.10, "secure": 1, "displaymanager": "free text",
     "banner": {"w": 300, "h": 250, "format": [{"w": 300, "h": 250}], "battr": [1, 5000], "mimes": ["image/png", "free text"]},
     "pmp": {"private_auction": 1, "deals": [{"id": "D-1", "bidfloor": 2.5, "at": 3, "wseat": ["s1", "a b"]}]},
     "ext": {"x": 1}},
    {"id": "low", "tagid": "not-registered",
     "native": {"request": "{\"native\":{\"ver\":\"1.2\",\"x\":\"free\",\"assets\":[{\"id\":1,\"title\":{\"len\":90,\"x\":\"free\"}}]}}", "ver": "1.2"}}
  ],
  "site": {"id": "s", "page": "https://news.example/people/ada"},
  "bcat": ["IAB25", "free text"], "badv": [" *.rival.example", "localhost"],
  "regs": {"gdpr": 0},
  "device": {"ua": "Mozilla/5.0 (Linux; Android 14)", "ip": "192.0.2.77", "ipv6": "2001:db8:1:2:3:4:5:6",
    "make": "Example", "model": "Phone 7", "os": "Android", "osv": "14", "w": 1080, "h": 2400, "pxratio": 2.625,
    "language": "en", "lmt": 0, "ifa": "6D92078A-8246-4BA4-AE5B-76104861E7DC", "ext": {"ifa_type": "aaid", "x": 1},
    "sua": {"browsers": [{"brand": "Example Browser", "version": ["120", "0", "1"]}], "mobile": 1, "model": "secret"},
    "geo": {"country": "USA", "region": "CA", "metro": "803", "city": "Free Text", "utcoffset": -480, "type": 2, "lat": 34.052235, "lon": -118.243683}},
  "user": {"id": "account-1", "yob": 1990, "gender": "M", "keywords": "free text", "data": [{"name": "x"}]}
}"#;

fn request() -> BidRequest {
    BidRequest::read(REQUEST.as_bytes()).unwrap()
}

fn written(categories: &[Category]) -> Value {
    let categories = Categories::of(categories).or(Categories::IMPERSONAL);
    let preview = preview(categories, &request()).unwrap();
    serde_json::from_slice(&preview.bytes).unwrap()
}

#[test]
fn plumbing_and_context_are_built_from_what_is_known() {
    let mut written = written(&[Category::Demographic]);
    let object = written.as_object_mut().unwrap();
    object.remove("user");
    assert_eq!(
        written,
        json!({
            "id": "00000000000000000000000000000abc",
            "imp": [
                {"id": "1", "tagid": "home-top", "bidfloor": 0.1, "bidfloorcur": "USD", "secure": 1,
                 "banner": {"w": 300, "h": 250, "format": [{"w": 300, "h": 250}], "battr": [1], "mimes": ["image/png"]},
                 "pmp": {"private_auction": 1, "deals": [{"id": "D-1", "bidfloor": 2.5, "bidfloorcur": "USD", "at": 3, "wseat": ["s1"]}]}},
                {"id": "2", "bidfloorcur": "USD",
                 "native": {"request": "{\"ver\":\"1.2\",\"assets\":[{\"id\":1,\"title\":{\"len\":90}}]}", "ver": "1.2"}}
            ],
            "site": {"id": "site-1", "name": "Example News", "domain": "news.example"},
            "at": 2, "tmax": 120, "cur": ["USD"], "test": 1,
            "bcat": ["IAB25"], "cattax": 1, "badv": ["rival.example"],
            "source": {"fd": 0, "schain": {"complete": 1, "ver": "1.0", "nodes": [
                {"asi": "platform.example", "sid": "1", "rid": "00000000000000000000000000000abc", "hp": 1}]}},
        })
    );
}

#[test]
fn coarse_device_data_is_cut_and_carries_no_identifier() {
    assert_eq!(
        written(&[Category::CoarseDevice])["device"],
        json!({
            "ua": "Mozilla/5.0 (Linux; Android 14)", "ip": "192.0.2.0", "ipv6": "2001:db8:1::",
            "make": "Example", "model": "Phone 7", "os": "Android", "osv": "14", "w": 1080, "h": 2400,
            "pxratio": 2.62, "language": "en", "lmt": 0,
            "sua": {"browsers": [{"brand": "Example Browser", "version": ["120"]}], "mobile": 1},
            "geo": {"country": "USA", "region": "CA", "metro": "803", "utcoffset": -480, "type": 2},
        })
    );
}

#[test]
fn identifiers_come_with_their_grant_only() {
    let written = written(&[Category::DeviceIdentifier]);
    assert_eq!(
        written["device"],
        json!({
            "ifa": "6d92078a-8246-4ba4-ae5b-76104861e7dc", "ext": {"ifa_type": "aaid"},
            "ip": "192.0.2.77", "ipv6": "2001:db8:1:2:3:4:5:6",
        })
    );
    assert_eq!(written["user"], json!({"id": "pairwise-0123456789"}));
}

#[test]
fn demographics_come_from_the_grant_and_not_from_the_request() {
    let data = json!([{"name": "platform.example", "ext": {"segtax": 4},
        "segment": [{"id": "5"}, {"id": "6"}, {"id": "50"}]}]);
    assert_eq!(written(&[Category::Demographic])["user"], json!({"data": data}));
}

#[test]
fn every_personal_value_that_is_written_is_told_under_its_category() {
    let request = request();
    for categories in crate::permits::category_sets() {
        let Some(preview) = preview(categories, &request) else { continue };
        let written: Value = serde_json::from_slice(&preview.bytes).unwrap();
        let mut left = written.clone();
        for told in &preview.told {
            assert!(categories.contains(told.category), "{} under {categories:?}", told.field);
            let pointer = format!("/{}", told.field.replace(['.', '['], "/").replace(']', ""));
            let value = left.pointer_mut(&pointer).unwrap_or_else(|| panic!("{}", told.field));
            let text = match &*value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if told.field != "device.sua" {
                assert_eq!(text, told.value, "{}", told.field);
            }
            *value = Value::Null;
        }
        for part in ["device", "user"] {
            let mut untold = Vec::new();
            leaves(&left[part], part, &mut untold);
            untold.retain(|leaf| !leaf.ends_with("segtax") && !leaf.ends_with("name"));
            assert!(untold.is_empty(), "{untold:?} under {categories:?}");
        }
    }
}

fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, found)),
        Value::Object(map) => {
            map.iter().for_each(|(key, item)| leaves(item, &format!("{path}.{key}"), found));
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(path.to_owned()),
    }
}

#[test]
fn a_contextual_request_has_plumbing_and_context_and_nothing_else() {
    let request = request();
    let surroundings = Surroundings::new();
    let contextual = ContextualRequest::build(&surroundings.projection(&request), GdprScope::Out);
    assert_eq!((contextual.path(), contextual.url()), (Path::ContextualBidRequest, None));
    let plain: Value = serde_json::from_slice(&contextual.encode().unwrap()).unwrap();
    let mut personal = written(&[Category::CoarseDevice]);
    personal.as_object_mut().unwrap().remove("device");
    assert_eq!(plain, personal);
}

#[test]
fn what_is_put_up_otherwise_for_another_partner_is_written_for_it_alone() {
    let request = request();
    let surroundings = Surroundings::new();
    let first = surroundings.projection(&request);
    let imps = |lot: Lot| {
        let contextual =
            ContextualRequest::build(&Projection { lot: &lot, ..first }, GdprScope::Out);
        let written: Value = serde_json::from_slice(&contextual.encode().unwrap()).unwrap();
        written["imp"].clone()
    };
    let whole = imps(first.lot.clone());
    let mut higher = first.lot.clone();
    higher.imps[0].floor = Micros(2_000_000);
    higher.imps[0].deals.clear();
    let mut other = first.lot.clone();
    other.currency = "EUR".parse().unwrap();
    let (higher, other) = (imps(higher), imps(other));
    assert_eq!(imps(first.lot.clone()), whole);
    assert_eq!((&higher[0]["bidfloor"], &higher[1]), (&json!(2), &whole[1]));
    assert_eq!(higher[0]["pmp"]["deals"], json!([]));
    assert_eq!((&other[0]["bidfloorcur"], &other[0]["bidfloor"]), (&json!("EUR"), &json!(0.1)));
}

/// The beginning of 27 November 2026, in tenths of a second.
const DAY_DS: u64 = 20_784 * 864_000;

/// A string of each kind, as a request carries it.
fn consenting() -> BidRequest {
    let section = encoder::UsSection::agreeing(encoder::UsSpecification::California);
    let regs = json!({
        "gdpr": 1, "us_privacy": "1YNN", "gpp_sid": [8],
        "gpp": encoder::Gpp::new().with_us(&section).encode(),
    });
    let mut request: Value = serde_json::from_str(REQUEST).unwrap();
    request["regs"] = regs;
    request["user"]["consent"] = json!(encoder::TcString::agreeing(DAY_DS, &[7]).encode());
    BidRequest::read(request.to_string().as_bytes()).unwrap()
}

fn preview_of(request: &BidRequest, signals: &Signals<'_>) -> (Value, Vec<(Category, String)>) {
    let surroundings = Surroundings::new();
    let projection = Projection { signals, ..surroundings.projection(request) };
    let permit = permit(Categories::of(&[Category::CoarseDevice]).or(Categories::IMPERSONAL));
    let preview = permit
        .unwrap()
        .preview::<BidRequestFamily>(|grants| OutRequest::build(grants, &projection))
        .unwrap();
    let told = preview.told.into_iter().map(|told| (told.category, told.field.into_owned()));
    (serde_json::from_slice(&preview.bytes).unwrap(), told.collect())
}

#[test]
fn consent_strings_of_a_day_pass_on_as_they_came_and_are_told() {
    let request = consenting();
    let (written, told) = preview_of(&request, &request.signals());
    assert_eq!(written["user"]["consent"], request.user.consent.text().unwrap());
    assert_eq!(written["regs"]["gpp"], request.regs.gpp.text().unwrap());
    assert_eq!(written["regs"]["gpp_sid"], json!([8]));
    assert_eq!(written["regs"]["us_privacy"], "1YNN");
    for field in ["user.consent", "regs.gpp", "regs.us_privacy"] {
        assert!(told.contains(&(Category::Plumbing, field.to_owned())), "{field}");
    }
}

/// To the tenth of a second, when it was made tells one person from another. What is recorded is what was told.
#[test]
fn no_consent_string_passes_on_with_the_time_of_day_that_it_was_made_at() {
    let at = |made| encoder::TcString::agreeing(made, &[7]);
    let gpp = |made| encoder::Gpp::new().with_tcf(&at(made)).encode();
    let (noon, day) = (DAY_DS + 490_254, DAY_DS);
    let mut request: Value = serde_json::from_str(REQUEST).unwrap();
    request["user"]["consent"] = json!(at(noon).encode());
    request["regs"] = json!({ "gpp": gpp(noon), "gpp_sid": [2] });
    let request = BidRequest::read(request.to_string().as_bytes()).unwrap();
    let signals = request.signals();
    let surroundings = Surroundings::new();
    let projection = Projection { signals: &signals, ..surroundings.projection(&request) };
    let permit = permit(Categories::of(&[Category::CoarseDevice]).or(Categories::IMPERSONAL));
    let preview = permit
        .unwrap()
        .preview::<BidRequestFamily>(|grants| OutRequest::build(grants, &projection))
        .unwrap();
    let written: Value = serde_json::from_slice(&preview.bytes).unwrap();
    assert_eq!(written["user"]["consent"], at(day).encode());
    assert_eq!(written["regs"]["gpp"], gpp(day));
    let told: Vec<_> = preview.told.into_iter().collect();
    for (field, text) in [("user.consent", at(day).encode()), ("regs.gpp", gpp(day))] {
        assert!(told.iter().any(|one| one.field == field && one.value == text), "{field}");
    }
}

#[test]
fn a_consent_string_that_was_not_read_does_not_pass() {
    let request = consenting();
    let unread = Signals {
        us_privacy: Reading::Unreadable(Unreadable::Value),
        gpp: sluicegate_signals::GppReading::of(Some("nothing"), &[7]),
        tcf: Reading::Unreadable(Unreadable::Value),
        ..request.signals()
    };
    let (written, _) = preview_of(&request, &unread);
    assert_eq!(written["regs"], json!({ "gdpr": 1 }));
    assert_eq!(written.get("user"), None);
}

#[test]
fn a_contextual_request_has_no_consent_string() {
    let request = consenting();
    let signals = request.signals();
    let surroundings = Surroundings::new();
    let projection = Projection { signals: &signals, ..surroundings.projection(&request) };
    let bytes = ContextualRequest::build(&projection, GdprScope::In).encode().unwrap();
    let written: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(written["regs"], json!({ "gdpr": 1 }));
    assert_eq!(written.get("user"), None);
}

/// Whatever the request says of the regulation, a partner is told what the gate decided by.
#[test]
fn partners_are_told_the_scope_that_was_decided() {
    let publisher =
        encoder::Publisher { purposes_consent: [2].into(), ..encoder::Publisher::default() };
    let agreeing = encoder::TcString::agreeing(DAY_DS, &[7]);
    let text = encoder::TcString { publisher: Some(publisher), ..agreeing }.encode();
    let rows = [
        ("DEU", Gdpr::OutOfScope, json!(1)),
        ("DEU", Gdpr::Unsaid, json!(1)),
        ("DEU", Gdpr::InScope, json!(1)),
        ("USA", Gdpr::InScope, json!(1)),
        ("USA", Gdpr::OutOfScope, json!(0)),
        ("USA", Gdpr::Unsaid, Value::Null),
    ];
    let request = request();
    let surroundings = Surroundings::new();
    let categories = Categories::of(&[Category::CoarseDevice]).or(Categories::IMPERSONAL);
    for (country, gdpr, expected) in rows {
        let tcf = Reading::of(Some(&text), TcString::read_valid);
        for gpc in [Gpc::Absent, Gpc::On] {
            let signals = Signals { lmt: Lmt::Off, gdpr, gpc, tcf, ..Signals::default() };
            let projection = Projection { signals: &signals, ..surroundings.projection(&request) };
            let bytes = match decision(categories, country, &signals) {
                Decision::Permit(permit) => {
                    let preview = permit.preview::<BidRequestFamily>(|grants| {
                        OutRequest::build(grants, &projection)
                    });
                    preview.unwrap().bytes
                }
                Decision::Withheld(withheld) => {
                    ContextualRequest::build(&projection, withheld.gdpr).encode().unwrap()
                }
            };
            let written: Value = serde_json::from_slice(&bytes).unwrap();
            let person = gpc == Gpc::Absent;
            assert_eq!(written["device"].is_object(), person, "{country}, {gdpr:?}");
            assert_eq!(written["regs"]["gdpr"], expected, "{country}, {gdpr:?}, {gpc:?}");
            assert_eq!(written["user"]["consent"] == json!(text), person, "{country}, {gdpr:?}");
        }
    }
}

#[test]
fn section_ids_are_written_in_order_and_each_once() {
    let mut request = consenting();
    request.regs.gpp_sid = vec![8, 3, 8, 8, 3];
    let (written, _) = preview_of(&request, &request.signals());
    assert_eq!(written["regs"]["gpp_sid"], json!([3, 8]));
}

#[test]
fn a_request_without_plumbing_is_not_written() {
    let permit = permit(Categories::of(&[Category::CoarseDevice])).unwrap();
    let sealed = permit.seal::<BidRequestFamily>(|_grants| OutRequest::new(DisclosureId(1)));
    assert!(sealed.into_envelope().is_err());
}

#[test]
fn impressions_are_mapped_back_from_the_ids_that_were_sent() {
    let request = request();
    for index in 0..request.imps.len() {
        assert_eq!(imp_index(&request, &imp_id_on_the_wire(index)), Some(index));
    }
    for unknown in ["0", "3", "01", "+1", "", "top", "-1", "99999999999999999999"] {
        assert_eq!(imp_index(&request, unknown), None, "{unknown}");
    }
}

#[test]
fn a_notice_is_a_url_and_no_body() {
    for (kind, path) in [
        (NoticeKind::Win, Path::WinNotice),
        (NoticeKind::Billing, Path::BillingNotice),
        (NoticeKind::Loss, Path::LossNotice),
    ] {
        let notice = Notice::new(DisclosureId(2), kind, String::from("https://dsp.example/n"));
        assert!(!format!("{notice:?}").contains("dsp.example"));
        let sealed = seal_no_person(
            "north-bids".parse().unwrap(),
            EditionHash([1; 32]),
            BootMillis(9),
            &notice,
        );
        let envelope = sealed.unwrap().into_envelope();
        assert_eq!((envelope.path(), envelope.body().len()), (path, 0));
        assert_eq!(envelope.url(), Some("https://dsp.example/n"));
    }
}

/// What partners get where these fields are set.
fn written_with(pointer: &str, value: Value) -> Value {
    let mut request: Value = serde_json::from_str(REQUEST).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    request.pointer_mut(parent).unwrap()[key] = value;
    told(&request)
}

fn told(request: &Value) -> Value {
    let request = BidRequest::read(request.to_string().as_bytes()).unwrap();
    let categories = Categories::of(&[Category::Demographic]).or(Categories::IMPERSONAL);
    serde_json::from_slice(&preview(categories, &request).unwrap().bytes).unwrap()
}

#[test]
fn a_chain_is_complete_only_where_nobody_sold_before() {
    let node = json!([{"asi": "exchange.example", "sid": "7", "hp": 1}]);
    let chain = |nodes: &Value| json!({"complete": 1, "ver": "1.0", "nodes": nodes});
    for (source, complete) in [
        (json!({}), 1),
        (json!({"ext": {}}), 1),
        (json!({"schain": chain(&json!([]))}), 1),
        (json!({"schain": chain(&node)}), 0),
        (json!({"ext": {"schain": chain(&node)}}), 0),
        (json!({"schain": {"nodes": "?"}}), 0),
        (json!({"schain": "1.0,1!exchange.example,7,1"}), 0),
    ] {
        let chain = written_with("/source", source.clone())["source"]["schain"].clone();
        assert_eq!(chain["complete"], complete, "{source}");
        let nodes = chain["nodes"].as_array().unwrap();
        assert_eq!((nodes.len(), &nodes[0]["asi"]), (1, &json!("platform.example")), "{source}");
    }
    let of_bidders = |chain: Value| json!({"bidders": ["north"], "schain": chain});
    for (schains, complete) in [
        (json!([]), 1),
        (json!([of_bidders(chain(&json!([])))]), 1),
        (json!([of_bidders(chain(&json!([]))), of_bidders(chain(&node))]), 0),
        (json!("?"), 0),
    ] {
        let ext = json!({"prebid": {"schains": schains}});
        let chain = written_with("/ext", ext)["source"]["schain"].clone();
        assert_eq!(chain["complete"], complete, "{schains}");
    }
}

#[test]
fn a_reward_is_told_where_2_5_says_so_too_unless_2_6_says_another_thing() {
    let prebid = |flag: Value| json!({"prebid": {"is_rewarded_inventory": flag}});
    for (pointer, value, told) in [
        ("/imp/0/rwdd", json!(1), Some(1)),
        ("/imp/0/ext", prebid(json!(1)), Some(1)),
        ("/imp/0/ext", prebid(json!(0)), None),
        ("/imp/0/ext", prebid(json!("1")), None),
        ("/imp/0/ext", json!({}), None),
        ("/imp/0/video", json!({"mimes": ["video/mp4"], "ext": {"rewarded": 1}}), Some(1)),
        ("/imp/0/video", json!({"mimes": ["video/mp4"], "ext": {"rewarded": 0}}), None),
    ] {
        let expected = told.map(|flag: i64| json!(flag));
        let written = written_with(pointer, value.clone());
        assert_eq!(written["imp"][0].get("rwdd"), expected.as_ref(), "{pointer} {value}");
    }
    let mut both: Value = serde_json::from_str(REQUEST).unwrap();
    both["imp"][0]["rwdd"] = json!(0);
    both["imp"][0]["ext"] = prebid(json!(1));
    assert_eq!(told(&both)["imp"][0]["rwdd"], 0);
}
