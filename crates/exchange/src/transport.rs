//! Whether markup loads something without TLS.
//!
//! Where a click leads is not loaded: the address of an anchor, `ClickThrough` of VAST, `link` of a native ad. Nor is
//! what only names something: an XML namespace, a document type. An address within a longer one is for whoever is
//! there. Whatever else names `http:` counts, however it is written: see [`decoded`].

use crate::written_otherwise::decoded;
use memchr::memchr_iter;
use serde_json::Value;

/// Returns whether markup names something to load by `http:`.
pub(crate) fn loads_without_tls(markup: &str) -> bool {
    // Why: in JSON an address can be written in more ways than one, and its place tells what it is for.
    let is_object = markup.trim_start().starts_with('{');
    match is_object.then(|| serde_json::from_str::<Value>(markup)) {
        Some(Ok(native)) => loads(&native),
        Some(Err(_)) | None => text_loads(markup),
    }
}

/// The same of a part of a native ad.
fn loads(part: &Value) -> bool {
    match part {
        Value::String(text) => text_loads(text),
        Value::Array(parts) => parts.iter().any(loads),
        Value::Object(fields) => fields.iter().any(|(key, part)| match part {
            Value::Object(link) if key == "link" => {
                link.iter().any(|(key, part)| !LEADS.contains(&key.as_str()) && loads(part))
            }
            part => loads(part),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Where a click on a native ad leads; `clicktrackers` beside them are loaded.
const LEADS: [&str; 2] = ["url", "fallback"];

fn text_loads(text: &str) -> bool {
    as_it_stands_loads(text) || decoded(text).is_some_and(|text| as_it_stands_loads(&text))
}

fn as_it_stands_loads(text: &str) -> bool {
    let before_colons = memchr_iter(b':', text.as_bytes()).filter_map(|at| text.get(..at));
    let before_each = before_colons.filter_map(without_scheme);
    let mut spared = 0;
    before_each.map(tail).any(|before| {
        let before = before.to_ascii_lowercase();
        let bare = before.trim_end_matches(['"', '\'', '\\', ' ']);
        spared += 1;
        let is_spared = leads(bare) || names(bare) || is_within_another(&before);
        !is_spared || spared > SPARED_MAX
    })
}

/// Returns what stands before `http`, in either case. Whoever reads an address drops tabs and ends of lines within it
/// (WHATWG URL, "basic URL parser").
fn without_scheme(text: &str) -> Option<&str> {
    let mut before = text;
    for expected in ["p", "t", "t", "h"] {
        before = before.trim_end_matches(['\t', '\n', '\r']);
        let (rest, last) = before.split_at_checked(before.len().checked_sub(1)?)?;
        before = last.eq_ignore_ascii_case(expected).then_some(rest)?;
    }
    Some(before)
}

/// What stands shortly before: hostile markup must not be walked again and again.
fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().nth(TAIL_CHARS).map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

/// The address of a link, in HTML or in VAST.
fn leads(before: &str) -> bool {
    let tag = tag(before);
    let is_anchor = ["a", "area"].into_iter().any(|name| {
        tag.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_whitespace()))
    });
    let opened = before.trim_end_matches("<![cdata[").trim_end();
    opened.ends_with("<clickthrough>") || is_anchor && attribute(before) == "href="
}

/// A namespace, or a document type that has not ended.
fn names(before: &str) -> bool {
    let (attribute, tag) = (attribute(before), tag(before));
    let is_namespace = attribute.starts_with("xmlns") && attribute.ends_with('=');
    is_namespace || tag.starts_with("!doctype") && !tag.contains(['>', '['])
}

/// Returns whether what stands before is the beginning of an address, up to here.
fn is_within_another(before: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || "\"'`<>()[],".contains(c);
    let address = before.rsplit(ends).next().unwrap_or_default();
    let is_address = ["https:", "http:"].into_iter().any(|scheme| {
        let rest = address.strip_prefix(scheme).unwrap_or_default().replace('\\', "");
        rest.starts_with("//")
    });
    // Why: what is escaped once more can hold the end of an address.
    is_address
        && !["&lt", "&gt", "&quot", "&apos", "&#", "%22", "%27", "%3e"]
            .iter()
            .any(|end| address.contains(end))
}

fn tag(before: &str) -> &str {
    before.rsplit('<').next().unwrap_or_default()
}

fn attribute(before: &str) -> &str {
    before.rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default()
}

/// An opening tag of an anchor is seldom longer than this.
const TAIL_CHARS: usize = 512;
/// No ad has more links; further ones count.
const SPARED_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_without_tls_is_told_from_links_and_names() {
        for loads in [
            "<img src=http://n.example/a.png>",
            "<img src=\"HTTP://n.example/a.png\">",
            "<script src='http://n.example/a.js'></script>",
            "<div style=\"background:url(http://n.example/a.png)\">",
            "<MediaFile><![CDATA[http://n.example/a.mp4]]></MediaFile>",
            "<link rel=stylesheet href=\"http://n.example/a.css\">",
            "<a data-href=\"http://n.example/a.css\">",
            "<a href=\"https://n.example/\"><img src=\"http://n.example/a.png\"></a>",
            "<a href=https://n.example/><img src=http://n.example/a.png></a>",
            "<a href=\"https://n.example/\">http://n.example/</a>",
            "<!DOCTYPE html><img src=\"http://n.example/a.png\">",
            "<!DOCTYPE html [<!ENTITY x SYSTEM \"http://n.example/x\">]>",
            "<!DOCTYPE html [ \"http://n.example/x\" ]>",
            "<style>@import url(https://n.example/a.css)url(http://n.example/b.css)</style>",
            "<img srcset='https://n.example/a.png,http://n.example/b.png'>",
            "<script>load('https://n.example/a.js'+'http://n.example/b.js')</script>",
            "<iframe srcdoc=\"https://a&gt;&lt;img/src=http://n.example/a.png\">",
            "<Impression><![CDATA[http://n.example/i]]></Impression>",
            "{\"img\":{\"url\":\"http://n.example/a.png\"}}",
            "{\"img\":{\"url\":\"http\\u003a//n.example/a.png\"}}",
            "{\"link\":{\"url\":\"https://n.example\",\"clicktrackers\":[\"http://n.example/c\"]}}",
            "{\"native\":{\"link\":\"http://n.example/a.png\"}}",
            "{\"jstracker\":\"<script src=\\\"http://n.example/a.js\\\"></script>\"}",
            "{\"url\":\"http://n.example/a.png\"",
            "<img src=\"&#104;ttp://n.example/a.png\">",
            "<img src=\"&#X68ttp://n.example/a.png\">",
            "<img src=\"ht&#0000116;p://n.example/a.png\">",
            "<img src=\"http&colon;//n.example/a.png\">",
            "<img src=\"ht\ttp://n.example/a.png\">",
            "<img src=\"h\r\nttp\n://n.example/a.png\">",
            "<img src=\"ht&#10;tp://n.example/a.png\">",
            "<img src=\"ht&Tab;tp&NewLine;://n.example/a.png\">",
            "<iframe srcdoc=\"<img src='&amp;#104;ttp://n.example/a.png'>\">",
            "<script>load('\\u0068ttp://n.example/a.js')</script>",
            "<script>load('\\u{68}ttp\\x3A//n.example/a.js')</script>",
            "{\"jstracker\":\"<script>load('\\\\u0068ttp://n.example/a.js')</script>\"}",
            "{\"img\":{\"url\":\"ht\\ntp://n.example/a.png\"}}",
        ] {
            assert!(loads_without_tls(loads), "{loads}");
        }
        for does_not in [
            "<img src=\"https://n.example/a.png\">",
            "<a href=\"http://shop.example/\">An ad</a>",
            "<a class=x href='http://shop.example/'>An ad</a>",
            "<a href=\"https://t.example/c?x=1&amp;u=http://shop.example\">An ad</a>",
            "<a href=\"http://t.example/c?u=http://shop.example\">An ad</a>",
            "<img src=\"https://t.example/p?u=http://shop.example/\">",
            "<script>go('https:\\/\\/t.example\\/c?u=http:\\/\\/shop.example')</script>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\">",
            "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\"><html>",
            "<ClickThrough><![CDATA[http://shop.example/]]></ClickThrough>",
            "<ClickThrough><![CDATA[https://t.example/c?u=http://shop.example/]]></ClickThrough>",
            "{\"link\":{\"url\":\"http://shop.example\",\"fallback\":\"http://shop.example/app\"}}",
            "{\"native\":{\"assets\":[{\"id\":1,\"link\":{\"clicktrackers\":[\"https://n.example\"],\"url\":\"http://shop.example\"}}]}}",
            "<p>An ad</p>",
            "<a\nhref=\"&#104;ttp://shop.example/\">An ad</a>",
            "<a href=\"https://t.example/c?x=1&amp;u=http&colon;//shop.example\">An ad</a>",
            "<img src=\"&#104;ttps://n.example/a.png\" alt=\"&; &#; &#x; &#99999999; \\u00 \\u{} \\x\">",
            "{}",
        ] {
            assert!(!loads_without_tls(does_not), "{does_not}");
        }
    }

    #[test]
    fn no_ad_has_that_many_links() {
        let links = |count| "<a href=\"http://shop.example/\">".repeat(count);
        assert!(!loads_without_tls(&links(SPARED_MAX)));
        assert!(loads_without_tls(&links(SPARED_MAX + 1)));
    }
}
