//! A partner's answer: hostile until checked.
//!
//! Every form of "no bid" is an answer without bids: 204, an empty body, `{}`, an empty `seatbid`, and
//! `nbr`. What cannot be read is an error of its own kind, so that it can be counted. A bid that cannot
//! be read is counted and does not cost the others. Unknown fields are dropped.

use crate::{
    domain,
    dsa::BidDsa,
    fields::{Fault, Fields, trim},
    grammar,
    json::{self, JsonError, Limits},
    money::{Currency, Micros},
};
use std::ops::RangeInclusive;

/// A partner's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidResponse {
    /// `id`: must be the id of the request; `None` where the answer has none.
    pub id: Option<String>,
    /// `bidid`.
    pub bid_id: Option<String>,
    /// `cur`; `None` where it is no code of a currency.
    pub currency: Option<Currency>,
    /// `seatbid`.
    pub seats: Vec<Seat>,
    /// `nbr`: why there is no bid, where that is one of the standard's reasons and not 0, which says nothing.
    pub no_bid_reason: Option<u16>,
    /// How many bids could not be read.
    pub unreadable: usize,
}

/// The bids of one seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// `seat`: on whose behalf.
    pub seat: Option<String>,
    /// `group`: whether its bids win all their impressions together, or none.
    pub group: bool,
    /// `bid`.
    pub bids: Vec<Bid>,
}

/// A bid. Nothing of it has been compared with the request yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    /// `id`.
    pub id: String,
    /// `impid`, as the partner knows the impression.
    pub imp_id: String,
    /// `price`, per thousand.
    pub price: Micros,
    /// `adid`.
    pub ad_id: Option<String>,
    /// `adm`: the markup.
    pub markup: Option<String>,
    /// `nurl`: the win notice.
    pub win_url: Option<String>,
    /// `burl`: the billing notice.
    pub billing_url: Option<String>,
    /// `lurl`: the loss notice.
    pub loss_url: Option<String>,
    /// `adomain`: the advertiser's domains; of one that is written as an address the host.
    pub advertisers: Vec<String>,
    /// `cid`.
    pub campaign_id: Option<String>,
    /// `crid`.
    pub creative_id: Option<String>,
    /// `cat`.
    pub categories: Vec<String>,
    /// `cattax`: the taxonomy of these; 1 if not said. A number that no list has, such as one of a vendor's, is kept.
    pub taxonomy: u32,
    /// `attr`, as codes of AdCOM.
    pub attributes: Vec<i64>,
    /// `bundle`: the advertised app.
    pub bundle: Option<String>,
    /// `language` of the creative, of ISO 639-1.
    pub language: Option<String>,
    /// `langb`: the same as a tag of BCP 47.
    pub language_tag: Option<String>,
    /// `apis`: which the markup supports.
    pub apis: Vec<i64>,
    /// `protocol` of a video or of sound.
    pub protocol: Option<u16>,
    /// `qagmediarating`: for whom the creative is fit.
    pub media_rating: Option<u16>,
    /// `slotinpod`: for which place in a pod it is.
    pub slot_in_pod: Option<i64>,
    /// `wratio`: the relative width of the creative.
    pub width_ratio: Option<u32>,
    /// `hratio`: the relative height of the creative.
    pub height_ratio: Option<u32>,
    /// `dealid`.
    pub deal_id: Option<String>,
    /// `w`, in pixels.
    pub width: Option<u32>,
    /// `h`, in pixels.
    pub height: Option<u32>,
    /// `mtype`: 1 banner, 2 video, 3 audio, 4 native.
    pub markup_type: Option<u16>,
    /// `dur`: for how many seconds it plays.
    pub seconds: Option<u32>,
    /// `ext.dsa`, where it is as it must be.
    pub dsa: Option<BidDsa>,
    /// `exp`: for how many seconds after the auction the bid stands.
    pub expires_after_seconds: Option<u32>,
}

impl Bid {
    /// Returns whether each of `adomain` is a domain, so that it can be held against a list of such.
    pub fn names_domains(&self) -> bool {
        self.advertisers.iter().all(|name| grammar::domain(name))
    }
}

