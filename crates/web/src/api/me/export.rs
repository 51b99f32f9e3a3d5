//! `GET /v1/me/export`: everything that is kept of the person, what would be shared next, and the consent receipt, in one
//! document.

use super::{data, history, inside, next, person, private, recalls, settings, shared};
use crate::{
    api::{
        Desk,
        receipts::{self, Sources},
    },
    limits::Act,
    problem::Problem,
};
use axum::{extract::State, response::Response};
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use serde_json::Value;
use sluicegate_gate::time::UnixMillis;

#[derive(Serialize)]
struct Export {
    made_at_ms: UnixMillis,
    settings: settings::Shown,
    data: data::Data,
    history: history::History,
    shared: shared::Shared,
    recalls: recalls::Recalled,
    next: next::Messages,
    /// Absent where no edition is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Value>,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers, Act::Page)?;
    let now = desk.clock.now();
    let range = UnixMillis(0)..shared::after(now);
    let shared = shared::shared(&desk, account, range.clone()).await?;
    let receipt = match desk.current.load() {
        Some(edition) => {
            let sources = Sources {
                settings: &desk.settings,
                edition: &edition,
                editions: desk.editions.as_ref(),
                at: now,
            };
            let receipt = receipts::receipt(&sources, account, range, &shared.records).await;
            Some(receipt.map_err(inside)?)
        }
        None => None,
    };
    let mut response = private(&Export {
        made_at_ms: now,
        settings: settings::settings(&desk, account).await?,
        data: data::data(&desk, account).await?,
        history: history::history(&desk, account).await?,
        shared,
        recalls: recalls::recalled(&desk, account).await?,
        next: next::next(&desk, account, &headers),
        receipt,
    });
    let name = HeaderValue::from_static("attachment; filename=\"my-data.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
