//! A record to take along: the whole of a range, as JSON or as CSV.

use crate::pages::{Pages, answer::Refusal, span::View, when::Moment};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use sluicegate_gate::SubjectKey;
use sluicegate_ledger::ExportRow;

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

/// Gives the whole range as CSV (RFC 4180), one line a value.
pub(in crate::pages) async fn as_csv(
    pages: &Pages,
    key: SubjectKey,
    query: Option<&str>,
) -> Result<Response, Refusal> {
    let (_, _, records) = exported(pages, key, query).await?;
    let mut text = String::from(
        "record,partnership,path,first,last,count,edition,category,field,value,reason\r\n",
    );
    for record in &records {
        lines(record, &mut text);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"what-was-shared.csv\""),
    ];
    Ok((headers, text).into_response())
}

async fn exported(
    pages: &Pages,
    key: SubjectKey,
    query: Option<&str>,
) -> Result<(String, String, Vec<ExportRow>), Refusal> {
    let range = View::of(query)?.span.range(pages.parts.clock.now());
    let (from, until) = (Moment::of(range.start).iso(), Moment::of(range.end).iso());
    let records = pages
        .parts
        .ledger
        .export_person(key, range)
        .await
        .inspect_err(|error| {
            tracing::error!(error = %error, "a person's record could not be exported");
        })
        .map_err(|_logged| Refusal::Failed)?;
    Ok((from, until, records))
}

fn lines(record: &ExportRow, text: &mut String) {
    match record {
        ExportRow::Disclosure {
            partnership,
            path,
            told,
            damaged,
            count,
            first,
            last,
            edition,
            ..
        } => {
            let head = ["disclosure", partnership.as_str(), path.name(), first, last];
            let count = count.to_string();
            let mut line = |category: &str, field: &str, value: &str| {
                let note = if *damaged { "damaged" } else { "" };
                let tail = [count.as_str(), edition, category, field, value, note];
                csv_line(head.iter().chain(&tail), text);
            };
            for one in told {
                line(one.category.name(), &one.field, &one.value);
            }
            if told.is_empty() {
                line("", "", "");
            }
        }
        ExportRow::Withheld { partnership, day, reason, count, .. } => {
            let count = count.to_string();
            let fields =
                ["withheld", partnership.as_str(), "", day, "", &count, "", "", "", "", reason];
            csv_line(fields.iter(), text);
        }
    }
}

/// Writes one line. What a spreadsheet would take for a formula is kept from being one.
fn csv_line<'f>(fields: impl Iterator<Item = &'f &'f str>, text: &mut String) {
    for (place, field) in fields.enumerate() {
        if place > 0 {
            text.push(',');
        }
        let guard = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        if field.contains([',', '"', '\r', '\n']) || !guard.is_empty() {
            text.push('"');
            text.push_str(guard);
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text.push_str("\r\n");
}
