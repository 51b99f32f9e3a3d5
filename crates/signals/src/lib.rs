//! Reads the privacy signals that come with an ad request into what they say.
//!
//! Knows nothing of partnerships, people or storage: bytes and numbers in, meaning out. Pure, total, without
//! recursion, and reading allocates nothing for what strangers send; a text is at most [`TEXT_BYTES_MAX`]. Closed by
//! default: a value that no specification defines is read as the most protective one, and a string that cannot be
//! read to its last bit is [`Reading::Unreadable`], which means opted out, and is never passed on.
//!
//! What is read: the strings of the Transparency and Consent Framework ([`TcString`], with the
//! [`VendorList`] for what vendors declared), of the Global Privacy Platform ([`GppString`], and [`GppReading`]
//! with [`InForce`] for the sections that count), and of US Privacy ([`UsPrivacy`]); Global Privacy Control ([`Gpc`]);
//! and the numbers for limited ad tracking, App Tracking Transparency, COPPA and GDPR. What of it may be passed on is
//! one answer for every wire: [`Signals::passed_on`].
//!
//! Strings are personal data: nothing here prints one.
#![cfg_attr(doctest, doc = include_str!("../README.md"))]

mod bits;
mod flags;
mod gpc;
mod gpp;
mod gvl;
mod ids;
mod passed_on;
mod tcf;
mod to_the_day;
mod unreadable;
mod us_privacy;
mod vendors;

pub use flags::{Att, Coppa, Gdpr, GdprScope, Lmt, LocationConsent};
pub use gpc::Gpc;
pub use gpp::{
    CanadaBases, CanadaReading, CanadaString, GppReading, GppString, InForce, Section, TCF_CANADA,
    TCF_EUROPE, TcfSection, US_PRIVACY, UsField, UsLaw, UsLaws, UsRefusal, UsRefusals, UsSection,
};
pub use gvl::{Vendor, VendorList, VendorListError};
pub use ids::Ids;
pub use passed_on::PassedOn;
pub use tcf::{
    Core, NoBasis, PublisherPurposes, PurposeOne, Restriction, RestrictionKind, TcString,
    VendorBases,
};
pub use unreadable::{Reading, Unreadable};
pub use us_privacy::{Mark, UsPrivacy};
pub use vendors::Vendors;

/// Longest consent string that is read, in bytes.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Everything a request says about privacy. It borrows the strings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals<'a> {
    /// `device.lmt`: limit ad tracking.
    pub lmt: Lmt,
    /// `device.ext.atts`: Apple's App Tracking Transparency status.
    pub att: Att,
    /// `Sec-GPC` header or `regs.ext.gpc`.
    pub gpc: Gpc,
    /// `regs.coppa`.
    pub coppa: Coppa,
    /// `regs.gdpr`.
    pub gdpr: Gdpr,
    /// `regs.us_privacy`.
    pub us_privacy: Reading<UsPrivacy>,
    /// `regs.gpp` with `regs.gpp_sid`.
    pub gpp: GppReading<'a>,
    /// `user.consent`.
    pub tcf: Reading<TcString<'a>>,
}
