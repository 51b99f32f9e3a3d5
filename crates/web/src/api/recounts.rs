//! `POST /v1/ledger/recounts`: one day of the record counted again, and what of it people are shown, outlines and
//! totals say otherwise. For operators.

use super::{Desk, Scope, body};
use crate::problem::Problem;
use axum::{Json, body::Body, extract::State};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{Category, time::UnixMillis};
use sluicegate_ledger::{Difference, Kept, LedgerStoreError, Oddity, OfDay, ReadError, Tally};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    /// The day in UTC, like `2026-11-01`.
    day: String,
}

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct Recounted {
    day: String,
    messages: u64,
    people: u64,
    /// At most 100.
    differences: Vec<Odd>,
    /// How many more there are.
    more: u64,
    /// Packs that may be of the day and do not read.
    damaged_packs: Vec<u64>,
    /// `told`, `outlines`, `totals`: what does not read, and so was not compared.
    not_compared: Vec<&'static str>,
    /// Rows of what was told that do not read, and were left out.
    unread_rows: u64,
    /// Files of old records that do not read.
    unread_files: Vec<String>,
    /// People on record who may have rows in them: whether any is missing was not compared.
    people_in_doubt: u64,
}

#[derive(Debug, Serialize)]
struct Odd {
    /// `told`, `outlines`, `totals` or `total_disclosures`.
    rows: &'static str,
    /// `sum`, `beyond`, `missing`, `row` or `values`.
    what: &'static str,
    /// The digest of the row's values, in hexadecimal: it says nothing of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    partnership: String,
    path: &'static str,
    /// The id of the person's key, in hexadecimal: it says nothing of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<String>,
    recorded: Counted,
    found: Counted,
}

#[derive(Debug, Serialize)]
struct Counted {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_ms: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ms: Option<UnixMillis>,
    categories: Vec<&'static str>,
}

pub(crate) async fn count(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Recounted>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let query: Query = body::json(body).await?;
    let day: sluicegate_register::Day =
        query.day.parse().map_err(|_grammar| Problem::field("day", "not a day like 2026-11-01"))?;
    let counted = sluicegate_ledger::Day::of(day.start());
    let recount = desk.ledger.recount(desk.incidents.as_ref(), counted).await;
    let recount = recount.map_err(|error| damaged(&error))?;
    Ok(Json(Recounted {
        day: query.day,
        messages: recount.messages,
        people: recount.people,
        differences: recount.differences.iter().map(odd).collect(),
        more: recount.more,
        damaged_packs: recount.damaged.into_iter().collect(),
        not_compared: recount.unread.into_iter().map(kept).collect(),
        unread_rows: recount.unread_told.rows,
        unread_files: recount.unread_told.files.into_iter().collect(),
        people_in_doubt: recount.people_in_doubt,
    }))
}

/// Why in other words: asked again, it is as damaged as before.
fn damaged(error: &ReadError) -> Problem {
    let problem = Problem::inside(error);
    let where_to_look = "`sluicegate verify` of an export says what was changed";
    match error {
        ReadError::Damaged(pack) | ReadError::Store(LedgerStoreError::Damaged(pack)) => problem
            .saying(format!(
                "pack {pack} of the record is damaged, so that the day cannot be counted; {where_to_look}"
            )),
        ReadError::Unreadable | ReadError::Store(LedgerStoreError::Corrupt(_)) => problem.saying(
            format!("a record does not open, so that the day cannot be counted; {where_to_look}"),
        ),
        ReadError::NotKept(_) | ReadError::Store(LedgerStoreError::Unavailable(_)) => problem,
    }
}

fn kept(kept: Kept) -> &'static str {
    match kept {
        Kept::Told => "told",
        Kept::Outlines => "outlines",
        Kept::Totals => "totals",
    }
}

fn odd(difference: &Difference) -> Odd {
    let (rows, partnership, path, key, edition) = match &difference.rows {
        OfDay::Told(key, partnership, path) => {
            ("told", partnership, path, Some(format!("{:016x}", key.0)), None)
        }
        OfDay::Outlines(partnership, path, edition) => {
            ("outlines", partnership, path, None, Some(edition.to_string()))
        }
        OfDay::Totals(partnership, path) => ("totals", partnership, path, None, None),
        OfDay::TotalDisclosures(partnership, path) => {
            ("total_disclosures", partnership, path, None, None)
        }
    };
    let (what, digest) = match difference.what {
        Oddity::Sum => ("sum", None),
        Oddity::Beyond => ("beyond", None),
        Oddity::Missing => ("missing", None),
        Oddity::Row(digest) => ("row", Some(hex::encode(digest))),
        Oddity::Values(digest) => ("values", Some(hex::encode(digest))),
    };
    Odd {
        rows,
        what,
        digest,
        partnership: partnership.to_string(),
        path: path.name(),
        key,
        edition,
        recorded: counted(&difference.recorded),
        found: counted(&difference.found),
    }
}

fn counted(tally: &Tally) -> Counted {
    let is_timed = tally.first <= tally.last;
    Counted {
        count: tally.count,
        first_ms: is_timed.then_some(tally.first),
        last_ms: is_timed.then_some(tally.last),
        categories: tally.categories.iter().map(Category::name).collect(),
    }
}
