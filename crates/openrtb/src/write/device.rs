//! The device, as far as the grants open it.

use super::Brand;
use crate::{
    grammar,
    money::Micros,
    request::{self, BrowserHints, Device, Geo, Place},
};
use serde::Serialize;
use sluicegate_gate::{Category, Country, Grant, Identifier, Personal, Told, mark};
use std::{
    marker::PhantomData,
    net::{Ipv4Addr, Ipv6Addr},
};

/// `device`. Each field is set by the method that takes its category's grant, and told.
#[derive(Debug, Default, Serialize)]
pub struct OutDevice<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ua: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sua: Option<Hidden<OutHints>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<Hidden<Ipv4Addr>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipv6: Option<Hidden<Ipv6Addr>>,
    #[serde(skip_serializing_if = "OutGeo::is_empty")]
    geo: OutGeo,
    #[serde(skip_serializing_if = "Option::is_none")]
    dnt: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lmt: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    devicetype: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    make: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    osv: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    w: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    h: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ppi: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pxratio: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    js: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    langb: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connectiontype: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mccmnc: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ifa: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "OutDeviceExt::is_empty")]
    ext: OutDeviceExt,
    #[serde(skip)]
    told: Vec<Told>,
    #[serde(skip)]
    brand: Brand<'b>,
}

/// A value on its way out: it serializes, and does not print.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Hidden<T>(pub(super) T);

impl<T> std::fmt::Debug for Hidden<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[personal]")
    }
}

#[derive(Debug, Default, PartialEq, Serialize)]
struct OutDeviceExt {
    #[serde(skip_serializing_if = "Option::is_none")]
    atts: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ifa_type: Option<String>,
}

impl OutDeviceExt {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Default, Serialize)]
struct OutGeo {
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<Hidden<Micros>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<Hidden<Micros>>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    source: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metro: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utcoffset: Option<i64>,
}

impl OutGeo {
    fn is_empty(&self) -> bool {
        self.lat.is_none()
            && self.source.is_none()
            && self.country.is_none()
            && self.region.is_none()
            && self.metro.is_none()
            && self.utcoffset.is_none()
    }
}

#[derive(Serialize)]
struct OutHints {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    browsers: Vec<OutBrand>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<OutBrand>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<u16>,
}

#[derive(Serialize)]
struct OutBrand {
    brand: String,
    version: Vec<String>,
}

impl OutBrand {
    /// The brand with the first part of its version; more would narrow down the device.
    fn of(brand: &request::Brand) -> Option<Self> {
        let version = brand.version.iter().take(1).filter(|part| grammar::version(part)).cloned();
        grammar::product_name(&brand.brand)
            .then(|| Self { brand: brand.brand.clone(), version: version.collect() })
    }
}

/// The largest screen side, in pixels.
const SIDE_MAX: u32 = 16_384;
/// The most brands that a browser names.
const BRANDS_MAX: usize = 8;
/// Room made for the values that are told.
const USUAL_VALUES: usize = 32;

impl<'b> OutDevice<'b> {
    pub(super) fn new() -> Self {
        Self { told: Vec::with_capacity(USUAL_VALUES), brand: PhantomData, ..Self::default() }
    }

    /// Sets what sort of device it is. Addresses are cut to /24 and /48; strings outside their
    /// grammar and numbers outside their bounds are left out.
    pub fn coarse(&mut self, _grant: Grant<'b, mark::CoarseDevice>, device: &Device) {
        self.ua = self.text("device.ua", device.user_agent.as_ref(), grammar::user_agent);
        self.make = self.text("device.make", device.make.as_ref(), grammar::product_name);
        self.model = self.text("device.model", device.model.as_ref(), grammar::product_name);
        self.os = self.text("device.os", device.os.as_ref(), grammar::product_name);
        self.osv = self.text("device.osv", device.os_version.as_ref(), grammar::version);
        self.carrier = self.text("device.carrier", device.carrier.as_ref(), grammar::product_name);
        self.mccmnc = self.text("device.mccmnc", device.network.as_ref(), grammar::mccmnc);
        self.langb = self.text("device.langb", device.language_tag.as_ref(), grammar::language_tag);
        if self.langb.is_none() {
            self.language =
                self.text("device.language", device.language.as_ref(), grammar::language);
        }
        self.devicetype = self.number("device.devicetype", device.device_type);
        self.connectiontype = self.number("device.connectiontype", device.connection_type);
        self.w = self.number("device.w", device.width.filter(|side| *side <= SIDE_MAX));
        self.h = self.number("device.h", device.height.filter(|side| *side <= SIDE_MAX));
        let ppi = device.pixels_per_inch.filter(|ppi| *ppi <= 4_000);
        self.ppi = self.number("device.ppi", ppi);
        let ratio = device.pixel_ratio.filter(|ratio| ratio.0 <= 100_000_000);
        self.pxratio = self.number("device.pxratio", ratio.map(hundredths));
        self.js = self.number("device.js", device.scripts.map(u8::from));
        self.dnt = self.number("device.dnt", device.dnt.map(|dnt| u8::from(dnt != 0)));
        self.lmt = self.number("device.lmt", device.lmt.map(|lmt| u8::from(lmt != 0)));
        let atts = device.atts.and_then(|atts| u8::try_from(atts).ok()).filter(|atts| *atts <= 3);
        self.ext.atts = self.number("device.ext.atts", atts);
        self.hints(device.hints.as_ref());
        let cut = device.ip.as_ref().map(|ip| Ipv4Addr::from_bits(ip.open().to_bits() & !0xff));
        self.ip = self.number("device.ip", cut).map(Hidden);
        let cut = device.ipv6.as_ref().map(|ip| {
            let bits = ip.open().to_bits();
            Ipv6Addr::from_bits(bits & !(u128::MAX >> 48))
        });
        self.ipv6 = self.number("device.ipv6", cut).map(Hidden);
    }

