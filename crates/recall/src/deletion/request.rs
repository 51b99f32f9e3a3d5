//! Asking partners to delete: one token for each identifier that a partner got from here.

use super::{
    Listing, Sealer, Signer, TokenError,
    token::{AcknowledgementClaims, Reading, is_version, token_in, verified},
};
use crate::{Deferred, Deleting, RecallSchedule, RecallStore, StepError};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::json;
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    EditionHash, EncodeError, PartnershipId, Path,
    time::{Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{
    Answer, Deletion, Door, Ledger, Outcome, RecallError, SendError, ToldIdentifier,
};
use sluicegate_register::Current;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::OnceCell;

/// Requests of one step at most.
const REQUESTS_MAX: usize = 32;
/// How long one attempt may wait for its turn and its connection.
const ATTEMPT: Duration = Duration::from_mins(1);
/// How long to wait when nothing could be tried.
const NOT_TRIED: Duration = Duration::from_secs(30);
/// For how long a request is tried; a time in which it was due and could not be does not count.
const GIVES_UP_AFTER: Duration = Duration::from_hours(24 * 30);

/// Reads what partners publish.
pub trait Listings: Send + Sync + fmt::Debug {
    /// Reads the file that the register names as a partnership's `dsrdelete_url`.
    fn listing(&self, partnership: &PartnershipId) -> BoxFuture<'_, Result<Bytes, SendError>>;
}

/// What requests are made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct DeletionsParts {
    /// Where they wait.
    pub store: Arc<dyn RecallStore>,
    /// Where everything is recorded before it goes.
    pub ledger: Arc<Ledger>,
    /// The way out.
    pub door: Arc<dyn Door>,
    /// What partners publish.
    pub listings: Arc<dyn Listings>,
    /// The edition in force.
    pub current: Arc<Current>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// In whose name they are signed.
    pub signer: Signer,
    /// What opens the identifiers.
    pub sealer: Sealer,
    /// When a request is tried again.
    pub schedule: RecallSchedule,
}

/// Asks partners to delete. Clones share everything.
#[derive(Clone, Debug)]
pub struct Deletions {
    parts: DeletionsParts,
}

/// How one attempt ended.
enum Ended {
    /// The partner has accepted it; the digest of its acknowledgement.
    Accepted([u8; 32]),
    /// It will never be of use: the partner does not know such identifiers.
    Useless,
    /// The edition in force does not list the partnership: it is told to forget, and nobody is named to it.
    Unlisted,
    /// It failed.
    Failed(Option<Duration>),
    /// It was not tried, since the partner fails too often.
    HeldBack,
    /// It could not be tried, for a reason of ours.
    NotTried,
}

impl Deletions {
    /// Makes them of their parts.
    pub fn new(parts: DeletionsParts) -> Self {
        Self { parts }
    }

    /// Returns the partnerships for which requests wait.
    pub async fn takers(&self) -> Result<Vec<PartnershipId>, StepError> {
        Ok(self.parts.store.asked_to_delete().await?)
    }

    /// Sends what is due to one partnership. Returns how many requests it accepted.
    pub async fn step(&self, partnership: &PartnershipId) -> Result<usize, StepError> {
        let now = self.parts.clock.now();
        let due = self.parts.store.due_deletions(partnership.clone(), now, REQUESTS_MAX).await?;
        let (mut accepted, listing) = (0, OnceCell::new());
        for request in due {
            let ended = match self.attempt(&request, &listing).await {
                // Why: kept and tried again, since the key may be another for now; in the end it is given up.
                Err(
                    error @ (StepError::Deletion(TokenError::Sealed)
                    | StepError::Recall(RecallError::NotRecorded | RecallError::Write(_))),
                ) => {
                    tell_of_damage(&request, &error);
                    Ended::Failed(None)
                }
                tried => tried?,
            };
            accepted += usize::from(matches!(ended, Ended::Accepted(_)));
            self.settle(&request, ended).await?;
        }
        Ok(accepted)
    }

    /// Reads what the partner publishes once for all attempts of a step.
    async fn attempt(
        &self,
        request: &Deleting,
        published: &OnceCell<Option<Listing>>,
    ) -> Result<Ended, StepError> {
        let parts = &self.parts;
        let id = &request.partnership;
        let Some(edition) = parts.current.load() else { return Ok(Ended::NotTried) };
        if edition.partnership(id).is_none() {
            return Ok(Ended::Unlisted);
        }
        match parts.door.refuses(id, Path::DeletionRequest) {
            None => {}
            Some(SendError::BreakerOpen) => return Ok(Ended::HeldBack),
            Some(_) => return Ok(Ended::NotTried),
        }
        let listing = published.get_or_init(|| self.listing(id)).await;
        let Some(listing) = listing else { return Ok(Ended::Failed(None)) };
        let value = parts.sealer.open(&request.id.into(), &request.sealed)?;
        let told = ToldIdentifier {
            partnership: id.clone(),
            identifier: request.identifier,
            value,
            mark: request.mark,
        };
        self.ask(request, told, listing, edition.hash()).await
    }

    async fn listing(&self, partnership: &PartnershipId) -> Option<Listing> {
        let bytes = self.parts.listings.listing(partnership).await.ok()?;
        Listing::read(&bytes).ok()
    }

