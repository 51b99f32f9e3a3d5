//! The US Privacy string (IAB `USPrivacy`, "US Privacy String", version 1).

use crate::Unreadable;

/// What a US Privacy string says. Deprecated since 2024, and still in `regs.us_privacy`: read, never made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UsPrivacy {
    /// Whether notice and the opportunity to opt out of sale were given.
    pub notice: Mark,
    /// Whether the person has opted out of sale.
    pub opt_out_sale: Mark,
    /// Whether the transaction is covered by the Limited Service Provider Agreement.
    pub lspa_covered: Mark,
}

/// One of the three characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// `Y`.
    Yes,
    /// `N`.
    No,
    /// `-`: not applicable, or not known.
    NotApplicable,
}

impl Mark {
    fn read(byte: u8) -> Result<Self, Unreadable> {
        match byte {
            b'Y' => Ok(Self::Yes),
            b'N' => Ok(Self::No),
            b'-' => Ok(Self::NotApplicable),
            _ => Err(Unreadable::Value),
        }
    }

    /// Returns the character.
    pub fn letter(self) -> char {
        match self {
            Self::Yes => 'Y',
            Self::No => 'N',
            Self::NotApplicable => '-',
        }
    }
}

impl UsPrivacy {
    /// Reads the four characters. `1---` says that no such law applies; in any other string the opt-out is
    /// `Y` or `N` ("US Privacy String Format": it "must never include a hyphen when CCPA applies").
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let (version, marks) = match text.as_bytes() {
            [version, marks @ ..] => (*version, marks),
            [] => return Err(Unreadable::TooShort),
        };
        if version != b'1' {
            return Err(Unreadable::Version);
        }
        let [notice, opt_out_sale, lspa_covered] = *marks else {
            return Err(if marks.len() < 3 { Unreadable::TooShort } else { Unreadable::Trailing });
        };
        let read = Self {
            notice: Mark::read(notice)?,
            opt_out_sale: Mark::read(opt_out_sale)?,
            lspa_covered: Mark::read(lspa_covered)?,
        };
        if read.opt_out_sale == Mark::NotApplicable && read != Self::NOT_APPLICABLE {
            return Err(Unreadable::Value);
        }
        Ok(read)
    }

    /// `1---`: no such law applies.
    pub const NOT_APPLICABLE: Self = Self {
        notice: Mark::NotApplicable,
        opt_out_sale: Mark::NotApplicable,
        lspa_covered: Mark::NotApplicable,
    };
}

impl std::fmt::Display for UsPrivacy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { notice, opt_out_sale, lspa_covered } = self;
        let [notice, sale, lspa] = [notice, opt_out_sale, lspa_covered].map(|mark| mark.letter());
        write!(formatter, "1{notice}{sale}{lspa}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_examples_are_read() {
        // "Examples" in the specification, one after the other.
        for text in ["1YNN", "1NYN", "1-Y-", "1---"] {
            assert_eq!(UsPrivacy::read(text).unwrap().to_string(), text);
        }
        assert_eq!(UsPrivacy::read("1---"), Ok(UsPrivacy::NOT_APPLICABLE));
        assert_eq!(UsPrivacy::read("1YNN").unwrap().opt_out_sale, Mark::No);
    }

    #[test]
    fn anything_else_is_refused() {
        let table = [
            ("", Unreadable::TooShort),
            ("1YN", Unreadable::TooShort),
            ("1YNNN", Unreadable::Trailing),
            ("2YNN", Unreadable::Version),
            ("1ynn", Unreadable::Value),
            ("1Y--", Unreadable::Value),
            ("1--N", Unreadable::Value),
            ("1YX-", Unreadable::Value),
            ("1Y\u{e9}", Unreadable::Value),
        ];
        for (text, why) in table {
            assert_eq!(UsPrivacy::read(text), Err(why), "{text}");
        }
    }
}
