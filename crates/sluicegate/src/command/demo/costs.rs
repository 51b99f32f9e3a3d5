//! What the ads of the demo cost, as the platform's invoices would say.

use super::{ADVERTISER, client::Client, requests};
use serde_json::json;

/// Tells today's cost of the campaign that everybody sees. Another run of the demo tells the same again.
pub(super) async fn tell(client: &Client) -> anyhow::Result<()> {
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let cost = json!({
        "advertiser_id": ADVERTISER,
        "campaign_id": requests::CAMPAIGN,
        "line_item_id": requests::LINE_ITEM,
        "date": today,
        "value": "120.00",
        "currency_code": "EUR",
    });
    client.post("/v1/costs", &cost).await?;
    Ok(())
}
