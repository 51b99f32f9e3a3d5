//! Whether a bid's creative fits the impression and what the request blocks.

use crate::status::SeatStatus;
use memchr::memchr_iter;
use sluicegate_openrtb::{
    request::{BidRequest, Format, Formats, Imp},
    response::Bid,
    write::LotImp,
};

/// Checks everything that a bid says of its creative.
pub(crate) fn check(
    request: &BidRequest,
    (imp, put_up): (&Imp, &LotImp),
    bid: &Bid,
) -> Result<(), SeatStatus> {
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
    bid.markup.as_deref().map_or(Ok(()), |markup| check_secure(imp, markup))
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

/// A size that is not said is not wrong.
fn check_size(put_up: &LotImp, bid: &Bid) -> Result<(), SeatStatus> {
    match (&put_up.banner, bid.width.zip(bid.height)) {
        (Some(slot), Some(size)) if !slot.takes(size) => Err(SeatStatus::Size),
        _ => Ok(()),
    }
}

fn check_advertiser(request: &BidRequest, bid: &Bid) -> Result<(), SeatStatus> {
    let blocks = &request.blocks;
    let is_blocked = |domain: &String| blocks.advertisers.covers_domain(domain);
    let is_blocked_app = |app: &String| blocks.apps.holds(app);
    if bid.advertisers.iter().any(is_blocked) || bid.bundle.iter().any(is_blocked_app) {
        return Err(SeatStatus::BlockedAdvertiser);
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
    let is_allowed = allowed.is_empty()
        || (!bid.categories.is_empty()
            && categories.clone().all(|category| allowed.covers_category(category)));
    if !is_allowed || categories.any(|category| blocked.covers_category(category)) {
        return Err(SeatStatus::Category);
    }
    Ok(())
}

/// Returns whether markup names something to load by `http:`. Where a click leads and what only names an XML
/// namespace is not loaded; whatever else it is counts.
fn loads_without_tls(markup: &str) -> bool {
    let mut before_colons = memchr_iter(b':', markup.as_bytes()).filter_map(|at| markup.get(..at));
    before_colons.any(|text| {
        let Some(before) = without_end(text, "http") else { return false };
        let before = tail(before).to_ascii_lowercase();
        let bare = before.trim_end_matches(['"', '\'', '\\', ' ']);
        !leads(bare.trim_end_matches("<![cdata[").trim_end()) && !names(bare)
    })
}

/// Returns what stands before an end, in either case.
fn without_end<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    let (before, last) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    last.eq_ignore_ascii_case(end).then_some(before)
}

/// What stands shortly before: hostile markup must not be walked again and again.
fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().nth(TAIL_CHARS).map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

/// The address of a link, in HTML or in VAST.
fn leads(before: &str) -> bool {
    let tag = before.rsplit('<').next().unwrap_or_default();
    let is_anchor = ["a", "area"].into_iter().any(|name| {
        tag.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_whitespace()))
    });
    before.ends_with("<clickthrough>") || is_anchor && attribute(before) == "href="
}

fn names(before: &str) -> bool {
    let attribute = attribute(before);
    attribute.starts_with("xmlns") && attribute.ends_with('=')
}

fn attribute(before: &str) -> &str {
    before.rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default()
}

/// An opening tag of an anchor is seldom longer than this.
const TAIL_CHARS: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_without_tls_is_told_from_links_and_names() {
        for loads in [
            "<img src=http://n.example/a.png>",
            "<img src=\"HTTP://n.example/a.png\">",
            "<script src='http://n.example/a.js'></script>",
            "<div style=\"background:url(http://n.example/a.png)\">",
            "<MediaFile><![CDATA[http://n.example/a.mp4]]></MediaFile>",
            "<link rel=stylesheet href=\"http://n.example/a.css\">",
            "<a data-href=\"http://n.example/a.css\">",
            "{\"img\":{\"url\":\"http://n.example/a.png\"}}",
            "<a href=\"https://n.example/\"><img src=\"http://n.example/a.png\"></a>",
        ] {
            assert!(loads_without_tls(loads), "{loads}");
        }
        for does_not in [
            "<img src=\"https://n.example/a.png\">",
            "<a href=\"http://shop.example/\">An ad</a>",
            "<a class=x href='http://shop.example/'>An ad</a>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\">",
            "<ClickThrough><![CDATA[http://shop.example/]]></ClickThrough>",
            "<p>An ad</p>",
        ] {
            assert!(!loads_without_tls(does_not), "{does_not}");
        }
    }
}
