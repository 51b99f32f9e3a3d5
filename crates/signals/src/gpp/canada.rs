//! The section of TCF Canada, version 1 (GPP extension "IAB Canada TCF").

use crate::{
    Ids, Unreadable,
    bits::Bits,
    tcf::{PublisherPurposes, RestrictionKind, Text},
    vendors::{Layout, Vendors},
};

/// A string of TCF Canada.
///
/// Its lists of vendors are written in three ways: as the core specification says, as the JavaScript library of
/// the GPP writes them, and as that library wrote them before. Nothing in a string says which, and some strings
/// can be read in more than one way. Such a string permits what every reading of it permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CanadaString<'a> {
    text: Text<'a>,
    readable: [bool; 3],
}

/// A string in one of the three ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CanadaReading<'a> {
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
    /// `UseNonStandardStacks`.
    pub uses_non_standard_stacks: bool,
    /// `SpecialFeatureExpressConsent`.
    pub special_features_express: Ids,
    /// `PurposesExpressConsent`.
    pub purposes_express: Ids,
    /// `PurposesImpliedConsent`.
    pub purposes_implied: Ids,
    /// `VendorExpressConsent`.
    pub express: Vendors<'a>,
    /// `VendorImpliedConsent`.
    pub implied: Vendors<'a>,
    restrictions: CanadaRestrictions<'a>,
    /// `DisclosedVendors`.
    pub disclosed: Option<Vendors<'a>>,
    /// `PublisherPurposes`: express consent as consent, implied consent as legitimate interest.
    pub publisher: Option<PublisherPurposes>,
}

/// How many bits say how many restrictions there are.
const RESTRICTION_COUNT_BITS: usize = 12;

/// The specified one first.
const LAYOUTS: [Layout; 3] = [Layout::Optimized, Layout::OptimizedWithLast, Layout::Fixed];

impl<'a> CanadaString<'a> {
    /// Reads the section. Where it cannot be read in any way, the specified one says why.
    pub fn read(text: &'a str) -> Result<Self, Unreadable> {
        let [specified, with_last, fixed] =
            LAYOUTS.map(|layout| CanadaReading::read(text, layout).map(|_read| ()));
        let readable = [specified.is_ok(), with_last.is_ok(), fixed.is_ok()];
        match specified {
            Err(why) if !readable.contains(&true) => Err(why),
            Ok(()) | Err(_) => Ok(Self { text: Text(text), readable }),
        }
    }

    /// Iterates over the ways in which the string can be read; there is at least one.
    pub fn readings(&self) -> impl Iterator<Item = CanadaReading<'a>> {
        let text = self.text.0;
        let layouts =
            LAYOUTS.into_iter().zip(self.readable).filter(|(_, is_readable)| *is_readable);
        layouts.filter_map(move |(layout, _)| CanadaReading::read(text, layout).ok())
    }
}

impl<'a> CanadaReading<'a> {
    fn read(text: &'a str, layout: Layout) -> Result<Self, Unreadable> {
        let mut parts = text.split('.');
        let mut bits = Bits::of(parts.next().unwrap_or_default())?;
        let mut read = Self::core(&mut bits, layout)?;
        bits.end()?;
        for part in parts {
            let mut bits = Bits::of(part)?;
            let is_new = match bits.small(3)? {
                1 => {
                    let list = Vendors::read(&mut bits, layout)?;
                    bits.end()?;
                    read.disclosed.replace(list).is_none()
                }
                3 => read.publisher.replace(PublisherPurposes::read(bits)?).is_none(),
                _ => false,
            };
            if !is_new {
                return Err(Unreadable::Part);
            }
        }
        Ok(read)
    }

    fn core(bits: &mut Bits<'a>, layout: Layout) -> Result<Self, Unreadable> {
        if bits.small(6)? != 1 {
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
            uses_non_standard_stacks: bits.flag()?,
            special_features_express: Ids::from_field(bits.take(12)?, 12),
            purposes_express: Ids::from_field(bits.take(24)?, 24),
            purposes_implied: Ids::from_field(bits.take(24)?, 24),
            express: Vendors::read(bits, layout)?,
            implied: Vendors::read(bits, layout)?,
            restrictions: CanadaRestrictions::read(bits, layout)?,
            disclosed: None,
            publisher: None,
        })
    }

    /// Iterates over the publisher's restrictions: purpose, kind and vendors.
    pub fn restrictions(&self) -> impl Iterator<Item = (u8, RestrictionKind, Vendors<'a>)> {
        let CanadaRestrictions { mut bits, count, layout } = self.restrictions;
        (0..count).map_while(move |_| restriction(&mut bits, layout).ok())
    }
}

/// `PubRestrictions`, added by TCF Canada 1.1. A string from before ends where the field would begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct CanadaRestrictions<'a> {
    bits: Bits<'a>,
    count: u16,
    layout: Layout,
}

impl<'a> CanadaRestrictions<'a> {
    fn read(bits: &mut Bits<'a>, layout: Layout) -> Result<Self, Unreadable> {
        if bits.left() < RESTRICTION_COUNT_BITS {
            return Ok(Self { bits: *bits, count: 0, layout });
        }
        let count = bits.number(RESTRICTION_COUNT_BITS)?;
        let all = Self { bits: *bits, count, layout };
        for _ in 0..count {
            restriction(bits, layout)?;
        }
        Ok(all)
    }
}

fn restriction<'a>(
    bits: &mut Bits<'a>,
    layout: Layout,
) -> Result<(u8, RestrictionKind, Vendors<'a>), Unreadable> {
    let purpose = bits.small(6)?;
    if !(1..=Ids::MAX).contains(&purpose) {
        return Err(Unreadable::Value);
    }
    let kind = RestrictionKind::of(bits.small(2)?);
    let vendors = match layout {
        Layout::Fixed => Vendors::read_ranges(bits)?,
        Layout::Optimized | Layout::OptimizedWithLast => Vendors::read(bits, layout)?,
    };
    Ok((purpose, kind, vendors))
}
