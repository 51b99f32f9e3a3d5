//! A record to take along: the whole of a range, as JSON or as CSV; and the consent receipt that goes with all of it.

use crate::{
    api::receipts::{self, Sources},
    pages::{Pages, answer::Refusal, span::View, when::Moment},
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use sluicegate_ledger::{ExportRow, csv};
use std::{ops::Range, time::Duration};

/// What is downloaded.
#[derive(Serialize)]
struct Export {
    /// From when, RFC 3339.
    from: String,
    /// Until when, RFC 3339.
    until: String,
    /// The hash of the edition in force.
    edition: Option<String>,
    /// What left and what was held back, the latest first.
    records: Vec<ExportRow>,
}

/// Gives the whole range as JSON.
pub(in crate::pages) async fn as_json(
    pages: &Pages,
    key: SubjectKey,
    query: Option<&str>,
) -> Result<Response, Refusal> {
    let (from, until, records) = exported(pages, key, query).await?;
    let edition = pages.parts.current.load().map(|edition| edition.hash().to_string());
    let name = "attachment; filename=\"what-was-shared.json\"";
    let export = Export { from, until, edition, records };
    Ok(([(header::CONTENT_DISPOSITION, name)], Json(export)).into_response())
}

/// Gives the whole range as the table that an operator gets, too.
pub(in crate::pages) async fn as_csv(
    pages: &Pages,
    key: SubjectKey,
    query: Option<&str>,
) -> Result<Response, Refusal> {
    let (_, _, records) = exported(pages, key, query).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"what-was-shared.csv\""),
    ];
    Ok((headers, csv(&records)).into_response())
}

/// Gives the consent receipt of everything that is recorded.
pub(in crate::pages) async fn receipt(pages: &Pages, key: SubjectKey) -> Result<Response, Refusal> {
    let parts = &pages.parts;
    let edition = parts.current.load().ok_or(Refusal::NoEdition)?;
    let at = parts.clock.now();
    let range = UnixMillis(0)..at.plus(Duration::from_millis(1));
    let records = records(pages, key, range.clone()).await?;
    let editions = parts.editions.as_ref();
    let sources = Sources { settings: &parts.settings, edition: &edition, editions, at };
    let receipt = receipts::receipt(&sources, key, range, &records)
        .await
        .inspect_err(|error| {
            let cause: &dyn std::error::Error = error;
            tracing::error!(error = cause, "a person's receipt could not be made");
        })
        .map_err(|_logged| Refusal::Failed)?;
    let headers = [
        (header::CONTENT_TYPE, "application/ld+json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"my-consent-receipt.jsonld\""),
    ];
    Ok((headers, receipt.to_string()).into_response())
}

async fn exported(
    pages: &Pages,
    key: SubjectKey,
    query: Option<&str>,
) -> Result<(String, String, Vec<ExportRow>), Refusal> {
    let range = View::of(query)?.span.range(pages.parts.clock.now());
    let (from, until) = (Moment::of(range.start).iso(), Moment::of(range.end).iso());
    Ok((from, until, records(pages, key, range).await?))
}

async fn records(
    pages: &Pages,
    key: SubjectKey,
    range: Range<UnixMillis>,
) -> Result<Vec<ExportRow>, Refusal> {
    let exported = pages.parts.ledger.export_person(key, range);
    exported
        .await
        .inspect_err(|error| {
            tracing::error!(error = %error, "a person's record could not be exported");
        })
        .map_err(|_logged| Refusal::Failed)
}
