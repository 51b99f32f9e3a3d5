//! The sample register with a scenario's differences.

use super::format::Overrides;
use anyhow::{Context, bail};
use sluicegate_register::Register;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Reads the sample register with these differences. An id that the sample does not have is an error.
pub(crate) fn register(
    sample: &[(String, String)],
    overrides: &Overrides,
) -> anyhow::Result<Register> {
    let mut found = BTreeSet::new();
    let mut files = Vec::new();
    for (name, text) in sample {
        // The vendor list is as it is.
        if !is_toml(name) {
            files.push((name.clone(), text.clone()));
            continue;
        }
        let mut file: Table = toml::from_str(text)?;
        for (list, changes) in
            [("partnership", &overrides.partnership), ("advertiser", &overrides.advertiser)]
        {
            let Some(Value::Array(entries)) = file.get_mut(list) else { continue };
            let mut kept = Vec::new();
            for mut entry in std::mem::take(entries) {
                let id = entry.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                let change = changes.get(&id);
                found.extend(change.map(|_| format!("{list}.{id}")));
                if change.is_none_or(|change| apply(&mut entry, change.clone())) {
                    kept.push(entry);
                }
            }
            *entries = kept;
        }
        take_out_of_deals(&mut file, &overrides.partnership);
        // A partner without any partnership is no partner.
        let is_empty = file.get("partnership").and_then(Value::as_array).is_some_and(Vec::is_empty);
        if !is_empty {
            files.push((name.clone(), toml::to_string(&file)?));
        }
    }
    let partnerships = overrides.partnership.keys().map(|id| format!("partnership.{id}"));
    let advertisers = overrides.advertiser.keys().map(|id| format!("advertiser.{id}"));
    if let Some(unknown) = partnerships.chain(advertisers).find(|named| !found.contains(named)) {
        bail!("the sample register has no `{unknown}`");
    }
    Register::read(&files).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the register is refused:\n    {}", lines.join("\n    "))
    })
}

/// Returns whether a file of the register is one of its own, and not the vendor list.
pub(crate) fn is_toml(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|ending| ending == "toml")
}

/// Merges the differences in and takes out what is named under `without`; returns whether the entry stays listed.
fn apply(entry: &mut Value, mut change: Table) -> bool {
    let listed = change.remove("listed").and_then(|listed| listed.as_bool()).unwrap_or(true);
    let without = change.remove("without");
    if let Value::Table(entry) = entry {
        merge(entry, change);
        for field in without.as_ref().and_then(Value::as_array).into_iter().flatten() {
            entry.remove(field.as_str().unwrap_or_default());
        }
    }
    listed
}

/// A deal names no partnership that is not listed; one that is for nobody else goes with it.
fn take_out_of_deals(file: &mut Table, changes: &BTreeMap<String, Table>) {
    let is_listed = |id: &Value| {
        let change = id.as_str().and_then(|id| changes.get(id));
        change.and_then(|change| change.get("listed")) != Some(&Value::Boolean(false))
    };
    let Some(Value::Array(deals)) = file.get_mut("deal") else { return };
    deals.retain_mut(|deal| match deal.get_mut("partnerships") {
        Some(Value::Array(ids)) => {
            ids.retain(is_listed);
            !ids.is_empty()
        }
        _ => true,
    });
}

fn merge(entry: &mut Table, change: Table) {
    for (key, new) in change {
        match (entry.get_mut(&key), new) {
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (_, new) => drop(entry.insert(key, new)),
        }
    }
}

/// Returns the sample's files: the demo's.
pub(crate) fn sample() -> anyhow::Result<Vec<(String, String)>> {
    crate::sample::demo_files().context("the sample register cannot be read")
}
