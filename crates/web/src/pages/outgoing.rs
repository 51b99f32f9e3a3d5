//! The one sentence of what goes out under the sharing setting, and to whom.

use super::{
    language::{Language, Message},
    words,
};
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
    pub(super) fn of(edition: &Edition, language: Language) -> Option<Self> {
        let controlled =
            || edition.partnerships().iter().filter(|partnership| partnership.is_controlled());
        let data: Categories = controlled()
            .flat_map(|partnership| partnership.terms.categories.and(Categories::PERSONAL).iter())
            .collect();
        let of_kind = |kind: Kind, id: &'static str| {
            let of_kind = controlled().filter(|partnership| partnership.terms.kind == kind);
            let partners: HashSet<&str> =
                of_kind.map(|partnership| partnership.partner.id.as_str()).collect();
            (!partners.is_empty()).then(|| language.say(id).with("partners", partners.len()))
        };
        let partners = [
            of_kind(Kind::RealTimeBidding, "outgoing-bidding"),
            of_kind(Kind::ConversionTracking, "outgoing-tracking"),
        ];
        let partners: Vec<String> = partners.iter().flatten().map(Message::plain).collect();
        let data: Vec<String> =
            data.iter().map(|category| words::category(language, category).plain()).collect();
        (!data.is_empty())
            .then(|| Self { partners: language.list(&partners), data: language.list(&data) })
    }
}
