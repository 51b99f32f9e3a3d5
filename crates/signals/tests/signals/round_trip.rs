//! What was written is read, field by field.

use crate::{dice::Dice, read_words, strings, written_words};
use sluicegate_signals::{
    CanadaString, GppString, Section, TcString, Unreadable, UsLaw, UsPrivacy, UsSection,
};
use sluicegate_signals_encoder::{SectionHeader, UsSpecification, VendorLayout};

const SEED: u64 = 20_261_101;
const STRINGS: usize = 1_500;
const EACH: usize = 200;

#[test]
fn a_tcf_string_of_any_content_says_what_was_written() {
    let mut dice = Dice::of(SEED);
    for _ in 0..STRINGS {
        let string = strings::tcf(&mut dice, 3);
        let text = string.encode();
        let read = match TcString::read(&text) {
            Err(Unreadable::TooLong) => continue,
            read => read.unwrap_or_else(|why| panic!("seed {SEED}: {why}: {text}")),
        };
        assert_eq!(read_words::tcf(&read), written_words::tcf(&string), "seed {SEED}: {text}");
        assert_eq!(read.text(), text);
    }
}

#[test]
fn every_section_of_the_united_states_says_what_was_written() {
    let mut dice = Dice::of(SEED + 1);
    for specification in UsSpecification::ALL {
        let law = UsLaw::of(specification.section()).unwrap();
        assert_eq!(law.prefix(), specification.prefix());
        for _ in 0..EACH {
            let section = strings::us(&mut dice, specification);
            let text = section.encode();
            let read = UsSection::read(law, &text);
            let read = read.unwrap_or_else(|why| panic!("seed {SEED}: {law:?} {why}: {text}"));
            assert_eq!(read_words::us(&read), written_words::us(&section), "seed {SEED}: {text}");
            assert_eq!((read.law(), read.version()), (law, specification.version()));
        }
    }
}

#[test]
fn a_section_reads_the_same_with_its_header_and_without() {
    let mut dice = Dice::of(SEED + 2);
    for specification in UsSpecification::ALL.into_iter().filter(|table| table.has_section_header())
    {
        let law = UsLaw::of(specification.section()).unwrap();
        let mut section = strings::us(&mut dice, specification);
        let texts = [SectionHeader::Written, SectionHeader::Omitted].map(|header| {
            section.header = header;
            section.encode()
        });
        let [with, without] = texts.each_ref().map(|text| UsSection::read(law, text));
        assert!(with.is_ok() && with == without, "seed {SEED}: {texts:?}");
    }
}

#[test]
fn one_reading_of_a_canadian_string_is_what_was_written() {
    let mut dice = Dice::of(SEED + 3);
    for layout in [VendorLayout::Specification, VendorLayout::Library, VendorLayout::Legacy] {
        for _ in 0..EACH {
            let section = strings::canada(&mut dice, layout);
            let text = section.encode();
            let read = CanadaString::read(&text);
            let read = read.unwrap_or_else(|why| panic!("seed {SEED}: {layout:?} {why}: {text}"));
            let written = written_words::canada(&section);
            let is_among = read.readings().any(|reading| read_words::canada(&reading) == written);
            assert!(is_among, "seed {SEED}: {layout:?}: {text}");
        }
    }
}

#[test]
fn a_platform_string_has_the_sections_that_were_written_in_any_way_of_writing_the_header() {
    let mut dice = Dice::of(SEED + 4);
    for _ in 0..STRINGS {
        let string = strings::opaque(&mut dice);
        let text = string.encode();
        let read = GppString::read(&text);
        let read = read.unwrap_or_else(|why| panic!("seed {SEED}: {why}: {text}"));
        let written = string.sections.iter().map(|(id, text)| (*id, text.as_str()));
        assert!(read.sections().eq(written), "seed {SEED}: {text}");
        assert_eq!(read.text(), text);
        assert_eq!(read.section(28), string.sections.get(&28).map(|_| Ok(Section::Unknown)));
    }
}

#[test]
fn a_us_privacy_string_says_what_was_written() {
    for notice in strings::ANSWERS {
        for opt_out_sale in [strings::ANSWERS[0], strings::ANSWERS[1]] {
            for lspa_covered in strings::ANSWERS {
                let string = sluicegate_signals_encoder::UsPrivacy {
                    notice,
                    opt_out_sale,
                    lspa_covered,
                    ..sluicegate_signals_encoder::UsPrivacy::new()
                };
                let read = UsPrivacy::read(&string.encode()).unwrap();
                assert_eq!(read_words::us_privacy(read), written_words::us_privacy(string));
                assert_eq!(read.to_string(), string.encode());
            }
        }
    }
}

/// Nothing is copied or shared out of a text: what is read is a plain value that borrows it.
#[test]
fn what_is_read_borrows_the_text_and_owns_nothing() {
    const fn is_plain<T: Copy + Send + Sync>(_: &T) -> usize {
        size_of::<T>()
    }
    let text = sluicegate_signals_encoder::TcString::new(0).encode();
    let read = TcString::read(&text).unwrap();
    assert!(is_plain(&read) < 512 && std::ptr::eq(read.text(), text.as_str()));
    let text = sluicegate_signals_encoder::Gpp::new().with(99, "x").encode();
    let read = GppString::read(&text).unwrap();
    assert!(is_plain(&read) < 128 && std::ptr::eq(read.text(), text.as_str()));
}
