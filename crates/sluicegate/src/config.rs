//! The configuration file: every key, its unit, its default and what it does.
//!
//! The file is TOML. Unknown keys are refused. A key may be overridden by the environment:
//! `SLUICEGATE_SETTINGS__TAKES_EFFECT_WITHIN_MS=3000` sets `settings.takes_effect_within_ms`.

mod check;
mod environment;
mod large;
mod reference;
mod typed;

pub(crate) use check::{Addresses, Checked, Scope};
pub(crate) use reference::{KEYS, reference};

use anyhow::Context;
use serde::Deserialize;
use std::{collections::BTreeMap, ffi::OsString, path::Path};

/// The file as it is written. [`Checked`] is what the program works with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) platform: Platform,
    pub(crate) listen: Listen,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) ledger: Ledger,
    pub(crate) exchange: Exchange,
    pub(crate) measurement: Measurement,
    pub(crate) recall: Recall,
    pub(crate) canary: Canary,
    pub(crate) egress: Egress,
    pub(crate) signin: SignIn,
    pub(crate) oidc: Oidc,
    pub(crate) pages: Pages,
    pub(crate) log: Log,
    pub(crate) api_key: Vec<ApiKey>,
    pub(crate) partnership: BTreeMap<String, PartnershipSecrets>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Platform {
    pub(crate) name: String,
    pub(crate) domain: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Listen {
    pub(crate) address: String,
    pub(crate) origins: Vec<String>,
    pub(crate) public_url: String,
    pub(crate) proxies: usize,
    pub(crate) connections_per_client: usize,
}

impl Listen {
    /// Returns how many connections one client may have open; any number where they are a proxy's.
    pub(crate) fn connections_of_a_client(&self) -> Option<usize> {
        (self.proxies == 0).then_some(self.connections_per_client)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {
    pub(crate) data_dir: String,
    pub(crate) free_mib_min: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(crate) takes_effect_within_ms: u64,
    pub(crate) refresh_every_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ledger {
    pub(crate) origin: String,
    pub(crate) sheet_every_ms: u64,
    pub(crate) witnesses: Vec<String>,
    pub(crate) roll_after_days: u32,
    pub(crate) keep_days: u32,
    pub(crate) export_people: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Exchange {
    pub(crate) tmax_default_ms: u64,
    pub(crate) tmax_max_ms: u64,
    pub(crate) margin_ms: u64,
    pub(crate) list_people_min: u64,
    pub(crate) auctions_max: usize,
    pub(crate) auctions_per_client_max: usize,
    pub(crate) behind_max_ms: u64,
    pub(crate) answers_mib_max: usize,
    pub(crate) rates_file: String,
    pub(crate) rates_age_max_h: u64,
    pub(crate) billing_retry_faster_by: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Measurement {
    pub(crate) idle_ms: u64,
    pub(crate) retry_faster_by: u32,
    pub(crate) batch_age_ms: u64,
    pub(crate) replay_days: u64,
    pub(crate) lookups_per_day_max: u64,
    pub(crate) lookups_per_device_per_day_max: u64,
    pub(crate) events_per_day_max: u64,
    pub(crate) events_per_device_per_day_max: u64,
    pub(crate) people_off: String,
    pub(crate) epsilon_month_thousandths: u32,
    pub(crate) apple_ad_networks: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Recall {
    pub(crate) every_ms: u64,
    pub(crate) people_min: u64,
    pub(crate) wait_max_ms: u64,
    pub(crate) retry_faster_by: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Canary {
    pub(crate) probe_every_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Egress {
    pub(crate) addresses: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SignIn {
    pub(crate) public_key_file: String,
    pub(crate) audience: String,
    pub(crate) token_lifetime_max_s: u64,
    pub(crate) url: String,
    pub(crate) secure_cookies: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Oidc {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret_file: String,
    pub(crate) account_claim: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pages {
    pub(crate) path: String,
    pub(crate) frame_ancestors: Vec<String>,
    pub(crate) accent: String,
    pub(crate) accent_dark: String,
    pub(crate) ink: String,
    pub(crate) ink_dark: String,
    pub(crate) paper: String,
    pub(crate) paper_dark: String,
    pub(crate) card: String,
    pub(crate) card_dark: String,
    pub(crate) logo_file: String,
    pub(crate) font_file: String,
    pub(crate) requests_per_minute: u32,
    pub(crate) forms_per_minute: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKey {
    pub(crate) name: String,
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) partnership: Option<String>,
    pub(crate) advertiser: Option<String>,
    pub(crate) sha256: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PartnershipSecrets {
    pub(crate) webhook_secrets: Vec<String>,
    pub(crate) device_key_generations: Vec<u32>,
    pub(crate) endpoint_check: bool,
}

impl Default for PartnershipSecrets {
    fn default() -> Self {
        Self {
            webhook_secrets: Vec::new(),
            endpoint_check: true,
            device_key_generations: Vec::new(),
        }
    }
}

impl std::fmt::Debug for PartnershipSecrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PartnershipSecrets({} webhook secrets)", self.webhook_secrets.len())
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self { name: String::from("the platform"), domain: String::from("platform.example") }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            address: String::from("127.0.0.1:8080"),
            origins: Vec::new(),
            public_url: String::new(),
            proxies: 0,
            connections_per_client: 2_000,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { data_dir: String::from("sluicegate-data"), free_mib_min: 1 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { takes_effect_within_ms: 5_000, refresh_every_ms: 500 }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            origin: String::new(),
            sheet_every_ms: 1_000,
            witnesses: Vec::new(),
            roll_after_days: 30,
            keep_days: 730,
            export_people: None,
        }
    }
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            tmax_default_ms: 200,
            tmax_max_ms: 1_000,
            margin_ms: 20,
            list_people_min: 100,
            auctions_max: 2_000,
            auctions_per_client_max: 64,
            behind_max_ms: 25,
            answers_mib_max: 256,
            rates_file: String::new(),
            rates_age_max_h: 96,
            billing_retry_faster_by: 1,
        }
    }
}

impl Default for Measurement {
    fn default() -> Self {
        Self {
            idle_ms: 200,
            retry_faster_by: 1,
            lookups_per_day_max: 1_000_000,
            lookups_per_device_per_day_max: 10,
            events_per_day_max: 10_000_000,
            events_per_device_per_day_max: 1_000,
            people_off: String::from("exclude"),
            epsilon_month_thousandths: 1_000,
            batch_age_ms: 1_000,
            replay_days: 7,
            apple_ad_networks: Vec::new(),
        }
    }
}

impl Default for Recall {
    fn default() -> Self {
        Self { every_ms: 300_000, people_min: 20, wait_max_ms: 86_400_000, retry_faster_by: 1 }
    }
}

impl Default for Canary {
    fn default() -> Self {
        Self { probe_every_ms: 60_000 }
    }
}

impl Default for Egress {
    fn default() -> Self {
        Self { addresses: String::from("public") }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            public_key_file: String::new(),
            audience: String::new(),
            token_lifetime_max_s: 600,
            url: String::new(),
            secure_cookies: None,
        }
    }
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_file: String::new(),
            account_claim: String::from("sub"),
        }
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            path: String::new(),
            frame_ancestors: Vec::new(),
            accent: String::new(),
            accent_dark: String::new(),
            ink: String::new(),
            ink_dark: String::new(),
            paper: String::new(),
            paper_dark: String::new(),
            card: String::new(),
            card_dark: String::new(),
            logo_file: String::new(),
            font_file: String::new(),
            requests_per_minute: 300,
            forms_per_minute: 60,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: String::from("info"), format: String::from("text") }
    }
}

impl Config {
    /// Reads a file and lays the environment over it.
    pub(crate) fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> anyhow::Result<Self> {
        let text = match file {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the configuration `{}`", file.display()))?,
            None => String::new(),
        };
        Self::parse(&text, environment)
    }

    /// Reads the text of a file and lays the environment over it.
    pub(crate) fn parse(
        text: &str,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> anyhow::Result<Self> {
        let mut table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                large::check(text)?;
                return Err(place(text, &error)).context("the configuration is not TOML");
            }
        };
        environment::lay_over(&mut table, environment)?;
        Ok(typed::read(table)?)
    }
}

/// Says where a text is no TOML and why, and nothing of what stands there: the library's messages for that are
/// fixed texts.
fn place(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    anyhow::anyhow!("line {line}, column {column}: {}", error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = Config::parse("[settings]\nspeed = 1\n", std::iter::empty()).unwrap_err();
        assert!(format!("{error:#}").contains("speed"), "{error:#}");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key_or_place_and_never_quoted() {
        let secret = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
        for (text, named) in [
            (format!("[partnership.one]\nwebhook_secrets = \"{secret}\"\n"), "partnership.one"),
            (format!("[partnership.one]\nwebhook_secrets = [\"{secret}]\n"), "line 2, column "),
            (format!("[log]\n\n  level {secret}\n"), "line 3, column "),
            (format!("[[api_key]]\nname = \"a\"\nsha256 = \"{secret}\"\n"), "api_key[0]"),
        ] {
            let error = Config::parse(&text, std::iter::empty()).unwrap_err();
            let said = format!("{error:#} {error:?}");
            assert!(said.contains(named) && !said.contains("c2Vj"), "{said}");
        }
    }
}
