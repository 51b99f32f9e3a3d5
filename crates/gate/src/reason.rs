//! Why something does not leave.

use crate::{Categories, Category, Detail, KeyKind, TcfUse};
use sluicegate_signals::UsRefusal;
use std::borrow::Cow;

/// One rule's verdict. Each has a stable code, plain words, and the rule or law it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The partnership has not started.
    NotStarted,
    /// The partnership has ended.
    Ended,
    /// The operator suspended it.
    Suspended,
    /// The partner's promise to ask before linking data to a person is missing or has lapsed.
    LinkingAttestationLapsed,
    /// The partnership does not serve the country.
    CountryNotServed,
    /// The advertiser who ran the ad has not linked this partnership.
    AdvertiserNotLinked,
    /// The ad was shown before this partnership was listed.
    HappenedBeforeListing,
    /// The gateway does not know the choices of this subject completely.
    ViewIncomplete,
    /// The gateway's copy of the choices is older than the bound.
    ViewTooOld,
    /// The person turned sharing off at this key.
    SharingOff(KeyKind),
    /// An account linked to this device or browser has sharing off.
    SharingOffOnLinkedAccount,
    /// Nobody chose, and the country's default is off.
    SharingOffByDefault,
    /// It happened before sharing was last turned on.
    HappenedWhileOff,
    /// "Personalize ads" is off.
    PersonalizeAdsOff,
    /// The request is marked as child-directed.
    Coppa,
    /// The person is a child under the law of the country.
    Child,
    /// The person is under 18.
    AgeUnder18,
    /// The age is not known.
    AgeUnknown,
    /// The device limits ad tracking.
    LimitAdTracking,
    /// An app did not say whether ad tracking is limited.
    LimitAdTrackingUnsaid,
    /// App tracking is not authorized.
    TrackingNotAuthorized,
    /// The advertising id is all zeros.
    ZeroIdentifier,
    /// The browser sends Global Privacy Control.
    Gpc,
    /// The US Privacy string says that the person opted out of sale.
    UsPrivacyOptOut,
    /// The US Privacy string says that no notice was given.
    UsPrivacyNoNotice,
    /// A section of a law of the United States closes sale, sharing or targeted advertising.
    UsLaw(UsRefusal),
    /// A consent string is there that could not be read.
    SignalNotReadable,
    /// A string of the Transparency and Consent Framework is needed, and there is none.
    ConsentStringMissing,
    /// The partner is no vendor of the framework, and no processor.
    NotAVendor,
    /// There is no legal basis for a use.
    NoBasis(TcfUse),
    /// No signal allows telling where exactly the device is.
    LocationNotAllowed,
    /// The partnership does not list the category.
    CategoryNotListed,
    /// There is no device identifier to hang an exposure on.
    NoKey,
}

impl Reason {
    /// Every reason, in the order in which the rules give them.
    pub const ALL: [Self; 47] = [
        Self::NotStarted,
        Self::Ended,
        Self::Suspended,
        Self::LinkingAttestationLapsed,
        Self::CountryNotServed,
        Self::AdvertiserNotLinked,
        Self::HappenedBeforeListing,
        Self::ViewIncomplete,
        Self::ViewTooOld,
        Self::SharingOff(KeyKind::Account),
        Self::SharingOff(KeyKind::Device),
        Self::SharingOff(KeyKind::Browser),
        Self::SharingOffOnLinkedAccount,
        Self::SharingOffByDefault,
        Self::HappenedWhileOff,
        Self::PersonalizeAdsOff,
        Self::Coppa,
        Self::Child,
        Self::AgeUnder18,
        Self::AgeUnknown,
        Self::LimitAdTracking,
        Self::LimitAdTrackingUnsaid,
        Self::TrackingNotAuthorized,
        Self::ZeroIdentifier,
        Self::Gpc,
        Self::UsPrivacyOptOut,
        Self::UsPrivacyNoNotice,
        Self::UsLaw(UsRefusal::Sale),
        Self::UsLaw(UsRefusal::Sharing),
        Self::UsLaw(UsRefusal::TargetedAdvertising),
        Self::UsLaw(UsRefusal::Gpc),
        Self::UsLaw(UsRefusal::NoNotice),
        Self::UsLaw(UsRefusal::KnownChild),
        Self::UsLaw(UsRefusal::SecondaryUse),
        Self::UsLaw(UsRefusal::ServiceProviderMode),
        Self::UsLaw(UsRefusal::Contradiction),
        Self::SignalNotReadable,
        Self::ConsentStringMissing,
        Self::NotAVendor,
        Self::NoBasis(TcfUse::Ask),
        Self::NoBasis(TcfUse::Measure),
        Self::NoBasis(TcfUse::Identify),
        Self::NoBasis(TcfUse::Profile),
        Self::NoBasis(TcfUse::Locate),
        Self::LocationNotAllowed,
        Self::CategoryNotListed,
        Self::NoKey,
    ];

