//! A GPP string that reads says the same again; what is in force is what its sections say.
//!
//! The first byte is how many of the bytes after it are ids of sections in force; the rest is the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_fuzz::letters;
use sluicegate_signals::{CanadaString, GppString, InForce, Reading, Section, UsField, UsSection};

fuzz_target!(|bytes: &[u8]| {
    let Some((count, rest)) = bytes.split_first() else { return };
    let Some((ids, text)) = rest.split_at_checked(usize::from(*count % 8)) else { return };
    let ids: Vec<i64> = ids.iter().map(|id| i64::from(id.cast_signed())).collect();
    if let Ok(text) = std::str::from_utf8(text) {
        check(text, &ids);
    }
    check(&letters(text), &ids);
});

fn check(text: &str, ids: &[i64]) {
    let in_force = InForce::read(Some(text), ids);
    assert_eq!(in_force, InForce::read(Some(text), ids), "the second reading differs");
    match GppString::read(text) {
        Ok(string) => {
            assert_eq!(string.text(), text, "the text is not kept");
            check_sections(&string);
            check_in_force(&string, ids, &in_force);
        }
        Err(_) if text.is_empty() => {}
        Err(why) => assert_eq!(in_force, Reading::Unreadable(why)),
    }
}

/// Ids ascend, there is a text for each, and each is found by its id.
fn check_sections(string: &GppString<'_>) {
    let mut before = 0;
    for (id, text) in string.sections() {
        assert!(id > before, "ids do not ascend");
        before = id;
        assert_eq!(string.section(id), Some(Section::read(id, text)));
        match Section::read(id, text) {
            Ok(Section::Us(section)) => check_us(&section, id),
            Ok(Section::TcfCanada(section)) => check_canada(&section),
            Ok(Section::TcfEurope(_) | Section::UsPrivacy(_) | Section::Unknown) | Err(_) => {}
        }
    }
    assert_eq!(string.sections().count(), string.text().split('~').count() - 1);
}

fn check_us(section: &UsSection, id: u16) {
    assert_eq!(section.law().section(), id, "read as another law");
    for field in UsField::ALL {
        let entries: Vec<u8> = section.entries(*field).collect();
        assert!(entries.iter().all(|entry| *entry <= 2), "an undefined entry");
        assert_eq!(entries.is_empty(), section.fields().all(|other| other != *field));
    }
    let opted_out = section.entries(UsField::SaleOptOut).next() == Some(1);
    assert!(!opted_out || section.refusals().next().is_some(), "an opt-out that closes nothing");
}

fn check_canada(section: &CanadaString<'_>) {
    assert!(section.readings().next().is_some(), "read, and in no way");
    for (vendor, purpose) in [(0, 0), (1, 1), (2, 2), (720, 7), (u16::MAX, u8::MAX)] {
        let bases = section.bases(vendor);
        let given = bases.purpose(purpose).is_ok();
        let listed = |vendor| section.readings().all(|reading| reading.express.contains(vendor));
        assert!(!given || listed(vendor), "given, but not to the vendor");
        assert!(bases.special_feature(purpose).is_err() || listed(vendor));
    }
}

/// Whatever is in force was read from a section of the string; a string that is passed on was understood.
fn check_in_force(string: &GppString<'_>, ids: &[i64], in_force: &Reading<InForce<'_>>) {
    let Reading::Read(in_force) = in_force else { return };
    if ids == [-1] {
        assert!(in_force.us.is_empty() && in_force.tcf_europe.is_none(), "none is in force");
    }
    let counts = |id: u16| ids.is_empty() || ids.contains(&i64::from(id));
    let closed =
        in_force.us.iter().flat_map(|(refusal, laws)| laws.iter().map(move |law| (refusal, law)));
    for (refusal, law) in closed {
        assert!(counts(law.section()), "closed by a law that is not in force");
        let section = string.section(law.section());
        let Some(Ok(Section::Us(section))) = section else { panic!("no such section") };
        assert!(section.refusals().any(|other| other == refusal));
    }
    for (id, text) in string.sections().filter(|(id, _)| counts(*id)) {
        if let Ok(Section::Us(section)) = Section::read(id, text) {
            let closes = section.refusals().next().is_some();
            assert!(!closes || !in_force.us.is_empty(), "a section in force was passed over");
        }
    }
    if in_force.text().is_some() {
        let mut sections = string.sections().map(|(id, text)| Section::read(id, text));
        assert!(sections.all(|read| matches!(read, Ok(ref known) if *known != Section::Unknown)));
    }
}
