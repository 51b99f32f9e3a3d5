//! `GET /v1/buyers`: which seats and advertisers bid through each partnership, and since when.

use super::{Desk, Scope, query};
use crate::problem::{Kind, Problem};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluicegate_exchange::{Buyer, Sightings};
use sluicegate_gate::PartnershipId;
use sluicegate_register::Edition;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    partnership: Option<PartnershipId>,
}

#[derive(Debug, Serialize)]
pub(crate) struct BuyersSeen {
    buyers: Vec<BuyerSeen>,
    /// Buyers for whom there was no room, since the start.
    left_out: u64,
}

#[derive(Debug, Serialize)]
struct BuyerSeen {
    partnership: PartnershipId,
    #[serde(skip_serializing_if = "String::is_empty")]
    seat: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    advertiser_domain: String,
    first_ms: i64,
    last_ms: i64,
    bids: u64,
}

impl From<(Buyer, Sightings)> for BuyerSeen {
    fn from((Buyer { partnership, seat, advertiser }, seen): (Buyer, Sightings)) -> Self {
        Self {
            partnership,
            seat,
            advertiser_domain: advertiser,
            first_ms: seen.first.0,
            last_ms: seen.last.0,
            bids: seen.bids,
        }
    }
}

pub(crate) async fn list(
    State(desk): State<Desk>,
    which: Result<Query<Which>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<BuyersSeen>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let Query(Which { partnership }) =
        which.map_err(|rejection| query::wrong(&rejection, "partnership", NOT_ASKED))?;
    let all = desk.exchange.buyers().await.map_err(|error| Problem::inside(&error))?;
    let is_asked_for = |(buyer, _): &(Buyer, Sightings)| {
        partnership.as_ref().is_none_or(|only| buyer.partnership == *only)
    };
    let buyers: Vec<_> = all.into_iter().filter(is_asked_for).map(BuyerSeen::from).collect();
    // Why: nothing of a name that the register never had is no answer about a partnership.
    if let (true, Some(id)) = (buyers.is_empty(), &partnership) {
        let edition = desk.current.load();
        let is_known = |edition: &Edition| {
            let mut retired = edition.retired().iter();
            edition.partnership(id).is_some() || retired.any(|retired| retired.id == *id)
        };
        if !edition.as_deref().is_some_and(is_known) {
            return Err(Problem::of_field(Kind::NotFound, "partnership", "no such partnership"));
        }
    }
    Ok(Json(BuyersSeen { buyers, left_out: desk.exchange.buyers_left_out() }))
}

/// What may be asked.
const NOT_ASKED: &str = "only `partnership`, once: the id of a partnership";
