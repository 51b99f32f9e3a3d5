//! What is the case, in plain values. Names are those of the register, of `OpenRTB` and of the specifications.

use std::collections::{BTreeMap, BTreeSet};

/// Everything that the decision may look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The partnership, as the current edition lists it.
    pub partnership: Partnership,
    /// What could be told.
    pub opportunity: Opportunity,
    /// How far the choices are known.
    pub view: View,
    /// The account's key, if the request has one.
    pub account: Option<KeyFacts>,
    /// The device's key, if the request has one.
    pub device: Option<KeyFacts>,
    /// The browser's key, if the request has one.
    pub browser: Option<KeyFacts>,
    /// Alpha-3 code of the account's country.
    pub account_country: Option<&'static str>,
    /// Alpha-3 code of the request's country.
    pub country: Option<&'static str>,
    /// The lowest age that any source gives, in years.
    pub age: Option<u8>,
    /// What is known about gender and age band.
    pub demographics: Demographics,
    /// The lists that partners put the person on.
    pub lists: Vec<List>,
    /// `app` or `web`.
    pub surface: &'static str,
    /// `present`, `absent` or `all zero`.
    pub identifier: &'static str,
    /// What the request says about privacy.
    pub signals: Signals,
    /// The time of day, in milliseconds since 1970.
    pub now_ms: i64,
}

/// A partnership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partnership {
    /// `real_time_bidding`, `conversion_tracking`, `service_provider` or `other`.
    pub kind: &'static str,
    /// Names of the categories listed.
    pub categories: BTreeSet<&'static str>,
    /// Alpha-3 codes of the countries served; none means all.
    pub countries: BTreeSet<&'static str>,
    /// When it starts.
    pub start_ms: i64,
    /// When it ends, if it does.
    pub end_ms: Option<i64>,
    /// Whether the operator suspended it.
    pub suspended: bool,
    /// Until when the linking attestation holds.
    pub attested_until_ms: Option<i64>,
    /// When it was first listed.
    pub listed_since_ms: i64,
    /// Who the partner is under the frameworks for consent.
    pub partner: Partner,
    /// `skip` or `contextual`.
    pub when_withheld: &'static str,
}

/// Who a partner is under the frameworks for consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partner {
    /// A vendor with what it declared on the Global Vendor List.
    Vendor {
        /// Its number.
        id: u16,
        /// Purposes for which it relies on consent.
        consent: BTreeSet<u8>,
        /// Purposes for which it relies on legitimate interest.
        interest: BTreeSet<u8>,
        /// Purposes for which it can rely on either.
        flexible: BTreeSet<u8>,
        /// Special features.
        features: BTreeSet<u8>,
    },
    /// A processor of the platform.
    Processor,
    /// Neither.
    Neither,
}

/// What could be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opportunity {
    /// A bid request.
    Bid,
    /// That an ad was seen.
    Exposure {
        /// When it was seen.
        happened_ms: i64,
        /// Whether the advertiser who ran the ad linked the partnership.
        linked: bool,
    },
}

/// How far the choices are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Not completely.
    Incomplete,
    /// Completely, but for so long.
    Complete {
        /// How old the newest knowledge is.
        age_ms: u64,
        /// How old it may be.
        bound_ms: u64,
    },
}

/// What is known at a key. A choice is `on` or `off`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyFacts {
    /// The explicit choice for sharing.
    pub sharing: Option<&'static str>,
    /// The explicit choice for personalization.
    pub personalize: Option<&'static str>,
    /// Whether an account's `off` for sharing marks it.
    pub sharing_marked: bool,
    /// Whether an account's `off` for personalization marks it.
    pub personalize_marked: bool,
    /// When sharing was last turned on.
    pub open_since_ms: Option<i64>,
}

/// The sources of gender and age band: `declared`, `inferred`, `partner` or `off_platform`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demographics {
    /// Where the gender comes from, if it is known.
    pub gender: Option<&'static str>,
    /// Where the age band comes from, if it is known.
    pub age_band: Option<&'static str>,
}

