//! What a platform string says together with the list of its sections in force.

use crate::strings::BEFORE_DISCLOSURE;
use sluicegate_signals::{
    GppReading, GppString, InForce, LocationConsent, Mark, Reading, TcfSection, Unreadable, UsLaw,
    UsRefusal,
};
use sluicegate_signals_encoder::{
    Gpp, TcString, TcfCanada, UsPrivacy, UsPrivacyAnswer, UsSection, UsSpecification,
};

/// A section in which nothing is refused and every notice is given where the law asks for one.
fn open(specification: UsSpecification) -> UsSection {
    let mut section = UsSection::new(specification);
    for field in specification.fields() {
        if field.name.ends_with("Notice") {
            section.set(field.name, &[1]);
        }
        if field.name.ends_with("OptOut") {
            section.set(field.name, &[2]);
        }
    }
    section
}

fn with(specification: UsSpecification, field: &str, entries: &[u8]) -> UsSection {
    let mut section = open(specification);
    section.set(field, entries);
    section
}

/// Two states and Europe; California is opted out of sale, Virginia is open.
fn several() -> Gpp {
    Gpp::new()
        .with_tcf(&TcString::new(BEFORE_DISCLOSURE))
        .with_us(&with(UsSpecification::California, "SaleOptOut", &[1]))
        .with_us(&open(UsSpecification::Virginia))
}

fn refusals(in_force: &InForce<'_>) -> Vec<(UsRefusal, UsLaw)> {
    let all = in_force.us.iter();
    all.flat_map(|(refusal, laws)| laws.iter().map(move |law| (refusal, law))).collect()
}

/// A sentence, a string, the sections in force, and whether it is read (and passed on) or why not.
type Row<'a> = (&'a str, Option<&'a str>, &'a [i64], Result<bool, Option<Unreadable>>);

#[test]
fn the_list_of_sections_in_force_is_read_closed() {
    use Unreadable as U;
    let text = several().encode();
    let strange = several().with(99, "who knows").encode();
    let broken = several().with(9, "B").encode();
    let signed = several().with(4, "signature").encode();
    let rows: [Row<'_>; 25] = [
        ("no string and no list is nothing", None, &[], Err(None)),
        ("an empty string is none", Some(""), &[], Err(None)),
        ("no string, and no section in force", None, &[-1], Err(None)),
        ("an empty string, and no section in force", Some(""), &[-1], Err(None)),
        ("a list without a string", None, &[7], Err(Some(U::SectionMissing))),
        ("a list with an empty string", Some(""), &[7], Err(Some(U::SectionMissing))),
        ("0 without a string", None, &[0], Err(Some(U::SectionMissing))),
        ("none with others, without a string", None, &[-1, 7], Err(Some(U::SectionMissing))),
        ("a section in force", Some(&text), &[9], Ok(true)),
        ("all of them without a list", Some(&text), &[], Ok(true)),
        ("no section in force", Some(&text), &[-1], Ok(true)),
        ("the same section twice", Some(&text), &[9, 9], Ok(true)),
        ("header and signature listed too", Some(&text), &[3, 9, 4], Ok(true)),
        ("a signature that is there too", Some(&signed), &[4, 9], Ok(false)),
        ("a section that is missing", Some(&text), &[9, 10], Err(Some(U::SectionMissing))),
        ("0: not known yet", Some(&text), &[0], Err(Some(U::SectionsInForce))),
        ("none with others", Some(&text), &[-1, 9], Err(Some(U::SectionsInForce))),
        ("a negative id", Some(&text), &[9, -2], Err(Some(U::SectionsInForce))),
        ("an id beyond any", Some(&text), &[65_545], Err(Some(U::SectionsInForce))),
        ("more ids than sections", Some(&text), &[9; 65], Err(Some(U::SectionsInForce))),
        ("an unknown section in force", Some(&strange), &[99], Err(Some(U::SectionUnknown))),
        ("all in force, one unknown", Some(&strange), &[], Err(Some(U::SectionUnknown))),
        ("an unknown section beside", Some(&strange), &[9], Ok(false)),
        ("an unknown section, none in force", Some(&strange), &[-1], Ok(false)),
        ("an unreadable section in force", Some(&broken), &[9], Err(Some(U::TooShort))),
    ];
    for (sentence, text, ids, expected) in rows {
        let read = InForce::read(text, ids);
        let said = match read {
            Reading::Absent => Err(None),
            Reading::Unreadable(why) => Err(Some(why)),
            Reading::Read(read) => Ok(read.text().is_some()),
        };
        assert_eq!(said, expected, "{sentence}");
        if let (Some(Some(passed_on)), Some(text)) = (read.read().map(InForce::text), text) {
            assert!(std::ptr::eq(passed_on, text), "{sentence}: kept as it came");
        }
    }
    let beside = InForce::read(Some(&broken), &[8]);
    assert_eq!(beside.read().map(InForce::text), Some(None), "unreadable beside: not passed on");
    let table = Reading::Unreadable(Unreadable::Version);
    assert_eq!(InForce::read(Some("CBAA"), &[-1]), table, "a table of contents is always read");
}

