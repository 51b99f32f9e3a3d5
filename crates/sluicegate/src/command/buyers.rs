//! `sluicegate buyers`.

use super::{Running, print};
use crate::local;
use serde_json::Value;
use sluicegate_gate::PartnershipId;

#[derive(Debug, clap::Args)]
pub(crate) struct Buyers {
    #[command(flatten)]
    running: Running,
    /// The gateway's JSON answer instead of text
    #[arg(long)]
    json: bool,
    /// Only this partnership
    #[arg(value_name = "PARTNERSHIP")]
    partnership: Option<PartnershipId>,
}

impl Buyers {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let only = self.partnership.map(|id| format!("?partnership={id}")).unwrap_or_default();
        let path = format!("/v1/buyers{only}");
        let answer = local::call(&self.running.data_dir, "GET", &path, None).await?;
        if self.json { print(&answer) } else { print(words(&answer)) }
    }
}

fn words(answer: &Value) -> String {
    let buyers = answer["buyers"].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines: Vec<String> = buyers.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(String::from("no bid passed so far"));
    }
    if answer["left_out"] != 0 {
        lines.push(format!("for {} more there was no room", answer["left_out"]));
    }
    lines.join("\n")
}

fn line(buyer: &Value) -> String {
    let text = |key: &str| buyer[key].as_str().unwrap_or("-").to_owned();
    format!(
        "{:<24} {:<24} {:<32} {} to {}  {} bids",
        text("partnership"),
        text("seat"),
        text("advertiser_domain"),
        day(&buyer["first_ms"]),
        day(&buyer["last_ms"]),
        buyer["bids"],
    )
}

fn day(millis: &Value) -> String {
    let time = millis.as_i64().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    time.map_or_else(String::new, |time| time.strftime("%Y-%m-%d").to_string())
}
