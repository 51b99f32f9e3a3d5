//! Where a text holds what cannot stand in a JSON string as it is (RFC 8259, section 7), found eight bytes at
//! a time: a quote, a backslash or a control character.

/// Returns how many bytes stand before the first of them; all, where there is none.
// Why: most strings end within the first word, and what is alone needs none of its callers' registers.
#[inline(never)]
pub(crate) fn length(text: &[u8]) -> usize {
    match text.split_first_chunk::<8>() {
        Some((word, rest)) => match specials(u64::from_le_bytes(*word)) {
            0 => word.len() + length_of_long(rest),
            found => within(found),
        },
        None => length_of_rest(text),
    }
}

#[inline(never)]
fn length_of_long(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let found = specials(u64::from_le_bytes(*word));
        if found != 0 {
            return index * 8 + within(found);
        }
    }
    words.len() * 8 + length_of_rest(rest)
}

/// Returns where the first of them stands from there on.
#[inline]
pub(crate) fn end(text: &[u8], start: usize) -> usize {
    start + length(text.get(start..).unwrap_or_default())
}

fn within(found: u64) -> usize {
    usize::try_from(found.trailing_zeros() / u8::BITS).unwrap_or_default()
}

/// Of less than eight bytes: a quote stands behind them.
#[inline(never)]
fn length_of_rest(rest: &[u8]) -> usize {
    let mut word = [b'"'; 8];
    if let Some(begin) = word.get_mut(..rest.len()) {
        begin.copy_from_slice(rest);
    }
    within(specials(u64::from_le_bytes(word)))
}

/// Returns a word whose lowest bit that is set lies in the first byte that is special; zero where none is.
///
/// With its second bit turned a quote is `0x20`, and stands next to the control characters.
///
/// INVARIANT: a subtraction borrows from the next byte only where its own is special, so that whatever else
/// is set lies above.
fn specials(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, limit: u8| word.wrapping_sub(EACH * u64::from(limit));
    let controls_and_quotes = below(word ^ (EACH * 0x02), 0x21);
    let backslashes = below(word ^ (EACH * u64::from(b'\\')), 0x01);
    (controls_and_quotes | backslashes) & !word & (EACH * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_special(byte: u8) -> bool {
        byte < b' ' || byte == b'"' || byte == b'\\'
    }

    proptest! {
        #[test]
        fn the_first_special_byte_is_found_wherever_it_stands(
            text in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b'!'), Just(0x1f)], 0..40),
        ) {
            let first = text.iter().position(|byte| is_special(*byte)).unwrap_or(text.len());
            prop_assert_eq!(length(&text), first);
        }

        #[test]
        fn plain_text_is_plain_to_its_end(text in "[ !#-\\[\\]-~é€]{0,40}") {
            prop_assert_eq!(length(text.as_bytes()), text.len());
        }
    }
}
