//! `cargo xtask test`: installs what the tests need, builds the programs they run, runs every test.

use crate::{
    e2e, fuzz,
    steps::{self, answers, command, hear, say},
    tidy,
};
use anyhow::{Result, bail};
use std::path::Path;

/// Runs everything. The runner's closing lines stand at the end of the output.
pub(crate) fn run(root: &Path) -> Result<()> {
    install_peers(root)?;
    e2e::install(root)?;
    let programs = [
        "build",
        "--package",
        "partner-bidder",
        "--package",
        "partner-measurement",
        "--package",
        "sluicegate",
    ];
    steps::run(root, "build the programs that the tests run", "cargo", &programs)?;
    let mut tests = command("cargo", &["test", "--workspace", "--no-fail-fast"]);
    // Why: what was installed above is no reason to skip a test.
    tests.env("SLUICEGATE_PEERS", "required");
    // Why: data that is there is no reason to skip one either. Whoever names the folder asks for all of it.
    let data = root.join("../shared/data");
    if std::env::var_os("SLUICEGATE_SHARED_DATA").is_none() && data.is_dir() {
        tests.env("SLUICEGATE_SHARED_DATA", data);
    }
    let heard = hear(root, "tests", tests, is_closing_line)?;
    let browsed = e2e::hear_all(root, is_closing_line)?;
    let fuzzed = fuzz::run(root);
    let tidied = tidy::run(root);
    say("== closing lines of the test runner");
    let kept = [heard.kept, browsed.kept].concat();
    for line in &kept {
        say(line);
    }
    say(&Totals::of(&kept).to_string());
    if !(heard.succeeded && browsed.succeeded) {
        bail!("tests: failed");
    }
    fuzzed.and(tidied)
}

/// Installs other people's readers of consent strings and verifiers of signatures, to be compared with ours,
/// at the versions of the lock files.
fn install_peers(root: &Path) -> Result<()> {
    if !answers(root, "npm", &["--version"]) {
        steps::install(root, &["nodejs", "npm"])?;
    }
    if !answers(root, "pip3", &["--version"]) {
        steps::install(root, &["python3-pip"])?;
    }
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let readers = root.join(READERS);
    steps::run(&readers, "install the other readers of consent strings", "npm", &install)?;
    let verifiers = root.join(VERIFIERS);
    steps::run(&verifiers, "install the other verifiers of signatures", "npm", &install)?;
    let install =
        ["install", "--quiet", "--upgrade", "--target", "python", "-r", "requirements.txt"];
    steps::run(&verifiers, "install the verifier in Python", "pip3", &install)?;
    let engines = root.join(ENGINES);
    steps::run(&engines, "install other engines that read Parquet", "pip3", &install)
}

/// Where the packages of other people's readers are listed.
const READERS: &str = "crates/signals-encoder/peers";
/// Where the packages of other people's verifiers are listed.
const VERIFIERS: &str = "crates/sluicegate/peers";
/// Where the packages of other people's engines are listed.
const ENGINES: &str = "crates/store/peers";

/// Results, and of what failed the name, the place and where it is told in one line what is wrong.
fn is_closing_line(line: &str) -> bool {
    line.starts_with("test result:")
        || (line.starts_with("test ") && line.ends_with("... FAILED"))
        || line.starts_with("---- ")
        || line.contains(") panicked at ")
}

/// What all test binaries together ran.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    binaries: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Totals {
    fn of(lines: &[String]) -> Self {
        let results = lines.iter().filter_map(|line| line.strip_prefix("test result:"));
        results.fold(Self::default(), |totals, result| Self {
            binaries: totals.binaries + 1,
            passed: totals.passed + count(result, "passed"),
            failed: totals.failed + count(result, "failed"),
            ignored: totals.ignored + count(result, "ignored"),
        })
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { binaries, passed, failed, ignored } = self;
        write!(
            formatter,
            "{binaries} test binaries: {passed} passed; {failed} failed; {ignored} ignored"
        )
    }
}

/// Returns the number before the word, in a line of the form `ok. 3 passed; 0 failed; ..`.
fn count(result: &str, word: &str) -> u64 {
    let words: Vec<&str> = result.split([' ', ';']).filter(|part| !part.is_empty()).collect();
    words
        .windows(2)
        .find_map(|pair| match pair {
            [number, name] if *name == word => number.parse().ok(),
            _ => None,
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_all_binaries_add_up_and_say_where_one_failed() {
        let output = [
            "running 2 tests",
            "test names_round_trip ... ok",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out",
            "test bytes_are_kept ... FAILED",
            "---- bytes_are_kept stdout ----",
            "thread 'bytes_are_kept' (7) panicked at crates/ledger/tests/packs.rs:31:5:",
            "assertion failed: kept",
            "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
        ];
        let kept: Vec<String> = output
            .iter()
            .filter(|line| is_closing_line(line))
            .map(|line| String::from(*line))
            .collect();
        assert_eq!(kept.len(), 5);
        assert_eq!(Totals::of(&kept), Totals { binaries: 2, passed: 5, failed: 1, ignored: 0 });
    }
}
