//! Recognizes what a partner was told of a person when it comes back.

use memchr::{memchr, memchr3};
use sluicegate_gate::{Category, Envelope, Personal};

/// What was said of a person in a message, to recognize it when it comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identifiers {
    ids: Values,
    consent_strings: Values,
}

/// Some values, each in lower case, without dashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Values {
    all: Vec<Personal<String>>,
    beginnings: Beginnings,
}

/// How values begin: most places of a text need no further look.
#[derive(Clone, PartialEq, Eq)]
struct Beginnings([bool; 256]);

impl Identifiers {
    pub(crate) fn of(envelope: &Envelope) -> Self {
        let mut found = Self::default();
        for told in envelope.items().iter().flat_map(|item| item.told.iter()) {
            if told.value.len() < SHORTEST {
                continue;
            }
            if told.category == Category::DeviceIdentifier {
                found.ids.add(&told.value);
            } else if CONSENT_STRINGS.contains(&told.field.as_ref()) {
                found.consent_strings.add(&told.value);
            }
        }
        found
    }

    /// Returns whether markup repeats an identifier. A consent string may stand there: what the markup loads
    /// needs it as much as the partner did.
    pub(crate) fn are_in_markup(&self, markup: &str) -> bool {
        repeats(markup, &[&self.ids])
    }

    /// Returns whether the address of a notice repeats an identifier or a consent string. Notices go also after
    /// the person turned sharing off, and say nothing of a person.
    pub(crate) fn are_in_notice(&self, url: &str) -> bool {
        repeats(url, &[&self.ids, &self.consent_strings])
    }
}

impl Values {
    fn add(&mut self, value: &str) {
        let plain = plain(value);
        if plain.len() < BEGINNING {
            return;
        }
        self.beginnings.add(plain.as_bytes());
        self.all.push(Personal::new(plain));
    }

    /// Returns whether one of them stands in a text that is bare.
    fn are_in(&self, bare: &[u8]) -> bool {
        bare.windows(BEGINNING).enumerate().any(|(at, window)| {
            self.beginnings.may_be(window)
                && bare.get(at..).is_some_and(|rest| {
                    self.all.iter().any(|value| rest.starts_with(value.open().as_bytes()))
                })
        })
    }
}

impl Beginnings {
    fn add(&mut self, value: &[u8]) {
        let window = value.get(..BEGINNING).unwrap_or_default();
        if let Some(place) = self.0.get_mut(usize::from(mixed(window))) {
            *place = true;
        }
    }

    fn may_be(&self, window: &[u8]) -> bool {
        self.0.get(usize::from(mixed(window))).copied().unwrap_or(true)
    }
}

impl Default for Beginnings {
    fn default() -> Self {
        Self([false; 256])
    }
}

/// Leaves out how they begin.
impl std::fmt::Debug for Beginnings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Beginnings")
    }
}

/// Mixes the bytes of a window into one.
fn mixed(window: &[u8]) -> u8 {
    let number = <[u8; BEGINNING]>::try_from(window).map_or(0, u32::from_le_bytes);
    let [high, ..] = number.wrapping_mul(0x9e37_79b1).to_be_bytes();
    high
}

/// In either case, also percent-encoded or without dashes.
fn repeats(text: &str, kinds: &[&Values]) -> bool {
    if text.len() < BEGINNING || kinds.iter().all(|values| values.all.is_empty()) {
        return false;
    }
    let are_in = |bare: &[u8]| kinds.iter().any(|values| values.are_in(bare));
    are_in(&bare(text.as_bytes())) || decoded(text).is_some_and(|decoded| are_in(&bare(&decoded)))
}

/// In lower case, without dashes. Where a text repeats a value, this form of it repeats this form of the value.
fn bare(text: &[u8]) -> Vec<u8> {
    let mut bare = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, [_, after @ ..])) =
        memchr(b'-', rest).and_then(|at| rest.split_at_checked(at))
    {
        bare.extend_from_slice(before);
        rest = after;
    }
    bare.extend_from_slice(rest);
    bare.make_ascii_lowercase();
    bare
}

fn plain(value: &str) -> String {
    value.replace('-', "").to_ascii_lowercase()
}

/// Decodes what is percent-encoded, and leaves out what parts the fields of a query; `None` where that changes nothing.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut rest = text.as_bytes();
    memchr3(b'%', b'&', b'=', rest)?;
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((plain, special)) =
        memchr3(b'%', b'&', b'=', rest).and_then(|at| rest.split_at_checked(at))
    {
        decoded.extend_from_slice(plain);
        let (byte, after) = unescaped(special);
        decoded.extend(byte);
        rest = after;
    }
    decoded.extend_from_slice(rest);
    Some(decoded)
}

/// Returns what a `%`, `&` or `=` at the start of a text stands for, and what follows.
fn unescaped(text: &[u8]) -> (Option<u8>, &[u8]) {
    if let [b'%', high, low, after @ ..] = text
        && let Some(byte) = digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low)
    {
        return (Some(byte), after);
    }
    match text {
        [b'%', after @ ..] => (Some(b'%'), after),
        [_, after @ ..] => (None, after),
        [] => (None, text),
    }
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Where a message holds consent strings.
const CONSENT_STRINGS: [&str; 2] = ["user.consent", "regs.gpp"];

/// An identifier shorter than this could stand in a text by chance.
const SHORTEST: usize = 7;
/// Bytes of a beginning; nothing shorter is looked for.
const BEGINNING: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_identifier_is_recognized_in_every_plain_form() {
        let id = "6D92078A-8246-4BA4-AE5B-76104861E7DC";
        let mut identifiers = Identifiers::default();
        identifiers.ids.add(id);
        let dashless = id.replace('-', "");
        for text in [
            format!("https://n.example/w?d={id}"),
            format!("https://n.example/{}/w", id.to_ascii_lowercase()),
            format!("<img src='//n.example/{dashless}'>"),
            format!("https://n.example/w?{}", id.replace("4BA4", "4B=A4").replace("AE5B", "&AE5B")),
            format!("https://n.example/w?d={}", id.replace('-', "%2D")),
            format!("https://n.example/w?x=1&d={}", id.replace('6', "%36")),
            format!("https://n.example/w?d={}", id.replace('D', "%44")),
        ] {
            assert!(identifiers.are_in_notice(&text), "{text}");
        }
        for text in ["https://n.example/w?p=${AUCTION_PRICE}", "100%", "%4", "%zz=&%2", ""] {
            assert!(!identifiers.are_in_notice(text), "{text}");
        }
        assert!(identifiers.are_in_notice(&format!("%{id}%")));
        assert!(!Identifiers::default().are_in_notice(id));
    }

    proptest! {
        #[test]
        fn every_value_is_found_where_it_stands_and_nothing_else(
            values in prop::collection::vec("[a-c1.:]{4,9}", 0..4),
            text in "[a-c1.:]{0,40}",
        ) {
            let mut kept = Values::default();
            for value in &values {
                kept.add(value);
            }
            let stands = values.iter().any(|value| text.contains(value.as_str()));
            prop_assert_eq!(repeats(&text, &[&kept]), stands);
        }
    }
}
