//! A body: the name of its batch, and its items.

use crate::{TakeError, fields::Fields};
use serde_json::Value;
use sluicegate_openrtb::json::{self, JsonError, Limits};

/// Items in one batch at most.
pub const ITEMS_MAX: usize = 1_000;
/// Size of a body at most: 512 KiB, 8 levels deep.
pub const BODY: Limits = Limits { bytes: 512 * 1024, depth: 8 };

const ITEMS: &str = "must be a list of 1 to 1,000 items";
const NO_BATCH: TakeError = TakeError::Shape {
    field: "batch",
    problem: "must be text of 1 to 64 letters, digits, `.`, `-` and `_`",
};

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One object with `batch` and the list of items.
    Json,
    /// A line `{"batch":"…"}`, then one item per line; empty lines are passed over.
    Ndjson,
}

/// What was read: the name, and the items, of which a wrong one refuses only itself.
pub(crate) struct Read {
    pub(crate) batch: String,
    pub(crate) items: Vec<Result<Value, JsonError>>,
}

impl Format {
    /// Reads a body whose items stand in the list of that name.
    pub(crate) fn read(self, body: &[u8], list: &'static str) -> Result<Read, TakeError> {
        match self {
            Self::Json => read_json(body, list),
            Self::Ndjson => read_lines(body, list),
        }
    }
}

fn read_json(body: &[u8], list: &'static str) -> Result<Read, TakeError> {
    let Value::Object(mut object) = value(body).map_err(TakeError::Json)? else {
        return Err(TakeError::Shape { field: "$", problem: "must be an object" });
    };
    let Some(Value::Array(items)) = object.remove(list) else {
        return Err(TakeError::Shape { field: list, problem: ITEMS });
    };
    let batch = name(Value::Object(object))?;
    bounded(items.len(), list)?;
    Ok(Read { batch, items: items.into_iter().map(Ok).collect() })
}

fn read_lines(body: &[u8], list: &'static str) -> Result<Read, TakeError> {
    if body.len() > BODY.bytes {
        let (path, problem) = (String::from("$"), json::Problem::TooLarge);
        return Err(TakeError::Json(JsonError { path, problem }));
    }
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut lines = lines.filter(|line| !line.is_empty());
    let head = lines.next().ok_or(NO_BATCH)?;
    let batch = name(value(head).map_err(TakeError::Json)?)?;
    bounded(lines.clone().count(), list)?;
    Ok(Read { batch, items: lines.map(value).collect() })
}

fn bounded(items: usize, list: &'static str) -> Result<(), TakeError> {
    match items {
        0 => Err(TakeError::Shape { field: list, problem: ITEMS }),
        1..=ITEMS_MAX => Ok(()),
        _ => Err(TakeError::TooMany),
    }
}

/// Reads an object that holds the name of a batch and nothing else.
fn name(head: Value) -> Result<String, TakeError> {
    let named = |fields: &mut Fields| {
        let batch = fields.text("batch").ok()?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        ((1..=64).contains(&batch.len()) && batch.bytes().all(allowed)).then_some(batch)
    };
    let mut fields = Fields::of(head).map_err(|_no_object| NO_BATCH)?;
    let batch = named(&mut fields).ok_or(NO_BATCH)?;
    fields.finish().map_err(|unknown| TakeError::Unknown { field: unknown.field.into_owned() })?;
    Ok(batch)
}

fn value(bytes: &[u8]) -> Result<Value, JsonError> {
    json::check(bytes, &BODY)?;
    let unread = |_error| JsonError { path: String::from("$"), problem: json::Problem::Number };
    // Why: what the check lets pass and this does not are numbers no float can hold.
    serde_json::from_slice(bytes).map_err(unread)
}
