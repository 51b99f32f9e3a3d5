//! Bits in order, and their letters.

use std::collections::BTreeSet;

/// How many zeros fill a part up before its bits become letters of six bits each (base64url, no `=`).
///
/// Readers have to accept all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// To a multiple of 6 bits, as the GPP specification says.
    Letters,
    /// To a multiple of 8 bits, then of 6: what base64url without `=` makes of whole octets.
    Octets,
    /// To a multiple of 24 bits, as base64 with `=` would. The example of the TCF document has it.
    Groups,
}

/// Bits, the first one leftmost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits(Vec<bool>);

impl Bits {
    /// Writes a number, most significant bit first.
    pub(crate) fn int(&mut self, value: impl Into<u64>, width: u32) {
        let value = value.into();
        assert!(value.checked_shr(width).unwrap_or(0) == 0, "{value} does not fit {width} bits");
        self.0.extend((0..width).rev().map(|place| (value >> place) & 1 == 1));
    }

    /// Writes one bit.
    pub(crate) fn flag(&mut self, value: bool) {
        self.0.push(value);
    }

    /// Writes two capital letters, six bits each, `A` as 0.
    pub(crate) fn letters(&mut self, letters: [u8; 2]) {
        for letter in letters {
            assert!(letter.is_ascii_uppercase(), "byte {letter} is not a capital letter");
            self.int(letter - b'A', 6);
        }
    }

    /// Writes a bit for each id from 1 to `width`.
    pub(crate) fn ids(&mut self, ids: &BTreeSet<u8>, width: u8) {
        if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
            assert!(*first > 0 && *last <= width, "ids {first} to {last} are not in 1 to {width}");
        }
        self.0.extend((1..=width).map(|id| ids.contains(&id)));
    }

    /// Writes a number above 0 in Fibonacci coding: a bit for each Fibonacci number from 1, 2, 3, 5
    /// upwards of which it is the sum, and one more set bit.
    pub(crate) fn fibonacci(&mut self, value: u16) {
        assert!(value > 0, "Fibonacci coding has no 0");
        let mut numbers = vec![1_u32];
        let mut next = 2;
        while next <= u32::from(value) {
            let last = numbers.last().copied().unwrap_or(1);
            numbers.push(next);
            next += last;
        }
        let mut rest = u32::from(value);
        let mut code = vec![true];
        for number in numbers.into_iter().rev() {
            let is_part = number <= rest;
            if is_part {
                rest -= number;
            }
            code.push(is_part);
        }
        self.0.extend(code.into_iter().rev());
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Fills up with zeros and returns the letters.
    pub(crate) fn text(mut self, padding: Padding) -> String {
        match padding {
            Padding::Letters => self.fill_up(6),
            Padding::Octets => {
                self.fill_up(8);
                self.fill_up(6);
            }
            Padding::Groups => self.fill_up(24),
        }
        self.0.chunks(6).map(letter).collect()
    }

    fn fill_up(&mut self, multiple: usize) {
        self.0.resize(self.len().next_multiple_of(multiple), false);
    }
}

/// Returns the letter for six bits (RFC 4648, table 2).
fn letter(bits: &[bool]) -> char {
    let value = bits.iter().fold(0, |value, bit| (value << 1) | u8::from(*bit));
    match value {
        0..=25 => char::from(b'A' + value),
        26..=51 => char::from(b'a' + (value - 26)),
        52..=61 => char::from(b'0' + (value - 52)),
        62 => '-',
        _ => '_',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fibonacci(value: u16) -> String {
        let mut bits = Bits::default();
        bits.fibonacci(value);
        bits.0.into_iter().map(|bit| if bit { '1' } else { '0' }).collect()
    }

    /// GPP, "Fibonacci Encoding to Deal with String Length".
    #[test]
    fn the_table_of_the_specification_comes_out() {
        let codes: Vec<String> = (1..=7).map(fibonacci).collect();
        assert_eq!(codes, ["11", "011", "0011", "1011", "00011", "10011", "01011"]);
    }

    #[test]
    fn a_code_ends_at_its_first_pair_of_set_bits_and_adds_up() {
        for value in 1..=u16::MAX {
            let code = fibonacci(value);
            assert_eq!(code.find("11"), Some(code.len() - 2), "{value}");
            let (mut number, mut next, mut sum) = (1_u32, 2_u32, 0_u32);
            for bit in code[..code.len() - 1].chars() {
                sum += if bit == '1' { number } else { 0 };
                (number, next) = (next, number + next);
            }
            assert_eq!(sum, u32::from(value));
        }
    }

    #[test]
    fn every_letter_of_the_table_is_reached() {
        let mut bits = Bits::default();
        (0_u8..64).for_each(|value| bits.int(value, 6));
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        assert_eq!(bits.text(Padding::Letters), alphabet);
    }

    #[test]
    fn each_padding_fills_up_with_zeros() {
        let written = |width, padding| {
            let mut bits = Bits::default();
            (0..width).for_each(|_| bits.flag(true));
            bits.text(padding)
        };
        assert_eq!(written(3, Padding::Letters), "4");
        assert_eq!(written(3, Padding::Octets), "4A");
        assert_eq!(written(3, Padding::Groups), "4AAA");
        assert_eq!(written(48, Padding::Octets), "________");
        assert_eq!(written(0, Padding::Groups), "");
    }
}
