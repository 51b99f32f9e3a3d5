//! The lists of people that a partner may send.

use super::{
    section::Section,
    values::{parsed, text, whole},
};
use crate::{Audience, limits};

/// Reads them; `None` if one is wrong, which has been reported.
pub(super) fn read(partnership: &mut Section<'_>) -> Option<Vec<Audience>> {
    let read: Vec<Option<Audience>> =
        partnership.sections("audience").into_iter().map(audience).collect();
    let mut audiences: Vec<Audience> = read.into_iter().collect::<Option<_>>()?;
    audiences.sort_by(|one, other| one.id.cmp(&other.id));
    if let Some(problem) = problem(&audiences) {
        partnership.complain("audience", problem);
        return None;
    }
    Some(audiences)
}

fn problem(audiences: &[Audience]) -> Option<String> {
    if audiences.len() > limits::AUDIENCES_MAX {
        return Some(format!("must have at most {} entries", limits::AUDIENCES_MAX));
    }
    let pairs = || audiences.iter().zip(audiences.iter().skip(1));
    if let Some((repeated, _)) = pairs().find(|(one, next)| one.id == next.id) {
        return Some(format!("has `{}` twice", repeated.id));
    }
    let mut segments: Vec<_> = audiences.iter().map(Audience::segment).collect();
    segments.sort_unstable();
    segments.dedup();
    (segments.len() < audiences.len()).then(|| String::from("has two entries with one segment"))
}

fn audience(mut section: Section<'_>) -> Option<Audience> {
    let id = section.required("id", parsed);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let segtax = section.required("segtax", whole(limits::SEGTAX));
    let segment = section.required("segment", whole(limits::SEGMENT));
    let advertiser = section.has("advertiser");
    let named = section.optional("advertiser", parsed);
    section.finish();
    let advertiser = if advertiser { Some(named?) } else { None };
    Some(Audience { id: id?, name: name?, segtax: segtax?, segment: segment?, advertiser })
}
