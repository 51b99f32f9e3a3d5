//! What may be passed on of what was read.

use sluicegate_signals::{
    Gdpr, GdprScope, GppReading, PassedOn, Reading, Signals, TcString, Unreadable, UsPrivacy,
};
use sluicegate_signals_encoder::{self as encoder, UsSection, UsSpecification};

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
fn strings_are_passed_on_as_they_came_or_not_at_all() {
    let section = UsSection::agreeing(UsSpecification::California);
    let gpp = encoder::Gpp::new().with_us(&section).encode();
    let tcf = encoder::TcString::agreeing(17_000_000_000, &[7]).encode();
    let read = Signals {
        us_privacy: Reading::of(Some("1YNN"), UsPrivacy::read),
        gpp: GppReading::of(Some(&gpp), &[8]),
        tcf: Reading::of(Some(&tcf), TcString::read_valid),
        ..Signals::default()
    };
    let passed_on = read.passed_on(&[8], GdprScope::In);
    assert_eq!((passed_on.tcf, passed_on.gpp), (Some(tcf.as_str()), Some(gpp.as_str())));
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
