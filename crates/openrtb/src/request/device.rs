//! What is read of `device`. Values keep no order of their own here: what may be told of them, and in
//! which form, is for the writing side.

use super::{identifier, personal};
use crate::{
    fields::{Fault, Fields},
    money::Micros,
};
use sluicegate_gate::{Country, Personal};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The device, as the request describes it. Strings are as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// `ua`.
    pub user_agent: Option<Personal<String>>,
    /// `sua`.
    pub hints: Option<Personal<BrowserHints>>,
    /// `ip`; what is not an address is not read.
    pub ip: Option<Personal<Ipv4Addr>>,
    /// `ipv6`; what is not an address is not read.
    pub ipv6: Option<Personal<Ipv6Addr>>,
    /// `geo`.
    pub geo: Geo,
    /// `devicetype`.
    pub device_type: Option<u16>,
    /// `make`.
    pub make: Option<Personal<String>>,
    /// `model`.
    pub model: Option<Personal<String>>,
    /// `os`.
    pub os: Option<Personal<String>>,
    /// `osv`.
    pub os_version: Option<Personal<String>>,
    /// `w`, in pixels.
    pub width: Option<u32>,
    /// `h`, in pixels.
    pub height: Option<u32>,
    /// `ppi`, in pixels per inch.
    pub pixels_per_inch: Option<u32>,
    /// `pxratio`.
    pub pixel_ratio: Option<Micros>,
    /// `js`: whether scripts run.
    pub scripts: Option<bool>,
    /// `language`.
    pub language: Option<Personal<String>>,
    /// `langb`.
    pub language_tag: Option<Personal<String>>,
    /// `connectiontype`.
    pub connection_type: Option<u16>,
    /// `carrier`.
    pub carrier: Option<Personal<String>>,
    /// `mccmnc`.
    pub network: Option<Personal<String>>,
    /// `lmt`.
    pub lmt: Option<i64>,
    /// `dnt`.
    pub dnt: Option<i64>,
    /// `ifa`, as it came; empty counts as absent.
    pub ifa: Option<Personal<String>>,
    /// `ext.ifa_type`.
    pub ifa_type: Option<Personal<String>>,
    /// `ext.atts`.
    pub atts: Option<i64>,
}

/// `device.geo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Geo {
    /// `country`. A code that does not exist is refused: read as absent, it would leave the rules of the
    /// account's country alone.
    pub country: Option<Country>,
    /// `region`.
    pub region: Option<Personal<String>>,
    /// `metro`.
    pub metro: Option<Personal<String>>,
    /// `utcoffset`, in minutes.
    pub utc_offset: Option<i64>,
    /// `type`: 1 from the device, 2 from the address, 3 given by the person.
    pub source: Option<u16>,
    /// `lat` and `lon`.
    pub place: Option<Personal<Place>>,
}

/// A place in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// North of the equator.
    pub latitude: Micros,
    /// East of Greenwich.
    pub longitude: Micros,
}

/// `device.sua`: what the browser says of itself in client hints. Hints that could single out a device
/// (model, architecture, word size) are not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrowserHints {
    /// `browsers`.
    pub browsers: Vec<Brand>,
    /// `platform`.
    pub platform: Option<Brand>,
    /// `mobile`.
    pub mobile: Option<bool>,
    /// `source`.
    pub source: Option<u16>,
}

/// A brand and its version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// `brand`.
    pub brand: String,
    /// `version`, part by part.
    pub version: Vec<String>,
}

impl Device {
    pub(super) fn of(root: &Fields<'_>) -> Result<Self, Fault> {
        let Some(device) = root.object("device")? else { return Ok(Self::default()) };
        let text = |key: &str| -> Result<_, Fault> { Ok(personal(device.text(key)?)) };
        let (ip, ipv6) = addresses(&device)?;
        let ext = device.object("ext")?;
        let (atts, ifa_type) = match &ext {
            Some(ext) => (ext.integer("atts")?, personal(ext.text("ifa_type")?)),
            None => (None, None),
        };
        Ok(Self {
            user_agent: text("ua")?,
            hints: device.object("sua")?.map(|sua| hints(&sua)).transpose()?.map(Personal::new),
            ip: ip.map(Personal::new),
            ipv6: ipv6.map(Personal::new),
            geo: geo(&device)?,
            device_type: device.code("devicetype")?,
            make: text("make")?,
            model: text("model")?,
            os: text("os")?,
            os_version: text("osv")?,
            width: device.size("w")?,
            height: device.size("h")?,
            pixels_per_inch: device.size("ppi")?,
            pixel_ratio: device.amount("pxratio")?,
            scripts: device.flag("js")?,
            language: text("language")?,
            language_tag: text("langb")?,
            connection_type: device.code("connectiontype")?,
            carrier: text("carrier")?,
            network: text("mccmnc")?,
            lmt: device.integer("lmt")?,
            dnt: device.integer("dnt")?,
            ifa: identifier(&device, "ifa")?,
            ifa_type,
            atts,
        })
    }
}

/// Both addresses, each under the family it belongs to, whichever field it came in.
fn addresses(device: &Fields<'_>) -> Result<(Option<Ipv4Addr>, Option<Ipv6Addr>), Fault> {
    let mut found = (None, None);
    for key in ["ipv6", "ip"] {
        match device
            .text(key)?
            .and_then(|text| text.parse::<IpAddr>().ok())
            .map(|ip| ip.to_canonical())
        {
            Some(IpAddr::V4(address)) => found.0 = Some(address),
            Some(IpAddr::V6(address)) => found.1 = Some(address),
            None => {}
        }
    }
    Ok(found)
}

fn geo(device: &Fields<'_>) -> Result<Geo, Fault> {
    let Some(geo) = device.object("geo")? else { return Ok(Geo::default()) };
    let degrees = |key: &str, limit: i64| -> Result<Option<Micros>, Fault> {
        let fits = |value: &Micros| (-limit * 1_000_000..=limit * 1_000_000).contains(&value.0);
        Ok(geo.decimal(key)?.filter(fits))
    };
    let country = match geo.text("country")? {
        None => None,
        Some(code) => {
            let problem = "must be a country code of ISO 3166-1 alpha-3";
            Some(code.parse().map_err(|_unknown| geo.fault("country", problem))?)
        }
    };
    let place = degrees("lat", 90)?.zip(degrees("lon", 180)?);
    Ok(Geo {
        country,
        region: personal(geo.text("region")?),
        metro: personal(geo.text("metro")?),
        utc_offset: geo.integer("utcoffset")?,
        source: geo.code("type")?,
        place: place.map(|(latitude, longitude)| Personal::new(Place { latitude, longitude })),
    })
}

fn hints(sua: &Fields<'_>) -> Result<BrowserHints, Fault> {
    Ok(BrowserHints {
        browsers: sua.objects("browsers")?.iter().map(brand).collect::<Result<_, _>>()?,
        platform: sua.object("platform")?.map(|platform| brand(&platform)).transpose()?,
        mobile: sua.flag("mobile")?,
        source: sua.code("source")?,
    })
}

fn brand(fields: &Fields<'_>) -> Result<Brand, Fault> {
    let version = fields.texts("version")?.into_iter().map(str::to_owned).collect();
    Ok(Brand { brand: fields.text("brand")?.unwrap_or_default().to_owned(), version })
}
