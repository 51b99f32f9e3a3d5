//! For which purposes a vendor has express consent in Canada ("IAB Canada TCF", policies and technical specification).

use super::{CanadaReading, CanadaString};
use crate::{
    Ids, NoBasis,
    tcf::{PublisherPurposes, RestrictionKind},
};

/// What one string of Canada says about one vendor, in each way in which it can be read. Small, so that every purpose can
/// be asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CanadaBases([Option<Said>; 3]);

/// What one reading says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Said {
    purposes: Ids,
    special_features: Ids,
    forbidden: Ids,
    /// Why the vendor has nothing at all, if it does not.
    vendor: Result<(), NoBasis>,
}

impl CanadaString<'_> {
    /// Returns what the string says about a vendor. Reads it once, and walks its lists to the vendor or to their end.
    ///
    /// Implied consent counts only for vendors that declared it on Canada's own vendor list, which is not read.
    pub fn bases(&self, vendor: u16) -> CanadaBases {
        let mut said = [None; 3];
        for (slot, reading) in said.iter_mut().zip(self.readings()) {
            *slot = Some(Said::of(&reading, vendor));
        }
        CanadaBases(said)
    }

    /// Returns what was agreed to for the publisher itself: what a processor acts under.
    pub fn publisher(&self) -> Option<PublisherPurposes> {
        // Why: this part has no list of vendors, and so is the same in every reading.
        self.readings().next()?.publisher
    }
}

impl Said {
    fn of(reading: &CanadaReading<'_>, vendor: u16) -> Self {
        let mut forbidden = Ids::NONE;
        for (purpose, kind, vendors) in reading.restrictions() {
            // Anything but "express consent is required" forbids.
            if kind != RestrictionKind::RequireConsent && vendors.contains(vendor) {
                forbidden = forbidden.with(purpose);
            }
        }
        let is_shown = reading.disclosed.is_none_or(|list| list.contains(vendor));
        Self {
            purposes: reading.purposes_express,
            special_features: reading.special_features_express,
            forbidden,
            vendor: match (is_shown, reading.express.contains(vendor)) {
                (false, _) => Err(NoBasis::VendorNotDisclosed),
                (true, false) => Err(NoBasis::VendorRefused),
                (true, true) => Ok(()),
            },
        }
    }

    fn purpose(&self, purpose: u8) -> Result<(), NoBasis> {
        self.vendor?;
        if self.forbidden.contains(purpose) {
            return Err(NoBasis::Restricted);
        }
        agreed(self.purposes, purpose)
    }

    fn special_feature(&self, feature: u8) -> Result<(), NoBasis> {
        self.vendor?;
        agreed(self.special_features, feature)
    }
}

impl CanadaBases {
    /// Returns whether the person expressly consented to the purpose and to the vendor, in every reading. Purpose 1 is
    /// not used in Canada.
    pub fn purpose(&self, purpose: u8) -> Result<(), NoBasis> {
        self.in_every_reading(|said| said.purpose(purpose))
    }

    /// Returns whether the person expressly consented to the special feature and to the vendor, in every reading.
    pub fn special_feature(&self, feature: u8) -> Result<(), NoBasis> {
        self.in_every_reading(|said| said.special_feature(feature))
    }

    fn in_every_reading(&self, ask: impl Fn(&Said) -> Result<(), NoBasis>) -> Result<(), NoBasis> {
        self.0.iter().flatten().try_for_each(ask)
    }
}

fn agreed(ids: Ids, id: u8) -> Result<(), NoBasis> {
    if ids.contains(id) { Ok(()) } else { Err(NoBasis::PurposeRefused) }
}
