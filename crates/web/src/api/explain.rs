//! `POST /v1/decisions/explain`: what would leave to each partnership, field by field, and every reason
//! that took something away, of a bid request, of an exposure, or of both as they would plainly be for
//! a subject. Nothing is sent and nothing is recorded.

mod subject;

use super::{Desk, Scope, auction::refused, body};
use crate::problem::Problem;
use axum::{Json, body::Body, extract::State};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sluicegate_exchange::{self as exchange, AuctionCall, Incoming, SeatStatus, Speaker, Wanted};
use sluicegate_gate::{Category, Detail, Loss, PartnershipId, Path, Preview, Told, Via};
use sluicegate_measurement::{self as measurement, ExplainError};
use sluicegate_register::Edition;
use sluicegate_signals::Gpc;
use std::{borrow::Cow, fmt};
use subject::Subject;

/// Exactly one of the first three.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// An OpenRTB 2.6 bid request, as the platform would send it.
    #[serde(default)]
    request: Option<Box<RawValue>>,
    /// An exposure, as the platform would send it.
    #[serde(default)]
    exposure: Option<Box<RawValue>>,
    /// Someone, in a plain bid request and a plain exposure.
    #[serde(default)]
    subject: Option<Subject>,
    /// Only this partnership.
    #[serde(default)]
    partnership: Option<PartnershipId>,
}

impl fmt::Debug for Ask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ask([personal])")
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Explained {
    /// In the register's order.
    partnerships: Vec<One>,
}

#[derive(Debug, Serialize)]
pub(crate) struct One {
    partnership: PartnershipId,
    /// The partnership's kind.
    kind: &'static str,
    /// The way it would go.
    path: &'static str,
    /// `told`, `asked without the person`, `withheld`, or why it would not be told at all.
    decision: &'static str,
    /// Where it would not be asked whoever the person is: what `ext.seatnonbid` of the auction says.
    #[serde(skip_serializing_if = "Option::is_none")]
    statuscode: Option<u16>,
    told: Vec<Told>,
    reasons: Vec<Taken>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Taken {
    code: &'static str,
    words: &'static str,
    /// What more is known: which string could not be read, why a legal basis is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The rule, standard or law.
    rule: Cow<'static, str>,
    categories: Vec<Category>,
}

pub(crate) async fn explain(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Explained>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let ask: Ask = body::json(body).await?;
    let only = ask.partnership.as_ref();
    let edition = desk.current.load();
    if let (Some(edition), Some(id)) = (&edition, only)
        && edition.partnership(id).is_none()
    {
        return Err(Problem::field("partnership", "not in the edition in force"));
    }
    let found = match (&ask.request, &ask.exposure, &ask.subject) {
        (Some(request), None, None) => bids(&desk, call(request.get().to_owned()), only)?,
        (None, Some(exposure), None) => events(&desk, exposure.get().as_bytes(), only)
            .map_err(|error| not_explained(&error, |field| format!("exposure.{field}")))?,
        (None, None, Some(subject)) => match &edition {
            Some(edition) => of_subject(&desk, edition, subject, only)?,
            None => subject.check(&desk).map(|()| Vec::new())?,
        },
        _ => return Err(Problem::field("request", EXACTLY_ONE)),
    };
    let partnerships = edition.map(|edition| listed(&edition, found)).unwrap_or_default();
    Ok(Json(Explained { partnerships }))
}

/// Explains both kinds, so that every partnership that gets data through us is there once.
fn of_subject(
    desk: &Desk,
    edition: &Edition,
    subject: &Subject,
    only: Option<&PartnershipId>,
) -> Result<Vec<Found>, Problem> {
    subject.check(desk)?;
    let request = subject.request(edition.inventory()).to_string();
    let mut found = bids(desk, call(request), only)?;
    let takes_events = edition.partnerships().iter().filter(|one| one.terms.via == Via::Events);
    for partnership in takes_events.filter(|one| only.is_none_or(|id| one.terms.id == *id)) {
        let exposure = subject.exposure(edition, partnership, desk.clock.now()).to_string();
        let told = events(desk, exposure.as_bytes(), Some(&partnership.terms.id));
        found.extend(told.map_err(|error| not_explained(&error, subject::field))?);
    }
    Ok(found)
}

fn call(request: String) -> AuctionCall {
    AuctionCall {
        request: Incoming::Bytes(request.into()),
        speaker: Speaker::Platform,
        gpc: Gpc::Absent,
        wanted: Wanted::Winners,
    }
}

/// What was found out about one partnership.
struct Found {
    partnership: PartnershipId,
    path: Path,
    decision: &'static str,
    status: Option<SeatStatus>,
    told: Vec<Told>,
    losses: Vec<Loss>,
}

fn bids(
    desk: &Desk,
    call: AuctionCall,
    only: Option<&PartnershipId>,
) -> Result<Vec<Found>, Problem> {
    use exchange::Verdict;
    let explained = desk.exchange.explain(call, only).map_err(|error| refused(&error))?;
    let found = explained.into_iter().map(|one| {
        let found = Found::of(one.partnership, Path::BidRequest);
        match one.verdict {
            Verdict::Told(preview) => found.told(*preview),
            Verdict::Contextual { losses, .. } => Found {
                path: Path::ContextualBidRequest,
                decision: "asked without the person",
                losses,
                ..found
            },
            Verdict::Withheld { losses } => Found { losses, ..found },
            Verdict::NotAsked(status) => Found {
                decision: "not asked: nothing of the request is for this partner",
                status: Some(status),
                ..found
            },
            Verdict::UnknownInventory => Found {
                decision: "not asked: the site or app is not registered",
                status: Some(SeatStatus::UnknownInventory),
                ..found
            },
            Verdict::NotWritten => {
                Found { decision: "not asked: the message could not be written", ..found }
            }
        }
    });
    Ok(found.collect())
}

fn events(
    desk: &Desk,
    exposure: &[u8],
    only: Option<&PartnershipId>,
) -> Result<Vec<Found>, ExplainError> {
    use measurement::Verdict;
    let explained = desk.deliveries.explain(exposure, &desk.keyring, only)?;
    let found = explained.into_iter().map(|one| {
        let found = Found::of(one.partnership, Path::Exposures);
        match one.verdict {
            Verdict::Told(preview) => found.told(*preview),
            Verdict::Withheld { losses } => Found { losses, ..found },
            Verdict::TooOld => {
                Found { decision: "not told: the partner may not keep it any more", ..found }
            }
        }
    });
    Ok(found.collect())
}

impl Found {
    fn of(partnership: PartnershipId, path: Path) -> Self {
        let (told, losses) = (Vec::new(), Vec::new());
        Self { partnership, path, decision: "withheld", status: None, told, losses }
    }

