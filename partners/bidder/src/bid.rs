//! What the bidder answers: a price for each impression it wants, made from the seed and the request.

use crate::money::{Micros, Share};
use partner_kit::page::escape;
use serde::Serialize;
use serde_json::{Number, Value};

/// How this bidder bids.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Price around which it bids.
    pub(crate) price: Micros,
    /// Seed of the prices.
    pub(crate) seed: u64,
    /// Currency of the prices.
    pub(crate) currency: String,
    /// Share of requests that it leaves.
    pub(crate) no_bid_share: Share,
    /// Where notices go, as `http://host:port`.
    pub(crate) notices: String,
    /// Seat of its advertiser.
    pub(crate) seat: String,
}

/// A bid response of OpenRTB 2.6.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BidResponse {
    id: String,
    cur: String,
    seatbid: [SeatBid; 1],
}

#[derive(Clone, Debug, Serialize)]
struct SeatBid {
    seat: String,
    bid: Vec<Bid>,
}

/// One bid.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bid {
    id: String,
    impid: String,
    price: Number,
    adm: String,
    adomain: [&'static str; 1],
    cid: &'static str,
    crid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dealid: Option<String>,
    mtype: u8,
    w: u64,
    h: u64,
    nurl: String,
    burl: String,
}

/// Answers a request; nothing when the bidder wants none of it.
pub(crate) fn answer(terms: &Terms, request: &Value) -> Option<BidResponse> {
    let id = request.get("id")?.as_str()?;
    if terms.no_bid_share.holds(roll(terms.seed, &[id, "leave"])) || !takes_currency(terms, request)
    {
        return None;
    }
    let worth = worth(request);
    let imps = request.get("imp")?.as_array()?;
    let bid: Vec<Bid> = imps.iter().filter_map(|imp| one(terms, id, imp, worth)).collect();
    if bid.is_empty() {
        return None;
    }
    let seatbid = [SeatBid { seat: terms.seat.clone(), bid }];
    Some(BidResponse { id: id.to_owned(), cur: terms.currency.clone(), seatbid })
}

