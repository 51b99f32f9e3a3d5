//! Requests to delete that others send here. Who asks must be a partner of the register that publishes its
//! keys; the identifier must be one that we can find a person by.

use super::{
    Listing, ListingError, Listings, ResultCode, Signer, Subject, TokenError,
    listing::names_of,
    token::{
        IdClaims, REQUEST_MAX, Reading, RequestClaims, claimed_issuer, is_timely, is_version,
        token_in, verified,
    },
};
use crate::{Erasures, StepError};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    KeyKind, PartnershipId, Personal, SubjectKey,
    time::{Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{IdentifierKind, ToldIdentifier};
use sluicegate_register::{Current, Edition};
use std::{collections::BTreeMap, fmt, sync::Arc};

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

    /// Returns whether a partnership was told of a person, device or browser under an identifier. `id` is the device's
    /// or browser's own, where it is known.
    fn is_of(&self, subject: SubjectKey, id: Option<&str>, told: &ToldIdentifier) -> bool;
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

/// A request was not answered. It can be sent again as it is.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// A file in which the key can be that signed it could not be read.
    #[error("what a partner publishes could not be read")]
    Unread,
    /// The fault is ours.
    #[error(transparent)]
    Step(#[from] StepError),
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

    /// Takes a request: verifies that both tokens are their issuers', good now, for us and about the same, and accepts
    /// the erasure durably before it says so. A request that comes again is answered alike and changes nothing, and so
    /// is one about somebody who is not known.
    ///
    /// Fails where the fault is ours, and where it cannot be known whether the request is good, since what a partner
    /// publishes could not be read: then it is not answered for, and can come again. A request that is not good has an
    /// answer that says so.
    pub async fn take(&self, body: &[u8]) -> Result<Answered, TakeError> {
        // Why: what is too long or no token is not repeated, and so it is not accepted either.
        let rq_jwt = token_in(body, "rqJWT").unwrap_or_default();
        let rq_jwt = if rq_jwt.len() <= REQUEST_MAX { rq_jwt } else { String::new() };
        let (result, text) = match self.accept(&rq_jwt).await {
            Ok(()) => (ResultCode::Successful, None),
            Err(Refused::Token(error)) => (error.into(), Some(words(error).to_owned())),
            Err(Refused::Unread) => return Err(TakeError::Unread),
            Err(Refused::Step(error)) => return Err(error.into()),
        };
        let now = self.parts.clock.now();
        let jti = format!("{:032x}", self.parts.dice.roll());
        let token = self.parts.signer.ac_jwt(&jti, &rq_jwt, (result, text), now);
        let token = token.map_err(StepError::from)?;
        Ok(Answered { token, result })
    }

    async fn accept(&self, rq_jwt: &str) -> Result<(), Refused> {
        let now = self.parts.clock.now();
        let requester = claimed_issuer(rq_jwt)?;
        let (published, request): (_, RequestClaims) = self.published(&requester, rq_jwt).await?;
        let subject = checked(&request, &requester, now)?;
        let first_party = claimed_issuer(&request.id_jwt)?;
        let identity: IdClaims = if first_party == self.parts.signer.domain() {
            let keys = self.parts.signer.public_keys();
            verified(&request.id_jwt, &keys, self.reading(&self.names()))?
        } else {
            self.published(&first_party, &request.id_jwt).await?.1
        };
        is_version(&identity.version)?;
        is_timely(identity.iat, now)?;
        let identified = |subject| {
            let found = self.identified(&published.partnerships, subject);
            found.map_err(|error| match error {
                // It may be an id of a partnership whose file could not be read.
                TokenError::IdentifierFormat if published.is_partial => Refused::Unread,
                error => error.into(),
            })
        };
        let (subject, id) = identified(subject)?;
        if identified(identity.sub.read()?)?.0 != subject {
            return Err(TokenError::TwoSubjects.into());
        }
        let request = digest(&requester, &request.jti, subject);
        self.parts.erasures.accept_request(request, subject, id.as_ref()).await?;
        Ok(())
    }

    /// Returns what a token may say that it is for: our domain, or the address where we take requests.
    fn names(&self) -> [&str; 2] {
        [self.parts.signer.domain(), &self.parts.endpoint]
    }

    fn reading<'a>(&self, names: &'a [&'a str]) -> Reading<'a> {
        Reading { names, now: self.parts.clock.now() }
    }

    /// Verifies a token under the keys of a domain: only a partner that the register lists is believed. Returns it
    /// with the partnerships whose own file has the key. A domain can be a suffix that companies share, which have
    /// nothing to say for each other. Where no file that could be read has the key, and one could not be, nobody knows.
    async fn published<T: DeserializeOwned>(
        &self,
        domain: &str,
        token: &str,
    ) -> Result<(Published, T), Refused> {
        let edition = self.parts.current.load().ok_or(TokenError::Signature)?;
        let mut outcome: Result<(Vec<PartnershipId>, T), _> = Err(TokenError::Signature);
        let mut is_unread = false;
        for ids in files_at(&edition, domain).into_values() {
            let Some(first) = ids.first() else { continue };
            let body = self.parts.listings.listing(first).await;
            let listing = match body.map(|body| Listing::read(&body)) {
                Ok(Ok(listing)) => listing,
                // Such a page stands in its place while it is not there.
                Err(_) | Ok(Err(ListingError::Shape)) => {
                    is_unread = true;
                    continue;
                }
                Ok(Err(ListingError::Script | ListingError::NoKey)) => continue,
            };
            let read = verified::<T>(token, &listing.keys, self.reading(&self.names()));
            match (read, &mut outcome) {
                // Another file of the same company.
                (Ok(_), Ok((all, _))) => all.extend(ids),
                (Ok(claims), Err(_)) => outcome = Ok((ids, claims)),
                // Why: what a file with the right key says of the token is worth more than that another has none.
                (Err(error), Err(before)) => {
                    if *before == TokenError::Signature {
                        *before = error;
                    }
                }
                (Err(_), Ok(_)) => {}
            }
        }
        match outcome {
            Ok((partnerships, claims)) => {
                Ok((Published { partnerships, is_partial: is_unread }, claims))
            }
            Err(TokenError::Signature) if is_unread => Err(Refused::Unread),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns whose an identifier is, and the device's own id where it is that.
    fn identified(
        &self,
        partnerships: &[PartnershipId],
        subject: Subject,
    ) -> Result<(SubjectKey, Option<Personal<String>>), TokenError> {
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
        let key = partnerships.iter().find_map(identify).ok_or(TokenError::IdentifierFormat)?;
        let is_own = kind == IdentifierKind::AdvertisingId;
        Ok((key, is_own.then(|| Personal::new(subject.identifier_value))))
    }
}

/// Whose files have the key of a token.
struct Published {
    partnerships: Vec<PartnershipId>,
    /// Whether another file of the company could not be read.
    is_partial: bool,
}

/// Why a request is not accepted.
enum Refused {
    Token(TokenError),
    Unread,
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

/// Returns the files `dsrdelete.json` on a domain, or below it, each with its partnerships.
fn files_at(edition: &Edition, domain: &str) -> BTreeMap<String, Vec<PartnershipId>> {
    let is_below = |host: &str| {
        domain.contains('.') && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    };
    let mut files: BTreeMap<String, Vec<PartnershipId>> = BTreeMap::new();
    for one in edition.partnerships() {
        let url = one.recall.as_ref().and_then(|recall| recall.dsrdelete_url.as_ref());
        let host = url.and_then(|url| url.host_str());
        if let Some(url) = url.filter(|_| host.is_some_and(|host| host == domain || is_below(host)))
        {
            files.entry(url.to_string()).or_default().push(one.terms.id.clone());
        }
    }
    files
}

/// Returns by what a request is known again: who asks, under which id, about whom.
fn digest(requester: &str, jti: &str, subject: SubjectKey) -> [u8; 32] {
    let length = u64::try_from(requester.len()).unwrap_or(u64::MAX);
    let kind = match subject.kind {
        KeyKind::Account => 0_u8,
        KeyKind::Device => 1,
        KeyKind::Browser => 2,
    };
    let digest = Sha256::new().chain_update(length.to_be_bytes()).chain_update(requester);
    let digest = digest.chain_update([kind]).chain_update(subject.hash.to_be_bytes());
    digest.chain_update(jti).finalize().into()
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

/// Says in words what is wrong, in the answer.
fn words(error: TokenError) -> &'static str {
    match error {
        TokenError::Malformed | TokenError::Sign | TokenError::Sealed => {
            "a required field is missing or malformed"
        }
        TokenError::TwoSubjects => "the idJWT is about another identifier than the rqJWT",
        TokenError::Signature => {
            "the signature does not verify under the keys that a listed partner publishes"
        }
        TokenError::NotAToken => "not a token signed with ES256 or RS256, or too long",
        TokenError::Audience => "the token is meant for somebody else",
        TokenError::Critical => "the token has a critical header that is not understood",
        TokenError::IdentifierType => "this identifier type is not supported",
        TokenError::IdentifierFormat => "the identifier is not in a supported format",
        TokenError::Timestamp => "issued in the future or too long ago, not good yet, or expired",
    }
}
