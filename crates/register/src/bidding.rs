//! What a bidding partner can do, who bids through it, and the deals made beforehand.

use crate::Day;
use serde::{Deserialize, Serialize};
use sluicegate_gate::PartnershipId;
use std::str::FromStr;

/// What one bidding partnership is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bidding {
    /// The seats that bid through it. Of a request's seats only these are told to it.
    pub seats: Vec<String>,
    /// The formats that it can bid on.
    pub formats: Vec<AdFormat>,
    /// The sizes of banner that it can bid on; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<Size>,
    /// Where its ads can be shown.
    pub channels: Vec<AdChannel>,
    /// The currency in which it is asked, by its ISO 4217 code; without one that of the request.
    pub currency: Option<String>,
    /// How many impressions one request to it may hold.
    pub imps_max: usize,
    /// How many of its bids for one impression count.
    pub bids_per_imp_max: usize,
}

/// A size, in pixels; as text `300x250`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// The text is not a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a size such as 300x250, of 1 to {SIDE_MAX} pixels a side")]
pub struct SizeError;

/// The largest side, in pixels.
const SIDE_MAX: u32 = 16_384;

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let side = |text: &str| {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
            let side = text.parse().ok().filter(|_| is_plain);
            side.filter(|side| (1..=SIDE_MAX).contains(side)).ok_or(SizeError)
        };
        let (width, height) = text.split_once('x').ok_or(SizeError)?;
        Ok(Self { width: side(width)?, height: side(height)? })
    }
}

impl TryFrom<String> for Size {
    type Error = SizeError;

    fn try_from(text: String) -> Result<Self, SizeError> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(Size { width, height }: Size) -> Self {
        format!("{width}x{height}")
    }
}

/// A format of ads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdFormat {
    /// A banner.
    Banner,
    /// A video.
    Video,
    /// Sound alone.
    Audio,
    /// A native ad.
    Native,
}

impl AdFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Banner, Self::Video, Self::Audio, Self::Native];
}

/// Where ads are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdChannel {
    /// On a web site.
    Site,
    /// In an app.
    App,
    /// On a public screen.
    Dooh,
}

impl AdChannel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Site, Self::App, Self::Dooh];
}

/// A deal made beforehand. A request names it by its id; its terms are these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deal {
    /// Its identifier, as both sides know it.
    pub id: String,
    /// Its name, for people; it is never told.
    pub name: String,
    /// The partnerships that may be told of it.
    pub partnerships: Vec<PartnershipId>,
    /// The seats that may use it; empty means all.
    pub seats: Vec<String>,
    /// The domains of the advertisers that may use it; empty means all.
    pub advertisers: Vec<String>,
    /// The least price per thousand, in millionths of the currency's unit.
    pub floor_micros: i64,
    /// The currency of the floor, by its ISO 4217 code.
    pub currency: String,
    /// What its winner pays, where that is not what the auction says.
    pub price: Option<DealTerms>,
    /// Whether it goes before other deals.
    pub guaranteed: bool,
    /// The first day on which it holds, where it has one.
    pub start: Option<Day>,
    /// The first day on which it no longer holds, where it ends.
    pub end: Option<Day>,
    /// The placements that it is for; empty means all.
    pub placements: Vec<String>,
}

/// What the winner of a deal pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DealTerms {
    /// What it bid.
    FirstPrice,
    /// A little more than the next.
    SecondPricePlus,
    /// The floor.
    Fixed,
}
