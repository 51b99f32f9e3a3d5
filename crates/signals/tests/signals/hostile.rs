//! Input that nobody sends by mistake: nothing panics, and what reads, reads the same again.

use crate::{dice::Dice, letters, strings};
use proptest::prelude::*;
use sluicegate_signals::{
    CanadaString, GppString, Ids, InForce, TEXT_BYTES_MAX, TcString, Unreadable, UsField, UsLaw,
    UsPrivacy, UsSection, Vendor, VendorList, Vendors,
};
use sluicegate_signals_encoder::{Gpp, UsSpecification, VendorLayout};

const SEED: u64 = 20_261_103;
const RANDOM: usize = 60_000;
const MUTATED: usize = 100_000;
/// Longest string that is damaged; longer ones are only slower.
const DAMAGED_BYTES_MAX: usize = 700;

#[test]
fn random_letters_are_read_or_refused() {
    let mut dice = Dice::of(SEED);
    for _ in 0..RANDOM {
        let length = if dice.byte(200) == 0 { TEXT_BYTES_MAX } else { usize::from(dice.byte(90)) };
        let head = dice.one_of(&["", "C", "B", "D", "DBA", "DBAB", "1", "Y", "CA"]);
        let text: String = (0..length).map(|_| dice.one_of(LETTERS)).map(char::from).collect();
        check(&format!("{head}{text}"));
    }
}

#[test]
fn strings_that_were_damaged_are_read_or_refused() {
    let mut dice = Dice::of(SEED + 1);
    let valid: Vec<String> = (0..1_000)
        .map(|number| valid(&mut dice, number))
        .filter(|text| text.len() <= DAMAGED_BYTES_MAX)
        .collect();
    assert!(valid.len() > 300, "seed {SEED}: too few are short");
    for _ in 0..MUTATED {
        let mut text = valid[dice.index(valid.len())].clone().into_bytes();
        for _ in 0..=dice.byte(2) {
            damage(&mut dice, &valid, &mut text);
        }
        text.truncate(TEXT_BYTES_MAX);
        check(&String::from_utf8(text).unwrap());
    }
}

#[test]
fn a_table_of_contents_that_announces_too_much_is_refused() {
    // A group of 6 and more ids, and one text.
    assert!(GppString::read("DBAB4AAAAAAY~x").is_err());
    assert!(InForce::read(Some("DBAB4AAAAAAY~x"), &[]).unreadable().is_some());
    // Groups of ever more ids, by Fibonacci codes of ever more digits.
    for digits in 1..60 {
        let group = format!("1 11 {}11", "0".repeat(digits));
        let header = letters::text(&format!("000011000001 000000000001 {group}"));
        let read = GppString::read(&header);
        assert!(matches!(read, Err(Unreadable::Contents | Unreadable::Ids)), "{digits}");
        let many = letters::text(&format!("000011000001 111111111111 {}", group.repeat(100)));
        assert!(GppString::read(&many).is_err(), "{digits}");
    }
    let tildes = "~".repeat(TEXT_BYTES_MAX - 4);
    assert_eq!(GppString::read(&format!("DBAA{tildes}")), Err(Unreadable::Contents));
    assert_eq!(GppString::read(&format!("DBAA{tildes}~")), Err(Unreadable::TooLong));
}

#[test]
fn a_string_of_sixty_four_sections_is_read_and_one_of_more_is_not() {
    let string = |count: u16| (1..=count).fold(Gpp::new(), |string, id| string.with(100 + id, ""));
    assert!(GppString::read(&string(64).encode()).is_ok());
    assert_eq!(GppString::read(&string(65).encode()), Err(Unreadable::Contents));
}

#[test]
fn the_longest_string_of_overlapping_ranges_is_asked_in_one_walk() {
    // Every range holds every id: expanded it would be 190 million.
    let core = strings::tcf(&mut Dice::of(SEED), 0);
    let core = sluicegate_signals_encoder::TcString {
        vendors_consent: sluicegate_signals_encoder::Vendors::none(),
        vendors_legitimate_interest: sluicegate_signals_encoder::Vendors::none(),
        restrictions: Vec::new(),
        disclosed: None,
        allowed: None,
        publisher: None,
        ..core
    };
    let range = format!("1{}{}", letters::number(1, 16), letters::number(65_535, 16));
    let list =
        format!("001 {} 1 {} {}", "1".repeat(16), letters::number(2_900, 12), range.repeat(2_900));
    let text = format!("{}.{}", core.encode(), letters::text(&list));
    assert!(text.len() <= TEXT_BYTES_MAX);
    let read = TcString::read(&text).unwrap();
    assert!(read.disclosed.unwrap().contains(65_535));
    check(&text);
}

