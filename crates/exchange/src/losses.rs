//! Who lost, why, and what it would have taken: told once for each bid that asks for it (`lurl`).

use crate::{
    check::{Checked, NOTICE_CHARS_MAX, Rejected},
    clearing::Priority,
    exchange::Exchange,
    heard::Heard,
    occasion::Weighed,
    pod::{Slot, Sold},
    rates::Round,
    status::{HIGHER_BID, LOST_TO_DEAL, SeatStatus},
    won::key_stamps,
};
use sluicegate_gate::{PartnershipId, SubjectState};
use sluicegate_openrtb::{
    macros::{Values, substitute},
    money::Micros,
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

impl Lost {
    /// A bid that passed every check and did not win: beaten by those to whom its impression is sold, or, where it is
    /// `None`, fallen with its group.
    pub(crate) fn behind(checked: Checked, sold: Option<&Sold>) -> Self {
        let Checked { offer, slot, heard, .. } = checked;
        let beating = sold.and_then(|sold| sold.beating(&slot));
        let min_to_win = beating.and_then(|beating| beating.min_to_win(&offer));
        let by_a_deal = beating.is_some_and(|beating| beating.priority != offer.priority);
        let code = if by_a_deal { LOST_TO_DEAL } else { HIGHER_BID };
        Self { heard, code, min_to_win }
    }

    /// A bid that did not pass. One below the floor lost by its price too: to the winner, where that is no deal's.
    pub(crate) fn rejected(
        rejected: Rejected,
        weighed: &Weighed,
        sold: &BTreeMap<usize, Sold>,
    ) -> Option<Self> {
        let Rejected { imp: index, status, heard } = rejected;
        let heard = heard?;
        let by_price = status == SeatStatus::BelowFloor;
        let sold = index.filter(|_| by_price).and_then(|index| Some((index, sold.get(&index)?)));
        let beating = sold.and_then(|(index, sold)| {
            let imp = weighed.request.imps.get(index)?;
            sold.beating(&Slot::of(imp, imp.formats, &heard.bid, &heard.partnership))
        });
        let open = beating.filter(|beating| beating.priority == Priority::Open);
        Some(Self { heard, code: status.loss(), min_to_win: open.and_then(|open| open.tie) })
    }

    /// A bid that won and could not be answered.
    pub(crate) fn failed(heard: Box<Heard>, status: SeatStatus) -> Self {
        Self { heard, code: status.loss(), min_to_win: None }
    }

    /// Returns the notice's address, unless there is none or it is not to be called.
    fn url(&self, weighed: &Weighed) -> Option<String> {
        let own = |amount| {
            let (from, to) = (weighed.currency, self.heard.currency);
            weighed.conversion.convert(amount, from, to, Round::Up)
        };
        let values = Values {
            loss: Some(self.code),
            min_to_win: self.min_to_win.and_then(own),
            ..self.heard.values()
        };
        let url = substitute(self.heard.bid.loss_url.as_deref()?, &values);
        // Why: a macro's value is the partner's too, and could complete an identifier.
        let may_go = url.len() <= NOTICE_CHARS_MAX && !self.heard.identifiers.are_in_notice(&url);
        may_go.then_some(url)
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
            if told.get(&one.heard.partnership).is_some_and(|count| *count == NOTICES_MAX) {
                continue;
            }
            let Some(url) = one.url(weighed) else { continue };
            *told.entry(one.heard.partnership.clone()).or_default() += 1;
            self.notices.loss(one.heard.partnership, url, key_stamps(then));
        }
    }
}

/// Loss notices to one partner for one auction.
const NOTICES_MAX: usize = 20;