#[test]
fn only_what_is_in_force_counts() {
    let text = several().encode();
    let read = |ids: &[i64]| *InForce::read(Some(&text), ids).read().unwrap();
    let sale = vec![(UsRefusal::Sale, UsLaw::California)];
    assert_eq!(refusals(&read(&[9])), []);
    assert_eq!(refusals(&read(&[8])), sale);
    assert_eq!(refusals(&read(&[8, 9])), sale, "the strictest of both");
    assert_eq!(refusals(&read(&[])), sale);
    assert_eq!(refusals(&read(&[-1])), []);
    let has_europe = |ids: &[i64]| read(ids).tcf_europe.is_some();
    assert_eq!([[2].as_slice(), &[], &[9], &[-1]].map(has_europe), [true, true, false, false]);
}

#[test]
fn each_law_that_refuses_is_named() {
    let text = Gpp::new()
        .with_us(&with(UsSpecification::NationalV2, "SharingOptOut", &[1]))
        .with_us(&with(UsSpecification::California, "SharingOptOut", &[1]))
        .with_us(&with(UsSpecification::Texas, "TargetedAdvertisingOptOut", &[1]))
        .encode();
    let read = *InForce::read(Some(&text), &[16, 8, 7]).read().unwrap();
    let expected = [
        (UsRefusal::Sharing, UsLaw::National),
        (UsRefusal::Sharing, UsLaw::California),
        (UsRefusal::TargetedAdvertising, UsLaw::Texas),
    ];
    assert_eq!(refusals(&read), expected);
    assert!(!read.us.is_empty());
}

#[test]
fn sections_that_are_not_of_the_united_states_are_kept_as_they_are() {
    let us = UsPrivacy { opt_out_sale: UsPrivacyAnswer::Yes, ..UsPrivacy::new() };
    let canada = TcfCanada { purposes_express_consent: [2].into(), ..TcfCanada::new(0) };
    let text = Gpp::new().with_us_privacy(&us).with_tcf_canada(&canada).encode();
    let read = *InForce::read(Some(&text), &[5, 6]).read().unwrap();
    assert_eq!(read.us_privacy.map(|read| read.opt_out_sale), Some(Mark::Yes));
    assert!(read.tcf_canada.unwrap().bases(1).purpose(2).is_err(), "no vendor was agreed to");
    assert!(read.us.is_empty(), "US Privacy speaks for itself");
    assert_eq!(read.text(), Some(text.as_str()));
}

#[test]
fn a_string_of_tcf_europe_that_does_not_hold_makes_its_section_unreadable() {
    let string = TcString { policy_version: 2, ..TcString::new(BEFORE_DISCLOSURE) };
    let text = Gpp::new().with_tcf(&string).with_us(&open(UsSpecification::Virginia)).encode();
    assert_eq!(InForce::read(Some(&text), &[2]), Reading::Unreadable(Unreadable::Policy));
    let beside = *InForce::read(Some(&text), &[9]).read().unwrap();
    assert_eq!(beside.text(), None, "and the whole is not passed on");
}

#[test]
fn every_section_alone_is_read_and_open() {
    for specification in UsSpecification::ALL {
        let text = Gpp::new().with_us(&open(specification)).encode();
        let id = specification.section();
        let read = *InForce::read(Some(&text), &[i64::from(id)]).read().unwrap();
        assert_eq!(refusals(&read), [], "{specification:?}");
        assert_eq!(read.location, LocationConsent::NotGiven, "{specification:?}");
        assert_eq!(read.text(), Some(text.as_str()));
        let mut ids =
            GppString::read(&text).unwrap().sections().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(ids.pop(), UsLaw::of(id).map(UsLaw::section));
    }
}

