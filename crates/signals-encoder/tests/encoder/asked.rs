//! Asks the official libraries and compares what they read with what was written.

use serde_json::Value;
use sluicegate_signals_encoder::peers::{self, Kind};

/// Has all strings read and compares each reading with what was written. Where the libraries are not
/// installed, nothing is compared, and that is said; where they must be, that is a failure.
pub(crate) fn compare(seed: u64, written: &[(Kind, String, Value)]) {
    for ((_, text, expected), answer) in written.iter().zip(ask(written)) {
        let read = answer.unwrap_or_else(|error| panic!("seed {seed}: {error}: {text}"));
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&read[field], value, "seed {seed}: `{field}` of {text}");
        }
        let extra: Vec<&String> =
            read.as_object().unwrap().keys().filter(|key| expected.get(key).is_none()).collect();
        assert!(extra.is_empty(), "seed {seed}: read but not written: {extra:?} of {text}");
    }
}

/// Returns what the libraries read, or what they complain about.
pub(crate) fn ask<T>(strings: &[(Kind, String, T)]) -> Vec<Result<Value, String>> {
    if !peers::are_installed() {
        skipped();
        return Vec::new();
    }
    let requests: Vec<(Kind, String)> =
        strings.iter().map(|(kind, text, _)| (*kind, text.clone())).collect();
    let lines = peers::decode(&requests).unwrap();
    lines
        .into_iter()
        .map(|line| {
            let mut answer: Value = serde_json::from_str(&line).unwrap();
            if answer["ok"] == true {
                Ok(answer["value"].take())
            } else {
                Err(answer["error"].as_str().unwrap().to_owned())
            }
        })
        .collect()
}

#[expect(clippy::print_stderr, reason = "a check that does not run says so")]
fn skipped() {
    // Why: who installs the libraries before the tests must learn that they are not where they should be.
    let is_required = std::env::var_os("SLUICEGATE_PEERS").is_some_and(|word| word == "required");
    assert!(
        !is_required,
        "the official libraries are not installed, and SLUICEGATE_PEERS asks for them"
    );
    eprintln!("skipped: the official libraries are not installed in crates/signals-encoder/peers");
}
