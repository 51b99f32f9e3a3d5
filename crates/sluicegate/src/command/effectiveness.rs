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
        "told         {} times about a person; withheld {} times",
        report["told"], report["withheld_times"]
    );
    for one in report["withheld"].as_array().into_iter().flatten() {
        let words = one["words"].as_str().unwrap_or_default();
        let _written = writeln!(lines, "  {:>10}  {words}", one["count"]);
    }
    let (recalls, canaries) = (&report["recalls"], &report["canaries"]);
    let _written = writeln!(
        lines,
        "recalls      {} acknowledged, {} not yet; {} disclosures wait, {} cannot be called back; {} partnerships lapsed\n\
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
