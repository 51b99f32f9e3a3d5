//! Reading a request's body: bounded, and typed with the name of the field that does not fit.

use crate::problem::{Kind, Problem};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
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
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = shown(error.path());
        let detail = words(error.inner());
        if error.inner().is_data() && !field.is_empty() {
            Problem::field(field, detail)
        } else {
            Problem::new(Kind::Invalid, detail)
        }
    })?;
    reader.end().map_err(|_trailing| {
        Problem::new(Kind::Invalid, "there is something after the JSON value")
    })?;
    Ok(value)
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

fn is_plain(key: &str) -> bool {
    (1..=24).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The library's message quotes the value it met, which may be about a person, so only its kind and the
/// names of our own fields are told.
fn words(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Syntax => format!("not JSON at line {}, column {}", error.line(), error.column()),
        Category::Eof => String::from("the JSON ends too early"),
        Category::Io => String::from("the body could not be read"),
        Category::Data => {
            let message = error.to_string();
            let ours = ["missing field `", "duplicate field `"];
            match ours.iter().find(|start| message.starts_with(**start)) {
                Some(_) => message.split(" at line").next().unwrap_or_default().to_owned(),
                None if message.starts_with("unknown field") => String::from("an unknown field"),
                None => String::from("a value of the wrong type or outside what is allowed"),
            }
        }
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
        check(
            "{\"key\":{\"account\":7}}",
            Some("key.account"),
            "a value of the wrong type or outside what is allowed",
        );
        check("{\"key\":{}}", Some("key"), "missing field `account`");
        check(
            "{\"key\":{\"account\":\"a\",\"account\":\"b\"}}",
            Some("key"),
            "duplicate field `account`",
        );
        check("{\"key\":{\"ada@example.com\":1}}", Some("key.?"), "an unknown field");
        check("{", None, "the JSON ends too early");
        check("{]", None, "not JSON at line 1, column 2");
    }

    #[test]
    fn a_hundred_thousand_brackets_are_an_error() {
        assert!(parse::<serde_json::Value>("[".repeat(100_000).as_bytes()).is_err());
    }
}
