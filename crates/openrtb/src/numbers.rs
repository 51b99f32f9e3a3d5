//! Numbers by which a line, a device or a card is known, as they stand in text that also holds versions and dates.

/// Returns whether a text holds what reads like a telephone number, a serial number or the number of a card: ten
/// digits in a row; a plus and eight; groups as telephone numbers are written in; or a number that is said to be one.
/// Versions (`126.0.6478.127`) and dates (`20100101`, `2010-01-01`) are none.
pub(crate) fn name_somebody(text: &str) -> bool {
    // Most names have fewer digits than any of these.
    if digits(text) < NAMING_LABELLED {
        return false;
    }
    has_a_long_run(text) || is_dialled(text) || is_labelled(text) || are_grouped(&groups(text))
}

/// Returns whether the last three parts of a version have the lengths of an American telephone number.
pub(crate) fn end_like_a_line<'a>(parts: impl DoubleEndedIterator<Item = &'a str>) -> bool {
    parts.rev().map(str::len).take(AMERICAN.len()).eq(AMERICAN.into_iter().rev())
}

/// The digits of the groups of an American telephone number.
const AMERICAN: [usize; 3] = [3, 3, 4];
/// As many digits name somebody, however they are grouped.
const NAMING: usize = 10;
/// As many do after a plus.
const NAMING_DIALLED: usize = 8;
/// As many do after a word that says so.
const NAMING_LABELLED: usize = 5;
/// Words that say so, as mobile devices of old write them.
const LABELS: [&str; 10] =
    ["imei", "meid", "esn", "imsi", "iccid", "icc", "serial", "ser", "sn", "msisdn"];
/// What they begin with.
const INITIALS: [u8; 4] = *b"eims";
/// Before the day on which an engine was built, which can have its hour and second.
const BUILT: &str = "Gecko/";

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn has_a_long_run(text: &str) -> bool {
    let is_long = |text: &str| {
        let mut runs = text.as_bytes().split(|byte| !byte.is_ascii_digit());
        runs.any(|run| run.len() >= NAMING)
    };
    // Why: seldom is one, and to look for words costs more.
    if !is_long(text) {
        return false;
    }
    let mut parts = text.split(BUILT);
    let first = parts.next().is_some_and(is_long);
    first
        || parts.any(|part| {
            let rest = part.trim_start_matches(is_digit);
            let built = part.strip_suffix(rest).unwrap_or_default();
            let is_a_time =
                built.len() <= 14 && (built.starts_with("20") || built.starts_with("19"));
            is_long(if is_a_time { rest } else { part })
        })
}

fn is_dialled(text: &str) -> bool {
    text.split('+').skip(1).any(|rest| {
        let end = rest.find(|c: char| !is_digit(c) && !" ().-".contains(c)).unwrap_or(rest.len());
        rest.get(..end).is_some_and(|number| digits(number) >= NAMING_DIALLED)
    })
}

fn is_labelled(text: &str) -> bool {
    let mut is_within_word = false;
    text.bytes().enumerate().any(|(at, byte)| {
        let may_begin = !is_within_word && INITIALS.contains(&byte.to_ascii_lowercase());
        is_within_word = byte.is_ascii_alphanumeric();
        may_begin
            && text
                .get(at..)
                .is_some_and(|rest| LABELS.into_iter().any(|label| labels_a_number(rest, label)))
    })
}

/// Returns whether a text begins with a label, in either case, and a number that it says.
fn labels_a_number(text: &str, label: &str) -> bool {
    let Some((word, rest)) = text.split_at_checked(label.len()) else { return false };
    if !word.eq_ignore_ascii_case(label) {
        return false;
    }
    let said = rest.trim_start_matches(|c| " :=/#-".contains(c));
    let end = said.find(|c: char| !is_part(c) && c != '-').unwrap_or(said.len());
    said.get(..end).is_some_and(|number| digits(number) >= NAMING_LABELLED)
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// Digits in a row, and what stands between them and those before.
struct Group<'a> {
    before: &'a str,
    digits: &'a str,
}

/// So many are in most texts.
const GROUPS: usize = 16;

/// The last one has no digits, and what stands after all.
fn groups(text: &str) -> Vec<Group<'_>> {
    let (mut found, mut rest) = (Vec::with_capacity(GROUPS), text);
    while let Some(at) = rest.find(is_digit) {
        let (before, behind) = rest.split_at(at);
        rest = behind.trim_start_matches(is_digit);
        found.push(Group { before, digits: behind.strip_suffix(rest).unwrap_or_default() });
    }
    found.push(Group { before: rest, digits: "" });
    found
}

