//! The door itself.

use crate::{
    address::AddressPolicy,
    body::{LastLook, OutgoingBody, Refusal, judge},
    client::{ClientError, PartnerClient, PartnerConnector, client, connect, connector, meaning},
    health::Health,
    lane::Lane,
    letter::Letter,
    line::{Learns, Limits, Line, Passage, Passed, most},
    names::Resolver,
    pack::unpacked,
    secrets::PartnerSecrets,
    target::{Addressee, Target},
};
use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, Request, Response, header::RETRY_AFTER};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use parking_lot::RwLock;
use sluicegate_canary::{Scope, Watch};
use sluicegate_gate::{
    Kind, PartnershipId, Path,
    time::{Clock, UnixMillis},
};
use sluicegate_ledger::{Answer, Cleared, Door, Patience, SendError};
use sluicegate_register::{Current, Edition, Endpoint};
use sluicegate_settings::Settings;
use std::{collections::BTreeMap, fmt, pin::pin, sync::Arc, time::Duration};
use tokio::time::timeout;

/// What the door is made of.
#[derive(Clone)]
pub struct EgressParts {
    /// The register in force: endpoints and limits are read from it for each message.
    pub current: Arc<Current>,
    /// Asked once more before the first byte.
    pub settings: Arc<Settings>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Where connections may go.
    pub addresses: AddressPolicy,
    /// What finds partners by name.
    pub resolver: Arc<dyn Resolver>,
    /// What we sign with.
    pub secrets: Arc<PartnerSecrets>,
    /// Which paths are closed, and who are canaries.
    pub watch: Arc<Watch>,
    /// How many bytes of bid responses may be held at once, from their coming until their auctions are over. Each
    /// partnership that bids has an equal share of it, and at least one answer of the largest size. Default
    /// [`ANSWERS_BYTES_MAX`].
    pub answers_bytes_max: usize,
}

/// How many bytes of bid responses may be held at once where the operator does not say: 256 MiB.
pub const ANSWERS_BYTES_MAX: usize = 256 << 20;

impl fmt::Debug for EgressParts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EgressParts")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// The one door. It must be used within a tokio runtime.
pub struct Egress {
    pub(crate) parts: EgressParts,
    client: PartnerClient,
    pub(crate) connector: PartnerConnector,
    lines: RwLock<BTreeMap<PartnershipId, Arc<Line>>>,
    /// For recalls and requests to delete, with limits and a breaker of their own: a bidder that is left
    /// alone is still told to forget, and one that does not take recalls is still asked to bid.
    recall_lines: RwLock<BTreeMap<PartnershipId, Arc<Line>>>,
}

impl fmt::Debug for Egress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Egress").field("parts", &self.parts).finish_non_exhaustive()
    }
}

impl Egress {
    /// Opens the door. Fails if TLS cannot be set up.
    pub fn new(parts: EgressParts) -> Result<Arc<Self>, ClientError> {
        let connector = connector(parts.addresses, Arc::clone(&parts.resolver))?;
        let client = client(connector.clone());
        let (lines, recall_lines) = (RwLock::default(), RwLock::default());
        Ok(Arc::new(Self { parts, client, connector, lines, recall_lines }))
    }

    /// Returns how the connection to each partnership that was ever sent to is doing, by id.
    pub fn health(&self) -> Vec<Health> {
        self.lines.read().values().map(|line| line.health()).collect()
    }

    pub(crate) fn parts(&self) -> &EgressParts {
        &self.parts
    }

