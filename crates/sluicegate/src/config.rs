//! The configuration file: every key, its unit, its default and what it does.
//!
//! The file is TOML. Unknown keys are refused. A key may be overridden by the environment:
//! `SLUICEGATE_SETTINGS__TAKES_EFFECT_WITHIN_MS=3000` sets `settings.takes_effect_within_ms`.

mod check;
mod reference;

pub(crate) use check::{Addresses, Checked, Scope};
pub(crate) use reference::{KEYS, reference};

use anyhow::Context;
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};

/// The file as it is written. [`Checked`] is what the program works with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) platform: Platform,
    pub(crate) listen: Listen,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) exchange: Exchange,
    pub(crate) measurement: Measurement,
    pub(crate) egress: Egress,
    pub(crate) signin: SignIn,
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
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {
    pub(crate) data_dir: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(crate) takes_effect_within_ms: u64,
    pub(crate) refresh_every_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "every key of the file ends in its unit")]
pub(crate) struct Exchange {
    pub(crate) tmax_default_ms: u64,
    pub(crate) tmax_max_ms: u64,
    pub(crate) margin_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Measurement {
    pub(crate) idle_ms: u64,
    pub(crate) retry_faster_by: u32,
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
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKey {
    pub(crate) name: String,
    pub(crate) scope: String,
    pub(crate) sha256: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PartnershipSecrets {
    pub(crate) webhook_secrets: Vec<String>,
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
        Self { address: String::from("127.0.0.1:8080"), origins: Vec::new() }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { data_dir: String::from("sluicegate-data") }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { takes_effect_within_ms: 5_000, refresh_every_ms: 500 }
    }
}

impl Default for Exchange {
    fn default() -> Self {
        Self { tmax_default_ms: 200, tmax_max_ms: 1_000, margin_ms: 20 }
    }
}

impl Default for Measurement {
    fn default() -> Self {
        Self { idle_ms: 200, retry_faster_by: 1 }
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

impl Default for Log {
    fn default() -> Self {
        Self { level: String::from("info"), format: String::from("text") }
    }
}

impl Config {
    /// Reads a file and lays the environment over it.
    pub(crate) fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
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
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut table: toml::Table = text.parse().context("the configuration is not TOML")?;
        for (name, value) in environment {
            if let Some(path) = name.strip_prefix("SLUICEGATE_") {
                overlay(&mut table, &path.to_ascii_lowercase(), &value)?;
            }
        }
        let text = toml::to_string(&table)?;
        // From the text again, so that errors name line and key.
        toml::from_str(&text).context("the configuration is not valid")
    }
}

/// Sets one key from the environment. Names that are not a configuration path (`SHARED_DATA`) are
/// somebody else's and left alone.
fn overlay(table: &mut toml::Table, path: &str, value: &str) -> anyhow::Result<()> {
    let Some((section, key)) = path.split_once("__") else { return Ok(()) };
    let name = format!("{section}.{key}");
    let known = KEYS.iter().find(|known| known.name == name);
    let known = known.with_context(|| format!("the environment sets an unknown key `{name}`"))?;
    let section = table
        .entry(section.to_owned())
        .or_insert_with(|| toml::Value::Table(toml::Table::new()))
        .as_table_mut()
        .with_context(|| format!("`{name}` is not in a table"))?;
    let value = match known.default {
        reference::Default::Number(_) => toml::Value::Integer(
            value.parse().with_context(|| format!("`{name}` is not a whole number"))?,
        ),
        reference::Default::Text(_) => toml::Value::String(value.to_owned()),
        reference::Default::None => toml::Value::Boolean(
            value.parse().with_context(|| format!("`{name}` is not true or false"))?,
        ),
        reference::Default::List => {
            toml::Value::Array(value.split(',').map(|part| part.trim().into()).collect())
        }
    };
    section.insert(key.to_owned(), value);
    Ok(())
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
    fn the_environment_wins_over_the_file() {
        let environment =
            [("SLUICEGATE_SETTINGS__TAKES_EFFECT_WITHIN_MS", "700"), ("PATH", "/bin")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config =
            Config::parse("[settings]\ntakes_effect_within_ms = 900\n", environment.into_iter())
                .unwrap();
        assert_eq!(config.settings.takes_effect_within_ms, 700);
    }

    #[test]
    fn an_unknown_key_in_the_environment_is_refused() {
        let environment = [(String::from("SLUICEGATE_SETTINGS__SPEED"), String::from("1"))];
        assert!(Config::parse("", environment.into_iter()).is_err());
    }
}
