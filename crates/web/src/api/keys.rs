//! Keys of the platform's services and of operators: stored as hashes, compared in constant time.

use crate::problem::{Kind, Problem};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use sluicegate_gate::PartnershipId;
use subtle::ConstantTimeEq;

/// What a key may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The platform's own services: auctions, exposures, choices, links, profiles.
    Platform,
    /// People who run the gateway: everything, also the ledger and the register.
    Operator,
    /// A partner, under one partnership: what it says of people, and nothing else.
    Partner(PartnershipId),
}

/// One key.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its name in the log.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// SHA-256 of the key.
    pub sha256: [u8; 32],
}

/// All keys.
#[derive(Clone, Debug, Default)]
pub struct ApiKeys(Vec<ApiKey>);

impl ApiKeys {
    /// Takes the configured keys.
    pub fn new(keys: Vec<ApiKey>) -> Self {
        Self(keys)
    }

    /// Returns the scope of the caller's key; `None` where no key is sent.
    pub(crate) fn scope(&self, headers: &HeaderMap) -> Result<Option<Scope>, Problem> {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let key = value
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("Bearer "))
            .ok_or_else(|| Problem::new(Kind::Unauthorized, "not a bearer key"))?;
        let hash = Sha256::digest(key.as_bytes());
        // Every key is compared, so that the time does not tell which one was close.
        let found = self.0.iter().fold(None, |found, known| {
            if bool::from(known.sha256.ct_eq(hash.as_slice())) { Some(&known.scope) } else { found }
        });
        found
            .cloned()
            .map(Some)
            .ok_or_else(|| Problem::new(Kind::Unauthorized, "this key is not known"))
    }

    /// Passes callers with a key of this scope, or an operator's.
    #[expect(clippy::needless_pass_by_value, reason = "callers name a scope where they ask")]
    pub(crate) fn require(&self, headers: &HeaderMap, scope: Scope) -> Result<(), Problem> {
        match self.scope(headers)? {
            None => Err(Problem::new(Kind::Unauthorized, "send `Authorization: Bearer …`")),
            Some(Scope::Operator) => Ok(()),
            Some(own) if own == scope => Ok(()),
            Some(_) => Err(Problem::new(Kind::Forbidden, "this needs another key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> ApiKeys {
        let key = |name: &str, scope| ApiKey {
            name: name.to_owned(),
            scope,
            sha256: Sha256::digest(name.as_bytes()).into(),
        };
        let north = Scope::Partner("north".parse().unwrap());
        ApiKeys::new(vec![
            key("ad-server", Scope::Platform),
            key("officer", Scope::Operator),
            key("north", north),
        ])
    }

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, http::HeaderValue::from_static(value))])
    }

    #[test]
    fn only_a_known_key_of_the_scope_passes() {
        let passes = |value, scope| keys().require(&headers(value), scope).is_ok();
        assert!(passes("Bearer ad-server", Scope::Platform));
        assert!(passes("Bearer officer", Scope::Platform));
        assert!(passes("Bearer officer", Scope::Operator));
        assert!(!passes("Bearer ad-server", Scope::Operator));
        assert!(!passes("Bearer stranger", Scope::Platform));
        assert!(!passes("Basic ad-server", Scope::Platform));
        assert!(keys().require(&HeaderMap::new(), Scope::Platform).is_err());
    }

    #[test]
    fn a_partners_key_opens_its_own_partnership_alone() {
        let passes = |scope| keys().require(&headers("Bearer north"), scope).is_ok();
        assert!(passes(Scope::Partner("north".parse().unwrap())));
        assert!(!passes(Scope::Partner("south".parse().unwrap())));
        assert!(!passes(Scope::Platform));
        assert!(!passes(Scope::Operator));
        let platform =
            keys().require(&headers("Bearer ad-server"), Scope::Partner("north".parse().unwrap()));
        assert!(platform.is_err());
    }

    #[test]
    fn a_wrong_key_is_an_error_even_where_none_is_needed() {
        assert_eq!(keys().scope(&HeaderMap::new()), Ok(None));
        assert!(keys().scope(&headers("Bearer stranger")).is_err());
    }
}
