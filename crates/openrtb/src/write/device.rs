//! The device, as far as the grants open it.

use super::{Brand, Shared, coarse::Coarse};
use crate::{
    grammar,
    request::{Device, Place},
    written::Written,
};
use sluicegate_gate::{Category, Grant, Identifier, Personal, Told, ToldList, mark};
use std::{
    fmt,
    marker::PhantomData,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

/// `device`. Each field is set by the method that takes its category's grant, and told.
#[derive(Default)]
pub struct OutDevice<'b> {
    coarse: Option<Coarse>,
    addresses: Option<Addresses>,
    ifa: Option<String>,
    ifa_type: Option<String>,
    place: Option<Place>,
    told: Vec<Told>,
    brand: Brand<'b>,
}

/// Whole, in the place of the cut ones.
struct Addresses {
    ip: Option<Ipv4Addr>,
    ipv6: Option<Ipv6Addr>,
}

impl fmt::Debug for OutDevice<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OutDevice").field("told", &self.told).finish_non_exhaustive()
    }
}

impl<'b> OutDevice<'b> {
    pub(super) fn new() -> Self {
        Self { brand: PhantomData, ..Self::default() }
    }

    /// Sets what sort of device it is, and roughly where it is. Addresses are cut to /24 and /48; strings outside
    /// their grammar and numbers outside their bounds are left out.
    pub fn coarse(&mut self, _grant: Grant<'b, mark::CoarseDevice>, shared: &Shared<'_>) {
        self.coarse = Some(shared.coarse().clone());
    }

    /// Sets the whole addresses in place of the cut ones.
    pub fn address(&mut self, _grant: Grant<'b, mark::DeviceIdentifier>, device: &Device) {
        let ip = device.ip.as_ref().map(|ip| *ip.open());
        let ipv6 = device.ipv6.as_ref().map(|ip| *ip.open());
        if let Some(ip) = ip {
            self.tell(Category::DeviceIdentifier, "device.ip", ip.to_string());
        }
        if let Some(ip) = ipv6 {
            self.tell(Category::DeviceIdentifier, "device.ipv6", ip.to_string());
        }
        self.addresses = Some(Addresses { ip, ipv6 });
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
        self.ifa = Some(ifa);
        if let Some(kind) = ifa_type.map(Personal::open).filter(|kind| grammar::ifa_type(kind)) {
            self.tell(Category::DeviceIdentifier, "device.ext.ifa_type", kind.clone());
            self.ifa_type = Some(kind.clone());
        }
    }

    /// Sets where exactly the device is.
    pub fn place(&mut self, _grant: Grant<'b, mark::PreciseLocation>, place: &Personal<Place>) {
        let place = *place.open();
        self.tell(Category::PreciseLocation, "device.geo.lat", place.latitude.to_string());
        self.tell(Category::PreciseLocation, "device.geo.lon", place.longitude.to_string());
        self.place = Some(place);
    }

    pub(super) fn write(&self, out: &mut Written) {
        let coarse = self.coarse.as_ref();
        if let Some(coarse) = coarse {
            out.join(&coarse.fields.written);
        }
        match (&self.addresses, coarse) {
            (Some(Addresses { ip, ipv6 }), _) => {
                if let Some(ip) = ip {
                    out.shown("ip", ip);
                }
                if let Some(ip) = ipv6 {
                    out.shown("ipv6", ip);
                }
            }
            (None, Some(coarse)) => out.join(&coarse.addresses.written),
            (None, None) => {}
        }
        if let Some(ifa) = &self.ifa {
            out.text("ifa", ifa);
        }
        let geo = coarse.map(|coarse| &coarse.geo.written).filter(|geo| !geo.is_empty());
        if geo.is_some() || self.place.is_some() {
            out.object("geo", |fields| {
                if let Some(place) = &self.place {
                    fields.amount("lat", place.latitude);
                    fields.amount("lon", place.longitude);
                }
                if let Some(geo) = geo {
                    fields.join(geo);
                }
            });
        }
        let ext = coarse.map(|coarse| &coarse.ext.written).filter(|ext| !ext.is_empty());
        if ext.is_some() || self.ifa_type.is_some() {
            out.object("ext", |fields| {
                if let Some(ext) = ext {
                    fields.join(ext);
                }
                if let Some(kind) = &self.ifa_type {
                    fields.text("ifa_type", kind);
                }
            });
        }
    }

    pub(super) fn says_nothing(&self) -> bool {
        self.told.is_empty() && self.coarse_told().all(|values| values.is_empty())
    }

    pub(super) fn told(&self) -> Vec<Told> {
        self.coarse_told().flat_map(|values| values.iter()).chain(&self.told).cloned().collect()
    }

    pub(super) fn into_told(self) -> ToldList {
        let mut list = ToldList::default();
        for values in self.coarse_told() {
            list.add(Arc::clone(values));
        }
        list.add(self.told.into());
        list
    }

    fn coarse_told(&self) -> impl Iterator<Item = &Arc<[Told]>> {
        let has_whole_addresses = self.addresses.is_some();
        self.coarse.iter().flat_map(move |coarse| {
            let cut = Some(&coarse.addresses).filter(|_| !has_whole_addresses);
            let parts = [Some(&coarse.fields), cut, Some(&coarse.geo), Some(&coarse.ext)];
            parts.into_iter().flatten().map(|part| &part.told)
        })
    }

    fn tell(&mut self, category: Category, field: &'static str, value: String) {
        self.told.retain(|told| told.field != field);
        self.told.push(Told { category, field: field.into(), value });
    }
}
