//! The lists of people that a partner may send, as the register names them.

use crate::limits;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{AdvertiserId, AudienceId, Segment};

/// A list that a partner may put people on. What people read of it stands here, never in what is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Its identifier within the partnership.
    pub id: AudienceId,
    /// What it is called, for people.
    pub name: String,
    /// The taxonomy of the segment that stands for it in bid requests.
    pub segtax: u16,
    /// The number of that segment.
    pub segment: u32,
    /// The advertiser for whom the partner keeps it; `None` where it is the partner's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advertiser: Option<AdvertiserId>,
}

impl Audience {
    /// Returns what stands for it in messages.
    pub fn segment(&self) -> Segment {
        Segment { taxonomy: self.segtax, id: self.segment }
    }
}

/// Returns whether a segment's number can be that of a list; the numbers below belong to the standards' tables.
pub fn is_list_segment(number: u32) -> bool {
    limits::SEGMENT.contains(&i64::from(number))
}
