//! The format of a scenario, as `scenarios/README.md` explains it. Unknown keys are errors.

use super::consent::{Gpp, Tcf};
use serde::Deserialize;
use sluicegate_gate::{AgeBand, Choice, Country, Gender, Setting, Source};
use sluicegate_settings::{Actor, Correction};
use std::collections::BTreeMap;

/// One scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// One sentence: what holds.
    pub(crate) title: String,
    /// The law, the standard or the promise it rests on.
    pub(crate) why: String,
    /// How the register differs from the sample.
    #[serde(default)]
    pub(crate) register: Overrides,
    /// Accounts, by name.
    #[serde(default)]
    pub(crate) people: BTreeMap<String, Person>,
    /// What happens, in order.
    pub(crate) step: Vec<Step>,
}

/// How a register differs from the sample.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overrides {
    /// Fields of partnerships, by id.
    #[serde(default)]
    pub(crate) partnership: BTreeMap<String, toml::Table>,
    /// Fields of advertisers, by id.
    #[serde(default)]
    pub(crate) advertiser: BTreeMap<String, toml::Table>,
}

/// What the platform knows of an account.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) country: Option<Country>,
    /// Ages that sources give; the lowest counts.
    #[serde(default)]
    pub(crate) ages: Vec<Age>,
    pub(crate) gender: Option<Said<Gender>>,
    pub(crate) age_band: Option<Said<AgeBand>>,
    /// Devices and browsers the account is used on.
    #[serde(default)]
    pub(crate) links: Vec<String>,
    /// What the person chose for sharing.
    pub(crate) sharing: Option<Choice>,
    /// What the person chose for ad personalization.
    pub(crate) personalize_ads: Option<Choice>,
}

/// An age with its source.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Age {
    pub(crate) years: u8,
    pub(crate) source: Source,
}

/// A value with its source.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) source: Source,
}

/// One step: something happens at a time, and partners received this because of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// Seconds since the beginning.
    pub(crate) at: u64,
    pub(crate) choice: Option<Choose>,
    pub(crate) link: Option<LinkOf>,
    pub(crate) unlink: Option<LinkOf>,
    /// What the platform writes of accounts.
    pub(crate) profile: Option<BTreeMap<String, Person>>,
    pub(crate) correct: Option<Correct>,
    /// A new edition: the sample with these differences.
    pub(crate) publish: Option<Overrides>,
    pub(crate) view: Option<ViewEvent>,
    /// The HTTP status with which a partner answers from now on, by partnership.
    pub(crate) answers: Option<BTreeMap<String, u16>>,
    pub(crate) bid_request: Option<Bid>,
    pub(crate) exposure: Option<Seen>,
    /// A partner puts people on a list, or takes them off.
    pub(crate) upload: Option<Upload>,
    /// An advertiser's tag says what someone did.
    pub(crate) activity: Option<Did>,
    /// The person removes a list or an advertiser for good.
    pub(crate) remove: Option<Remove>,
    /// Exactly what the platform's own ad server may use for the step's bid request: lists, and
    /// `advertiser: activity`.
    pub(crate) usable: Option<Vec<String>>,
    pub(crate) conversion: Option<Converted>,
    /// What each partner received in this step, by partnership.
    #[serde(default)]
    pub(crate) expect: BTreeMap<String, Expected>,
}

/// A choice at one key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choose {
    /// The account, device or browser.
    pub(crate) of: String,
    pub(crate) setting: Setting,
    pub(crate) value: Choice,
    pub(crate) actor: Option<Actor>,
}

/// An account and where it is used.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkOf {
    pub(crate) person: String,
    pub(crate) with: String,
}

/// A batch of one partner.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    pub(crate) partnership: String,
    pub(crate) audience: String,
    /// Who is put on the list: accounts, devices, browsers.
    #[serde(default)]
    pub(crate) add: Vec<String>,
    /// Who is taken off.
    #[serde(default)]
    pub(crate) take_off: Vec<String>,
    /// For how many seconds; 30 days if not said.
    pub(crate) lasts: Option<u64>,
    /// The partnership whose user ids are sent; its own if not said.
    pub(crate) ids_of: Option<String>,
}

/// What someone did off the platform.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Did {
    pub(crate) person: String,
    pub(crate) advertiser: String,
    pub(crate) activity: String,
    /// When, in seconds since the beginning; the step's time if not said.
    pub(crate) happened: Option<i64>,
}