/// A list that a partner put the person on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// Whether the partnership that is asked about made it.
    pub is_its_own: bool,
    /// The number that stands for it.
    pub number: u32,
    /// Until when the person is on it.
    pub until_ms: i64,
}

/// What the request says about privacy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signals {
    /// `device.lmt`.
    pub lmt: Option<i64>,
    /// `device.ext.atts`.
    pub atts: Option<i64>,
    /// The values of `Sec-GPC`.
    pub gpc: Vec<&'static str>,
    /// `regs.coppa`.
    pub coppa: Option<i64>,
    /// `regs.gdpr`.
    pub gdpr: Option<i64>,
    /// `regs.us_privacy`: the three letters after the version.
    pub us_privacy: Said<[char; 3]>,
    /// `regs.gpp`: the sections in force. A broken one comes without `regs.gpp_sid` and does not say what is in it.
    pub gpp: Said<Vec<Section>>,
    /// `user.consent`.
    pub tcf: Said<TcfFacts>,
}

/// A consent string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<T> {
    /// There is none.
    Nothing,
    /// There is one that is broken.
    Broken,
    /// This is in it.
    This(T),
}

/// A section in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// Number 2.
    Europe(TcfFacts),
    /// Number 5.
    Canada(CanadaFacts),
    /// Number 6.
    UsPrivacy([char; 3]),
    /// Numbers 7 to 27.
    UnitedStates(UsFacts),
    /// Of that number, and damaged.
    Damaged(u16),
}

/// What a string of TCF Europe says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcfFacts {
    /// When it was made, in tenths of a second since 1970.
    pub created_ds: u64,
    /// `TcfPolicyVersion`.
    pub policy_version: u8,
    /// `IsServiceSpecific`.
    pub service_specific: bool,
    /// Purposes with consent.
    pub purposes_consent: BTreeSet<u8>,
    /// Purposes with legitimate interest.
    pub purposes_interest: BTreeSet<u8>,
    /// Special features opted in to.
    pub features: BTreeSet<u8>,
    /// Vendors with consent.
    pub vendors_consent: BTreeSet<u16>,
    /// Vendors with legitimate interest.
    pub vendors_interest: BTreeSet<u16>,
    /// Vendors shown to the person, if the string says.
    pub disclosed: Option<BTreeSet<u16>>,
    /// What the publisher restricts.
    pub restrictions: Vec<Restriction>,
    /// What was agreed to for the publisher, if the string says.
    pub publisher: Option<Publisher>,
}

/// What a publisher restricts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// The purpose.
    pub purpose: u8,
    /// 0 not allowed, 1 needs consent, 2 needs legitimate interest.
    pub kind: u8,
    /// To whom it applies.
    pub vendors: BTreeSet<u16>,
}

/// What was agreed to for the publisher itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publisher {
    /// Purposes with consent.
    pub consent: BTreeSet<u8>,
    /// Purposes with legitimate interest.
    pub interest: BTreeSet<u8>,
}

/// What a section of TCF Canada says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanadaFacts {
    /// Purposes with express consent.
    pub purposes: BTreeSet<u8>,
    /// Special features with express consent.
    pub features: BTreeSet<u8>,
    /// Vendors with express consent.
    pub vendors: BTreeSet<u16>,
    /// Vendors shown to the person, if the section says.
    pub disclosed: Option<BTreeSet<u16>>,
    /// What the publisher restricts.
    pub restrictions: Vec<Restriction>,
    /// Purposes with express consent for the publisher itself, if the section says.
    pub publisher: Option<BTreeSet<u8>>,
}

/// What a section of a law of the United States says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsFacts {
    /// The number of the section.
    pub section: u16,
    /// The version of the section.
    pub version: u8,
    /// The entries of every field by its name.
    pub fields: BTreeMap<&'static str, Vec<u8>>,
    /// `Gpc`, if the section says.
    pub gpc: Option<bool>,
}
