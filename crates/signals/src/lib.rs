//! Reads the privacy signals that come with an ad request into what they say.
//!
//! Knows nothing of partnerships, people or storage: bytes and numbers in, meaning out. Pure, total,
//! and closed by default: a value that no specification defines is read as the most protective one.
//!
//! Consent strings (TCF, GPP, US Privacy) are noticed but not decoded: [`ConsentString::Unread`]
//! says that one is there, and the decision withholds for it.

mod flags;
mod gpc;

pub use flags::{Att, Coppa, Gdpr, Lmt};
pub use gpc::Gpc;

/// A consent string, as far as it has been understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConsentString {
    /// The request carries none.
    #[default]
    Absent,
    /// The request carries one that was not read. The decision withholds, and the string is not passed on.
    Unread,
}

impl ConsentString {
    /// Notices whether a string is there. An empty string counts as absent, as `OpenRTB` clients
    /// send it for "none".
    pub fn notice(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Absent,
            Some(_) => Self::Unread,
        }
    }
}

/// Whether a signal allows telling where exactly the device is.
///
/// The signals that can say so (TCF special feature 1, the sensitive-data consents of GPP) stand in
/// consent strings, which are not decoded: no request sets [`Self::Given`] today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LocationConsent {
    /// Nothing says so.
    #[default]
    Absent,
    /// A signal that was read says so.
    Given,
}

/// Everything the request says about privacy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Signals {
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
    pub us_privacy: ConsentString,
    /// `regs.gpp`, or a `regs.gpp_sid` that names sections in force.
    pub gpp: ConsentString,
    /// `user.consent`.
    pub tcf: ConsentString,
    /// Whether a signal allows telling the exact place.
    pub location: LocationConsent,
}
