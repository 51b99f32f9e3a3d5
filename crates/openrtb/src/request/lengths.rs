//! How long an ad may play, floors that depend on it, and what holds of the slots of a pod.

use super::{
    imp::{Format, Formats},
    pod::{Pod, Position},
};
use crate::{
    fields::{Fault, Fields},
    money::Micros,
    written::Written,
};

/// The floors by length of an impression's video and of its sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    /// Of `video`.
    pub video: LengthFloors,
    /// Of `audio`.
    pub audio: LengthFloors,
}

/// `durfloors`, or `mincpmpersec`, of a format or a deal; of the two only one counts, and `durfloors` says more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LengthFloors {
    per_second: Option<Micros>,
    ranges: Vec<Range>,
    /// For how long an ad plays, at most, that does not say it; of a deal's the impression's counts.
    longest: Option<u32>,
}

/// How long the ads of one format may play, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Play {
    /// `minduration`.
    shortest: Option<u32>,
    /// `maxduration`, and as much more as `maxextended` allows; `None` without an end.
    longest: Option<u32>,
    /// `rqddurs`, in ascending order: where they are there, only these.
    exact: Vec<i64>,
    /// The pod that they fill together.
    pub(super) pod: Option<Pod>,
    /// Which position in a pod is guaranteed; `None` where it is in no pod.
    guaranteed: Option<Position>,
}

impl Play {
    pub(super) fn of(fields: &Fields<'_>) -> Result<Self, Fault> {
        let (longest, more) = (fields.size("maxduration")?, fields.integer("maxextended")?);
        let longest = match more {
            Some(-1) => None,
            more => {
                let more = u32::try_from(more.unwrap_or_default()).unwrap_or_default();
                longest.map(|longest| longest.saturating_add(more))
            }
        };
        let shortest = fields.size("minduration")?;
        let exact = super::imp::sorted(fields, "rqddurs")?;
        let last = exact.last().copied().and_then(|seconds| u32::try_from(seconds).ok());
        let pod = Pod::of(fields, last.or(longest))?;
        let guaranteed = Position::guaranteed(fields, pod.as_ref())?;
        Ok(Self { shortest, longest, exact, pod, guaranteed })
    }

    /// Returns which position in its pod an ad gets that is for one; `None` where that is not guaranteed. Outside of a pod
    /// there are none to ask for.
    pub(super) fn position(&self, code: Option<i64>) -> Option<Position> {
        let Some(guaranteed) = self.guaranteed else { return Some(Position::Any) };
        guaranteed.given(code, self.pod.is_some())
    }

    /// Returns how many of its ads are guaranteed to be the first, the last, and either of both.
    pub(super) fn ends(&self) -> [u32; 3] {
        match (self.guaranteed, &self.pod) {
            (None | Some(Position::Any), _) => [0, 0, 0],
            (Some(Position::First), _) => [1, 0, 1],
            (Some(Position::Last), _) => [0, 1, 1],
            (Some(Position::FirstOrLast), None) => [0, 0, 1],
            (Some(Position::FirstOrLast), Some(_)) => [1, 1, 2],
        }
    }

    /// Returns whether an ad may play for so long. One that does not say, or says 0, may.
    pub(super) fn takes(&self, seconds: Option<u32>) -> bool {
        let Some(seconds) = seconds.filter(|seconds| *seconds > 0) else { return true };
        if self.pod.is_some_and(|pod| pod.seconds < seconds) {
            return false;
        }
        if self.exact.is_empty() {
            self.shortest.is_none_or(|shortest| shortest <= seconds)
                && self.longest.is_none_or(|longest| seconds <= longest)
        } else {
            self.exact.binary_search(&i64::from(seconds)).is_ok()
        }
    }
}

/// One of `durfloors`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    shortest: Option<u32>,
    longest: Option<u32>,
    floor: Micros,
}

impl Lengths {
    /// Returns the floor of an ad of that format that plays so many seconds; `None` where the impression's own holds.
    /// Of an ad that does not say how long it plays, or for so long that no range has it, the dearest counts.
    pub fn floor(&self, format: Format, seconds: Option<u32>) -> Option<Micros> {
        match format {
            Format::Video => self.video.floor(seconds, self.video.longest),
            Format::Audio => self.audio.floor(seconds, self.audio.longest),
            Format::Banner | Format::Native => None,
        }
    }

    /// Returns the floor of a deal's own for an ad of that format; `None` where it has none by length.
    pub fn floor_of_deal(
        &self,
        deal: &LengthFloors,
        format: Format,
        seconds: Option<u32>,
    ) -> Option<Micros> {
        match format {
            Format::Video => deal.floor(seconds, self.video.longest),
            Format::Audio => deal.floor(seconds, self.audio.longest),
            Format::Banner | Format::Native => None,
        }
    }

