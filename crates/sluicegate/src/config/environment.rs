//! The environment over the file: `SLUICEGATE_SECTION__KEY`.

use super::{KEYS, reference};
use anyhow::{Context, bail};
use std::ffi::OsString;

/// Sets what the environment sets. Variables of others are left alone, whatever they hold.
pub(super) fn lay_over(
    table: &mut toml::Table,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> anyhow::Result<()> {
    for (name, value) in environment {
        // A name that is no text is not one of ours.
        let Ok(name) = name.into_string() else { continue };
        let Some(path) = name.strip_prefix("SLUICEGATE_") else { continue };
        let path = path.to_ascii_lowercase();
        match path.split_once("__") {
            Some((section, key)) => {
                let value = value.into_string().ok();
                let value = value.with_context(|| format!("`{name}` is not UTF-8"))?;
                set(table, section, key, &value)?;
            }
            None if begins_with_a_section(&path) => {
                bail!("`{name}` is no key: two underscores stand between section and key")
            }
            // `SLUICEGATE_SHARED_DATA` is not for the configuration.
            None => {}
        }
    }
    Ok(())
}

fn begins_with_a_section(path: &str) -> bool {
    let sections = KEYS.iter().filter_map(|key| key.name.split_once('.'));
    let mut sections = sections.map(|(section, _)| section);
    sections.any(|section| path.strip_prefix(section).is_some_and(|rest| rest.starts_with('_')))
}

fn set(table: &mut toml::Table, section: &str, key: &str, value: &str) -> anyhow::Result<()> {
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
            value
                .parse()
                .with_context(|| format!("`{name}` is not a whole number, or too large"))?,
        ),
        reference::Default::Text(_) => toml::Value::String(value.to_owned()),
        reference::Default::None => toml::Value::Boolean(
            value.parse().with_context(|| format!("`{name}` is not true or false"))?,
        ),
        reference::Default::List if value.trim().is_empty() => toml::Value::Array(Vec::new()),
        reference::Default::List => {
            toml::Value::Array(value.split(',').map(|part| part.trim().into()).collect())
        }
    };
    section.insert(key.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    fn parse(text: &str, name: &str, value: impl Into<OsString>) -> anyhow::Result<Config> {
        Config::parse(text, [(name.into(), value.into())].into_iter())
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let text = "[settings]\ntakes_effect_within_ms = 900\n";
        let config = parse(text, "SLUICEGATE_SETTINGS__TAKES_EFFECT_WITHIN_MS", "700").unwrap();
        assert_eq!(config.settings.takes_effect_within_ms, 700);
    }

    #[test]
    fn an_empty_value_empties_a_list() {
        let text = "[listen]\norigins = [\"https://news.example\"]\n";
        for (value, left) in [("", 0), (" ", 0), ("https://a.example, https://b.example", 2)] {
            let config = parse(text, "SLUICEGATE_LISTEN__ORIGINS", value).unwrap();
            assert_eq!(config.listen.origins.len(), left, "{value:?}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(parse("", "SLUICEGATE_SETTINGS__SPEED", "1").is_err());
    }

    #[test]
    fn a_section_with_one_underscore_is_refused_by_the_name_of_the_variable() {
        for name in ["SLUICEGATE_SETTINGS_TAKES_EFFECT_WITHIN_MS", "SLUICEGATE_LOG_LEVEL"] {
            let error = parse("", name, "1").unwrap_err();
            assert!(format!("{error:#}").contains(name), "{error:#}");
        }
        assert!(parse("", "SLUICEGATE_SHARED_DATA", "/data").is_ok());
    }

    #[test]
    fn what_is_not_utf8_stops_nothing_unless_it_is_ours() {
        let bytes = || OsString::from_vec(vec![0xff, 0xfe]);
        assert!(parse("", "SOMEBODY_ELSES", bytes()).is_ok());
        assert!(Config::parse("", [(bytes(), bytes())].into_iter()).is_ok());
        let error = parse("", "SLUICEGATE_LOG__LEVEL", bytes()).unwrap_err();
        assert!(format!("{error:#}").contains("SLUICEGATE_LOG__LEVEL"), "{error:#}");
    }
}
