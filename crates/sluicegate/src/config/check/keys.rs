//! The keys for the interfaces.

use super::{CheckedApiKey, Faults, Scope};
use crate::config::ApiKey;

/// Returns the keys with which nothing is wrong. Each has a name and a hash of its own: of two with one hash, who may
/// do what would depend on their order.
pub(super) fn all(keys: &[ApiKey], problems: &mut Faults) -> Vec<CheckedApiKey> {
    for (index, key) in keys.iter().enumerate() {
        let before = keys.get(..index).unwrap_or_default();
        let mut twice = |field: &str, is_same: &dyn Fn(&ApiKey) -> bool| {
            let first = before.iter().enumerate().find(|(_, other)| is_same(other));
            if let Some((first, ApiKey { name, .. })) = first {
                let problem =
                    format!("the same as `api_key[{first}].{field}`, of the key {name:?}");
                problems.add(format!("api_key[{index}].{field}"), problem);
            }
        };
        twice("name", &|other| other.name == key.name);
        twice("sha256", &|other| other.sha256.eq_ignore_ascii_case(&key.sha256));
    }
    let checked = keys.iter().enumerate();
    checked.filter_map(|(index, key)| check(index, key, problems)).collect()
}

/// Returns the key, if nothing is wrong with it.
fn check(index: usize, key: &ApiKey, problems: &mut Faults) -> Option<CheckedApiKey> {
    let at = |field: &str| format!("api_key[{index}].{field}");
    let before = problems.0.len();
    if key.name.is_empty() {
        problems.add(at("name"), "must not be empty");
    }
    let scope = check_scope(key, &at, problems);
    let sha256 = hex::decode(&key.sha256).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    if sha256.is_none() {
        problems.add(at("sha256"), "not 64 hexadecimal digits");
    }
    let (sha256, scope) = (sha256?, scope?);
    (problems.0.len() == before).then(|| CheckedApiKey { name: key.name.clone(), scope, sha256 })
}

/// A key of a partner or an advertiser says whose it is.
fn check_scope(key: &ApiKey, at: &dyn Fn(&str) -> String, problems: &mut Faults) -> Option<Scope> {
    match (key.scope.as_str(), &key.partnership, &key.advertiser) {
        ("operator", None, None) => Some(Scope::Operator),
        ("platform", None, None) => Some(Scope::Platform),
        ("partner", Some(id), None) => owner(id, at("partnership"), problems).map(Scope::Partner),
        ("advertiser", None, Some(id)) => {
            owner(id, at("advertiser"), problems).map(Scope::Advertiser)
        }
        ("partner", None, _) => {
            problems.add(at("partnership"), "must name the partnership of the key");
            None
        }
        ("advertiser", _, None) => {
            problems.add(at("advertiser"), "must name the advertiser of the key");
            None
        }
        ("operator" | "platform" | "advertiser", Some(_), _) => {
            problems.add(at("partnership"), "belongs only to the scope `partner`");
            None
        }
        ("operator" | "platform" | "partner", _, Some(_)) => {
            problems.add(at("advertiser"), "belongs only to the scope `advertiser`");
            None
        }
        _ => {
            problems.add(at("scope"), "none of `platform`, `operator`, `partner`, `advertiser`");
            None
        }
    }
}

fn owner<T: std::str::FromStr<Err = sluicegate_gate::IdError>>(
    id: &str,
    key: String,
    problems: &mut Faults,
) -> Option<T> {
    id.parse().map_err(|error: sluicegate_gate::IdError| problems.add(key, error.to_string())).ok()
}
