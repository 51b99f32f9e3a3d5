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
            return require_whole(Shown::of_table(&table));
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
        require_whole(Shown::of(&records))
    }
}

/// How the line of a table begins that says that something does not read. No other does: a quote in a cell is doubled.
const UNREAD_LINE: &str = "\"unread\",";

/// How the line of a table ends whose values are damaged. No other does, for the same reason: nothing of it but this is
/// in the last cell.
const DAMAGED_LINE_END: &str = ",\"the values are damaged and cannot be shown\"";

/// What is missing in what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    /// Whether rows are left out.
    is_short: bool,
    /// Of how many the values are not shown.
    damaged: usize,
}

impl Shown {
    fn of(records: &[Value]) -> Self {
        Self {
            is_short: records.iter().any(|record| record["record"] == "unread"),
            damaged: records.iter().filter(|record| record["damaged"] == true).count(),
        }
    }

    fn of_table(table: &str) -> Self {
        Self {
            is_short: table.lines().any(|line| line.starts_with(UNREAD_LINE)),
            damaged: table.lines().filter(|line| line.ends_with(DAMAGED_LINE_END)).count(),
        }
    }
}

fn require_whole(Shown { is_short, damaged }: Shown) -> anyhow::Result<()> {
    let left_out = "some of what was told does not read, and is left out";
    let altered = format!(
        "the values of {damaged} records were altered where they are kept, and are not shown"
    );
    match (is_short, damaged) {
        (false, 0) => Ok(()),
        (true, 0) => Err(anyhow::anyhow!(left_out)),
        (false, _) => Err(anyhow::anyhow!(altered)),
        (true, _) => Err(anyhow::anyhow!("{left_out}; {altered}")),
    }
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
    if record["damaged"] == true {
        lines.push_str("\n             the values are damaged and cannot be shown");
    }
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
        let unread = json!({"record": "unread", "rows": 2});
        assert!(require_whole(Shown::of(&[unread])).is_err());
    }

    #[test]
    fn values_that_were_altered_are_said_and_are_no_success() {
        let whole = json!({"record": "disclosure", "told": [{"field": "user.id", "value": "u"}]});
        let altered = json!({"record": "disclosure", "told": [], "damaged": true});
        assert!(
            lines(&altered).ends_with("\n             the values are damaged and cannot be shown")
        );
        assert!(!lines(&whole).contains("damaged"));
        assert!(require_whole(Shown::of(std::slice::from_ref(&whole))).is_ok());
        let error = require_whole(Shown::of(&[whole, altered])).unwrap_err();
        assert!(error.to_string().starts_with("the values of 1 records were altered"), "{error}");
    }

    #[test]
    fn a_table_in_which_values_were_altered_is_no_success_and_a_value_of_those_words_is() {
        let words = "the values are damaged and cannot be shown";
        let altered = format!("\"record\",\"words\"\r\n\"disclosure\",\"\",\"{words}\"\r\n");
        assert_eq!(Shown::of_table(&altered), Shown { is_short: false, damaged: 1 });
        let value = format!(
            "\"disclosure\",\"{words}\",\"\"\r\n\"disclosure\",\"x\n,\"\"{words}\"\"\",\"\"\r\n"
        );
        assert!(require_whole(Shown::of_table(&value)).is_ok());
    }
}
