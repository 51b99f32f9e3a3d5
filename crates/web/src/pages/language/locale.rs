//! Numbers, dates, times, lists, and the names of countries and languages, by ICU4X with the data of the Unicode
//! CLDR.

use super::Language;
use icu_calendar::Gregorian;
use icu_datetime::{
    FixedCalendarDateTimeFormatter, NoCalendarFormatter,
    fieldsets::{T, YM, YMD},
    input::{Date, Time},
};
use icu_decimal::{DecimalFormatter, input::Decimal, options::DecimalFormatterOptions};
use icu_list::{
    ListFormatter,
    options::{ListFormatterOptions, ListLength},
};
use icu_locale::names::{
    LanguageIdentifierDisplayName, LanguageIdentifierDisplayNameOptions, RegionDisplayName,
};
use icu_locale_core::{LanguageIdentifier, Locale, subtags::Region};
use jiff::civil::DateTime;
use std::sync::LazyLock;

/// What writes one language. `None` would be data that ICU4X lost; what is written then is plain.
struct Writers {
    numbers: Option<DecimalFormatter>,
    lists: Option<ListFormatter>,
    days: Option<FixedCalendarDateTimeFormatter<Gregorian, YMD>>,
    months: Option<FixedCalendarDateTimeFormatter<Gregorian, YM>>,
    times: Option<NoCalendarFormatter<T>>,
}

static ALL: LazyLock<[Writers; 5]> = LazyLock::new(|| Language::ALL.map(Writers::of));

fn locale(language: Language) -> Locale {
    region(language).parse().unwrap_or(Locale::UNKNOWN)
}

impl Writers {
    fn of(language: Language) -> Self {
        let locale = locale(language);
        let listed = ListFormatterOptions::default().with_length(ListLength::Wide);
        Self {
            numbers: DecimalFormatter::try_new(
                (&locale).into(),
                DecimalFormatterOptions::default(),
            )
            .ok(),
            lists: ListFormatter::try_new_and((&locale).into(), listed).ok(),
            days: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::long()).ok(),
            months: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YM::long()).ok(),
            times: NoCalendarFormatter::try_new((&locale).into(), T::hms()).ok(),
        }
    }
}

/// Whose conventions a language is written by: days before months, and 24 hours, where English leaves a choice.
fn region(language: Language) -> &'static str {
    match language {
        Language::English => "en-GB",
        Language::Spanish | Language::German | Language::Japanese | Language::Arabic => {
            language.tag()
        }
    }
}

fn writers(language: Language) -> Option<&'static Writers> {
    let place = Language::ALL.iter().position(|one| *one == language)?;
    ALL.get(place)
}

/// Writes a number given in ASCII digits, in groups.
pub(super) fn number(language: Language, digits: &str) -> String {
    let number = Decimal::try_from_str(digits).ok();
    let written = writers(language)
        .and_then(|writers| Some(writers.numbers.as_ref()?.format(&number?).to_string()));
    written.unwrap_or_else(|| digits.to_owned())
}

/// Joins words with an "and" before the last.
pub(super) fn list(language: Language, words: &[String]) -> String {
    match writers(language).and_then(|writers| writers.lists.as_ref()) {
        Some(lists) => lists.format(words.iter()).to_string(),
        None => words.join(", "),
    }
}

/// Writes a day, for example `23 November 2026`.
pub(super) fn day(language: Language, at: DateTime) -> String {
    let written = writers(language)
        .and_then(|writers| Some(writers.days.as_ref()?.format(&date(at)?).to_string()));
    written.unwrap_or_else(|| at.date().to_string())
}

/// Writes a month, for example `November 2026`.
pub(super) fn month(language: Language, at: DateTime) -> String {
    let written = writers(language)
        .and_then(|writers| Some(writers.months.as_ref()?.format(&date(at)?).to_string()));
    written.unwrap_or_else(|| at.strftime("%Y-%m").to_string())
}

fn date(at: DateTime) -> Option<Date<Gregorian>> {
    let (month, day) = u8::try_from(at.month()).ok().zip(u8::try_from(at.day()).ok())?;
    Date::try_new_gregorian(at.year().into(), month, day).ok()
}

/// Writes a time of day to the second, for example `14:02:07`.
pub(super) fn clock(language: Language, at: DateTime) -> String {
    let part = |part: i8| u8::try_from(part).ok();
    let parts = part(at.hour()).zip(part(at.minute())).zip(part(at.second()));
    let time =
        parts.and_then(|((hour, minute), second)| Time::try_new(hour, minute, second, 0).ok());
    let written = writers(language)
        .and_then(|writers| Some(writers.times.as_ref()?.format(&time?).to_string()));
    written.unwrap_or_else(|| at.time().to_string())
}

/// Returns the name of a country, given by its ISO 3166-1 alpha-2 code, if the language has one.
pub(super) fn country(language: Language, alpha2: &str) -> Option<String> {
    let region: Region = alpha2.parse().ok()?;
    let name = RegionDisplayName::try_new_light((&locale(language)).into(), region).ok()?;
    Some(name.as_borrowed().to_string())
}

/// Returns the name of a language, given by its tag, if this one has a name for it.
pub(super) fn name(language: Language, tag: &str) -> Option<String> {
    let named: LanguageIdentifier = tag.parse().ok()?;
    let options = LanguageIdentifierDisplayNameOptions::default();
    let of = (&locale(language)).into();
    let name = LanguageIdentifierDisplayName::try_new_heavy(of, named, options).ok()?;
    Some(name.as_borrowed().to_string())
}
