//! A person's key as a request names it: exactly one of account, device and browser.

use crate::{api::Api, problem::Problem};
use serde::Deserialize;
use sluicegate_gate::{Identifier, Personal, SubjectKey};
use std::fmt;

/// Longest id, in bytes.
const ID_MAX: usize = 256;

/// One key, by the platform's own id for it. `Debug` leaves it out.
#[derive(Deserialize)]
#[serde(try_from = "Named")]
pub(crate) enum KeyName {
    /// The platform's account id.
    Account(String),
    /// An advertising id.
    Device(String),
    /// The id in our cookie.
    Browser(String),
}

/// As it is written: an object with one of these.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    account: Option<String>,
    device: Option<String>,
    browser: Option<String>,
}

impl TryFrom<Named> for KeyName {
    type Error = &'static str;

    fn try_from(named: Named) -> Result<Self, &'static str> {
        match (named.account, named.device, named.browser) {
            (Some(id), None, None) => Ok(Self::Account(id)),
            (None, Some(id), None) => Ok(Self::Device(id)),
            (None, None, Some(id)) => Ok(Self::Browser(id)),
            _ => Err("not exactly one of `account`, `device` and `browser`"),
        }
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Account(_) => "Account([personal])",
            Self::Device(_) => "Device([personal])",
            Self::Browser(_) => "Browser([personal])",
        })
    }
}

impl KeyName {
    /// Returns the id of a device or browser.
    pub(crate) fn id(&self) -> Option<Personal<String>> {
        match self {
            Self::Account(_) => None,
            Self::Device(id) | Self::Browser(id) => Some(Personal::new(id.clone())),
        }
    }

    /// Returns the key, refusing what cannot be an id. The field is empty where the body itself names the key.
    pub(crate) fn key(&self, api: &Api, field: &str) -> Result<SubjectKey, Problem> {
        let (id, kind) = match self {
            Self::Account(id) => (id, "account"),
            Self::Device(id) => (id, "device"),
            Self::Browser(id) => (id, "browser"),
        };
        let at = || {
            if field.is_empty() { kind.to_owned() } else { format!("{field}.{kind}") }
        };
        if id.is_empty() || id.len() > ID_MAX {
            return Err(Problem::field(at(), format!("must have 1 to {ID_MAX} bytes")));
        }
        Ok(match self {
            Self::Account(id) => api.keyring.account(id),
            Self::Device(id) if Identifier::of_advertising_id(Some(id)) == Identifier::AllZero => {
                return Err(Problem::field(at(), "an all-zero id is no device"));
            }
            Self::Device(id) => api.keyring.device(id),
            Self::Browser(id) => api.keyring.browser(id),
        })
    }
}

/// Returns the key of an account named in a field.
pub(crate) fn account(api: &Api, id: &str, field: &str) -> Result<SubjectKey, Problem> {
    if id.is_empty() || id.len() > ID_MAX {
        return Err(Problem::field(field, format!("must have 1 to {ID_MAX} bytes")));
    }
    Ok(api.keyring.account(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::body::parse;

    #[test]
    fn a_body_that_names_nobody_or_two_is_refused_by_a_field() {
        const ONE: &str = "not exactly one of `account`, `device` and `browser`";
        for text in ["{}", r#"{"account":"a","device":"b"}"#] {
            let problem = parse::<KeyName>(text.as_bytes()).unwrap_err();
            assert_eq!(problem, Problem::field("account", ONE), "{text}");
        }
    }
}
