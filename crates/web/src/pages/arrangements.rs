//! A person's view of the ledger, put into words partnership by partnership.

use super::{fields, when::Moment, words};
use sluicegate_gate::{Kind, PartnershipId, Reason, time::UnixMillis};
use sluicegate_ledger::{DisclosureView, PersonView, WithheldView};
use sluicegate_register::Edition;

/// How many sets of values the page shows for one partnership; the download has all.
const SETS_MAX: usize = 40;
/// How many of them it shows at once; the others unfold.
const SETS_OPEN: usize = 2;

/// What went to one partnership, and what did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrangement {
    pub(super) id: String,
    pub(super) partner: String,
    pub(super) title: String,
    pub(super) kind: Option<Kind>,
    pub(super) left: Vec<Left>,
    pub(super) left_out: usize,
    pub(super) withheld: Vec<Withheld>,
}

/// One set of values with how often it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) path: &'static str,
    pub(super) times: String,
    pub(super) first: Moment,
    pub(super) last: Option<Moment>,
    pub(super) edition: String,
    pub(super) fields: Vec<fields::Line>,
}

/// Times that something was held back for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Withheld {
    pub(super) times: String,
    pub(super) why: &'static str,
}

impl Arrangement {
    /// Whether the sharing setting governs it. What no edition knows any more is shown there too, so
    /// that nothing controlled ever hides among what is not.
    pub(super) fn is_controlled(&self) -> bool {
        self.kind.is_none_or(Kind::is_controlled)
    }

    /// The sets that are shown at once.
    pub(super) fn open(&self) -> &[Left] {
        self.left.get(..SETS_OPEN).unwrap_or(&self.left)
    }

    /// The sets that unfold.
    pub(super) fn folded(&self) -> &[Left] {
        self.left.get(SETS_OPEN..).unwrap_or_default()
    }

    pub(super) fn label(&self) -> &'static str {
        match self.kind {
            Some(kind) if kind.is_controlled() => words::kind(kind),
            Some(_) => "Outside the setting",
            None => "No longer listed",
        }
    }
}

/// Puts the view into words, in the order of the list of partners.
pub(super) fn arrangements(view: &PersonView, edition: Option<&Edition>) -> Vec<Arrangement> {
    let mut ids: Vec<PartnershipId> = view
        .disclosures
        .iter()
        .map(|told| &told.partnership)
        .chain(view.withheld.iter().map(|withheld| &withheld.partnership))
        .cloned()
        .collect();
    ids.sort();
    ids.dedup();
    let mut all: Vec<Arrangement> = ids.iter().map(|id| arrangement(id, view, edition)).collect();
    all.sort_by(|one, other| {
        let place = |it: &Arrangement| (it.kind.is_none(), it.kind);
        (place(one), &one.partner, &one.id).cmp(&(place(other), &other.partner, &other.id))
    });
    all
}

fn arrangement(id: &PartnershipId, view: &PersonView, edition: Option<&Edition>) -> Arrangement {
    let listed = edition.and_then(|edition| edition.partnership(id));
    let retired = || {
        let retired = edition?.retired().iter().find(|retired| retired.id == *id)?;
        Some((retired.kind, retired.partner.clone()))
    };
    let (kind, partner, title) = if let Some(listed) = listed {
        (Some(listed.terms.kind), listed.partner.name.clone(), listed.title.clone())
    } else {
        let (kind, partner) = retired().unzip();
        let title = String::from("An arrangement that the list no longer has");
        (kind, partner.unwrap_or_else(|| id.to_string()), title)
    };
    let mut left = left(view.disclosures.iter().filter(|told| told.partnership == *id), edition);
    let left_out = left.len().saturating_sub(SETS_MAX);
    left.truncate(SETS_MAX);
    Arrangement {
        id: id.to_string(),
        withheld: withheld(view.withheld.iter().filter(|row| row.partnership == *id)),
        kind,
        partner,
        title,
        left,
        left_out,
    }
}

/// Joins the days on which the same values left the same way; the latest first.
fn left<'v>(
    told: impl Iterator<Item = &'v DisclosureView>,
    edition: Option<&Edition>,
) -> Vec<Left> {
    let mut joined: Vec<(&DisclosureView, u64, UnixMillis, UnixMillis)> = Vec::new();
    for view in told {
        let same = joined.iter_mut().find(|(seen, ..)| {
            (seen.path, seen.categories, &seen.told) == (view.path, view.categories, &view.told)
        });
        match same {
            Some((_, count, first, last)) => {
                *count = count.saturating_add(view.count);
                *first = view.first.min(*first);
                *last = view.last.max(*last);
            }
            None => joined.push((view, view.count, view.first, view.last)),
        }
    }
    joined
        .into_iter()
        .map(|(view, count, first, last)| Left {
            path: words::path(view.path),
            times: words::count(count, "time", "times"),
            first: Moment::of(first),
            last: (count > 1).then(|| Moment::of(last)),
            edition: edition_words(view, edition),
            fields: fields::lines(&view.told),
        })
        .collect()
}

fn edition_words(view: &DisclosureView, edition: Option<&Edition>) -> String {
    if let Some(edition) = edition.filter(|edition| edition.hash() == view.edition) {
        return format!("edition {}", edition.number());
    }
    let hash = view.edition.to_string();
    format!("an earlier edition ({}\u{2026})", hash.get(..8).unwrap_or(&hash))
}

/// Adds up the days, the most frequent reason first.
fn withheld<'v>(rows: impl Iterator<Item = &'v WithheldView>) -> Vec<Withheld> {
    let mut sums: Vec<(Reason, u64)> = Vec::new();
    for row in rows {
        match sums.iter_mut().find(|(reason, _)| *reason == row.reason) {
            Some((_, count)) => *count = count.saturating_add(row.count),
            None => sums.push((row.reason, row.count)),
        }
    }
    sums.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    sums.into_iter()
        .map(|(reason, count)| Withheld {
            times: words::count(count, "time", "times"),
            why: reason.words(),
        })
        .collect()
}
