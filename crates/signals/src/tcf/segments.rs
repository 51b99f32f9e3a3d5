//! What may follow the core of a string, in any order and each at most once.

use crate::{
    Ids, Unreadable,
    bits::Bits,
    vendors::{Layout, Vendors},
};

/// `PublisherTC`: what the person agreed to for the publisher itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PublisherPurposes {
    /// `PubPurposesConsent`.
    pub consent: Ids,
    /// `PubPurposesLITransparency`.
    pub legitimate_interest: Ids,
    /// `NumCustomPurposes`.
    pub custom_purposes: u8,
    /// `CustomPurposesConsent`, the first of them as the highest of `custom_purposes` bits.
    pub custom_consent: u64,
    /// `CustomPurposesLITransparency`, likewise.
    pub custom_legitimate_interest: u64,
}

impl PublisherPurposes {
    /// Reads what follows the segment's type, to its end.
    pub(crate) fn read(mut bits: Bits<'_>) -> Result<Self, Unreadable> {
        let consent = Ids::from_field(bits.take(24)?, 24);
        let legitimate_interest = Ids::from_field(bits.take(24)?, 24);
        let custom_purposes = bits.small(6)?;
        let mut custom = || {
            // At most 63 bits: more than one read gives.
            let low = usize::from(custom_purposes).min(32);
            let high = bits.take(usize::from(custom_purposes) - low)?;
            Ok(high << low | bits.take(low)?)
        };
        let (custom_consent, custom_legitimate_interest) = (custom()?, custom()?);
        bits.end()?;
        Ok(Self {
            consent,
            legitimate_interest,
            custom_purposes,
            custom_consent,
            custom_legitimate_interest,
        })
    }
}

/// The segments after the core.
#[derive(Default)]
pub(super) struct Segments<'a> {
    pub(super) disclosed: Option<Vendors<'a>>,
    pub(super) allowed: Option<Vendors<'a>>,
    pub(super) publisher: Option<PublisherPurposes>,
}

impl<'a> Segments<'a> {
    pub(super) fn read(parts: impl Iterator<Item = &'a str>) -> Result<Self, Unreadable> {
        let mut found = Self::default();
        for part in parts {
            let mut bits = Bits::of(part)?;
            let is_new = match bits.small(3)? {
                1 => found.disclosed.replace(vendors(bits)?).is_none(),
                2 => found.allowed.replace(vendors(bits)?).is_none(),
                3 => found.publisher.replace(PublisherPurposes::read(bits)?).is_none(),
                _ => false,
            };
            if !is_new {
                return Err(Unreadable::Part);
            }
        }
        Ok(found)
    }
}

fn vendors(mut bits: Bits<'_>) -> Result<Vendors<'_>, Unreadable> {
    let list = Vendors::read(&mut bits, Layout::Fixed)?;
    bits.end()?;
    Ok(list)
}
