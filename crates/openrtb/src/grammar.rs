//! The grammars by which a string may pass. What fits none has no way out.

use crate::numbers;
use std::net::IpAddr;

fn every(text: &str, max: usize, fits: impl Fn(u8) -> bool) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(fits)
}

/// The name of a make, model, system, carrier or browser brand. No product has ten digits; a
/// telephone number, a serial number and an equipment identity do.
pub(crate) fn product_name(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b" ._+/()-,".contains(&b);
    every(text, 64, inside)
        && text.bytes().filter(u8::is_ascii_digit).count() < 10
        && !numbers::name_somebody(text)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && !text.ends_with(' ')
}

/// A version: up to four numbers of at most five digits, the first of at most four, joined by dots or
/// underscores. A telephone number does not fit.
pub(crate) fn version(text: &str) -> bool {
    let mut parts = text.split(['.', '_']);
    let number = |part: &str, max| every(part, max, |b| b.is_ascii_digit());
    if numbers::end_like_a_line(parts.clone()) {
        return false;
    }
    parts.next().is_some_and(|part| number(part, 4))
        && parts.clone().count() <= 3
        && parts.all(|part| number(part, 5))
}

/// A user agent: printable ASCII without `@`, at most 512 bytes, beginning with a product and its
/// version as RFC 9110, section 10.1.5, writes them. One with the number of a line, a device or a card does not fit.
pub(crate) fn user_agent(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    let begins = first.split_once('/').is_some_and(|(name, number)| {
        every(name, 48, |b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            && every(number, 24, |b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            && number.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
    });
    begins
        && every(text, 512, |b| (0x20..0x7f).contains(&b) && !b"@<>\"\\".contains(&b))
        && !numbers::name_somebody(text)
}

/// A UUID in its usual form, either case.
pub(crate) fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// An id that we made: letters, digits, `-` and `_`, 8 to 64.
pub(crate) fn pairwise(text: &str) -> bool {
    text.len() >= 8 && every(text, 64, |b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A host name of one label.
pub(crate) fn label(text: &str) -> bool {
    part_of_name(text) && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn part_of_name(text: &str) -> bool {
    every(text, 63, |b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A host name with at least two labels.
pub(crate) fn domain(text: &str) -> bool {
    let top = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(part_of_name)
        && top.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.parse::<IpAddr>().is_err()
}

/// A media type of the kinds that ads are made of.
pub(crate) fn mime(text: &str) -> bool {
    let Some((kind, subtype)) = text.split_once('/') else { return false };
    matches!(kind, "application" | "audio" | "image" | "text" | "video")
        && every(subtype, 40, |b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b)
        })
}

/// A content category of any of the published taxonomies: `IAB1`, `IAB1-2`, `123`, `JLBCU7`.
pub(crate) fn content_category(text: &str) -> bool {
    let digits = |part: &str, max| every(part, max, |b| b.is_ascii_digit());
    if let Some(rest) = text.strip_prefix("IAB") {
        let (tier1, tier2) = rest.split_once('-').unwrap_or((rest, "0"));
        if digits(tier1, 2) && digits(tier2, 2) {
            return true;
        }
    }
    digits(text, 4)
        || (text.len() == 6 && every(text, 6, |b| b.is_ascii_uppercase() || b.is_ascii_digit()))
}

/// A seat, a deal, a bidder's own code: letters, digits and `. _ : -`, at most 64.
pub(crate) fn code(text: &str) -> bool {
    every(text, 64, |b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
}

/// An app by its bundle, package or store number.
pub(crate) fn bundle(text: &str) -> bool {
    let number = every(text, 12, |b| b.is_ascii_digit());
    let part =
        |part: &str| every(part, 64, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    number || (text.len() <= 128 && text.contains('.') && text.split('.').all(part))
}

/// A language of ISO 639-1.
pub(crate) fn language(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// A language tag of BCP 47 with language, script and region only.
pub(crate) fn language_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && letters(part))
        && parts.clone().count() <= 2
        && parts.all(|part| match part.len() {
            2 | 4 => letters(part),
            3 => part.bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        })
}

/// An ISO 3166-2 code, or the part of it that follows the country.
pub(crate) fn region(text: &str) -> bool {
    let capitals = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
    let (country, part) = text.split_once('-').unwrap_or(("US", text));
    country.len() == 2
        && capitals(country)
        && every(part, 3, |b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A metro code: digits.
pub(crate) fn metro(text: &str) -> bool {
    every(text, 4, |b| b.is_ascii_digit())
}

/// A mobile country and network code, with its dash.
pub(crate) fn mccmnc(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('-').is_some_and(|(country, network)| {
        country.len() == 3 && (2..=3).contains(&network.len()) && digits(country) && digits(network)
    })
}

/// What kind of id `device.ifa` is.
pub(crate) fn ifa_type(text: &str) -> bool {
    matches!(
        text,
        "dpid" | "ppid" | "sspid" | "sessionid" | "aaid" | "idfa" | "rida" | "afai" | "msai"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(grammar: fn(&str) -> bool, fit: &[&str], refused: &[&str]) {
        for text in fit {
            assert!(grammar(text), "{text} should fit");
        }
        for text in refused.iter().chain(&["", " ", "ada@example.com", "\u{e9}", "a\nb"]) {
            assert!(!grammar(text), "{text} should not fit");
        }
    }

    #[test]
    fn each_grammar_lets_pass_what_it_names_and_nothing_else() {
        check(
            product_name,
            &["SM-G998B", "iPhone14,2", "OS X", "22081212UG"],
            &[
                "415-555-0100",
                "1 (415) 555-0100",
                "356938035643809",
                "SN 35693803",
                "+1 4155550",
                "@ada",
                &"a".repeat(65),
                "-a",
                "a ",
            ],
        );
        check(
            version,
            &["14.0", "10_15_7", "120.0.6099.129"],
            &["v1", "1a", ".1", "1.", "15550100555", "415.555.0100", "1_415_555_0100"],
        );
        check(
            uuid,
            &["6d92078a-8246-4ba4-ae5b-76104861e7dc"],
            &["6d92078a82464ba4ae5b76104861e7dc"],
        );
        check(
            domain,
            &["example.com", "a-b.example.co.uk"],
            &["example", "-a.com", "1.2.3.4", "a..b"],
        );
        check(
            mime,
            &["video/mp4", "image/svg+xml"],
            &["mp4", "ada/lovelace", "video/MP4", "video/"],
        );
        check(
            content_category,
            &["IAB1", "IAB10-12", "52", "JLBCU7"],
            &["IAB", "cars", "IAB1-abc"],
        );
        check(bundle, &["com.example.app", "628677149"], &["app", "a..b", "1234567890123"]);
        check(language, &["en"], &["EN", "eng"]);
        check(
            language_tag,
            &["en", "zh-Hant-TW", "es-419"],
            &["english", "en-", "a", "en-US-x-ada"],
        );
        check(region, &["CA", "BY", "US-CA"], &["New York", "ca"]);
        check(metro, &["803"], &["New York", "12345"]);
        check(mccmnc, &["310-005", "262-01"], &["310005", "31-005"]);
        check(code, &["AB-Agency1-0001", "seat_1"], &["a b", &"a".repeat(65)]);
        check(pairwise, &["abcd1234"], &["abc", "abcd 1234"]);
    }

    #[test]
    fn a_user_agent_begins_with_a_product_and_its_version() {
        check(
            user_agent,
            &[
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_6_8) AppleWebKit/537.13 (KHTML, like Gecko)",
                "Dalvik/2.1.0 (Linux; U; Android 9; ANE-LX1 Build/HUAWEIANE-L21)",
                "ExampleApp/1.0",
            ],
            &[
                "Chrome",
                "Ada Lovelace",
                "+1 555 0100",
                "Mozilla/5.0 ada@example.com",
                "a/b",
                "Mozilla/5.0 (Linux) +14155550100",
                "DoCoMo/2.0 N2001(c10;ser356938035643809)",
            ],
        );
        assert!(!user_agent(&format!("Mozilla/5.0 {}", "a".repeat(512))));
    }
}
