//! Who lost, why, and what it would have taken: told once for each bid that asks for it (`lurl`).

use crate::{
    check::{BelowFloor, Checked, NOTICE_CHARS_MAX, Rejected},
    clearing::{Cleared, Offer, Priority},
    exchange::Exchange,
    heard::Heard,
    occasion::Weighed,
    pod::Sold,
    rates::Round,
    status::{HIGHER_BID, LOST_TO_DEAL, SeatStatus},
    won::key_stamps,
};
use sluicegate_gate::{PartnershipId, SubjectState};
use sluicegate_openrtb::{
    macros::{Values, substitute},
    money::Micros,
    request::DealPrice,
};
use std::collections::BTreeMap;

/// A bid that lost.
#[derive(Debug)]
pub(crate) struct Lost {
    heard: Box<Heard>,
    /// The loss reason code.
    code: u16,
    /// What would have tied with the winner; `None` where the price did not decide.
    min_to_win: Option<Micros>,
}

/// The winner of one impression, and what would have tied with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beaten {
    priority: Priority,
    tie: Micros,
}

impl Beaten {
    pub(crate) fn by(winner: &Offer, cleared: Cleared) -> Self {
        let tie = match winner.pays {
            DealPrice::First | DealPrice::SecondPlus => cleared.price,
            // What was agreed upon beforehand is not what it won with.
            DealPrice::Floor => winner.price,
        };
        Self { priority: winner.priority, tie }
    }

    /// Returns what a bid that came after the winner would have had to be; `None` where its price did not decide.
    pub(crate) fn min_to_win(self, loser: &Offer) -> Option<Micros> {
        (loser.priority == self.priority).then_some(self.tie)
    }

    /// A bid that passed every check and came after the winner.
    pub(crate) fn loser(self, checked: Checked) -> Lost {
        let min_to_win = self.min_to_win(&checked.offer);
        let code = if min_to_win.is_some() { HIGHER_BID } else { LOST_TO_DEAL };
        Lost { heard: checked.heard, code, min_to_win }
    }
}

impl Lost {
    /// A bid that did not pass. One below the floor lost by its price too: to the winner, where that is no deal's and left
    /// no room.
    pub(crate) fn rejected(
        rejected: Rejected,
        (winners, sold): (&BTreeMap<usize, Beaten>, &Sold),
    ) -> Option<Self> {
        let Rejected { imp, status, below_floor, heard } = rejected;
        let heard = heard?;
        let min_to_win = imp.zip(below_floor).and_then(|(imp, BelowFloor { slot, floor })| {
            let left_room = sold.has(imp) && sold.has_room_for(imp, &slot);
            let winner = winners.get(&imp).filter(|_| !left_room);
            let open = winner.filter(|winner| winner.priority == Priority::Open);
            // Why: at less than its own floor it would not have won either.
            open.map(|winner| winner.tie.max(floor))
        });
        Some(Self { heard, code: status.loss(), min_to_win })
    }

    /// A bid of a group that did not win all of its impressions.
    pub(crate) fn fallen(checked: Checked) -> Self {
        Self { heard: checked.heard, code: HIGHER_BID, min_to_win: None }
    }

    /// A bid that won and could not be answered.
    pub(crate) fn failed(heard: Box<Heard>, status: SeatStatus) -> Self {
        Self { heard, code: status.loss(), min_to_win: None }
    }

    /// Returns the notice's address, unless there is none or it is not to be called.
    fn url(&self, weighed: &Weighed) -> Option<String> {
        let own = |amount| {
            let (from, to) = (weighed.currency, self.heard.source.currency);
            weighed.conversion.convert(amount, from, to, Round::Up)
        };
        let values = Values {
            loss: Some(self.code),
            min_to_win: self.min_to_win.and_then(own),
            ..self.heard.values()
        };
        let url = substitute(self.heard.bid.loss_url.as_deref()?, &values);
        // Why: a macro's value is the partner's too, and could complete an identifier.
        let may_go =
            url.len() <= NOTICE_CHARS_MAX && !self.heard.source.identifiers.are_in_notice(&url);
        may_go.then(|| url.into_owned())
    }
}

impl Exchange {
    /// Tells of losses, of each partner's at most [`NOTICES_MAX`]: they take of its calls at a time. After a choice of
    /// the person since the asking nobody is told.
    pub(crate) fn tell_losers(&self, lost: Vec<Lost>, weighed: &Weighed, then: &SubjectState) {
        if lost.iter().all(|one| one.heard.bid.loss_url.is_none()) || !self.still_stands(then) {
            return;
        }
        let mut told: BTreeMap<PartnershipId, usize> = BTreeMap::new();
        for one in lost {
            // Why: the platform waits, and an answer can hold a thousand bids.
            if told.get(&one.heard.source.partnership).is_some_and(|count| *count == NOTICES_MAX) {
                continue;
            }
            let Some(url) = one.url(weighed) else { continue };
            let partnership = &one.heard.source.partnership;
            *told.entry(partnership.clone()).or_default() += 1;
            self.notices.loss(partnership.clone(), url, key_stamps(then));
        }
    }
}

/// Loss notices to one partner for one auction.
pub(crate) const NOTICES_MAX: usize = 20;
