//! Which touch a conversion is credited to: a table in the words of the field, and what always holds.

use proptest::prelude::*;
use sluicegate_gate::time::UnixMillis;
use sluicegate_measurement::{
    Attributed, Candidate, ConversionType, Converted, Event, Interaction, OtherTouch, RejectReason,
    Rejected, Touch, Windows, Winner, attribute,
};
use std::time::Duration;

const HOUR: i64 = 3_600_000;
/// When everything is converted.
const NOW: UnixMillis = UnixMillis(100 * 24 * HOUR);

fn ago(hours: i64) -> UnixMillis {
    UnixMillis(NOW.0 - hours * HOUR)
}

fn seen(interaction: Interaction, hours: i64) -> Candidate {
    Candidate { interaction, happened: ago(hours), viewed: None, windows: Windows::default() }
}

fn watched(interaction: Interaction, hours: i64, seconds: u64) -> Candidate {
    let viewed = Some(Duration::from_secs(seconds));
    Candidate { viewed, ..seen(interaction, hours) }
}

fn installed() -> Converted {
    Converted {
        event: Event::Install,
        at: NOW,
        install_begin: None,
        earlier_install: None,
        other: None,
    }
}

#[track_caller]
fn check(converted: Converted, candidates: &[Candidate], winner: Option<(usize, Touch)>) {
    let found = attribute(&converted, candidates).winner.map(|one| (one.index, one.touch));
    assert_eq!(found, winner);
}

use Interaction::{Click, EngagedView, Engagement, Impression, StoreOpen, VideoMidpoint};

#[test]
fn the_last_click_wins_over_everything_seen_later() {
    let touches = [seen(Click, 90), seen(Click, 80), seen(Impression, 1), seen(EngagedView, 2)];
    check(installed(), &touches, Some((1, Touch::Click)));
    check(installed(), &[seen(StoreOpen, 3), seen(EngagedView, 1)], Some((0, Touch::Click)));
}

#[test]
fn without_a_click_an_engaged_view_wins_and_else_the_last_impression() {
    check(
        installed(),
        &[seen(EngagedView, 20), seen(Impression, 1)],
        Some((0, Touch::EngagedView)),
    );
    check(installed(), &[seen(Engagement, 20), seen(Impression, 1)], Some((0, Touch::EngagedView)));
    check(installed(), &[seen(Impression, 9), seen(Impression, 5)], Some((1, Touch::Impression)));
    check(installed(), &[], None);
}

#[test]
fn a_view_is_engaged_from_the_threshold_on_and_below_it_is_an_impression() {
    check(installed(), &[watched(VideoMidpoint, 3, 6)], Some((0, Touch::EngagedView)));
    check(installed(), &[watched(VideoMidpoint, 3, 5)], Some((0, Touch::Impression)));
    check(installed(), &[watched(EngagedView, 3, 5)], Some((0, Touch::Impression)));
    check(installed(), &[watched(Click, 3, 1)], Some((0, Touch::Click)));
}

#[test]
fn windows_end_with_their_last_millisecond() {
    for (touch, hours) in [(Click, 7 * 24), (EngagedView, 24), (Impression, 24)] {
        let last = seen(touch, hours);
        let past = Candidate { happened: UnixMillis(last.happened.0 - 1), ..last };
        assert!(attribute(&installed(), &[last]).winner.is_some(), "{touch:?}");
        assert!(attribute(&installed(), &[past]).winner.is_none(), "{touch:?}");
    }
}

