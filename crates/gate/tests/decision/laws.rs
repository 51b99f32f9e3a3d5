//! Closing more never tells more.

use crate::{consent::UNREADABLE, rules::exposure_world, world::prelude::*};

/// Every way to close something, one bit each. Closing more never tells more.
const CLOSERS: [fn(&mut World); 19] = [
    |w| w.terms.suspended = true,
    |w| w.terms.end = Some(NOW),
    |w| w.terms.linking_attested_until = None,
    |w| w.terms.countries = vec!["MEX".parse().unwrap()],
    |w| w.terms.categories = Categories::of(&[Category::Plumbing, Category::Demographic]),
    |w| w.subject.view = ViewState::Incomplete,
    |w| w.subject.account.as_mut().unwrap().sharing = Some(Choice::Off),
    |w| w.subject.device.as_mut().unwrap().sharing_marked_off = true,
    |w| w.subject.device.as_mut().unwrap().personalize_ads = Some(Choice::Off),
    |w| w.subject.account_country = Some("BRA".parse().unwrap()),
    |w| w.country = Some("FRA"),
    |w| w.subject.protection_age = None,
    |w| w.subject.protection_age = Some(ForSecurity::new(15)),
    |w| w.signals.coppa = Coppa::On,
    |w| w.signals.lmt = Lmt::On,
    |w| w.signals.att = Att::Denied,
    |w| w.signals.gpc = Gpc::On,
    |w| w.signals.gdpr = Gdpr::InScope,
    |w| w.signals.us_privacy = Reading::Unreadable(UNREADABLE),
];

#[test]
fn closing_one_more_thing_never_tells_more() {
    let told = |bits: u32, base: &World| {
        let mut world = base.clone();
        for (index, close) in CLOSERS.iter().enumerate() {
            if bits & (1 << index) != 0 {
                close(&mut world);
            }
        }
        answer(&world).0
    };
    for base in [open_world(), exposure_world()] {
        let all: Vec<Categories> =
            (0..1_u32 << CLOSERS.len()).map(|bits| told(bits, &base)).collect();
        for (bits, more) in all.iter().enumerate() {
            for closer in (0..CLOSERS.len()).filter(|closer| bits & (1 << closer) != 0) {
                let fewer = all[bits & !(1 << closer)];
                assert!(fewer.includes(*more), "{bits:b} without {closer}");
            }
        }
    }
}