fn are_grouped(groups: &[Group<'_>]) -> bool {
    are_american(groups) || groups.chunk_by(|_, next| next.is_joined()).any(is_plain)
}

/// `415-555-0100`, `(415) 555-0100`, `415.555.0100`; not where a version goes on.
fn are_american(groups: &[Group<'_>]) -> bool {
    groups.windows(AMERICAN.len() + 1).any(|window| {
        let [area, exchange, line, after] = window else { return false };
        let lengths = [area, exchange, line].map(|group| group.digits.len());
        lengths == AMERICAN
            && [exchange, line].iter().all(|group| group.before == "." || group.is_joined())
            && !area.before.ends_with('.')
            && !after.before.starts_with('.')
    })
}

/// Returns whether groups that blanks, hyphens and brackets join are a number, but for a date in front. What belongs to a
/// version or a model before them does not count.
fn is_plain(mut joined: &[Group<'_>]) -> bool {
    let belongs =
        |group: &Group<'_>| group.before.ends_with(|c: char| is_part(c) || "./_".contains(c));
    if joined.first().is_some_and(belongs) {
        let end = joined.iter().skip(1).position(|group| group.before.contains([' ', '(']));
        joined = end.and_then(|end| joined.get(end + 1..)).unwrap_or_default();
    }
    if let [year, month, day, rest @ ..] = joined
        && (year.digits.starts_with("20") || year.digits.starts_with("19"))
        && [year, month, day].map(|group| group.digits.len()) == [4, 2, 2]
        && month.before == "-"
        && day.before == "-"
    {
        joined = rest;
    }
    joined.iter().map(|group| group.digits.len()).sum::<usize>() >= NAMING
}

impl Group<'_> {
    /// Returns whether it goes on with the number before, as telephone numbers are written.
    fn is_joined(&self) -> bool {
        matches!(self.before, " " | "-" | "(" | ")" | " (" | ") " | ")-" | " - ")
            && !self.digits.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_begins_with_one_of_the_initials() {
        for label in LABELS {
            assert!(label.bytes().next().is_some_and(|first| INITIALS.contains(&first)), "{label}");
        }
    }

    #[test]
    fn telephone_and_serial_numbers_are_found() {
        for text in [
            "Mozilla/5.0 (Linux) +14155550100",
            "DoCoMo/2.0 N2001(c10;ser356938035643809;icc8981100000123456789F)",
            "DoCoMo/2.0 N2001(c10;ser35693;icc89811)",
            "Nokia6100/1.0 (04.01) SN356938035643809",
            "J-PHONE/4.0/J-SH51/SNJSHA3029293 SH/0001aa",
            "ExampleApp/1.0 IMEI: 35693803",
            "ExampleApp/1.0 (imei=35-693803-564380-9)",
            "ExampleApp/1.0 415-555-0100",
            "ExampleApp/415-555-0100",
            "ExampleApp/1.0 (415) 555-0100",
            "ExampleApp/1.0 1 (415) 555-0100",
            "ExampleApp/1.0 415.555.0100",
            "ExampleApp/1.0 415 555 0100",
            "ExampleApp/1.0 (06 12 34 56 78)",
            "ExampleApp/1.0 tel:020-7946-0958",
            "ExampleApp/1.0 +44 20 7946 0958",
            "ExampleApp/1.0 (+49 30 123456)",
            "ExampleApp/1.0 2012-12-12 06 12 34 56 78",
            "ExampleApp/2012121212",
        ] {
            assert!(name_somebody(text), "{text}");
        }
    }

    #[test]
    fn versions_dates_models_and_sizes_are_none() {
        for text in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.6478.127 Safari/605.1.15",
            "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
            "Mozilla/5.0 (Windows; rv:1.9.0.3) Gecko/2008092414 Firefox/3.0.3",
            "Mozilla/5.0 (Windows NT 6.1; rv:12.0) Gecko/20120403211507 Firefox/12.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) Mobile/15E148 Version/17.5",
            "Mozilla/5.0 (Linux; Android 9; SNE-LX1 Build/HUAWEISNE-LX1) UCBrowser/13.4.0.1306",
            "Instagram 123.0.0.21.114 (iPhone11,8; iOS 13_3; scale=2.00; 828x1792; 188362626)",
            "SonyEricssonW800i/R1L Browser/SEMC-Browser/4.2 Profile/MIDP-2.0 Series60/5.0",
            "ExampleApp/5.12 (20230401)",
            "ExampleApp/5.12 (2023-04-01 12:30)",
            "Roku/DVP-9.10 (519.10E04111A)",
            "Mozilla/5.0+(Windows+NT+10.0;+Win64)+Chrome/126.0.6478.127",
        ] {
            assert!(!name_somebody(text), "{text}");
        }
    }
}