    /// Returns the code used on every wire, in metrics and in the ledger.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// Returns the reason in words for a person.
    pub fn words(self) -> &'static str {
        self.row().1
    }

    /// Returns the rule of the decision, or the law or standard, that the reason rests on.
    pub fn rule(self) -> &'static str {
        self.row().2
    }

    /// Returns the reason of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Returns the categories that the reason takes away wherever it holds. Two can take more or other ones:
    /// [`Self::PersonalizeAdsOff`] demographics that all come from elsewhere, [`Self::SignalNotReadable`] everything
    /// where bases are needed. [`Self::CategoryNotListed`] takes what is not listed.
    pub fn categories(self) -> Categories {
        use Category::{CoarseDevice, Demographic, DeviceIdentifier, Exposure, PreciseLocation};
        match self {
            Self::NotStarted
            | Self::Ended
            | Self::Suspended
            | Self::LinkingAttestationLapsed
            | Self::CountryNotServed
            | Self::AdvertiserNotLinked
            | Self::HappenedBeforeListing
            | Self::ViewIncomplete
            | Self::ViewTooOld
            | Self::Coppa
            | Self::Child
            | Self::ConsentStringMissing
            | Self::NotAVendor
            | Self::NoBasis(TcfUse::Ask) => Categories::ALL,
            Self::SharingOff(_)
            | Self::SharingOffOnLinkedAccount
            | Self::SharingOffByDefault
            | Self::HappenedWhileOff
            | Self::Gpc
            | Self::UsPrivacyOptOut
            | Self::UsPrivacyNoNotice
            | Self::UsLaw(_)
            | Self::SignalNotReadable
            | Self::NoKey => Categories::PERSONAL,
            Self::AgeUnder18 => Categories::of(&[DeviceIdentifier, Demographic, PreciseLocation]),
            Self::LimitAdTracking
            | Self::LimitAdTrackingUnsaid
            | Self::TrackingNotAuthorized
            | Self::ZeroIdentifier
            | Self::PersonalizeAdsOff => Categories::of(&[DeviceIdentifier, PreciseLocation]),
            Self::NoBasis(TcfUse::Identify) => Categories::of(&[DeviceIdentifier]),
            Self::AgeUnknown | Self::NoBasis(TcfUse::Profile) => Categories::of(&[Demographic]),
            Self::NoBasis(TcfUse::Measure) => Categories::of(&[Exposure]),
            Self::LocationNotAllowed | Self::NoBasis(TcfUse::Locate) => {
                Categories::of(&[PreciseLocation])
            }
            Self::CategoryNotListed => {
                Categories::of(&[CoarseDevice, DeviceIdentifier, Demographic, Exposure])
            }
        }
    }

    /// Code, words, and rule or law.
    #[expect(clippy::too_many_lines, reason = "one table, read row by row")]
    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NotStarted => {
                ("not_started", "this partnership has not started yet", "register: in force")
            }
            Self::Ended => ("ended", "this partnership has ended", "register: in force"),
            Self::Suspended => ("suspended", "this partnership is suspended", "register: in force"),
            Self::LinkingAttestationLapsed => (
                "linking_attestation_lapsed",
                "the partner has no valid promise on file to ask before linking data to a person",
                "register: linking attestation",
            ),
            Self::CountryNotServed => (
                "country_not_served",
                "this partnership does not serve the country",
                "register: countries",
            ),
            Self::AdvertiserNotLinked => (
                "advertiser_not_linked",
                "the advertiser has not chosen this measurement partner",
                "register: advertiser's measurement partners",
            ),
            Self::HappenedBeforeListing => (
                "happened_before_listing",
                "it happened before this partnership was listed",
                "register: first edition of the partnership",
            ),
            Self::ViewIncomplete => (
                "view_incomplete",
                "the choices for this person could not be read completely",
                "promises P2 and P4",
            ),
            Self::ViewTooOld => (
                "view_too_old",
                "the latest choices could not be confirmed in time",
                "promises P2 and P4",
            ),
            Self::SharingOff(KeyKind::Account) => {
                ("sharing_off_account", "sharing is off for this account", SHARING)
            }
            Self::SharingOff(KeyKind::Device) => {
                ("sharing_off_device", "sharing is off for this device", SHARING)
            }
            Self::SharingOff(KeyKind::Browser) => {
                ("sharing_off_browser", "sharing is off for this browser", SHARING)
            }
            Self::SharingOffOnLinkedAccount => (
                "sharing_off_linked_account",
                "an account used on this device or browser has sharing off",
                SHARING,
            ),
            Self::SharingOffByDefault => (
                "sharing_off_default",
                "sharing is off here unless it is turned on",
                "default of the country",
            ),
            Self::HappenedWhileOff => (
                "happened_while_off",
                "it happened before sharing was last turned on",
                "promise P7",
            ),
            Self::PersonalizeAdsOff => {
                ("personalize_ads_off", "ad personalization is off", "setting: personalize ads")
            }
            Self::Coppa => (
                "coppa",
                "the page or app is directed to children",
                "OpenRTB 2.6 regs.coppa; COPPA Rule, 16 CFR Part 312",
            ),
            Self::Child => (
                "child",
                "the person is a child under the law of the country",
                "age of a child in the country",
            ),
            Self::AgeUnder18 => {
                ("age_under_18", "the person is under 18", "Digital Services Act, Article 28(2)")
            }
            Self::AgeUnknown => (
                "age_unknown",
                "the age of the person is not known",
                "no demographics without a known age",
            ),
            Self::LimitAdTracking => {
                ("limit_ad_tracking", "the device limits ad tracking", "OpenRTB 2.6 device.lmt")
            }
            Self::LimitAdTrackingUnsaid => (
                "limit_ad_tracking_unsaid",
                "the app does not say whether ad tracking is limited",
                "OpenRTB 2.6 device.lmt",
            ),
            Self::TrackingNotAuthorized => (
                "tracking_not_authorized",
                "app tracking is not allowed on the device",
                "App Tracking Transparency (device.ext.atts)",
            ),
            Self::ZeroIdentifier => (
                "zero_identifier",
                "the device hides its advertising id",
                "an all-zero advertising id means no id",
            ),
            Self::Gpc => (
                "gpc",
                "the browser asks not to sell or share (Global Privacy Control)",
                "W3C Global Privacy Control; 11 CCR 7025",
            ),
            Self::UsPrivacyOptOut => (
                "us_privacy_opt_out",
                "the person opted out of the sale of their data",
                "US Privacy string, opt-out of sale; Cal. Civ. Code 1798.120",
            ),
            Self::UsPrivacyNoNotice => (
                "us_privacy_no_notice",
                "the person was not told how to opt out",
                "US Privacy string, notice; Cal. Civ. Code 1798.135",
            ),
            Self::UsLaw(refusal) => us_law(refusal),
            Self::SignalNotReadable => (
                "signal_not_readable",
                "a privacy signal is there that could not be read",
                "promise P2; OpenRTB 2.6 regs.gpp, regs.us_privacy, user.consent",
            ),
            Self::ConsentStringMissing => (
                "consent_string_missing",
                "a record of what the person agreed to is needed, and there is none",
                "General Data Protection Regulation, Article 6; OpenRTB 2.6 user.consent",
            ),
            Self::NotAVendor => (
                "not_a_vendor",
                "the partner is not on the list of those whom the person could be asked about",
                "Transparency and Consent Framework, Global Vendor List",
            ),
            Self::NoBasis(used) => no_basis(used),
            Self::LocationNotAllowed => (
                "location_not_allowed",
                "no signal allows telling where exactly the device is",
                "TCF special feature 1; sensitive-data consent of the GPP sections",
            ),
            Self::CategoryNotListed => (
                "category_not_listed",
                "the partnership does not include this kind of data",
                "register: categories of the partnership",
            ),
            Self::NoKey => (
                "no_key",
                "there is no device identifier that may be shared",
                "exposures travel only with a permitted device identifier",
            ),
        }
    }
}

