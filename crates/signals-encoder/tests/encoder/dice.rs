//! Random parts of strings.

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

    pub(crate) fn coin(&mut self) -> bool {
        self.0.random()
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())]
    }

    pub(crate) fn letters(&mut self) -> [u8; 2] {
        [b'A' + self.byte(25), b'A' + self.byte(25)]
    }

    pub(crate) fn entries(&mut self, amount: usize) -> Vec<u8> {
        (0..amount).map(|_| self.byte(3)).collect()
    }

    /// Rolls ids from 1 to `max`: none, all, or some.
    pub(crate) fn ids(&mut self, max: u8) -> BTreeSet<u8> {
        match self.byte(4) {
            0 => BTreeSet::new(),
            1 => (1..=max).collect(),
            _ => (1..=max).filter(|_| self.coin()).collect(),
        }
    }

    /// Rolls numbers of vendors: none, a few near or anywhere, a block, or many with gaps.
    pub(crate) fn vendor_ids(&mut self) -> BTreeSet<u16> {
        match self.byte(40) {
            0..=5 => BTreeSet::new(),
            6 => (0..self.number(6)).map(|_| 1 + self.number(65_534)).collect(),
            7..=15 => (0..self.number(6)).map(|_| 1 + self.number(3_000)).collect(),
            16..=20 => (1..=1 + self.number(1_500)).collect(),
            21..=25 => {
                let first = 1 + self.number(1_000);
                (first..=first + self.number(300)).chain([2_000]).collect()
            }
            _ => (1..=self.number(900)).filter(|_| self.coin()).collect(),
        }
    }

    /// Rolls one to twenty numbers of vendors that begin with four set bits.
    pub(crate) fn high_vendor_ids(&mut self) -> BTreeSet<u16> {
        (0..=self.number(19)).map(|_| VENDOR_HIGH_MIN + self.number(40)).collect()
    }

    pub(crate) fn vendors(&mut self) -> Vendors {
        let form = self.one_of(&[VendorForm::Bitfield, VendorForm::Range, VendorForm::Shortest]);
        Vendors { ids: self.vendor_ids(), form }
    }

    /// Rolls restrictions, each purpose and kind once, each with a vendor.
    pub(crate) fn restrictions(&mut self) -> Vec<Restriction> {
        let mut seen = BTreeSet::new();
        let mut restrictions = Vec::new();
        for _ in 0..self.byte(5) {
            let (purpose, kind) = (1 + self.byte(62), self.byte(2));
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

    pub(crate) fn order(&mut self) -> [Segment; 3] {
        let [first, second, third] = Segment::ORDER;
        self.one_of(&[
            [first, second, third],
            [first, third, second],
            [second, first, third],
            [second, third, first],
            [third, first, second],
            [third, second, first],
        ])
    }
}

/// The lowest number of 16 bits that begins with four set bits.
const VENDOR_HIGH_MIN: u16 = 0b1111 << 12;
