//! Random parts of strings. A seed makes them repeatable; every failure prints it.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use sluicegate_signals_encoder::{Padding, Publisher, Restriction, Segment, VendorForm, Vendors};
use std::collections::BTreeSet;

/// Repeatable dice.
#[derive(Debug)]
pub(crate) struct Dice(StdRng);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Rolls a number from 0 to `max`.
    pub(crate) fn up_to(&mut self, max: u64) -> u64 {
        self.0.random_range(0..=max)
    }

    pub(crate) fn byte(&mut self, max: u8) -> u8 {
        self.0.random_range(0..=max)
    }

    pub(crate) fn number(&mut self, max: u16) -> u16 {
        self.0.random_range(0..=max)
    }

    /// Rolls an index below `length`.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.0.random_range(0..length)
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.0.random()
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    pub(crate) fn letters(&mut self) -> [u8; 2] {
        [b'A' + self.byte(25), b'A' + self.byte(25)]
    }

    /// Rolls entries of two bits that are defined.
    pub(crate) fn entries(&mut self, amount: usize) -> Vec<u8> {
        (0..amount).map(|_| self.byte(2)).collect()
    }

    /// Rolls ids from 1 to `max`: none, all, or some.
    pub(crate) fn ids(&mut self, max: u8) -> BTreeSet<u8> {
        match self.byte(4) {
            0 => BTreeSet::new(),
            1 => (1..=max).collect(),
            _ => (1..=max).filter(|_| self.coin()).collect(),
        }
    }

    /// Rolls numbers of vendors: none, few, the largest, a block, or many with gaps.
    pub(crate) fn vendor_ids(&mut self) -> BTreeSet<u16> {
        match self.byte(19) {
            0..=2 => BTreeSet::new(),
            3 => BTreeSet::from([1 + self.number(65_533), u16::MAX]),
            4..=8 => (0..self.number(6)).map(|_| 1 + self.number(3_000)).collect(),
            9..=11 => (1..=1 + self.number(1_500)).collect(),
            _ => (1..=self.number(900)).filter(|_| self.coin()).collect(),
        }
    }

    pub(crate) fn vendors(&mut self) -> Vendors {
        let form = self.one_of(&[VendorForm::Bitfield, VendorForm::Range, VendorForm::Shortest]);
        Vendors { ids: self.vendor_ids(), form }
    }

    /// Rolls restrictions of kinds up to `kind_max`, each purpose and kind once, each with a vendor.
    pub(crate) fn restrictions(&mut self, kind_max: u8) -> Vec<Restriction> {
        let mut seen = BTreeSet::new();
        let mut restrictions = Vec::new();
        for _ in 0..self.byte(5) {
            let (purpose, kind) = (1 + self.byte(23), self.byte(kind_max));
            let few = (0..self.number(20)).map(|_| 1 + self.number(3_000));
            let vendors = few.chain([7, 8, 9]).collect();
            if seen.insert((purpose, kind)) {
                restrictions.push(Restriction { purpose, kind, vendors });
            }
        }
        restrictions
    }

    pub(crate) fn publisher(&mut self) -> Publisher {
        let custom_purposes = self.byte(63);
        Publisher {
            purposes_consent: self.ids(24),
            purposes_legitimate_interest: self.ids(24),
            custom_purposes,
            custom_consent: self.ids(custom_purposes),
            custom_legitimate_interest: self.ids(custom_purposes),
        }
    }

    pub(crate) fn padding(&mut self) -> Padding {
        self.one_of(&[Padding::Letters, Padding::Octets, Padding::Groups])
    }

    /// Rolls one of the six orders of the segments.
    pub(crate) fn order(&mut self) -> [Segment; 3] {
        let mut order = Segment::ORDER;
        order.rotate_left(self.index(3));
        if self.coin() {
            order.swap(1, 2);
        }
        order
    }
}
