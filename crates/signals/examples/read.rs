//! Prints what a consent string says: `cargo run -p sluicegate-signals --example read -- <string> [section..]`.
//!
//! The numbers after a GPP string are its sections in force; without them all are. A consent string is personal
//! data: whoever prints one knows why.
#![expect(clippy::print_stdout, reason = "an example that shows what was read")]

use sluicegate_signals::{
    GppString, InForce, Reading, Section, TcString, Unreadable, UsPrivacy, UsSection, Vendors,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(text) = arguments.next() else {
        println!("usage: read <string of TCF, GPP or US Privacy> [section in force ..]");
        return ExitCode::FAILURE;
    };
    let ids: Vec<i64> = arguments.filter_map(|id| id.parse().ok()).collect();
    let told = match text.bytes().next() {
        Some(b'D') => gpp(&text, &ids),
        Some(b'1') => UsPrivacy::read(&text).map(us_privacy),
        _ => TcString::read(&text).map(|read| tcf(&read)),
    };
    if let Err(why) = told {
        println!("opted out: {why}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn gpp(text: &str, ids: &[i64]) -> Result<(), Unreadable> {
    for (id, text) in GppString::read(text)?.sections() {
        println!("section {id}");
        match Section::read(id, text) {
            Ok(Section::TcfEurope(read)) => tcf(&read),
            Ok(Section::TcfCanada(read)) => {
                println!("  ways to read it: {}", read.readings().count());
            }
            Ok(Section::UsPrivacy(read)) => us_privacy(read),
            Ok(Section::Us(read)) => us(&read),
            Ok(Section::Unknown) => println!("  not known"),
            Err(why) => println!("  unreadable: {why}"),
        }
    }
    match InForce::read(Some(text), ids) {
        Reading::Unreadable(why) => return Err(why),
        Reading::Absent => println!("nothing is in force"),
        Reading::Read(read) => {
            for (refusal, laws) in read.us.iter() {
                println!("closed: {refusal:?} ({laws})");
            }
            println!("exact place: {:?}", read.location);
            println!("to be passed on: {}", if read.text().is_some() { "yes" } else { "no" });
        }
    }
    Ok(())
}

fn tcf(read: &TcString<'_>) {
    println!("  {:#?}", read.core);
    println!("  vendors by consent: {}", amount(&read.consent));
    println!("  vendors by legitimate interest: {}", amount(&read.legitimate_interest));
    println!("  vendors disclosed: {:?}", read.disclosed.map(|list| amount(&list)));
    for restriction in read.restrictions() {
        let vendors = amount(&restriction.vendors);
        println!("  purpose {}: {:?} for {vendors}", restriction.purpose, restriction.kind);
    }
    println!("  publisher: {:?}", read.publisher);
    if let Err(why) = TcString::read_valid(read.text()) {
        println!("  it does not hold: {why}");
    }
}

fn us(read: &UsSection) {
    println!("  {}, version {}", read.law().name(), read.version());
    for field in read.fields() {
        println!("  {}: {:?}", field.name(), read.entries(field).collect::<Vec<u8>>());
    }
    println!("  Gpc: {:?}", read.gpc);
}

fn us_privacy(read: UsPrivacy) {
    let UsPrivacy { notice, opt_out_sale, lspa_covered } = read;
    println!("  notice {notice:?}, opt-out of sale {opt_out_sale:?}, agreement {lspa_covered:?}");
}

/// Counts vendors by asking about each: a string may list one many times.
fn amount(list: &Vendors<'_>) -> usize {
    (1..=u16::MAX).filter(|id| list.contains(*id)).count()
}