#[test]
fn a_time_in_seconds_stands_for_all_of_its_second() {
    let click = |ms: i64| Candidate { happened: UnixMillis(NOW.0 + ms), ..seen(Click, 0) };
    let began = |hours| Converted { install_begin: Some(ago(hours)), ..installed() };
    let again = |hours| Converted { earlier_install: Some(ago(hours)), ..installed() };
    let day = 24 * HOUR;
    let cases = [
        ("the conversion's own second", installed(), 0, true),
        ("its end", installed(), 999, true),
        ("the next", installed(), 1_000, false),
        ("the first second of the window", installed(), -7 * day, true),
        ("before it", installed(), -7 * day - 1, false),
        ("the second in which the install began", began(1), -HOUR + 999, true),
        ("the next", began(1), -HOUR + 1_000, false),
        (
            "the second of the earlier install, to which it belongs",
            again(48),
            -2 * day + 999,
            false,
        ),
        ("the next", again(48), -2 * day + 1_000, true),
    ];
    for (what, converted, ms, counts) in cases {
        let found = attribute(&converted, &[click(ms)]);
        assert_eq!(found.winner.is_some(), counts, "{what}: {ms} ms");
        assert_eq!(found.rejected.len(), usize::from(what == "the next" && ms == -HOUR + 1_000));
    }
}

#[test]
fn each_touch_has_the_windows_of_its_own_campaign() {
    let wide = Windows { click: Duration::from_hours(30 * 24), ..Windows::default() };
    let touches = [Candidate { windows: wide, ..seen(Click, 20 * 24) }, seen(Click, 8 * 24)];
    check(installed(), &touches, Some((0, Touch::Click)));
    let none = Windows { view: Duration::ZERO, ..Windows::default() };
    check(installed(), &[Candidate { windows: none, ..seen(Impression, 1) }], None);
}

#[test]
fn a_click_after_the_install_began_was_injected() {
    let begin = UnixMillis(ago(1).0 - 5_000);
    let converted = Converted { install_begin: Some(begin), ..installed() };
    let touches = [seen(Click, 1), seen(Impression, 2)];
    let found = attribute(&converted, &touches);
    let rejected = Rejected { index: 0, reason: RejectReason::CtitAnomalies, value: -5 };
    assert_eq!(found.rejected, [rejected]);
    assert_eq!(found.winner.map(|one| one.index), Some(1));
    // An impression after it cannot have led to it either, but nobody forged that.
    let found = attribute(&converted, &[seen(Impression, 1)]);
    assert_eq!(found, Attributed::default());
}

#[test]
fn a_flood_of_clicks_is_no_persons() {
    let mut touches = vec![seen(Click, 2); 50];
    check(installed(), &touches, Some((49, Touch::Click)));
    touches.push(seen(Click, 3));
    let found = attribute(&installed(), &touches);
    assert_eq!((found.winner, found.rejected.len()), (None, 51));
    assert_eq!(found.rejected[0].reason, RejectReason::ClickFlood);
}

#[test]
fn a_flood_is_found_anywhere_in_the_window() {
    let month = Windows { click: Duration::from_hours(30 * 24), ..Windows::default() };
    let click = |hours| Candidate { windows: month, ..seen(Click, hours) };
    // Three weeks ago, and one click since.
    for (flood, is_one) in [(50, false), (51, true)] {
        let mut touches = vec![click(21 * 24); flood];
        touches.push(click(1));
        let found = attribute(&installed(), &touches);
        let rejected = if is_one { touches.len() } else { 0 };
        assert_eq!((found.winner.is_none(), found.rejected.len()), (is_one, rejected));
        assert!(found.rejected.iter().all(|one| one.reason == RejectReason::ClickFlood));
        assert!(found.rejected.iter().all(|one| one.value == 51));
    }
    // A flood within 24 hours that are no day of the calendar, nor the last before the install.
    let touches: Vec<Candidate> = (0..51).map(|half| click(100 + half * 24 / 51)).collect();
    assert!(attribute(&installed(), &touches).winner.is_none());
    // So slow that no 24 hours have many: as many as are looked at of one device.
    for (clicks, is_one) in [(99, false), (100, true)] {
        let touches: Vec<Candidate> = (0..clicks).map(|number| click(1 + number * 7)).collect();
        let found = attribute(&installed(), &touches);
        assert_eq!(found.winner.is_none(), is_one, "{clicks}");
    }
}

