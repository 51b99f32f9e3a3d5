//! What kind of data leaves.

use serde::{Deserialize, Serialize};

/// A kind of data. Identity (name, e-mail, phone, handle) is not among them: it has no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// What the exchange of messages itself needs; nothing of a person.
    Plumbing,
    /// The site or app and the kind of content around the ad.
    Context,
    /// What sort of device it is, and roughly where.
    CoarseDevice,
    /// Anything by which the same device or person can be met again.
    DeviceIdentifier,
    /// Gender and age band.
    Demographic,
    /// That an ad was seen, watched or interacted with.
    Exposure,
    /// Where the device is, more finely than a region.
    PreciseLocation,
}

impl Category {
    /// All categories, in wire order.
    pub const ALL: [Self; 7] = [
        Self::Plumbing,
        Self::Context,
        Self::CoarseDevice,
        Self::DeviceIdentifier,
        Self::Demographic,
        Self::Exposure,
        Self::PreciseLocation,
    ];

    /// Returns the name used on every wire and page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plumbing => "plumbing",
            Self::Context => "context",
            Self::CoarseDevice => "coarse_device",
            Self::DeviceIdentifier => "device_identifier",
            Self::Demographic => "demographic",
            Self::Exposure => "exposure",
            Self::PreciseLocation => "precise_location",
        }
    }

    /// Returns the category of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }

    #[inline]
    fn bit(self) -> u8 {
        match self {
            Self::Plumbing => 1,
            Self::Context => 1 << 1,
            Self::CoarseDevice => 1 << 2,
            Self::DeviceIdentifier => 1 << 3,
            Self::Demographic => 1 << 4,
            Self::Exposure => 1 << 5,
            Self::PreciseLocation => 1 << 6,
        }
    }
}

/// A set of categories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Categories(u8);

impl Categories {
    /// No category.
    pub const NONE: Self = Self(0);
    /// Every category.
    pub const ALL: Self = Self(0b0111_1111);
    /// Plumbing and context: what can be said without a person.
    pub const IMPERSONAL: Self = Self(0b0000_0011);
    /// Everything that is about a person or their device.
    pub const PERSONAL: Self = Self(0b0111_1100);

    /// What stands for a person's traits together with what stands for the person.
    pub(crate) const DEMOGRAPHIC_AND_IDENTIFIER: Self = Self(0b0001_1000);

    /// Returns the set of these categories.
    #[inline]
    pub fn of(categories: &[Category]) -> Self {
        Self(categories.iter().fold(0, |bits, category| bits | category.bit()))
    }

    /// Returns whether the category is in the set.
    pub fn contains(self, category: Category) -> bool {
        self.0 & category.bit() != 0
    }

    /// Returns whether every category of `other` is in the set.
    pub fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the set without those of `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns what both sets hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns what either set holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Iterates in wire order.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL.into_iter().filter(move |category| self.contains(*category))
    }

    /// Returns the set as one byte, for storage. Bit n is the n-th of [`Category::ALL`].
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Returns the set that [`Self::bits`] wrote; bits that no category has are dropped.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl FromIterator<Category> for Categories {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        Self(categories.into_iter().fold(0, |bits, category| bits | category.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bits_round_trip() {
        for category in Category::ALL {
            assert_eq!(Category::from_name(category.name()), Some(category));
            let one = Categories::of(&[category]);
            assert_eq!(Categories::from_bits(one.bits()), one);
            assert_eq!(one.iter().collect::<Vec<_>>(), [category]);
        }
        assert_eq!(Categories::ALL.iter().count(), Category::ALL.len());
        let both = Categories::of(&[Category::Demographic, Category::DeviceIdentifier]);
        assert_eq!(Categories::DEMOGRAPHIC_AND_IDENTIFIER, both);
        assert_eq!(Categories::PERSONAL.and(Categories::IMPERSONAL), Categories::NONE);
        assert_eq!(Categories::PERSONAL.or(Categories::IMPERSONAL), Categories::ALL);
    }
}
