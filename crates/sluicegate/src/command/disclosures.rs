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
            return print(local::text(dir, "/v1/disclosures/query", &body).await?.trim_end());
        }
        let answer = local::call(dir, "POST", "/v1/disclosures/query", Some(&body)).await?;
        let records = answer.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
        if self.json {
            return records.iter().try_for_each(print);
        }
        if records.is_empty() {
            return print("nothing left, and nothing was withheld");
        }
        records.iter().try_for_each(|record| print(lines(record)))
    }
}

fn lines(record: &Value) -> String {
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    let count = record.get("count").and_then(Value::as_u64).unwrap_or_default();
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
