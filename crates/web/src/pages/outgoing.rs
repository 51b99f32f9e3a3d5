//! The one sentence of what goes out under the sharing setting, and to whom.

use super::words;
use sluicegate_gate::{Categories, Kind};
use sluicegate_register::Edition;
use std::collections::HashSet;

/// What goes out, and to whom, as parts of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub(super) partners: String,
    pub(super) data: String,
}

impl Outgoing {
    /// Reads it from the edition; `None` where nothing about a person goes out.
    pub(super) fn of(edition: &Edition) -> Option<Self> {
        let controlled =
            || edition.partnerships().iter().filter(|partnership| partnership.is_controlled());
        let data: Categories = controlled()
            .flat_map(|partnership| partnership.terms.categories.and(Categories::PERSONAL).iter())
            .collect();
        let of_kind = |kind: Kind, words: &str| {
            let of_kind = controlled().filter(|partnership| partnership.terms.kind == kind);
            let partners: HashSet<&str> =
                of_kind.map(|partnership| partnership.partner.id.as_str()).collect();
            let number = u64::try_from(partners.len()).unwrap_or(u64::MAX);
            (number > 0)
                .then(|| format!("{} for {words}", words::count(number, "partner", "partners")))
        };
        let partners = [
            of_kind(Kind::RealTimeBidding, "real-time bidding"),
            of_kind(Kind::ConversionTracking, "conversion tracking"),
        ];
        let partners: Vec<&str> = partners.iter().flatten().map(String::as_str).collect();
        let data: Vec<&str> = data.iter().map(words::category).collect();
        (!data.is_empty())
            .then(|| Self { partners: words::list(&partners), data: words::list(&data) })
    }
}
