//! A short run of every fuzz target, from the committed seeds.

use crate::steps::{self, answers, command, run_with};
use anyhow::{Context, Result};
use std::{fs, path::Path};

/// The targets in `fuzz/fuzz_targets`.
const TARGETS: [&str; 4] = ["tcf", "gpp", "us_privacy", "vendor_list"];
/// The version of `cargo-fuzz` that is installed where there is none.
const FUZZER_VERSION: &str = "0.13.2";
/// How many inputs each target is given: counted, so that a slow machine does as much as a fast one.
const RUNS: &str = "-runs=100000";
/// A little more than the longest string that is read.
const LENGTH_MAX: &str = "-max_len=17000";

/// Installs the fuzzer where it is missing, builds the targets, and runs each.
pub(crate) fn run(root: &Path) -> Result<()> {
    if !answers(root, "c++", &["--version"]) {
        steps::install(root, &["g++"])?;
    }
    if !answers(root, "cargo", &["fuzz", "--version"]) {
        let install = ["install", "--locked", "cargo-fuzz", "--version", FUZZER_VERSION];
        steps::run(root, "install cargo-fuzz", "cargo", &install)?;
    }
    for target in TARGETS {
        // What a run finds goes here; the seeds stay as they are committed.
        let found = format!("fuzz/target/corpus/{target}");
        fs::create_dir_all(root.join(&found)).with_context(|| format!("cannot make `{found}`"))?;
        let seeds = format!("fuzz/corpus/{target}");
        let mut fuzzer = command("cargo", &["fuzz", "run", target, "--sanitizer", "none"]);
        fuzzer.args([found.as_str(), seeds.as_str(), "--", RUNS, LENGTH_MAX, "-verbosity=0"]);
        // Why: coverage needs a compiler flag that the stable toolchain has and does not show.
        fuzzer.env("RUSTC_BOOTSTRAP", "1");
        run_with(root, &format!("fuzz {target}"), fuzzer)?;
    }
    Ok(())
}
