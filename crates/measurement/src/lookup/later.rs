//! What a partner says later: how a claim ended, and what happened in the app.

use crate::{
    FieldError,
    attribution::RejectReason,
    fields::{Fields, Vocabulary},
    lookup::{
        ClaimToken, ConversionsError, Lookup, LookupError, Noted, Outcome, Repeat,
        body::{Entry, LOOKUP_BODY},
        conversion::By,
    },
    tree::{self, Node},
};
use serde::Serialize;
use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::json::JsonError;

/// What became of one in-app event. It tells nothing of a person: a credited event and one of a
/// device that nobody knows look alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventResult {
    /// Its place in the body, from 0.
    pub index: usize,
    /// The HTTP status it would have alone.
    pub status: u16,
    /// Our name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_id: Option<String>,
    /// Whether it had come before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<bool>,
    /// Which field is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
}

/// An outcome was not kept.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// The body is not as it must be.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The store failed.
    #[error(transparent)]
    Conversions(#[from] ConversionsError),
}

impl Lookup {
    /// Takes events in the app in, durably. Each is credited with the touch of the install before it, if that
    /// may still be told and no other partnership was told of the install first.
    pub async fn events(
        &self,
        id: &PartnershipId,
        body: &[u8],
    ) -> Result<Vec<EventResult>, LookupError> {
        let (_shape, entries, durable) = self.take_in(id, body, By::InApp).await?;
        durable.wait().await?;
        self.credit(id, &entries).await?;
        Ok(entries.iter().enumerate().map(|(index, entry)| EventResult::of(index, entry)).collect())
    }

    /// Notes how a claim ended: `{"outcome": "won" | "lost" | "rejected", ..}`.
    pub async fn note(
        &self,
        partnership: &PartnershipId,
        claim: &str,
        body: &[u8],
    ) -> Result<Noted, NoteError> {
        let outcome = outcome(body)?;
        let Some(token) = token(claim) else { return Ok(Noted::Unknown) };
        let now = self.parts.clock.now();
        Ok(self.parts.conversions.note(partnership.clone(), now, token, outcome).await?)
    }
}

impl EventResult {
    fn of(index: usize, entry: &Entry) -> Self {
        let bare = Self {
            index,
            status: 200,
            conversion_id: None,
            duplicate: None,
            field: None,
            problem: None,
        };
        match entry {
            Entry::Kept { kept, repeat } => Self {
                conversion_id: Some(kept.name.clone()),
                duplicate: Some(*repeat == Repeat::Again),
                ..bare
            },
            Entry::Refused { status, wrong, .. } => Self {
                status: *status,
                field: Some(wrong.field.clone()),
                problem: Some(wrong.problem),
                ..bare
            },
        }
    }
}

fn outcome(body: &[u8]) -> Result<Outcome, FieldError> {
    let wrong = |error: JsonError| FieldError { field: error.path, problem: "not acceptable JSON" };
    let Node::Object(object) = tree::parse(body, &LOOKUP_BODY).map_err(wrong)? else {
        return Err(FieldError { field: String::from("$"), problem: "not an object" });
    };
    let mut fields = Fields::of("", object);
    let reason = fields.word("reject_reason", RejectReason::from_name, RejectReason::NOT_ONE)?;
    let _value = fields.number("reject_reason_value")?;
    let _touch =
        fields.word("winning_touch_type", crate::Touch::from_name, crate::Touch::NOT_ONE)?;
    let word = fields.required_id("outcome")?;
    let outcome = match (word.as_str(), reason) {
        ("won", None) => Outcome::Won,
        ("lost", None) => Outcome::Lost,
        ("rejected", Some(reason)) => Outcome::Rejected(reason),
        ("rejected", None) => return Err(fields.wrong("reject_reason", "missing")),
        ("won" | "lost", Some(_)) => {
            return Err(fields.wrong("reject_reason", "belongs to `rejected`"));
        }
        _ => return Err(fields.wrong("outcome", "none of `won`, `lost`, `rejected`")),
    };
    fields.end()?;
    Ok(outcome)
}

/// Reads a claim's name.
fn token(claim: &str) -> Option<ClaimToken> {
    let bytes = hex::decode(claim.strip_prefix("clm_")?).ok()?;
    bytes.try_into().ok().map(ClaimToken)
}
