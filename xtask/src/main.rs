//! The workshop: `cargo xtask check`, `test`, `e2e`, `pictures`, `fuzz`, `soak` and `tidy`.
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
        "pictures" => e2e::pictures(&root),
        "fuzz" => fuzz::run(&root),
        "soak" => {
            let asked = |place| std::env::args().nth(place);
            soak::run(&root, asked(2).as_deref(), asked(3).as_deref())
        }
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
       cargo xtask pictures  takes the pictures of README and docs
       cargo xtask fuzz    a short run of every fuzz target
       cargo xtask soak    kills the program 2,000 times: [KILLS] [SEED] for others
       cargo xtask tidy    floors, sizes, headers, words and addresses";