#[test]
fn clicks_out_of_their_windows_make_no_flood() {
    let mut touches = vec![seen(Click, 8 * 24); 60];
    touches.push(seen(Click, 1));
    check(installed(), &touches, Some((60, Touch::Click)));
}

#[test]
fn an_install_after_another_is_a_re_attribution_by_a_touch_since() {
    let earlier = Some(ago(48));
    let again = Converted { earlier_install: earlier, ..installed() };
    check(again, &[seen(Click, 49)], None);
    let found = attribute(&again, &[seen(Click, 47)]).winner;
    assert_eq!(found.map(|one| one.counts_as), Some(ConversionType::ReAttribution));
    let unknown_before = Converted { event: Event::Reinstall, ..installed() };
    let found = attribute(&unknown_before, &[seen(Click, 47)]).winner;
    assert_eq!(found.map(|one| one.counts_as), Some(ConversionType::ReAttribution));
}

#[test]
fn a_return_is_credited_to_a_touch_since_the_install_and_not_to_the_one_that_led_to_it() {
    let back = Converted { event: Event::ReEngagement, ..installed() };
    let returned = |installed| Converted { earlier_install: Some(ago(installed)), ..back };
    check(returned(72), &[seen(Click, 73)], None);
    check(returned(72), &[seen(Click, 73), seen(Impression, 5)], Some((1, Touch::Impression)));
    check(returned(72), &[seen(Click, 71)], Some((0, Touch::Click)));
    // Nothing is known of an install: it was before the platform, or reported by another partner.
    check(back, &[seen(Click, 73)], Some((0, Touch::Click)));
}

#[test]
fn an_install_reported_twice_within_a_day_is_credited_once() {
    let repeat = Converted { earlier_install: Some(ago(23)), ..installed() };
    check(repeat, &[seen(Click, 1)], None);
    let back = Converted { event: Event::ReEngagement, ..repeat };
    let found = attribute(&back, &[seen(Click, 1)]).winner;
    assert_eq!(found.map(|one| one.counts_as), Some(ConversionType::ReEngagement));
}

#[test]
fn a_better_touch_elsewhere_wins_and_ours_assisted() {
    let other = |touch, hours| Some(OtherTouch { touch, at: ago(hours) });
    let against = |other| Converted { other, ..installed() };
    check(against(other(Touch::Click, 3)), &[seen(Click, 4)], None);
    check(against(other(Touch::Click, 5)), &[seen(Click, 4)], Some((0, Touch::Click)));
    check(
        against(other(Touch::Impression, 1)),
        &[seen(EngagedView, 4)],
        Some((0, Touch::EngagedView)),
    );
    check(against(other(Touch::Click, -1)), &[seen(Impression, 4)], Some((0, Touch::Impression)));
    let found = attribute(&against(other(Touch::Click, 1)), &[seen(Impression, 3), seen(Click, 4)]);
    assert_eq!((found.winner, found.assists), (None, vec![1, 0]));
}

#[test]
fn a_touch_elsewhere_that_cannot_have_led_to_it_takes_nothing_away() {
    let against = |touch, hours| {
        let other = Some(OtherTouch { touch, at: ago(hours) });
        Converted { other, ..installed() }
    };
    let (ours, won) = ([seen(EngagedView, 4)], Some((0, Touch::EngagedView)));
    for (hours, winner) in [(7 * 24, None), (7 * 24 + 1, won), (400 * 24, won)] {
        check(against(Touch::Click, hours), &ours, winner);
    }
    let seen_later = [watched(Impression, 24, 1)];
    check(against(Touch::EngagedView, 24), &seen_later, None);
    check(against(Touch::EngagedView, 25), &seen_later, Some((0, Touch::Impression)));
    let begun = |hours| Converted { install_begin: Some(ago(2)), ..against(Touch::Click, hours) };
    check(begun(1), &ours, won);
    check(begun(2), &ours, None);
    let again =
        |hours| Converted { earlier_install: Some(ago(48)), ..against(Touch::Click, hours) };
    check(again(48), &ours, won);
    check(again(47), &ours, None);
}