    async fn send_one(
        &self,
        cleared: Cleared,
        patience: Option<Patience>,
    ) -> Result<Answer, SendError> {
        let edition = self.parts.current.load();
        let scope = Scope::of(edition.as_deref(), cleared.partnership());
        if !self.parts.watch.lets_out(&cleared, scope) {
            return Err(SendError::PathClosed);
        }
        let edition = edition.ok_or(SendError::NotInForce)?;
        let to = Addressee::of(&edition, cleared.partnership(), cleared.path())?;
        let clock = &self.parts.clock;
        let line = self.line_for(cleared.partnership(), cleared.path());
        let message = Message::of(&cleared, &to, &line, &self.parts)?;
        let limits = limits(to.endpoint, cleared.path());
        let mut passage = line.enter(limits, clock)?;
        if let Some(endpoint) = to.endpoint {
            passage.owes(owed(endpoint, patience));
        }
        let bytes_out = u64::try_from(message.len()).unwrap_or(u64::MAX);
        let result = match message {
            Message::Letter(letter) => {
                let posted = self.post(&letter, &cleared, &mut passage);
                // Why: timers cost, and whoever asks all partners of an auction has one.
                let answered = if patience.is_some_and(|one| one.within <= letter.timeout) {
                    posted.await
                } else {
                    timeout(letter.timeout, posted).await.unwrap_or(Err(SendError::Timeout))
                };
                answered.and_then(|answer| self.held(answer, &passage, &edition))
            }
            Message::Target(target) => {
                passage.asks();
                let last_look = LastLook::new(&self.parts, cleared);
                self.exchange(target, &Arc::new(last_look)).await
            }
        };
        passage.end(match &result {
            Ok(answer) => Passed::Answered {
                status: answer.status,
                bytes_out,
                bytes_in: u64::try_from(answer.body.len()).unwrap_or(u64::MAX),
                learns: answer.held.as_ref().map_or(Learns::Now, |_| Learns::WhenRead),
            },
            Err(SendError::Timeout) => Passed::TimedOut,
            Err(SendError::NoRoom) => Passed::NoRoom,
            Err(SendError::NotInForce | SendError::DeadlinePassed | SendError::PathClosed) => {
                Passed::NotInForce
            }
            Err(_failed) => Passed::Failed,
        });
        result
    }

    /// Makes a place for a bid response. What is no such needs none: it is let go at once.
    fn held(
        &self,
        answer: Answer,
        passage: &Passage,
        edition: &Edition,
    ) -> Result<Answer, SendError> {
        if answer.status != 200 || answer.body.is_empty() {
            return Ok(answer);
        }
        let bids =
            edition.partnerships().iter().filter(|one| one.terms.kind == Kind::RealTimeBidding);
        let share = self.parts.answers_bytes_max / bids.count().max(1);
        let held = passage.hold(answer.body.len(), share.max(BID_ANSWER_MAX));
        Ok(Answer { held: Some(held.ok_or(SendError::NoRoom)?), ..answer })
    }

    pub(crate) fn line(&self, partnership: &PartnershipId) -> Arc<Line> {
        line_in(&self.lines, partnership)
    }

    fn line_for(&self, partnership: &PartnershipId, path: Path) -> Arc<Line> {
        if is_recall(path) {
            line_in(&self.recall_lines, partnership)
        } else {
            self.line(partnership)
        }
    }

    /// Sends a bid request on a connection that it has for itself, and waits there for the answer.
    async fn post(
        &self,
        letter: &Letter,
        cleared: &Cleared,
        passage: &mut Passage,
    ) -> Result<Answer, SendError> {
        let (idle, clock) = (&letter.route.idle, &self.parts.clock);
        let begin = || {
            passage.asks();
            connect(self.connector.clone(), letter.route.uri.clone()).boxed()
        };
        let (mut wire, turn) = idle.obtain(clock, begin).await?;
        passage.asks();
        // INVARIANT: nothing stands between this question and the first byte. Refused, the connection is as good as
        // before.
        if let Err(refusal) = judge(&self.parts, cleared) {
            idle.keep(wire, clock);
            return Err(refusal.into());
        }
        let (path, headers) = (&letter.route.path, &letter.route.headers);
        let heard = wire.ask(path, headers, letter.body.clone(), BID_ANSWER_MAX).await?;
        if wire.is_quiet() {
            idle.keep(wire, clock);
        }
        drop(turn);
        Ok(Answer {
            status: heard.status,
            retry_after: retry_after(&heard.headers, || clock.now()),
            body: unpacked(&heard.headers, heard.body, letter.packs(), BID_ANSWER_MAX)?,
            held: None,
        })
    }

