//! Bits as digits, to write what the encoder refuses to.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns the letters of digits `0` and `1`; spaces do not count, and zeros fill up to a multiple of 6.
pub(crate) fn text(digits: &str) -> String {
    let bits: Vec<bool> =
        digits.chars().filter(|digit| *digit != ' ').map(|digit| digit == '1').collect();
    let value = |six: &[bool]| {
        let value = six.iter().fold(0, |value, bit| value << 1 | usize::from(*bit));
        value << (6 - six.len())
    };
    bits.chunks(6).map(|six| char::from(ALPHABET[value(six)])).collect()
}

/// Returns the digits of letters.
pub(crate) fn digits(text: &str) -> String {
    let value = |letter: u8| ALPHABET.iter().position(|other| *other == letter).unwrap();
    let six = |value: usize| (0..6).rev().map(move |place| value >> place & 1 == 1);
    let bits = text.bytes().flat_map(|letter| six(value(letter)));
    bits.map(|bit| if bit { '1' } else { '0' }).collect()
}

/// Returns a number in so many digits.
pub(crate) fn number(value: u32, width: usize) -> String {
    format!("{value:0width$b}")
}
