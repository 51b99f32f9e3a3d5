//! What a dynamic pod has room for (`OpenRTB` 2.6, implementation 7.6).

use super::media::SECONDS_MAX;
use crate::fields::{Fault, Fields};

/// A dynamic pod: so many ads of one format as fit into its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    /// `poddur`: for how many seconds its ads may play together; at least one.
    pub seconds: u32,
    /// `maxseq`: how many ads at most; no more than there are seconds, and 64.
    pub ads: u32,
    /// For how long an ad plays, at most, that does not say it.
    pub longest: u32,
    /// What its ads must differ in.
    pub differ: Differ,
}

/// `poddedupe`: what no two ads of a pod may share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differ {
    /// A domain of the advertiser.
    pub in_advertiser: bool,
    /// A category.
    pub in_category: bool,
    /// The creative.
    pub in_creative: bool,
}

impl Pod {
    /// Reads the pod of a video, or of sound; `None` where it is a slot of its own. `longest` is what an ad may play at
    /// most, where there is such an end.
    pub(super) fn of(
        media: &Fields<'_>,
        longest: Option<u32>,
        differ: Differ,
    ) -> Result<Option<Self>, Fault> {
        let (seconds, ads) = (media.size("poddur")?, media.size("maxseq")?);
        let plays = |seconds: &u32| *seconds > 0 && i64::from(*seconds) <= SECONDS_MAX;
        let Some(seconds) = seconds.filter(plays) else { return Ok(None) };
        let up_to =
            |count: Option<u32>| count.filter(|one| *one > 0).unwrap_or(seconds).min(seconds);
        let ads = up_to(ads).min(ADS_MAX);
        Ok(Some(Self { seconds, ads, longest: up_to(longest), differ }))
    }
}

/// No more ads of one pod are sold.
const ADS_MAX: u32 = 64;

impl Differ {
    /// Reads what the ads of a pod of videos must differ in. Sound has no such field.
    pub(super) fn of(video: &Fields<'_>) -> Result<Self, Fault> {
        let settings = video.integers("poddedupe")?;
        let asks = |number: i64| settings.contains(&number);
        Ok(Self { in_advertiser: asks(1), in_category: asks(2), in_creative: asks(3) })
    }
}
