//! Which edition this browser was shown last: a cookie that holds the edition's number and nothing else.

use super::archive::number;
use crate::pages::cookies::{CookieRule, read};
use http::HeaderMap;

const NAME: &str = "partners-seen";
/// As long as browsers keep a cookie at most.
const FOR_SECONDS: u64 = 400 * 24 * 60 * 60;

/// Returns the number in the cookie.
pub(crate) fn read_seen(headers: &HeaderMap) -> Option<u32> {
    number(read(headers, NAME)?)
}

/// Returns the header that sets the cookie.
pub(crate) fn set(edition: u32, rule: CookieRule) -> String {
    rule.small(NAME, &edition.to_string(), FOR_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header;

    #[test]
    fn the_cookie_holds_a_number_alone() {
        let set = set(7, CookieRule::Secure);
        assert!(set.starts_with("partners-seen=7; ") && set.contains("; Secure; "));
        let seen = |cookie: &str| {
            read_seen(&HeaderMap::from_iter([(header::COOKIE, cookie.parse().unwrap())]))
        };
        assert_eq!(seen("a=b; partners-seen=7"), Some(7));
        for wrong in ["partners-seen=", "partners-seen=07", "partners-seen=<b>", "seen=7"] {
            assert_eq!(seen(wrong), None);
        }
    }
}
