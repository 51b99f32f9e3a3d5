//! For which purposes a vendor has a legal basis ("How to determine legal bases" in the framework's
//! implementation guidelines; "What are publisher restrictions?" in the format's specification).

use super::{PublisherPurposes, PurposeOne, RestrictionKind, TcString};
use crate::{Ids, gvl::Vendor};

/// Why there is no basis for a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoBasis {
    /// The vendor was not shown to the person.
    VendorNotDisclosed,
    /// The vendor has not declared the purpose.
    NotDeclared,
    /// The publisher forbids it to the vendor, or asks for a basis that the vendor has not declared.
    Restricted,
    /// The person was not asked about the purpose.
    NotAsked,
    /// The person has not agreed to the purpose, or has objected.
    PurposeRefused,
    /// The person has not agreed to the vendor, or has objected.
    VendorRefused,
}

impl NoBasis {
    /// Every variant, for tables and tests.
    pub const ALL: [Self; 6] = [
        Self::VendorNotDisclosed,
        Self::NotDeclared,
        Self::Restricted,
        Self::NotAsked,
        Self::PurposeRefused,
        Self::VendorRefused,
    ];

    /// Returns the reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::VendorNotDisclosed => "the partner was not shown to the person",
            Self::NotDeclared => "the partner has not declared the purpose",
            Self::Restricted => "the publisher does not allow it to the partner",
            Self::NotAsked => "the person was not asked",
            Self::PurposeRefused => "the person has not agreed to the purpose, or has objected",
            Self::VendorRefused => "the person has not agreed to the partner, or has objected",
        }
    }
}

/// What one string says about one vendor. Small, so that every purpose can be asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VendorBases<'a> {
    string: &'a TcString<'a>,
    vendor: Vendor,
    disclosed: Answer,
    consent: Answer,
    forbidden: Ids,
    must_be_consent: Ids,
    must_be_legitimate_interest: Ids,
}

/// Whether a list has the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Listed,
    Missing,
}

impl Answer {
    fn of(is_listed: bool) -> Self {
        if is_listed { Self::Listed } else { Self::Missing }
    }
}

/// The legal basis of a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basis {
    Consent,
    LegitimateInterest,
}

impl TcString<'_> {
    /// Returns what the string says about a vendor. Walks the restrictions, the vendors that were shown
    /// and those consented to once each; a list of ranges is walked to the vendor or to its end.
    pub fn bases<'a>(&'a self, vendor: &Vendor) -> VendorBases<'a> {
        let mut forbidden = Ids::NONE;
        let mut must_be_consent = Ids::NONE;
        let mut must_be_legitimate_interest = Ids::NONE;
        for restriction in self.restrictions() {
            let set = match restriction.kind {
                // What is not defined forbids.
                RestrictionKind::NotAllowed | RestrictionKind::Undefined => &mut forbidden,
                RestrictionKind::RequireConsent => &mut must_be_consent,
                RestrictionKind::RequireLegitimateInterest => &mut must_be_legitimate_interest,
            };
            if restriction.vendors.contains(vendor.id) {
                *set = set.with(restriction.purpose);
            }
        }
        // A string from before the segment was required does without it.
        let disclosed = self.disclosed.is_none_or(|list| list.contains(vendor.id));
        VendorBases {
            string: self,
            vendor: *vendor,
            disclosed: Answer::of(disclosed),
            consent: Answer::of(self.consent.contains(vendor.id)),
            forbidden,
            must_be_consent,
            must_be_legitimate_interest,
        }
    }
}

impl VendorBases<'_> {
    /// Returns whether the vendor has a basis for a purpose.
    pub fn purpose(&self, purpose: u8) -> Result<(), NoBasis> {
        if self.disclosed == Answer::Missing {
            return Err(NoBasis::VendorNotDisclosed);
        }
        let core = &self.string.core;
        let (purposes, vendor) = match self.basis(purpose)? {
            Basis::Consent => (core.purposes_consent, self.consent),
            // Few vendors rely on it: it is looked up only for those.
            Basis::LegitimateInterest => {
                let is_listed = self.string.legitimate_interest.contains(self.vendor.id);
                (core.purposes_legitimate_interest, Answer::of(is_listed))
            }
        };
        if !purposes.contains(purpose) {
            return Err(refused(purpose, core.purpose_one));
        }
        if vendor == Answer::Missing {
            return Err(NoBasis::VendorRefused);
        }
        Ok(())
    }

    /// Returns whether the vendor may use a special feature.
    pub fn special_feature(&self, feature: u8) -> Result<(), NoBasis> {
        if self.disclosed == Answer::Missing {
            return Err(NoBasis::VendorNotDisclosed);
        }
        if !self.vendor.special_features.contains(feature) {
            return Err(NoBasis::NotDeclared);
        }
        if !self.string.core.special_feature_opt_ins.contains(feature) {
            return Err(NoBasis::PurposeRefused);
        }
        Ok(())
    }

    /// The basis on which the vendor has to rely: its default, unless the publisher asks for the other one and
    /// the vendor is flexible.
    fn basis(&self, purpose: u8) -> Result<Basis, NoBasis> {
        let default = if self.vendor.consent.contains(purpose) {
            Basis::Consent
        } else if self.vendor.legitimate_interest.contains(purpose) {
            Basis::LegitimateInterest
        } else {
            return Err(NoBasis::NotDeclared);
        };
        if self.forbidden.contains(purpose) {
            return Err(NoBasis::Restricted);
        }
        let asked = match (
            self.must_be_consent.contains(purpose),
            self.must_be_legitimate_interest.contains(purpose),
        ) {
            (false, false) => default,
            (true, false) => Basis::Consent,
            (false, true) => Basis::LegitimateInterest,
            // Both at once cannot be met.
            (true, true) => return Err(NoBasis::Restricted),
        };
        let consent_only = purpose == 1 || Ids::CONSENT_ONLY.contains(purpose);
        if asked == Basis::LegitimateInterest && consent_only {
            return Err(NoBasis::Restricted);
        }
        if asked != default && !self.vendor.flexible.contains(purpose) {
            return Err(NoBasis::Restricted);
        }
        Ok(asked)
    }
}

impl PublisherPurposes {
    /// Returns whether the publisher itself has a basis for a purpose: what a processor acts under.
    pub fn purpose(&self, purpose: u8) -> Result<(), NoBasis> {
        let consent_only = purpose == 1 || Ids::CONSENT_ONLY.contains(purpose);
        let interest = self.legitimate_interest.contains(purpose) && !consent_only;
        if self.consent.contains(purpose) || interest {
            Ok(())
        } else {
            Err(NoBasis::PurposeRefused)
        }
    }
}

/// Why purpose 1 is refused depends on whether the person was asked. Where it was not, some publisher's country
/// would have to do without consent; Article 5(3) of Directive 2002/58/EC leaves none in Europe that does.
fn refused(purpose: u8, purpose_one: PurposeOne) -> NoBasis {
    if purpose == 1 && purpose_one == PurposeOne::NotAsked {
        NoBasis::NotAsked
    } else {
        NoBasis::PurposeRefused
    }
}
