//! Bits in text: each character carries six, the most significant first (RFC 4648, section 5, without padding).

use crate::Unreadable;
use std::fmt;

/// Bits that one character carries.
const PER_CHARACTER: usize = 6;
/// How many characters are looked at together.
const WINDOW: usize = 8;
/// Bits that encoders add at most to fill up a last group: 24 is the least common multiple of 6 and 8.
const PADDING_BITS_MAX: usize = 23;

/// The characters by their values.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns whether the alphabet has a byte.
const fn is_of_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Returns the bits of characters as one number.
fn join(characters: &[u8]) -> u64 {
    characters.iter().fold(0, |joined, byte| joined << PER_CHARACTER | u64::from(value(*byte)))
}

/// Does the same for so many characters that nearly every number lies within them. Why: without a branch or a
/// chain it takes as long as for two.
fn join_window(characters: [u8; WINDOW]) -> u64 {
    let places = [42, 36, 30, 24, 18, 12, 6, 0];
    let placed = characters.into_iter().zip(places);
    placed.fold(0, |joined, (byte, place)| joined | u64::from(value(byte)) << place)
}

/// Returns the value of a byte.
fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The value of each byte: its place in `A-Z`, `a-z`, `0-9`, `-`, `_`.
const VALUES: [u8; 256] = {
    let (mut values, mut byte) = ([0; 256], 0_u8);
    let mut slots: &mut [u8] = &mut values;
    while let [slot, rest @ ..] = slots {
        *slot = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => 0,
        };
        byte = byte.wrapping_add(1);
        slots = rest;
    }
    values
};

/// A text of which some bits have been read. A copy reads on from the same place on its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Bits<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    /// Begins to read a text. All of it must be of the alphabet.
    pub(crate) fn of(text: &'a str) -> Result<Self, Unreadable> {
        // One pass without a branch per byte.
        if text.bytes().fold(true, |all, byte| all & is_of_alphabet(byte)) {
            Ok(Self { text: text.as_bytes(), at: 0 })
        } else {
            Err(Unreadable::Alphabet)
        }
    }

    /// Reads an unsigned integer of at most 53 bits.
    pub(crate) fn take(&mut self, count: usize) -> Result<u64, Unreadable> {
        let (first, begun) = (self.at / PER_CHARACTER, self.at % PER_CHARACTER);
        let after = self.text.get(first..).unwrap_or_default();
        let (joined, behind) = match after.first_chunk() {
            Some(window) if begun + count <= WINDOW * PER_CHARACTER => {
                (join_window(*window), WINDOW * PER_CHARACTER - begun - count)
            }
            _ => {
                let characters = (begun + count).div_ceil(PER_CHARACTER);
                let taken = after.get(..characters).ok_or(Unreadable::TooShort)?;
                (join(taken), characters * PER_CHARACTER - begun - count)
            }
        };
        self.at += count;
        Ok(joined >> behind & ((1 << count) - 1))
    }

    /// Reads one bit.
    pub(crate) fn flag(&mut self) -> Result<bool, Unreadable> {
        let byte = self.text.get(self.at / PER_CHARACTER).ok_or(Unreadable::TooShort)?;
        let behind = PER_CHARACTER - 1 - self.at % PER_CHARACTER;
        self.at += 1;
        Ok(value(*byte) >> behind & 1 == 1)
    }

    /// Reads an unsigned integer of at most 8 bits.
    pub(crate) fn small(&mut self, count: usize) -> Result<u8, Unreadable> {
        u8::try_from(self.take(count)?).map_err(|_too_wide| Unreadable::Value)
    }

    /// Reads an unsigned integer of at most 16 bits.
    pub(crate) fn number(&mut self, count: usize) -> Result<u16, Unreadable> {
        u16::try_from(self.take(count)?).map_err(|_too_wide| Unreadable::Value)
    }

    /// Reads one bit and an unsigned integer of 16 bits.
    pub(crate) fn flag_and_number(&mut self) -> Result<(bool, u16), Unreadable> {
        let both = self.take(17)?;
        let number = u16::try_from(both & 0xffff).map_err(|_too_wide| Unreadable::Value)?;
        Ok((both >> 16 == 1, number))
    }

    /// Reads two letters of six bits each, `A` being 0.
    pub(crate) fn letters(&mut self) -> Result<[u8; 2], Unreadable> {
        let letter =
            |number: u8| if number < 26 { Ok(b'A' + number) } else { Err(Unreadable::Value) };
        Ok([letter(self.small(6)?)?, letter(self.small(6)?)?])
    }

    /// Reads an integer in Fibonacci coding, which is never 0 (GPP core specification, "About Fibonacci
    /// Encoding"). One beyond 16 bits names nothing that exists.
    pub(crate) fn fibonacci(&mut self) -> Result<u16, Unreadable> {
        let (mut number, mut weight, mut next) = (0_u16, 1_u16, 2_u16);
        let mut after_one = false;
        loop {
            match (self.flag()?, after_one) {
                (true, true) => return Ok(number),
                (true, false) => {
                    number = number.checked_add(weight).ok_or(Unreadable::Ids)?;
                    after_one = true;
                }
                (false, _) => after_one = false,
            }
            // The weight that would not fit may stand for nothing but the closing one.
            (weight, next) = (next, weight.saturating_add(next));
            if weight == u16::MAX && !after_one {
                return Err(Unreadable::Ids);
            }
        }
    }

    /// Returns the six characters that say a number of 36 bits.
    pub(crate) fn characters(number: u64) -> String {
        let characters = (0..6).rev().map(|place| {
            let value =
                usize::try_from(number >> (PER_CHARACTER * place) & 0x3f).unwrap_or_default();
            char::from(ALPHABET.get(value).copied().unwrap_or(b'A'))
        });
        characters.collect()
    }

    /// Passes over bits.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), Unreadable> {
        if count > self.left() {
            return Err(Unreadable::TooShort);
        }
        self.at += count;
        Ok(())
    }

    /// Returns the bit that lies so many places ahead; false past the end.
    pub(crate) fn ahead(mut self, places: usize) -> bool {
        self.skip(places).and_then(|()| self.flag()).unwrap_or(false)
    }

    /// Returns how many bits are left.
    pub(crate) fn left(&self) -> usize {
        self.text.len() * PER_CHARACTER - self.at
    }

    /// Ends the reading: what is left must be zero padding.
    pub(crate) fn end(mut self) -> Result<(), Unreadable> {
        let left = self.left();
        if left > PADDING_BITS_MAX || self.take(left)? != 0 {
            return Err(Unreadable::Trailing);
        }
        Ok(())
    }
}

