//! Asks the official libraries.

use serde_json::Value;
use sluicegate_signals_encoder::peers::{self, Kind};

/// Returns what the libraries read in each text, `Err` for a text that they refuse.
pub(crate) fn ask(requests: &[(Kind, String)]) -> Vec<Result<Value, String>> {
    assert!(
        peers::are_installed(),
        "the official libraries are not installed; `cargo xtask test` installs them (or `npm ci` in \
         crates/signals-encoder/peers)"
    );
    let answer = |line: String| {
        let mut answer: Value = serde_json::from_str(&line).unwrap();
        match answer["ok"].as_bool() {
            Some(true) => Ok(answer["value"].take()),
            _ => Err(answer["error"].as_str().unwrap().to_owned()),
        }
    };
    peers::decode(requests).unwrap().into_iter().map(answer).collect()
}

/// Compares field by field, in both directions, and names the field that differs.
pub(crate) fn compare(seed: u64, text: &str, ours: &Value, theirs: &Value) {
    let (ours, theirs) = (ours.as_object().unwrap(), theirs.as_object().unwrap());
    for (field, value) in theirs {
        assert_eq!(ours.get(field), Some(value), "seed {seed}: `{field}` of {text}");
    }
    assert_eq!(ours.len(), theirs.len(), "seed {seed}: we read more of {text}");
}
