//! One vendor and one string in which everything is agreed to, so that a row of a table says what changes.

use sluicegate_signals::{Ids, NoBasis, TcString, Vendor};
use sluicegate_signals_encoder::{self as encoder, Restriction, Vendors};
use std::collections::BTreeSet;

/// The vendor asked about.
pub(crate) const VENDOR: u16 = 7;

/// A vendor that declared consent for 1, 2, 3 and 4, legitimate interest for 7 and 9, and both special features, and
/// a string in which the person agreed to everything for it.
pub(crate) struct World {
    pub(crate) vendor: Vendor,
    pub(crate) string: encoder::TcString,
}

impl World {
    pub(crate) fn new() -> Self {
        let everyone = || Vendors::of(1..=10);
        Self {
            vendor: Vendor {
                id: VENDOR,
                consent: Ids::from_iter([1, 2, 3, 4]),
                legitimate_interest: Ids::from_iter([7, 9]),
                flexible: Ids::NONE,
                special_features: Ids::from_iter([1, 2]),
            },
            string: encoder::TcString {
                special_feature_opt_ins: [1, 2].into(),
                purposes_consent: (1..=24).collect(),
                purposes_legitimate_interest: (1..=24).collect(),
                vendors_consent: everyone(),
                vendors_legitimate_interest: everyone(),
                disclosed: Some(everyone()),
                ..encoder::TcString::new(17_800_000_000)
            },
        }
    }

    pub(crate) fn flexible(&mut self, purposes: &[u8]) {
        self.vendor.flexible = purposes.iter().copied().collect();
    }

    pub(crate) fn restrict(&mut self, purpose: u8, kind: u8) {
        self.restrict_for(&[VENDOR], purpose, kind);
    }

    pub(crate) fn restrict_for(&mut self, vendors: &[u16], purpose: u8, kind: u8) {
        let vendors = vendors.iter().copied().collect();
        self.string.restrictions.push(Restriction { purpose, kind, vendors });
    }
}

pub(crate) fn without<T: Ord + Copy>(set: &mut BTreeSet<T>, id: T) {
    assert!(set.remove(&id), "it was not in the set");
}

/// A sentence, what changes, a purpose, and what is said of it.
pub(crate) type Row = (&'static str, fn(&mut World), u8, Result<(), NoBasis>);

pub(crate) fn check(rows: &[Row]) {
    for (sentence, change, purpose, expected) in rows {
        let mut world = World::new();
        change(&mut world);
        let text = world.string.encode();
        let string = TcString::read(&text).unwrap();
        let bases = string.bases(&world.vendor);
        assert_eq!(bases.purpose(*purpose), *expected, "{sentence}");
    }
}
