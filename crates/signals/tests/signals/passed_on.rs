//! What may be passed on of what was read.

use crate::{dice::Dice, read_words, strings};
use serde_json::Value;
use sluicegate_signals::{
    CanadaString, Gdpr, GdprScope, GppReading, GppString, PassedOn, Reading, Signals, TCF_CANADA,
    TCF_EUROPE, TcString, Unreadable, UsPrivacy,
};
use sluicegate_signals_encoder::{self as encoder, UsSection, UsSpecification, VendorLayout};
use std::borrow::Cow;

const SEED: u64 = 20_261_167;
const STRINGS: usize = 400;
const EACH: usize = 100;
/// Tenths of a second in a day.
const DAY: u64 = 864_000;
/// 27 November 2026, in tenths of a second.
const TODAY: u64 = 20_784 * DAY;

/// What was decided goes on; a 0 of the request only where it was decided so.
#[test]
fn the_scope_that_was_decided_is_passed_on() {
    let rows = [
        (GdprScope::In, Gdpr::Unsaid, Some(1)),
        (GdprScope::In, Gdpr::OutOfScope, Some(1)),
        (GdprScope::In, Gdpr::InScope, Some(1)),
        (GdprScope::Out, Gdpr::Unsaid, None),
        (GdprScope::Out, Gdpr::OutOfScope, Some(0)),
        (GdprScope::Out, Gdpr::InScope, Some(1)),
    ];
    for (scope, gdpr, expected) in rows {
        let signals = Signals { gdpr, ..Signals::default() };
        assert_eq!(signals.passed_on(&[], scope).gdpr, expected, "{gdpr:?} said, {scope:?}");
    }
}

/// The order of the ids and their number would be room for an identifier: 64 ids of two sections hold eight bytes.
#[test]
fn section_ids_are_passed_on_in_order_and_each_once() {
    let text = encoder::Gpp::new()
        .with_us(&UsSection::agreeing(UsSpecification::California))
        .with_us(&UsSection::agreeing(UsSpecification::Virginia))
        .encode();
    let passed_on = |ids: &[i64]| {
        let signals = Signals { gpp: GppReading::of(Some(&text), ids), ..Signals::default() };
        assert!(signals.gpp.read().is_some(), "{ids:?}");
        signals.passed_on(ids, GdprScope::Out).gpp_sid
    };
    assert!(passed_on(&[]).is_empty());
    assert_eq!(passed_on(&[-1]), [-1]);
    assert_eq!(passed_on(&[8]), [8]);
    let payload: Vec<i64> = (0..64).map(|bit| 8 + (0x5eed_f00d_u64 >> bit & 1)).map(id).collect();
    for ids in [&[8, 9][..], &[9, 8], &[9, 9, 8, 8, 9], &payload] {
        assert_eq!(passed_on(ids), [8, 9], "{ids:?}");
    }
}

fn id(number: u64) -> i64 {
    i64::try_from(number).unwrap()
}

#[test]
fn strings_with_nothing_finer_than_a_day_are_passed_on_as_they_came_or_not_at_all() {
    let section = UsSection::agreeing(UsSpecification::California);
    let gpp = encoder::Gpp::new().with_us(&section).encode();
    let tcf = encoder::TcString::agreeing(TODAY, &[7]).encode();
    let read = Signals {
        us_privacy: Reading::of(Some("1YNN"), UsPrivacy::read),
        gpp: GppReading::of(Some(&gpp), &[8]),
        tcf: Reading::of(Some(&tcf), TcString::read_valid),
        ..Signals::default()
    };
    let passed_on = read.passed_on(&[8], GdprScope::In);
    assert_eq!((passed_on.tcf.as_deref(), passed_on.gpp.as_deref()), (Some(&*tcf), Some(&*gpp)));
    assert_eq!(passed_on.us_privacy.map(|string| string.to_string()).unwrap(), "1YNN");
    assert_eq!(passed_on.gpp_sid, [8]);
    assert_eq!(format!("{passed_on:?}"), "PassedOn([personal])");

    let unread = Signals {
        us_privacy: Reading::Unreadable(Unreadable::Value),
        gpp: GppReading::of(Some("DBABBg~B"), &[8]),
        tcf: Reading::Unreadable(Unreadable::Value),
        ..Signals::default()
    };
    let nothing = PassedOn { gdpr: Some(1), ..PassedOn::default() };
    assert_eq!(
        unread.passed_on(&[8], GdprScope::In),
        nothing,
        "nor the ids of a string that stays"
    );
}

/// The beginning of the day of the later one of two times.
fn day(created: u64, last_updated: u64) -> u64 {
    created.max(last_updated) / DAY * DAY
}

