//! What a device can be told apart by.

use super::telling::{Part, Telling};
use crate::{grammar, request::Device};
use sluicegate_gate::{Category, Identifier, Personal};

/// The whole addresses and the advertising id of one device, written.
pub(super) struct Identifying {
    pub(super) addresses: Part,
    pub(super) ifa: Part,
    pub(super) ext: Part,
}

impl Identifying {
    /// The advertising id is in lower case. What is not a UUID, and the all-zero one, is left out.
    pub(super) fn of(device: &Device) -> Self {
        let telling = |fields| Telling::of(Category::DeviceIdentifier, fields);
        let [mut addresses, mut ifa, mut ext] = [telling(2), telling(2), telling(1)];
        addresses.shown("device.ip", device.ip.as_ref().map(Personal::open));
        addresses.shown("device.ipv6", device.ipv6.as_ref().map(Personal::open));
        let id = device.ifa.as_ref().map(|id| Personal::new(id.open().to_ascii_lowercase()));
        if ifa.text("device.ifa", id.as_ref(), singles_out) {
            ext.text("device.ext.ifa_type", device.ifa_type.as_ref(), grammar::ifa_type);
        }
        Self { addresses: addresses.done(), ifa: ifa.done(), ext: ext.done() }
    }

    /// Iterates over its parts.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        [&self.addresses, &self.ifa, &self.ext].into_iter()
    }
}

fn singles_out(ifa: &str) -> bool {
    grammar::uuid(ifa) && Identifier::of_advertising_id(Some(ifa)) == Identifier::Present
}
