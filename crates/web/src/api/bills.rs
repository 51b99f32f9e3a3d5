//! Bills: the notices of billable events that wait for their partners, and those that were given up.
//! What a bill says is not shown.

use super::{Desk, Scope};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{Json, extract::State};
use http::HeaderMap;
use serde::Serialize;
use sluicegate_exchange::{BillCounts, BillsError, DeadBill, DeadReason};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use std::{collections::BTreeMap, fmt::Write};

/// How the bills of one partnership stand.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    partnership: PartnershipId,
    /// Bills that the partner does not have yet.
    waiting: u64,
    /// Bills that the partner accepted.
    accepted: u64,
    /// Bills that were given up, by reason, until they are put back.
    dead: BTreeMap<&'static str, u64>,
}

impl From<BillCounts> for Standing {
    fn from(counts: BillCounts) -> Self {
        let BillCounts { partnership, waiting, accepted, dead } = counts;
        let dead = dead.into_iter().map(|(reason, number)| (reason.code(), number)).collect();
        Self { partnership, waiting, accepted, dead }
    }
}

/// One bill that was given up.
#[derive(Debug, Serialize)]
pub(crate) struct Dead {
    id: String,
    reported_at_ms: UnixMillis,
    given_up_at_ms: UnixMillis,
    failures: u32,
    reason: &'static str,
}

impl From<DeadBill> for Dead {
    fn from(bill: DeadBill) -> Self {
        Self {
            id: bill.id.to_string(),
            reported_at_ms: bill.reported_at,
            given_up_at_ms: bill.at,
            failures: bill.failures,
            reason: bill.reason.code(),
        }
    }
}

/// Returns how the bills of every partnership stand that ever had one.
pub(super) async fn standings(desk: &Desk) -> Result<Vec<Standing>, BillsError> {
    let counts = desk.exchange.billers().counts().await?;
    Ok(counts.into_iter().map(Standing::from).collect())
}

/// Writes the gauges of all bills in the Prometheus text format.
pub(super) fn gauges(standings: &[Standing]) -> String {
    let mut text = String::from(
        "# HELP sluicegate_bills_waiting Billing notices that partners do not have yet.\n\
         # TYPE sluicegate_bills_waiting gauge\n",
    );
    // Writing to a string cannot fail.
    for Standing { partnership, waiting, .. } in standings {
        let _row =
            writeln!(text, "sluicegate_bills_waiting{{partnership=\"{partnership}\"}} {waiting}");
    }
    text.push_str(
        "# HELP sluicegate_bills_dead Billing notices given up, by reason.\n\
         # TYPE sluicegate_bills_dead gauge\n",
    );
    for Standing { partnership, dead, .. } in standings {
        for reason in DeadReason::ALL.map(DeadReason::code) {
            let number = dead.get(reason).copied().unwrap_or_default();
            let _row = writeln!(
                text,
                "sluicegate_bills_dead{{partnership=\"{partnership}\",reason=\"{reason}\"}} {number}"
            );
        }
    }
    text
}

#[derive(Debug, Serialize)]
pub(crate) struct DeadList {
    dead: Vec<Dead>,
}

/// `GET /v1/partnerships/{id}/bills/dead`: the bills that were given up last.
pub(crate) async fn dead(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<DeadList>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let dead = desk.exchange.billers().dead(partnership(&id)?, DEAD_SHOWN_MAX).await;
    let dead = dead.map_err(|error| Problem::inside(&error))?;
    Ok(Json(DeadList { dead: dead.into_iter().map(Dead::from).collect() }))
}

#[derive(Debug, Serialize)]
pub(crate) struct PutBack {
    put_back: u64,
}

/// `POST /v1/partnerships/{id}/bills/retry`: an operator says that a partner takes bills again. Those that
/// were given up are due now, as if never tried.
pub(crate) async fn retry(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<PutBack>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let put_back = desk.exchange.billers().put_back(partnership(&id)?).await;
    Ok(Json(PutBack { put_back: put_back.map_err(|error| Problem::inside(&error))? }))
}

fn partnership(id: &str) -> Result<PartnershipId, Problem> {
    id.parse().map_err(|_not_an_id| Problem::new(Kind::NotFound, "no such partnership has bills"))
}

/// How many of the bills that were given up are listed at once.
const DEAD_SHOWN_MAX: usize = 100;
