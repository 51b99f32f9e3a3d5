//! Requests to delete that others send here. Who asks must be a partner of the register that publishes its
//! keys; the identifier must be one that we can find a person by.

use super::{
    Listing, ListingError, Listings, ResultCode, Signer, Subject, TokenError,
    listing::names_of,
    token::{
        IdClaims, RequestClaims, TOKEN_MAX, claimed_issuer, is_timely, is_version, token_in,
        verified,
    },
};
use crate::{Erasures, StepError};
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    PartnershipId, SubjectKey,
    time::{Clock, Dice, UnixMillis},
};
use sluicegate_ledger::IdentifierKind;
use sluicegate_register::{Current, Edition};
use std::{fmt, sync::Arc};

/// Finds people by what partners call them.
pub trait Identify: Send + Sync + fmt::Debug {
    /// Returns the key that an identifier stands for, in the words of one partnership; nothing if it is no
    /// identifier of that kind.
    fn identify(
        &self,
        partnership: &PartnershipId,
        identifier: IdentifierKind,
        value: &str,
    ) -> Option<SubjectKey>;
}

/// What a receiver is made of. Clones share everything.
#[derive(Clone, Debug)]
pub struct ReceiverParts {
    /// The edition in force.
    pub current: Arc<Current>,
    /// What partners publish.
    pub listings: Arc<dyn Listings>,
    /// Who people are.
    pub identify: Arc<dyn Identify>,
    /// What forgets them.
    pub erasures: Erasures,
    /// In whose name we answer.
    pub signer: Signer,
    /// Where we take requests.
    pub endpoint: String,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
}

/// Takes requests to delete. Clones share everything.
#[derive(Clone, Debug)]
pub struct Receiver {
    parts: ReceiverParts,
}

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The `acJWT`.
    pub token: String,
    /// What it says.
    pub result: ResultCode,
}

impl Receiver {
    /// Makes it of its parts.
    pub fn new(parts: ReceiverParts) -> Self {
        Self { parts }
    }

    /// Returns our own `dsrdelete.json`.
    pub fn listing(&self) -> serde_json::Value {
        Listing::of(&self.parts.signer, &self.parts.endpoint)
    }

    /// Takes a request: verifies both tokens, and accepts the erasure durably before it says so. A request
    /// that comes again is answered alike and changes nothing, and so is one about somebody who is not known.
    ///
    /// Fails only where the fault is ours; a request that is not good has an answer that says so.
    pub async fn take(&self, body: &[u8]) -> Result<Answered, StepError> {
        let rq_jwt = token_in(body, "rqJWT").unwrap_or_default();
        let accepted = self.accept(&rq_jwt).await;
        let result = match accepted {
            Ok(()) => ResultCode::Successful,
            Err(Refused::Token(error)) => ResultCode::from(error),
            Err(Refused::Step(error)) => return Err(error),
        };
        let text = (result != ResultCode::Successful).then(|| words(result).to_owned());
        let now = self.parts.clock.now();
        let jti = format!("{:032x}", self.parts.dice.roll());
        // Why: what is too long or no token is not repeated.
        let repeated = if rq_jwt.len() <= TOKEN_MAX / 2 { rq_jwt.as_str() } else { "" };
        let token = self.parts.signer.ac_jwt(&jti, repeated, (result, text), now)?;
        Ok(Answered { token, result })
    }

