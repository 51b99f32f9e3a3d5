//! What we read is what the official JavaScript libraries of the IAB Tech Lab read: no difference in any field of
//! any section, but for those that [`crate::differences`] names.

use crate::{
    asked::{ask, compare},
    dice::Dice,
    differences::{
        CANADA_UNREAD, CMP_ID_MIN, LEGACY_VENDOR_MIN, PADDING_MISREAD, RESTRICTION_KIND_MAX,
    },
    read_words, strings,
};
use serde_json::{Map, Value, json};
use sluicegate_signals::{CanadaString, GppString, Section, TcString, Unreadable, UsPrivacy};
use sluicegate_signals_encoder::{
    self as encoder, Gpp, Grouping, Padding, Restriction, SectionHeader, TcfCanada,
    UsSpecification, VendorLayout, Vendors, peers::Kind,
};

const SEED: u64 = 20_261_102;
const STRINGS: usize = 1_000;
const EACH: usize = 120;

#[test]
fn both_read_the_same_in_a_tcf_string() {
    let mut dice = Dice::of(SEED);
    let texts: Vec<_> = (0..STRINGS).map(|_| (Kind::Tcf, european(&mut dice).encode())).collect();
    for ((_, text), answer) in texts.iter().zip(ask(&texts)) {
        let ours = read_words::tcf(&TcString::read(text).unwrap());
        compare(SEED, text, &ours, &answer.unwrap());
    }
}

#[test]
fn both_read_the_same_in_section_2() {
    let mut dice = Dice::of(SEED + 1);
    let strings = (0..STRINGS).map(|_| Gpp::new().with_tcf(&european(&mut dice)).encode());
    let texts: Vec<_> = strings.map(|text| (Kind::Gpp, text)).collect();
    for ((_, text), answer) in texts.iter().zip(ask(&texts)) {
        let string = GppString::read(text).unwrap();
        let (_, section) = string.sections().next().unwrap();
        let ours = filled(read_words::tcf_section(&TcString::read(section).unwrap()), TCF_EMPTY);
        compare(SEED, text, &ours, &answer.unwrap()["sections"]["tcfeuv2"]);
    }
}

#[test]
fn both_read_the_same_in_every_section_of_the_united_states() {
    let mut dice = Dice::of(SEED + 2);
    let mut texts = Vec::new();
    for specification in UsSpecification::ALL {
        for _ in 0..EACH {
            let text = Gpp::new().with_us(&united_states(&mut dice, specification)).encode();
            texts.push((Kind::Gpp, text));
        }
    }
    let answers = ask(&texts);
    let specifications = UsSpecification::ALL.into_iter().flat_map(|table| [table; EACH]);
    for (((_, text), answer), specification) in texts.iter().zip(answers).zip(specifications) {
        let ours = as_library(&GppString::read(text).unwrap(), specification);
        compare(SEED, text, &ours, &answer.unwrap()["sections"][specification.prefix()]);
    }
}

#[test]
fn both_find_the_same_sections_in_a_string_of_several() {
    let mut dice = Dice::of(SEED + 3);
    let strings = (0..STRINGS / 4).map(|_| several(&mut dice));
    let texts: Vec<_> = strings.map(|string| (Kind::Gpp, string.encode())).collect();
    for ((_, text), answer) in texts.iter().zip(ask(&texts)) {
        let string = GppString::read(text).unwrap();
        let ids: Vec<u16> = string.sections().map(|(id, _)| id).collect();
        let mut sections = Map::new();
        for specification in UsSpecification::ALL {
            let has_it = matches!(
                string.section(specification.section()),
                Some(Ok(Section::Us(section))) if section.version() == specification.version()
            );
            if has_it {
                let ours = as_library(&string, specification);
                sections.insert(specification.prefix().to_owned(), ours);
            }
        }
        if let Some(Ok(Section::UsPrivacy(read))) = string.section(6) {
            sections.insert("uspv1".to_owned(), read_words::us_privacy(read));
        }
        let ours = json!({ "ids": ids, "sections": sections });
        compare(SEED, text, &ours, &answer.unwrap());
    }
}

