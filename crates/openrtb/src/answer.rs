//! What the platform gets: one `OpenRTB` response for all partners. Its order is the caller's order,
//! never a map's.

use crate::{
    dsa::BidDsa,
    money::{Currency, Micros},
    request::Format,
};
use serde::Serialize;

/// The answer to one auction. A closed gate and a market without bids look the same from outside: 200
/// with an empty `seatbid`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The id of the platform's request.
    pub id: String,
    /// The currency of all prices.
    pub cur: Currency,
    /// The winning bids by seat; empty where nobody won.
    pub seatbid: Vec<AnswerSeat>,
    /// Why seats are not there, and our own part.
    #[serde(skip_serializing_if = "AnswerExt::is_empty")]
    pub ext: AnswerExt,
}

/// The bids of one seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerSeat {
    /// The partnership, as a seat.
    pub seat: String,
    /// Its bids.
    pub bid: Vec<AnswerBid>,
}

/// One bid, with the platform's own impression id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AnswerBid {
    /// The bid.
    pub id: String,
    /// The impression, as the platform named it.
    pub impid: String,
    /// The clearing price, per thousand.
    pub price: Micros,
    /// The markup, its macros replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adm: Option<String>,
    /// The ad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adid: Option<String>,
    /// Where the platform, or a browser, reports the billable event: an address of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burl: Option<String>,
    /// The advertiser's domains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adomain: Vec<String>,
    /// The campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// The creative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crid: Option<String>,
    /// The creative's categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cat: Vec<String>,
    /// Their taxonomy: said with them always, because silence would mean 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cattax: Option<u32>,
    /// The creative's attributes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attr: Vec<i64>,
    /// The advertised app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// What the markup supports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub apis: Vec<i64>,
    /// The protocol of a video or of sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u16>,
    /// For whom the creative is fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qagmediarating: Option<u16>,
    /// The creative's language. Only one of both is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The same as a tag of BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub langb: Option<String>,
    /// The deal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dealid: Option<String>,
    /// Width in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub w: Option<u32>,
    /// Height in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub h: Option<u32>,
    /// Relative width of a creative that fits any width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wratio: Option<u32>,
    /// Relative height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hratio: Option<u32>,
    /// Markup type: 1 banner, 2 video, 3 audio, 4 native.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtype: Option<u16>,
    /// For how many seconds it plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dur: Option<u32>,
    /// For which place in a pod it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slotinpod: Option<i64>,
    /// For how many seconds the bid stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<u32>,
    /// Extensions of the bid.
    #[serde(skip_serializing_if = "BidExt::is_empty")]
    pub ext: BidExt,
}

/// Extensions of one bid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BidExt {
    /// Transparency of the Digital Services Act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dsa: Option<BidDsa>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prebid: Option<PrebidBid>,
}

/// What a client that chooses among all bids needs, in the form that Prebid.js reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct PrebidBid {
    /// The same as `mtype`, for clients that go by this.
    #[serde(rename = "type")]
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<PrebidEvents>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct PrebidEvents {
    win: String,
}

impl BidExt {
    /// Returns those of a bid that has won.
    pub fn of_winner(dsa: Option<BidDsa>) -> Self {
        Self { dsa, prebid: None }
    }

    /// Returns those of a bid among which a client chooses: with its format, and the address of ours that the client calls
    /// to say that it chose the bid.
    pub fn of_offer(dsa: Option<BidDsa>, format: Format, won_at: Option<String>) -> Self {
        let events = won_at.map(|win| PrebidEvents { win });
        Self { dsa, prebid: Some(PrebidBid { format: format.key(), events }) }
    }

    fn is_empty(&self) -> bool {
        self.dsa.is_none() && self.prebid.is_none()
    }
}

/// Extensions of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AnswerExt {
    /// Why seats were not heard.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seatnonbid: Vec<SeatNonBid>,
    /// Our own part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sluicegate: Option<SluicegateExt>,
}

impl AnswerExt {
    fn is_empty(&self) -> bool {
        self.seatnonbid.is_empty() && self.sluicegate.is_none()
    }
}

/// A seat that is not in the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeatNonBid {
    /// The partnership, as a seat.
    pub seat: String,
    /// Why, for each impression.
    pub nonbid: Vec<NonBid>,
}

/// Why one impression got nothing from a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NonBid {
    /// The impression, as the platform named it.
    pub impid: String,
    /// The reason: a code of the community extension, or of ours from 500 up.
    pub statuscode: u16,
}

/// What only this gateway says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SluicegateExt {
    /// One token for each bid of the answer, for the render report.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub render: Vec<RenderToken>,
}

/// With this token the platform reports that the ad was rendered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RenderToken {
    /// The impression, as the platform named it.
    pub impid: String,
    /// The seat of the bid, where several are answered for the impression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// The id of the bid, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bidid: Option<String>,
    /// The sealed single-use token.
    pub token: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_written_in_a_fixed_order() {
        let bid = AnswerBid {
            id: String::from("b"),
            impid: String::from("1"),
            price: Micros(1_500_000),
            adomain: vec![String::from("example.com")],
            ..AnswerBid::default()
        };
        let nonbid = vec![NonBid { impid: String::from("1"), statuscode: 501 }];
        let answer = Answer {
            id: String::from("r"),
            cur: Currency::USD,
            seatbid: vec![AnswerSeat { seat: String::from("north"), bid: vec![bid] }],
            ext: AnswerExt {
                seatnonbid: vec![SeatNonBid { seat: String::from("south"), nonbid }],
                sluicegate: Some(SluicegateExt::default()),
            },
        };
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            concat!(
                r#"{"id":"r","cur":"USD","seatbid":[{"seat":"north","bid":[{"id":"b","impid":"1","#,
                r#""price":1.5,"adomain":["example.com"]}]}],"ext":{"seatnonbid":[{"seat":"south","#,
                r#""nonbid":[{"impid":"1","statuscode":501}]}],"sluicegate":{}}}"#
            )
        );
    }
}
