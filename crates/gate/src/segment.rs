//! The lists of a partner that a person is on, as segments of the partner's own numbering.

use crate::{PartnershipId, time::UnixMillis};

/// How many segments one message tells at most.
pub const SEGMENTS_MAX: usize = 16;

/// One segment: a number within a taxonomy (`segtax`). Never text, which could say anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Segment {
    /// The taxonomy.
    pub taxonomy: u16,
    /// The number within it.
    pub id: u32,
}

/// That a partner put the person on one of its lists. Only that partner may meet it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Whose list it is.
    pub partnership: PartnershipId,
    /// What stands for the list in messages.
    pub segment: Segment,
    /// Until when.
    pub until: UnixMillis,
}

impl Membership {
    /// Returns whether the partnership may meet it again at that time.
    pub(crate) fn is_of(&self, partnership: &PartnershipId, now: UnixMillis) -> bool {
        self.partnership == *partnership && now < self.until
    }
}

/// The segments that may be told: at most [`SEGMENTS_MAX`], in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segments([Option<Segment>; SEGMENTS_MAX]);

impl Segments {
    /// No segment.
    pub const NONE: Self = Self([None; SEGMENTS_MAX]);

    /// Iterates over them in order.
    pub fn iter(&self) -> impl Iterator<Item = Segment> {
        self.0.iter().flatten().copied()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl FromIterator<Segment> for Segments {
    /// Keeps the lowest ones where there are too many, each once.
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        let mut sorted: Vec<Segment> = segments.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut kept = Self::NONE;
        for (place, segment) in kept.0.iter_mut().zip(sorted) {
            *place = Some(segment);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_kept_in_order_each_once_and_no_more_than_the_limit() {
        let segment = |id| Segment { taxonomy: 600, id };
        let told: Segments = [3, 1, 3].into_iter().map(segment).collect();
        assert_eq!(told.iter().map(|one| one.id).collect::<Vec<_>>(), [1, 3]);
        let many: Segments = (0..100).map(segment).collect();
        assert_eq!(many.iter().count(), SEGMENTS_MAX);
        assert!(Segments::NONE.is_empty() && !many.is_empty());
    }
}