#[test]
fn both_read_the_same_in_a_canadian_section() {
    let mut dice = Dice::of(SEED + 4);
    let mut sections = Vec::new();
    for layout in [VendorLayout::Library, VendorLayout::Legacy] {
        assert_ne!(layout, CANADA_UNREAD);
        sections.extend((0..STRINGS / 4).map(|_| canadian(&mut dice, layout)));
    }
    let texts: Vec<_> = sections.iter().map(|string| Gpp::new().with_tcf_canada(string)).collect();
    let texts: Vec<_> = texts.iter().map(|string| (Kind::Gpp, string.encode())).collect();
    for (((_, text), answer), section) in texts.iter().zip(ask(&texts)).zip(&sections) {
        let theirs = answer.unwrap()["sections"]["tcfcav1"].take();
        let section = section.encode();
        let read = CanadaString::read(&section).unwrap();
        let mut ours = read.readings().map(|reading| read_words::canada(&reading));
        let is_among = ours.any(|reading| filled(reading, CANADA_EMPTY) == theirs);
        assert!(is_among, "seed {SEED}: no reading of {text} is {theirs}");
    }
}

#[test]
fn both_read_the_same_in_a_us_privacy_string() {
    let mut dice = Dice::of(SEED + 5);
    let texts: Vec<_> =
        (0..60).map(|_| (Kind::UsPrivacy, strings::us_privacy(&mut dice).encode())).collect();
    for ((_, text), answer) in texts.iter().zip(ask(&texts)) {
        let ours = read_words::us_privacy(UsPrivacy::read(text).unwrap());
        compare(SEED, text, &ours, &answer.unwrap());
    }
}

/// Keeps the README honest: what is refused here and read there.
#[test]
fn they_read_what_we_refuse() {
    let undefined =
        encoder::UsSection::new(UsSpecification::Virginia).set("SaleOptOut", &[3]).encode();
    let sections = [undefined, "BAAAABAAAAAA".to_owned()];
    let texts = sections.map(|section| (Kind::Gpp, Gpp::new().with(9, section).encode()));
    for ((_, text), answer) in texts.iter().zip(ask(&texts)) {
        assert!(answer.is_ok(), "{text}: {answer:?}");
        let ours = GppString::read(text).unwrap().section(9).unwrap();
        assert!(ours.is_err(), "{text}: {ours:?}");
    }
    let goes_on = format!("{}___", encoder::TcString::new(0).encode());
    for answer in ask(&[(Kind::Tcf, goes_on.clone())]) {
        assert!(answer.is_ok(), "{answer:?}");
        assert_eq!(TcString::read(&goes_on), Err(Unreadable::Trailing));
    }
}

fn european(dice: &mut Dice) -> encoder::TcString {
    let string = strings::tcf(dice, RESTRICTION_KIND_MAX);
    // The largest id alone may make a bit field that is longer than what is read.
    let shorter = |vendors: Vendors| Vendors::of(vendors.ids.into_iter().filter(|id| *id < 9_000));
    encoder::TcString {
        cmp_id: string.cmp_id.max(CMP_ID_MIN),
        disclosed: string.disclosed.map(shorter),
        vendors_consent: shorter(string.vendors_consent.clone())
            .written_as(string.vendors_consent.form),
        vendors_legitimate_interest: shorter(string.vendors_legitimate_interest),
        allowed: string.allowed.map(shorter),
        ..string
    }
}

fn united_states(dice: &mut Dice, specification: UsSpecification) -> encoder::UsSection {
    let mut section = strings::us(dice, specification);
    // The libraries neither write nor read a section header.
    section.header = SectionHeader::Omitted;
    if PADDING_MISREAD == (specification, section.padding) {
        section.padding = Padding::Octets;
    }
    section
}

