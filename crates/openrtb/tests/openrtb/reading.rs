//! What a request says, as it is read.

use proptest::prelude::*;
use sluicegate_gate::{Identifier, Surface};
use sluicegate_openrtb::{
    money::{Currency, Micros},
    request::{AuctionType, BidRequest, Channel, LISTED_MAX},
};
use sluicegate_signals::{
    Att, Coppa, Gdpr, Gpc, GppReading, Lmt, Mark, Reading, Signals, TcString, TcfSection,
    Unreadable, UsPrivacy,
};
use sluicegate_signals_encoder as encoder;

/// A request with these fields beside its impression and site.
fn with(fields: &str) -> String {
    let imp = r#"{"id":"1","banner":{"w":300,"h":250}}"#;
    format!(r#"{{"id":"r","imp":[{imp}],"site":{{"domain":"news.example"}}{fields}}}"#)
}

fn read(text: &str) -> BidRequest {
    BidRequest::read(text.as_bytes()).unwrap()
}

fn refused(text: &str) -> (String, String) {
    let error = BidRequest::read(text.as_bytes()).unwrap_err();
    (error.field, error.problem)
}

#[test]
fn absent_fields_mean_what_the_standard_says() {
    let request = read(&with(""));
    assert_eq!(request.auction, AuctionType::SecondPricePlus);
    assert_eq!((request.imps[0].floor, request.imps[0].floor_currency), (Micros(0), Currency::USD));
    assert_eq!(request.signals(), Signals::default());
    assert_eq!((request.identifier(), request.country()), (Identifier::Absent, None));
    assert_eq!(request.surface(), Surface::Web);
    assert!(matches!(request.channel, Channel::Site { domain: Some(_), .. }));
}

#[test]
fn unknown_keys_and_values_are_not_read() {
    let fields = r#","x":{"y":[]},"device":{"devicetype":99999,"zzz":1},"test":7"#;
    let request = read(&with(fields));
    assert_eq!((request.device.device_type, request.test), (None, false));
}

#[test]
fn a_wrong_field_is_named() {
    for (fields, field) in [
        (r#","device":{"ua":1}"#, "device.ua"),
        (r#","device":[]"#, "device"),
        (r#","device":{"geo":{"lat":"1"}}"#, "device.geo.lat"),
        (r#","tmax":-1"#, "tmax"),
        (r#","tmax":1.5"#, "tmax"),
        (r#","at":3"#, "at"),
        (r#","cur":["usd"]"#, "cur[0]"),
        (r#","bcat":[1]"#, "bcat[0]"),
        (r#","badv":["a.example","free text"]"#, "badv[1]"),
        (r#","regs":{"gpp_sid":["7"]}"#, "regs.gpp_sid[0]"),
        (r#","user":{"id":1}"#, "user.id"),
        (r#","user":{"ext":{"sluicegate":"b"}}"#, "user.ext.sluicegate"),
        (r#","user":{"ext":{"sluicegate":{"browserid":"b"}}}"#, "user.ext.sluicegate"),
        (r#","user":{"ext":{"sluicegate":{"browser_id":1}}}"#, "user.ext.sluicegate.browser_id"),
        (r#","user":{"ext":{"sluicegate":{"browser_id":""}}}"#, "user.ext.sluicegate.browser_id"),
        (r#","regs":{"ext":{"gpc":[1]}}"#, "regs.ext.gpc"),
        (r#","app":{}"#, "site"),
    ] {
        assert_eq!(refused(&with(fields)).0, field, "{fields}");
    }
}

#[test]
fn lists_that_bids_are_held_against_are_bounded() {
    for key in ["bcat", "acat", "badv", "bapp", "wseat", "bseat"] {
        let list =
            |entries: usize| with(&format!(r#","{key}":[{}]"#, vec!["\"a.b\""; entries].join(",")));
        let many = refused(&list(LISTED_MAX + 1));
        assert_eq!(many, (key.to_owned(), String::from("holds too many entries")));
        read(&list(LISTED_MAX));
    }
}

#[test]
fn a_country_that_cannot_be_read_is_not_taken_for_none() {
    for country in ["de", "deu", "Germany", "QQ", "QQQ", ""] {
        let fields = format!(r#","device":{{"geo":{{"country":"{country}"}}}}"#);
        assert_eq!(refused(&with(&fields)).0, "device.geo.country", "{country}");
    }
    for country in ["DEU", "DE"] {
        let fields = format!(r#","device":{{"geo":{{"country":"{country}"}}}}"#);
        assert_eq!(read(&with(&fields)).country().unwrap().alpha3(), "DEU", "{country}");
    }
}

#[test]
fn a_fault_in_the_bytes_is_found_before_anything_is_read() {
    assert_eq!(refused(&with(r#","user":{"id":"a","id":"b"}"#)).0, "user.id");
    assert_eq!(refused(&"[".repeat(100_000)).1, "nested deeper than the limit");
    assert_eq!(refused(&" ".repeat(300_000)).1, "larger than the limit");
    assert_eq!(BidRequest::read(b"\xff").unwrap_err().problem, "not UTF-8");
}

#[test]
fn signals_are_read_from_both_of_their_places() {
    let tcf = encoder::TcString::agreeing(17_000_000_000, &[7]).encode();
    let section = encoder::UsSection::new(encoder::UsSpecification::California);
    let gpp = encoder::Gpp::new().with_us(&section).encode();
    let new = format!(
        r#","regs":{{"coppa":1,"gdpr":1,"us_privacy":"1YYN","gpp":"{gpp}","gpp_sid":[8],"ext":{{"gpc":"1"}}}},"user":{{"consent":"{tcf}"}},"device":{{"lmt":1,"ext":{{"atts":3}}}}"#
    );
    let old = format!(
        r#","regs":{{"coppa":0,"ext":{{"coppa":1,"gdpr":1,"us_privacy":"1YYN","gpp":"{gpp}","gpp_sid":[8],"gpc":1}}}},"user":{{"ext":{{"consent":"{tcf}"}}}},"device":{{"dnt":1,"ext":{{"atts":3}}}}"#
    );
    let us_privacy =
        UsPrivacy { notice: Mark::Yes, opt_out_sale: Mark::Yes, lspa_covered: Mark::No };
    let expected = Signals {
        lmt: Lmt::On,
        att: Att::Authorized,
        gpc: Gpc::On,
        coppa: Coppa::On,
        gdpr: Gdpr::InScope,
        us_privacy: Reading::Read(us_privacy),
        gpp: GppReading::of(Some(&gpp), &[8]),
        tcf: Reading::of(Some(&tcf), TcString::read_valid),
    };
    assert!(expected.gpp.read().is_some() && expected.tcf.read().is_some());
    for text in [new, old] {
        assert_eq!(read(&with(&text)).signals(), expected);
    }
}

/// Both lists, the list they make, and whether it can be read with the string.
type SectionsRow<'a> = (&'a str, &'a str, &'a [i64], Result<(), Unreadable>);

#[test]
fn sections_in_force_from_both_of_their_places_are_those_of_either() {
    let section = encoder::UsSection::new(encoder::UsSpecification::California);
    let gpp = encoder::Gpp::new().with_us(&section).with_tcf_canada(&encoder::TcfCanada::new(0));
    let gpp = gpp.encode();
    let rows: [SectionsRow<'_>; 9] = [
        ("[8]", "[]", &[8], Ok(())),
        ("[]", "[8]", &[8], Ok(())),
        ("[8]", "[8]", &[8], Ok(())),
        ("[8,5]", "[5,8]", &[5, 8], Ok(())),
        ("[8]", "[5]", &[5, 8], Ok(())),
        ("[-1]", "[-1]", &[-1], Ok(())),
        ("[-1]", "[8]", &[-1, 8], Err(Unreadable::SectionsInForce)),
        ("[8]", "[-1]", &[-1, 8], Err(Unreadable::SectionsInForce)),
        ("[8]", "[9]", &[8, 9], Err(Unreadable::SectionMissing)),
    ];
    for (here, there, expected, said) in rows {
        let request = read(&with(&format!(
            r#","regs":{{"gpp":"{gpp}","gpp_sid":{here},"ext":{{"gpp_sid":{there}}}}}"#
        )));
        assert_eq!(request.regs.gpp_sid, expected, "{here} {there}");
        let signals = request.signals();
        assert_eq!(signals.gpp.unreadable(), said.err(), "{here} {there}");
        // Without sections in force nothing of the string counts; with a contradiction Canada may be in force.
        let canada = expected.contains(&5) || said == Err(Unreadable::SectionsInForce);
        assert_eq!(signals.gpp.canada() == TcfSection::InForce, canada, "{here} {there}");
    }
}

#[test]
fn strings_that_disagree_between_their_two_places_are_unreadable() {
    let contradiction = Unreadable::Contradiction;
    let request = read(&with(
        r#","regs":{"us_privacy":"1YNN","gpp":"DBAA","ext":{"us_privacy":"1YYN","gpp":"DBAB"}},"user":{"consent":"C","ext":{"consent":"D"}}"#,
    ));
    let signals = request.signals();
    assert_eq!(signals.us_privacy, Reading::Unreadable(contradiction));
    assert_eq!(signals.gpp.unreadable(), Some(contradiction));
    assert_eq!(signals.tcf, Reading::Unreadable(contradiction));
    // What neither of them rules out can be in force.
    assert_eq!([signals.gpp.europe(), signals.gpp.canada()], [TcfSection::InForce; 2]);
    let same = read(&with(r#","regs":{"us_privacy":"1YNN","ext":{"us_privacy":"1YNN"}}"#));
    assert!(same.signals().us_privacy.read().is_some());
}

#[test]
fn a_global_privacy_control_that_cannot_be_read_counts_as_a_refusal() {
    for (said, expected) in [
        (r#""1""#, Gpc::On),
        ("1", Gpc::On),
        ("true", Gpc::On),
        (r#""true""#, Gpc::On),
        ("2", Gpc::On),
        ("-1", Gpc::On),
        ("0.5", Gpc::On),
        (r#""yes""#, Gpc::On),
        (r#""1 ""#, Gpc::On),
        (r#""01""#, Gpc::On),
        (r#""""#, Gpc::On),
        (r#""0""#, Gpc::Absent),
        ("0", Gpc::Absent),
        ("false", Gpc::Absent),
        ("null", Gpc::Absent),
    ] {
        let request = read(&with(&format!(r#","regs":{{"ext":{{"gpc":{said}}}}}"#)));
        assert_eq!(request.signals().gpc, expected, "{said}");
    }
}

#[test]
fn an_id_that_nobody_could_choose_for_is_refused() {
    for (field, before, after) in
        [("user.id", r#","user":{"id":""#, "\"}"), ("device.ifa", r#","device":{"ifa":""#, "\"}")]
    {
        let named = |bytes: usize| with(&format!("{before}{}{after}", "a".repeat(bytes)));
        read(&named(256));
        assert_eq!(refused(&named(257)), (field.to_owned(), String::from("is too long")));
    }
    let browser = |bytes: usize| {
        let id = "b".repeat(bytes);
        with(&format!(r#","user":{{"ext":{{"sluicegate":{{"browser_id":"{id}"}}}}}}"#))
    };
    assert!(read(&browser(256)).user.browser.is_some());
    assert_eq!(refused(&browser(257)).0, "user.ext.sluicegate.browser_id");
}

#[test]
fn bidders_of_an_impression_are_read_by_their_names() {
    let of = |ext: &str| {
        let request = with("").replace(r#""imp":[{"#, &format!(r#""imp":[{{"ext":{ext},"#));
        read(&request).imps[0].bidders.clone()
    };
    let both = of(r#"{"prebid":{"bidder":{"south":{},"north":{"x":1}}}}"#);
    assert_eq!(both.as_deref(), Some(&[String::from("north"), String::from("south")][..]));
    for all in
        ["{}", r#"{"prebid":{}}"#, r#"{"prebid":{"bidder":{}}}"#, r#"{"prebid":{"bidder":null}}"#]
    {
        assert_eq!(of(all), None, "{all}");
    }
}

#[test]
fn sections_in_force_without_a_string_are_unreadable() {
    let request = read(&with(r#","regs":{"gpp_sid":[7]}"#));
    assert_eq!(request.signals().gpp.unreadable(), Some(Unreadable::SectionMissing));
}

#[test]
fn the_more_protective_of_two_places_counts() {
    let request = read(&with(r#","regs":{"gdpr":0,"ext":{"gdpr":1}}"#));
    assert_eq!(request.signals().gdpr, Gdpr::InScope);
    let request = read(&with(r#","regs":{"gdpr":1,"ext":{"gdpr":0}}"#));
    assert_eq!(request.signals().gdpr, Gdpr::InScope);
}

#[test]
fn an_all_zero_advertising_id_is_recognized() {
    for (ifa, identifier) in [
        ("", Identifier::Absent),
        ("00000000-0000-0000-0000-000000000000", Identifier::AllZero),
        ("0", Identifier::AllZero),
        ("6D92078A-8246-4BA4-AE5B-76104861E7DC", Identifier::Present),
    ] {
        let request = read(&with(&format!(r#","device":{{"ifa":"{ifa}"}}"#)));
        assert_eq!(request.identifier(), identifier, "{ifa}");
    }
}

#[test]
fn nothing_personal_is_printed() {
    let fields = r#","device":{"ua":"MARK-ua","ip":"192.0.2.77","ifa":"MARK-ifa","geo":{"lat":12.345678,"lon":1},"make":"MARK-make"},"user":{"id":"MARK-id","consent":"MARK-tc"}"#;
    let printed = format!("{:?}", read(&with(fields)));
    for leaked in ["MARK", "192.0.2.77", "12.345678", "12345678"] {
        assert!(!printed.contains(leaked), "{leaked}");
    }
}

/// A request in which each kind of field occurs.
const RICH: &str = r#"{"id":"r","at":1,"tmax":10,"imp":[{"id":"1","bidfloor":1.5,"banner":{"format":[{"w":1,"h":1}]},
"native":{"request":"{\"assets\":[{\"id\":1,\"title\":{\"len\":9}}]}"},"pmp":{"deals":[{"id":"d"}]}}],"app":{"bundle":"a.b"},
"device":{"ip":"192.0.2.1","geo":{"lat":-1.5e0,"lon":2},"ext":{"atts":3}},"user":{"id":"u"},"regs":{"gpp_sid":[7]}}"#;

proptest! {
    #[test]
    fn a_damaged_request_is_read_or_refused_and_never_panics(
        at in 0..RICH.len(), length in 0_usize..12, put in r#"[\[\]{}:,"0-9.eE\-nulltrue]{0,12}"#
    ) {
        let end = (at + length).min(RICH.len());
        let damaged = [&RICH.as_bytes()[..at], put.as_bytes(), &RICH.as_bytes()[end..]].concat();
        match BidRequest::read(&damaged) {
            Ok(request) => prop_assert!(!request.imps.is_empty()),
            Err(error) => prop_assert!(!error.field.is_empty() && !error.problem.is_empty()),
        }
    }

    #[test]
    fn random_bytes_are_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(BidRequest::read(&bytes).is_err());
    }
}
