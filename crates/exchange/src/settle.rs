//! From checked bids to the answer: award, notify, seal.
//!
//! ```text
//! bids ──► rank ──► clear ──► winners ──► answer, win notice, token
//!            ▲        │           ├─ left room in a pod ───┐
//!            │        │           └─ could not be answered ─┤
//!            └────────┴─ losers ────────────────────────────┤
//! rejected ─────────────────────────────────────────────────┴──► loss notices
//! ```

use crate::{
    award::{Awarded, Failed, Priced},
    call::{SeatReport, Wanted},
    check::{Checked, Rejected},
    counters::Count,
    exchange::Exchange,
    heard::Heard,
    losses::Lost,
    occasion::Weighed,
    status::SeatStatus,
    token::{self, Win, id_of},
    won::key_stamps,
    wording::{self, Markup, Wording},
};
use sluicegate_gate::{PartnershipId, SubjectState};
use sluicegate_ledger::Patience;
use sluicegate_openrtb::{
    answer::{
        Answer, AnswerBid, AnswerExt, AnswerSeat, BidExt, NonBid, RenderToken, SeatNonBid,
        SluicegateExt,
    },
    macros::Pieces,
};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Everything one partner came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) report: SeatReport,
    pub(crate) bids: Vec<Checked>,
    pub(crate) rejected: Vec<Rejected>,
    /// Impressions without a bid of this partner, and why.
    pub(crate) nonbids: Vec<(usize, SeatStatus)>,
}

/// What one bid is answered with.
#[derive(Debug)]
pub(crate) struct Ready {
    impid: String,
    /// `None` where it is the bid's own.
    markup: Option<String>,
    /// The win notice that is still to be sent.
    notice: Option<String>,
    burl: Option<Pieces>,
}

impl Exchange {
    /// Makes the answer of an auction whose disclosures are durable.
    pub(crate) async fn settle(
        &self,
        weighed: &Weighed,
        then: &SubjectState,
        mut outcomes: Vec<Outcome>,
        until: Instant,
    ) -> (Answer, Vec<SeatReport>) {
        let bids = outcomes.iter_mut().flat_map(|outcome| outcome.bids.drain(..)).collect();
        let asked = (weighed, then);
        let Awarded { answered, failed, mut lost, winners, sold } = match weighed.wanted {
            Wanted::Winners => self.award(asked, bids, until).await,
            Wanted::AllBids => {
                let (takeable, refused) = takeable(bids, &mut outcomes);
                let mut awarded = self.offer(asked, takeable, until).await;
                awarded.failed.extend(refused);
                awarded
            }
        };
        let is_answered = |failed: &Failed| {
            let mut answered = answered.iter().map(|(one, _)| &one.checked);
            answered.any(|one| one.imp == failed.imp && one.offer.partnership == failed.partnership)
        };
        for one in &failed {
            self.counters.status(&one.partnership, one.status);
            if !is_answered(one) {
                unheard(&mut outcomes, &one.partnership, one.imp, one.status);
            }
        }
        let mut seats: Vec<AnswerSeat> = Vec::new();
        let mut render = Vec::new();
        let mut answers_to: BTreeMap<usize, u32> = BTreeMap::new();
        for (one, _) in &answered {
            *answers_to.entry(one.checked.imp).or_default() += 1;
        }
        for (one, ready) in answered {
            let (partnership, imp) = (one.checked.offer.partnership.clone(), one.checked.imp);
            let (bid, token) = self.answered(asked, one, ready);
            let is_one_of_several = answers_to.get(&imp).is_some_and(|count| *count > 1);
            let of_bid = is_one_of_several.then(|| (partnership.to_string(), bid.id.clone()));
            let (seat, bidid) = of_bid.unzip();
            let impid = bid.impid.clone();
            render.extend(token.map(|token| RenderToken { impid, seat, bidid, token }));
            add(&mut seats, &partnership, bid);
        }
        let rejected = outcomes.iter_mut().flat_map(|outcome| outcome.rejected.drain(..));
        let won = (&winners, &sold);
        lost.extend(rejected.filter_map(|one| Lost::rejected(one, won)));
        self.tell_losers(lost, weighed, then);
        let hides = weighed.hides_reasons();
        let seatnonbid =
            outcomes.iter().filter_map(|outcome| nonbids(weighed, outcome, hides)).collect();
        let sluicegate = (!render.is_empty()).then_some(SluicegateExt { render });
        let answer = Answer {
            id: weighed.request.id.clone(),
            cur: weighed.currency,
            seatbid: seats,
            ext: AnswerExt { seatnonbid, sluicegate },
        };
        (answer, outcomes.into_iter().map(|outcome| outcome.report).collect())
    }

