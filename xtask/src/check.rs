//! `cargo xtask check`: everything that needs no run of the program.

use crate::{
    steps::{self, answers, command, run_with, say},
    tidy,
};
use anyhow::Result;
use std::path::Path;

/// Runs format, lints, documentation, tidy and the supply chain. Stops at the first that fails.
pub(crate) fn run(root: &Path) -> Result<()> {
    steps::run(root, "format", "cargo", &["fmt", "--all", "--check"])?;
    let lints = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    steps::run(root, "lints", "cargo", &lints)?;
    let pages = ["doc", "--workspace", "--no-deps", "--document-private-items"];
    let mut documentation = command("cargo", &pages);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    run_with(root, "documentation", documentation)?;
    tidy::run(root)?;
    supply_chain(root)
}

/// Licences, bans and sources always; advisories where their database can be had.
fn supply_chain(root: &Path) -> Result<()> {
    if !answers(root, "cargo", &["deny", "--version"]) {
        steps::run(root, "install cargo-deny", "cargo", &["install", "--locked", "cargo-deny"])?;
    }
    let offline_parts = ["deny", "check", "bans", "licenses", "sources"];
    steps::run(root, "licences, bans and sources", "cargo", &offline_parts)?;
    if answers(root, "cargo", &["deny", "fetch", "db"]) {
        let advisories = ["deny", "check", "--disable-fetch", "advisories"];
        steps::run(root, "advisories", "cargo", &advisories)
    } else {
        say("== advisories: NOT CHECKED, their database cannot be had from here");
        Ok(())
    }
}
