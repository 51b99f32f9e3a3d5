//! Sections of the laws of the United States.

use super::{
    UsField, UsLaw,
    layout::{self, Geolocation, Header, Layout, Tail},
};
use crate::{LocationConsent, Unreadable, bits::Bits};

/// What one section says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsSection {
    layout: &'static Layout,
    /// The two-bit entries of the core, the first in the lowest bits.
    entries: u64,
    /// The entries of a part for sensitive data, likewise.
    sensitive: Option<u16>,
    /// `Gpc`, where the section has that part.
    pub gpc: Option<bool>,
}

impl UsSection {
    /// Reads the section of a law.
    pub fn read(law: UsLaw, text: &str) -> Result<Self, Unreadable> {
        let mut parts = text.split('.');
        let mut bits = Bits::of(parts.next().unwrap_or_default())?;
        let mut version = bits.small(6)?;
        let has_header = layout::of(law, 1).is_some_and(|layout| layout.header == Header::Perhaps)
            && u16::from(version) == law.section();
        if has_header {
            header(bits, text)?;
            bits = Bits::of(parts.next().ok_or(Unreadable::TooShort)?)?;
            version = bits.small(6)?;
        }
        let layout = layout::of(law, version).ok_or(Unreadable::Version)?;
        let mut read =
            Self { layout, entries: core(layout, &mut bits)?, sensitive: None, gpc: None };
        bits.end()?;
        if let Some(part) = parts.next() {
            read.tail(Bits::of(part)?)?;
        }
        if parts.next().is_some() { Err(Unreadable::Part) } else { Ok(read) }
    }

    fn tail(&mut self, mut bits: Bits<'_>) -> Result<(), Unreadable> {
        match self.layout.tail {
            Tail::Nothing => return Err(Unreadable::Part),
            Tail::Gpc => {
                if bits.small(2)? != 1 {
                    return Err(Unreadable::Part);
                }
                self.gpc = Some(bits.flag()?);
            }
            Tail::SensitiveData => {
                let mut entries = 0;
                for place in 0..8 {
                    entries |= u16::from(entry(&mut bits)?) << (2 * place);
                }
                self.sensitive = Some(entries);
            }
        }
        bits.end()
    }

    /// Returns the law.
    pub fn law(&self) -> UsLaw {
        self.layout.law
    }

    /// Returns the version of the section, or of the agreement where the section begins with that.
    pub fn version(&self) -> u8 {
        self.layout.version
    }

    /// Iterates over the fields that the section has.
    pub fn fields(&self) -> impl Iterator<Item = UsField> {
        let beside = self.sensitive.map(|_| UsField::SensitiveDataProcessing);
        self.layout.core.iter().map(|(field, _)| *field).chain(beside)
    }

    /// Iterates over the entries of a field, each 0, 1 or 2; there is none if the section lacks the field.
    pub fn entries(&self, field: UsField) -> impl Iterator<Item = u8> {
        let (entries, count) = match (field, self.sensitive) {
            (UsField::SensitiveDataProcessing, Some(entries)) => (u64::from(entries), 8),
            _ => self.core_entries(field).unwrap_or((0, 0)),
        };
        (0..count).map(move |place| two_bits(entries >> (2 * u32::from(place))))
    }

    /// Returns the entries of a field of the core, in the lowest bits, and how many there are.
    fn core_entries(&self, field: UsField) -> Option<(u64, u8)> {
        let mut at = 0;
        for (other, count) in self.layout.core {
            if *other == field {
                return Some((self.entries >> at, *count));
            }
            at += 2 * u32::from(*count);
        }
        None
    }

    /// Returns the only entry of a field; 0 if the section lacks the field.
    fn value(&self, field: UsField) -> u8 {
        self.entries(field).next().unwrap_or(0)
    }

    /// Iterates over everything for which this section closes sale, sharing and targeted advertising.
    pub fn refusals(&self) -> impl Iterator<Item = UsRefusal> {
        UsRefusal::ALL.into_iter().filter(|refusal| self.refuses(*refusal))
    }

    fn refuses(&self, refusal: UsRefusal) -> bool {
        use UsField as F;
        let any = |field, value| self.entries(field).any(|entry| entry == value);
        match refusal {
            UsRefusal::Sale => any(F::SaleOptOut, 1),
            UsRefusal::Sharing => any(F::SharingOptOut, 1),
            UsRefusal::TargetedAdvertising => any(F::TargetedAdvertisingOptOut, 1),
            UsRefusal::Gpc => self.gpc == Some(true),
            UsRefusal::NoNotice => NOTICES.iter().any(|field| any(*field, 2)),
            UsRefusal::KnownChild => {
                any(F::KnownChildSensitiveDataConsents, 1)
                    || any(F::KnownChildSensitiveDataConsents, 2)
            }
            UsRefusal::SecondaryUse => {
                [F::PersonalDataConsents, F::AdditionalDataProcessingConsent]
                    .iter()
                    .any(|field| self.value(*field) != 0)
            }
            UsRefusal::ServiceProviderMode => {
                any(F::MspaServiceProviderMode, 1) || any(F::MspaMode, 2)
            }
            UsRefusal::Contradiction => PAIRS.iter().any(|(notice, opt_out)| {
                let has_both = self.entries(*notice).chain(self.entries(*opt_out)).count() == 2;
                // "Did not opt out" of what does not apply; nothing said after notice was given.
                let pair = (self.value(*notice), self.value(*opt_out));
                has_both && matches!(pair, (0, 2) | (1, 0))
            }),
        }
    }

