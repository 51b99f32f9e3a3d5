//! Which keys sign messages to partners. `GET /v1/partnerships/{id}/keys` and
//! `POST /v1/partnerships/{id}/keys/rotate` are the operator's; `GET /.well-known/webhook-keys.json` is
//! where partners find the public halves.

use super::{Desk, Scope, body};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{Json, body::Body, extract::State};
use http::{HeaderMap, HeaderName, header};
use serde::{Deserialize, Serialize};
use sluicegate_egress::{SigningPair, WebhookSecret};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_measurement::{LiveKey, RotateError, Scheme};
use std::{collections::BTreeSet, time::Duration};

/// A key without its secret.
#[derive(Debug, Serialize)]
struct Shown {
    scheme: &'static str,
    number: u32,
    since_ms: UnixMillis,
    /// Until when it signs, if another has taken its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_ms: Option<UnixMillis>,
    /// The public half, of `v1a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    /// The newest of each scheme first.
    keys: Vec<Shown>,
    /// How many secrets of the configuration sign beside them.
    configured: usize,
    /// Whether they sign events, and not recalls alone.
    gets_events: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotate {
    scheme: String,
    overlap_hours: Option<u64>,
}

/// The new key. Of a shared secret this is the only time that it is shown; it does not print.
#[derive(Serialize)]
pub(crate) struct Rotated {
    #[serde(flatten)]
    key: Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl std::fmt::Debug for Rotated {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Rotated({:?})", self.key)
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Published {
    keys: Vec<PublicKey>,
}

#[derive(Debug, Serialize)]
struct PublicKey {
    partnership: PartnershipId,
    #[serde(flatten)]
    key: Shown,
}

impl From<&LiveKey> for Shown {
    fn from(live: &LiveKey) -> Self {
        let key = live.key;
        Self {
            scheme: key.scheme.name(),
            number: key.number,
            since_ms: key.since,
            until_ms: key.until,
            public: match key.scheme {
                Scheme::V1 => None,
                Scheme::V1a => Some(SigningPair::of(&live.seed).public()),
            },
        }
    }
}

pub(crate) async fn list(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Listed>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let id = listed(&desk, &id)?;
    let keys = desk.signing.live(&id, desk.clock.now()).iter().map(Shown::from).collect();
    let gets_events = desk.deliveries.listed().contains(&id);
    Ok(Json(Listed { keys, configured: desk.secrets.webhook(&id), gets_events }))
}

pub(crate) async fn rotate(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<([(HeaderName, &'static str); 1], Json<Rotated>), Problem> {
    desk.require(&headers, Scope::Operator)?;
    let id = listed(&desk, &id)?;
    let Rotate { scheme, overlap_hours } = body::json(body).await?;
    let scheme = Scheme::from_name(&scheme)
        .ok_or_else(|| Problem::field("scheme", "neither `v1` nor `v1a`"))?;
    let hours = overlap_hours.unwrap_or(OVERLAP_HOURS);
    if hours > OVERLAP_HOURS_MAX {
        return Err(Problem::field("overlap_hours", "not within 0 to 168"));
    }
    let configured = match scheme {
        Scheme::V1 => desk.secrets.webhook(&id),
        Scheme::V1a => 0,
    };
    let overlap = Duration::from_hours(hours);
    let rotated = desk.signing.rotate(&id, scheme, overlap, configured).await;
    let rotated = rotated.map_err(|error| match error {
        RotateError::ThreeLive => Problem::new(Kind::Conflict, error.to_string()),
        RotateError::Store(_) => Problem::inside(&error),
    })?;
    let mut live = desk.signing.live(&id, desk.clock.now()).into_iter();
    let live = live
        .find(|live| live.key == rotated)
        .ok_or_else(|| Problem::new(Kind::Conflict, "another rotation came between"))?;
    let secret = match scheme {
        Scheme::V1 => Some(WebhookSecret::from(&live.seed).reveal().open().clone()),
        Scheme::V1a => None,
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    Ok((no_store, Json(Rotated { key: Shown::from(&live), secret })))
}

/// The public keys of the partnerships that get signed messages in the edition in force.
pub(crate) async fn published(
    State(desk): State<Desk>,
) -> ([(HeaderName, &'static str); 2], Json<Published>) {
    let now = desk.clock.now();
    let mut keys = Vec::new();
    for partnership in signed(&desk) {
        let live = desk.signing.live(&partnership, now);
        let pairs = live.iter().filter(|live| live.key.scheme == Scheme::V1a);
        keys.extend(
            pairs
                .map(|live| PublicKey { partnership: partnership.clone(), key: Shown::from(live) }),
        );
    }
    let open = [
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (open, Json(Published { keys }))
}

fn listed(desk: &Desk, id: &str) -> Result<PartnershipId, Problem> {
    let unknown = || Problem::new(Kind::NotFound, "no such partnership gets events or recalls");
    let id: PartnershipId = id.parse().map_err(|_not_an_id| unknown())?;
    signed(desk).take(&id).ok_or_else(unknown)
}

/// Returns the partnerships that get signed messages: events or recalls.
fn signed(desk: &Desk) -> BTreeSet<PartnershipId> {
    desk.deliveries.listed().into_iter().chain(desk.recalls.takers()).collect()
}

/// For how long the key before goes on signing where nothing else is said.
const OVERLAP_HOURS: u64 = 24;
const OVERLAP_HOURS_MAX: u64 = 7 * 24;
