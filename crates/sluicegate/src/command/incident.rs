//! `sluicegate incident`.

use super::{Running, print};
use crate::local;
use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use std::{fmt::Write as _, fs, path::PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Incident {
    /// The way it left, like `bid_request` or `exposures`
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// A partner: all of its partnerships, also those of earlier editions
    #[arg(long, value_name = "ID")]
    partner: Option<String>,
    /// One partnership
    #[arg(long, value_name = "ID")]
    partnership: Option<String>,
    /// The number of an edition, or its hash
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,
    /// The version of the program that recorded it
    #[arg(long, value_name = "VERSION")]
    program_version: Option<String>,
    /// From when, like 2026-11-01 or 2026-11-01T10:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until when, that moment left out; until now without it
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Write the answer into this folder, as incident.json
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// With --export: also write the keys of the people, as people.ndjson; needs `ledger.export_people`
    #[arg(long, requires = "export")]
    people: bool,
    /// The gateway's JSON answer instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    running: Running,
}

impl Incident {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let question = self.question()?;
        let dir = &self.running.data_dir;
        let answer = local::call(dir, "POST", "/v1/incidents/query", Some(&question)).await?;
        if let Some(folder) = &self.export {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
            let file = folder.join("incident.json");
            fs::write(&file, serde_json::to_vec_pretty(&answer)?)
                .with_context(|| format!("cannot write `{}`", file.display()))?;
            if self.people {
                let file = folder.join("people.ndjson");
                local::save(dir, "/v1/incidents/people", &question, &file).await?;
            }
        }
        if self.json { print(&answer) } else { print(words(&answer)) }
    }

    fn question(&self) -> anyhow::Result<Value> {
        let mut question = Map::new();
        let mut put = |key: &str, value: Value| drop(question.insert(key.to_owned(), value));
        for (key, value) in [
            ("path", &self.path),
            ("partner", &self.partner),
            ("partnership", &self.partnership),
            ("program", &self.program_version),
        ] {
            if let Some(value) = value {
                put(key, json!(value));
            }
        }
        if let Some(edition) = &self.edition {
            let number = edition.parse::<u32>().ok();
            put("edition", number.map_or_else(|| json!(edition), |number| json!(number)));
        }
        let read = |text: &Option<String>| text.as_deref().map(millis).transpose();
        let (from, to) = (read(&self.from)?, read(&self.to)?);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            bail!("`--to` is earlier than `--from`");
        }
        for (key, value) in [("from_ms", from), ("to_ms", to)] {
            if let Some(value) = value {
                put(key, json!(value));
            }
        }
        Ok(Value::Object(question))
    }
}

/// Reads a time, or a day: its first moment in UTC.
fn millis(text: &str) -> anyhow::Result<i64> {
    if let Ok(day) = text.parse::<sluicegate_register::Day>() {
        return Ok(day.start().0);
    }
    let time: jiff::Timestamp =
        text.parse().with_context(|| format!("`{text}` is no time like 2026-11-01T10:00:00Z"))?;
    Ok(time.as_millisecond())
}

fn words(answer: &Value) -> String {
    let people = &answer["people"];
    let mut lines = format!(
        "people       {} accounts, {} devices and {} browsers without a known account\n\
         messages     {}, with {} disclosures about a person{}",
        people["accounts"],
        people["devices"],
        people["browsers"],
        answer["messages"],
        answer["disclosures"],
        span(answer),
    );
    for part in answer["partnerships"].as_array().into_iter().flatten() {
        let text = |key: &str| part[key].as_str().unwrap_or_default().to_owned();
        // Writing to a string cannot fail.
        let _written = write!(
            lines,
            "\n\n{}: {} messages, {} disclosures{}",
            text("partnership"),
            part["messages"],
            part["disclosures"],
            span(part)
        );
        for key in ["paths", "categories", "fields", "editions", "programs"] {
            let _written = write!(lines, "\n  {key:<11}{}", list(&part[key]));
        }
    }
    let windows = answer["uncertain_windows"].as_array().map_or(0, Vec::len);
    if windows > 0 {
        let _written = write!(lines, "\n\nrecords may be missing in {windows} windows");
    }
    lines
}

fn span(counts: &Value) -> String {
    match (time(&counts["first_ms"]), time(&counts["last_ms"])) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    }
}

fn time(millis: &Value) -> Option<String> {
    Some(jiff::Timestamp::from_millisecond(millis.as_i64()?).ok()?.to_string())
}

fn list(values: &Value) -> String {
    let short = |text: &str| {
        if text.len() == 64 { text.get(..12).unwrap_or(text).to_owned() } else { text.to_owned() }
    };
    let all = values.as_array().into_iter().flatten();
    let all: Vec<String> = all.filter_map(Value::as_str).map(short).collect();
    all.join(", ")
}
