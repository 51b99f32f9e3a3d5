//! `POST /v1/decisions/explain`: for a bid request, what would leave to each bidding partner, field by
//! field, and every reason that took something away. Nothing is sent and nothing is recorded.

use super::{Desk, Scope, auction::refused, body};
use crate::problem::Problem;
use axum::{Json, body::Body, extract::State};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sluicegate_exchange::{AuctionCall, Explanation, Incoming, Speaker, Verdict, Wanted};
use sluicegate_gate::{Category, Loss, PartnershipId, Told};
use sluicegate_signals::Gpc;
use std::fmt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// An OpenRTB 2.6 bid request, as the platform would send it.
    request: Box<RawValue>,
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
    partnerships: Vec<One>,
}

#[derive(Debug, Serialize)]
pub(crate) struct One {
    partnership: String,
    /// `told`, `asked without the person`, `withheld`, or why it could not be asked.
    decision: &'static str,
    told: Vec<Told>,
    reasons: Vec<Taken>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Taken {
    code: &'static str,
    words: &'static str,
    /// The rule, standard or law.
    rule: &'static str,
    categories: Vec<Category>,
}

pub(crate) async fn explain(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Explained>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let ask: Ask = body::json(body).await?;
    let call = AuctionCall {
        request: Incoming::Bytes(ask.request.get().to_owned().into()),
        speaker: Speaker::Platform,
        gpc: Gpc::Absent,
        wanted: Wanted::Winners,
    };
    let explained =
        desk.exchange.explain(call, ask.partnership.as_ref()).map_err(|error| refused(&error))?;
    Ok(Json(Explained { partnerships: explained.into_iter().map(one).collect() }))
}

fn one(explanation: Explanation) -> One {
    let (decision, told, losses) = match explanation.verdict {
        Verdict::Told(preview) => ("told", preview.told, preview.losses),
        Verdict::Contextual { losses, .. } => ("asked without the person", Vec::new(), losses),
        Verdict::Withheld { losses } => ("withheld", Vec::new(), losses),
        Verdict::UnknownInventory => {
            ("not asked: the site or app is not registered", Vec::new(), Vec::new())
        }
        Verdict::NotWritten => {
            ("not asked: the message could not be written", Vec::new(), Vec::new())
        }
    };
    One {
        partnership: explanation.partnership.to_string(),
        decision,
        told,
        reasons: losses.into_iter().map(taken).collect(),
    }
}

fn taken(loss: Loss) -> Taken {
    Taken {
        code: loss.reason.code(),
        words: loss.reason.words(),
        rule: loss.reason.rule(),
        categories: loss.categories.iter().collect(),
    }
}
