//! The device, as far as the grants open it.

use super::{Brand, Shared, coarse::Coarse, identifying::Identifying, telling::Part};
use crate::{money::Micros, request::Place, written::Written};
use sluicegate_gate::{Category, Grant, Personal, Told, ToldList, mark};
use std::{fmt, marker::PhantomData, sync::Arc};

/// `device`. Each field is set by the method that takes its category's grant, and told.
#[derive(Default)]
pub struct OutDevice<'b> {
    coarse: Option<Arc<Coarse>>,
    /// Its addresses stand in the place of the cut ones.
    identifying: Option<Arc<Identifying>>,
    place: Option<Place>,
    /// Of the place.
    told: Vec<Told>,
    brand: Brand<'b>,
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
        self.coarse = Some(Arc::clone(shared.coarse()));
    }

    /// Sets the whole addresses in place of the cut ones, and the advertising id, in lower case. What is not a UUID,
    /// and the all-zero one, is left out.
    pub fn identifying(&mut self, _grant: Grant<'b, mark::DeviceIdentifier>, shared: &Shared<'_>) {
        self.identifying = Some(Arc::clone(shared.identifying()));
    }

    /// Sets where exactly the device is.
    pub fn place(&mut self, _grant: Grant<'b, mark::PreciseLocation>, place: &Personal<Place>) {
        let place = *place.open();
        let told = |field: &'static str, degrees: Micros| Told {
            category: Category::PreciseLocation,
            field: field.into(),
            value: degrees.to_string(),
        };
        self.told =
            vec![told("device.geo.lat", place.latitude), told("device.geo.lon", place.longitude)];
        self.place = Some(place);
    }

    pub(super) fn write(&self, out: &mut Written) {
        let (coarse, identifying) = (self.coarse.as_deref(), self.identifying.as_deref());
        if let Some(coarse) = coarse {
            out.join(&coarse.fields.written);
        }
        if let Some(addresses) = self.addresses() {
            out.join(&addresses.written);
        }
        if let Some(identifying) = identifying {
            out.join(&identifying.ifa.written);
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
        let ext = [coarse.map(|one| &one.ext), identifying.map(|one| &one.ext)];
        let ext = ext.into_iter().flatten().map(|part| &part.written);
        if ext.clone().any(|fields| !fields.is_empty()) {
            out.object("ext", |object| ext.for_each(|fields| object.join(fields)));
        }
    }

    pub(super) fn says_nothing(&self) -> bool {
        self.told.is_empty() && self.shared_told().all(|values| values.is_empty())
    }

    pub(super) fn told(&self) -> Vec<Told> {
        self.shared_told().flat_map(|values| values.iter()).chain(&self.told).cloned().collect()
    }

    pub(super) fn into_told(self) -> ToldList {
        let mut list: ToldList = self.shared_told().map(Arc::clone).collect();
        list.add(self.told.into());
        list
    }

    /// The whole addresses, or the cut ones.
    fn addresses(&self) -> Option<&Part> {
        let whole = self.identifying.as_ref().map(|identifying| &identifying.addresses);
        whole.or_else(|| self.coarse.as_ref().map(|coarse| &coarse.addresses))
    }

    /// What is told to every partner alike.
    fn shared_told(&self) -> impl Iterator<Item = &Arc<[Told]>> {
        let (coarse, identifying) = (self.coarse.as_deref(), self.identifying.as_deref());
        let cut = self.addresses().filter(|_| identifying.is_none());
        let coarse = [
            coarse.map(|coarse| &coarse.fields),
            cut,
            coarse.map(|coarse| &coarse.geo),
            coarse.map(|coarse| &coarse.ext),
        ];
        let identifying = identifying.into_iter().flat_map(Identifying::parts);
        coarse.into_iter().flatten().chain(identifying).map(|part| &part.told)
    }
}
