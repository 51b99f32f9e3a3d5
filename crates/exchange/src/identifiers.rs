//! Recognizes what a partner was told of a person when it comes back.

use memchr::memchr;
use sluicegate_gate::{Category, Personal, Told};
use std::net::Ipv6Addr;

/// What was said of a person in a message, to recognize it when it comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identifiers {
    /// Identifiers and then consent strings, each bare.
    all: Vec<Personal<Vec<u8>>>,
    /// How many of them are identifiers.
    ids: usize,
    steps: Steps,
}

/// How far a search may step on from four bytes of a text without missing a value: where they stand in none, by
/// all of them but three (after Wu and Manber, A Fast Algorithm for Multi-Pattern Searching, 1994).
#[derive(Clone, PartialEq, Eq)]
struct Steps {
    /// Of how many bytes of each value the search looks for: those of the shortest.
    bytes: usize,
    /// By the mixed four bytes.
    by_block: [u8; 256],
}

impl Identifiers {
    pub(crate) fn of<'t>(told: impl Iterator<Item = &'t Told>) -> Self {
        let (mut all, mut consent_strings) = (Vec::new(), Vec::new());
        for told in told.filter(|told| told.value.len() >= SHORTEST) {
            if is_identifier(told) {
                all.extend(known(&told.value));
                all.extend(in_full(&told.value).as_deref().and_then(known));
            } else if CONSENT_STRINGS.contains(&told.field.as_ref()) {
                consent_strings.extend(known(&told.value));
            }
        }
        let ids = all.len();
        all.append(&mut consent_strings);
        Self { ids, steps: Steps::of(&all), all }
    }

    /// Returns whether markup repeats an identifier. A consent string may stand there: what the markup loads
    /// needs it as much as the partner did.
    pub(crate) fn are_in_markup(&self, markup: &str) -> bool {
        self.repeats(markup, self.all.get(..self.ids).unwrap_or_default())
    }

    /// Returns whether the address of a notice repeats an identifier or a consent string. Notices go also after
    /// the person turned sharing off, and say nothing of a person.
    pub(crate) fn are_in_notice(&self, url: &str) -> bool {
        self.repeats(url, &self.all)
    }

    /// Returns whether a text holds one of some, in either case, also percent-encoded or in parts.
    fn repeats(&self, text: &str, some: &[Personal<Vec<u8>>]) -> bool {
        // Bare, a text is no longer than it was.
        if text.len() < self.steps.bytes || some.is_empty() {
            return false;
        }
        self.finds(&bare(text.as_bytes()), some)
            || decoded(text.as_bytes()).is_some_and(|decoded| self.finds(&bare(&decoded), some))
    }

    /// Returns whether one of some stands in a text that is bare.
    fn finds(&self, text: &[u8], some: &[Personal<Vec<u8>>]) -> bool {
        let mut at = 0;
        while let Some(window) = text.get(at..at + self.steps.bytes) {
            let step = self.steps.after(window);
            let rest = text.get(at..).unwrap_or_default();
            if step == 0 && some.iter().any(|value| rest.starts_with(value.open())) {
                return true;
            }
            at += step.max(1);
        }
        false
    }
}

impl Steps {
    fn of(values: &[Personal<Vec<u8>>]) -> Self {
        let shortest = values.iter().map(|value| value.open().len()).min().unwrap_or(BLOCK);
        let bytes = shortest.min(usize::from(u8::MAX));
        let step = |bytes: usize| u8::try_from(bytes).unwrap_or_default();
        let mut by_block = [step(bytes + 1 - BLOCK); 256];
        for value in values {
            let beginning = value.open().get(..bytes).unwrap_or_default();
            for (begins, block) in beginning.windows(BLOCK).enumerate() {
                if let Some(known) = by_block.get_mut(usize::from(mixed(block))) {
                    *known = step(bytes - BLOCK - begins).min(*known);
                }
            }
        }
        Self { bytes, by_block }
    }

    /// Returns the step by the end of a window: none where a value may begin with the window.
    fn after(&self, window: &[u8]) -> usize {
        let block = window.last_chunk::<BLOCK>().map_or(0, |block| mixed(block));
        self.by_block.get(usize::from(block)).copied().map_or(0, usize::from)
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self::of(&[])
    }
}

/// Leaves out what the values are like.
impl std::fmt::Debug for Steps {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Steps")
    }
}

/// Mixes the bytes of a block into one.
fn mixed(block: &[u8]) -> u8 {
    let number = <[u8; BLOCK]>::try_from(block).map_or(0, u32::from_le_bytes);
    let [high, ..] = number.wrapping_mul(0x9e37_79b1).to_be_bytes();
    high
}

/// Returns whether what was told is an identifier. Of which kind one is is none.
fn is_identifier(told: &Told) -> bool {
    match told.category {
        Category::DeviceIdentifier | Category::PreciseLocation => told.field != IDENTIFIER_TYPE,
        Category::Plumbing
        | Category::Context
        | Category::CoarseDevice
        | Category::Demographic
        | Category::Exposure => false,
    }
}

/// Returns a value in the form in which it is looked for; `None` where it is too short for that.
fn known(value: &str) -> Option<Personal<Vec<u8>>> {
    let bare = bare(value.as_bytes());
    (bare.len() >= BLOCK).then(|| Personal::new(bare))
}