/// Sets the two times of what was read, in the words of either library.
fn made_at(mut words: Value, time: u64) -> Value {
    let spelled = |key: &&str| words.get(key).is_some();
    let keys: Vec<&str> =
        ["created", "lastUpdated", "Created", "LastUpdated"].into_iter().filter(spelled).collect();
    assert_eq!(keys.len(), 2);
    for key in keys {
        words[key] = time.into();
    }
    words
}

#[test]
fn a_string_of_europe_says_the_same_when_it_is_passed_on_but_for_its_two_times() {
    let mut dice = Dice::of(SEED);
    for _ in 0..STRINGS {
        let text = strings::tcf(&mut dice, 3).encode();
        let read = match TcString::read(&text) {
            Err(Unreadable::TooLong) => continue,
            read => read.unwrap(),
        };
        let passed_on = read.passed_on().unwrap();
        let again = TcString::read(&passed_on).unwrap();
        let time = day(read.core.created_ds, read.core.last_updated_ds);
        let (came, went) = (read_words::tcf(&read), read_words::tcf(&again));
        assert_eq!(went, made_at(came, time), "seed {SEED}: {text}");
        assert_eq!((&text[..1], &text[13..]), (&passed_on[..1], &passed_on[13..]), "{text}");
        let valid = |text: &str| TcString::read_valid(text).map(|_read| ());
        assert_eq!(valid(&text), valid(&passed_on), "seed {SEED}: {text}");
        assert_eq!(again.passed_on(), Some(Cow::Borrowed(&*passed_on)));
    }
}

/// In each of the three ways in which its lists of vendors are written.
#[test]
fn the_european_and_the_canadian_section_of_a_platform_string_have_no_time_of_day() {
    let mut dice = Dice::of(SEED + 1);
    for layout in [VendorLayout::Specification, VendorLayout::Library, VendorLayout::Legacy] {
        for _ in 0..EACH {
            let europe = encoder::TcString {
                created: dice.up_to((1 << 36) - 1),
                last_updated: dice.up_to((1 << 36) - 1),
                ..encoder::TcString::agreeing(0, &[7])
            };
            let text = encoder::Gpp::new()
                .with_tcf(&europe)
                .with_tcf_canada(&strings::canada(&mut dice, layout))
                .with_us(&strings::us(&mut dice, UsSpecification::California))
                .encode();
            let ids = [i64::from(TCF_EUROPE)];
            let gpp = GppReading::of(Some(&text), &ids);
            let signals = Signals { gpp, ..Signals::default() };
            let Some(passed_on) = signals.passed_on(&ids, GdprScope::In).gpp else {
                assert_eq!(gpp.unreadable(), Some(Unreadable::TooLong), "seed {SEED}: {text}");
                continue;
            };
            assert!(passed_on != text, "seed {SEED}: {text}");
            same_but_for_times(&text, &passed_on);
        }
    }
}

fn same_but_for_times(came: &str, went: &str) {
    assert_eq!(came.split('~').next(), went.split('~').next());
    let [came, went] = [came, went].map(|text| GppString::read(text).unwrap());
    for ((id, came), (same, went)) in came.sections().zip(went.sections()) {
        assert_eq!(id, same);
        match id {
            TCF_EUROPE => {
                let [came, went] = [came, went].map(|text| TcString::read(text).unwrap());
                let time = day(came.core.created_ds, came.core.last_updated_ds);
                assert_eq!(read_words::tcf(&went), made_at(read_words::tcf(&came), time));
            }
            TCF_CANADA => {
                let [came, went] = [came, went].map(|text| CanadaString::read(text).unwrap());
                let expected = came.readings().map(|reading| {
                    let time = day(reading.created_ds, reading.last_updated_ds);
                    made_at(read_words::canada(&reading), time)
                });
                assert!(went.readings().map(|reading| read_words::canada(&reading)).eq(expected));
            }
            _ => assert_eq!(came, went),
        }
    }
}

#[test]
fn the_day_is_that_of_the_later_time() {
    let rows = [
        (TODAY, TODAY, TODAY),
        (TODAY + 1, TODAY + 1, TODAY),
        (TODAY - 1, TODAY + DAY - 1, TODAY),
        (TODAY - 400 * DAY, TODAY, TODAY),
        (TODAY + DAY, TODAY, TODAY + DAY),
    ];
    for (created, last_updated, expected) in rows {
        let agreeing = encoder::TcString::agreeing(TODAY, &[7]);
        let text = encoder::TcString { created, last_updated, ..agreeing.clone() }.encode();
        let same_day = encoder::TcString { created: expected, last_updated: expected, ..agreeing };
        let signals =
            Signals { tcf: Reading::of(Some(&text), TcString::read_valid), ..Signals::default() };
        let passed_on = signals.passed_on(&[], GdprScope::In);
        assert_eq!(passed_on.tcf.unwrap(), same_day.encode(), "{created} {last_updated}");
        assert_eq!(signals.tcf.read().unwrap().text(), text, "what is decided about is as it came");
    }
}
