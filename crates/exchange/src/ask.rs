//! Asks one partner: decide, project, seal, reserve, send.

use crate::{
    counters::Count,
    exchange::{Exchange, ExchangeParts},
    lot::PutUp,
    occasion::Occasion,
    reply::Reply,
    status::SeatStatus,
};
use futures_util::future::join_all;
use parking_lot::Mutex;
use sluicegate_gate::{
    Contextual, Decision, DisclosureId, Envelope, Loss, Path, Permit, Reason, Withheld,
    seal_no_person, time::BootMillis,
};
use sluicegate_ledger::{Answer, Outcome, Patience, Pending, SendError, WithheldNote};
use sluicegate_openrtb::write::{BidRequestFamily, ContextualRequest, Lot, OutRequest, Shared};
use sluicegate_register::Partnership;
use sluicegate_signals::GdprScope;
use std::time::Duration;
use tokio::time::timeout;

/// How asking one partner went.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// Nothing left.
    NotAsked(SeatStatus),
    /// Something may have left: it is recorded, or on its way to the disk.
    Asked(Sent),
}

/// A message that may have left.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) pending: Pending,
    /// None while nothing was heard.
    pub(crate) result: Option<Result<Reply, SeatStatus>>,
}

/// How long partners have.
#[derive(Clone, Copy, Debug)]
struct Time {
    patience: Patience,
    /// The same as told to partners (`tmax`).
    tmax_ms: u32,
}

impl Exchange {
    /// Asks all partners at once. One timer ends it for all of them: how far each was then is what it came to.
    pub(crate) async fn ask_all(
        &self,
        asked: (&Occasion<'_>, &Shared<'_>),
        partners: &[(&Partnership, PutUp)],
        asking: Duration,
    ) -> Vec<Attempt> {
        let tmax_ms = u32::try_from(asking.as_millis()).unwrap_or(u32::MAX);
        let usual = self.usual_time(asked.0.weighed);
        let time = Time { patience: Patience { within: asking, usual }, tmax_ms };
        let late = || Mutex::new(Attempt::NotAsked(SeatStatus::TimedOut));
        let attempts: Vec<_> = partners.iter().map(|_| late()).collect();
        if !asking.is_zero() {
            let all = partners.iter().zip(&attempts).map(|(partner, attempt)| async move {
                if let Err(status) = self.ask(asked, partner, time, attempt).await {
                    *attempt.lock() = Attempt::NotAsked(status);
                }
            });
            timeout(asking, join_all(all)).await.map_or_else(drop, drop);
        }
        attempts.into_iter().map(Mutex::into_inner).inspect(|one| self.note_late(one)).collect()
    }

    /// Fails where nothing is to leave; else what became of it stands in the attempt.
    async fn ask(
        &self,
        (occasion, shared): (&Occasion<'_>, &Shared<'_>),
        (partnership, put_up): &(&Partnership, PutUp),
        time: Time,
        attempt: &Mutex<Attempt>,
    ) -> Result<(), SeatStatus> {
        if let Some(status) = put_up.nothing() {
            return Err(status);
        }
        let lot = (shared, &put_up.lot);
        let tmax_ms = self.told_tmax(partnership, time.tmax_ms, occasion.boot);
        let time = Time { tmax_ms, ..time };
        let envelope = match occasion.decide(partnership) {
            Decision::Permit(permit) => {
                self.counters.reduced(&partnership.terms.id, &reasons(permit.losses()));
                self.seal(occasion, permit, lot, time)
            }
            Decision::Withheld(withheld) => {
                self.note_withheld(occasion, &withheld);
                match withheld.contextual {
                    Contextual::Until(deadline) => {
                        let asked = (deadline, withheld.gdpr);
                        self.seal_contextual((occasion, partnership), asked, lot, time)
                    }
                    Contextual::Skipped => return Err(SeatStatus::Withheld),
                }
            }
        };
        self.send(envelope.ok_or(SeatStatus::Error)?, time, attempt).await
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

    async fn send(
        &self,
        envelope: Envelope,
        time: Time,
        attempt: &Mutex<Attempt>,
    ) -> Result<(), SeatStatus> {
        let ExchangeParts { ledger, door, .. } = &self.parts;
        let (disclosure, path) = (envelope.message(), envelope.path());
        if let Some(refusal) = door.refuses(envelope.partnership(), path) {
            return Err(status(refusal));
        }
        let partnership = envelope.partnership().clone();
        let reserved = ledger.reserve(envelope).await;
        let (cleared, pending) = reserved.map_err(|_not_recorded| SeatStatus::Error)?;
        self.counters.add(Count::Asked);
        if path == Path::ContextualBidRequest {
            self.counters.add(Count::Contextual);
        }
        *attempt.lock() = Attempt::Asked(Sent { pending, result: None });
        let began = self.parts.clock.boot();
        let result = door.send_within(cleared, time.patience).await;
        if result.is_ok() {
            self.network.answered(&partnership, began, self.parts.clock.boot());
        }
        ledger.outcome(disclosure, outcome(&result));
        let reply = result.map_err(status).and_then(|answer| Reply::read(answer, disclosure));
        if let Attempt::Asked(sent) = &mut *attempt.lock() {
            sent.result = Some(reply);
        }
        Ok(())
    }

    /// Notes that the time was up before anything was heard.
    fn note_late(&self, attempt: &Attempt) {
        match attempt {
            Attempt::Asked(Sent { pending, result: None }) => {
                let message = pending.envelope().message();
                self.parts.ledger.outcome(message, outcome(&Err(SendError::Timeout)));
            }
            Attempt::Asked(Sent { result: Some(_), .. }) | Attempt::NotAsked(_) => {}
        }
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
    let mut reasons = Vec::with_capacity(losses.len());
    for Loss { reason, .. } in losses {
        // Why: they are few.
        if !reasons.contains(reason) {
            reasons.push(*reason);
        }
    }
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
        Err(SendError::Timeout | SendError::TooLarge | SendError::NoRoom | SendError::Protocol) => {
            Outcome::Unconfirmed
        }
    }
}

fn status(error: SendError) -> SeatStatus {
    match error {
        SendError::NotInForce | SendError::PathClosed => SeatStatus::Withheld,
        SendError::Busy | SendError::BreakerOpen | SendError::NoEndpoint => SeatStatus::NotAsked,
        SendError::AddressRefused | SendError::Connect => SeatStatus::Unreachable,
        SendError::Timeout | SendError::DeadlinePassed => SeatStatus::TimedOut,
        SendError::TooLarge | SendError::Protocol => SeatStatus::InvalidAnswer,
        SendError::NoRoom => SeatStatus::NoRoom,
    }
}
