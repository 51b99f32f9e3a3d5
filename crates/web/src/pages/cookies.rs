//! The session cookie: its name, its attributes, and finding it among others.

use crate::session::{Cookie, LIFETIME};
use http::{HeaderMap, header};

/// How the session cookie is protected on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieRule {
    /// Only over TLS, and bound to this host (`__Host-`).
    Secure,
    /// Over plain HTTP too: for a server that listens on this machine's loopback address only.
    Loopback,
}

impl CookieRule {
    /// Returns the cookie's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-sluicegate",
            Self::Loopback => "sluicegate",
        }
    }

    /// Returns the header that sets the cookie.
    pub(crate) fn set(self, cookie: &Cookie) -> String {
        format!(
            "{}={}; {}; Max-Age={}",
            self.name(),
            cookie.open(),
            self.attributes(),
            LIFETIME.as_secs()
        )
    }

    /// Returns the header that removes the cookie.
    pub(crate) fn remove(self) -> String {
        format!("{}=; {}; Max-Age=0", self.name(), self.attributes())
    }

    fn attributes(self) -> &'static str {
        match self {
            Self::Secure => "Path=/; HttpOnly; SameSite=Lax; Secure",
            Self::Loopback => "Path=/; HttpOnly; SameSite=Lax",
        }
    }
}

/// Returns the value of the first cookie of that name.
pub(crate) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{session::Sessions, testing};

    #[test]
    fn the_cookie_is_bound_to_the_host_and_hidden_from_scripts() {
        let cookie = Sessions::new(testing::clock(), testing::dice()).open(testing::account());
        let set = CookieRule::Secure.set(&cookie);
        assert!(set.starts_with(&format!("__Host-sluicegate={}; ", cookie.open())));
        for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=43200"] {
            assert!(set.split("; ").any(|part| part == attribute), "{attribute}");
        }
        assert!(!CookieRule::Loopback.set(&cookie).contains("Secure"));
        assert!(CookieRule::Secure.remove().ends_with("Max-Age=0"));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; xsluicegate=no".parse().unwrap());
        headers.append(header::COOKIE, "b; sluicegate=yes; sluicegate=later".parse().unwrap());
        assert_eq!(read(&headers, "sluicegate"), Some("yes"));
        assert_eq!(read(&headers, "missing"), None);
    }
}