/// Returns the seat's name made from the bidder's: lower-case letters and digits, joined by hyphens.
pub(crate) fn seat(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// Without a list any currency will do.
fn takes_currency(terms: &Terms, request: &Value) -> bool {
    match request.get("cur").and_then(Value::as_array) {
        Some(listed) => listed.iter().any(|currency| currency == &terms.currency),
        None => true,
    }
}

/// Returns what the request is worth to the advertiser, in thousandths: half as much again for a known
/// audience, a quarter for a device that can be met again.
fn worth(request: &Value) -> u64 {
    let told = |pointer| request.pointer(pointer).is_some();
    let audience = if told("/user/data/0/segment/0/id") { 1500 } else { 1000 };
    let device = if told("/device/ifa") || told("/user/id") { 1250 } else { 1000 };
    audience * device / 1000
}

fn one(terms: &Terms, request: &str, imp: &Value, worth: u64) -> Option<Bid> {
    let impid = imp.get("id")?.as_str()?;
    let format = Format::of(imp)?;
    let (deal, floor) = floor(terms, imp)?;
    let roll = roll(terms.seed, &[request, impid]);
    let wanted = terms.price.times(worth).times(700 + roll % 600);
    // Why: a floor with more than six digits was rounded, so the next millionth is surely above it.
    let above = Micros(floor.0.saturating_add(1)).max(floor.times(1000 + roll % 200));
    let price = if wanted > floor { wanted } else { above };
    let Format { width, height, medium } = format;
    let crid = format!("demo-{}-{width}x{height}", terms.seed);
    let notice = |path: &str| {
        format!(
            "{}/{path}?id=${{AUCTION_ID}}&price=${{AUCTION_PRICE}}&imp=${{AUCTION_IMP_ID}}",
            terms.notices
        )
    };
    Some(Bid {
        id: format!("{roll:016x}"),
        impid: impid.to_owned(),
        price: price.number(),
        adm: medium.markup(terms, width, height),
        adomain: [ADVERTISER],
        cid: "demo-campaign",
        crid,
        dealid: deal,
        mtype: medium.mtype(),
        w: width,
        h: height,
        nurl: notice("win"),
        burl: notice("billing"),
    })
}

/// Returns the deal, where only deals count, and the floor; nothing when the floor is in a currency
/// that this bidder does not bid in.
fn floor(terms: &Terms, imp: &Value) -> Option<(Option<String>, Micros)> {
    let is_private = imp.pointer("/pmp/private_auction").and_then(Value::as_u64) == Some(1);
    let deal = imp.pointer("/pmp/deals/0").filter(|_| is_private);
    if is_private && deal.is_none() {
        return None;
    }
    let at = deal.unwrap_or(imp);
    let currency = at.get("bidfloorcur").and_then(Value::as_str).unwrap_or("USD");
    let floor = match at.get("bidfloor") {
        Some(Value::Number(number)) => Micros::of(number),
        _ => Micros(0),
    };
    if floor > Micros(0) && currency != terms.currency {
        return None;
    }
    let id = deal.and_then(|deal| deal.get("id")).and_then(Value::as_str).map(str::to_owned);
    Some((id, floor))
}

#[derive(Clone, Copy, Debug)]
enum Medium {
    Banner,
    Video,
}

#[derive(Clone, Copy, Debug)]
struct Format {
    width: u64,
    height: u64,
    medium: Medium,
}

impl Format {
    fn of(imp: &Value) -> Option<Self> {
        let (object, medium) = match (imp.get("banner"), imp.get("video")) {
            (Some(banner), _) => (banner, Medium::Banner),
            (None, Some(video)) => (video, Medium::Video),
            (None, None) => return None,
        };
        let size = |of: &Value| Some((of.get("w")?.as_u64()?, of.get("h")?.as_u64()?));
        let listed = || object.pointer("/format/0").and_then(size);
        let (width, height) = size(object).or_else(listed).unwrap_or((300, 250));
        Some(Self { width, height, medium })
    }
}

impl Medium {
    fn mtype(self) -> u8 {
        match self {
            Self::Banner => 1,
            Self::Video => 2,
        }
    }

    fn markup(self, terms: &Terms, width: u64, height: u64) -> String {
        let seat = escape(&terms.seat);
        match self {
            Self::Banner => format!(
                "<a href=\"https://{ADVERTISER}/\" style=\"display:flex;width:{width}px;\
                 height:{height}px;align-items:center;justify-content:center;background:#1f4d3a;\
                 color:#fff;font:16px system-ui,sans-serif;text-decoration:none\">\
                 Demo Advertiser, by way of {seat}</a>"
            ),
            Self::Video => format!(
                "<VAST version=\"4.2\"><Ad id=\"demo\"><InLine><AdSystem>{seat}</AdSystem>\
                 <AdTitle>Demo Advertiser</AdTitle><Creatives><Creative><Linear>\
                 <Duration>00:00:15</Duration><MediaFiles><MediaFile delivery=\"progressive\" \
                 type=\"video/mp4\" width=\"{width}\" height=\"{height}\">\
                 https://{ADVERTISER}/demo.mp4</MediaFile></MediaFiles></Linear></Creative>\
                 </Creatives></InLine></Ad></VAST>"
            ),
        }
    }
}

/// Returns an even number from the seed and the words: the same for the same, on every machine.
fn roll(seed: u64, words: &[&str]) -> u64 {
    let separated = words.iter().flat_map(|word| word.bytes().chain([0]));
    let mut hash = separated.fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The finalizer of SplitMix64: neighbouring inputs end far apart.
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

const ADVERTISER: &str = "demo-advertiser.example";

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    pub(crate) fn terms(no_bid_share: &str) -> Terms {
        Terms {
            price: Micros(1_200_000),
            seed: 1,
            currency: String::from("USD"),
            no_bid_share: no_bid_share.parse().unwrap(),
            notices: String::from("http://127.0.0.1:9101"),
            seat: seat("Demo Bidder North"),
        }
    }

    fn bids(answer: &BidResponse) -> &[Bid] {
        &answer.seatbid[0].bid
    }

    fn price(request: &Value) -> Micros {
        Micros::of(&bids(&answer(&terms("0"), request).unwrap())[0].price)
    }

    #[test]
    fn every_bid_meets_its_floor_and_takes_the_size_of_its_place() {
        for floor in [0.0, 0.01, 1.234_567, 12.5] {
            for id in 0..50 {
                let imp = json!({"id": "1", "bidfloor": floor, "banner": {"w": 320, "h": 50}});
                let request = json!({"id": id.to_string(), "imp": [imp]});
                let answer = answer(&terms("0"), &request).unwrap();
                let bid = &bids(&answer)[0];
                assert!(bid.price.as_f64().unwrap() >= floor, "{floor} {id}");
                assert_eq!((bid.w, bid.h, bid.impid.as_str()), (320, 50, "1"));
            }
        }
    }

    #[test]
    fn the_same_request_gets_the_same_answer() {
        let request =
            json!({"id": "a", "imp": [{"id": "1", "banner": {}}, {"id": "2", "video": {}}]});
        let text = |answer: Option<BidResponse>| serde_json::to_string(&answer).unwrap();
        assert_eq!(text(answer(&terms("0"), &request)), text(answer(&terms("0"), &request)));
        let other = Terms { seed: 2, ..terms("0") };
        assert_ne!(text(answer(&terms("0"), &request)), text(answer(&other, &request)));
    }

    #[test]
    fn knowing_the_person_is_worth_more() {
        let imp = json!([{"id": "1", "banner": {"w": 300, "h": 250}}]);
        let unknown = json!({"id": "a", "imp": imp});
        let device = json!({"id": "a", "imp": imp, "device": {"ifa": "b"}});
        let audience = json!({
            "id": "a", "imp": imp, "device": {"ifa": "b"},
            "user": {"data": [{"segment": [{"id": "5"}]}]},
        });
        assert!(price(&unknown) < price(&device) && price(&device) < price(&audience));
    }

    #[test]
    fn notices_carry_the_macros_and_come_back_here() {
        let request = json!({"id": "a", "imp": [{"id": "1", "banner": {}}]});
        let answer = answer(&terms("0"), &request).unwrap();
        let bid = &bids(&answer)[0];
        let macros = "?id=${AUCTION_ID}&price=${AUCTION_PRICE}&imp=${AUCTION_IMP_ID}";
        assert_eq!(bid.nurl, format!("http://127.0.0.1:9101/win{macros}"));
        assert_eq!(bid.burl, format!("http://127.0.0.1:9101/billing{macros}"));
    }

    #[test]
    fn the_share_of_requests_left_alone_is_about_the_one_asked_for() {
        let imp = json!([{"id": "1", "banner": {}}]);
        let count = |share: &str| {
            let ids = 0..1000;
            let asked = ids.map(|id: u32| json!({"id": id.to_string(), "imp": imp}));
            asked.filter(|request| answer(&terms(share), request).is_some()).count()
        };
        assert_eq!((count("0"), count("1")), (1000, 0));
        assert!((720..880).contains(&count("0.2")), "{}", count("0.2"));
    }

    #[test]
    fn what_it_cannot_serve_or_price_it_leaves() {
        let banner = json!({"id": "1", "banner": {}});
        for request in [
            json!({}),
            json!({"id": 7, "imp": [banner]}),
            json!({"id": "a", "imp": []}),
            json!({"id": "a", "imp": [{"id": "1", "native": {}}]}),
            json!({"id": "a", "imp": [banner], "cur": ["EUR"]}),
            json!({"id": "a", "imp": [{"id": "1", "banner": {}, "bidfloor": 1, "bidfloorcur": "EUR"}]}),
            json!({"id": "a", "imp": [{"id": "1", "banner": {}, "pmp": {"private_auction": 1}}]}),
        ] {
            assert!(answer(&terms("0"), &request).is_none(), "{request}");
        }
    }

    #[test]
    fn in_a_private_auction_it_bids_on_the_deal() {
        let pmp = json!({"private_auction": 1, "deals": [{"id": "d-1", "bidfloor": 5}]});
        let request = json!({"id": "a", "imp": [{"id": "1", "banner": {}, "pmp": pmp}]});
        let answer = answer(&terms("0"), &request).unwrap();
        assert_eq!(bids(&answer)[0].dealid.as_deref(), Some("d-1"));
        assert!(bids(&answer)[0].price.as_f64().unwrap() >= 5.0);
    }
}