    /// Returns whether the section allows telling where exactly the device is: what does not say so does not.
    pub fn location(&self) -> LocationConsent {
        let (place, noticed) = match self.layout.geolocation {
            None => return LocationConsent::NotGiven,
            Some(Geolocation::Consent(place)) => (place, true),
            Some(Geolocation::OptOut(place, notice)) => (place, self.value(notice) == 1),
        };
        let index = usize::from(place).saturating_sub(1);
        match self.entries(UsField::SensitiveDataProcessing).nth(index) {
            Some(2) if noticed => LocationConsent::Given,
            _ => LocationConsent::NotGiven,
        }
    }
}

impl UsLaw {
    /// Iterates over the fields that a version of its section has; one that several versions have comes again.
    pub fn fields(self) -> impl Iterator<Item = UsField> {
        layout::all(self).flat_map(|layout| layout.core.iter().map(|(field, _)| *field))
    }

    /// Returns whether its section can say that the browser sends Global Privacy Control.
    pub fn has_gpc(self) -> bool {
        layout::all(self).any(|layout| layout.tail == Tail::Gpc)
    }

    /// Returns whether its section has an entry for the exact place.
    pub fn has_geolocation(self) -> bool {
        layout::all(self).any(|layout| layout.geolocation.is_some())
    }
}

/// What closes sale, sharing and targeted advertising under these laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UsRefusal {
    /// The person opted out of sale.
    Sale,
    /// The person opted out of sharing.
    Sharing,
    /// The person opted out of targeted advertising.
    TargetedAdvertising,
    /// The browser sent Global Privacy Control when the string was made.
    Gpc,
    /// A notice that the law asks for was not given.
    NoNotice,
    /// The person is known to be a child. What each entry stands for differs from law to law.
    KnownChild,
    /// The data is used beyond the purpose it was collected for.
    SecondaryUse,
    /// Partners may only act as service providers.
    ServiceProviderMode,
    /// The opt-out contradicts its notice.
    Contradiction,
}

impl UsRefusal {
    /// Every variant.
    pub const ALL: [Self; 9] = [
        Self::Sale,
        Self::Sharing,
        Self::TargetedAdvertising,
        Self::Gpc,
        Self::NoNotice,
        Self::KnownChild,
        Self::SecondaryUse,
        Self::ServiceProviderMode,
        Self::Contradiction,
    ];
}

/// The notices that these laws ask for.
const NOTICES: [UsField; 8] = [
    UsField::SharingNotice,
    UsField::ProcessingNotice,
    UsField::SaleOptOutNotice,
    UsField::SharingOptOutNotice,
    UsField::TargetedAdvertisingOptOutNotice,
    UsField::SensitiveDataProcessingOptOutNotice,
    UsField::SensitiveDataOptOutNotice,
    UsField::SensitiveDataLimitUseNotice,
];

/// Opt-outs with their notices.
const PAIRS: [(UsField, UsField); 3] = [
    (UsField::SaleOptOutNotice, UsField::SaleOptOut),
    (UsField::SharingOptOutNotice, UsField::SharingOptOut),
    (UsField::TargetedAdvertisingOptOutNotice, UsField::TargetedAdvertisingOptOut),
];

fn core(layout: &Layout, bits: &mut Bits<'_>) -> Result<u64, Unreadable> {
    let (mut entries, mut place) = (0, 0);
    for (_, count) in layout.core {
        for _ in 0..*count {
            entries |= u64::from(entry(bits)?) << place;
            place += 2;
        }
    }
    Ok(entries)
}

/// Reads one entry; 3 is not defined for any.
fn entry(bits: &mut Bits<'_>) -> Result<u8, Unreadable> {
    match bits.small(2)? {
        3 => Err(Unreadable::Value),
        entry => Ok(entry),
    }
}

fn two_bits(entries: u64) -> u8 {
    u8::try_from(entries & 3).unwrap_or(0)
}

/// Reads the rest of a header: its version, and how many parts follow.
///
/// The list of the parts' ids is written in Fibonacci coding, which has no word for the id 0 that every core has,
/// so that what stands behind the amount differs from writer to writer and is not looked at; the parts are known
/// by their order. It may take two characters at most.
fn header(mut bits: Bits<'_>, text: &str) -> Result<(), Unreadable> {
    if bits.small(6)? != 1 {
        return Err(Unreadable::Version);
    }
    let parts = text.split('.').count() - 1;
    if usize::from(bits.number(12)?) != parts || bits.left() > 12 {
        return Err(Unreadable::Contents);
    }
    Ok(())
}