    async fn exchange(
        &self,
        target: Target,
        last_look: &Arc<LastLook>,
    ) -> Result<Answer, SendError> {
        // Why: what cannot go any more need not connect, and how long it waited until now is none of the partner's doing.
        // The body asks again once connected.
        last_look.ask()?;
        let body = if target.body.is_empty() {
            OutgoingBody::none(Arc::clone(last_look))
        } else {
            OutgoingBody::new(target.body, Arc::clone(last_look))
        };
        let mut request = Request::new(body);
        *request.method_mut() = target.method;
        *request.uri_mut() = target.uri;
        *request.headers_mut() = target.headers;
        let mut time_is_up = pin!(tokio::time::sleep(target.timeout));
        let (head, body) = tokio::select! {
            biased;
            response = self.response(request, last_look) => response?.into_parts(),
            () = &mut time_is_up => return Err(SendError::Timeout),
        };
        // Why: the status says what became of the message. A page of any size, or one that never ends, must not
        // hide that a partner has it, wants no more, or asks to be left alone. Who needs the body misses it.
        let body = tokio::select! {
            biased;
            body = small(&head.headers, body) => body.unwrap_or_default(),
            () = &mut time_is_up => Bytes::new(),
        };
        Ok(Answer {
            status: head.status.as_u16(),
            retry_after: retry_after(&head.headers, || self.parts.clock.now()),
            body,
            held: None,
        })
    }

    async fn response(
        &self,
        request: Request<OutgoingBody>,
        last_look: &LastLook,
    ) -> Result<Response<Incoming>, SendError> {
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) => {
                return Err(last_look.refusal().map_or_else(|| meaning(&error), kept_back));
            }
        };
        // Why: a partner that answers without waiting for the body has not been told anything.
        match last_look.refusal() {
            Some(refusal) => Err(kept_back(refusal)),
            None => Ok(response),
        }
    }
}

/// Returns what came of a message that was refused once connected. It still had its time before, so where that has
/// passed connecting took it all: the partner has failed, and not a byte has gone.
fn kept_back(refusal: Refusal) -> SendError {
    match refusal {
        Refusal::DeadlinePassed => SendError::Connect,
        Refusal::NotInForce | Refusal::PathClosed => refusal.into(),
    }
}

/// One message, by the way it goes.
enum Message {
    /// A bid request: many a second, and each with little time.
    Letter(Letter),
    /// Anything else.
    Target(Target),
}

impl Message {
    fn of(
        cleared: &Cleared,
        to: &Addressee<'_>,
        line: &Line,
        parts: &EgressParts,
    ) -> Result<Self, SendError> {
        Ok(match cleared.path() {
            Path::BidRequest | Path::ContextualBidRequest => {
                let endpoint = to.endpoint.ok_or(SendError::NoEndpoint)?;
                Self::Letter(Letter::of(cleared, endpoint, &line.address)?)
            }
            Path::WinNotice
            | Path::BillingNotice
            | Path::LossNotice
            | Path::Exposures
            | Path::Touches
            | Path::Recall
            | Path::DeletionRequest => {
                Self::Target(Target::of(cleared, to, &parts.secrets, parts.clock.now())?)
            }
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Letter(letter) => letter.body.len(),
            Self::Target(target) => target.body.len(),
        }
    }
}

impl Door for Egress {
    fn refuses(&self, partnership: &PartnershipId, path: Path) -> Option<SendError> {
        if self.parts.watch.is_closed(path) {
            return Some(SendError::PathClosed);
        }
        let Some(edition) = self.parts.current.load() else { return Some(SendError::NotInForce) };
        let to = match Addressee::of(&edition, partnership, path) {
            Ok(to) => to,
            Err(error) => return Some(error),
        };
        let is_signed = matches!(path, Path::Exposures | Path::Recall);
        if is_signed && !self.parts.secrets.signs_for(partnership) {
            return Some(SendError::NoEndpoint);
        }
        let limits = limits(to.endpoint, path);
        self.line_for(partnership, path).refuses(limits, self.parts.clock.boot())
    }

