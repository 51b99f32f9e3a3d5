//! What the exchange of messages itself needs: nothing of a person.

use super::{LotImp, Projection, imp_id_on_the_wire};
use crate::{
    grammar,
    money::{Currency, Micros},
    request::{Blocks, Deal, DealPrice, Imp, Listed},
    written::Written,
};

/// The plumbing of a bid request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutPlumbing(pub(super) Written);

impl OutPlumbing {
    /// Writes the plumbing of one partner's request.
    pub fn of(projection: &Projection<'_>) -> Self {
        let (request, lot) = (projection.shared.request, projection.lot);
        let id = projection.disclosure.to_string();
        let mut out = Written::with_capacity(USUAL_BYTES);
        out.text("id", &id);
        out.list("imp", |list| {
            for put_up in &lot.imps {
                if let Some(imp) = request.imps.get(put_up.index) {
                    list.element(|fields| write_imp(put_up, imp, projection, fields));
                }
            }
        });
        out.integer("at", request.auction.number());
        if let Some(tmax_ms) = projection.tmax_ms {
            out.integer("tmax", tmax_ms);
        }
        out.texts("cur", &lot.currencies);
        if request.test {
            out.integer("test", 1);
        }
        out.texts("wseat", &lot.allowed_seats);
        if lot.allowed_seats.is_empty() {
            out.texts("bseat", &lot.blocked_seats);
        }
        if lot.are_all_imps {
            out.integer("allimps", 1);
        }
        out.join(projection.shared.blocks());
        out.object("source", |source| {
            source.integer("fd", u8::from(lot.is_decided_upstream));
            source.object("schain", |chain| write_chain(&id, projection, chain));
        });
        Self(out)
    }
}

/// Writes what is blocked for every partner alike. Of `acat` and `bcat` only one may stand there, and what is allowed
/// says more, where any of it may be told.
pub(super) fn written_blocks(blocks: &Blocks) -> Written {
    let mut out = Written::default();
    let category = grammar::content_category;
    if told("acat", &blocks.allowed_categories, category, &mut out)
        || told("bcat", &blocks.categories, category, &mut out)
    {
        out.integer("cattax", blocks.taxonomy);
    }
    told("badv", &blocks.advertisers, grammar::domain, &mut out);
    told("bapp", &blocks.apps, grammar::bundle, &mut out);
    blocks.languages.write(&mut out);
    out
}

/// Writes what of a list fits its grammar. Returns whether anything does.
fn told(key: &str, listed: &Listed, fits: fn(&str) -> bool, out: &mut Written) -> bool {
    let fitting: Vec<&str> = listed.iter().filter(|text| fits(text)).collect();
    out.texts(key, &fitting);
    !fitting.is_empty()
}

fn write_imp(put_up: &LotImp, imp: &Imp, projection: &Projection<'_>, out: &mut Written) {
    let currency = projection.lot.currency;
    let write = |out: &mut Written| write_put_up(put_up, imp, currency, out);
    // Why: most partners are asked for the same.
    match projection.shared.imp(put_up, currency, write) {
        Some(fields) => out.join(fields),
        None => write(out),
    }
    if let Some(tag) = imp.tag_id.as_ref().and_then(|tag| projection.placements.get(tag)) {
        out.text("tagid", tag);
    }
}

fn write_put_up(put_up: &LotImp, imp: &Imp, currency: Currency, out: &mut Written) {
    out.text("id", &imp_id_on_the_wire(put_up.index));
    imp.write(put_up, out);
    write_floor(put_up.floor, out);
    out.text("bidfloorcur", currency.as_str());
    if let Some(secure) = imp.secure {
        out.integer("secure", u8::from(secure));
    }
    if imp.deals_only || !put_up.deals.is_empty() {
        out.object("pmp", |pmp| {
            pmp.integer("private_auction", u8::from(imp.deals_only));
            pmp.list("deals", |list| {
                put_up.deals.iter().for_each(|deal| list.element(|out| write_deal(deal, out)));
            });
        });
    }
}

fn write_floor(floor: Micros, out: &mut Written) {
    if floor != Micros::ZERO {
        out.amount("bidfloor", floor);
    }
}

fn write_deal(deal: &Deal, out: &mut Written) {
    out.text("id", &deal.id);
    write_floor(deal.floor, out);
    out.text("bidfloorcur", deal.floor_currency.as_str());
    if let Some(price) = deal.price {
        out.integer("at", DealPrice::code(price));
    }
    deal.lengths.write(out);
    told("wseat", &deal.seats, grammar::code, out);
    told("wadomain", &deal.advertisers, grammar::domain, out);
    if deal.guaranteed {
        out.integer("guar", 1);
    }
}

/// Writes our own node. What the client says of those before is not passed on, and then the chain does not say that it is
/// complete.
fn write_chain(id: &str, projection: &Projection<'_>, out: &mut Written) {
    out.integer("complete", u8::from(!projection.shared.request.source.sold_before));
    out.text("ver", "1.0");
    out.list("nodes", |nodes| {
        nodes.element(|node| {
            node.text("asi", &projection.platform.domain);
            node.text("sid", &projection.platform.seller_id);
            node.text("rid", id);
            node.integer("hp", 1);
        });
    });
}

/// Room made for the plumbing: most takes less.
const USUAL_BYTES: usize = 2 * 1024;