/// An answer that cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Neither 200 nor 204.
    #[error("answered with status {0}")]
    Status(u16),
    /// Not acceptable JSON.
    #[error("malformed at {0}")]
    Malformed(JsonError),
    /// JSON, but not a response.
    #[error("`{field}` {problem}")]
    Field {
        /// The field.
        field: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl From<Fault> for ResponseError {
    fn from(fault: Fault) -> Self {
        Self::Field { field: fault.field, problem: fault.problem }
    }
}

/// Names that a macro can repeat are at most this long, in bytes: many macros in one text must not
/// make much of little.
const NAME_BYTES_MAX: usize = 256;

/// Bids past this many are refused with the answer.
const BIDS_MAX: usize = 1000;

/// Reasons for no bid (`OpenRTB` 3.0) that say something.
const REASONS: RangeInclusive<u16> = 1..=17;

/// Places in a pod (AdCOM): the last, any, the first, the first or the last.
const SLOTS: RangeInclusive<i64> = -1..=2;
/// A bid with longer lists is not read: they are compared with the request's while others wait.
const LIST_MAX: usize = 64;
/// Nor is one whose lists hold longer texts.
const ENTRY_BYTES_MAX: usize = 256;

impl BidResponse {
    /// Checks and reads an answer of at most 1 MiB and 32 levels.
    pub fn read(bytes: &[u8], status: u16) -> Result<Self, ResponseError> {
        match status {
            204 => return Ok(Self::no_bid()),
            200 => {}
            other => return Err(ResponseError::Status(other)),
        }
        if bytes.iter().all(u8::is_ascii_whitespace) && bytes.len() <= Limits::RESPONSE.bytes {
            return Ok(Self::no_bid());
        }
        let document = json::parse(bytes, &Limits::RESPONSE).map_err(ResponseError::Malformed)?;
        let root = Fields::root(&document)?;
        Ok(Self::of(&root)?)
    }

    fn no_bid() -> Self {
        Self {
            id: None,
            bid_id: None,
            currency: Some(Currency::USD),
            seats: Vec::new(),
            no_bid_reason: None,
            unreadable: 0,
        }
    }

    fn of(root: &Fields<'_>) -> Result<Self, Fault> {
        let mut response = Self {
            id: owned(root, "id")?,
            bid_id: name(root, "bidid")?,
            currency: currency(root)?,
            no_bid_reason: no_bid_reason(root),
            ..Self::no_bid()
        };
        let mut count = 0;
        for fields in root.each_object("seatbid")? {
            let fields = fields?;
            let seat = name(&fields, "seat")?;
            let group = fields.flag("group")? == Some(true);
            let mut bids = Vec::new();
            for bid_fields in fields.each_object("bid")? {
                let bid_fields = bid_fields?;
                count += 1;
                if count > BIDS_MAX {
                    return Err(root.fault("seatbid", "holds too many bids"));
                }
                match bid(&bid_fields) {
                    Ok(bid) => bids.push(bid),
                    Err(_fault) => response.unreadable += 1,
                }
            }
            response.seats.push(Seat { seat, group, bids });
        }
        Ok(response)
    }

    /// Iterates over all bids that could be read, in the order of the answer.
    pub fn bids(&self) -> impl Iterator<Item = &Bid> {
        self.seats.iter().flat_map(|seat| &seat.bids)
    }
}

fn owned(fields: &Fields<'_>, key: &str) -> Result<Option<String>, Fault> {
    Ok(fields.text(key)?.filter(|text| !text.is_empty()).map(str::to_owned))
}

fn name(fields: &Fields<'_>, key: &str) -> Result<Option<String>, Fault> {
    let name = owned(fields, key)?;
    if name.as_ref().is_some_and(|name| name.len() > NAME_BYTES_MAX) {
        return Err(fields.fault(key, "is too long"));
    }
    Ok(name)
}

fn bundle(fields: &Fields<'_>) -> Result<Option<String>, Fault> {
    let mut bundle = name(fields, "bundle")?;
    bundle.iter_mut().for_each(trim);
    Ok(bundle)
}

/// A wrong one says nothing, and costs no bid. Of those from 500 up, which are each exchange's own, we have none.
fn no_bid_reason(root: &Fields<'_>) -> Option<u16> {
    let code = root.integer("nbr").ok().flatten()?;
    u16::try_from(code).ok().filter(|code| REASONS.contains(code))
}

fn currency(root: &Fields<'_>) -> Result<Option<Currency>, Fault> {
    Ok(match root.text("cur")?.filter(|text| !text.is_empty()) {
        Some(text) => text.parse().ok(),
        None => Some(Currency::USD),
    })
}

fn list(fields: &Fields<'_>, key: &str) -> Result<Vec<String>, Fault> {
    short(fields, key)?;
    let Some(found) = fields.find(key) else { return Ok(Vec::new()) };
    let owned = |text: Result<&str, Fault>| {
        let text = text?;
        if text.len() > ENTRY_BYTES_MAX {
            return Err(found.fault("holds an entry that is too long"));
        }
        Ok(text.to_owned())
    };
    found.each_text()?.map(owned).collect()
}

/// A list, each entry of which is made what it is compared as.
fn list_as(fields: &Fields<'_>, key: &str, make: fn(&mut String)) -> Result<Vec<String>, Fault> {
    let mut list = list(fields, key)?;
    list.iter_mut().for_each(make);
    Ok(list)
}

fn codes(fields: &Fields<'_>, key: &str) -> Result<Vec<i64>, Fault> {
    short(fields, key)?;
    fields.integers(key)
}

fn short(fields: &Fields<'_>, key: &str) -> Result<(), Fault> {
    if fields.list(key)?.nth(LIST_MAX).is_some() {
        return Err(fields.fault(key, "holds too many entries"));
    }
    Ok(())
}

fn bid(fields: &Fields<'_>) -> Result<Bid, Fault> {
    Ok(Bid {
        id: fields.required_text("id")?.to_owned(),
        imp_id: fields.required_text("impid")?.to_owned(),
        price: fields.amount("price")?.ok_or_else(|| fields.fault("price", "is missing"))?,
        ad_id: name(fields, "adid")?,
        markup: owned(fields, "adm")?,
        win_url: owned(fields, "nurl")?,
        billing_url: owned(fields, "burl")?,
        loss_url: owned(fields, "lurl")?,
        advertisers: list_as(fields, "adomain", domain::reduce)?,
        campaign_id: owned(fields, "cid")?,
        creative_id: owned(fields, "crid")?,
        categories: list_as(fields, "cat", trim)?,
        taxonomy: fields.size("cattax")?.unwrap_or(1),
        attributes: codes(fields, "attr")?,
        bundle: bundle(fields)?,
        language: name(fields, "language")?,
        language_tag: name(fields, "langb")?,
        // Nothing depends on these here: what is not as it must be is left out, and does not cost the bid.
        apis: codes(fields, "apis").unwrap_or_default(),
        protocol: fields.code("protocol").ok().flatten(),
        media_rating: fields.code("qagmediarating").ok().flatten(),
        slot_in_pod: fields.integer("slotinpod").ok().flatten().filter(|slot| SLOTS.contains(slot)),
        width_ratio: fields.size("wratio").ok().flatten(),
        height_ratio: fields.size("hratio").ok().flatten(),
        deal_id: owned(fields, "dealid")?,
        width: fields.size("w")?,
        height: fields.size("h")?,
        markup_type: fields.code("mtype")?,
        seconds: fields.size("dur")?,
        dsa: BidDsa::of(fields),
        expires_after_seconds: fields.size("exp")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<BidResponse, ResponseError> {
        BidResponse::read(text.as_bytes(), 200)
    }

    #[test]
    fn every_form_of_no_bid_is_an_answer_without_bids() {
        for text in [
            "",
            " \n",
            "{}",
            r#"{"id":"1","seatbid":[]}"#,
            r#"{"id":"1","seatbid":null}"#,
            r#"{"id":"1","nbr":2}"#,
        ] {
            assert_eq!(read(text).unwrap().bids().count(), 0, "{text}");
        }
        assert_eq!(BidResponse::read(b"whatever", 204).unwrap().bids().count(), 0);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_of_its_own_kind() {
        assert_eq!(BidResponse::read(b"", 500), Err(ResponseError::Status(500)));
        assert!(matches!(read("<html>"), Err(ResponseError::Malformed(_))));
        assert!(matches!(read(r#"{"id":1,"id":2}"#), Err(ResponseError::Malformed(_))));
        assert!(matches!(read(&"[".repeat(100_000)), Err(ResponseError::Malformed(_))));
        assert!(matches!(read("[]"), Err(ResponseError::Field { .. })));
        let large = vec![b' '; Limits::RESPONSE.bytes + 1];
        assert!(matches!(BidResponse::read(&large, 200), Err(ResponseError::Malformed(_))));
    }

    #[test]
    fn a_name_that_macros_could_multiply_is_bounded() {
        let long = "a".repeat(NAME_BYTES_MAX + 1);
        let with = |adid: &str| {
            let bid = format!(r#"{{"id":"a","impid":"1","price":1,"adid":"{adid}"}}"#);
            read(&format!(r#"{{"id":"1","seatbid":[{{"bid":[{bid}]}}]}}"#)).unwrap()
        };
        assert_eq!(with(long.get(1..).unwrap()).bids().count(), 1);
        assert_eq!(with(&long).unreadable, 1);
        assert!(matches!(
            read(&format!(r#"{{"id":"1","bidid":"{long}"}}"#)),
            Err(ResponseError::Field { .. })
        ));
    }

    #[test]
    fn the_lists_of_a_bid_are_short_and_so_are_their_entries() {
        let with = |key: &str, entries: &[String]| {
            let list = entries.join(",");
            let bid = format!(r#"{{"id":"a","impid":"1","price":1,"{key}":[{list}]}}"#);
            read(&format!(r#"{{"id":"1","seatbid":[{{"bid":[{bid}]}}]}}"#)).unwrap()
        };
        for (key, entry) in [("adomain", "\"a\""), ("cat", "\"a\""), ("attr", "1")] {
            let many = vec![entry.to_owned(); LIST_MAX + 1];
            assert_eq!(with(key, &many[1..]).bids().count(), 1, "{key}");
            assert_eq!((with(key, &many).bids().count(), with(key, &many).unreadable), (0, 1));
        }
        let long = format!("\"{}\"", "a".repeat(ENTRY_BYTES_MAX + 1));
        for key in ["adomain", "cat"] {
            let response = with(key, std::slice::from_ref(&long));
            assert_eq!((response.bids().count(), response.unreadable), (0, 1), "{key}");
        }
    }

    #[test]
    fn what_only_describes_a_creative_does_not_cost_the_bid() {
        let wrong =
            r#""apis":"7","protocol":"2","qagmediarating":-1,"slotinpod":9,"wratio":-1,"hratio":1"#;
        let text = format!(
            r#"{{"id":"1","seatbid":[{{"bid":[{{"id":"a","impid":"1","price":1,{wrong}}}]}}]}}"#
        );
        let response = read(&text).unwrap();
        let bid = response.bids().next().unwrap();
        let left = (bid.protocol, bid.media_rating, bid.slot_in_pod, bid.width_ratio);
        assert_eq!(
            (bid.apis.len(), left, bid.height_ratio),
            (0, (None, None, None, None), Some(1))
        );
    }

    #[test]
    fn one_wrong_bid_does_not_cost_the_others() {
        let response = read(
            r#"{"id":"1","seatbid":[{"seat":"s","bid":[
                {"id":"a","impid":"1","price":"1.0"},
                {"id":"b","impid":"1","price":-1},
                {"id":"c","impid":"1","price":1.000001,"ext":{"x":1},"unknown":[]}]}]}"#,
        )
        .unwrap();
        let prices: Vec<_> = response.bids().map(|bid| bid.price).collect();
        assert_eq!(prices, [Micros(1_000_001)]);
        assert_eq!((response.seats[0].seat.as_deref(), response.unreadable), (Some("s"), 2));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(BidResponse::read(&bytes, 200));
        }
    }
}
