//! Names of domains as the Domain Name System has them: `bücher.example` is `xn--bcher-kva.example` (UTS #46).

use crate::grammar;
use idna::AsciiDenyList;
use std::borrow::Cow;

/// Returns a name without a dot at its end and in ASCII. One that has no such form stays as it is. Its case may stay.
pub(crate) fn normal(name: &str) -> Cow<'_, str> {
    let name = name.trim_end_matches('.');
    if name.is_ascii() || name.len() > NAME_BYTES_MAX {
        return Cow::Borrowed(name);
    }
    let ascii = idna::domain_to_ascii_cow(name.as_bytes(), AsciiDenyList::EMPTY);
    match ascii {
        Ok(Cow::Owned(mut ascii)) => {
            // Why: a full stop of another script has become a dot.
            ascii.truncate(ascii.trim_end_matches('.').len());
            Cow::Owned(ascii)
        }
        Ok(Cow::Borrowed(ascii)) => Cow::Borrowed(ascii),
        Err(_) => Cow::Borrowed(name),
    }
}

/// Makes what names a domain, also as an address or with blanks around it, the normal form of its host. What has none
/// stays.
pub(crate) fn reduce(text: &mut String) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    if text.bytes().all(is_plain) {
        text.truncate(text.trim_end_matches('.').len());
        return;
    }
    let reduced = normal(host(text));
    if grammar::domain(&reduced) || grammar::label(&reduced) {
        *text = reduced.into_owned();
    }
}

/// Makes an entry of a list the domain that it names with all that lies below: `*.shoes.example` is `shoes.example`.
/// Returns whether it names one. A single label does: it stands for all names that end in it. What may be somebody's
/// address of electronic mail does not: entries are told to partners.
pub(crate) fn reduce_entry(text: &mut String) -> bool {
    if text.contains('@') {
        return false;
    }
    let host = host(text);
    let below = host.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(host);
    let name = normal(below.trim_start_matches('.'));
    if !grammar::domain(&name) && !grammar::label(&name) {
        return false;
    }
    if *name != **text {
        *text = name.into_owned();
    }
    true
}

/// The host of `scheme://user@host:port/path`, each part of which may be missing.
fn host(text: &str) -> &str {
    let slashes = ['/', '\\'];
    let text = text.trim();
    let rest = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme, rest) => rest,
        _ => text,
    };
    let rest = rest.trim_start_matches(slashes);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    }
    .trim()
}

/// Browsers take `https:shoes.example` too; of any other scheme the slashes tell it from a host and its port.
fn is_scheme(scheme: &str, rest: &str) -> bool {
    let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    is_web || rest.starts_with(['/', '\\']) && !scheme.contains(['/', '.'])
}

/// Makes a name its normal form.
pub(crate) fn normalize(name: &mut String) {
    let cut = match normal(name) {
        Cow::Borrowed(normal) => normal.len(),
        Cow::Owned(normal) => {
            *name = normal;
            return;
        }
    };
    name.truncate(cut);
}

/// A longer name is none.
const NAME_BYTES_MAX: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(text: &str) -> String {
        let mut text = text.to_owned();
        reduce(&mut text);
        text
    }

    #[test]
    fn what_plainly_has_a_host_is_that_host() {
        for written in [
            "shoes.example",
            "shoes.example.",
            " shoes.example\t",
            "https://shoes.example/sale?x=//a.b#c",
            "HTTPS:shoes.example",
            "https:\\\\shoes.example\\sale",
            "//shoes.example",
            "shoes.example/",
            "shoes.example:443",
            "shoes.example:",
            "ada@shoes.example",
            "mailto:ada@shoes.example",
            "https://ada:x@shoes.example:443/",
            "shoes\u{3002}example\u{3002}",
            "\u{a0}ｓｈｏｅｓ.example",
        ] {
            assert_eq!(reduced(written), "shoes.example", "{written}");
        }
        assert_eq!(reduced("//BÜCHER.example"), "xn--bcher-kva.example");
        for other in ["a b.example", "shoes%2Eexample", "a,b.example", "http://", "1.2.3.4:80", "@"]
        {
            assert_eq!(reduced(other), other);
        }
    }

    #[test]
    fn an_entry_names_a_domain_and_all_below_it_or_nothing() {
        let entry = |text: &str| {
            let mut text = text.to_owned();
            reduce_entry(&mut text).then_some(text)
        };
        for written in ["*.shoes.example", ".shoes.example", " https://*.shoes.example/ "] {
            assert_eq!(entry(written).as_deref(), Some("shoes.example"), "{written}");
        }
        assert_eq!(entry("localhost").as_deref(), Some("localhost"));
        for none in [
            "",
            " ",
            "*",
            ".",
            "free text",
            "*shoes.example",
            "shoes.*",
            "192.0.2.1",
            "shoes%2Eexample",
            "ada@shoes.example",
            "mailto:ada@shoes.example",
        ] {
            assert_eq!(entry(none), None, "{none}");
        }
    }
}