fn canadian(dice: &mut Dice, layout: VendorLayout) -> TcfCanada {
    let section = strings::canada(dice, layout);
    if layout != VendorLayout::Legacy {
        return section;
    }
    // One range, of high numbers: see `LEGACY_VENDOR_MIN`.
    let high = (0..=dice.number(19)).map(|_| LEGACY_VENDOR_MIN + dice.number(40)).collect();
    let bare = TcfCanada {
        vendors_express_consent: Vendors::none(),
        vendors_implied_consent: Vendors::none(),
        restrictions: Vec::new(),
        disclosed: None,
        ..section
    };
    match dice.byte(3) {
        0 => TcfCanada { vendors_express_consent: Vendors::of(high), ..bare },
        1 => TcfCanada { vendors_implied_consent: Vendors::of(high), ..bare },
        2 => TcfCanada { disclosed: Some(Vendors::of(high)), ..bare },
        _ => {
            let restriction = Restriction { purpose: 1 + dice.byte(23), kind: 0, vendors: high };
            TcfCanada { restrictions: vec![restriction], ..bare }
        }
    }
}

/// Rolls a string of some sections of the United States, of US Privacy, and of sections that nobody knows.
fn several(dice: &mut Dice) -> Gpp {
    let mut string = Gpp {
        grouping: dice.one_of(&[Grouping::Groups, Grouping::Singles]),
        padding: dice.one_of(&[Padding::Letters, Padding::Octets]),
        ..Gpp::new()
    };
    for specification in UsSpecification::ALL {
        if dice.coin() {
            string = string.with_us(&united_states(dice, specification));
        }
    }
    if dice.coin() {
        string = string.with_us_privacy(&strings::us_privacy(dice));
    }
    for _ in 0..dice.byte(3) {
        string = string.with(28 + dice.number(4_000), "what nobody knows");
    }
    string
}

/// Returns what we read in a section, with what the library shows beside: the type of a part, and a part that is not
/// there as one of zeros.
fn as_library(string: &GppString<'_>, specification: UsSpecification) -> Value {
    let section = match string.section(specification.section()) {
        Some(Ok(Section::Us(section))) => section,
        other => panic!("{other:?}"),
    };
    let mut fields = read_words::us(&section);
    let fields = fields.as_object_mut().unwrap();
    fields.remove("Gpc");
    if specification.has_gpc() {
        fields.insert("Gpc".to_owned(), json!(section.gpc.unwrap_or(false)));
        fields.insert("GpcSegmentType".to_owned(), json!(1));
    }
    if specification.has_sensitive_sub_section() {
        fields.entry("SensitiveDataProcessing").or_insert(json!(NOTHING_SENSITIVE));
    }
    Value::Object(fields.clone())
}

/// Fills in what the library shows for parts that are not there, and the types of the parts.
fn filled(mut value: Value, empty: fn() -> Value) -> Value {
    let fields = value.as_object_mut().unwrap();
    for (name, empty) in empty().as_object().unwrap() {
        let field = fields.entry(name).or_insert(Value::Null);
        if field.is_null() {
            *field = empty.clone();
        }
    }
    value
}

const NO_PURPOSE: [bool; 24] = [false; 24];
const NOTHING_SENSITIVE: [u8; 8] = [0; 8];

const TCF_EMPTY: fn() -> Value = || {
    json!({
        "PublisherPurposesSegmentType": 3,
        "PublisherConsents": NO_PURPOSE,
        "PublisherLegitimateInterests": NO_PURPOSE,
        "NumCustomPurposes": 0,
        "PublisherCustomConsents": [],
        "PublisherCustomLegitimateInterests": [],
        "VendorsAllowedSegmentType": 2,
        "VendorsAllowed": [],
        "VendorsDisclosedSegmentType": 1,
        "VendorsDisclosed": [],
    })
};

const CANADA_EMPTY: fn() -> Value = || {
    json!({
        "PubPurposesSegmentType": 3,
        "PubPurposesExpressConsent": NO_PURPOSE,
        "PubPurposesImpliedConsent": NO_PURPOSE,
        "NumCustomPurposes": 0,
        "CustomPurposesExpressConsent": [],
        "CustomPurposesImpliedConsent": [],
        "DisclosedVendorsSegmentType": 1,
        "DisclosedVendors": [],
    })
};
