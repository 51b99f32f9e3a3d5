//! Asks one partner: decide, project, seal, reserve, send.

use crate::{
    counters::Count,
    exchange::{Exchange, ExchangeParts},
    lot::PutUp,
    occasion::Occasion,
    status::SeatStatus,
};
use sluicegate_gate::{
    Contextual, Decision, DisclosureId, Envelope, Loss, Path, Permit, Reason, ToldList, Withheld,
    seal_no_person, time::BootMillis,
};
use sluicegate_ledger::{Answer, Outcome, Pending, SendError, WithheldNote};
use sluicegate_openrtb::write::{BidRequestFamily, ContextualRequest, Lot, OutRequest, Shared};
use sluicegate_register::Partnership;
use sluicegate_signals::GdprScope;
use std::collections::BTreeSet;
use tokio::time::{Instant, timeout_at};

/// How asking one partner went.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// Nothing left.
    NotAsked(SeatStatus),
    /// Something may have left: it is recorded, or on its way to the disk.
    Asked(Box<Sent>),
}

/// A message that may have left.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) disclosure: DisclosureId,
    pub(crate) path: Path,
    /// What it says of the person.
    pub(crate) told: Vec<ToldList>,
    pub(crate) pending: Pending,
    pub(crate) result: Result<Answer, SeatStatus>,
}

/// How long partners have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) until: Instant,
    /// The same as told to partners (`tmax`).
    pub(crate) tmax_ms: u32,
}

impl Exchange {
    pub(crate) async fn ask(
        &self,
        (occasion, shared): (&Occasion<'_>, &Shared<'_>),
        partnership: &Partnership,
        put_up: &PutUp,
        time: Time,
    ) -> Attempt {
        if let Some(status) = put_up.nothing() {
            return Attempt::NotAsked(status);
        }
        let lot = (shared, &put_up.lot);
        let boot = self.parts.clock.boot();
        let tmax_ms = self.told_tmax(partnership, time.tmax_ms, boot);
        let time = Time { tmax_ms, ..time };
        match occasion.decide(partnership) {
            Decision::Permit(permit) => {
                self.counters.reduced(&partnership.terms.id, &reasons(permit.losses()));
                match self.seal(occasion, permit, lot, time) {
                    Some(envelope) => self.send(envelope, time).await,
                    None => Attempt::NotAsked(SeatStatus::Error),
                }
            }
            Decision::Withheld(withheld) => {
                self.note_withheld(occasion, &withheld);
                match withheld.contextual {
                    Contextual::Until(deadline) => {
                        let asked = (deadline, withheld.gdpr);
                        let envelope =
                            self.seal_contextual((occasion, partnership), asked, lot, time);
                        match envelope {
                            Some(envelope) => self.send(envelope, time).await,
                            None => Attempt::NotAsked(SeatStatus::Error),
                        }
                    }
                    Contextual::Skipped => Attempt::NotAsked(SeatStatus::Withheld),
                }
            }
        }
    }

    /// Returns the `tmax` that a partner is told where there is so much time: no more than the register gives it.
    pub(crate) fn told_tmax(&self, to: &Partnership, tmax_ms: u32, now: BootMillis) -> u32 {
        let own = to.endpoint.as_ref().and_then(|own| u32::try_from(own.timeout.as_millis()).ok());
        self.network.told(&to.terms.id, own.map_or(tmax_ms, |own| own.min(tmax_ms)), now)
    }

