//! What would leave, and why not: the same decision and the same projection, and nothing is sent.

use crate::{
    call::{AuctionCall, AuctionError},
    exchange::Exchange,
    status::SeatStatus,
};
use bytes::Bytes;
use sluicegate_gate::{Contextual, Decision, DisclosureId, Loss, NoPerson, PartnershipId, Preview};
use sluicegate_openrtb::write::{BidRequestFamily, ContextualRequest, OutRequest};

/// What one bidding partner would get.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The partnership.
    pub partnership: PartnershipId,
    /// What would happen.
    pub verdict: Verdict,
}

/// What would happen with one partnership.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It would be told this; the preview also holds what was taken away.
    Told(Box<Preview>),
    /// It would be asked without the person.
    Contextual {
        /// The bytes it would get, ids aside.
        bytes: Bytes,
        /// Why nothing about the person may be told.
        losses: Vec<Loss>,
    },
    /// It would not be asked.
    Withheld {
        /// Why.
        losses: Vec<Loss>,
    },
    /// Nothing of the request is for this partner, whoever the person is.
    NotAsked(SeatStatus),
    /// The site or app is not registered: nobody is asked.
    UnknownInventory,
    /// The message could not be written; it would not be sent.
    NotWritten,
}

impl Exchange {
    /// Explains the auction for every bidding partnership, or for one. Without an edition, and for a
    /// partnership that does not bid, the list is empty.
    pub fn explain(
        &self,
        call: AuctionCall,
        only: Option<&PartnershipId>,
    ) -> Result<Vec<Explanation>, AuctionError> {
        let weighed = self.weigh(call)?;
        let asking = self.asking_time(&weighed.request);
        let tmax = asking.saturating_sub(self.kept_for_markup(weighed.wanted, asking));
        let tmax_ms = u32::try_from(tmax.as_millis()).unwrap_or(u32::MAX);
        let Some(occasion) = self.occasion(&weighed) else { return Ok(Vec::new()) };
        let asked = occasion.bidders().filter(|one| only.is_none_or(|id| one.terms.id == *id));
        let explained = asked.map(|partnership| {
            let verdict = if occasion.context.is_none() {
                Verdict::UnknownInventory
            } else {
                self.verdict(&occasion, partnership, tmax_ms)
            };
            Explanation { partnership: partnership.terms.id.clone(), verdict }
        });
        Ok(explained.collect())
    }

    fn verdict(
        &self,
        occasion: &crate::occasion::Occasion<'_>,
        partnership: &sluicegate_register::Partnership,
        tmax_ms: u32,
    ) -> Verdict {
        let put_up = occasion.put_up(partnership);
        if let Some(status) = put_up.nothing() {
            return Verdict::NotAsked(status);
        }
        let tmax_ms = self.told_tmax(partnership, tmax_ms, occasion.boot);
        let (shared, lot) = (occasion.shared(), &put_up.lot);
        match occasion.decide(partnership) {
            Decision::Permit(permit) => {
                let pairwise = self.pairwise_id(occasion, &partnership.terms.id);
                let projection = occasion.projection(
                    (&shared, lot),
                    DisclosureId(0),
                    pairwise.as_deref(),
                    tmax_ms,
                );
                permit
                    .preview::<BidRequestFamily>(|grants| OutRequest::build(grants, &projection))
                    .map_or(Verdict::NotWritten, |preview| Verdict::Told(Box::new(preview)))
            }
            Decision::Withheld(withheld) => match withheld.contextual {
                Contextual::Skipped => Verdict::Withheld { losses: withheld.losses },
                Contextual::Until(_) => {
                    let projection =
                        occasion.projection((&shared, lot), DisclosureId(0), None, tmax_ms);
                    match ContextualRequest::build(&projection, withheld.gdpr).encode() {
                        Ok(bytes) => Verdict::Contextual { bytes, losses: withheld.losses },
                        Err(_not_written) => Verdict::NotWritten,
                    }
                }
            },
        }
    }
}
