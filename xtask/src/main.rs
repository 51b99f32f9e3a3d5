//! The workshop: `cargo xtask check`, `test`, `e2e`, `fuzz`, `soak` and `tidy`.
//!
//! `check` is everything that needs no run of the program; `test` is everything that does. Both
//! stop at the first step that fails and say which it was. Nothing here measures time.

mod check;
mod e2e;
mod fuzz;
mod soak;
mod steps;
mod test;
mod tidy;

use anyhow::{Context, Result};
use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let done = root().and_then(|root| match verb.as_str() {
        "check" => check::run(&root),
        "test" => test::run(&root),
        "e2e" => e2e::run(&root),
        "fuzz" => fuzz::run(&root),
        "soak" => soak::run(&root, std::env::args().nth(2).as_deref()),
        "tidy" => tidy::run(&root),
        _ => Err(anyhow::anyhow!("{USAGE}")),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            steps::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Returns the root of the workspace: the folder above this package.
fn root() -> Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).context("the package stands in no workspace")
}

const USAGE: &str = "\
usage: cargo xtask check   format, lints, documentation, tidy, licences and sources
       cargo xtask test    installs what the tests need, builds, runs every test, fuzz, tidy
       cargo xtask e2e     tests in real browsers only
       cargo xtask fuzz    a short run of every fuzz target
       cargo xtask soak    kills the program 2,000 times, or as often as it is told
       cargo xtask tidy    floors, sizes, headers, words and addresses";
