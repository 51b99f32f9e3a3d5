//! `cargo xtask e2e`: real browsers against the running program, as `e2e/` has it.

use crate::steps::{self, Heard, answers, command, hear};
use anyhow::Result;
use std::path::Path;

/// Runs them where a browser and Node.js are there; says on standard error where they are not.
pub(crate) fn run(root: &Path) -> Result<()> {
    if let Some(missing) = missing(root) {
        steps::warn(&format!("e2e: skipped, there is no {missing}"));
        return Ok(());
    }
    prepare(root)?;
    steps::run(root, BUILD, "cargo", &["build", "--package", "sluicegate"])?;
    steps::run(&root.join(FOLDER), RUN, "npm", &["test"])
}

/// Takes the pictures of README and docs, of the running program.
pub(crate) fn pictures(root: &Path) -> Result<()> {
    if let Some(missing) = missing(root) {
        anyhow::bail!("there is no {missing} to take pictures with");
    }
    prepare(root)?;
    steps::run(root, BUILD, "cargo", &["build", "--package", "sluicegate"])?;
    steps::run(&root.join(FOLDER), "pictures of the pages", "npm", &["run", "pictures"])
}

/// Installs what they need, so that none is skipped: the browser, Node.js, and the packages of the lock file.
pub(crate) fn install(root: &Path) -> Result<()> {
    for (program, packages) in [(BROWSER, &[BROWSER][..]), ("npm", &["nodejs", "npm"])] {
        if !answers(root, program, &["--version"]) {
            steps::install(root, packages)?;
        }
    }
    prepare(root)
}

/// Runs all of them, for the sum of all tests.
pub(crate) fn hear_all(root: &Path, keep: fn(&str) -> bool) -> Result<Heard> {
    hear(&root.join(FOLDER), RUN, command("npm", &["test"]), keep)
}

fn prepare(root: &Path) -> Result<()> {
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    steps::run(&root.join(FOLDER), "install what the browsers' tests use", "npm", &install)
}

fn missing(root: &Path) -> Option<&'static str> {
    [BROWSER, "npm"].into_iter().find(|program| !answers(root, program, &["--version"]))
}

const FOLDER: &str = "e2e";
const BROWSER: &str = "chromium";
const BUILD: &str = "build the program that the browsers call";
const RUN: &str = "tests in real browsers";
