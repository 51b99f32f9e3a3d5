//! The spelling of advertising ids.

use crate::Identifier;

/// Returns the one spelling under which an advertising id is compared: without spaces around it and
/// without hyphens, in lower case. Platforms spell the id of one device in all these ways.
pub fn canonical_advertising_id(id: &str) -> String {
    let mut kept = id.trim().replace('-', "");
    kept.make_ascii_lowercase();
    kept
}

impl Identifier {
    /// Returns what an advertising id says. Zeros in any spelling are the all-zero id, and so is what
    /// has no ASCII letter or digit at all.
    pub fn of_advertising_id(id: Option<&str>) -> Self {
        let Some(id) = id else { return Self::Absent };
        let means_none = |letter: char| letter == '0' || !letter.is_ascii_alphanumeric();
        if id.chars().all(means_none) { Self::AllZero } else { Self::Present }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_one_id_is_compared_as_one() {
        for id in ["AB-01-cd", "ab01cd", " AB01CD\t", "a-b-0-1-c-d"] {
            assert_eq!(canonical_advertising_id(id), "ab01cd", "{id:?}");
        }
        assert_ne!(canonical_advertising_id("ab01ce"), "ab01cd");
    }

    #[test]
    fn zeros_in_any_spelling_are_no_device() {
        for id in ["00000000-0000-0000-0000-000000000000", "0000", " 00-00 ", "{0-0}", "", " "] {
            assert_eq!(Identifier::of_advertising_id(Some(id)), Identifier::AllZero, "{id:?}");
        }
        assert_eq!(Identifier::of_advertising_id(Some(" 00-01 ")), Identifier::Present);
        assert_eq!(Identifier::of_advertising_id(None), Identifier::Absent);
    }
}
