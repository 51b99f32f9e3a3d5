//! Recognizes what a partner was told of a person when it comes back.

use memchr::{memchr, memchr3, memmem};
use sluicegate_gate::{Category, Envelope, Personal};

/// What was said of a person in a message, to recognize it when it comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identifiers {
    // Each in lower case, without dashes.
    ids: Vec<Personal<String>>,
    consent_strings: Vec<Personal<String>>,
}

impl Identifiers {
    pub(crate) fn of(envelope: &Envelope) -> Self {
        let mut found = Self::default();
        for told in envelope.items().iter().flat_map(|item| item.told.iter()) {
            let kind = if told.category == Category::DeviceIdentifier {
                &mut found.ids
            } else if CONSENT_STRINGS.contains(&told.field.as_ref()) {
                &mut found.consent_strings
            } else {
                continue;
            };
            if told.value.len() >= SHORTEST {
                kind.push(Personal::new(plain(&told.value)));
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

/// In either case, also percent-encoded or without dashes.
fn repeats(text: &str, kinds: &[&[Personal<String>]]) -> bool {
    if kinds.iter().all(|values| values.is_empty()) {
        return false;
    }
    let forms = [bare(text.as_bytes()), bare(&decoded(text))];
    kinds.iter().copied().flatten().any(|value| {
        let finder = memmem::Finder::new(value.open().as_bytes());
        forms.iter().any(|form| finder.find(form).is_some())
    })
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

/// Decodes what is percent-encoded, and leaves out what parts the fields of a query.
fn decoded(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
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
    decoded
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_recognized_in_every_plain_form() {
        let id = "6D92078A-8246-4BA4-AE5B-76104861E7DC";
        let identifiers =
            Identifiers { ids: vec![Personal::new(plain(id))], ..Identifiers::default() };
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
}
