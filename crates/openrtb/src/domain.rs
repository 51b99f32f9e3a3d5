//! Names of domains as the Domain Name System has them: `bücher.example` is `xn--bcher-kva.example` (UTS #46).

use idna::AsciiDenyList;
use std::borrow::Cow;

/// Returns a name without a dot at its end and in ASCII. One that has no such form stays as it is. Its case may stay.
pub fn normal(name: &str) -> Cow<'_, str> {
    let name = name.trim_end_matches('.');
    if name.is_ascii() || name.len() > NAME_BYTES_MAX {
        return Cow::Borrowed(name);
    }
    let ascii = idna::domain_to_ascii_cow(name.as_bytes(), AsciiDenyList::EMPTY);
    ascii.unwrap_or(Cow::Borrowed(name))
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

/// Returns whether a domain is another one or lies below it, in either case.
pub fn is_within(domain: &str, other: &str) -> bool {
    let (domain, other) = (normal(domain), normal(other));
    let (domain, other) = (domain.as_bytes(), other.as_bytes());
    let parts = domain.len().checked_sub(other.len()).and_then(|at| domain.split_at_checked(at));
    parts.is_some_and(|(rest, end)| {
        end.eq_ignore_ascii_case(other) && (rest.is_empty() || rest.ends_with(b"."))
    })
}

/// A longer name is none.
const NAME_BYTES_MAX: usize = 253;
