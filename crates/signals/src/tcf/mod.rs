//! Strings of the Transparency and Consent Framework, version 2 (IAB Europe; IAB Tech Lab, "Consent string and
//! vendor list formats v2").

mod basis;
mod segments;

pub use basis::{NoBasis, VendorBases};
pub use segments::PublisherPurposes;

use crate::{
    Ids, TEXT_BYTES_MAX, Unreadable,
    bits::Bits,
    to_the_day::to_the_day,
    vendors::{Layout, Vendors},
};
use segments::Segments;
use std::borrow::Cow;

/// Tenths of a second from 1970 to 1 March 2026. What was made since is invalid without the segment that says
/// which vendors were shown (TCF 2.3).
const DISCLOSURE_REQUIRED_FROM: u64 = 17_723_232_000;
/// The oldest policy whose strings still hold: that of TCF 2.2.
const POLICY_VERSION_MIN: u8 = 4;

/// A string that has been read to its last bit.
///
/// It borrows the text and allocates nothing; what a vendor may do is asked of [`Self::bases`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TcString<'a> {
    text: Text<'a>,
    /// Everything of fixed length.
    pub core: Core,
    /// Vendors to which the person consented.
    pub consent: Vendors<'a>,
    /// Vendors whose legitimate interest was shown and not objected to.
    pub legitimate_interest: Vendors<'a>,
    restrictions: Restrictions<'a>,
    /// Vendors that were shown to the person.
    pub disclosed: Option<Vendors<'a>>,
    /// Vendors that the publisher allows, a segment without meaning since 2021.
    pub allowed: Option<Vendors<'a>>,
    /// What the person agreed to for the publisher itself.
    pub publisher: Option<PublisherPurposes>,
}

/// The text of a string; it does not print.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[personal]")
    }
}

/// The fields of fixed length ("The Core String").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Core {
    /// `Created`, in tenths of a second since 1970.
    pub created_ds: u64,
    /// `LastUpdated`, in tenths of a second since 1970.
    pub last_updated_ds: u64,
    /// `CmpId`.
    pub cmp_id: u16,
    /// `CmpVersion`.
    pub cmp_version: u16,
    /// `ConsentScreen`.
    pub consent_screen: u8,
    /// `ConsentLanguage`, ISO 639-1 in capitals.
    pub consent_language: [u8; 2],
    /// `VendorListVersion`.
    pub vendor_list_version: u16,
    /// `TcfPolicyVersion`.
    pub policy_version: u8,
    /// `IsServiceSpecific`.
    pub is_service_specific: bool,
    /// `UseNonStandardTexts`.
    pub uses_non_standard_texts: bool,
    /// `SpecialFeatureOptIns`.
    pub special_feature_opt_ins: Ids,
    /// `PurposesConsent`.
    pub purposes_consent: Ids,
    /// `PurposesLITransparency`.
    pub purposes_legitimate_interest: Ids,
    /// `PurposeOneTreatment`.
    pub purpose_one: PurposeOne,
    /// `PublisherCC`, ISO 3166-1 alpha-2.
    pub publisher_country: [u8; 2],
}

/// `PurposeOneTreatment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PurposeOne {
    /// `0`: the person was asked about purpose 1 like about the others.
    Asked,
    /// `1`: the person was not asked, under the law of the publisher's country.
    NotAsked,
}

/// What a publisher restricts ("Publisher Restrictions").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestrictionKind {
    /// `0`: the vendors may not use the purpose at all.
    NotAllowed,
    /// `1`: they need consent.
    RequireConsent,
    /// `2`: they need legitimate interest.
    RequireLegitimateInterest,
    /// `3`: not defined.
    Undefined,
}

/// One restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Restriction<'a> {
    /// The purpose.
    pub purpose: u8,
    /// What is restricted.
    pub kind: RestrictionKind,
    /// To whom it applies.
    pub vendors: Vendors<'a>,
}

