//! `sluicegate explain`.

use super::{Running, print};
use crate::local;
use anyhow::Context;
use serde_json::{Value, json};
use std::{fmt::Write, path::PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// A bid request in OpenRTB 2.6, as the platform would send it
    #[arg(value_name = "FILE")]
    request: PathBuf,
    /// Only this partnership
    #[arg(long, value_name = "ID")]
    partnership: Option<String>,
    /// The gateway's JSON answer instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    running: Running,
}

impl Explain {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(&self.request)
            .with_context(|| format!("cannot read `{}`", self.request.display()))?;
        let request: Value = serde_json::from_str(&text)
            .with_context(|| format!("`{}` is not JSON", self.request.display()))?;
        let body = json!({ "request": request, "partnership": self.partnership });
        let answer =
            local::call(&self.running.data_dir, "POST", "/v1/decisions/explain", Some(&body))
                .await?;
        if self.json {
            return print(answer);
        }
        let all = answer.get("partnerships").and_then(Value::as_array).cloned().unwrap_or_default();
        all.iter().try_for_each(|one| print(lines(one)))
    }
}

fn lines(one: &Value) -> String {
    let text = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut lines = format!("{}: {}", text(one, "partnership"), text(one, "decision"));
    // Writing to a string cannot fail.
    for told in one.get("told").and_then(Value::as_array).into_iter().flatten() {
        let _written = write!(
            lines,
            "\n  leaves    {:<18} {} = {}",
            text(told, "category"),
            text(told, "field"),
            text(told, "value")
        );
    }
    for loss in one.get("reasons").and_then(Value::as_array).into_iter().flatten() {
        let categories: Vec<&str> = loss
            .get("categories")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let _written = write!(
            lines,
            "\n  withheld  {} ({}): {}",
            text(loss, "words"),
            text(loss, "rule"),
            categories.join(", ")
        );
    }
    lines
}
