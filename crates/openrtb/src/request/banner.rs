//! The sizes of a banner: what is on offer, and what of it one partner is asked for.

use super::media;
use crate::{
    fields::{Fault, Fields},
    kept,
    written::Written,
};

/// The sizes on offer for a banner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BannerSlot {
    /// `w` and `h`, in pixels.
    own: Option<(u32, u32)>,
    /// `format`.
    formats: Vec<BannerFormat>,
    /// Whether the ad fills the screen and may be smaller than it.
    is_interstitial: bool,
    /// `w` and `h` where the whole slot is on offer, one of them alone too.
    sides: [Option<i64>; 2],
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct BannerFormat {
    shape: Shape,
    written: Written,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Width and height, in pixels.
    Size(u32, u32),
    /// Their ratio, and the least width.
    Ratio { wide: u32, high: u32, width_min: u32 },
}

impl BannerSlot {
    pub(super) fn of(banner: &Fields<'_>, is_interstitial: bool) -> Result<Self, Fault> {
        let (width, height) = (banner.size("w")?, banner.size("h")?);
        let formats = banner.objects("format")?;
        let formats = formats.iter().take(kept::LIST_MAX).map(BannerFormat::of);
        Ok(Self {
            own: width.zip(height),
            formats: formats.collect::<Result<_, Fault>>()?,
            is_interstitial,
            sides: [width, height].map(shown),
        })
    }

    /// Returns what of it a partner can bid on that has banners of these sizes only; `None` if nothing. One that
    /// fills the screen takes what is smaller, too.
    pub fn of_sizes(&self, sizes: &[(u32, u32)]) -> Option<Self> {
        let fits = |shape: Shape| sizes.iter().any(|size| shape.takes(*size, self.is_interstitial));
        let own = self.own.filter(|(width, height)| fits(Shape::Size(*width, *height)));
        let formats: Vec<_> =
            self.formats.iter().filter(|format| fits(format.shape)).cloned().collect();
        let is_unbounded = self.is_interstitial && self.own.is_none() && self.formats.is_empty();
        if own.is_none() && formats.is_empty() && !is_unbounded {
            return None;
        }
        let sides = if own == self.own { self.sides } else { [None; 2] };
        Some(Self { own, formats, is_interstitial: self.is_interstitial, sides })
    }

    /// Returns whether a banner of that width and height fits, as far as they are said. Where a size is offered as a ratio
    /// only, others fit too.
    pub fn takes(&self, width: Option<u32>, height: Option<u32>) -> bool {
        let fits = |side: Option<u32>, offered: u32| {
            side.is_none_or(|side| side == offered || self.is_interstitial && side < offered)
        };
        let own = self.own.map(|(width, height)| Shape::Size(width, height));
        let shapes = own.into_iter().chain(self.formats.iter().map(|format| format.shape));
        let mut is_sized = false;
        for shape in shapes {
            match shape {
                Shape::Size(wide, high) if fits(width, wide) && fits(height, high) => return true,
                Shape::Size(..) => is_sized = true,
                Shape::Ratio { .. } => return true,
            }
        }
        !is_sized
    }

    pub(super) fn write(&self, out: &mut Written) {
        for (key, side) in ["w", "h"].into_iter().zip(self.sides) {
            if let Some(side) = side {
                out.integer(key, side);
            }
        }
        if !self.formats.is_empty() {
            out.list("format", |list| {
                for format in &self.formats {
                    list.element(|fields| fields.join(&format.written));
                }
            });
        }
    }
}

impl BannerFormat {
    fn of(fields: &Fields<'_>) -> Result<Self, Fault> {
        let sides = media::sides(fields)?;
        let mut written = Written::default();
        for (key, side) in media::SIDES.into_iter().zip(sides.map(shown)) {
            if let Some(side) = side {
                written.integer(key, side);
            }
        }
        Ok(Self { shape: Shape::of(sides), written })
    }
}

/// A larger side is told to nobody.
fn shown(side: Option<u32>) -> Option<i64> {
    side.map(i64::from).filter(|side| *side <= media::SIDE_MAX)
}

impl Shape {
    fn of([width, height, wide, high, width_min]: [Option<u32>; 5]) -> Self {
        match width.zip(height) {
            Some((width, height)) => Self::Size(width, height),
            None => Self::Ratio {
                wide: wide.unwrap_or_default(),
                high: high.unwrap_or_default(),
                width_min: width_min.unwrap_or_default(),
            },
        }
    }

    fn takes(self, (width, height): (u32, u32), is_interstitial: bool) -> bool {
        match self {
            Self::Size(wide, high) if is_interstitial => width <= wide && height <= high,
            Self::Size(wide, high) => (width, height) == (wide, high),
            Self::Ratio { wide, high, width_min } => {
                let [width, height, wide, high] = [width, height, wide, high].map(u64::from);
                width * high == height * wide && width >= u64::from(width_min)
            }
        }
    }
}
