//! A page of a person's record, put into words partnership by partnership.

use super::{
    fields,
    language::{Language, Message, Registered},
    when::Moment,
    words,
};
use sluicegate_gate::{EditionHash, Kind, PartnershipId, Reason};
use sluicegate_ledger::{PersonPage, SetView, ToldPage, WithheldView};
use sluicegate_register::{Edition, EditionSummary};

/// How many sets of values a page shows for one partnership; the next page has the next ones.
pub(super) const SETS_MAX: usize = 40;
/// How many of them it shows at once; the others unfold.
const SETS_OPEN: usize = 2;

/// What went to one partnership, and what did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrangement {
    pub(super) id: String,
    pub(super) partner: String,
    pub(super) title: Registered,
    pub(super) kind: Option<Kind>,
    pub(super) label: Message,
    /// How often something left in all.
    pub(super) count: u64,
    pub(super) left: Vec<Left>,
    /// Whether sets of values are on earlier pages.
    pub(super) is_continued: bool,
    /// How many sets of values are on later pages.
    pub(super) left_out: usize,
    pub(super) withheld: Vec<Message>,
    /// How often something was held back in all, once for each reason.
    pub(super) held: u64,
}

/// One set of values with how often it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) times: Message,
    pub(super) when: Message,
    pub(super) fields: Vec<fields::Line>,
    /// Whether what it said cannot be read any more.
    pub(super) is_damaged: bool,
}

/// What is put into words, and in which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Teller<'a> {
    pub(super) language: Language,
    pub(super) edition: Option<&'a Edition>,
    /// Every edition, to name earlier ones by their numbers.
    pub(super) editions: &'a [EditionSummary],
    /// How many sets the pages before this one showed.
    pub(super) from: usize,
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
}

impl Teller<'_> {
    /// Puts the page into words, in the order of the list of partners.
    pub(super) fn arrangements(&self, page: &PersonPage) -> Vec<Arrangement> {
        let mut ids: Vec<&PartnershipId> = page.told.keys().collect();
        ids.extend(page.withheld.iter().map(|withheld| &withheld.partnership));
        ids.sort();
        ids.dedup();
        let mut all: Vec<Arrangement> =
            ids.into_iter().map(|id| self.arrangement(id, page)).collect();
        all.sort_by(|one, other| {
            let place = |it: &Arrangement| (it.kind.is_none(), it.kind);
            (place(one), &one.partner, &one.id).cmp(&(place(other), &other.partner, &other.id))
        });
        all
    }

    fn arrangement(&self, id: &PartnershipId, page: &PersonPage) -> Arrangement {
        let (kind, partner, title) = self.named(id);
        let none = ToldPage::default();
        let told = page.told.get(id).unwrap_or(&none);
        let (withheld, held) =
            self.withheld(page.withheld.iter().filter(|row| row.partnership == *id));
        Arrangement {
            id: id.to_string(),
            label: match kind {
                Some(kind) if kind.is_controlled() => words::kind(self.language, kind),
                Some(_) => self.language.say("kind-outside"),
                None => self.language.say("kind-unlisted"),
            },
            count: told.count,
            left: told.shown.iter().map(|set| self.left(set)).collect(),
            is_continued: self.from > 0 && told.sets > 0,
            left_out: told.sets.saturating_sub(self.from.saturating_add(told.shown.len())),
            withheld,
            held,
            kind,
            partner,
            title,
        }
    }

    /// Returns the kind, the partner and the title of a partnership that is or was listed.
    pub(super) fn named(&self, id: &PartnershipId) -> (Option<Kind>, String, Registered) {
        if let Some(listed) = self.edition.and_then(|edition| edition.partnership(id)) {
            let texts = listed.texts(self.language.tag());
            let title = texts.map_or(&listed.title, |texts| &texts.title);
            let is_original = texts.is_none() && self.language != Language::English;
            let title = Registered::new(title, is_original);
            return (Some(listed.terms.kind), listed.partner.name.clone(), title);
        }
        let retired = self.edition.and_then(|edition| {
            let retired = edition.retired().iter().find(|retired| retired.id == *id)?;
            Some((retired.kind, retired.partner.clone()))
        });
        let (kind, partner) = retired.unzip();
        let title = Registered::new(self.language.say("title-unlisted").plain(), false);
        (kind, partner.unwrap_or_else(|| id.to_string()), title)
    }

    fn left(&self, set: &SetView) -> Left {
        let first = Moment::of(set.first).full();
        let when = if set.count > 1 {
            let last = Moment::of(set.last).full();
            self.language.say("shared-first-last").with("first", first).with("last", last)
        } else {
            self.language.say("shared-once").with("first", first)
        };
        Left {
            times: self
                .language
                .say("shared-times")
                .with("what", words::path(self.language, set.path))
                .with("times", set.count),
            when: when.with("edition", self.edition_words(set.edition)),
            fields: fields::lines(self.language, &set.told),
            is_damaged: set.is_damaged,
        }
    }

    fn edition_words(&self, hash: EditionHash) -> Message {
        let current = self.edition.filter(|edition| edition.hash() == hash);
        let earlier = self.editions.iter().find(|edition| edition.hash == hash);
        let (number, address) = match (current, earlier) {
            (Some(edition), _) => (edition.number(), String::from("/partners")),
            (None, Some(edition)) => {
                (edition.number, format!("/partners/editions/{}", edition.number))
            }
            (None, None) => {
                let hash = hash.to_string();
                let start = hash.get(..8).unwrap_or(&hash);
                return self.language.say("edition-earlier").with("hash", start);
            }
        };
        self.language.say("edition-number").with("number", number).link("edition", address)
    }

    /// Adds up the days, the most frequent reason first.
    fn withheld<'v>(&self, rows: impl Iterator<Item = &'v WithheldView>) -> (Vec<Message>, u64) {
        let mut sums: Vec<(Reason, u64)> = Vec::new();
        for row in rows {
            match sums.iter_mut().find(|(reason, _)| *reason == row.reason) {
                Some((_, count)) => *count = count.saturating_add(row.count),
                None => sums.push((row.reason, row.count)),
            }
        }
        sums.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
        let all = sums.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
        let said = sums.into_iter().map(|(reason, count)| {
            let why = words::reason(self.language, reason);
            self.language.say("shared-withheld").with("times", count).with("why", why)
        });
        (said.collect(), all)
    }
}