    fn send(&self, cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>> {
        self.send_one(cleared, None).boxed()
    }

    fn send_within(
        &self,
        cleared: Cleared,
        patience: Patience,
    ) -> BoxFuture<'_, Result<Answer, SendError>> {
        self.send_one(cleared, Some(patience)).boxed()
    }
}

fn line_in(lines: &RwLock<BTreeMap<PartnershipId, Arc<Line>>>, of: &PartnershipId) -> Arc<Line> {
    if let Some(line) = lines.read().get(of) {
        return Arc::clone(line);
    }
    let mut lines = lines.write();
    Arc::clone(lines.entry(of.clone()).or_insert_with(|| Line::new(of.clone())))
}

/// Returns how long a partner must have had a message for its silence to count where the caller gives up: its own time,
/// or most of the usual one where not anybody may say how little there is.
fn owed(endpoint: &Endpoint, patience: Option<Patience>) -> Duration {
    let own = endpoint.timeout;
    let usual = patience.and_then(|patience| patience.usual);
    usual.map_or(own, |usual| most(own.min(usual)))
}

fn is_recall(path: Path) -> bool {
    match path {
        Path::Recall | Path::DeletionRequest => true,
        Path::BidRequest
        | Path::ContextualBidRequest
        | Path::WinNotice
        | Path::BillingNotice
        | Path::LossNotice
        | Path::Exposures
        | Path::Touches => false,
    }
}

/// Returns the body of an answer that is no bid response, if it is whole, not packed, and no larger than it may be.
async fn small(headers: &HeaderMap, body: Incoming) -> Option<Bytes> {
    let whole = Limited::new(body, OTHER_ANSWER_MAX).collect().await.ok()?.to_bytes();
    unpacked(headers, whole, false, OTHER_ANSWER_MAX).ok()
}

/// Only a partnership that gets events is slowed down by its answers: asking a bidder less would change
/// auctions.
fn limits(endpoint: Option<&Endpoint>, path: Path) -> Limits {
    let Some(endpoint) = endpoint.filter(|_| !is_recall(path)) else { return RECALL_LIMITS };
    Limits {
        lane: Lane::of(path),
        concurrency: endpoint.concurrency,
        per_second: endpoint.per_second,
        is_paced: path == Path::Exposures,
    }
}

/// Reads `Retry-After`, seconds or a date, at most a day.
fn retry_after(headers: &HeaderMap, now: impl FnOnce() -> UnixMillis) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(large) if *large.kind() == std::num::IntErrorKind::PosOverflow => Duration::MAX,
        Err(_not_seconds) => {
            let date = httpdate::parse_http_date(text).ok()?;
            let date = date.duration_since(std::time::UNIX_EPOCH).ok()?;
            let now = u64::try_from(now().0).unwrap_or_default();
            date.saturating_sub(Duration::from_millis(now))
        }
    };
    Some(asked.min(RETRY_AFTER_MAX))
}

/// Recalls are few and large: they never need more.
const RECALL_LIMITS: Limits =
    Limits { lane: Lane::Calls, concurrency: 2, per_second: 20, is_paced: false };
/// Bytes of a bid response.
const BID_ANSWER_MAX: usize = 1 << 20;
/// Bytes of the body of any other answer.
const OTHER_ANSWER_MAX: usize = 20 << 10;
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date_and_is_a_day_at_most() {
        // 1994-11-06 08:49:00 UTC.
        let now = UnixMillis(784_111_740_000);
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers, || now).map(|asked| asked.as_secs())
        };
        let cases = [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("9999999", Some(86_400)),
            ("18446744073709551616", Some(86_400)),
            ("99999999999999999999", Some(86_400)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(37)),
            ("Sun Nov  6 08:49:37 1994", Some(37)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Sat, 06 Nov 2094 08:49:37 GMT", Some(86_400)),
            ("-1", None),
            ("soon", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
