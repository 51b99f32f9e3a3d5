//! What the configuration says of single partnerships.

use super::Faults;
use crate::config::Config;
use sluicegate_gate::{PartnershipId, Secret};
use std::collections::{BTreeMap, BTreeSet};

/// Returns the secrets of the configuration.
pub(super) fn secrets(
    file: &Config,
    problems: &mut Faults,
) -> BTreeMap<PartnershipId, Vec<Secret<String>>> {
    let mut checked = BTreeMap::new();
    for (id, secrets) in &file.partnership {
        let at = format!("partnership.{id}");
        match id.parse::<PartnershipId>() {
            Ok(id) => {
                let secrets = secrets.webhook_secrets.iter().cloned().map(Secret::new);
                checked.insert(id, secrets.collect());
            }
            Err(error) => problems.add(at.clone(), error.to_string()),
        }
        if secrets.webhook_secrets.len() > SECRETS_MAX {
            problems.add(format!("{at}.webhook_secrets"), "more than two secrets");
        }
        for (index, secret) in secrets.webhook_secrets.iter().enumerate() {
            if !is_webhook_secret(secret) {
                problems.add(
                    format!("{at}.webhook_secrets[{index}]"),
                    "not `whsec_` and 24 to 64 bytes in base64",
                );
            }
            let mut before = secrets.webhook_secrets.iter().take(index);
            if let Some(first) = before.position(|other| other == secret) {
                problems.add(
                    format!("{at}.webhook_secrets[{index}]"),
                    format!("the same as `{at}.webhook_secrets[{first}]`"),
                );
            }
        }
    }
    checked
}

/// Returns whose endpoints are not asked whether they are theirs.
pub(super) fn unchecked(file: &Config) -> BTreeSet<PartnershipId> {
    let partnerships = file.partnership.iter().filter(|(_, set)| !set.endpoint_check);
    partnerships.filter_map(|(id, _)| id.parse().ok()).collect()
}

/// The first generation makes the ids that are told; one more may hold beside it.
pub(super) fn device_keys(
    file: &Config,
    problems: &mut Faults,
) -> BTreeMap<PartnershipId, Vec<u32>> {
    let mut checked = BTreeMap::new();
    for (id, of) in &file.partnership {
        let generations = &of.device_key_generations;
        let fits = match generations.as_slice() {
            [] => continue,
            [one] => *one > 0,
            [one, other] => *one > 0 && *other > 0 && one != other,
            _ => false,
        };
        if !fits {
            let key = format!("partnership.{id}.device_key_generations");
            problems.add(key, "not one or two different numbers from 1 on");
        }
        if let Ok(id) = id.parse() {
            checked.insert(id, generations.clone());
        }
    }
    checked
}

/// Secrets that sign at once: partners are told that a message never has more than two signatures of a kind.
const SECRETS_MAX: usize = 2;

fn is_webhook_secret(text: &str) -> bool {
    use base64::Engine;
    let decoded = text
        .strip_prefix("whsec_")
        .and_then(|body| base64::engine::general_purpose::STANDARD.decode(body).ok());
    decoded.is_some_and(|bytes| (24..=64).contains(&bytes.len()))
}
