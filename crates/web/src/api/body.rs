//! Reading a request's body: bounded, and typed with the name of the field that does not fit.

use crate::problem::{Kind, Problem};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use std::time::Duration;

/// Small requests: choices, links, profiles, queries.
pub(crate) const SMALL: usize = 64 * 1024;

/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(30);

/// Reads a body of at most `limit` bytes. What is larger is refused before it is held.
pub(crate) async fn bytes(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(WITHIN, Limited::new(body, limit).collect()).await;
    let Ok(read) = read else {
        return Err(Problem::new(Kind::Invalid, "the body took longer than 30 seconds"));
    };
    match read {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::new(Kind::TooLarge, format!("the body has more than {limit} bytes")))
        }
        Err(_broken) => Err(Problem::new(Kind::Invalid, "the body broke off")),
    }
}

/// How several items are written in one body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// As one JSON value.
    Json,
    /// As JSON values, one a line.
    Ndjson,
}

/// Reads how a body is written from its content type; JSON where none is said.
pub(crate) fn written(headers: &HeaderMap) -> Result<Written, Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(Written::Json) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match essence {
        "application/json" => Ok(Written::Json),
        "application/x-ndjson" | "application/ndjson" => Ok(Written::Ndjson),
        _ => {
            Err(Problem::field("Content-Type", "neither application/json nor application/x-ndjson"))
        }
    }
}

/// Reads a small JSON body. Unknown fields are the type's business; duplicates are refused.
pub(crate) async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    json_within(body, SMALL).await
}

/// Reads a JSON body of at most `limit` bytes.
pub(crate) async fn json_within<T: DeserializeOwned>(
    body: Body,
    limit: usize,
) -> Result<T, Problem> {
    parse(&bytes(body, limit).await?)
}

/// Reads JSON that is there already.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut reader);
    let value = read.map_err(|error| {
        let problem = fault(bytes, &shown(error.path()), error.inner());
        let is_told = error.inner().is_data() || problem.parts().1.is_none();
        let words = if is_told { None } else { words_at::<T>(bytes, error.path()) };
        words.map_or(problem.clone(), |words| problem.saying(words))
    })?;
    reader.end().map_err(|_trailing| {
        Problem::new(Kind::Invalid, "there is something after the JSON value")
    })?;
    Ok(value)
}

/// Says which field is to blame and why.
fn fault(bytes: &[u8], path: &str, error: &serde_json::Error) -> Problem {
    // Why: a number where a word belongs is an error of syntax to the library, and none in JSON.
    let is_json = || serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
    let is_value = error.is_data() || (error.is_syntax() && is_json());
    if !is_value {
        return Problem::new(Kind::Invalid, broken(error));
    }
    let (name, detail) = words(error);
    let name = name.or_else(|| path.is_empty().then(|| first_of(&detail)).flatten());
    let field = match (path.is_empty(), name) {
        (_, None) => path.to_owned(),
        (true, Some(name)) => name,
        (false, Some(name)) => format!("{path}.{name}"),
    };
    if field.is_empty() {
        Problem::new(Kind::Invalid, detail)
    } else {
        Problem::field(field, detail)
    }
}