    /// Returns whether a deal's floors by length make a price above zero for every bid in one of these formats, however
    /// long it plays, and also where it does not say.
    pub(super) fn all_have_prices(&self, deal: &LengthFloors, formats: Formats) -> bool {
        let has_prices = |format: Format| match format {
            Format::Video => deal.has_prices(self.video.longest),
            Format::Audio => deal.has_prices(self.audio.longest),
            Format::Banner | Format::Native => false,
        };
        Format::ALL.into_iter().filter(|format| formats.offer(*format)).all(has_prices)
    }

    /// Returns the same in another currency; `None` where one of them has no rate.
    pub fn converted(&self, convert: impl Fn(Micros) -> Option<Micros>) -> Option<Self> {
        Some(Self {
            video: self.video.converted(&convert)?,
            audio: self.audio.converted(&convert)?,
        })
    }

    /// Writes those of one format.
    pub(crate) fn write(&self, format: Format, out: &mut Written) {
        match format {
            Format::Video => self.video.write(out),
            Format::Audio => self.audio.write(out),
            Format::Banner | Format::Native => {}
        }
    }
}

impl LengthFloors {
    pub(super) fn of(fields: &Fields<'_>) -> Result<Self, Fault> {
        let mut ranges = Vec::new();
        for range in fields.objects("durfloors")? {
            let (shortest, longest) = (range.size("mindur")?, range.size("maxdur")?);
            if shortest.is_none() && longest.is_none() {
                return Err(range.fault("mindur", "or `maxdur` is needed"));
            }
            let floor = super::imp::floor(&range)?;
            ranges.push(Range { shortest, longest, floor });
        }
        if ranges.len() > RANGES_MAX {
            return Err(fields.fault("durfloors", "holds too many ranges"));
        }
        let per_second = fields.least("mincpmpersec")?.filter(|_| ranges.is_empty());
        if per_second.is_some_and(|price| price > super::imp::FLOOR_MAX) {
            return Err(fields.fault("mincpmpersec", "is out of range"));
        }
        Ok(Self { per_second, ranges, longest: None })
    }

    /// Reads those of a video, or of sound, that may play so.
    pub(super) fn of_media(fields: &Fields<'_>, play: &Play) -> Result<Self, Fault> {
        let last = play.exact.last().copied().and_then(|seconds| u32::try_from(seconds).ok());
        let longest = last.or(play.longest).or(fields.size("maxduration")?);
        let in_pod = play.pod.map(|pod| longest.unwrap_or(pod.seconds).min(pod.seconds));
        Ok(Self { longest: in_pod.or(longest), ..Self::of(fields)? })
    }

    /// Returns whether none of them is zero; by the second that needs the longest time, which counts for a bid that does
    /// not say how long it plays.
    fn has_prices(&self, longest: Option<u32>) -> bool {
        match self.per_second {
            Some(price) => price > Micros::ZERO && longest.is_some_and(|longest| longest > 0),
            None => {
                !self.ranges.is_empty()
                    && self.ranges.iter().all(|range| range.floor > Micros::ZERO)
            }
        }
    }

    fn floor(&self, seconds: Option<u32>, longest: Option<u32>) -> Option<Micros> {
        let seconds = seconds.filter(|seconds| *seconds > 0);
        if let Some(per_second) = self.per_second {
            let seconds = i64::from(seconds.or(longest)?);
            return Some(Micros(per_second.0.saturating_mul(seconds)));
        }
        let fits = |range: &&Range| {
            seconds.is_none_or(|seconds| {
                range.shortest.is_none_or(|shortest| shortest <= seconds)
                    && range.longest.is_none_or(|longest| seconds <= longest)
            })
        };
        let dearest = self.ranges.iter().map(|range| range.floor).max();
        self.ranges.iter().filter(fits).map(|range| range.floor).max().or(dearest)
    }

    /// Returns the same in another currency; `None` where one of them has no rate.
    pub fn converted(&self, convert: impl Fn(Micros) -> Option<Micros>) -> Option<Self> {
        let range = |range: &Range| Some(Range { floor: convert(range.floor)?, ..range.clone() });
        Some(Self {
            per_second: match self.per_second {
                Some(price) => Some(convert(price)?),
                None => None,
            },
            ranges: self.ranges.iter().map(range).collect::<Option<_>>()?,
            longest: self.longest,
        })
    }

    pub(crate) fn write(&self, out: &mut Written) {
        if let Some(price) = self.per_second {
            out.amount("mincpmpersec", price);
        }
        if !self.ranges.is_empty() {
            out.list("durfloors", |list| self.ranges.iter().for_each(|range| range.write(list)));
        }
    }
}

impl Range {
    fn write(&self, list: &mut Written) {
        list.element(|fields| {
            for (key, end) in [("mindur", self.shortest), ("maxdur", self.longest)] {
                if let Some(seconds) = end {
                    fields.integer(key, seconds);
                }
            }
            fields.amount("bidfloor", self.floor);
        });
    }
}

/// Ranges of one impression past this many are refused.
const RANGES_MAX: usize = 64;
