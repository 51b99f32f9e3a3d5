//! `sluicegate explain`.

use super::{Running, print};
use crate::local;
use anyhow::Context;
use serde_json::{Value, json};
use sluicegate_gate::Country;
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
#[command(group(
    clap::ArgGroup::new("what")
        .args(["request", "account", "device", "browser"])
        .required(true)
        .multiple(true)
))]
pub(crate) struct Explain {
    /// A bid request in OpenRTB 2.6, as the platform would send it
    #[arg(value_name = "FILE", conflicts_with_all = ["account", "device", "browser", "country"])]
    request: Option<PathBuf>,
    #[command(flatten)]
    subject: Subject,
    /// Only this partnership
    #[arg(long, value_name = "ID")]
    partnership: Option<String>,
    /// The gateway's JSON answer instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    running: Running,
}

/// Someone, in a plain bid request and a plain exposure.
#[derive(Debug, clap::Args)]
struct Subject {
    /// The platform's id of the account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The advertising id; the ad is then in an app
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// The id in our cookie
    #[arg(long, value_name = "ID")]
    browser: Option<String>,
    /// Where they are, as an ISO 3166-1 code in capitals, like USA or US
    #[arg(long, value_name = "CODE")]
    country: Option<Country>,
}

impl Explain {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let mut body = match &self.request {
            Some(file) => json!({ "request": read(file)? }),
            None => json!({ "subject": self.subject.value() }),
        };
        if let (Some(id), Some(body)) = (&self.partnership, body.as_object_mut()) {
            body.insert(String::from("partnership"), json!(id));
        }
        let answer =
            local::call(&self.running.data_dir, "POST", "/v1/decisions/explain", Some(&body))
                .await?;
        if self.json {
            return print(answer);
        }
        let all = answer.get("partnerships").and_then(Value::as_array).cloned().unwrap_or_default();
        if all.is_empty() {
            return print("no partnership would get any of this through the gateway");
        }
        let texts: Vec<String> = all.iter().map(lines).collect();
        print(texts.join("\n\n"))
    }
}

fn read(file: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", file.display()))
}

impl Subject {
    fn value(&self) -> Value {
        json!({
            "account": self.account, "device": self.device, "browser": self.browser,
            "country": self.country,
        })
    }
}

fn lines(one: &Value) -> String {
    let mut lines = format!(
        "{}: {}\n  as        {} ({})",
        text(one, "partnership"),
        text(one, "decision"),
        words(text(one, "path")),
        words(text(one, "kind"))
    );
    // Writing to a string cannot fail.
    if let Some(code) = one.get("statuscode") {
        let _written = write!(lines, "\n  status    {code} in `ext.seatnonbid`");
    }
    for told in list(one, "told") {
        let _written = write!(
            lines,
            "\n  leaves    {:<18} {} = {}",
            text(told, "category"),
            text(told, "field"),
            text(told, "value")
        );
    }
    for loss in list(one, "reasons") {
        let categories: Vec<&str> = list(loss, "categories").filter_map(Value::as_str).collect();
        let detail = match text(loss, "detail") {
            "" => String::new(),
            detail => format!("; {detail}"),
        };
        let _written = write!(
            lines,
            "\n  withheld  {}{detail} ({}): {}",
            text(loss, "words"),
            text(loss, "rule"),
            categories.join(", ")
        );
    }
    lines
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Turns a name of the wire into words.
fn words(name: &str) -> String {
    name.replace('_', " ")
}
