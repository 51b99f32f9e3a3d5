//! Inputs of rule 5 that are consent strings, written by the encoder and read by `signals`.

use super::Input;
use sluicegate_gate::{Reason, TcfParty, TcfUse};
use sluicegate_signals::{GppReading, Ids, Reading, TcString, UsPrivacy, UsRefusal, Vendor};
use sluicegate_signals_encoder as encoder;

pub(super) fn inputs() -> Vec<Input> {
    vec![us_privacy(), gpp(), tcf(), party()]
}

const VENDOR: u16 = 77;
const MADE_DS: u64 = 17_800_000_000;

/// Keeps a text for the rest of the test.
fn keep(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn us_privacy() -> Input {
    let reaches = [Reason::UsPrivacyOptOut, Reason::UsPrivacyNoNotice, Reason::SignalNotReadable];
    let strings = [
        ("absent", None),
        ("not applicable", Some("1---")),
        ("open", Some("1YNN")),
        ("opted out", Some("1YYN")),
        ("no notice", Some("1NNN")),
        ("unreadable", Some("1Y")),
    ];
    strings
        .into_iter()
        .fold(Input::new("us_privacy", &reaches), |input, (name, text)| {
            let reading = Reading::of(text, UsPrivacy::read);
            input.value(name, move |world| world.signals.us_privacy = reading)
        })
        .closing("absent", &["not applicable"])
        .closing("not applicable", &["open"])
        .closing("open", &["opted out", "no notice", "unreadable"])
}

const TCF_REACHES: [Reason; 8] = [
    Reason::ConsentStringMissing,
    Reason::NotAVendor,
    Reason::NoBasis(TcfUse::Ask),
    Reason::NoBasis(TcfUse::Measure),
    Reason::NoBasis(TcfUse::Identify),
    Reason::NoBasis(TcfUse::Profile),
    Reason::NoBasis(TcfUse::Locate),
    Reason::LocationNotAllowed,
];

/// The sections in force, and what they say.
fn gpp() -> Input {
    let mut reaches = vec![
        Reason::UsPrivacyOptOut,
        Reason::UsPrivacyNoNotice,
        Reason::SignalNotReadable,
        Reason::LocationNotAllowed,
    ];
    reaches.extend(TCF_REACHES);
    reaches.extend(UsRefusal::ALL.map(Reason::UsLaw));
    let mut input = Input::new("gpp", &reaches)
        .value("absent", |world| world.signals.gpp = GppReading::default())
        .value("agreeing", section(|_| {}));
    for (name, change) in US_CHANGES {
        input = input.value(name, section(change));
    }
    input = input
        .value("unreadable", in_force(&encoder::Gpp::new(), &[7]))
        .value("europe unreadable", in_force(&encoder::Gpp::new(), &[2]))
        .value("canada unreadable", in_force(&encoder::Gpp::new(), &[5]))
        .value("without a table of contents", |world| {
            world.signals.gpp = GppReading::of(Some("nothing"), &[]);
        })
        .value("us privacy open", in_force(&encoder::Gpp::new().with(6, "1YNN"), &[6]))
        .value("us privacy opted out", in_force(&encoder::Gpp::new().with(6, "1YYN"), &[6]))
        .value("us privacy no notice", in_force(&encoder::Gpp::new().with(6, "1NNN"), &[6]))
        .value("europe agreeing", in_force(&encoder::Gpp::new().with_tcf(&agreeing()), &[2]))
        .value("europe refusing", in_force(&encoder::Gpp::new().with_tcf(&refusing()), &[2]))
        .value("beside a law without the place", us_and_maryland(&[7, 24]))
        .value("a law without the place", us_and_maryland(&[24]))
        .value("canada agreeing", canada(&[2, 4, 7], &[1]))
        .value("canada without a profile", canada(&[2, 7], &[]))
        .value("canada refusing", canada(&[], &[]));
    for (name, _) in US_CHANGES {
        input = input.closing("agreeing", &[name]).closing("absent", &[name]);
    }
    input
        .closing("agreeing", &["absent", "unreadable", "beside a law without the place"])
        .closing("absent", &["a law without the place", "beside a law without the place"])
        .closing("absent", &["unreadable", "europe refusing", "canada refusing", "us privacy open"])
        .closing("us privacy open", &["us privacy opted out", "us privacy no notice"])
        .closing("europe agreeing", &["europe refusing", "europe unreadable"])
        .closing("unreadable", &["europe unreadable", "canada unreadable"])
        .closing("canada refusing", &["canada unreadable"])
        .closing("canada unreadable", &["without a table of contents"])
        .closing("europe unreadable", &["without a table of contents"])
        .closing("europe refusing", &["europe unreadable"])
        .closing("canada agreeing", &["canada without a profile"])
        .closing("canada without a profile", &["canada refusing"])
}

type UsChange = fn(&mut encoder::UsSection);

/// Each refusal of a section, and what it may say of the place.
const US_CHANGES: [(&str, UsChange); 11] = [
    ("refuses sale", |section| {
        section.set("SaleOptOut", &[1]);
    }),
    ("refuses sharing", |section| {
        section.set("SharingOptOut", &[1]);
    }),
    ("refuses targeted advertising", |section| {
        section.set("TargetedAdvertisingOptOut", &[1]);
    }),
    ("has gpc", |section| section.gpc = Some(true)),
    ("has no notice", |section| {
        section.set("SharingNotice", &[2]);
    }),
    ("knows a child", |section| {
        section.set("KnownChildSensitiveDataConsents", &[0, 0, 2]);
    }),
    ("has secondary use", |section| {
        section.set("PersonalDataConsents", &[1]);
    }),
    ("is for service providers", |section| {
        section.set("MspaServiceProviderMode", &[1]);
    }),
    ("contradicts itself", |section| {
        section.set("SaleOptOutNotice", &[0]);
    }),
    ("refuses the place", |section| {
        section.set("SensitiveDataProcessing", &[1; 16]);
    }),
    ("leaves the place out", |section| {
        section.set("SensitiveDataProcessing", &[0; 16]);
    }),
];

type Set = Box<dyn Fn(&mut crate::world::World) + Send + Sync>;

fn section(change: UsChange) -> Set {
    let mut section = encoder::UsSection::agreeing(encoder::UsSpecification::NationalV2);
    change(&mut section);
    in_force(&encoder::Gpp::new().with_us(&section), &[7])
}

/// Everything agreed to under the national approach and in Maryland, whose section does not speak of the place.
fn us_and_maryland(sections: &[i64]) -> Set {
    use encoder::UsSpecification::{Maryland, NationalV2};
    let both = [NationalV2, Maryland].map(encoder::UsSection::agreeing);
    let gpp = both.iter().fold(encoder::Gpp::new(), encoder::Gpp::with_us);
    in_force(&gpp, sections)
}

fn canada(purposes: &[u8], features: &[u8]) -> Set {
    let purposes = || purposes.iter().copied().collect();
    let mut string = encoder::TcfCanada::new(MADE_DS);
    string.purposes_express_consent = purposes();
    string.special_feature_express_consent = features.iter().copied().collect();
    string.vendors_express_consent = encoder::Vendors::of([VENDOR]);
    string.publisher =
        Some(encoder::Publisher { purposes_consent: purposes(), ..encoder::Publisher::default() });
    in_force(&encoder::Gpp::new().with_tcf_canada(&string), &[5])
}

fn in_force(gpp: &encoder::Gpp, sections: &[i64]) -> Set {
    let text = Some(keep(gpp.encode()));
    let reading = GppReading::of(text, sections);
    Box::new(move |world| world.signals.gpp = reading)
}

/// Someone who agreed to everything, for the vendor and for the platform itself.
fn agreeing() -> encoder::TcString {
    let mut string = encoder::TcString::agreeing(MADE_DS, &[VENDOR]);
    string.publisher = Some(encoder::Publisher {
        purposes_consent: (1..=11).collect(),
        ..encoder::Publisher::default()
    });
    string
}

fn refusing() -> encoder::TcString {
    let mut string = agreeing();
    for purpose in 1..=11 {
        refuse(&mut string, purpose);
    }
    string.special_feature_opt_ins.clear();
    string
}

fn refuse(string: &mut encoder::TcString, purpose: u8) {
    string.purposes_consent.remove(&purpose);
    string.purposes_legitimate_interest.remove(&purpose);
    if let Some(publisher) = &mut string.publisher {
        publisher.purposes_consent.remove(&purpose);
    }
}

fn restrict(string: &mut encoder::TcString, purpose: u8, kind: u8) {
    let vendors = [VENDOR].into();
    string.restrictions.push(encoder::Restriction { purpose, kind, vendors });
}

type TcfChange = fn(&mut encoder::TcString);

const TCF_CHANGES: [(&str, TcfChange); 16] = [
    ("purpose 1 refused", |string| refuse(string, 1)),
    ("purpose 2 refused", |string| refuse(string, 2)),
    ("purpose 4 refused", |string| refuse(string, 4)),
    ("purpose 7 refused", |string| refuse(string, 7)),
    ("place refused", |string| string.special_feature_opt_ins = [2].into()),
    ("vendor refused", |string| string.vendors_consent = encoder::Vendors::none()),
    ("vendor objected to", |string| {
        string.vendors_legitimate_interest = encoder::Vendors::none();
    }),
    ("vendor not disclosed", |string| string.disclosed = Some(encoder::Vendors::none())),
    ("purpose 1 restricted", |string| restrict(string, 1, 0)),
    ("purpose 2 restricted", |string| restrict(string, 2, 0)),
    ("purpose 4 restricted", |string| restrict(string, 4, 3)),
    ("purpose 7 restricted", |string| restrict(string, 7, 1)),
    ("purpose 2 by interest only", |string| restrict(string, 2, 2)),
    ("purpose 1 not asked", |string| {
        refuse(string, 1);
        string.purpose_one_treatment = true;
    }),
    ("nothing for the platform", |string| string.publisher = None),
    ("made under an old policy", |string| string.policy_version = 3),
];

fn tcf() -> Input {
    let mut reaches = vec![Reason::SignalNotReadable];
    reaches.extend(TCF_REACHES);
    let mut input = Input::new("tcf", &reaches)
        .value("absent", |world| world.signals.tcf = Reading::Absent)
        .value("agreeing", string(&agreeing()))
        .value("refusing", string(&refusing()))
        .value("unreadable", |world| {
            world.signals.tcf = Reading::of(Some("C"), TcString::read_valid);
        });
    for (name, change) in TCF_CHANGES {
        let mut changed = agreeing();
        change(&mut changed);
        // A vendor whose basis can be either is not held up by being asked for one of them.
        input = input.value(name, string(&changed)).closing("agreeing", &[name]);
    }
    input
        .closing("agreeing", &["refusing", "absent"])
        .closing("purpose 1 refused", &["refusing"])
        .closing("purpose 2 refused", &["refusing"])
        .closing("purpose 4 refused", &["refusing"])
        .closing("place refused", &["refusing"])
        .closing("absent", &["unreadable"])
}

fn string(string: &encoder::TcString) -> Set {
    let reading = Reading::of(Some(keep(string.encode())), TcString::read_valid);
    Box::new(move |world| world.signals.tcf = reading)
}

fn party() -> Input {
    let by_consent = Vendor {
        id: VENDOR,
        consent: Ids::from_iter([1, 2, 4]),
        legitimate_interest: Ids::from_iter([7]),
        flexible: Ids::NONE,
        special_features: Ids::from_iter([1]),
    };
    let flexible = Vendor {
        consent: Ids::from_iter([1, 4]),
        legitimate_interest: Ids::from_iter([2, 7]),
        flexible: Ids::from_iter([2, 7]),
        ..by_consent
    };
    let only_asked =
        Vendor { consent: Ids::from_iter([2]), special_features: Ids::NONE, ..by_consent };
    let mut reaches = TCF_REACHES.to_vec();
    reaches.retain(|reason| *reason != Reason::ConsentStringMissing);
    Input::new("party", &reaches)
        .value("vendor", move |world| world.terms.tcf = TcfParty::Vendor(by_consent))
        .value("flexible vendor", move |world| world.terms.tcf = TcfParty::Vendor(flexible))
        .value("vendor that declared less", move |world| {
            world.terms.tcf = TcfParty::Vendor(only_asked);
        })
        .value("publisher", |world| world.terms.tcf = TcfParty::Publisher)
        .value("nobody", |world| world.terms.tcf = TcfParty::Nobody)
        .closing("vendor", &["vendor that declared less"])
        .closing("vendor that declared less", &["nobody"])
        .closing("flexible vendor", &["nobody"])
        .closing("publisher", &["nobody"])
}
