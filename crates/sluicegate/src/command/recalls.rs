//! `sluicegate recalls`: fails where a partnership is suspended.

use super::{Running, print};
use crate::local;
use serde_json::Value;
use sluicegate_gate::PartnershipId;

#[derive(Debug, clap::Args)]
pub(crate) struct Recalls {
    #[command(flatten)]
    running: Running,
    /// The gateway's JSON answer instead of text
    #[arg(long)]
    json: bool,
    /// Let a partnership go on that was suspended because it had not acknowledged in time
    #[arg(long, value_name = "PARTNERSHIP")]
    lift: Option<PartnershipId>,
}

impl Recalls {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let dir = &self.running.data_dir;
        if let Some(id) = self.lift {
            let route = format!("/v1/partnerships/{id}/recalls/lift");
            local::call(dir, "POST", &route, Some(&Value::Null)).await?;
            return print(format_args!("{id} goes on"));
        }
        let answer = local::call(dir, "GET", "/v1/recalls", None).await?;
        if self.json {
            print(&answer)?;
        } else {
            print(words(&answer))?;
        }
        anyhow::ensure!(!all(&answer).iter().any(is_suspended), "a partnership is suspended");
        Ok(())
    }
}

fn all(answer: &Value) -> &[Value] {
    answer.as_array().map_or(&[], Vec::as_slice)
}

fn is_suspended(one: &Value) -> bool {
    !one["lapsed_at_ms"].is_null()
}

fn words(answer: &Value) -> String {
    let all = all(answer);
    if all.is_empty() {
        return String::from("nothing was ever called back");
    }
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(one: &Value) -> String {
    let lapsed = if is_suspended(one) { "  SUSPENDED" } else { "" };
    format!(
        "{:<28} waiting {}, open {}, acknowledged {}, out of reach {}; deletion requests {} open, {} accepted{lapsed}",
        one["partnership"].as_str().unwrap_or_default(),
        one["waiting"],
        one["open"],
        one["acknowledged"],
        one["unreachable"],
        one["deletion_requests"],
        one["deletions_accepted"],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_partnership_that_lapsed_is_suspended_and_no_other() {
        assert!(is_suspended(&json!({ "partnership": "north", "lapsed_at_ms": 7 })));
        assert!(!is_suspended(&json!({ "partnership": "north", "lapsed_at_ms": null })));
        assert!(!is_suspended(&json!({ "partnership": "north" })));
    }
}
