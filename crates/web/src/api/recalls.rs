//! What partners are told to forget or correct, and how far they are.
//!
//! `GET /v1/recalls`: figures, for operators. `POST /v1/recalls/query`: how far partners are with what one
//! key is owed, for the platform. `POST /v1/partners/{id}/recalls/{message}/acknowledge`: a partner has done
//! what a message says. `POST /v1/partnerships/{id}/recalls/lift`: an operator lets a partnership go on that
//! had not acknowledged in time.

use super::{Desk, Scope, body, subject::KeyName};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{Json, body::Body, extract::State};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{DisclosureId, PartnershipId, time::UnixMillis};
use sluicegate_recall::{Figures, RecallStoreError};
use std::fmt::Write;

/// How one partnership is doing.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    partnership: PartnershipId,
    /// Disclosures in no message yet.
    pub(super) waiting: u64,
    /// Messages without acknowledgement.
    pub(super) open: u64,
    /// When the oldest of them was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_open_ms: Option<UnixMillis>,
    /// Messages acknowledged.
    pub(super) acknowledged: u64,
    /// Disclosures that cannot be called back: the register names no address, or the record is damaged.
    pub(super) unreachable: u64,
    /// Requests to delete that wait.
    deletion_requests: u64,
    /// Requests to delete that the partner accepted.
    deletions_accepted: u64,
    /// Since when it is suspended because it did not acknowledge in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lapsed_at_ms: Option<UnixMillis>,
}

impl From<Figures> for Standing {
    fn from(figures: Figures) -> Self {
        Self {
            partnership: figures.partnership,
            waiting: figures.waiting,
            open: figures.open,
            oldest_open_ms: figures.oldest,
            acknowledged: figures.acknowledged,
            unreachable: figures.unreachable,
            deletion_requests: figures.deleting,
            deletions_accepted: figures.deleted,
            lapsed_at_ms: figures.lapsed_at,
        }
    }
}

pub(super) async fn standings(desk: &Desk) -> Result<Vec<Standing>, RecallStoreError> {
    Ok(desk.recalls.figures().await?.into_iter().map(Standing::from).collect())
}

/// One figure: its name, what it is, and its value.
type Gauge = (&'static str, &'static str, fn(&Standing) -> u64);

/// Writes them in the Prometheus text format.
pub(super) fn gauges(standings: &[Standing]) -> String {
    let mut text = String::new();
    let gauges: [Gauge; 6] = [
        ("waiting", "Disclosures that are owed a recall and are in no message yet.", |one| {
            one.waiting
        }),
        ("open", "Recalls without acknowledgement.", |one| one.open),
        ("acknowledged", "Recalls that were acknowledged.", |one| one.acknowledged),
        ("unreachable", "Disclosures that cannot be called back.", |one| one.unreachable),
        ("deletion_requests", "Requests to delete that wait.", |one| one.deletion_requests),
        ("lapsed", "Partnerships suspended for want of an acknowledgement.", |one| {
            u64::from(one.lapsed_at_ms.is_some())
        }),
    ];
    for (name, help, value) in gauges {
        // Writing to a string cannot fail.
        let _written = writeln!(
            text,
            "# HELP sluicegate_recall_{name} {help}\n# TYPE sluicegate_recall_{name} gauge"
        );
        for one in standings {
            let (id, value) = (&one.partnership, value(one));
            let _written =
                writeln!(text, "sluicegate_recall_{name}{{partnership=\"{id}\"}} {value}");
        }
    }
    text
}

/// Writes how many changes of people do not read.
pub(super) fn gauge_of_set_aside(changes: usize) -> String {
    format!(
        "# HELP sluicegate_changes_set_aside Changes of people that do not read; what is owed for them is not known.\n\
         # TYPE sluicegate_changes_set_aside gauge\nsluicegate_changes_set_aside {changes}\n"
    )
}

pub(crate) async fn list(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Json<Vec<Standing>>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    Ok(Json(standings(&desk).await.map_err(|error| Problem::inside(&error))?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    key: KeyName,
}

/// How far one partner is with what one key is owed.
#[derive(Debug, Serialize)]
pub(crate) struct Owed {
    partnership: PartnershipId,
    /// `off`, `corrected`.
    cause: &'static str,
    since_ms: UnixMillis,
    /// How many disclosures are called back.
    disclosures: u64,
    /// Whether the partner can be told at all.
    reachable: bool,
    /// Of how many it took the message.
    delivered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at_ms: Option<UnixMillis>,
    /// Of how many it acknowledged it.
    acknowledged: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_at_ms: Option<UnixMillis>,
}

pub(crate) async fn query(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Vec<Owed>>, Problem> {
    desk.require(&headers, Scope::Platform)?;
    let query: Query = body::json(body).await?;
    let key = query.key.key(&desk, "key")?;
    let standing = desk.recalls.standing(vec![key]).await;
    let standing = standing.map_err(|error| Problem::inside(&error))?;
    Ok(Json(standing.into_iter().map(Owed::of).collect()))
}

impl Owed {
    pub(super) fn of(one: sluicegate_recall::Standing) -> Self {
        Self {
            partnership: one.partnership,
            cause: one.cause.name(),
            since_ms: one.since,
            disclosures: one.ids,
            reachable: one.reachable,
            delivered: one.delivered,
            delivered_at_ms: one.delivered_at,
            acknowledged: one.acknowledged,
            acknowledged_at_ms: one.acknowledged_at,
        }
    }
}

pub(crate) async fn acknowledge(
    State(desk): State<Desk>,
    Path((id, message)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let unknown = || Problem::new(Kind::NotFound, "no such message to this partnership");
    let id: PartnershipId = id.parse().map_err(|_not_an_id| unknown())?;
    desk.require(&headers, Scope::Partner(id.clone()))?;
    let message: DisclosureId = message.parse().map_err(|_not_an_id| unknown())?;
    let is_known = desk.recalls.acknowledge(id, message).await;
    if is_known.map_err(|error| Problem::inside(&error))? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown())
    }
}

pub(crate) async fn lift(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let unknown = || Problem::new(Kind::NotFound, "no such partnership has lapsed");
    let id: PartnershipId = id.parse().map_err(|_not_an_id| unknown())?;
    // In a task of its own: a caller that hangs up must not leave it lifted and still suspended.
    let lifted = tokio::spawn(async move { desk.recalls.lift(&id).await }).await;
    let had_lapsed = lifted
        .map_err(|ended| Problem::inside(&ended))?
        .map_err(|error| Problem::inside(&error))?;
    if had_lapsed { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}
