//! `sluicegate incident`.

use super::{Misused, Running, millis, print};
use crate::local;
use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

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
    /// The number of an edition, or its hash, of which the first 8 digits do; 8 or more decimal digits can be either
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,
    /// The version of the program that recorded it
    #[arg(long, value_name = "VERSION")]
    program_version: Option<String>,
    /// From when, like 2026-11-01 or 2026-11-01T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = millis)]
    from: Option<i64>,
    /// Until when, that moment left out; until now without it
    #[arg(long, value_name = "TIME", value_parser = millis)]
    to: Option<i64>,
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
            let file = folder.join("people.ndjson");
            if self.people {
                local::save(dir, "/v1/incidents/people", &question, &file).await?;
            } else {
                // Why: beside this answer those of another question would read as its people.
                remove(&file)?;
            }
        }
        if self.json {
            print(&answer)?;
        } else {
            print(words(&answer))?;
        }
        anyhow::ensure!(
            unread(&answer).next().is_none(),
            "some outlines do not read: the scope may be larger"
        );
        Ok(())
    }

    fn question(&self) -> anyhow::Result<Value> {
        let mut question = Map::new();
        let mut put = |key: &str, value: Value| drop(question.insert(key.to_owned(), value));
        for (key, value) in [
            ("path", &self.path),
            ("partner", &self.partner),
            ("partnership", &self.partnership),
            ("program", &self.program_version),
            ("edition", &self.edition),
        ] {
            if let Some(value) = value {
                put(key, json!(value));
            }
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            bail!(Misused("`--to` is earlier than `--from`"));
        }
        for (key, value) in [("from_ms", self.from), ("to_ms", self.to)] {
            if let Some(value) = value {
                put(key, json!(value));
            }
        }
        Ok(Value::Object(question))
    }
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", file.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
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
    for packs in unread(answer) {
        let _written = write!(
            lines,
            "\n\nthe outlines of commits {} to {} do not read: what left in them, and about whom, is not counted, and \
             the scope may be larger",
            packs[0], packs[1]
        );
    }
    lines
}

/// Returns the first and last commits of outlines that do not read.
fn unread(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["unread_outlines"].as_array().into_iter().flatten()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_outlines_do_not_read_the_answer_says_that_the_scope_may_be_larger() {
        let mut answer = json!({"people": {"accounts": 2, "devices": 0, "browsers": 0}});
        assert!(!words(&answer).contains("larger") && unread(&answer).next().is_none());
        answer["unread_outlines"] = json!([[3, 9]]);
        let said = words(&answer);
        assert!(said.starts_with("people       2 accounts"), "{said}");
        assert!(said.contains("commits 3 to 9") && said.contains("may be larger"), "{said}");
        assert_eq!(unread(&answer).count(), 1);
    }
}
