//! Objects as lines: every value under the path of its field.

use serde_json::Value;
use std::collections::BTreeMap;

/// Returns every value of an object as text under its path, for example `endpoint.timeout_ms`. A list
/// of plain values is one value; objects in a list go by their `id`.
pub(crate) fn flatten(value: &Value) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    walk("", value, &mut lines);
    lines
}

fn walk(path: &str, value: &Value, lines: &mut BTreeMap<String, String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(&below(name), value, lines);
            }
        }
        Value::Array(values) if values.iter().any(Value::is_object) => {
            for value in values {
                let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
                walk(&format!("{path}[{id}]"), value, lines);
            }
        }
        Value::Array(values) => {
            let words: Vec<String> = values.iter().map(plain).collect();
            if !words.is_empty() {
                lines.insert(path.to_owned(), words.join(", "));
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            lines.insert(path.to_owned(), plain(value));
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
