//! What a dynamic pod has room for, and which positions in pods are sold (`OpenRTB` 2.6, implementation 7.6).

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
}

/// What the ads of a pod must differ in, and of which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodRule {
    /// The pod: the index of the first impression that is a part of it.
    pub pod: usize,
    /// What in; something at least.
    pub differ: Differ,
}

impl PodRule {
    /// Returns what the ads of that pod must differ in, if they must.
    pub(super) fn of(pod: usize, differ: Differ) -> Option<Self> {
        (differ != Differ::default()).then_some(Self { pod, differ })
    }
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
    pub(super) fn of(media: &Fields<'_>, longest: Option<u32>) -> Result<Option<Self>, Fault> {
        let (seconds, ads) = (media.size("poddur")?, media.size("maxseq")?);
        let plays = |seconds: &u32| *seconds > 0 && i64::from(*seconds) <= SECONDS_MAX;
        let Some(seconds) = seconds.filter(plays) else { return Ok(None) };
        let up_to =
            |count: Option<u32>| count.filter(|one| *one > 0).unwrap_or(seconds).min(seconds);
        let ads = up_to(ads).min(ADS_MAX);
        Ok(Some(Self { seconds, ads, longest: up_to(longest) }))
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

    /// Returns what either asks for.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            in_advertiser: self.in_advertiser || other.in_advertiser,
            in_category: self.in_category || other.in_category,
            in_creative: self.in_creative || other.in_creative,
        }
    }
}

/// `slotinpod`: a position in a pod, which an impression guarantees, or for which alone a bid is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// 0: any.
    Any,
    /// 1: the first ad of the pod.
    First,
    /// -1: the last.
    Last,
    /// 2: the first or the last.
    FirstOrLast,
}

impl Position {
    fn of(code: Option<i64>) -> Self {
        match code {
            Some(1) => Self::First,
            Some(-1) => Self::Last,
            Some(2) => Self::FirstOrLast,
            Some(_) | None => Self::Any,
        }
    }

    /// Reads which one a video, or sound, guarantees in its pod; `None` where it is in none.
    pub(super) fn guaranteed(media: &Fields<'_>, pod: Option<&Pod>) -> Result<Option<Self>, Fault> {
        let position = Self::of(media.integer("slotinpod")?);
        let is_named = media.text("podid")?.is_some_and(|name| !name.is_empty());
        Ok((is_named || pod.is_some() || position != Self::Any).then_some(position))
    }

    /// Returns which one a bid gets that is for one; `None` where that is not guaranteed. Where either end is, an ad of a
    /// dynamic pod chooses; a slot of its own is already the one or the other.
    pub(super) fn given(self, code: Option<i64>, is_dynamic: bool) -> Option<Self> {
        let asked = Self::of(code);
        match (self, asked) {
            (_, Self::Any) => Some(Self::Any),
            (Self::First, Self::First | Self::FirstOrLast) => Some(Self::First),
            (Self::Last, Self::Last | Self::FirstOrLast) => Some(Self::Last),
            (Self::FirstOrLast, Self::FirstOrLast) => Some(asked),
            (Self::FirstOrLast, Self::First | Self::Last) => is_dynamic.then_some(asked),
            (Self::Any, _) | (Self::First, Self::Last) | (Self::Last, Self::First) => None,
        }
    }
}
