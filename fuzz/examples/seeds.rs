//! Writes the first inputs of each target to `corpus/`, with the encoder: `cargo run --example seeds`.

use sluicegate_signals_encoder::{
    Gpp, Grouping, Padding, Publisher, Restriction, Segment, TcString, TcfCanada, UsPrivacy,
    UsPrivacyAnswer, UsSection, UsSpecification, VendorForm, VendorLayout, Vendors,
};
use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    for (name, string) in tcf() {
        write("tcf", name, string.encode().as_bytes())?;
    }
    for (name, sections, text) in gpp() {
        let count = u8::try_from(sections.len()).unwrap_or(u8::MAX);
        let head: Vec<u8> = [count].into_iter().chain(sections).collect();
        write("gpp", &name, &[head.as_slice(), text.as_bytes()].concat())?;
    }
    for (name, string) in us_privacy() {
        write("us_privacy", name, string.encode().as_bytes())?;
    }
    write("vendor_list", "empty", list("").as_bytes())?;
    write("vendor_list", "two", list(TWO_VENDORS).as_bytes())
}

/// A string of each form.
fn tcf() -> Vec<(&'static str, TcString)> {
    let ids = || Vendors::of([1, 2, 3, 7, 720]);
    let consent = |form| TcString {
        purposes_consent: (1..=10).collect(),
        purposes_legitimate_interest: [2, 7, 9].into(),
        special_feature_opt_ins: [1].into(),
        vendors_consent: ids().written_as(form),
        vendors_legitimate_interest: ids().written_as(form),
        disclosed: Some(ids().written_as(form)),
        ..TcString::new(17_800_000_000)
    };
    let restriction = |purpose, kind| Restriction { purpose, kind, vendors: [1, 2, 3].into() };
    let publisher = Publisher {
        purposes_consent: [1, 2].into(),
        purposes_legitimate_interest: [7].into(),
        custom_purposes: 63,
        custom_consent: [1, 63].into(),
        custom_legitimate_interest: [2].into(),
    };
    let field = consent(VendorForm::Bitfield);
    let restricted = TcString {
        restrictions: vec![restriction(1, 0), restriction(2, 1), restriction(7, 2)],
        ..field.clone()
    };
    vec![
        ("nothing", TcString::new(17_800_000_000)),
        ("ranges", consent(VendorForm::Range)),
        ("old", TcString { disclosed: None, ..TcString::new(17_000_000_000) }),
        ("restricted", restricted),
        ("purpose_one", TcString { purpose_one_treatment: true, ..field.clone() }),
        ("global", TcString { service_specific: false, ..field.clone() }),
        (
            "segments",
            TcString {
                allowed: Some(ids()),
                publisher: Some(publisher),
                order: [Segment::Publisher, Segment::Allowed, Segment::Disclosed],
                padding: Padding::Groups,
                ..field.clone()
            },
        ),
        ("field", field),
    ]
}

/// Every section alone and in force; then some together.
fn gpp() -> Vec<(String, Vec<u8>, String)> {
    let mut seeds = Vec::new();
    for specification in UsSpecification::ALL {
        let mut section = UsSection::new(specification);
        section.set("SaleOptOut", &[2]).set("SaleOptOutNotice", &[1]);
        section.gpc = specification.has_gpc().then_some(true);
        section.sensitive =
            specification.has_sensitive_sub_section().then_some([0, 1, 2, 0, 0, 0, 0, 2]);
        let id = specification.section().to_be_bytes()[1];
        let name = format!("{}_{}", specification.prefix(), specification.version());
        seeds.push((name, vec![id], Gpp::new().with_us(&section).encode()));
    }
    for (name, layout) in [
        ("canada_specification", VendorLayout::Specification),
        ("canada_library", VendorLayout::Library),
        ("canada_legacy", VendorLayout::Legacy),
    ] {
        let section = TcfCanada {
            layout,
            purposes_express_consent: (1..=9).collect(),
            vendors_express_consent: Vendors::of([1, 2, 3, 720]),
            disclosed: Some(Vendors::of([1, 2, 720])),
            publisher: Some(Publisher::default()),
            ..TcfCanada::new(17_800_000_000)
        };
        seeds.push((name.into(), vec![5], Gpp::new().with_tcf_canada(&section).encode()));
    }
    let sale = UsPrivacy { opt_out_sale: UsPrivacyAnswer::Yes, ..UsPrivacy::new() };
    let several = Gpp::new()
        .with_tcf(&TcString::new(17_800_000_000))
        .with_us_privacy(&sale)
        .with_us(&UsSection::new(UsSpecification::NationalV2));
    let singles = Gpp { grouping: Grouping::Singles, ..several.clone() };
    seeds.push(("several".into(), vec![2, 6, 7], several.encode()));
    seeds.push(("singles".into(), Vec::new(), singles.encode()));
    seeds.push(("none_in_force".into(), vec![u8::MAX], several.with(99, "x").encode()));
    seeds
}

fn us_privacy() -> Vec<(&'static str, UsPrivacy)> {
    let string = |notice, opt_out_sale, lspa_covered| UsPrivacy {
        notice,
        opt_out_sale,
        lspa_covered,
        ..UsPrivacy::new()
    };
    let (yes, no) = (UsPrivacyAnswer::Yes, UsPrivacyAnswer::No);
    vec![
        ("not_applicable", UsPrivacy::new()),
        ("sold", string(yes, no, no)),
        ("opted_out", string(yes, yes, UsPrivacyAnswer::NotApplicable)),
    ]
}

fn list(vendors: &str) -> String {
    format!(
        r#"{{"gvlSpecificationVersion":3,"vendorListVersion":45,"tcfPolicyVersion":5,"vendors":{{{vendors}}}}}"#
    )
}

const TWO_VENDORS: &str = r#""7":{"id":7,"name":"x","purposes":[1,3,4],"legIntPurposes":[2,7],"flexiblePurposes":[2],"specialFeatures":[1]},"8":{"id":8,"purposes":[],"legIntPurposes":[],"flexiblePurposes":[],"specialFeatures":[],"deletedDate":"2025-01-01T00:00:00Z"}"#;