    /// Makes what one bid is answered with, or says why it cannot be answered.
    pub(crate) async fn ready(
        &self,
        (weighed, then): (&Weighed, &SubjectState),
        priced: &Priced,
        until: Instant,
    ) -> Result<Ready, SeatStatus> {
        let Priced { checked, price, min_to_win } = priced;
        let Checked { imp, heard, .. } = checked;
        let imp = weighed.request.imps.get(*imp).ok_or(SeatStatus::InvalidBid)?;
        let values = wording::values((weighed, imp), checked, *price, *min_to_win);
        let now = self.parts.clock.now();
        let Wording { win_url, burl, markup } = Wording::of((weighed, imp), heard, &values, now)?;
        let (markup, notice) = match (markup, win_url) {
            (Markup::AsItCame, url) => (None, url),
            (Markup::Filled(markup), url) => (Some(markup), url),
            (Markup::Awaited, Some(url)) => {
                let patience = self.markup_patience(weighed, until).ok_or(SeatStatus::NoMarkup)?;
                let win = (url, key_stamps(then));
                let fetched = self.notices.markup(&heard.source.partnership, win, patience).await;
                let fetched = fetched.ok_or(SeatStatus::NoMarkup)?;
                (Some(wording::markup(imp, heard, &fetched, &values)?), None)
            }
            (Markup::Awaited, None) => return Err(SeatStatus::NoMarkup),
        };
        Ok(Ready { impid: imp.id.clone(), markup, notice, burl })
    }

    /// Returns how long one markup is waited for: half of what is left, so that one that never comes leaves time for the
    /// next bid, and for the answer. Of a win that comes too late to be answered nobody is told.
    fn markup_patience(&self, weighed: &Weighed, until: Instant) -> Option<Patience> {
        let within = until.saturating_duration_since(Instant::now()) / 2;
        let usual = self.usual_time(weighed).map(|usual| usual / MARKUP_USUAL_PART);
        (!within.is_zero()).then(|| Patience { within: within.min(MARKUP_MAX), usual })
    }

    /// Makes one bid of the answer, with its token, and tells the partner of the win: not after a choice of the person
    /// since the asking.
    fn answered(
        &self,
        (weighed, then): (&Weighed, &SubjectState),
        priced: Priced,
        Ready { impid, markup, notice, burl }: Ready,
    ) -> (AnswerBid, Option<String>) {
        let Checked { heard, format, .. } = priced.checked;
        let Heard { bid, source, .. } = *heard;
        let (partnership, disclosure) = (source.partnership.clone(), source.disclosure);
        let chosen = match weighed.wanted {
            Wanted::Winners => {
                self.counters.add(Count::Won);
                if let Some(url) = notice.filter(|_| self.still_stands(then)) {
                    self.notices.win(partnership.clone(), url, key_stamps(then));
                }
                None
            }
            Wanted::AllBids => notice.map(|url| self.offered(disclosure, &partnership, url, then)),
        };
        let ext = match weighed.wanted {
            Wanted::Winners => BidExt::of_winner(bid.dsa),
            Wanted::AllBids => {
                let won_at = chosen.as_ref().and_then(|offered| self.win_address(offered));
                BidExt::of_offer(bid.dsa, format, won_at)
            }
        };
        let win = Win {
            id: id_of(disclosure, self.parts.dice.as_ref()),
            partnership,
            burl,
            won_at: self.parts.clock.now(),
            chosen,
        };
        let token = token::seal(&self.sealer, &win, self.parts.dice.as_ref());
        let event = self.parts.options.events_url.as_ref().zip(token.as_ref());
        let answer = AnswerBid {
            id: bid.id,
            impid,
            price: priced.price,
            adm: markup.or(bid.markup),
            adid: bid.ad_id,
            burl: event.map(|(address, token)| format!("{address}{token}")),
            adomain: bid.advertisers,
            cid: bid.campaign_id,
            crid: bid.creative_id,
            cattax: (!bid.categories.is_empty()).then_some(bid.taxonomy),
            cat: bid.categories,
            attr: bid.attributes,
            bundle: bid.bundle,
            apis: bid.apis,
            protocol: bid.protocol,
            qagmediarating: bid.media_rating,
            language: bid.language.filter(|_| bid.language_tag.is_none()),
            langb: bid.language_tag,
            dealid: bid.deal_id,
            w: bid.width,
            h: bid.height,
            wratio: bid.width_ratio,
            hratio: bid.height_ratio,
            mtype: Some(format.markup_type()),
            dur: bid.seconds,
            slotinpod: bid.slot_in_pod,
            exp: bid.expires_after_seconds,
            ext,
        };
        (answer, token)
    }
}

