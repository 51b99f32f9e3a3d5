//! `cargo xtask soak [KILLS] [SEED]`: kills the running program thousands of times, and compares what partners
//! received with the record. It says the seed of its points first; with the same seed it kills after as many
//! answers again. What happens in between is never the same twice.

use crate::steps::{command, run_with};
use anyhow::{Context, Result};
use std::path::Path;

/// Kills where none are asked for.
const KILLS: usize = 2_000;

/// Runs it for so many kills.
pub(crate) fn run(root: &Path, kills: Option<&str>, seed: Option<&str>) -> Result<()> {
    let kills = match kills {
        Some(kills) => {
            kills.parse().with_context(|| format!("`{kills}` is not a number of kills"))?
        }
        None => KILLS,
    };
    let mut test = command(
        "cargo",
        &["test", "--package", "sluicegate", "--test", "recorded", "--", "--nocapture"],
    );
    test.env("SLUICEGATE_SOAK_KILLS", kills.to_string());
    if let Some(seed) = seed {
        let seed: u64 = seed.parse().with_context(|| format!("`{seed}` is not a seed"))?;
        test.env("SLUICEGATE_SOAK_SEED", seed.to_string());
    }
    run_with(root, &format!("{kills} kills"), test)
}