#[test]
fn each_section_refuses_by_the_fields_that_it_has() {
    for specification in UsSpecification::ALL {
        let law = UsLaw::of(specification.section()).unwrap();
        let said = |section: &UsSection| {
            let text = Gpp::new().with_us(section).encode();
            let read = *InForce::read(Some(&text), &[i64::from(law.section())]).read().unwrap();
            assert!(read.us.iter().all(|(_, laws)| laws.iter().eq([law])));
            read.us.iter().map(|(refusal, _)| refusal).collect::<Vec<_>>()
        };
        for field in specification.fields() {
            let amount = usize::from(field.entries);
            for place in 0..amount {
                for value in 0..=2 {
                    let mut entries = vec![0; amount];
                    entries[place] = value;
                    let expected: Vec<UsRefusal> = expected(field.name, value).collect();
                    let section = with(specification, field.name, &entries);
                    assert_eq!(said(&section), expected, "{law:?} {} {value}", field.name);
                }
            }
        }
        if specification.has_gpc() {
            for (gpc, expected) in [(true, vec![UsRefusal::Gpc]), (false, vec![])] {
                let mut section = open(specification);
                section.gpc = Some(gpc);
                assert_eq!(said(&section), expected, "{law:?} {gpc}");
            }
        }
    }
}

/// What a value of a field closes where all else is open.
fn expected(field: &str, value: u8) -> impl Iterator<Item = UsRefusal> {
    use UsRefusal as R;
    let refusal = match (field, value) {
        ("SaleOptOut", 1) => Some(R::Sale),
        ("SharingOptOut", 1) => Some(R::Sharing),
        ("TargetedAdvertisingOptOut", 1) => Some(R::TargetedAdvertising),
        // Notice was given, and nothing is said about the opt-out.
        ("SaleOptOut" | "SharingOptOut" | "TargetedAdvertisingOptOut", 0) => Some(R::Contradiction),
        // No opt-out from what does not apply.
        ("SaleOptOutNotice" | "SharingOptOutNotice" | "TargetedAdvertisingOptOutNotice", 0) => {
            Some(R::Contradiction)
        }
        // Any notice that the law asks for, those about sensitive data too.
        (notice, 2) if notice.ends_with("Notice") => Some(R::NoNotice),
        ("KnownChildSensitiveDataConsents" | "KnownChildSensitiveDataConsent", 1 | 2) => {
            Some(R::KnownChild)
        }
        ("PersonalDataConsents" | "AdditionalDataProcessingConsent", 1 | 2) => {
            Some(R::SecondaryUse)
        }
        ("MspaServiceProviderMode", 1) | ("MspaMode", 2) => Some(R::ServiceProviderMode),
        _ => None,
    };
    refusal.into_iter()
}

#[test]
fn the_exact_place_needs_what_each_law_says() {
    use LocationConsent::{Given, NotGiven};
    use UsSpecification as S;
    for specification in UsSpecification::ALL {
        // Which entry is the place, by the section's specification.
        let place = match specification {
            S::Colorado | S::Maryland => None,
            S::California => Some(3),
            S::Oregon => Some(11),
            _ => Some(8),
        };
        let amount = specification.fields().iter().find_map(|field| {
            (field.name == "SensitiveDataProcessing").then_some(usize::from(field.entries))
        });
        let notice = match specification {
            S::California => Some("SensitiveDataLimitUseNotice"),
            S::Utah => Some("SensitiveDataProcessingOptOutNotice"),
            S::Iowa => Some("SensitiveDataOptOutNotice"),
            _ => None,
        };
        let said = |entry: u8, at: usize, is_noticed: bool| {
            let mut section = open(specification);
            if let (Some(notice), false) = (notice, is_noticed) {
                section.set(notice, &[2]);
            }
            let mut entries = vec![0; amount.unwrap_or(8)];
            entries[at - 1] = entry;
            match amount {
                Some(_) => {
                    section.set("SensitiveDataProcessing", &entries);
                }
                None if specification.has_sensitive_sub_section() => {
                    section.sensitive = Some(entries.try_into().unwrap());
                }
                None => {}
            }
            let text = Gpp::new().with_us(&section).encode();
            let id = i64::from(specification.section());
            InForce::read(Some(&text), &[id]).read().unwrap().location
        };
        let Some(place) = place else {
            assert_eq!(said(2, 7, true), NotGiven, "{specification:?} has no such entry");
            continue;
        };
        assert_eq!(said(0, place, true), NotGiven, "{specification:?}");
        assert_eq!(said(1, place, true), NotGiven, "{specification:?}");
        assert_eq!(said(2, place, true), Given, "{specification:?}");
        assert_eq!(said(2, place - 1, true), NotGiven, "{specification:?}: another entry");
        let unnoticed = if notice.is_some() { NotGiven } else { Given };
        assert_eq!(said(2, place, false), unnoticed, "{specification:?}: without notice");
        assert_eq!(said(1, place, false), NotGiven, "{specification:?}: a refusal needs no notice");
    }
}