/// Damages a text: another letter, a letter more or less, a cut, or the end of another.
fn damage(dice: &mut Dice, valid: &[String], text: &mut Vec<u8>) {
    let place = dice.index(text.len() + 1);
    match dice.byte(6) {
        0 => text.truncate(place),
        1 => text.insert(place, dice.one_of(LETTERS)),
        2 if place < text.len() => drop(text.remove(place)),
        3 => {
            let other = valid[dice.index(valid.len())].as_bytes();
            text.truncate(place);
            text.extend(&other[dice.index(other.len())..]);
        }
        // Near the beginning, where the fields are.
        4 if text.len() > 60 => text[place % 60] = dice.one_of(LETTERS),
        _ if place < text.len() => text[place] = dice.one_of(LETTERS),
        _ => {}
    }
}

fn valid(dice: &mut Dice, number: usize) -> String {
    let layouts = [VendorLayout::Specification, VendorLayout::Library, VendorLayout::Legacy];
    match number % 4 {
        0 => strings::tcf(dice, 3).encode(),
        1 => {
            let layout = dice.one_of(&layouts);
            Gpp::new().with_tcf_canada(&strings::canada(dice, layout)).encode()
        }
        2 => Gpp::new().with_tcf(&strings::tcf(dice, 3)).encode(),
        _ => UsSpecification::ALL
            .into_iter()
            .fold(Gpp::new(), |string, specification| {
                if dice.coin() { string.with_us(&strings::us(dice, specification)) } else { string }
            })
            .encode(),
    }
}

/// Reads a text as everything, and asks about what is read.
fn check(text: &str) {
    check_tcf(text);
    check_gpp(text);
    if let Ok(read) = CanadaString::read(text) {
        assert!(read.readings().next().is_some());
        let (nobody, one) = (read.bases(0), read.bases(1));
        assert!(nobody.purpose(1).is_err() && one.purpose(0).is_err());
        assert!(nobody.special_feature(0).is_err());
    }
    for law in [UsLaw::National, UsLaw::California, UsLaw::Maryland, UsLaw::Indiana] {
        if let Ok(read) = UsSection::read(law, text) {
            let entries = UsField::ALL.iter().flat_map(|field| read.entries(*field));
            assert!(entries.max() <= Some(2));
        }
    }
    if let Ok(read) = UsPrivacy::read(text) {
        assert_eq!(read.to_string(), text);
    }
}

fn check_tcf(text: &str) {
    let read = TcString::read(text);
    assert_eq!(read, TcString::read(text));
    let Ok(read) = read else { return };
    assert_eq!(read.text(), text);
    let passed_on = read.passed_on().unwrap();
    assert!(TcString::read(&passed_on).is_ok() && passed_on.len() == text.len());
    let every: Ids = (1..=Ids::MAX).collect();
    for id in [0, 1, 720, u16::MAX] {
        let vendor = Vendor {
            id,
            consent: every,
            legitimate_interest: every,
            flexible: every,
            special_features: every,
        };
        let bases = read.bases(&vendor);
        let given = (0..=u8::MAX).filter(|purpose| bases.purpose(*purpose).is_ok()).count();
        assert!(given == 0 || id > 0);
    }
    let lists = [Some(read.consent), Some(read.legitimate_interest), read.disclosed];
    lists.into_iter().flatten().for_each(|list| check_list(&list));
}

fn check_gpp(text: &str) {
    let read = GppString::read(text);
    assert_eq!(read, GppString::read(text));
    let Ok(read) = read else { return };
    assert_eq!(read.text(), text);
    assert!(read.sections().map(|(id, _)| id).is_sorted_by(|low, high| low < high));
    for ids in [[].as_slice(), &[-1], &[7], &[2, 5, 8]] {
        let in_force = InForce::read(Some(text), ids);
        assert!(in_force.read().and_then(InForce::text).is_none_or(|kept| kept == text));
        let kept = in_force.read().filter(|read| read.text().is_some());
        if let Some(passed_on) = kept.map(|read| read.passed_on().unwrap()) {
            assert!(
                InForce::read(Some(&passed_on), ids)
                    .read()
                    .is_some_and(|read| read.text().is_some())
            );
        }
    }
}

fn check_list(list: &Vendors<'_>) {
    assert!(!list.contains(0));
    assert!(list.iter().take(5).all(|id| list.contains(id)));
}

const LETTERS: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~AAAAAAAA";

proptest! {
    #[test]
    fn any_text_at_all_is_read_or_refused(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_bytes_are_a_vendor_list_or_are_refused(bytes in any::<Vec<u8>>()) {
        prop_assert!(VendorList::read(&bytes).is_err(), "random bytes are no list");
    }

    #[test]
    fn any_list_of_sections_in_force_is_read_or_refused(ids in any::<Vec<i64>>()) {
        let text = Gpp::new().with(9, "BAAAABA").encode();
        let read = InForce::read(Some(&text), &ids);
        let is_open = ids.is_empty() || ids == [-1] || ids.iter().all(|id| [3, 4, 9].contains(id));
        prop_assert_eq!(read.read().is_some(), is_open && ids.len() <= 64);
    }
}
