//! Why something does not leave.

use crate::{Categories, KeyKind};

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
    /// The advertiser who ran the ad has not linked this partnership.
    AdvertiserNotLinked,
    /// The partnership does not serve the country.
    CountryNotServed,
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
    /// The person is under 13.
    AgeUnder13,
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
    /// No signal allows telling where exactly the device is.
    LocationNotAllowed,
    /// The browser sends Global Privacy Control.
    Gpc,
    /// A consent string is there that could not be read, or one is required and cannot be read.
    SignalNotReadable,
    /// There is no device identifier to hang an exposure on.
    NoKey,
    /// The partnership does not list the category.
    CategoryNotListed,
}

impl Reason {
    /// Returns the code used on every wire, in metrics and in the ledger.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Ended => "ended",
            Self::Suspended => "suspended",
            Self::LinkingAttestationLapsed => "linking_attestation_lapsed",
            Self::AdvertiserNotLinked => "advertiser_not_linked",
            Self::CountryNotServed => "country_not_served",
            Self::HappenedBeforeListing => "happened_before_listing",
            Self::ViewIncomplete => "view_incomplete",
            Self::ViewTooOld => "view_too_old",
            Self::SharingOff(KeyKind::Account) => "sharing_off_account",
            Self::SharingOff(KeyKind::Device) => "sharing_off_device",
            Self::SharingOff(KeyKind::Browser) => "sharing_off_browser",
            Self::SharingOffOnLinkedAccount => "sharing_off_linked_account",
            Self::SharingOffByDefault => "sharing_off_default",
            Self::HappenedWhileOff => "happened_while_off",
            Self::PersonalizeAdsOff => "personalize_ads_off",
            Self::Coppa => "coppa",
            Self::AgeUnder13 => "age_under_13",
            Self::AgeUnder18 => "age_under_18",
            Self::AgeUnknown => "age_unknown",
            Self::LimitAdTracking => "limit_ad_tracking",
            Self::LimitAdTrackingUnsaid => "limit_ad_tracking_unsaid",
            Self::TrackingNotAuthorized => "tracking_not_authorized",
            Self::ZeroIdentifier => "zero_identifier",
            Self::LocationNotAllowed => "location_not_allowed",
            Self::Gpc => "gpc",
            Self::SignalNotReadable => "signal_not_readable",
            Self::NoKey => "no_key",
            Self::CategoryNotListed => "category_not_listed",
        }
    }

    /// Returns the reason in words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotStarted => "this partnership has not started yet",
            Self::Ended => "this partnership has ended",
            Self::Suspended => "this partnership is suspended",
            Self::LinkingAttestationLapsed => {
                "the partner has no valid promise on file to ask before linking data to a person"
            }
            Self::AdvertiserNotLinked => "the advertiser has not chosen this measurement partner",
            Self::CountryNotServed => "this partnership does not serve the country",
            Self::HappenedBeforeListing => "it happened before this partnership was listed",
            Self::ViewIncomplete => "the choices for this person could not be read completely",
            Self::ViewTooOld => "the latest choices could not be confirmed in time",
            Self::SharingOff(KeyKind::Account) => "sharing is off for this account",
            Self::SharingOff(KeyKind::Device) => "sharing is off for this device",
            Self::SharingOff(KeyKind::Browser) => "sharing is off for this browser",
            Self::SharingOffOnLinkedAccount => {
                "an account used on this device or browser has sharing off"
            }
            Self::SharingOffByDefault => "sharing is off here unless it is turned on",
            Self::HappenedWhileOff => "it happened before sharing was last turned on",
            Self::PersonalizeAdsOff => "ad personalization is off",
            Self::Coppa => "the page or app is directed to children",
            Self::AgeUnder13 => "the person is under 13",
            Self::AgeUnder18 => "the person is under 18",
            Self::AgeUnknown => "the age of the person is not known",
            Self::LimitAdTracking => "the device limits ad tracking",
            Self::LimitAdTrackingUnsaid => "the app does not say whether ad tracking is limited",
            Self::TrackingNotAuthorized => "app tracking is not allowed on the device",
            Self::ZeroIdentifier => "the device hides its advertising id",
            Self::LocationNotAllowed => "no signal allows telling where exactly the device is",
            Self::Gpc => "the browser asks not to sell or share (Global Privacy Control)",
            Self::SignalNotReadable => "a privacy signal was needed that could not be read",
            Self::NoKey => "there is no device identifier that may be shared",
            Self::CategoryNotListed => "the partnership does not include this kind of data",
        }
    }

    /// Returns the rule of the decision, or the law or standard, that the reason rests on.
    pub fn rule(self) -> &'static str {
        match self {
            Self::NotStarted | Self::Ended | Self::Suspended => "register: in force",
            Self::LinkingAttestationLapsed => "register: linking attestation",
            Self::AdvertiserNotLinked => "register: advertiser's measurement partners",
            Self::CountryNotServed => "register: countries",
            Self::HappenedBeforeListing => "register: first edition of the partnership",
            Self::ViewIncomplete | Self::ViewTooOld => "promises P2 and P4",
            Self::SharingOff(_) | Self::SharingOffOnLinkedAccount => {
                "setting: share your data; promise P6"
            }
            Self::SharingOffByDefault => "default of the country",
            Self::HappenedWhileOff => "promise P7",
            Self::PersonalizeAdsOff => "setting: personalize ads",
            Self::Coppa => "OpenRTB 2.6 regs.coppa; COPPA Rule, 16 CFR Part 312",
            Self::AgeUnder13 => "COPPA Rule, 16 CFR Part 312",
            Self::AgeUnder18 => "Digital Services Act, Article 28(2)",
            Self::AgeUnknown => "no demographics without a known age",
            Self::LimitAdTracking | Self::LimitAdTrackingUnsaid => "OpenRTB 2.6 device.lmt",
            Self::TrackingNotAuthorized => "App Tracking Transparency (device.ext.atts)",
            Self::ZeroIdentifier => "an all-zero advertising id means no id",
            Self::LocationNotAllowed => {
                "TCF special feature 1; sensitive-data consent of the GPP sections"
            }
            Self::Gpc => "W3C Global Privacy Control; 11 CCR 7025",
            Self::SignalNotReadable => {
                "OpenRTB 2.6 regs.gdpr, regs.gpp, regs.us_privacy, user.consent"
            }
            Self::NoKey => "exposures travel only with a permitted device identifier",
            Self::CategoryNotListed => "register: categories of the partnership",
        }
    }

    /// Every reason, for tables and tests.
    pub const ALL: [Self; 29] = [
        Self::NotStarted,
        Self::Ended,
        Self::Suspended,
        Self::LinkingAttestationLapsed,
        Self::AdvertiserNotLinked,
        Self::CountryNotServed,
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
        Self::AgeUnder13,
        Self::AgeUnder18,
        Self::AgeUnknown,
        Self::LimitAdTracking,
        Self::LimitAdTrackingUnsaid,
        Self::TrackingNotAuthorized,
        Self::ZeroIdentifier,
        Self::LocationNotAllowed,
        Self::Gpc,
        Self::SignalNotReadable,
        Self::NoKey,
        Self::CategoryNotListed,
    ];

    /// Returns the reason of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// What one rule took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loss {
    /// Why.
    pub reason: Reason,
    /// The categories that the rule removes.
    pub categories: Categories,
}