    async fn ask(
        &self,
        request: &Deleting,
        told: ToldIdentifier,
        listing: &Listing,
        edition: EditionHash,
    ) -> Result<Ended, StepError> {
        let parts = &self.parts;
        let Some(subject) = listing.wants(told.identifier, &told.value) else {
            return Ok(Ended::Useless);
        };
        let jti = request.id.to_string();
        let now = parts.clock.now();
        let id_jwt = parts.signer.id_jwt(&format!("{jti}-id"), &subject, now)?;
        let rq_jwt = parts.signer.rq_jwt(&jti, id_jwt, &subject, now)?;
        let deletion = Deletion {
            message: request.id,
            edition,
            deadline: parts.clock.boot().plus(ATTEMPT),
            url: listing.endpoint.clone(),
            told,
        };
        let write = |_told: &ToldIdentifier| {
            let body = json!({ "rqJWT": rq_jwt }).to_string();
            Ok::<_, EncodeError>(Bytes::from(body))
        };
        let cleared = parts.ledger.deletion(deletion, write).await?;
        let answered = parts.door.send(cleared).await;
        let (ended, outcome) = ended(answered, &rq_jwt, listing, &parts.signer, now);
        parts.ledger.outcome(request.id, outcome);
        Ok(ended)
    }

    async fn settle(&self, request: &Deleting, ended: Ended) -> Result<(), StepError> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let counts_from = put_off(request, now);
        let is_over = counts_from.plus(GIVES_UP_AFTER) <= now;
        match ended {
            Ended::Accepted(digest) => {
                parts.store.end_deletion(request.id, now, Some(digest)).await?;
            }
            Ended::Useless => parts.store.end_deletion(request.id, now, None).await?,
            // Why: kept until it is listed again, perhaps never, the identifier would outlive the erasure.
            Ended::Unlisted => {
                give_up(request, "its partner is not listed any more");
                parts.store.end_deletion(request.id, now, None).await?;
            }
            Ended::Failed(_) | Ended::HeldBack if is_over => {
                give_up(request, "its partner did not accept it in time");
                parts.store.end_deletion(request.id, now, None).await?;
            }
            Ended::Failed(asked) => {
                let failures = request.failures.saturating_add(1);
                let wait = parts.schedule.wait(failures, asked, parts.dice.as_ref());
                let deferred = Deferred { failures, next_at: now.plus(wait), counts_from };
                parts.store.defer_deletion(request.id, deferred).await?;
            }
            Ended::HeldBack => {
                let (failures, next_at) = (request.failures, now.plus(NOT_TRIED));
                let deferred = Deferred { failures, next_at, counts_from };
                parts.store.defer_deletion(request.id, deferred).await?;
            }
            Ended::NotTried => {
                let (failures, next_at) = (request.failures, now.plus(NOT_TRIED));
                let counts_from = put_off(request, next_at);
                let deferred = Deferred { failures, next_at, counts_from };
                parts.store.defer_deletion(request.id, deferred).await?;
            }
        }
        Ok(())
    }
}

/// Returns since when a request's time counts: later by as long as it was due and was not tried until then.
fn put_off(request: &Deleting, until: UnixMillis) -> UnixMillis {
    let missed = until.0.saturating_sub(request.next_at.0).max(0);
    UnixMillis(request.counts_from.0.saturating_add(missed)).min(until)
}

/// Says that a request cannot be made of what is kept.
fn tell_of_damage(request: &Deleting, error: &StepError) {
    tracing::error!(
        partnership.id = %request.partnership,
        error.cause = %std::error::Error::source(error).unwrap_or(error),
        "a request to delete cannot be made of what is kept; the others go on"
    );
}

/// Says that nobody accepted a request. Its recall goes on.
fn give_up(request: &Deleting, why: &'static str) {
    let id = &request.partnership;
    tracing::error!(partnership.id = %id, why, "a request to delete is given up");
}

fn ended(
    answered: Result<Answer, SendError>,
    rq_jwt: &str,
    listing: &Listing,
    signer: &Signer,
    now: UnixMillis,
) -> (Ended, Outcome) {
    match answered {
        Ok(answer) => {
            let read = acknowledged(&answer.body, rq_jwt, listing, signer, now);
            match read {
                Ok((0, digest)) if (200..300).contains(&answer.status) => {
                    (Ended::Accepted(digest), Outcome::Delivered)
                }
                // It knows no such identifier, or not so written: asking again changes nothing.
                Ok((4 | 5, _)) => (Ended::Useless, Outcome::Delivered),
                Ok(_) | Err(_) => (Ended::Failed(answer.retry_after), Outcome::Unconfirmed),
            }
        }
        Err(
            SendError::NotInForce
            | SendError::DeadlinePassed
            | SendError::Busy
            | SendError::PathClosed
            | SendError::NoEndpoint,
        ) => (Ended::NotTried, Outcome::Failed),
        Err(SendError::BreakerOpen) => (Ended::HeldBack, Outcome::Failed),
        Err(SendError::AddressRefused | SendError::Connect) => {
            (Ended::Failed(None), Outcome::Failed)
        }
        Err(SendError::Timeout | SendError::TooLarge | SendError::NoRoom | SendError::Protocol) => {
            (Ended::Failed(None), Outcome::Unconfirmed)
        }
    }
}

/// Verifies an acknowledgement: the partner's signature over it, and that it is of our own request, whose
/// signature is verified as well. Returns its result, and its digest.
fn acknowledged(
    body: &[u8],
    rq_jwt: &str,
    listing: &Listing,
    signer: &Signer,
    now: UnixMillis,
) -> Result<(u8, [u8; 32]), TokenError> {
    let token = token_in(body, "acJWT")?;
    let reading = Reading { names: &[signer.domain()], now };
    let claims: AcknowledgementClaims = verified(&token, &listing.keys, reading)?;
    is_version(&claims.version)?;
    super::token::is_timely(claims.iat, now)?;
    if claims.jti.is_empty() || claims.iss.is_empty() || claims.rq_jwt != rq_jwt {
        return Err(TokenError::Malformed);
    }
    verified::<super::token::RequestClaims>(&claims.rq_jwt, &signer.public_keys(), reading)?;
    Ok((claims.result_code, Sha256::digest(token).into()))
}