const SHARING: &str = "setting: share your data; promise P6";

fn us_law(refusal: UsRefusal) -> (&'static str, &'static str, &'static str) {
    let (code, words) = match refusal {
        UsRefusal::Sale => ("gpp_sale_opt_out", "the person opted out of the sale of their data"),
        UsRefusal::Sharing => {
            ("gpp_sharing_opt_out", "the person opted out of the sharing of their data")
        }
        UsRefusal::TargetedAdvertising => {
            ("gpp_targeted_advertising_opt_out", "the person opted out of targeted advertising")
        }
        UsRefusal::Gpc => {
            ("gpp_gpc", "the browser asked not to sell or share when the choice was recorded")
        }
        UsRefusal::NoNotice => ("gpp_no_notice", "the person was not told how to opt out"),
        UsRefusal::KnownChild => ("gpp_known_child", "the person is known to be a child"),
        UsRefusal::SecondaryUse => {
            ("gpp_secondary_use", "the data would be used beyond the purpose it was collected for")
        }
        UsRefusal::ServiceProviderMode => {
            ("gpp_service_provider_mode", "partners may only act on the platform's behalf here")
        }
        UsRefusal::Contradiction => {
            ("gpp_contradiction", "the record of what the person chose contradicts itself")
        }
    };
    (code, words, "Global Privacy Platform, section of a law of the United States")
}