/// What a person removes: a list as `partnership/audience`, or an advertiser.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remove {
    pub(crate) person: String,
    pub(crate) list: Option<String>,
    pub(crate) advertiser: Option<String>,
}

/// The person's own edit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correct {
    pub(crate) person: String,
    pub(crate) edit: Correction,
}

/// What happens to the gateway's copy of the choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ViewEvent {
    /// It is not brought up to date any more.
    StopsRefreshing,
    /// It is brought up to date again.
    RefreshesAgain,
    /// The store names changes that it cannot hand out.
    MissesAChange,
}

/// A bid request: the default one, with differences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bid {
    pub(crate) person: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) browser: Option<String>,
    /// Who asks where there is a browser: itself, or the platform, which names it.
    #[serde(default)]
    pub(crate) asked_by: AskedBy,
    #[serde(default)]
    pub(crate) surface: Surface,
    /// The country of the device.
    pub(crate) country: Option<String>,
    /// The `Sec-GPC` header: once, or several times.
    pub(crate) sec_gpc: Option<Header>,
    /// The string of the Transparency and Consent Framework.
    pub(crate) tcf: Option<Tcf>,
    /// The string of the Global Privacy Platform, with the sections in force.
    pub(crate) gpp: Option<Gpp>,
    /// The US Privacy string.
    pub(crate) us_privacy: Option<String>,
    /// OpenRTB fields that take the place of the default's.
    #[serde(default)]
    pub(crate) request: toml::Table,
    /// JSON pointers that are taken out.
    #[serde(default)]
    pub(crate) without: Vec<String>,
}

/// A header of a request.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Header {
    Once(String),
    Several(Vec<String>),
}

/// Who sends a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AskedBy {
    /// The browser, where there is one.
    #[default]
    Browser,
    /// The platform.
    Platform,
}

/// Where the ad is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Surface {
    /// In the registered app.
    #[default]
    App,
    /// On the registered site.
    Site,
}

/// An exposure: the default one, with differences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// Its id, which partners get as the creative's.
    pub(crate) id: String,
    pub(crate) person: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) browser: Option<String>,
    /// When it was seen, in seconds since the beginning; the step's time if not said.
    pub(crate) happened: Option<i64>,
    /// The country it was seen in.
    pub(crate) country: Option<String>,
    /// The string of the Transparency and Consent Framework.
    pub(crate) tcf: Option<Tcf>,
    /// The string of the Global Privacy Platform, with the sections in force.
    pub(crate) gpp: Option<Gpp>,
    /// The US Privacy string.
    pub(crate) us_privacy: Option<String>,
    /// Fields that take the place of the default's.
    #[serde(default)]
    pub(crate) fields: toml::Table,
    /// JSON pointers that are taken out.
    #[serde(default)]
    pub(crate) without: Vec<String>,
}

/// A conversion that a partner reports: the default one, with differences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Converted {
    /// Who reports it.
    pub(crate) by: String,
    pub(crate) id: String,
    pub(crate) device: Option<String>,
    pub(crate) browser: Option<String>,
    /// When it happened, in seconds since the beginning; the step's time if not said.
    pub(crate) happened: Option<i64>,
    /// Fields that take the place of the default's.
    #[serde(default)]
    pub(crate) fields: toml::Table,
}

/// What one partner received in a step.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// Exactly the fields about the person that came, one by one or in the groups of the README.
    pub(crate) told: Option<Vec<String>>,
    /// Exactly why some of it did not come, beside `told`.
    #[serde(default)]
    pub(crate) lost: Vec<String>,
    /// Exactly why nothing about the person came.
    #[serde(default)]
    pub(crate) withheld: Vec<String>,
    /// The partner was asked all the same, without the person.
    #[serde(default)]
    pub(crate) contextual: bool,
    /// Exactly the exposures that came, by id.
    #[serde(default)]
    pub(crate) delivered: Vec<String>,
    /// How many exposures are waiting for it.
    pub(crate) waiting: Option<u64>,
    /// How many exposures were given up for it, and lie among the dead letters.
    pub(crate) dead: Option<u64>,
    /// JSON pointers into what came, with their values.
    #[serde(default)]
    pub(crate) body_has: toml::Table,
    /// JSON pointers that are not in what came.
    #[serde(default)]
    pub(crate) body_lacks: Vec<String>,
    /// Texts that are nowhere in what came.
    #[serde(default)]
    pub(crate) never: Vec<String>,
}
