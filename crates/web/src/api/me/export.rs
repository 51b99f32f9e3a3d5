//! `GET /v1/me/export`: everything that is kept of the person, and what would be shared next, in one document.

use super::{data, history, next, person, private, recalls, settings, shared};
use crate::{api::Desk, limits::Act, problem::Problem};
use axum::{extract::State, response::Response};
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
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
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = person(&desk, &headers, Act::Page)?;
    let now = desk.clock.now();
    let mut response = private(&Export {
        made_at_ms: now,
        settings: settings::settings(&desk, account).await?,
        data: data::data(&desk, account).await?,
        history: history::history(&desk, account).await?,
        shared: shared::shared(&desk, account, UnixMillis(0)..shared::after(now)).await?,
        recalls: recalls::recalled(&desk, account).await?,
        next: next::next(&desk, account, &headers),
    });
    let name = HeaderValue::from_static("attachment; filename=\"my-data.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}
