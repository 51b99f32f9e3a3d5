//! Small sets of ids: purposes and special features.

/// A set of ids from 1 to 24, the most that the frameworks have room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ids(u32);

impl Ids {
    /// The largest id.
    pub const MAX: u8 = 24;
    /// No id.
    pub const NONE: Self = Self(0);
    /// Purposes 3 to 6: consent only since TCF 2.2.
    pub(crate) const CONSENT_ONLY: Self = Self(0b11_1100);

    /// Returns whether the id is in the set.
    pub fn contains(self, id: u8) -> bool {
        self.0 & bit(id) != 0
    }

    /// Returns the set with the id; one that is out of range is left out.
    #[must_use]
    pub fn with(self, id: u8) -> Self {
        Self(self.0 | bit(id))
    }

    /// Returns whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
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

    /// Returns the set without those of `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Iterates in ascending order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=Self::MAX).filter(move |id| self.contains(*id))
    }

    /// Reads a bit field of so many bits, of which the first stands for 1.
    pub(crate) fn from_field(field: u64, width: u32) -> Self {
        (1..=width.min(u32::from(Self::MAX)))
            .filter(|id| field >> (width - id) & 1 == 1)
            .fold(Self::NONE, |ids, id| Self(ids.0 | 1 << (id - 1)))
    }
}

fn bit(id: u8) -> u32 {
    if (1..=Ids::MAX).contains(&id) { 1 << (id - 1) } else { 0 }
}

impl FromIterator<u8> for Ids {
    fn from_iter<I: IntoIterator<Item = u8>>(ids: I) -> Self {
        ids.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bit_of_a_field_is_id_one() {
        assert_eq!(Ids::from_field(0b1000_0000_0001, 12).iter().collect::<Vec<_>>(), [1, 12]);
        assert_eq!(Ids::from_field(1, 24).iter().collect::<Vec<_>>(), [24]);
    }

    #[test]
    fn ids_out_of_range_are_in_no_set() {
        let set = Ids::from_iter([0, 1, 25, 200]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [1]);
        assert!(!set.contains(0) && !set.contains(25));
        assert_eq!(Ids::CONSENT_ONLY.iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
    }
}
