//! Whether a bid's creative fits the impression and what the request blocks.

use crate::{status::SeatStatus, transport::loads_without_tls};
use sluicegate_openrtb::{
    request::{BannerSize, BidRequest, Format, Formats, Imp},
    response::Bid,
    write::LotImp,
};

/// Checks everything that a bid says of its creative beside its markup. Returns the format that it was checked as.
pub(crate) fn check(
    request: &BidRequest,
    (imp, put_up): (&Imp, &LotImp),
    bid: &Bid,
) -> Result<Format, SeatStatus> {
    if bid.markup.is_none() && bid.win_url.is_none() {
        return Err(SeatStatus::NoMarkup);
    }
    if bid.creative_id.is_none() {
        return Err(SeatStatus::NoCreativeId);
    }
    let format = format(put_up.formats, bid)?;
    if format == Format::Banner {
        check_size(put_up, bid)?;
    }
    if !imp.takes_length(format, bid.seconds) {
        return Err(SeatStatus::Length);
    }
    if imp.position(format, bid.slot_in_pod).is_none() {
        return Err(SeatStatus::Position);
    }
    if bid.attributes.iter().any(|attribute| imp.blocks_attribute(format, *attribute)) {
        return Err(SeatStatus::Attribute);
    }
    if !request.blocks.languages.allow(bid.language_tag.as_deref().or(bid.language.as_deref())) {
        return Err(SeatStatus::Language);
    }
    check_advertiser(request, bid)?;
    check_categories(request, bid)?;
    let dsa = request.regs.dsa.as_ref();
    if !dsa.is_none_or(|dsa| dsa.is_answered_by(bid.dsa.as_ref())) {
        return Err(SeatStatus::Dsa);
    }
    Ok(format)
}

/// Checks that markup loads everything with TLS where the impression asks for it.
pub(crate) fn check_secure(imp: &Imp, markup: &str) -> Result<(), SeatStatus> {
    let is_wrong = imp.secure == Some(true) && loads_without_tls(markup);
    if is_wrong { Err(SeatStatus::NotSecure) } else { Ok(()) }
}

/// The format that the bid says, or the only one of those that it was asked for.
pub(crate) fn format(formats: Formats, bid: &Bid) -> Result<Format, SeatStatus> {
    let said = match bid.markup_type {
        Some(code) => Format::of_markup_type(code),
        None => formats.only(),
    };
    said.filter(|format| formats.offer(*format)).ok_or(SeatStatus::Format)
}

/// A side that is not said is not wrong.
fn check_size(put_up: &LotImp, bid: &Bid) -> Result<(), SeatStatus> {
    let ratio = bid.width_ratio.zip(bid.height_ratio);
    let size = BannerSize { width: bid.width, height: bid.height, ratio };
    match &put_up.banner {
        Some(slot) if !slot.takes(size) => Err(SeatStatus::Size),
        _ => Ok(()),
    }
}

fn check_advertiser(request: &BidRequest, bid: &Bid) -> Result<(), SeatStatus> {
    let blocks = &request.blocks;
    let is_blocked = |domain: &String| blocks.advertisers.covers_domain(domain);
    let is_blocked_app = |app: &String| blocks.apps.holds(app);
    if bid.advertisers.iter().any(is_blocked) {
        return Err(SeatStatus::BlockedAdvertiser);
    }
    if bid.bundle.iter().any(is_blocked_app) {
        return Err(SeatStatus::BlockedApp);
    }
    // What is no domain may be a listed one, written otherwise.
    if !blocks.advertisers.is_empty() && !bid.names_domains() {
        return Err(SeatStatus::Advertiser);
    }
    Ok(())
}

/// `bcat` and `acat`. Categories of two taxonomies cannot be compared.
fn check_categories(request: &BidRequest, bid: &Bid) -> Result<(), SeatStatus> {
    let (blocked, allowed) = (&request.blocks.categories, &request.blocks.allowed_categories);
    let is_listed = !blocked.is_empty() || !allowed.is_empty();
    if is_listed && !bid.categories.is_empty() && bid.taxonomy != request.blocks.taxonomy {
        return Err(SeatStatus::Taxonomy);
    }
    let mut categories = bid.categories.iter();
    let allows = |category: &String| match bid.taxonomy {
        CONTENT_TAXONOMY_1 => allowed.covers_category(category),
        // Why: what looks like a part of what is allowed may be anything there.
        _ => allowed.holds(category),
    };
    let is_allowed =
        allowed.is_empty() || (!bid.categories.is_empty() && categories.clone().all(allows));
    if !is_allowed || categories.any(|category| blocked.covers_category(category)) {
        return Err(SeatStatus::Category);
    }
    Ok(())
}

/// IAB Content Taxonomy 1.0, the only one whose categories show what they are parts of.
const CONTENT_TAXONOMY_1: u32 = 1;