    async fn accept(&self, rq_jwt: &str) -> Result<(), Refused> {
        let now = self.parts.clock.now();
        let requester = claimed_issuer(rq_jwt)?;
        let (partnerships, published) = self.published(&requester).await?;
        let request: RequestClaims = verified(rq_jwt, &published.keys)?;
        let subject = checked(&request, &requester, now)?;
        let first_party = claimed_issuer(&request.id_jwt)?;
        let identity: IdClaims = if first_party == requester {
            verified(&request.id_jwt, &published.keys)?
        } else if first_party == self.parts.signer.domain() {
            verified(&request.id_jwt, &self.parts.signer.public_keys())?
        } else {
            let (_, published) = self.published(&first_party).await?;
            verified(&request.id_jwt, &published.keys)?
        };
        is_version(&identity.version)?;
        is_timely(identity.iat, now)?;
        identity.sub.read()?;
        let subject = self.identified(&partnerships, &subject)?;
        let id = Sha256::digest(format!("{requester}\n{}", request.jti)).into();
        let accepted = self.parts.erasures.accept_request(id, vec![subject]).await;
        accepted.map_err(StepError::from)?;
        Ok(())
    }

    /// Reads what the partner of a domain publishes: only a partner that the register lists is believed.
    async fn published(&self, domain: &str) -> Result<(Vec<PartnershipId>, Listing), Refused> {
        let edition = self.parts.current.load().ok_or(TokenError::Signature)?;
        let ids = partnerships_at(&edition, domain);
        let first = ids.first().ok_or(TokenError::Signature)?;
        let body = self.parts.listings.listing(first).await;
        let body = body.map_err(|_unreachable| TokenError::Signature)?;
        let listing = Listing::read(&body);
        Ok((ids, listing.map_err(|_unusable: ListingError| TokenError::Signature)?))
    }

    fn identified(
        &self,
        partnerships: &[PartnershipId],
        subject: &Subject,
    ) -> Result<SubjectKey, TokenError> {
        let known = [IdentifierKind::AdvertisingId, IdentifierKind::UserId].into_iter();
        let is_named = |kind: &IdentifierKind| {
            let mut names = names_of(*kind).iter();
            names.any(|name| name.eq_ignore_ascii_case(&subject.identifier_type))
        };
        let kind = known.into_iter().find(is_named).ok_or(TokenError::IdentifierType)?;
        if !matches!(subject.identifier_format.to_ascii_lowercase().as_str(), "raw" | "plain") {
            return Err(TokenError::IdentifierFormat);
        }
        let value = &subject.identifier_value;
        let identify = |id| self.parts.identify.identify(id, kind, value);
        partnerships.iter().find_map(identify).ok_or(TokenError::IdentifierFormat)
    }
}

/// Why a request is not accepted.
enum Refused {
    Token(TokenError),
    Step(StepError),
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<StepError> for Refused {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

/// Returns the partnerships whose `dsrdelete.json` is on a domain, or below it.
fn partnerships_at(edition: &Edition, domain: &str) -> Vec<PartnershipId> {
    let is_below = |host: &str| {
        domain.contains('.') && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    };
    let is_there = |host: &str| host == domain || is_below(host);
    let listed = edition.partnerships().iter().filter(|one| {
        let url = one.recall.as_ref().and_then(|recall| recall.dsrdelete_url.as_ref());
        url.and_then(|url| url.host_str()).is_some_and(is_there)
    });
    listed.map(|one| one.terms.id.clone()).collect()
}

fn checked(
    request: &RequestClaims,
    requester: &str,
    now: UnixMillis,
) -> Result<Subject, TokenError> {
    is_version(&request.version)?;
    is_timely(request.iat, now)?;
    if request.jti.is_empty() || request.iss != requester {
        return Err(TokenError::Malformed);
    }
    request.sub.clone().read()
}

fn words(result: ResultCode) -> &'static str {
    match result {
        ResultCode::Successful => "accepted",
        ResultCode::Malformed => "a required field is missing or malformed",
        ResultCode::InvalidSignature => {
            "the signature does not verify under the keys that a listed partner publishes"
        }
        ResultCode::InvalidToken => "not a token signed with ES256 or RS256",
        ResultCode::UnsupportedType => "this identifier type is not supported",
        ResultCode::IncorrectFormat => "the identifier is not in a supported format",
        ResultCode::InvalidTimestamp => "issued in the future, or too long ago",
    }
}
