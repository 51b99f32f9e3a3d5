//! Markup in which characters are written otherwise: as references of HTML (`&#104;`, `&#x68;`, `&colon;`) and as escapes
//! of scripts (`\u0068`, `\u{68}`, `\x68`).
//!
//! Only what an address can begin with is of interest: of the named references those of a colon, a tab, an end of line,
//! and of `&` itself. Escapes of style sheets, octal escapes, and what a script puts together are not recognized.

use memchr::memchr2;

/// Returns the text with such characters as themselves; `None` where there is none. What is within a document that is
/// itself within an attribute can be written so twice.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut decoded = once(text)?;
    for _ in 1..DEPTH {
        match once(&decoded) {
            Some(more) => decoded = more,
            None => break,
        }
    }
    Some(decoded)
}

/// How often it is decoded.
const DEPTH: usize = 3;

fn once(text: &str) -> Option<String> {
    let mut decoded: Option<String> = None;
    let mut rest = text;
    let mut from = text;
    while let Some(at) = memchr2(b'&', b'\\', rest.as_bytes()) {
        let start = rest.get(at..).unwrap_or_default();
        let Some((character, length)) = character(start) else {
            rest = start.get(1..).unwrap_or_default();
            continue;
        };
        let plain = from.get(..from.len() - start.len()).unwrap_or_default();
        let out = decoded.get_or_insert_with(|| String::with_capacity(text.len()));
        out.push_str(plain);
        out.push(character);
        rest = start.get(length..).unwrap_or_default();
        from = rest;
    }
    decoded.map(|mut out| {
        out.push_str(from);
        out
    })
}

/// Returns the character that is written at the start, and how many bytes that takes.
fn character(text: &str) -> Option<(char, usize)> {
    if let Some(digits) = text.strip_prefix("&#") {
        let (radix, digits) = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => (16, digits),
            None => (10, digits),
        };
        let character = number(run(digits, radix), radix)?;
        let after = digits.get(run(digits, radix).len()..).unwrap_or_default();
        let end = after.strip_prefix(';').unwrap_or(after);
        return Some((character, text.len() - end.len()));
    }
    if text.starts_with('&') {
        let (name, character) = NAMED.into_iter().find(|(name, _)| text.starts_with(name))?;
        return Some((character, name.len()));
    }
    let escape = text.strip_prefix('\\')?;
    if let Some(inside) = escape.strip_prefix("u{") {
        let digits = run(inside, 16);
        let character = number(digits, 16)?;
        let after = inside.get(digits.len()..)?.strip_prefix('}')?;
        return Some((character, text.len() - after.len()));
    }
    let (digits, length) = match escape.strip_prefix('u') {
        Some(digits) => (digits, 4),
        None => (escape.strip_prefix('x')?, 2),
    };
    let digits = digits.get(..length).filter(|digits| run(digits, 16).len() == length)?;
    Some((number(digits, 16)?, 2 + length))
}

/// With the semicolon where HTML needs it.
const NAMED: [(&str, char); 5] =
    [("&colon;", ':'), ("&Tab;", '\t'), ("&NewLine;", '\n'), ("&amp;", '&'), ("&amp", '&')];

fn run(text: &str, radix: u32) -> &str {
    let end = text.find(|c: char| !c.is_digit(radix)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn number(digits: &str, radix: u32) -> Option<char> {
    let significant = digits.trim_start_matches('0');
    if digits.is_empty() || significant.len() > DIGITS_MAX {
        return None;
    }
    let significant = if significant.is_empty() { "0" } else { significant };
    char::from_u32(u32::from_str_radix(significant, radix).ok()?)
}

/// No character has a longer number.
const DIGITS_MAX: usize = 7;
