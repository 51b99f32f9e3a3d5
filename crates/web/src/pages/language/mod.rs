//! The languages of the pages: which one somebody gets, and how it writes.
//!
//! Every sentence of the pages stands in `catalogue/`, one file per language, in the format of Project Fluent.
//! A test fails when a message, a variable or a tag is missing in one of them. Numbers, dates and lists are
//! written by ICU4X, plurals are chosen by the rules of the Unicode CLDR.

mod catalogue;
mod locale;
mod message;
mod registered;
#[cfg(test)]
mod tests;

pub(crate) use message::Message;
pub(crate) use registered::Registered;

use super::when::Written;
use askama::filters::HtmlSafe;
use http::{HeaderMap, header};
use std::{borrow::Cow, fmt};

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// English: whoever asks for none of them gets it.
    #[default]
    English,
    /// Spanish.
    Spanish,
    /// German.
    German,
    /// Japanese.
    Japanese,
    /// Arabic, written from right to left.
    Arabic,
}

impl Language {
    /// In the order of the pages' footer.
    pub(crate) const ALL: [Self; 5] =
        [Self::English, Self::Spanish, Self::German, Self::Japanese, Self::Arabic];

    /// Returns the tag, as `lang` attributes, addresses and records have it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::German => "de",
            Self::Japanese => "ja",
            Self::Arabic => "ar",
        }
    }

    /// Returns the direction of writing, as `dir` attributes have it.
    pub(crate) fn direction(self) -> &'static str {
        if self.is_right_to_left() { "rtl" } else { "ltr" }
    }

    /// Returns the language's own name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::German => "Deutsch",
            Self::Japanese => "日本語",
            Self::Arabic => "العربية",
        }
    }

    /// Returns the language of a tag like `de` or `de-AT`.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or(tag).trim();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// Returns the language that a browser prefers among ours (`Accept-Language`, RFC 9110, section 12.5.4).
    pub(crate) fn preferred(headers: &HeaderMap) -> Option<Self> {
        let listed = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        let ranges =
            listed.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let mut best: Option<(u16, Self)> = None;
        for range in ranges.take(RANGES_MAX) {
            let Some((weight, language)) = weighed(range) else { continue };
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// Begins a message of the catalogue.
    pub(crate) fn say(self, id: impl Into<Cow<'static, str>>) -> Message {
        Message::new(self, id.into())
    }

    /// Begins a message of the catalogue, if the catalogue has it.
    pub(crate) fn find(self, id: String) -> Option<Message> {
        catalogue::has(self, &id).then(|| self.say(id))
    }

    /// Returns a time as an element that machines can read too.
    pub(crate) fn time(self, written: Written) -> Time {
        Time(message::time(self, written))
    }

    /// Joins words as the language lists them: the last one after an "and".
    pub(crate) fn list(self, words: &[String]) -> String {
        locale::list(self, words)
    }

    /// Returns the name of a country given by its ISO 3166-1 alpha-2 code, where the Unicode CLDR has one.
    pub(crate) fn country(self, alpha2: &str) -> Option<String> {
        locale::country(self, alpha2)
    }

    /// Returns this language's name of a language given by its tag, where the Unicode CLDR has one.
    pub(crate) fn name_of(self, tag: &str) -> Option<String> {
        locale::name(self, tag)
    }

    fn is_right_to_left(self) -> bool {
        match self {
            Self::Arabic => true,
            Self::English | Self::Spanish | Self::German | Self::Japanese => false,
        }
    }
}

/// A finished `time` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Time(String);

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl HtmlSafe for Time {}

/// How many languages of a header are looked at.
const RANGES_MAX: usize = 32;

/// Reads one language with its weight in thousandths, if it is ours and not refused.
fn weighed(range: &str) -> Option<(u16, Language)> {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let weight = match parameters.trim().strip_prefix("q=") {
        None => 1000,
        Some(weight) => thousandths(weight)?,
    };
    Some((weight, Language::of_tag(tag.trim())?))
}

fn thousandths(weight: &str) -> Option<u16> {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = format!("{part:0<3}");
    let part: u16 = digits.get(..3)?.parse().ok()?;
    Some(whole.parse::<u16>().ok()?.min(1) * 1000 + part).map(|weight| weight.min(1000))
}
