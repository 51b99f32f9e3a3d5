//! Sections for the United States, read by `@iabgpp/cmpapi`.

use crate::{
    asked::{ask, compare},
    dice::Dice,
    differences::{FIELDS_RENAMED, PADDINGS_MISREAD, SECTION_HEADERS_UNREAD},
};
use serde_json::{Map, Value, json};
use sluicegate_signals_encoder::{
    Gpp, SectionHeader, UsField, UsSection, UsSpecification, peers::Kind,
};

const SEED: u64 = 20_260_103;
const EACH: usize = 150;

#[test]
fn the_official_library_reads_what_was_written() {
    let mut dice = Dice::of(SEED);
    let mut written = Vec::new();
    for specification in UsSpecification::ALL {
        for _ in 0..EACH {
            let section = section(&mut dice, specification);
            let text = Gpp::new().with_us(&section).encode();
            let sections = json!({ specification.prefix(): expected(&section) });
            let expected = json!({ "ids": [specification.section()], "sections": sections });
            written.push((Kind::Gpp, text, expected));
        }
    }
    compare(SEED, &written);
}

#[test]
fn the_section_headers_that_the_comparison_leaves_out_are_not_read() {
    let mut strings = Vec::new();
    for specification in SECTION_HEADERS_UNREAD {
        let mut section = UsSection::new(specification);
        section.set("SaleOptOut", &[1]);
        assert_eq!(section.header, SectionHeader::Written);
        strings.push((Kind::Gpp, Gpp::new().with_us(&section).encode(), specification));
    }
    for ((_, text, specification), answer) in strings.iter().zip(ask(&strings)) {
        let sale =
            answer.map(|value| value["sections"][specification.prefix()]["SaleOptOut"].clone());
        assert_ne!(sale, Ok(json!(1)), "{text}");
    }
}

#[test]
fn the_paddings_that_the_comparison_leaves_out_are_misread() {
    for (specification, padding) in PADDINGS_MISREAD {
        let mut section = UsSection::new(specification);
        section.padding = padding;
        section.set("PersonalDataConsents", &[1]);
        let text = Gpp::new().with_us(&section).encode();
        for answer in ask(&[(Kind::Gpp, text, ())]) {
            let read = answer.unwrap()["sections"][specification.prefix()].take();
            assert_ne!(read["PersonalDataConsents"], json!(1));
        }
    }
}

#[test]
fn a_section_header_says_which_section_and_how_many_parts() {
    let mut section = UsSection::new(UsSpecification::Maryland);
    assert_eq!(section.encode(), "YBAB.BgAA");
    section.gpc = Some(true);
    assert_eq!(section.encode(), "YBAC.BgAA.Y");
    section.header = SectionHeader::Omitted;
    assert_eq!(section.encode(), "BgAA.Y");
}

#[test]
fn every_section_from_7_to_27_has_a_table() {
    let numbers: Vec<u16> = UsSpecification::ALL.iter().map(|table| table.section()).collect();
    assert_eq!(numbers, [7].into_iter().chain(7..=22).chain(23..=27).collect::<Vec<u16>>());
}

/// Returns a random section in the form that the library writes, as far as it matters to it.
pub(crate) fn section(dice: &mut Dice, specification: UsSpecification) -> UsSection {
    let mut section = UsSection::new(specification);
    for UsField { name, entries } in specification.fields() {
        section.set(name, &dice.entries(usize::from(*entries)));
    }
    let has_gpc = specification.has_gpc() && dice.coin();
    section.gpc = has_gpc.then(|| dice.coin());
    let has_sensitive = specification.has_sensitive_sub_section() && dice.coin();
    section.sensitive = has_sensitive.then(|| dice.entries(8).try_into().unwrap());
    section.header = SectionHeader::Omitted;
    section.padding = loop {
        let padding = dice.padding();
        if !PADDINGS_MISREAD.contains(&(specification, padding)) {
            break padding;
        }
    };
    section
}

/// Returns the section in the words of the library, which does not tell an absent sub-section from
/// one of zeros.
pub(crate) fn expected(section: &UsSection) -> Value {
    let specification = section.specification();
    let mut fields = Map::new();
    fields.insert(specification.version_field().to_owned(), json!(section.version));
    for UsField { name, entries } in specification.fields() {
        let values = section.entries(name).unwrap();
        let value = if *entries == 1 { json!(values[0]) } else { json!(values) };
        fields.insert(library_name(specification, name).to_owned(), value);
    }
    if specification.has_gpc() {
        fields.insert("GpcSegmentType".to_owned(), json!(1));
        fields.insert("Gpc".to_owned(), json!(section.gpc.unwrap_or(false)));
    }
    if specification.has_sensitive_sub_section() {
        let entries = section.sensitive.unwrap_or_default();
        fields.insert("SensitiveDataProcessing".to_owned(), json!(entries));
    }
    Value::Object(fields)
}

fn library_name(specification: UsSpecification, name: &str) -> &str {
    let renamed =
        FIELDS_RENAMED.iter().find(|(of, specified, _)| *of == specification && *specified == name);
    renamed.map_or(name, |(_, _, library)| library)
}