fn no_basis(used: TcfUse) -> (&'static str, &'static str, &'static str) {
    match used {
        TcfUse::Ask => (
            "no_basis_to_ask",
            "the partner may not be asked to choose an ad for the person",
            "Transparency and Consent Framework, purpose 2",
        ),
        TcfUse::Measure => (
            "no_basis_to_measure",
            "the partner may not measure how ads did",
            "Transparency and Consent Framework, purpose 7",
        ),
        TcfUse::Identify => (
            "no_basis_to_identify",
            "the partner may not use what is stored on the device",
            "Transparency and Consent Framework, purpose 1",
        ),
        TcfUse::Profile => (
            "no_basis_to_profile",
            "the partner may not choose ads by a profile of the person",
            "Transparency and Consent Framework, purpose 4",
        ),
        TcfUse::Locate => (
            "no_basis_to_locate",
            "the partner may not learn where exactly the device is",
            "Transparency and Consent Framework, special feature 1",
        ),
    }
}

/// What one rule took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loss {
    /// Why.
    pub reason: Reason,
    /// The categories that the rule removes.
    pub categories: Categories,
    /// What more is known.
    pub detail: Detail,
}

impl Loss {
    /// Returns what a reason takes away everywhere.
    pub fn of(reason: Reason) -> Self {
        Self { reason, categories: reason.categories(), detail: Detail::Nothing }
    }

    /// Returns the law of the country or states where it decides, else the rule of the reason.
    pub fn rule(&self) -> Cow<'static, str> {
        match self.detail {
            Detail::Law(law) => law.into(),
            Detail::UsLaws(laws) => laws.to_string().into(),
            Detail::Nothing | Detail::Unreadable(..) | Detail::Basis(..) => {
                self.reason.rule().into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_one_each_and_lead_back() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(Reason::from_code("nothing"), None);
    }
}
