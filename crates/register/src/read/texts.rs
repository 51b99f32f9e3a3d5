//! Texts of a partnership in other languages.

use super::{
    section::Section,
    values::{filled, text},
};
use crate::{Texts, limits};
use toml::Value;

/// Reads them; `None` if one is wrong, which has been reported.
pub(super) fn read(partnership: &mut Section<'_>, purposes: Option<usize>) -> Option<Vec<Texts>> {
    let read: Vec<Option<Texts>> =
        partnership.sections("text").into_iter().map(|section| texts(section, purposes)).collect();
    let mut texts: Vec<Texts> = read.into_iter().collect::<Option<_>>()?;
    texts.sort_by(|one, other| one.language.cmp(&other.language));
    let mut pairs = texts.iter().zip(texts.iter().skip(1));
    if let Some((repeated, _)) = pairs.find(|(one, next)| one.language == next.language) {
        let problem = format!("has `{}` twice", repeated.language);
        partnership.complain("text", problem);
        return None;
    }
    Some(texts)
}

fn texts(mut section: Section<'_>, original: Option<usize>) -> Option<Texts> {
    let language = section.required("language", language);
    let title = section.required("title", text(limits::NAME_CHARS_MAX));
    let summary = section.required("summary", text(limits::SUMMARY_CHARS_MAX));
    let purposes =
        section.required("purposes", filled(limits::LIST_MAX, text(limits::LINE_CHARS_MAX)));
    if let (Some(purposes), Some(original)) = (&purposes, original)
        && purposes.len() != original
    {
        section.complain("purposes", format!("must have {original} entries, as the original has"));
        section.finish();
        return None;
    }
    section.finish();
    Some(Texts { language: language?, title: title?, summary: summary?, purposes: purposes? })
}

/// Reads a primary language subtag (RFC 5646, section 2.2.1).
fn language(value: &Value) -> Result<String, String> {
    let tag = value.as_str().unwrap_or_default();
    let is_tag =
        (2..=3).contains(&tag.len()) && tag.bytes().all(|letter| letter.is_ascii_lowercase());
    if is_tag { Ok(tag.to_owned()) } else { Err("must be a language like \"de\"".to_owned()) }
}