    fn seal(
        &self,
        occasion: &Occasion<'_>,
        permit: Permit,
        lot: (&Shared<'_>, &Lot),
        time: Time,
    ) -> Option<Envelope> {
        let disclosure = DisclosureId(self.parts.dice.roll());
        let pairwise = self.pairwise_id(occasion, &permit.stamp().partnership);
        let projection = occasion.projection(lot, disclosure, pairwise.as_deref(), time.tmax_ms);
        permit
            .seal::<BidRequestFamily>(|grants| OutRequest::build(grants, &projection))
            .into_envelope()
            .ok()
    }

    fn seal_contextual(
        &self,
        (occasion, partnership): (&Occasion<'_>, &Partnership),
        (deadline, scope): (BootMillis, GdprScope),
        lot: (&Shared<'_>, &Lot),
        time: Time,
    ) -> Option<Envelope> {
        let disclosure = DisclosureId(self.parts.dice.roll());
        let projection = occasion.projection(lot, disclosure, None, time.tmax_ms);
        let request = ContextualRequest::build(&projection, scope);
        let (id, edition) = (partnership.terms.id.clone(), occasion.edition.hash());
        let sealed = seal_no_person(id, edition, deadline, &request).ok()?;
        Some(sealed.into_envelope())
    }

    async fn send(&self, envelope: Envelope, time: Time) -> Attempt {
        let ExchangeParts { ledger, door, .. } = &self.parts;
        let (disclosure, path) = (envelope.message(), envelope.path());
        if let Some(refusal) = door.refuses(envelope.partnership(), path) {
            return Attempt::NotAsked(status(refusal));
        }
        let told = envelope.items().iter().map(|item| item.told.clone()).collect();
        let partnership = envelope.partnership().clone();
        let (cleared, pending) = match timeout_at(time.until, ledger.reserve(envelope)).await {
            Ok(Ok(reserved)) => reserved,
            Ok(Err(_not_recorded)) => return Attempt::NotAsked(SeatStatus::Error),
            Err(_elapsed) => return Attempt::NotAsked(SeatStatus::TimedOut),
        };
        self.counters.add(Count::Asked);
        if path == Path::ContextualBidRequest {
            self.counters.add(Count::Contextual);
        }
        let began = self.parts.clock.boot();
        let sent = timeout_at(time.until, door.send(cleared)).await;
        let result = sent.unwrap_or(Err(SendError::Timeout));
        if result.is_ok() {
            self.network.answered(&partnership, began, self.parts.clock.boot());
        }
        ledger.outcome(disclosure, outcome(&result));
        let result = result.map_err(status);
        Attempt::Asked(Box::new(Sent { disclosure, path, told, pending, result }))
    }

    fn note_withheld(&self, occasion: &Occasion<'_>, withheld: &Withheld) {
        let reasons = reasons(&withheld.losses);
        self.counters.withheld(&withheld.partnership, &reasons);
        self.parts.ledger.withheld(WithheldNote {
            partnership: withheld.partnership.clone(),
            path: Path::BidRequest,
            reasons,
            keys: occasion.weighed.keys.iter().collect(),
            at: occasion.now,
        });
    }
}

/// Returns each reason once, in rule order.
pub(crate) fn reasons(losses: &[Loss]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = losses.iter().map(|loss| loss.reason).collect();
    let mut seen = BTreeSet::new();
    reasons.retain(|reason| seen.insert(*reason));
    reasons
}

/// Says for the ledger how a message ended.
pub(crate) fn outcome(result: &Result<Answer, SendError>) -> Outcome {
    match result {
        Ok(_) => Outcome::Delivered,
        Err(
            SendError::NotInForce
            | SendError::DeadlinePassed
            | SendError::Busy
            | SendError::BreakerOpen
            | SendError::AddressRefused
            | SendError::NoEndpoint
            | SendError::PathClosed
            | SendError::Connect,
        ) => Outcome::Failed,
        Err(SendError::Timeout | SendError::TooLarge | SendError::Protocol) => Outcome::Unconfirmed,
    }
}

fn status(error: SendError) -> SeatStatus {
    match error {
        SendError::NotInForce | SendError::PathClosed => SeatStatus::Withheld,
        SendError::Busy | SendError::BreakerOpen | SendError::NoEndpoint => SeatStatus::NotAsked,
        SendError::AddressRefused | SendError::Connect => SeatStatus::Unreachable,
        SendError::Timeout | SendError::DeadlinePassed => SeatStatus::TimedOut,
        SendError::TooLarge | SendError::Protocol => SeatStatus::InvalidAnswer,
    }
}
