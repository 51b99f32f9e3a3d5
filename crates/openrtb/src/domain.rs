//! Names of domains as the Domain Name System has them: `bücher.example` is `xn--bcher-kva.example` (UTS #46).

use idna::AsciiDenyList;
use std::borrow::Cow;

/// Returns a name without a dot at its end and in ASCII. One that has no such form stays as it is. Its case may stay.
pub(crate) fn normal(name: &str) -> Cow<'_, str> {
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

/// A longer name is none.
const NAME_BYTES_MAX: usize = 253;
