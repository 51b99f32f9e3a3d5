//! Impressions: what the exchange needs by name, and the filtered rest.

use super::media;
use crate::{
    fields::{Fault, Fields},
    grammar,
    kept::{self, Kept},
    money::{Currency, Micros},
};
use std::{collections::BTreeSet, sync::Arc};

/// An impression on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imp {
    /// `id`: the client's; partners get another.
    pub id: String,
    /// `tagid`: told only if it is a registered placement.
    pub tag_id: Option<String>,
    /// `bidfloor`, per thousand.
    pub floor: Micros,
    /// `bidfloorcur`.
    pub floor_currency: Currency,
    /// `secure`: whether everything must be loaded over HTTPS.
    pub secure: Option<bool>,
    /// `instl`: whether the ad fills the screen.
    pub interstitial: bool,
    /// Which formats are offered.
    pub formats: Formats,
    /// `banner`, where it is offered.
    pub banner: Option<BannerSlot>,
    /// `pmp.private_auction`: only the deals may bid.
    pub deals_only: bool,
    /// `pmp.deals`.
    pub deals: Vec<Deal>,
    /// Everything else that passed the allow-list.
    pub(crate) kept: Arc<Kept>,
}

/// The formats an impression offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Formats(u8);

impl Formats {
    const KEYS: [&'static str; 4] = ["banner", "video", "audio", "native"];

    fn of(fields: &Fields<'_>) -> Self {
        let bit = |(index, key): (usize, &&str)| u8::from(fields.has(key)) << index;
        Self(Self::KEYS.iter().enumerate().map(bit).fold(0, |bits, bit| bits | bit))
    }

    /// Returns whether the format of that AdCOM markup type (`mtype`: 1 banner, 2 video, 3 audio,
    /// 4 native) is offered.
    pub fn offers(self, markup_type: u8) -> bool {
        (1..=4).contains(&markup_type) && self.0 & (1 << (markup_type - 1)) != 0
    }
}

/// What a bid on a banner is checked against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BannerSlot {
    /// Width and height of each size that fits, in pixels.
    pub sizes: Vec<(u32, u32)>,
    /// `battr`: creative attributes that are blocked.
    pub blocked_attributes: Vec<i64>,
}

/// A deal made beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// `id`.
    pub id: String,
    /// `bidfloor`, per thousand.
    pub floor: Micros,
    /// `bidfloorcur`; USD where absent, whatever the impression says.
    pub floor_currency: Currency,
    /// `at`, where it differs: 1 first price, 2 second price plus, 3 the floor is the price.
    pub auction: Option<u8>,
    /// `wseat`: seats that may use it; empty means all.
    pub seats: Vec<String>,
    /// `wadomain`: advertisers that may use it; empty means all.
    pub advertisers: Vec<String>,
    /// `guar`: whether the deal is guaranteed.
    pub guaranteed: bool,
}

/// Impressions past this many are refused.
const IMPS_MAX: usize = 100;

pub(super) fn read_all(root: &Fields<'_>) -> Result<Vec<Imp>, Fault> {
    let all = root.objects("imp")?;
    if all.is_empty() {
        let problem = if root.has("imp") { "must not be empty" } else { "is missing" };
        return Err(root.fault("imp", problem));
    }
    if all.len() > IMPS_MAX {
        return Err(root.fault("imp", "holds too many impressions"));
    }
    let mut seen = BTreeSet::new();
    let mut imps = Vec::with_capacity(all.len());
    for fields in &all {
        let imp = read(fields)?;
        if !seen.insert(imp.id.clone()) {
            return Err(fields.fault("id", "must be unique in the request"));
        }
        imps.push(imp);
    }
    Ok(imps)
}

fn read(fields: &Fields<'_>) -> Result<Imp, Fault> {
    let id = fields.required_text("id")?;
    if id.len() > super::ID_BYTES_MAX {
        return Err(fields.fault("id", "is too long"));
    }
    let (deals_only, deals) = match fields.object("pmp")? {
        Some(pmp) => (
            pmp.flag("private_auction")? == Some(true),
            pmp.objects("deals")?.iter().map(deal).collect::<Result<_, _>>()?,
        ),
        None => (false, Vec::new()),
    };
    let kept = kept::object(fields, &media::IMP)?;
    Ok(Imp {
        id: id.to_owned(),
        tag_id: fields.text("tagid")?.map(str::to_owned),
        floor: floor(fields)?,
        floor_currency: currency(fields)?,
        secure: fields.flag("secure")?,
        interstitial: fields.flag("instl")? == Some(true),
        formats: Formats::of(fields),
        banner: fields.object("banner")?.map(|banner| slot(&banner)).transpose()?,
        deals_only,
        deals,
        kept: Arc::new(kept),
    })
}

fn slot(banner: &Fields<'_>) -> Result<BannerSlot, Fault> {
    let size = |fields: &Fields<'_>| -> Result<Option<(u32, u32)>, Fault> {
        Ok(fields.size("w")?.zip(fields.size("h")?))
    };
    let mut sizes: Vec<_> = size(banner)?.into_iter().collect();
    for format in banner.objects("format")? {
        sizes.extend(size(&format)?);
    }
    Ok(BannerSlot { sizes, blocked_attributes: banner.integers("battr")? })
}

fn floor(fields: &Fields<'_>) -> Result<Micros, Fault> {
    match fields.amount("bidfloor")? {
        Some(floor) if floor > FLOOR_MAX => Err(fields.fault("bidfloor", "is out of range")),
        floor => Ok(floor.unwrap_or_default()),
    }
}

/// 100,000 units a thousand.
const FLOOR_MAX: Micros = Micros(100_000_000_000);

fn currency(fields: &Fields<'_>) -> Result<Currency, Fault> {
    let Some(text) = fields.text("bidfloorcur")? else { return Ok(Currency::USD) };
    let problem = "must be a currency code of three capital letters";
    text.parse().map_err(|_wrong| fields.fault("bidfloorcur", problem))
}

fn deal(fields: &Fields<'_>) -> Result<Deal, Fault> {
    let id = fields.required_text("id")?;
    if !grammar::code(id) {
        return Err(fields.fault("id", "must be 1 to 64 letters, digits and `. _ : -`"));
    }
    Ok(Deal {
        id: id.to_owned(),
        floor: floor(fields)?,
        floor_currency: currency(fields)?,
        auction: match fields.integer("at")? {
            Some(1) => Some(1),
            Some(2) => Some(2),
            Some(3) => Some(3),
            _ => None,
        },
        seats: fields.fitting("wseat", grammar::code)?,
        advertisers: fields.fitting("wadomain", grammar::domain)?,
        guaranteed: fields.flag("guar")? == Some(true),
    })
}
