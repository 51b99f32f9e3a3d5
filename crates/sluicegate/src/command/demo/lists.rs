//! What partners and advertisers of the demo say of its people: Demo Bidder North puts some of them on its
//! lists, and the tags of Demo Running Shoes say what some of them did there.

use super::{client::Client, people::Person};
use crate::gateway::Gateway;
use anyhow::Context;
use serde_json::{Value, json};

/// The partnership that uploads.
pub(super) const PARTNERSHIP: &str = "demo-bidder-north";
/// How many people a list needs in the demo: it has no hundred people.
pub(super) const PEOPLE_MIN: u64 = 5;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Sends what is said. The partner names people by the ids that it gets in bid requests; those whose settings
/// or age are against it are dropped behind the answer.
pub(super) async fn tell(
    gateway: &Gateway,
    partner: &Client,
    platform: &Client,
    people: &[Person],
) -> anyhow::Result<()> {
    let now = jiff::Timestamp::now().as_millisecond();
    let partnership = PARTNERSHIP.parse()?;
    let mut members = Vec::new();
    let mut events = Vec::new();
    for (index, person) in people.iter().enumerate() {
        let id = gateway.user_id_for(&partnership, &person.id).context("there is an id today")?;
        let until = now + 30 * DAY_MS;
        let member =
            |audience| json!({ "user_id": id, "audience": audience, "expires_at_ms": until });
        if index.is_multiple_of(2) {
            members.push(member("trail-shoes"));
        }
        if index.is_multiple_of(3) {
            members.push(member("garden-tools"));
        }
        if index.is_multiple_of(4) {
            // Of now: what happened before the gateway knew of them is not kept.
            events.push(event(person, "visit", now));
            events.push(event(person, "purchase", now));
        }
    }
    let batch = format!("demo-{now}");
    let upload = json!({ "batch": batch, "members": members });
    partner.post(&format!("/v1/partners/{PARTNERSHIP}/audiences"), &upload).await?;
    platform.post("/v1/activity", &json!({ "batch": batch, "events": events })).await?;
    Ok(())
}

fn event(person: &Person, activity: &str, at: i64) -> Value {
    json!({
        "account": person.id,
        "advertiser": "demo-running-shoes",
        "activity": activity,
        "at_ms": at,
    })
}
