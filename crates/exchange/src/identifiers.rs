//! Recognizes what a partner was told of a person when it comes back.

use memchr::memmem;
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
        for told in envelope.items().iter().flat_map(|item| &item.told) {
            let kind = if told.category == Category::DeviceIdentifier {
                &mut found.ids
            } else if CONSENT_STRINGS.contains(&told.field.as_ref()) {
                &mut found.consent_strings
            } else {
                continue;
            };
            if told.value.len() >= SHORTEST {
                kind.push(Personal::new(bare(&told.value)));
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
    let decoded: String = url::form_urlencoded::parse(text.as_bytes())
        .flat_map(|(key, value)| [key, value])
        .collect();
    let forms = [bare(text), bare(&decoded)];
    kinds.iter().copied().flatten().any(|value| {
        let finder = memmem::Finder::new(value.open().as_bytes());
        forms.iter().any(|form| finder.find(form.as_bytes()).is_some())
    })
}

/// In lower case, without dashes. Where a text repeats a value, this form of it repeats this form of the value.
fn bare(text: &str) -> String {
    let mut bare = text.to_ascii_lowercase();
    bare.retain(|character| character != '-');
    bare
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
            Identifiers { ids: vec![Personal::new(bare(id))], ..Identifiers::default() };
        let plain = id.replace('-', "");
        for text in [
            format!("https://n.example/w?d={id}"),
            format!("https://n.example/{}/w", id.to_ascii_lowercase()),
            format!("<img src='//n.example/{plain}'>"),
            format!("https://n.example/w?d={}", id.replace('-', "%2D")),
            format!("https://n.example/w?x=1&d={}", id.replace('6', "%36")),
            format!("https://n.example/w?d={}", id.replace('D', "%44")),
        ] {
            assert!(identifiers.are_in_notice(&text), "{text}");
        }
        assert!(!identifiers.are_in_notice("https://n.example/w?p=${AUCTION_PRICE}"));
        assert!(!Identifiers::default().are_in_notice(id));
    }
}
