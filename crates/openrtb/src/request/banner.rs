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

/// The size of a banner, as far as a bid says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BannerSize {
    /// `w`, in pixels.
    pub width: Option<u32>,
    /// `h`, in pixels.
    pub height: Option<u32>,
    /// `wratio` and `hratio`, where both are there.
    pub ratio: Option<(u32, u32)>,
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

    /// Returns whether a banner of that size fits, as far as it is said.
    pub fn takes(&self, size: BannerSize) -> bool {
        let own = self.own.map(|(width, height)| Shape::Size(width, height));
        let shapes = own.into_iter().chain(self.formats.iter().map(|format| format.shape));
        let mut shapes = shapes.peekable();
        shapes.peek().is_none() || shapes.any(|shape| shape.fits(size, self.is_interstitial))
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

    /// Whether a banner fits as far as its size is said.
    fn fits(self, size: BannerSize, is_interstitial: bool) -> bool {
        let fits = |side: Option<u32>, offered: u32| {
            side.is_none_or(|side| side == offered || is_interstitial && side < offered)
        };
        let is_sized = match (self, size.width.zip(size.height)) {
            (_, Some(size)) => self.takes(size, is_interstitial),
            (Self::Size(wide, high), None) => fits(size.width, wide) && fits(size.height, high),
            (Self::Ratio { width_min, .. }, None) => {
                size.width.is_none_or(|width| width >= width_min)
            }
        };
        is_sized && size.ratio.is_none_or(|ratio| self.has_ratio(ratio, is_interstitial))
    }

    fn takes(self, (width, height): (u32, u32), is_interstitial: bool) -> bool {
        match self {
            Self::Size(wide, high) if is_interstitial => width <= wide && height <= high,
            Self::Size(wide, high) => (width, height) == (wide, high),
            Self::Ratio { wide, high, width_min } => {
                let of_width = u64::from(width) * u64::from(high);
                let of_height = u64::from(height) * u64::from(wide);
                // Why: pixels are whole, and either side may be the one that is rounded.
                let is_near = of_width.abs_diff(of_height) < u64::from(wide.max(high));
                is_near && width >= width_min
            }
        }
    }

    /// Whether a banner of that ratio, which fits any width, fits in its place.
    fn has_ratio(self, (wide, high): (u32, u32), is_interstitial: bool) -> bool {
        let (own_wide, own_high) = match self {
            // What fills the screen may be smaller, and so of any ratio.
            Self::Size(..) if is_interstitial => return true,
            Self::Size(wide, high) | Self::Ratio { wide, high, .. } => (wide, high),
        };
        u64::from(wide) * u64::from(own_high) == u64::from(high) * u64::from(own_wide)
    }
}