#[test]
fn every_law_in_force_has_to_allow_the_exact_place() {
    let entries = |value| [0, 0, 0, 0, 0, 0, 0, value];
    let text = Gpp::new()
        .with_tcf(&TcString::new(BEFORE_DISCLOSURE))
        .with_us(&with(UsSpecification::Virginia, "SensitiveDataProcessing", &entries(1)))
        .with_us(&with(UsSpecification::Connecticut, "SensitiveDataProcessing", &entries(0)))
        .with_us(&with(UsSpecification::Texas, "SensitiveDataProcessing", &entries(2)))
        .with_us(&open(UsSpecification::Maryland))
        .encode();
    let said = |ids: &[i64]| InForce::read(Some(&text), ids).read().unwrap().location;
    assert_eq!(said(&[16]), LocationConsent::Given);
    // One law refuses, one says nothing, one has no entry for it.
    for other in [9, 12, 24] {
        assert_eq!(said(&[other, 16]), LocationConsent::NotGiven, "{other}");
        assert_eq!(said(&[16, other]), LocationConsent::NotGiven, "{other}");
        assert_eq!(said(&[other]), LocationConsent::NotGiven, "{other}");
    }
    assert_eq!(said(&[2, 16]), LocationConsent::Given);
    assert_eq!([said(&[-1]), said(&[2])], [LocationConsent::NoLaw; 2]);
}

#[test]
fn a_list_of_nothing_but_the_header_and_the_signature_says_nothing() {
    let text = several().encode();
    for sections in [&[3][..], &[4], &[3, 4]] {
        let read = InForce::read(Some(&text), sections);
        assert_eq!(read, Reading::Unreadable(Unreadable::SectionsInForce));
    }
}

/// A string, its list, and whether Europe and Canada are in force.
type FrameworkRow<'a> = (Option<&'a str>, &'a [i64], [TcfSection; 2]);

#[test]
fn a_framework_in_force_is_noticed_read_or_not() {
    use TcfSection::{InForce as Yes, NotInForce as No};
    let europe = several().encode();
    let canada = Gpp::new().with_tcf_canada(&TcfCanada::new(0)).encode();
    let neither = Gpp::new().with_us(&open(UsSpecification::Virginia)).encode();
    let [europe, canada, neither] = [&europe, &canada, &neither].map(|text| Some(text.as_str()));
    let broken = Some("nothing");
    let rows: [FrameworkRow<'_>; 23] = [
        (europe, &[2], [Yes, No]),
        (europe, &[9], [No, No]),
        (europe, &[], [Yes, No]),
        (europe, &[5], [No, Yes]),
        (canada, &[], [No, Yes]),
        (canada, &[5], [No, Yes]),
        (canada, &[9], [No, No]),
        (canada, &[-1], [No, No]),
        (neither, &[], [No, No]),
        (neither, &[2], [Yes, No]),
        (neither, &[2, 5], [Yes, Yes]),
        // Nobody can tell what is in it.
        (broken, &[], [Yes, Yes]),
        (broken, &[0], [Yes, Yes]),
        (broken, &[9], [No, No]),
        (broken, &[9, 2], [Yes, No]),
        (broken, &[-1], [No, No]),
        // A list that contradicts itself takes nothing out of force.
        (canada, &[-1, 9], [No, Yes]),
        (canada, &[0], [No, Yes]),
        (neither, &[-1, 2], [Yes, No]),
        (None, &[2], [Yes, No]),
        (None, &[5], [No, Yes]),
        (None, &[-1], [No, No]),
        (Some(""), &[], [No, No]),
    ];
    for (text, sections, expected) in rows {
        let read = GppReading::of(text, sections);
        assert_eq!([read.europe(), read.canada()], expected, "{text:?} {sections:?}");
    }
}

#[test]
fn of_two_strings_that_contradict_either_can_put_a_framework_in_force() {
    use TcfSection::{InForce as Yes, NotInForce as No};
    let canada = Gpp::new().with_tcf_canada(&TcfCanada::new(0)).encode();
    let europe = several().encode();
    let neither = Gpp::new().with_us(&open(UsSpecification::Virginia)).encode();
    let rows = [
        ([&neither, &canada], &[][..], [No, Yes]),
        ([&europe, &neither], &[], [Yes, No]),
        ([&europe, &canada], &[], [Yes, Yes]),
        ([&europe, &canada], &[9], [No, No]),
    ];
    for (texts, sections, expected) in rows {
        let read = GppReading::contradictory(texts.map(String::as_str), sections);
        assert_eq!([read.europe(), read.canada()], expected, "{sections:?}");
        assert_eq!(read.unreadable(), Some(Unreadable::Contradiction));
    }
}