    fn told(self, preview: Preview) -> Self {
        Self { decision: "told", told: preview.told, losses: preview.losses, ..self }
    }
}

/// Puts what was found into the register's order, with each partnership's kind.
fn listed(edition: &Edition, mut found: Vec<Found>) -> Vec<One> {
    let mut ones = Vec::with_capacity(found.len());
    for partnership in edition.partnerships() {
        let id = &partnership.terms.id;
        let own = found.extract_if(.., |one| one.partnership == *id);
        ones.extend(own.map(|one| One {
            partnership: one.partnership,
            kind: partnership.terms.kind.name(),
            path: one.path.name(),
            decision: one.decision,
            statuscode: one.status.map(SeatStatus::code),
            told: one.told,
            reasons: one.losses.iter().map(Taken::from).collect(),
        }));
    }
    ones
}

impl From<&Loss> for Taken {
    fn from(loss: &Loss) -> Self {
        Self {
            code: loss.reason.code(),
            words: loss.reason.words(),
            detail: match loss.detail {
                Detail::Nothing | Detail::Law(_) | Detail::UsLaws(_) => None,
                Detail::Unreadable(..) | Detail::Basis(..) => Some(loss.detail.to_string()),
            },
            rule: loss.rule(),
            categories: loss.categories.iter().collect(),
        }
    }
}

fn not_explained(error: &ExplainError, name: impl Fn(&str) -> String) -> Problem {
    match error {
        ExplainError::Field(wrong) => Problem::field(name(&wrong.field), wrong.problem),
        ExplainError::Encode(_) => Problem::inside(error),
    }
}

const EXACTLY_ONE: &str = "exactly one of `request`, `exposure` and `subject` is needed";
