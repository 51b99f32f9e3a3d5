//! What is not read in the strings of the United States, and why.

use sluicegate_signals::{Unreadable, UsLaw, UsPrivacy, UsSection};
use sluicegate_signals_encoder::{self as encoder, SectionHeader, UsSpecification};

#[test]
fn the_undefined_value_3_is_refused_in_every_field_of_every_section() {
    for specification in UsSpecification::ALL {
        let law = UsLaw::of(specification.section()).unwrap();
        for field in specification.fields() {
            for place in 0..usize::from(field.entries) {
                let mut section = encoder::UsSection::new(specification);
                let mut entries = vec![0; usize::from(field.entries)];
                entries[place] = 3;
                section.set(field.name, &entries);
                let read = UsSection::read(law, &section.encode());
                assert_eq!(read, Err(Unreadable::Value), "{law:?} {} {place}", field.name);
            }
        }
        if specification.has_sensitive_sub_section() {
            for place in 0..8 {
                let mut section = encoder::UsSection::new(specification);
                let mut entries = [0; 8];
                entries[place] = 3;
                section.sensitive = Some(entries);
                let read = UsSection::read(law, &section.encode());
                assert_eq!(read, Err(Unreadable::Value), "{law:?} beside {place}");
            }
        }
    }
}

#[test]
fn a_section_of_the_united_states_ends_where_its_layout_does() {
    for specification in UsSpecification::ALL {
        let law = UsLaw::of(specification.section()).unwrap();
        let mut section = encoder::UsSection::new(specification);
        section.header = SectionHeader::Omitted;
        let whole = section.encode();
        let read = |text: &str| UsSection::read(law, text).err();
        assert_eq!(read(&whole), None, "{law:?}");
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), Some(Unreadable::TooShort), "{law:?} {end}");
        }
        assert_eq!(read(&format!("{whole}_")), Some(Unreadable::Trailing), "{law:?}");
        assert_eq!(read(&format!("{whole}AAAAA")), Some(Unreadable::Trailing), "{law:?}");
        let tail = if specification.has_sensitive_sub_section() { "AAA" } else { "YA" };
        let two = format!("{whole}.{tail}.{tail}");
        assert_eq!(read(&two), Some(Unreadable::Part), "{law:?}");
        section.version = 3;
        assert_eq!(read(&section.encode()), Some(Unreadable::Version), "{law:?}");
        if specification.has_gpc() {
            for kind in ["A", "g", "w"] {
                let text = format!("{whole}.{kind}");
                assert_eq!(read(&text), Some(Unreadable::Part), "{law:?} {kind}");
            }
        } else if !specification.has_sensitive_sub_section() {
            assert_eq!(read(&format!("{whole}.Y")), Some(Unreadable::Part), "{law:?}");
        }
    }
}

#[test]
fn a_section_header_fits_its_section() {
    let mut section = encoder::UsSection::new(UsSpecification::Maryland);
    section.gpc = Some(true);
    assert_eq!(section.encode(), "YBAC.BgAA.Y");
    let read = |text: &str| UsSection::read(UsLaw::Maryland, text).err();
    assert_eq!(read("YBAC.BgAA.Y"), None);
    assert_eq!(read("YBAB.BgAA.Y"), Some(Unreadable::Contents), "one part announced");
    assert_eq!(read("YBAD.BgAA.Y"), Some(Unreadable::Contents), "three parts announced");
    assert_eq!(read("YCAC.BgAA.Y"), Some(Unreadable::Version), "a header of version 2");
    assert_eq!(read("YBACAAA.BgAA.Y"), Some(Unreadable::Contents), "a header that goes on");
    assert_eq!(read("YBAA"), Some(Unreadable::TooShort), "a header alone");
    assert_eq!(read("ZBAC.BgAA.Y"), Some(Unreadable::Version), "the header of Indiana");
}

#[test]
fn a_us_privacy_string_is_four_characters_that_fit_together() {
    let mut read = Vec::new();
    for first in 0..=u8::MAX {
        for second in 0..=u8::MAX {
            let head = [b'1', first, second];
            for third in [b'Y', b'N', b'-', b'y', b'0', b' '] {
                let bytes = [head.as_slice(), &[third]].concat();
                if let Ok(text) = str::from_utf8(&bytes)
                    && UsPrivacy::read(text).is_ok()
                {
                    read.push(text.to_owned());
                }
            }
        }
    }
    assert_eq!(read.len(), 3 * 2 * 3 + 1, "{read:?}");
}
