//! `sluicegate canaries`: fails where a path is closed or the canaries are overdue.

use super::{Running, print};
use crate::local;
use serde_json::Value;
use sluicegate_gate::Path;

#[derive(Debug, clap::Args)]
pub(crate) struct Canaries {
    #[command(flatten)]
    running: Running,
    /// The gateway's JSON answer instead of text
    #[arg(long)]
    json: bool,
    /// Open this path again, after what was wrong is mended
    #[arg(long, value_name = "PATH", value_parser = path)]
    reopen: Option<Path>,
}

fn path(text: &str) -> Result<Path, String> {
    let names = || Path::ALL.map(Path::name).join(", ");
    Path::from_name(text).ok_or_else(|| format!("not one of {}", names()))
}

impl Canaries {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let dir = &self.running.data_dir;
        if let Some(path) = self.reopen {
            let route = format!("/v1/canaries/{}/reopen", path.name());
            local::call(dir, "POST", &route, Some(&Value::Null)).await?;
            return print(format_args!("{} is open again", path.name()));
        }
        let answer = local::call(dir, "GET", "/v1/canaries", None).await?;
        if self.json {
            print(&answer)?;
        } else {
            print(words(&answer))?;
        }
        anyhow::ensure!(is_in_order(&answer), "a path is closed, or the canaries are overdue");
        Ok(())
    }
}

fn is_in_order(answer: &Value) -> bool {
    let mut paths = answer["paths"].as_array().into_iter().flatten();
    answer["overdue"] != true && paths.all(|path| path["closed_since_ms"].is_null())
}

fn words(answer: &Value) -> String {
    let state = if answer["overdue"] == true { "OVERDUE" } else { "on time" };
    let (runs, failures) = (&answer["runs"], &answer["failures"]);
    let mut lines =
        vec![format!("{state}: {runs} runs ended well, {failures} did not, since the start")];
    for path in answer["paths"].as_array().map_or(&[][..], Vec::as_slice) {
        let name = path["path"].as_str().unwrap_or_default();
        let state = match (&path["closed_since_ms"], &path["seen"]) {
            (Value::Number(since), _) => format!("CLOSED since {}", time(since.as_i64())),
            (_, Value::Bool(true)) => String::from("open, and watched"),
            _ => String::from("open; nobody could be told anything here"),
        };
        lines.push(format!("{name:<24} {state}"));
    }
    lines.join("\n")
}

fn time(millis: Option<i64>) -> String {
    let time = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    time.map_or_else(String::new, |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_closed_path_and_a_run_that_is_overdue_are_not_in_order() {
        let answer = |overdue: bool, closed: Option<u64>| {
            let open = json!({ "path": "exposures", "seen": false });
            let other = json!({ "path": "bid_request", "seen": true, "closed_since_ms": closed });
            json!({ "overdue": overdue, "paths": [open, other] })
        };
        assert!(is_in_order(&answer(false, None)));
        assert!(!is_in_order(&answer(true, None)));
        assert!(!is_in_order(&answer(false, Some(1))));
    }
}