/// In lower case, without what may part it. Where a text repeats a value, this form of it repeats this form of the
/// value.
fn bare(text: &[u8]) -> Vec<u8> {
    let mut bare = vec![PARTS; text.len()];
    let mut length = 0_usize;
    // Why: parts are short, so that to look for their ends would take longer than this, in which what is left out is
    // written over by what follows. There are no more bytes than the text has.
    for byte in text {
        let byte = BARE.get(usize::from(*byte)).copied().unwrap_or(PARTS);
        if let Some(place) = bare.get_mut(length) {
            *place = byte;
        }
        length = length.wrapping_add(usize::from(byte != PARTS));
    }
    bare.truncate(length);
    bare
}

/// Each byte in lower case, or [`PARTS`] where it may part a value.
const BARE: [u8; 256] = {
    let (mut bare, mut byte) = ([PARTS; 256], 0_u8);
    let mut places: &mut [u8] = &mut bare;
    while let [place, rest @ ..] = places {
        if !matches!(byte, b'-' | b'&' | b'=') {
            *place = byte.to_ascii_lowercase();
        }
        byte = byte.wrapping_add(1);
        places = rest;
    }
    bare
};

/// Stands for what is left out; no byte of UTF-8.
const PARTS: u8 = 0xff;

/// Decodes what is percent-encoded; `None` where nothing is.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut rest = text;
    memchr(b'%', rest)?;
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((plain, encoded)) = memchr(b'%', rest).and_then(|at| rest.split_at_checked(at)) {
        decoded.extend_from_slice(plain);
        let (byte, after) = unescaped(encoded);
        decoded.push(byte);
        rest = after;
    }
    decoded.extend_from_slice(rest);
    Some(decoded)
}

/// Returns what a `%` at the start of a text stands for, and what follows.
fn unescaped(text: &[u8]) -> (u8, &[u8]) {
    if let [_, high, low, after @ ..] = text
        && let Some(byte) = digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low)
    {
        return (byte, after);
    }
    (b'%', text.get(1..).unwrap_or_default())
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Returns an address of version six without its abbreviations.
fn in_full(text: &str) -> Option<String> {
    let address: Ipv6Addr = text.contains(':').then(|| text.parse().ok())??;
    Some(address.segments().map(|segment| format!("{segment:04x}")).join(":"))
}

/// Where a message says of which kind its advertising id is.
const IDENTIFIER_TYPE: &str = "device.ext.ifa_type";
/// Where a message holds consent strings.
const CONSENT_STRINGS: [&str; 2] = ["user.consent", "regs.gpp"];

/// An identifier shorter than this could stand in a text by chance.
const SHORTEST: usize = 7;
/// Bytes that are looked at together; nothing shorter is looked for.
const BLOCK: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn among(ids: &[&str]) -> Identifiers {
        let all: Vec<_> = ids.iter().filter_map(|id| known(id)).collect();
        Identifiers { ids: all.len(), steps: Steps::of(&all), all }
    }

    #[test]
    fn an_identifier_is_recognized_in_every_plain_form() {
        let id = "6D92078A-8246-4BA4-AE5B-76104861E7DC";
        let identifiers = among(&[id]);
        let dashless = id.replace('-', "");
        for text in [
            format!("https://n.example/w?d={id}"),
            format!("https://n.example/{}/w", id.to_ascii_lowercase()),
            format!("<img src='//n.example/{dashless}'>"),
            format!("https://n.example/w?{}", id.replace("4BA4", "4B=A4").replace("AE5B", "&AE5B")),
            format!(
                "https://n.example/w?{}%",
                id.replace("4BA4", "4B=A4").replace("AE5B", "&AE5B")
            ),
            format!("https://n.example/w?d={}", id.replace('-', "%2D")),
            format!("https://n.example/w?d={}", id.replace('-', "%26%3d")),
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

    #[test]
    fn an_exact_place_and_an_address_in_full_are_recognized_and_rough_ones_are_not() {
        let told = [
            (Category::PreciseLocation, "device.geo.lat", "34.052235"),
            (Category::PreciseLocation, "device.geo.lon", "-118.243683"),
            (Category::DeviceIdentifier, "device.ipv6", "2001:db8:1:2::7"),
            (Category::CoarseDevice, "device.osv", "120.0.6099"),
            (Category::Plumbing, "regs.gpp", "DBABMA~CQ"),
        ]
        .map(|(category, field, value)| Told {
            category,
            field: field.into(),
            value: value.into(),
        });
        let identifiers = Identifiers::of(told.iter());
        for repeats in [
            "https://n.example/w?at=34.052235",
            "https://n.example/w?lon=-118.243683",
            "https://n.example/w?ip=2001:DB8:1:2::7",
            "https://n.example/w?ip=2001%3A0db8%3A0001%3A0002%3A0000%3A0000%3A0000%3A0007",
        ] {
            assert!(identifiers.are_in_notice(repeats), "{repeats}");
            assert!(identifiers.are_in_markup(repeats), "{repeats}");
        }
        for other in ["https://n.example/w?at=34.05", "https://n.example/w?v=120.0.6099"] {
            assert!(!identifiers.are_in_notice(other), "{other}");
        }
        let consent = "https://n.example/w?gpp=DBABMA~CQ";
        assert!(identifiers.are_in_notice(consent) && !identifiers.are_in_markup(consent));
    }

    proptest! {
        #[test]
        fn every_value_is_found_where_it_stands_and_nothing_else(
            values in prop::collection::vec("[a-c1.:]{4,9}", 0..4),
            text in "[a-c1.:]{0,300}",
        ) {
            let texts: Vec<&str> = values.iter().map(String::as_str).collect();
            let stands = values.iter().any(|value| text.contains(value.as_str()));
            prop_assert_eq!(among(&texts).are_in_markup(&text), stands);
        }
    }
}
