//! What a person agreed to or refused, as a scenario says it. Unknown keys are errors.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a string of the Transparency and Consent Framework in Europe says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tcf {
    /// Purposes the person agreed to.
    pub(crate) purposes: BTreeSet<u8>,
    /// Purposes with a legitimate interest that the person did not object to.
    pub(crate) legitimate_interest: BTreeSet<u8>,
    /// Partners the person agreed to.
    pub(crate) vendors: Vec<Vendor>,
    /// Partners with a legitimate interest that the person did not object to.
    pub(crate) vendors_legitimate_interest: Vec<Vendor>,
    /// Partners that were shown to the person: all that the string names, if not said.
    pub(crate) disclosed: Option<Disclosed>,
    /// Special features the person opted in to.
    pub(crate) special_features: BTreeSet<u8>,
    /// Purposes agreed to for the platform itself.
    pub(crate) publisher: Option<BTreeSet<u8>>,
    /// Purposes with a legitimate interest of the platform itself.
    pub(crate) publisher_legitimate_interest: Option<BTreeSet<u8>>,
    /// What the publisher restricts.
    pub(crate) restrictions: Vec<Restriction>,
    /// The policy's version: 5, if not said.
    pub(crate) policy: Option<u8>,
    /// For whom it holds.
    pub(crate) scope: Scope,
    /// The day it was made: the day of the scenario, if not said.
    pub(crate) created: Option<String>,
    /// Whether the person was asked about purpose 1.
    pub(crate) purpose_one: PurposeOne,
}

/// What a string of the framework in Canada says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TcfCanada {
    /// Purposes the person expressly agreed to.
    pub(crate) purposes: BTreeSet<u8>,
    /// Purposes with implied consent.
    pub(crate) implied: BTreeSet<u8>,
    /// Partners the person expressly agreed to.
    pub(crate) vendors: Vec<Vendor>,
    /// Partners with implied consent.
    pub(crate) vendors_implied: Vec<Vendor>,
    /// Partners that were shown to the person; the string does not say, if not said.
    pub(crate) disclosed: Option<Vec<Vendor>>,
    /// Special features the person expressly agreed to.
    pub(crate) special_features: BTreeSet<u8>,
    /// Purposes expressly agreed to for the platform itself.
    pub(crate) publisher: Option<BTreeSet<u8>>,
    /// What the publisher restricts.
    pub(crate) restrictions: Vec<Restriction>,
}

/// A string of the Global Privacy Platform.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Gpp {
    /// The sections in force; nothing is said of it, if not said.
    pub(crate) in_force: Option<Vec<SectionId>>,
    /// The European section.
    pub(crate) tcf: Option<Tcf>,
    /// The Canadian section.
    pub(crate) tcf_canada: Option<TcfCanada>,
    /// The section with a US Privacy string.
    pub(crate) us_privacy: Option<String>,
    /// Sections as the text itself, by number.
    pub(crate) text: BTreeMap<String, String>,
    /// Sections of laws of the United States, by prefix.
    #[serde(flatten)]
    pub(crate) laws: BTreeMap<String, Law>,
}

/// A section of a law of the United States: the fields that differ from a person who was told of everything,
/// opted out of nothing, and agreed to every use of sensitive data.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Law {
    /// The version, where there are two.
    pub(crate) version: Option<u8>,
    /// Global Privacy Control in the section.
    pub(crate) gpc: Option<bool>,
    /// Sensitive data, where it has a part of its own.
    pub(crate) sensitive: Option<Entries>,
    /// Fields by the specification's name.
    #[serde(flatten)]
    pub(crate) fields: BTreeMap<String, Entries>,
}

/// The entries of a field.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entries {
    /// Each of them.
    All(Entry),
    /// Some of them, by number from 1.
    Some(BTreeMap<String, Entry>),
}

/// One entry.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    /// The number of the specification.
    Number(u8),
    /// What it stands for.
    Word(String),
}

/// A section of the Global Privacy Platform.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum SectionId {
    /// Its number.
    Number(i64),
    /// Its key in a scenario.
    Name(String),
}

/// A vendor of the framework.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Vendor {
    /// Its number.
    Number(u16),
    /// A partnership of the sample register.
    Partnership(String),
}

/// Who was shown to the person.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Disclosed {
    /// These.
    Vendors(Vec<Vendor>),
    /// The string does not say.
    Word(Unsaid),
}

/// The word for what a string does not say.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unsaid {
    Unsaid,
}

/// What the publisher restricts for one purpose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restriction {
    pub(crate) purpose: u8,
    pub(crate) kind: RestrictionKind,
    pub(crate) vendors: Vec<Vendor>,
}

/// How the publisher restricts a purpose.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestrictionKind {
    NotAllowed,
    RequireConsent,
    RequireLegitimateInterest,
    Undefined,
}

/// For whom a string holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// The platform only.
    #[default]
    OneService,
    /// Every publisher.
    Global,
}

/// Whether the person was asked about purpose 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PurposeOne {
    #[default]
    Asked,
    NotAsked,
}
