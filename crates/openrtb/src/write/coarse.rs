//! What sort of device it is and roughly where, cut to what no device can be told apart by.

use super::telling::{Part, Telling};
use crate::{
    grammar,
    money::Micros,
    request::{self, BrowserHints, Device, Geo},
    written::Written,
};
use sluicegate_gate::{Category, Country, Personal};
use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    ops::RangeInclusive,
};

/// The coarse data of one device, written. Addresses are cut to /24 and /48; strings outside their grammar and
/// numbers outside their bounds are left out.
pub(super) struct Coarse {
    pub(super) fields: Part,
    /// Where the whole addresses are not set.
    pub(super) addresses: Part,
    pub(super) geo: Part,
    pub(super) ext: Part,
}

impl fmt::Debug for Coarse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Coarse").finish_non_exhaustive()
    }
}

impl Coarse {
    pub(super) fn of(device: &Device, country: Option<Country>) -> Self {
        let mut ext = Telling::of(Category::CoarseDevice, 1);
        let atts = device.atts.and_then(|atts| u8::try_from(atts).ok()).filter(|atts| *atts <= 3);
        ext.integer("device.ext.atts", atts);
        Self {
            fields: fields(device),
            addresses: addresses(device),
            geo: geo(&device.geo, country),
            ext: ext.done(),
        }
    }
}

fn fields(device: &Device) -> Part {
    let mut out = Telling::of(Category::CoarseDevice, 22);
    out.text("device.ua", device.user_agent.as_ref(), grammar::user_agent);
    out.text("device.make", device.make.as_ref(), grammar::product_name);
    out.text("device.model", device.model.as_ref(), grammar::product_name);
    out.text("device.os", device.os.as_ref(), grammar::product_name);
    out.text("device.osv", device.os_version.as_ref(), grammar::version);
    out.text("device.carrier", device.carrier.as_ref(), grammar::product_name);
    out.text("device.mccmnc", device.network.as_ref(), grammar::mccmnc);
    if !out.text("device.langb", device.language_tag.as_ref(), grammar::language_tag) {
        out.text("device.language", device.language.as_ref(), grammar::language);
    }
    out.integer("device.devicetype", device.device_type);
    out.integer("device.connectiontype", device.connection_type);
    out.integer("device.w", device.width.filter(|side| *side <= SIDE_MAX));
    out.integer("device.h", device.height.filter(|side| *side <= SIDE_MAX));
    out.integer("device.ppi", device.pixels_per_inch.filter(|ppi| *ppi <= 4_000));
    if let Some(ratio) = device.pixel_ratio.filter(|ratio| ratio.0 <= 100_000_000).map(hundredths) {
        out.number("device.pxratio", ratio.to_string());
    }
    out.integer("device.js", device.scripts.map(u8::from));
    out.integer("device.dnt", device.dnt.map(|dnt| u8::from(dnt != 0)));
    out.integer("device.lmt", device.lmt.map(|lmt| u8::from(lmt != 0)));
    hints(device.hints.as_ref(), &mut out);
    out.done()
}

fn hints(hints: Option<&Personal<BrowserHints>>, out: &mut Telling) {
    let Some(hints) = hints.map(Personal::open) else { return };
    let named = |brand: &&request::Brand| grammar::product_name(&brand.brand);
    let browsers: Vec<_> = hints.browsers.iter().take(BRANDS_MAX).filter(named).collect();
    let platform = hints.platform.as_ref().filter(named);
    if browsers.is_empty() && platform.is_none() && hints.mobile.is_none() {
        return;
    }
    let mut fields = Written::default();
    if !browsers.is_empty() {
        fields.list("browsers", |list| {
            for one in browsers {
                list.element(|fields| brand(one, fields));
            }
        });
    }
    if let Some(platform) = platform {
        fields.object("platform", |fields| brand(platform, fields));
    }
    if let Some(mobile) = hints.mobile {
        fields.integer("mobile", u8::from(mobile));
    }
    if let Some(source) = hints.source {
        fields.integer("source", source);
    }
    out.object("device.sua", fields);
}

/// The brand with the first number of its version, also where all of them stand in one text; more would narrow down the
/// device.
fn brand(brand: &request::Brand, out: &mut Written) {
    out.text("brand", &brand.brand);
    out.list("version", |list| {
        let first = brand.version.first().and_then(|part| part.split(['.', '_']).next());
        first.into_iter().filter(|part| grammar::version(part)).for_each(|part| {
            list.element_text(part);
        });
    });
}

fn addresses(device: &Device) -> Part {
    let mut out = Telling::of(Category::CoarseDevice, 2);
    let ip = device.ip.as_ref().map(|ip| Ipv4Addr::from_bits(ip.open().to_bits() & !0xff));
    out.shown("device.ip", ip);
    let ipv6 = device.ipv6.as_ref().map(|ip| {
        let bits = ip.open().to_bits();
        Ipv6Addr::from_bits(bits & !(u128::MAX >> 48))
    });
    out.shown("device.ipv6", ipv6);
    out.done()
}

fn geo(geo: &Geo, country: Option<Country>) -> Part {
    let mut out = Telling::of(Category::CoarseDevice, 5);
    out.shown("device.geo.country", country);
    if country.is_some() {
        out.text("device.geo.region", geo.region.as_ref(), grammar::region);
        out.text("device.geo.metro", geo.metro.as_ref(), grammar::metro);
    }
    // Why: a quarter of an hour is the finest step that any zone has.
    let is_a_zone = |minutes: &i64| OFFSETS.contains(minutes) && minutes % 15 == 0;
    let offset = geo.utc_offset.filter(is_a_zone);
    out.integer("device.geo.utcoffset", offset);
    out.integer("device.geo.type", geo.source);
    out.done()
}

/// Cuts to hundredths: no screen needs more, and more could carry something else.
fn hundredths(ratio: Micros) -> Micros {
    Micros(ratio.0 - ratio.0 % 10_000)
}

/// Offsets from UTC, in minutes.
const OFFSETS: RangeInclusive<i64> = -14 * 60..=14 * 60;
/// The largest screen side, in pixels.
const SIDE_MAX: u32 = 16_384;
/// The most brands that a browser names.
const BRANDS_MAX: usize = 8;
