//! `sluicegate effectiveness`.

use super::{Running, print};
use crate::local;
use serde_json::Value;
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub(crate) struct Effectiveness {
    /// The gateway's JSON answer instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    running: Running,
}

impl Effectiveness {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let dir = &self.running.data_dir;
        let report = local::call(dir, "GET", "/effectiveness.json", None).await?;
        if self.json { print(&report) } else { print(words(&report)) }
    }
}

fn words(report: &Value) -> String {
    let changes = &report["changes"];
    let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
    let mut lines = format!(
        "from {} to {}, in UTC\n\
         changes      {}: {} turned off, {} turned on\n\
         late         {} took longer than the {} ms that are promised now\n\
         failed       {}\n",
        text("from"),
        text("to"),
        changes["made"],
        changes["turned_off"],
        changes["turned_on"],
        changes["late"],
        report["promised_ms"],
        changes["failed"],
    );
    let took = &report["took_effect_ms"];
    if !took.is_null() {
        // Writing to a string cannot fail.
        let _written = writeln!(
            lines,
            "took effect  in {} ms for half of them, {} ms for 99 of 100, {} ms for all",
            took["p50"], took["p99"], took["max"]
        );
    }
    let _written = writeln!(
        lines,
        "told         {} times about a person, attempts that failed too; withheld {} times",
        report["told"], report["withheld_times"]
    );
    if let Some(windows) = report["uncertain_windows"].as_u64().filter(|windows| *windows > 0) {
        let changed = &report["uncertain_windows_of_changed_rows"];
        let _written = writeln!(
            lines,
            "uncertain    {windows} times in which records may be missing; {changed} of them since what was kept of them had been changed or lost"
        );
    }
    for one in report["withheld"].as_array().into_iter().flatten() {
        let words = one["words"].as_str().unwrap_or_default();
        let _written = writeln!(lines, "  {:>10}  {words}", one["count"]);
    }
    let (recalls, canaries) = (&report["recalls"], &report["canaries"]);
    let _written = writeln!(
        lines,
        "recalls      {} acknowledged, {} not yet, sent or not; {} disclosures wait, {} cannot be called back; {} partnerships lapsed\n\
         canaries     {} runs ended well, {} did not; {} leaks{}",
        recalls["acknowledged"],
        recalls["open"],
        recalls["waiting"],
        recalls["unreachable"],
        recalls["lapsed"],
        canaries["runs"],
        canaries["failures"],
        canaries["leaks"],
        if canaries["alarm"] == true { "; ALARM" } else { "" },
    );
    lines.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_which_records_may_be_missing_are_said_with_those_of_changed_rows() {
        let report = serde_json::json!({
            "uncertain_windows": 3, "uncertain_windows_of_changed_rows": 1,
        });
        let said = words(&report);
        assert!(said.contains("\nuncertain    3 times in which records may be missing; 1 of them"));
        assert!(!words(&serde_json::json!({ "uncertain_windows": 0 })).contains("uncertain"));
    }
}