    fn hints(&mut self, hints: Option<&Personal<BrowserHints>>) {
        let Some(hints) = hints.map(Personal::open) else { return };
        let brands = hints.browsers.iter().take(BRANDS_MAX);
        let out = OutHints {
            browsers: brands.filter_map(OutBrand::of).collect(),
            platform: hints.platform.as_ref().and_then(OutBrand::of),
            mobile: hints.mobile.map(u8::from),
            source: hints.source,
        };
        if out.browsers.is_empty() && out.platform.is_none() && out.mobile.is_none() {
            return;
        }
        let value = serde_json::to_string(&out).unwrap_or_default();
        self.tell(Category::CoarseDevice, "device.sua", value);
        self.sua = Some(Hidden(out));
    }

    /// Sets roughly where the device is.
    pub fn region(
        &mut self,
        _grant: Grant<'b, mark::CoarseDevice>,
        geo: &Geo,
        country: Option<Country>,
    ) {
        self.geo.country = self.number("device.geo.country", country);
        if country.is_some() {
            self.geo.region = self.text("device.geo.region", geo.region.as_ref(), grammar::region);
            self.geo.metro = self.text("device.geo.metro", geo.metro.as_ref(), grammar::metro);
        }
        // Why: a quarter of an hour is the finest step that any zone has.
        let offset = geo.utc_offset.filter(|minutes| minutes.abs() <= 14 * 60 && minutes % 15 == 0);
        self.geo.utcoffset = self.number("device.geo.utcoffset", offset);
        self.geo.source = self.number("device.geo.type", geo.source);
    }

    /// Sets the whole addresses in place of the cut ones.
    pub fn address(&mut self, _grant: Grant<'b, mark::DeviceIdentifier>, device: &Device) {
        if let Some(ip) = &device.ip {
            self.tell(Category::DeviceIdentifier, "device.ip", ip.open().to_string());
            self.ip = Some(Hidden(*ip.open()));
        }
        if let Some(ip) = &device.ipv6 {
            self.tell(Category::DeviceIdentifier, "device.ipv6", ip.open().to_string());
            self.ipv6 = Some(Hidden(*ip.open()));
        }
    }

    /// Sets the advertising id, in lower case. What is not a UUID, and the all-zero one, is left out.
    pub fn ifa(
        &mut self,
        _grant: Grant<'b, mark::DeviceIdentifier>,
        ifa: &Personal<String>,
        ifa_type: Option<&Personal<String>>,
    ) {
        let ifa = ifa.open().to_ascii_lowercase();
        let is_zero = Identifier::of_advertising_id(Some(&ifa)) == Identifier::AllZero;
        if !grammar::uuid(&ifa) || is_zero {
            return;
        }
        self.tell(Category::DeviceIdentifier, "device.ifa", ifa.clone());
        self.ifa = Some(Hidden(ifa));
        if let Some(kind) = ifa_type.map(Personal::open).filter(|kind| grammar::ifa_type(kind)) {
            self.tell(Category::DeviceIdentifier, "device.ext.ifa_type", kind.clone());
            self.ext.ifa_type = Some(kind.clone());
        }
    }

    /// Sets where exactly the device is.
    pub fn place(&mut self, _grant: Grant<'b, mark::PreciseLocation>, place: &Personal<Place>) {
        let Place { latitude, longitude } = *place.open();
        self.tell(Category::PreciseLocation, "device.geo.lat", latitude.to_string());
        self.tell(Category::PreciseLocation, "device.geo.lon", longitude.to_string());
        self.geo.lat = Some(Hidden(latitude));
        self.geo.lon = Some(Hidden(longitude));
    }

    pub(super) fn told(&self) -> &[Told] {
        &self.told
    }

    pub(super) fn into_told(self) -> Vec<Told> {
        self.told
    }

    /// Records a value. A later value of the same field takes the place of the earlier one.
    fn tell(&mut self, category: Category, field: &'static str, value: String) {
        self.told.retain(|told| told.field != field);
        self.told.push(Told { category, field: field.into(), value });
    }

    /// A coarse string, if it fits its grammar.
    fn text(
        &mut self,
        field: &'static str,
        value: Option<&Personal<String>>,
        fits: fn(&str) -> bool,
    ) -> Option<Hidden<String>> {
        let text = value.map(Personal::open).filter(|text| fits(text))?;
        self.tell(Category::CoarseDevice, field, text.clone());
        Some(Hidden(text.clone()))
    }

    /// A coarse value that is no string.
    fn number<T: ToString>(&mut self, field: &'static str, value: Option<T>) -> Option<T> {
        if let Some(value) = &value {
            self.tell(Category::CoarseDevice, field, value.to_string());
        }
        value
    }
}

/// Cuts to hundredths: no screen needs more, and more could carry something else.
fn hundredths(ratio: Micros) -> Micros {
    Micros(ratio.0 - ratio.0 % 10_000)
}
