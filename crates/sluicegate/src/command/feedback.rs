//! `sluicegate feedback`.

use super::{Running, print};
use crate::local;
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub(crate) struct Feedback {
    #[command(flatten)]
    running: Running,
    /// The gateway's JSON answer instead of text
    #[arg(long)]
    json: bool,
    /// Only remarks with a lower number
    #[arg(long, value_name = "NUMBER", conflicts_with = "remove")]
    before: Option<u64>,
    /// Remove this remark, for example one that names somebody; it stays counted
    #[arg(long, value_name = "NUMBER")]
    remove: Option<u64>,
}

impl Feedback {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let dir = &self.running.data_dir;
        if let Some(id) = self.remove {
            local::call(dir, "POST", &format!("/v1/feedback/{id}/remove"), None).await?;
            return print(format!("remark {id} is removed"));
        }
        let only = self.before.map(|before| format!("?before={before}")).unwrap_or_default();
        let answer = local::call(dir, "GET", &format!("/v1/feedback{only}"), None).await?;
        if self.json { print(&answer) } else { print(words(&answer)) }
    }
}

fn words(answer: &Value) -> String {
    let list = |key: &str| answer[key].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines: Vec<String> = list("editions")
        .iter()
        .map(|one| {
            let (edition, yes, no) = (&one["edition"], &one["helpful"], &one["not_helpful"]);
            format!("edition {edition}: helped {yes}, did not help {no}")
        })
        .collect();
    if lines.is_empty() {
        lines.push(String::from("nobody said anything so far"));
    }
    for remark in list("remarks") {
        let verdict = if remark["verdict"] == "helpful" { "helped" } else { "did not help" };
        lines.push(format!(
            "\n#{} {} edition {}, {verdict}:",
            remark["id"],
            day(&remark["at_ms"]),
            remark["edition"]
        ));
        let text = remark["text"].as_str().unwrap_or_default();
        lines.extend(text.lines().map(|line| format!("  {line}")));
    }
    if !answer["next_before"].is_null() {
        lines.push(format!("\nearlier ones: --before {}", answer["next_before"]));
    }
    lines.join("\n")
}

fn day(millis: &Value) -> String {
    let time = millis.as_i64().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    time.map_or_else(String::new, |time| time.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_come_first_and_remarks_keep_their_lines() {
        let answer = json!({
            "editions": [{ "edition": 3, "helpful": 9, "not_helpful": 2 }],
            "remarks": [{ "id": 7, "edition": 3, "verdict": "not_helpful",
                          "at_ms": 1_795_442_527_000_i64, "text": "one\ntwo" }],
            "next_before": 7,
        });
        let said = words(&answer);
        assert!(said.starts_with("edition 3: helped 9, did not help 2\n"), "{said}");
        assert!(said.contains("#7 2026-11-23 edition 3, did not help:\n  one\n  two"), "{said}");
        assert!(said.ends_with("earlier ones: --before 7"), "{said}");
        let nothing = json!({ "editions": [], "remarks": [] });
        assert_eq!(words(&nothing), "nobody said anything so far");
    }
}