/// Takes out the bids that a caller that chooses by itself cannot take: those that must win several impressions
/// together, because it cannot be held to that, and those whose markup would come with a win that nobody knows yet.
fn takeable(bids: Vec<Checked>, outcomes: &mut [Outcome]) -> (Vec<Checked>, Vec<Failed>) {
    let (mut takeable, mut refused) = (Vec::with_capacity(bids.len()), Vec::new());
    for bid in bids {
        let status = match (&bid.group, &bid.heard.bid.markup) {
            (None, Some(_)) => {
                takeable.push(bid);
                continue;
            }
            (Some(_), _) => SeatStatus::Group,
            (None, None) => SeatStatus::NoMarkup,
        };
        let (imp, partnership) = (bid.imp, bid.heard.source.partnership.clone());
        let has_markup = bid.offer.has_markup;
        let mut of_seat = outcomes.iter_mut();
        if let Some(one) = of_seat.find(|one| one.report.partnership == partnership) {
            one.rejected.push(Rejected::of(Some(imp), status, Some(bid.heard)));
        }
        refused.push(Failed { partnership, imp, status, has_markup });
    }
    (takeable, refused)
}

/// Notes that a bid that had passed is not in the answer: once for an impression, whatever else was bid for it.
fn unheard(outcomes: &mut [Outcome], partnership: &PartnershipId, imp: usize, status: SeatStatus) {
    let mut of_seat = outcomes.iter_mut();
    let outcome = of_seat.find(|one| one.report.partnership == *partnership);
    if let Some(outcome) = outcome.filter(|one| one.nonbids.iter().all(|(of, _)| *of != imp)) {
        outcome.nonbids.push((imp, status));
    }
}

/// Seats stand in the order of their first bid.
fn add(seats: &mut Vec<AnswerSeat>, partnership: &PartnershipId, bid: AnswerBid) {
    match seats.iter_mut().find(|seat| seat.seat == partnership.as_str()) {
        Some(seat) => seat.bid.push(bid),
        None => {
            seats.push(AnswerSeat { seat: partnership.as_str().to_owned(), bid: vec![bid] });
        }
    }
}

/// A browser is not told that a gate is closed: it reads like a partner that does not bid, and so does one that cannot.
fn nonbids(weighed: &Weighed, outcome: &Outcome, hides_reasons: bool) -> Option<SeatNonBid> {
    let shown = |status: SeatStatus| {
        if hides_reasons { status.to_browser() } else { status }
    };
    let nonbid: Vec<NonBid> = outcome
        .nonbids
        .iter()
        .filter_map(|(imp, status)| {
            let impid = weighed.request.imps.get(*imp)?.id.clone();
            Some(NonBid { impid, statuscode: shown(*status).code() })
        })
        .collect();
    let seat = outcome.report.partnership.as_str().to_owned();
    (!nonbid.is_empty()).then_some(SeatNonBid { seat, nonbid })
}

/// No markup is waited for longer.
const MARKUP_MAX: Duration = Duration::from_millis(500);
/// Which part of the usual time for bids a markup commonly has: half of what the slowest bid leaves.
const MARKUP_USUAL_PART: u32 = 4;
