//! `sluicegate disclosures`.

use super::{Running, print};
use crate::local;
use serde_json::{Value, json};
use sluicegate_register::Day;
use std::{fmt::Write, path::PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Disclosures {
    #[command(flatten)]
    who: Who,
    /// From this day on, like 2026-11-01
    #[arg(long, value_name = "DAY")]
    since: Option<Day>,
    /// One JSON record per line instead of text
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// A table of comma-separated values instead of text
    #[arg(long)]
    csv: bool,
    /// Also write the consent receipt into this file, as JSON-LD
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    running: Running,
}

/// Whose.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Who {
    /// The platform's id of the account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The advertising id
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// The id in our cookie
    #[arg(long, value_name = "ID")]
    browser: Option<String>,
}

impl Who {
    /// Returns the key as the interfaces name it.
    pub(crate) fn key(&self) -> Value {
        match (&self.account, &self.device, &self.browser) {
            (Some(id), _, _) => json!({ "account": id }),
            (_, Some(id), _) => json!({ "device": id }),
            (_, _, id) => json!({ "browser": id }),
        }
    }
}

impl Disclosures {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let mut body = json!({ "key": self.who.key() });
        if let (Some(day), Some(body)) = (self.since, body.as_object_mut()) {
            body.insert(String::from("from_ms"), json!(day.start().0));
        }
        let dir = &self.running.data_dir;
        if let Some(file) = &self.receipt {
            local::save(dir, "/v1/receipts/query", &body, file).await?;
        }
        if self.csv {
            if let Some(body) = body.as_object_mut() {
                body.insert(String::from("format"), json!("csv"));
            }
            let table = local::text(dir, "/v1/disclosures/query", &body).await?;
            print(table.trim_end())?;
            return require_whole(!table.lines().any(|line| line.starts_with(UNREAD_LINE)));
        }
        let answer = local::call(dir, "POST", "/v1/disclosures/query", Some(&body)).await?;
        let records = answer.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
        if self.json {
            records.iter().try_for_each(print)?;
        } else if records.is_empty() {
            print("nothing left, and nothing was withheld")?;
        } else {
            records.iter().try_for_each(|record| print(lines(record)))?;
        }
        require_whole(!records.iter().any(|record| record["record"] == "unread"))
    }
}

/// How the line of a table begins that says that something does not read. No other does: a quote in a cell is doubled.
const UNREAD_LINE: &str = "\"unread\",";

fn require_whole(is_whole: bool) -> anyhow::Result<()> {
    anyhow::ensure!(is_whole, "some of what was told does not read, and is left out");
    Ok(())
}

fn lines(record: &Value) -> String {
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    let count = record.get("count").and_then(Value::as_u64).unwrap_or_default();
    if text("record") == "unread" {
        let mut lines = format!("unread     {} rows; {}", record["rows"], text("words"));
        for file in record["files"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            // Writing to a string cannot fail.
            let _written = write!(lines, "\n             records/{file} does not read");
        }
        return lines;
    }
    if text("record") == "withheld" {
        return format!(
            "withheld   {}  {count} x  {}  {}",
            text("partnership"),
            text("day"),
            text("words")
        );
    }
    let mut lines = format!(
        "told       {}  {count} x  {} to {}  via {}, edition {}",
        text("partnership"),
        text("first"),
        text("last"),
        text("path"),
        text("edition").get(..12).unwrap_or_default(),
    );
    for told in record.get("told").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| told.get(key).and_then(Value::as_str).unwrap_or_default();
        // Writing to a string cannot fail.
        let _written = write!(
            lines,
            "\n             {:<18} {} = {}",
            text("category"),
            text("field"),
            text("value")
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_read_is_said_with_the_files_that_it_may_be_in() {
        let files = ["told/day=2026-11-01/part-000001.parquet"];
        let said = lines(
            &json!({"record": "unread", "rows": 2, "files": files, "words": "some is missing"}),
        );
        assert!(said.starts_with("unread     2 rows; some is missing"), "{said}");
        assert!(said.ends_with("records/told/day=2026-11-01/part-000001.parquet does not read"));
        assert!(require_whole(true).is_ok() && require_whole(false).is_err());
    }
}