/// Says what a place takes where that is one of some words: asked with a text that is none of them, since of other kinds
/// of values the library does not say it.
fn words_at<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Option<String> {
    let mut body: Value = serde_json::from_slice(bytes).ok()?;
    let place = path.iter().try_fold(&mut body, |value, segment| match segment {
        Segment::Map { key } => value.get_mut(key),
        Segment::Seq { index } => value.get_mut(*index),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    *place? = Value::String(String::new());
    let error = serde_path_to_error::deserialize::<_, T>(body).err()?;
    if error.path().to_string() != path.to_string() {
        return None;
    }
    let message = error.inner().to_string();
    let words = message.strip_prefix("unknown variant ``, expected ")?;
    Some(format!("must be {words}"))
}

/// Writes a path with the names of plain keys only: a key is the sender's text and may hold anything, a
/// person's address too. Others appear as `?`.
fn shown(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        if let Segment::Seq { index } = segment {
            text.push('[');
            text.push_str(&index.to_string());
            text.push(']');
            continue;
        }
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(match segment {
            Segment::Map { key } if is_plain(key) => key,
            Segment::Enum { variant } => variant,
            Segment::Map { .. } | Segment::Seq { .. } | Segment::Unknown => "?",
        });
    }
    text
}

pub(super) fn is_plain(key: &str) -> bool {
    (1..=24).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Says why a body is no JSON.
fn broken(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Eof => String::from("the JSON ends too early"),
        Category::Io => String::from("the body could not be read"),
        Category::Syntax | Category::Data => {
            format!("not JSON at line {}, column {}", error.line(), error.column())
        }
    }
}

/// What a value that is refused is told to be, where more is not known.
const WRONG: &str = "a value of the wrong type or outside what is allowed";
/// How what our own types say of a value begins. It never repeats the value.
const OURS: [&str; 4] =
    ["not an ISO 3166-1", ONE_OF, "a confidence is a whole number", "not an identifier"];

/// How our own types begin to say that there must be one of several fields.
const ONE_OF: &str = "not exactly one of `";

/// Returns the first of the fields of which there must be one: where the body itself must have them, no other is to blame.
fn first_of(detail: &str) -> Option<String> {
    let (first, _) = detail.strip_prefix(ONE_OF)?.split_once('`')?;
    Some(first.to_owned())
}

/// Puts a library's message into ours: the field within the path, and what is wrong. That message quotes the value it
/// met, which may be about a person; what stands behind its last `expected` is our own types' and is told.
fn words(error: &serde_json::Error) -> (Option<String>, String) {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
    let named = |start: &str| Some(message.strip_prefix(start)?.strip_suffix('`')?.to_owned());
    if let Some(field) = named("missing field `") {
        return (Some(field), String::from("is missing"));
    }
    if let Some(field) = named("duplicate field `") {
        return (Some(field), String::from("is there twice"));
    }
    if OURS.iter().any(|start| message.starts_with(start)) {
        return (None, message.to_owned());
    }
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    let detail = match expected {
        Some(names) if message.starts_with("unknown field ") => {
            format!("an unknown field; there can be {names}")
        }
        Some(words) if message.starts_with("unknown variant ") => format!("must be {words}"),
        // Our own types' words begin with one that is quoted.
        Some(words) if message.starts_with("invalid ") && words.starts_with('`') => {
            format!("must be {words}")
        }
        Some(kind) if message.starts_with("invalid ") => kind_of(kind).to_owned(),
        _ if message.starts_with("unknown field ") => String::from("an unknown field"),
        _ => WRONG.to_owned(),
    };
    (None, detail)
}

/// Says in the words of JSON what a library expects.
fn kind_of(expected: &str) -> &'static str {
    match expected {
        "a string" => "must be text",
        "a boolean" => "must be true or false",
        "a sequence" => "must be a list",
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            "must be a whole number from 0 on, and not too large"
        }
        "i8" | "i16" | "i32" | "i64" => "must be a whole number, and not too large",
        "f32" | "f64" => "must be a number",
        kind if kind.starts_with("struct ") || kind == "a map" => "must be an object",
        _ => WRONG,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only read by serde")]
        key: Inner,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read by serde")]
        account: String,
        #[expect(dead_code, reason = "only read by serde")]
        setting: Option<sluicegate_gate::Setting>,
        #[expect(dead_code, reason = "only read by serde")]
        country: Option<sluicegate_gate::Country>,
        #[serde(default = "off")]
        #[expect(dead_code, reason = "only read by serde")]
        other: sluicegate_gate::Choice,
    }

    fn off() -> sluicegate_gate::Choice {
        sluicegate_gate::Choice::Off
    }

    #[track_caller]
    fn check(text: &str, field: Option<&str>, detail: &str) {
        let expected = match field {
            Some(field) => Problem::field(field, detail.to_owned()),
            None => Problem::new(Kind::Invalid, detail.to_owned()),
        };
        assert_eq!(parse::<Sample>(text.as_bytes()).unwrap_err(), expected);
    }

    #[test]
    fn a_refused_body_names_its_field_and_repeats_no_value() {
        check("{\"key\":{\"account\":7}}", Some("key.account"), "must be text");
        check("{\"key\":7}", Some("key"), "must be an object");
        check("{\"key\":{}}", Some("key.account"), "is missing");
        check("{}", Some("key"), "is missing");
        check(
            "{\"key\":{\"account\":\"a\",\"account\":\"b\"}}",
            Some("key.account"),
            "is there twice",
        );
        check(
            "{\"key\":{\"ada@example.com\":1}}",
            Some("key.?"),
            "an unknown field; there can be one of `account`, `setting`, `country`, `other`",
        );
        for word in ["\"ada@example.com\"", "\"x`, expected `ada@example.com\""] {
            let text = format!("{{\"key\":{{\"setting\":{word}}}}}");
            check(&text, Some("key.setting"), "must be `sharing` or `personalize_ads`");
        }
        for other in ["7", "true", "null", "[]"] {
            let text = format!("{{\"key\":{{\"account\":\"a\",\"other\":{other}}}}}");
            check(&text, Some("key.other"), "must be `on` or `off`");
        }
        check(
            "{\"key\":{\"country\":\"America\"}}",
            Some("key.country"),
            "not an ISO 3166-1 country code in capitals, like `USA` or `US`",
        );
        check("{", None, "the JSON ends too early");
        check("{]", None, "not JSON at line 1, column 2");
    }

    #[test]
    fn a_hundred_thousand_brackets_are_an_error() {
        assert!(parse::<Value>("[".repeat(100_000).as_bytes()).is_err());
    }
}
