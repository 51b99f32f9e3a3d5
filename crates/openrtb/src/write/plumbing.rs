//! What the exchange of messages itself needs: nothing of a person.

use super::{Lot, LotImp, Projection, imp_id_on_the_wire};
use crate::{
    kept::Kept,
    money::{Currency, Micros},
    request::{Blocks, Deal, DealPrice, Imp},
};
use serde::Serialize;
use std::sync::Arc;

/// The plumbing of a bid request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutPlumbing {
    id: String,
    imp: Vec<OutImp>,
    at: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    tmax: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cur: Vec<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<u8>,
    #[serde(flatten)]
    blocks: OutBlocks,
    source: OutSource,
}

impl OutPlumbing {
    /// Builds the plumbing of one partner's request.
    pub fn of(projection: &Projection<'_>) -> Self {
        let (request, lot) = (projection.request, projection.lot);
        let id = projection.disclosure.to_string();
        let imps = lot.imps.iter().filter_map(|put_up| {
            Some(OutImp::of(put_up, request.imps.get(put_up.index)?, projection))
        });
        let node = OutNode {
            asi: projection.platform.domain.clone(),
            sid: projection.platform.seller_id.clone(),
            rid: id.clone(),
            hp: 1,
        };
        Self {
            id,
            imp: imps.collect(),
            at: request.auction.number(),
            tmax: projection.tmax_ms,
            cur: lot.currencies.clone(),
            test: request.test.then_some(1),
            blocks: OutBlocks::of(&request.blocks, lot),
            source: OutSource { schain: OutChain { complete: 1, ver: "1.0", nodes: [node] } },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct OutImp {
    id: String,
    #[serde(flatten)]
    kept: Arc<Kept>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tagid: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    bidfloor: Micros,
    bidfloorcur: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    secure: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pmp: Option<OutPmp>,
}

impl OutImp {
    fn of(put_up: &LotImp, imp: &Imp, projection: &Projection<'_>) -> Self {
        let placements = projection.placements;
        let pmp = OutPmp {
            private_auction: u8::from(imp.deals_only),
            deals: put_up.deals.iter().map(OutDeal::of).collect(),
        };
        Self {
            id: imp_id_on_the_wire(put_up.index),
            kept: imp.kept_in(put_up.formats, &put_up.lengths),
            tagid: imp.tag_id.as_ref().and_then(|tag| placements.get(tag)).cloned(),
            bidfloor: put_up.floor,
            bidfloorcur: projection.lot.currency,
            secure: imp.secure.map(u8::from),
            pmp: (imp.deals_only || !put_up.deals.is_empty()).then_some(pmp),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(price: &Micros) -> bool {
    *price == Micros::ZERO
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct OutPmp {
    private_auction: u8,
    deals: Vec<OutDeal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct OutDeal {
    id: String,
    #[serde(skip_serializing_if = "is_zero")]
    bidfloor: Micros,
    bidfloorcur: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wseat: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wadomain: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guar: Option<u8>,
}

impl OutDeal {
    fn of(deal: &Deal) -> Self {
        Self {
            id: deal.id.clone(),
            bidfloor: deal.floor,
            bidfloorcur: deal.floor_currency,
            at: deal.price.map(DealPrice::code),
            wseat: deal.seats.clone(),
            wadomain: deal.advertisers.clone(),
            guar: deal.guaranteed.then_some(1),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct OutBlocks {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wseat: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bseat: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acat: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bcat: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cattax: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    badv: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bapp: Vec<String>,
}

impl OutBlocks {
    fn of(blocks: &Blocks, lot: &Lot) -> Self {
        let has_categories = !blocks.categories.is_empty() || !blocks.allowed_categories.is_empty();
        Self {
            wseat: lot.allowed_seats.clone(),
            bseat: lot.blocked_seats.clone(),
            acat: blocks.allowed_categories.clone(),
            bcat: blocks.categories.clone(),
            cattax: has_categories.then_some(blocks.taxonomy),
            badv: blocks.advertisers.clone(),
            bapp: blocks.apps.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct OutSource {
    schain: OutChain,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct OutChain {
    complete: u8,
    ver: &'static str,
    nodes: [OutNode; 1],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct OutNode {
    asi: String,
    sid: String,
    rid: String,
    hp: u8,
}