impl<'a> TcString<'a> {
    /// Reads a string of at most [`TEXT_BYTES_MAX`] to its last bit.
    ///
    /// Whether it still holds under the framework's rules is another question: [`Self::read_valid`].
    pub fn read(text: &'a str) -> Result<Self, Unreadable> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(Unreadable::TooLong);
        }
        let mut parts = text.split('.');
        let mut bits = Bits::of(parts.next().unwrap_or_default())?;
        let core = Core::read(&mut bits)?;
        let consent = Vendors::read(&mut bits, Layout::Fixed)?;
        let legitimate_interest = Vendors::read(&mut bits, Layout::Fixed)?;
        let restrictions = Restrictions::read(&mut bits)?;
        bits.end()?;
        let Segments { disclosed, allowed, publisher } = Segments::read(parts)?;
        Ok(Self {
            text: Text(text),
            core,
            consent,
            legitimate_interest,
            restrictions,
            disclosed,
            allowed,
            publisher,
        })
    }

    /// Reads a string that holds: for one service, under a policy of TCF 2.2 or later, and, where it was made
    /// since March 2026, with the vendors that were shown to the person.
    pub fn read_valid(text: &'a str) -> Result<Self, Unreadable> {
        let read = Self::read(text)?;
        let core = &read.core;
        if !core.is_service_specific {
            return Err(Unreadable::GlobalScope);
        }
        if core.policy_version < POLICY_VERSION_MIN {
            return Err(Unreadable::Policy);
        }
        let made = core.created_ds.max(core.last_updated_ds);
        if read.disclosed.is_none() && made >= DISCLOSURE_REQUIRED_FROM {
            return Err(Unreadable::VendorsNotDisclosed);
        }
        Ok(read)
    }

    /// Returns the text as it came.
    pub fn text(&self) -> &'a str {
        self.text.0
    }

    /// Returns the text to be passed on: as it came, but for its two times, which both say the beginning of the day
    /// (UTC) of the later one. Why: to the tenth of a second they tell one person from nearly every other.
    pub fn passed_on(&self) -> Option<Cow<'a, str>> {
        to_the_day(self.text.0).ok()
    }

    /// Iterates over the publisher's restrictions.
    pub fn restrictions(&self) -> impl Iterator<Item = Restriction<'a>> {
        let Restrictions { mut bits, count } = self.restrictions;
        (0..count).map_while(move |_| Restriction::read(&mut bits).ok())
    }
}

impl Core {
    fn read(bits: &mut Bits<'_>) -> Result<Self, Unreadable> {
        if bits.small(6)? != 2 {
            return Err(Unreadable::Version);
        }
        Ok(Self {
            created_ds: bits.take(36)?,
            last_updated_ds: bits.take(36)?,
            cmp_id: bits.number(12)?,
            cmp_version: bits.number(12)?,
            consent_screen: bits.small(6)?,
            consent_language: bits.letters()?,
            vendor_list_version: bits.number(12)?,
            policy_version: bits.small(6)?,
            is_service_specific: bits.flag()?,
            uses_non_standard_texts: bits.flag()?,
            special_feature_opt_ins: Ids::from_field(bits.take(12)?, 12),
            purposes_consent: Ids::from_field(bits.take(24)?, 24),
            purposes_legitimate_interest: Ids::from_field(bits.take(24)?, 24),
            purpose_one: if bits.flag()? { PurposeOne::NotAsked } else { PurposeOne::Asked },
            publisher_country: bits.letters()?,
        })
    }
}

/// The restrictions within a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Restrictions<'a> {
    bits: Bits<'a>,
    count: u16,
}

impl<'a> Restrictions<'a> {
    fn read(bits: &mut Bits<'a>) -> Result<Self, Unreadable> {
        let count = bits.number(12)?;
        let all = Self { bits: *bits, count };
        for _ in 0..count {
            Restriction::read(bits)?;
        }
        Ok(all)
    }
}

impl<'a> Restriction<'a> {
    fn read(bits: &mut Bits<'a>) -> Result<Self, Unreadable> {
        let purpose = bits.small(6)?;
        if !(1..=Ids::MAX).contains(&purpose) {
            return Err(Unreadable::Value);
        }
        let kind = RestrictionKind::of(bits.small(2)?);
        Ok(Self { purpose, kind, vendors: Vendors::read_ranges(bits)? })
    }
}

impl RestrictionKind {
    pub(crate) fn of(number: u8) -> Self {
        match number {
            0 => Self::NotAllowed,
            1 => Self::RequireConsent,
            2 => Self::RequireLegitimateInterest,
            _ => Self::Undefined,
        }
    }
}
