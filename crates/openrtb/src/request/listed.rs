//! Lists of a request against which every bid is held: bounded, kept as they came, and looked up instead of walked,
//! so that long lists of a bid against long lists of a request take little time.

use crate::{
    domain,
    fields::{Fault, Field, Fields, trim},
};
use std::cmp::Ordering;

/// Some texts that allow or block. What of them is told to partners is another matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// In the order in which they came.
    texts: Vec<String>,
    /// Their places, by the text.
    sorted: Vec<usize>,
    /// The length of the longest, in bytes.
    longest: usize,
    by: Compared,
}

/// How texts are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compared {
    /// Byte for byte.
    #[default]
    Exactly,
    /// In either case, and without blanks around them.
    InEitherCase,
    /// In either case, without a dot at the end, and in the letters of the Domain Name System. What is read of a
    /// request may be an address, or begin with `*.`: its host counts.
    AsDomains,
}

/// A list of a request that is longer is refused.
pub const LISTED_MAX: usize = 10_000;

impl Listed {
    /// Makes a list of texts.
    pub fn of(texts: impl IntoIterator<Item = String>, by: Compared) -> Self {
        let mut texts: Vec<String> = texts.into_iter().collect();
        match by {
            Compared::Exactly => {}
            Compared::InEitherCase => texts.iter_mut().for_each(trim),
            Compared::AsDomains => texts.iter_mut().for_each(domain::normalize),
        }
        let mut sorted: Vec<usize> = (0..texts.len()).collect();
        let text = |place: &usize| texts.get(*place).map_or("", String::as_str);
        sorted.sort_unstable_by(|one, other| by.order(text(one), text(other)));
        let longest = texts.iter().map(String::len).max().unwrap_or_default();
        Self { texts, sorted, longest, by }
    }

    pub(super) fn read(fields: &Fields<'_>, key: &str, by: Compared) -> Result<Self, Fault> {
        let Some(found) = fields.find(key) else { return Ok(Self { by, ..Self::default() }) };
        bounded(&found)?;
        let entry = |(index, text): (usize, Result<&str, Fault>)| {
            let mut text = text?.to_owned();
            if by == Compared::AsDomains && !domain::reduce_entry(&mut text) {
                return Err(found.fault_at(index, "must be a domain"));
            }
            Ok(text)
        };
        let texts = found.each_text()?.enumerate().map(entry);
        Ok(Self::of(texts.collect::<Result<Vec<_>, _>>()?, by))
    }

    /// Reads a list that allows only what it lists: entries that fit no grammar are left out, but not all
    /// of them may be. Without one of them it would allow everything.
    pub(super) fn narrowing(
        fields: &Fields<'_>,
        key: &str,
        fits: fn(&str) -> bool,
        by: Compared,
    ) -> Result<Self, Fault> {
        let Some(found) = fields.find(key) else { return Ok(Self { by, ..Self::default() }) };
        bounded(&found)?;
        let mut texts: Vec<String> = found.texts()?.into_iter().map(str::to_owned).collect();
        let is_said = !texts.is_empty();
        texts.retain_mut(|text| {
            let is_one = by != Compared::AsDomains || domain::reduce_entry(text);
            is_one && fits(text)
        });
        if is_said && texts.is_empty() {
            return Err(found.fault("must hold at least one that can be read"));
        }
        Ok(Self::of(texts, by))
    }

    /// Returns whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Iterates over what is listed, in the order in which it came.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// Returns whether a text is listed.
    pub fn holds(&self, text: &str) -> bool {
        let listed = |place: &usize| self.texts.get(*place).map_or("", String::as_str);
        self.sorted.binary_search_by(|place| self.by.order(listed(place), text)).is_ok()
    }

    /// Returns whether a domain, or one that it lies below, is listed.
    pub fn covers_domain(&self, text: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let name = domain::normal(text);
        let below = name.match_indices('.').map(|(at, _)| at + 1);
        let mut parts = [0].into_iter().chain(below).filter_map(|at| name.get(at..));
        parts.any(|part| part.len() <= self.longest && self.holds(part))
    }

    /// Returns whether a category, or one that it is a part of, is listed. In IAB Content Taxonomy 1.0 the parts of
    /// `IAB25` are `IAB25-1` and so on. Later ones do not show it, and what a vendor's own mean by it nobody knows.
    pub fn covers_category(&self, category: &str) -> bool {
        let above =
            category.match_indices('-').map(|(at, _)| at).take_while(|at| *at <= self.longest);
        self.holds(category) || above.filter_map(|at| category.get(..at)).any(|one| self.holds(one))
    }
}

fn bounded(found: &Field<'_, '_>) -> Result<(), Fault> {
    if found.list()?.count() > LISTED_MAX {
        return Err(found.fault("holds too many entries"));
    }
    Ok(())
}

impl Compared {
    fn order(self, one: &str, other: &str) -> Ordering {
        fn lower(text: &str) -> impl Iterator<Item = u8> {
            text.bytes().map(|byte| byte.to_ascii_lowercase())
        }
        match self {
            Self::Exactly => one.cmp(other),
            Self::InEitherCase | Self::AsDomains => lower(one).cmp(lower(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(texts: &[&str], by: Compared) -> Listed {
        Listed::of(texts.iter().map(|text| (*text).to_owned()), by)
    }

    #[test]
    fn a_domain_is_covered_by_itself_and_what_it_lies_below_in_either_case() {
        let list = listed(
            &["a.example", "Shoes.example", "bücher.example", "z.example."],
            Compared::AsDomains,
        );
        for covered in [
            "shoes.example",
            "A.SHOES.example.",
            "a.b.shoes.example",
            "xn--bcher-kva.example",
            "shop.BÜCHER.example",
            "z.example",
        ] {
            assert!(list.covers_domain(covered), "{covered}");
        }
        for other in
            ["othershoes.example", "shoes.example.evil.example", "example", "ü.example", "", "."]
        {
            assert!(!list.covers_domain(other), "{other}");
        }
        assert!(!Listed::default().covers_domain("shoes.example"));
    }

    #[test]
    fn a_part_of_a_category_is_told_from_a_longer_number() {
        let list = listed(&["IAB25", "483"], Compared::InEitherCase);
        for covered in ["IAB25", "IAB25-3", "iab25-3", "483"] {
            assert!(list.covers_category(covered), "{covered}");
        }
        for other in ["IAB255", "IAB2", "IAB2-5", "48", "", "-"] {
            assert!(!list.covers_category(other), "{other}");
        }
    }

    #[test]
    fn what_no_partner_is_told_is_listed_all_the_same() {
        let apps = listed(&["B00KDSGIPK", "com.example.game"], Compared::InEitherCase);
        assert!(apps.holds("B00KDSGIPK") && apps.holds("com.Example.game") && !apps.holds(""));
        assert_eq!(apps.iter().collect::<Vec<_>>(), ["B00KDSGIPK", "com.example.game"]);
        let seats = listed(&["s"], Compared::Exactly);
        assert!(seats.holds("s") && !seats.holds("S"));
    }

    proptest! {
        #[test]
        fn looking_up_finds_what_walking_finds(
            texts in prop::collection::vec("[abA.]{0,4}", 0..8), text in "[abA.]{0,6}"
        ) {
            let walked = |one: &String| {
                let [one, text] = [one, &text].map(|name| name.trim_end_matches('.').to_ascii_lowercase());
                text == one || text.ends_with(&format!(".{one}"))
            };
            let list = Listed::of(texts.clone(), Compared::AsDomains);
            prop_assert_eq!(list.covers_domain(&text), texts.iter().any(walked));
        }
    }
}