#[test]
fn a_window_of_zero_is_off_in_the_second_of_the_conversion_too() {
    let none = Windows { view: Duration::ZERO, ..Windows::default() };
    for later in [0, 999] {
        let happened = UnixMillis(NOW.0 + later);
        let touch = Candidate { happened, ..seen(Impression, 0) };
        check(installed(), &[touch], Some((0, Touch::Impression)));
        check(installed(), &[Candidate { windows: none, ..touch }], None);
    }
}

#[test]
fn windows_never_widen_and_stay_in_order() {
    let narrow = Windows { click: Duration::from_hours(12), ..Windows::default() };
    let found = Windows::default().within(narrow);
    assert_eq!(
        (found.click, found.engaged_view, found.view),
        (narrow.click, narrow.click, narrow.click)
    );
}

fn interactions() -> impl Strategy<Value = Interaction> {
    prop::sample::select(Interaction::ALL)
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (interactions(), -2..1_000_i64, prop::option::of(0..12_u64));
    let one = one.prop_map(|(interaction, hours, seconds)| Candidate {
        viewed: seconds.map(Duration::from_secs),
        ..seen(interaction, hours)
    });
    prop::collection::vec(one, 0..12)
}

fn rank(touch: Touch) -> usize {
    [Touch::Impression, Touch::EngagedView, Touch::Click]
        .iter()
        .position(|one| *one == touch)
        .unwrap()
}

fn in_window(candidate: &Candidate) -> bool {
    let windows = candidate.windows;
    let window = [windows.view, windows.engaged_view, windows.click][rank(candidate.touch())];
    candidate.happened <= NOW && candidate.happened.plus(window) >= NOW
}

proptest! {
    #[test]
    fn the_winner_is_the_best_touch_in_its_window(candidates in candidates()) {
        let Attributed { winner, assists, rejected } = attribute(&installed(), &candidates);
        let mut expected: Vec<usize> = (0..candidates.len()).filter(|index| in_window(&candidates[*index])).collect();
        expected.sort_by_key(|index| {
            let one = &candidates[*index];
            std::cmp::Reverse((rank(one.touch()), one.happened, *index))
        });
        prop_assert!(rejected.is_empty());
        prop_assert_eq!(winner.map(|one: Winner| one.index), expected.first().copied());
        prop_assert_eq!(assists, expected.into_iter().skip(1).collect::<Vec<_>>());
    }

    #[test]
    fn a_touch_out_of_its_window_changes_nothing(candidates in candidates(), hours in 721..1_000_i64) {
        let mut more = candidates.clone();
        more.push(seen(Impression, hours));
        prop_assert_eq!(attribute(&installed(), &more), attribute(&installed(), &candidates));
    }

    #[test]
    fn nothing_of_before_an_earlier_install_is_credited(candidates in candidates(), hours in 25..800_i64) {
        for event in [Event::Install, Event::Reinstall, Event::ReEngagement] {
            let converted = Converted { event, earlier_install: Some(ago(hours)), ..installed() };
            let found = attribute(&converted, &candidates);
            for index in found.winner.map(|one| one.index).into_iter().chain(found.assists) {
                prop_assert!(candidates[index].happened > ago(hours), "{event:?}");
            }
        }
    }

    #[test]
    fn nothing_after_the_install_began_is_credited(candidates in candidates(), hours in 0..48_i64) {
        let converted = Converted { install_begin: Some(ago(hours)), ..installed() };
        let found = attribute(&converted, &candidates);
        for index in found.winner.map(|one| one.index).into_iter().chain(found.assists) {
            prop_assert!(candidates[index].happened <= ago(hours));
        }
    }
}
