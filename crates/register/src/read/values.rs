//! Readers of single values. Each says what the value must be when it is not.

use crate::{Day, limits, partnership::is_private_on_the_way};
use std::{fmt::Display, ops::RangeInclusive, str::FromStr};
use toml::Value;
use url::Url;

/// Reads text without control characters and without white space around it.
pub(super) fn text(chars_max: usize) -> impl Fn(&Value) -> Result<String, String> {
    move |value| {
        let text = value.as_str().ok_or("must be text in quotation marks")?;
        let fits = !text.is_empty()
            && text.chars().count() <= chars_max
            && text.trim() == text
            && !text.chars().any(|c| c.is_control() || is_direction_override(c));
        if fits {
            return Ok(text.to_owned());
        }
        Err(format!(
            "must have 1 to {chars_max} characters on one line, without white space around them"
        ))
    }
}

/// Characters that make a line look other than it is, to a reviewer and on the page.
fn is_direction_override(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Reads text that has a grammar of its own.
pub(super) fn parsed<T: FromStr<Err: Display>>(value: &Value) -> Result<T, String> {
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    text.parse().map_err(|problem| format!("is wrong: {problem}"))
}

/// Returns whether the text fits the grammar of identifiers.
pub(super) fn is_identifier(text: &str) -> bool {
    text.parse::<sluicegate_gate::PartnershipId>().is_ok()
}

/// Reads an identifier.
pub(super) fn identifier(value: &Value) -> Result<String, String> {
    parsed::<sluicegate_gate::PartnershipId>(value).map(|id| id.as_str().to_owned())
}

/// Reads the id of an app in a store: a bundle or a number.
pub(super) fn bundle(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(String::from("must have 1 to 128 of A-Z, a-z, 0-9, dot, - and _"))
}

/// Reads a seat, or the id of a deal: what two companies agreed on.
pub(super) fn code(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    if (1..=limits::CODE_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(format!("must have 1 to {} of A-Z, a-z, 0-9 and . _ : -", limits::CODE_CHARS_MAX))
}

/// Reads a kind of venue by the id or name that a taxonomy gives it.
pub(super) fn venue_type(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_')
    };
    if (1..=limits::CODE_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(String::from("must hold kinds of venues, such as transit.airports"))
}

/// Reads a currency by its ISO 4217 code.
pub(super) fn currency(value: &Value) -> Result<String, String> {
    let text = value.as_str().unwrap_or_default();
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err(String::from("must be a currency code of three capital letters, such as \"EUR\""))
}

/// Reads a price, written as text so that it is exact, into millionths.
pub(super) fn price(value: &Value) -> Result<i64, String> {
    let wrong = || {
        let max = limits::FLOOR_UNITS_MAX;
        format!(
            "must be a price in quotation marks, such as \"2.50\": 0 to {max}, at most six decimals"
        )
    };
    let text = value.as_str().ok_or_else(wrong)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, 6) || !digits(fraction, 6) {
        return Err(wrong());
    }
    let micros = format!("{whole}{fraction:0<6}").parse::<i64>().map_err(|_not_digits| wrong())?;
    if micros > limits::FLOOR_UNITS_MAX.saturating_mul(1_000_000) {
        Err(wrong())
    } else {
        Ok(micros)
    }
}

/// Reads a domain name in lower case.
pub(super) fn domain(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    if text.len() <= 253 && text.contains('.') && text.split('.').all(label) {
        return Ok(text.to_owned());
    }
    Err(String::from("must be a domain name in lower case, such as news.example"))
}

/// Reads an id of the IAB Content Taxonomy 1.0.
pub(super) fn content_category(value: &Value) -> Result<String, String> {
    let digits = |text: &str| {
        (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    let fits = text.strip_prefix("IAB").is_some_and(|rest| match rest.split_once('-') {
        Some((tier, detail)) => digits(tier) && digits(detail),
        None => digits(rest),
    });
    if fits {
        return Ok(text.to_owned());
    }
    Err(String::from("must hold ids of the IAB Content Taxonomy 1.0, such as IAB12-2"))
}

/// Reads the template of a page's path.
pub(super) fn route(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'{' | b'}')
    };
    if text.starts_with('/') && text.len() <= 200 && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(String::from(
        "must hold paths such as /article/{id}: up to 200 of A-Z, a-z, 0-9 and / - _ . { }",
    ))
}

/// Reads an address for people: https, without a user name.
pub(super) fn page(value: &Value) -> Result<String, String> {
    let url = address(value)?;
    if url.scheme() == "https" {
        Ok(url.into())
    } else {
        Err(String::from("must be an https address"))
    }
}

/// Reads how people reach someone: an e-mail address or an https address.
pub(super) fn contact(value: &Value) -> Result<String, String> {
    let line = text(limits::LINE_CHARS_MAX)(value)?;
    let is_mail = line.split_once('@').is_some_and(|(name, host)| {
        let host = Value::String(host.to_owned());
        !name.is_empty() && !name.contains(char::is_whitespace) && domain(&host).is_ok()
    });
    if is_mail {
        return Ok(line);
    }
    page(value).map_err(|_wrong| String::from("must be an e-mail address or an https address"))
}

/// Reads the address of an endpoint: https, or http to this machine.
pub(super) fn endpoint(value: &Value) -> Result<Url, String> {
    let url = address(value)?;
    if is_private_on_the_way(&url) {
        return Ok(url);
    }
    Err(String::from("must be an https address, because its host is not this machine"))
}

fn address(value: &Value) -> Result<Url, String> {
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    if text.len() > limits::URL_CHARS_MAX {
        return Err(format!("must have at most {} characters", limits::URL_CHARS_MAX));
    }
    let url = Url::parse(text).map_err(|problem| format!("is not an address: {problem}"))?;
    if url.host().is_none() {
        return Err(String::from("must be an address with a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(String::from("must not hold a user name or password"));
    }
    if url.fragment().is_some() {
        return Err(String::from("must not hold a fragment (#)"));
    }
    Ok(url)
}

/// Returns the host of an address, with its port where that is not the scheme's own.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Reads a host, alone or with a port.
pub(super) fn host(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("must be text in quotation marks")?;
    // http keeps every port but 80, which is left out on purpose: notices there would not be https.
    let fits = Url::parse(&format!("http://{text}/")).is_ok_and(|url| host_of(&url) == text);
    if fits && text.len() <= 253 {
        return Ok(text.to_owned());
    }
    Err(String::from("must hold hosts in lower case, such as notices.north.example or [::1]:8443"))
}

/// Reads a whole number.
pub(super) fn whole<T: TryFrom<i64>>(
    range: RangeInclusive<i64>,
) -> impl Fn(&Value) -> Result<T, String> {
    move |value| {
        let number = value.as_integer().filter(|number| range.contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
            format!("must be a whole number from {} to {}", range.start(), range.end())
        })
    }
}

/// Reads `true` or `false`.
pub(super) fn flag(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| String::from("must be true or false"))
}

/// Reads a local date, meant in UTC.
pub(super) fn day(value: &Value) -> Result<Day, String> {
    let date = value
        .as_datetime()
        .filter(|at| at.time.is_none() && at.offset.is_none())
        .and_then(|at| at.date)
        .ok_or("must be a date without quotation marks and without a time, such as 2026-01-31")?;
    let within = limits::YEARS.contains(&date.year);
    Day::from_parts(date.year, date.month, date.day).filter(|_| within).ok_or_else(|| {
        format!("must lie in the years {} to {}", limits::YEARS.start(), limits::YEARS.end())
    })
}

/// Reads one of some words.
pub(super) fn one_of<T: Copy>(words: &[(&'static str, T)]) -> impl Fn(&Value) -> Result<T, String> {
    move |value| {
        let word = value.as_str().unwrap_or_default();
        let found = words.iter().find(|(name, _)| *name == word);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
            format!("must be one of {}", names.join(", "))
        })
    }
}

/// Reads a list without repetition.
pub(super) fn list<T: PartialEq>(
    entries_max: usize,
    read: impl Fn(&Value) -> Result<T, String>,
) -> impl Fn(&Value) -> Result<Vec<T>, String> {
    move |value| {
        let values = value.as_array().ok_or("must be a list in square brackets")?;
        if values.len() > entries_max {
            return Err(format!("must have at most {entries_max} entries"));
        }
        let mut entries = Vec::with_capacity(values.len());
        for value in values {
            let entry = read(value)?;
            if entries.contains(&entry) {
                return Err(String::from("names something twice"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// Reads a list with at least one entry.
pub(super) fn filled<T: PartialEq>(
    entries_max: usize,
    read: impl Fn(&Value) -> Result<T, String>,
) -> impl Fn(&Value) -> Result<Vec<T>, String> {
    let read = list(entries_max, read);
    move |value| match read(value) {
        Ok(entries) if entries.is_empty() => Err(String::from("must have at least one entry")),
        outcome => outcome,
    }
}
