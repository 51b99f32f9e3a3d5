//! The session cookie: its name, its attributes, and finding it among others.

use super::language::Language;
use crate::session::{Cookie, LIFETIME};
use http::{HeaderMap, header};

/// The cookie with the language that somebody chose.
pub(crate) const LANGUAGE: &str = "sluicegate-language";
/// The cookie of a browser's own number, which it gets when somebody chooses something in it.
const BROWSER: &str = "sluicegate-browser";
/// The cookie of a device's session.
const DEVICE: &str = "sluicegate-device";
/// The cookie that proves forms of a browser without a session. It says nothing else and is gone with the window.
const FORM: &str = "sluicegate-form";
/// How long a language and a browser are remembered, in seconds: 400 days, which is as long as browsers do.
const REMEMBERED_S: u32 = 400 * 24 * 60 * 60;

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

    /// Returns the header that remembers a language.
    pub(crate) fn speak(self, language: Language) -> String {
        let (tag, attributes) = (language.tag(), self.attributes());
        format!("{LANGUAGE}={tag}; {attributes}; Max-Age={REMEMBERED_S}")
    }

    /// Returns the header that gives a browser its number, or keeps it.
    pub(crate) fn browser(self, number: &str) -> String {
        let name = self.prefixed(BROWSER);
        format!("{name}={number}; {}; Max-Age={REMEMBERED_S}", self.attributes())
    }

    /// Returns the header for a browser's forms.
    pub(crate) fn form(self, proof: &str) -> String {
        format!("{}={proof}; {}", self.prefixed(FORM), self.attributes())
    }

    /// Returns the header that opens a device's session.
    pub(crate) fn device(self, cookie: &Cookie) -> String {
        let (name, attributes) = (self.prefixed(DEVICE), self.attributes());
        format!("{name}={}; {attributes}; Max-Age={}", cookie.open(), LIFETIME.as_secs())
    }

    /// Returns the header that removes the cookie of a device's session.
    pub(crate) fn remove_device(self) -> String {
        format!("{}=; {}; Max-Age=0", self.prefixed(DEVICE), self.attributes())
    }

    /// Returns the number of a browser, where it has one that we gave it.
    pub(crate) fn read_browser(self, headers: &HeaderMap) -> Option<&str> {
        read(headers, &self.prefixed(BROWSER)).filter(|number| is_random(number))
    }

    /// Returns the proof of a browser's forms.
    pub(crate) fn read_form(self, headers: &HeaderMap) -> Option<&str> {
        read(headers, &self.prefixed(FORM)).filter(|proof| is_random(proof))
    }

    /// Returns the cookie of a device's session.
    pub(crate) fn read_device(self, headers: &HeaderMap) -> Option<&str> {
        read(headers, &self.prefixed(DEVICE))
    }

    fn prefixed(self, name: &str) -> String {
        match self {
            Self::Secure => format!("__Host-{name}"),
            Self::Loopback => name.to_owned(),
        }
    }

    /// Returns the header that removes the cookie.
    pub(crate) fn remove(self) -> String {
        format!("{}=; {}; Max-Age=0", self.name(), self.attributes())
    }

    /// Returns the header that sets a cookie of another name, or removes it where it lives for no second.
    pub(crate) fn small(self, name: &str, value: &str, lives_seconds: u64) -> String {
        format!("{name}={value}; {}; Max-Age={lives_seconds}", self.attributes())
    }

    fn attributes(self) -> &'static str {
        match self {
            Self::Secure => "Path=/; HttpOnly; SameSite=Lax; Secure",
            Self::Loopback => "Path=/; HttpOnly; SameSite=Lax",
        }
    }
}

/// Returns whether a value is 128 bits in hexadecimal, as we make them.
fn is_random(value: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    value.len() == 32 && value.bytes().all(is_digit)
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

/// Whether an answer sets, or removes, the cookie of that name.
pub(crate) fn is_set(headers: &HeaderMap, name: &str) -> bool {
    headers.get_all(header::SET_COOKIE).iter().any(|value| {
        let rest = value.as_bytes().strip_prefix(name.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b"="))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        session::{Arrival, Sessions},
        testing,
    };

    #[test]
    fn the_cookie_is_bound_to_the_host_and_hidden_from_scripts() {
        let cookie = Sessions::new(testing::clock(), testing::dice())
            .open(testing::account(), Arrival::Token);
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
