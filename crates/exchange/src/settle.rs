//! From checked bids to the answer: rank, clear, notify, seal.

use crate::{
    call::{SeatReport, Wanted},
    check::{Checked, NOTICE_CHARS_MAX},
    clearing::{clear, rank},
    counters::Count,
    exchange::Exchange,
    occasion::Weighed,
    status::SeatStatus,
    token::{Win, id_of},
};
use sluicegate_gate::PartnershipId;
use sluicegate_openrtb::{
    answer::{
        Answer, AnswerBid, AnswerExt, AnswerSeat, NonBid, RenderToken, SeatNonBid, SluicegateExt,
    },
    macros::{Values, substitute},
    money::Micros,
};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Everything one partner came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) report: SeatReport,
    pub(crate) bids: Vec<Checked>,
    /// Impressions without a bid of this partner, and why.
    pub(crate) nonbids: Vec<(usize, SeatStatus)>,
}

/// A bid at the price it is answered at.
#[derive(Debug)]
struct Priced {
    checked: Checked,
    price: Micros,
    min_to_win: Micros,
}

impl Exchange {
    /// Makes the answer of an auction whose disclosures are durable.
    pub(crate) async fn settle(
        &self,
        weighed: &Weighed,
        wanted: Wanted,
        mut outcomes: Vec<Outcome>,
        until: Instant,
    ) -> (Answer, Vec<SeatReport>) {
        let bids = outcomes.iter_mut().flat_map(|outcome| outcome.bids.drain(..)).collect();
        let priced = match wanted {
            Wanted::Winners => winners(weighed, bids),
            Wanted::AllBids => all(bids),
        };
        let mut seats: Vec<AnswerSeat> = Vec::new();
        let mut render = Vec::new();
        for one in priced {
            let partnership = one.checked.offer.partnership.clone();
            let Some((bid, token)) = self.answered(weighed, wanted, one, until).await else {
                continue;
            };
            render.extend(token.map(|token| RenderToken { impid: bid.impid.clone(), token }));
            add(&mut seats, &partnership, bid);
        }
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

    /// Makes one bid of the answer, with its token, and tells the partner of the win. A winner whose
    /// markup does not come leaves the impression without a winner: nobody else was told to have won.
    async fn answered(
        &self,
        weighed: &Weighed,
        wanted: Wanted,
        priced: Priced,
        until: Instant,
    ) -> Option<(AnswerBid, Option<String>)> {
        let values = values(weighed, &priced);
        let Priced { checked, price, .. } = priced;
        let Checked { imp, offer, bid, disclosure, identifiers, .. } = checked;
        let win_url = bid.win_url.as_deref().map(|url| substitute(url, &values));
        let burl = bid.billing_url.as_deref().map(|url| substitute(url, &values));
        // Why: a macro's value is the partner's too, and could complete an identifier.
        if [&win_url, &burl].into_iter().flatten().any(|url| identifiers.are_in(url)) {
            self.counters.status(&offer.partnership, SeatStatus::RepeatsIdentifier);
            return None;
        }
        if [&win_url, &burl].into_iter().flatten().any(|url| url.len() > NOTICE_CHARS_MAX) {
            self.counters.status(&offer.partnership, SeatStatus::NoticeHost);
            return None;
        }
        let markup = match (bid.markup.as_deref(), win_url) {
            (Some(markup), url) => {
                let markup = substitute(markup, &values);
                if identifiers.are_in(&markup) {
                    self.counters.status(&offer.partnership, SeatStatus::RepeatsIdentifier);
                    return None;
                }
                if let (Some(url), Wanted::Winners) = (url, wanted) {
                    self.notices.win(offer.partnership.clone(), url);
                }
                markup
            }
            (None, Some(url)) => {
                // Why: the partners' time may be used up, and the win is theirs all the same.
                let until = until.max(Instant::now() + MARKUP_TIME_MIN);
                let fetched = timeout_at(until, self.notices.markup(&offer.partnership, url)).await;
                let markup = substitute(&fetched.ok().flatten()?, &values);
                if identifiers.are_in(&markup) {
                    self.counters.status(&offer.partnership, SeatStatus::RepeatsIdentifier);
                    return None;
                }
                markup
            }
            (None, None) => return None,
        };
        if wanted == Wanted::Winners {
            self.counters.add(Count::Won);
        }
        let win = Win {
            id: id_of(disclosure, self.parts.dice.as_ref()),
            partnership: offer.partnership,
            burl,
            won_at: self.parts.clock.now(),
        };
        let token = self.tokens.seal(&win, self.parts.dice.as_ref());
        let answer = AnswerBid {
            id: bid.id,
            impid: weighed.request.imps.get(imp)?.id.clone(),
            price,
            adm: Some(markup),
            adid: bid.ad_id,
            burl: None,
            adomain: bid.advertisers,
            cid: bid.campaign_id,
            crid: bid.creative_id,
            cat: bid.categories,
            attr: bid.attributes,
            dealid: bid.deal_id,
            w: bid.width,
            h: bid.height,
            mtype: bid.markup_type,
            exp: bid.expires_after_seconds,
        };
        Some((answer, token))
    }
}

fn sorted(mut bids: Vec<Checked>) -> Vec<Checked> {
    bids.sort_by(|left, right| {
        left.imp.cmp(&right.imp).then_with(|| rank(&left.offer, &right.offer))
    });
    bids
}

fn winners(weighed: &Weighed, bids: Vec<Checked>) -> Vec<Priced> {
    let bids = sorted(bids);
    let mut winners = Vec::new();
    for of_one in bids.chunk_by(|left, right| left.imp == right.imp) {
        let ranked: Vec<_> = of_one.iter().map(|checked| &checked.offer).collect();
        let Some(first) = of_one.first() else { continue };
        let floor = first.floor;
        if let Some(cleared) = clear(&ranked, floor, weighed.request.auction) {
            let (price, min_to_win) = (cleared.price, cleared.min_to_win);
            winners.push(Priced { checked: first.clone(), price, min_to_win });
        }
    }
    winners
}

fn all(bids: Vec<Checked>) -> Vec<Priced> {
    let with_markup = sorted(bids).into_iter().filter(|checked| checked.bid.markup.is_some());
    with_markup
        .map(|checked| Priced { price: checked.offer.price, min_to_win: checked.floor, checked })
        .collect()
}

fn values(weighed: &Weighed, priced: &Priced) -> Values {
    let Priced { checked, price, min_to_win } = priced;
    let ratio = i128::from(price.0) * 1_000_000 / i128::from(checked.offer.price.0.max(1));
    Values {
        auction_id: Some(checked.disclosure.to_string()),
        bid_id: checked.response_bid_id.clone(),
        imp_id: Some(checked.bid.imp_id.clone()),
        seat_id: checked.seat.clone(),
        ad_id: checked.bid.ad_id.clone(),
        price: Some(*price),
        currency: Some(weighed.currency),
        market_bid_ratio: i64::try_from(ratio).ok().map(Micros),
        min_to_win: Some(*min_to_win),
        ..Values::default()
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

/// A browser is not told that a gate is closed: it reads like a partner that does not bid.
fn nonbids(weighed: &Weighed, outcome: &Outcome, hides_reasons: bool) -> Option<SeatNonBid> {
    let shown = |status: SeatStatus| {
        if hides_reasons && status == SeatStatus::Withheld { SeatStatus::NoBid } else { status }
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

/// How long a win notice that brings the markup has at least.
const MARKUP_TIME_MIN: Duration = Duration::from_millis(50);
