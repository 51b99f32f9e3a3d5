//! What the targets share.

/// Returns the bytes with each that no consent string may have turned into a letter, so that whatever the fuzzer
/// writes gets past the alphabet.
#[must_use]
pub fn letters(bytes: &[u8]) -> String {
    let is_of_strings = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let letter = |byte: &u8| if is_of_strings(*byte) { *byte } else { b'A' + *byte % 26 };
    bytes.iter().map(letter).map(char::from).collect()
}
