//! What a partner says later: how a claim ended, and what happened in the app.

use crate::{
    FieldError, SealError,
    attribution::RejectReason,
    exposure::Exposure,
    fields::{Fields, Vocabulary},
    judge::{Asked, Judge},
    lookup::{
        Active, ClaimToken, ConversionsError, CountKey, Counting, FoundClaim, Lookup, LookupError,
        Noted, Outcome, Repeat,
        body::{Entry, Kept, LOOKUP_BODY},
        conversion::By,
        line, listed,
        settle::person,
    },
    tree::{self, Node},
};
use serde::Serialize;
use sluicegate_gate::PartnershipId;
use sluicegate_ledger::Day;
use sluicegate_openrtb::json::JsonError;
use std::sync::Arc;

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
    /// Takes events in the app in, durably. Each is credited with the install's touch, if that may
    /// still be told.
    pub async fn events(
        &self,
        id: &PartnershipId,
        body: &[u8],
    ) -> Result<Vec<EventResult>, LookupError> {
        let (_shape, entries) = self.take_in(id, body, By::InApp).await?;
        self.credit(id, &entries).await?;
        Ok(entries.iter().enumerate().map(|(index, entry)| EventResult::of(index, entry)).collect())
    }

    async fn credit(&self, id: &PartnershipId, entries: &[Entry]) -> Result<(), LookupError> {
        let parts = &self.parts;
        let kept: Vec<_> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Kept { kept, .. } => Some(kept),
                Entry::Refused { .. } => None,
            })
            .collect();
        let installation =
            |app: &str, known: &str| parts.keys.alias("installation", id, app, known);
        let asked = kept.iter().map(|kept| {
            let conversion = &kept.conversion;
            installation(&conversion.app_id, conversion.known_as.open())
        });
        let claims = parts.conversions.claims(asked.collect()).await?;
        let mut countings = Vec::new();
        for (kept, claim) in kept.into_iter().zip(claims) {
            let Some(claim) = claim else { continue };
            if let Some(exposure) = self.still_told(id, &claim)? {
                countings.extend(self.countings(&exposure, kept, claim.token));
            }
        }
        Ok(parts.conversions.count(countings).await?)
    }

    /// Returns what an event adds: itself; who used the app that day; and, on the third such day, somebody
    /// who keeps to it.
    fn countings(&self, exposure: &Exposure, kept: &Kept, claim: ClaimToken) -> [Counting; 2] {
        let keys = &self.parts.keys;
        let event = &kept.conversion;
        let day = Day::of(event.at);
        let parts = [
            exposure.advertiser.as_str().as_bytes(),
            event.app_id.as_bytes(),
            &day.0.to_be_bytes(),
            &person(exposure).to_be_bytes(),
        ];
        let counts = vec![line::one(exposure, event, "loyal_users")];
        let active = Active { claim, day, days: LOYAL_DAYS, counts };
        [
            Counting {
                once: CountKey(keys.digest("counted event", &kept.id.0)),
                counts: line::of_event(exposure, event),
                active: Some(active),
            },
            Counting {
                once: CountKey(keys.digest("counted user", &parts.join(&0))),
                counts: vec![line::one(exposure, event, "unique_users")],
                active: None,
            },
        ]
    }

    /// Returns the claim's exposure, if it might be told now.
    fn still_told(
        &self,
        id: &PartnershipId,
        claim: &FoundClaim,
    ) -> Result<Option<Exposure>, LookupError> {
        let parts = &self.parts;
        let edition = parts.current.load().ok_or(LookupError::NoEdition)?;
        let partnership = listed(&edition, id)?;
        let text = parts.keys.open(&claim.sealed)?;
        let exposure: Exposure =
            serde_json::from_slice(&text).map_err(|_opaque| SealError::Open)?;
        let judge = Judge {
            edition: &edition,
            partnership,
            settings: &parts.settings,
            keys: &parts.keys.partner(id),
            now: parts.clock.now(),
            boot: parts.clock.boot(),
            // Only messages have one.
            source: &Arc::from(""),
        };
        let told = matches!(judge.ask(&exposure), Asked::Permitted(_));
        Ok(told.then_some(exposure))
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
        Ok(self.parts.conversions.note(partnership.clone(), token, outcome).await?)
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

/// With events on so many days since the install somebody keeps to the app.
const LOYAL_DAYS: u32 = 3;

/// Reads a claim's name.
fn token(claim: &str) -> Option<ClaimToken> {
    let bytes = hex::decode(claim.strip_prefix("clm_")?).ok()?;
    bytes.try_into().ok().map(ClaimToken)
}