/// A consent string is personal data: it does not print.
impl fmt::Debug for Bits<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Bits({} left)", self.left())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> Bits<'_> {
        Bits::of(text).unwrap()
    }

    #[test]
    fn numbers_are_read_across_characters() {
        let mut read = bits("DBABM");
        assert_eq!(read.take(6), Ok(3));
        assert_eq!(read.take(6), Ok(1));
        assert_eq!(read.take(12), Ok(1));
        assert_eq!(read.flag(), Ok(false));
        assert_eq!(read.fibonacci(), Ok(2));
        assert_eq!(read.end(), Ok(()));
        assert_eq!(bits("__________").take(53), Ok((1 << 53) - 1));
        assert!(bits("A_").ahead(6));
        assert!(!bits("A_").ahead(12));
    }

    #[test]
    fn characters_say_the_number_that_is_read_of_them() {
        for number in [0, 1, 63, 64, 17_723_232_000, (1 << 36) - 1] {
            assert_eq!(bits(&Bits::characters(number)).take(36), Ok(number));
        }
    }

    #[test]
    fn the_published_fibonacci_table_is_read() {
        // "About Fibonacci Encoding" in the GPP core specification.
        let table = [
            ("11", 1),
            ("011", 2),
            ("0011", 3),
            ("1011", 4),
            ("00011", 5),
            ("10011", 6),
            ("01011", 7),
        ];
        for (word, number) in table {
            let value = u8::from_str_radix(&format!("{word:0<6}"), 2).unwrap();
            let text = String::from(char::from(ALPHABET[usize::from(value)]));
            assert_eq!(bits(&text).fibonacci(), Ok(number), "{word}");
        }
    }

    #[test]
    fn a_number_too_large_for_any_id_is_refused() {
        assert_eq!(bits(&"A".repeat(100)).fibonacci(), Err(Unreadable::Ids));
        assert_eq!(bits("qqqqqqqq").fibonacci(), Err(Unreadable::Ids));
        assert_eq!(bits("AA").fibonacci(), Err(Unreadable::TooShort));
    }

    #[test]
    fn only_zeros_may_follow_and_few() {
        assert_eq!(bits("AAA").end(), Ok(()));
        assert_eq!(bits("AAAA").end(), Err(Unreadable::Trailing));
        assert_eq!(bits("AB").end(), Err(Unreadable::Trailing));
    }

    #[test]
    fn a_character_outside_the_alphabet_is_refused() {
        for text in ["A=", "A+", "A/", "A ", "A\u{e9}", "A\n", "A."] {
            assert_eq!(Bits::of(text).err(), Some(Unreadable::Alphabet), "{text:?}");
        }
        assert!(Bits::of("-_09azAZ").is_ok());
    }
}
