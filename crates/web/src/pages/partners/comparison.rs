//! What a reader would find changed between two editions: partnerships that are new or gone, and of the others
//! each row that says something else.

use super::{
    Stamp,
    listed::{Field, Listed, Reader, Row, Said, groups},
};
use crate::pages::language::Registered;
use sluicegate_register::PublicEdition;

/// Two editions beside each other, the earlier first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) from: Stamp,
    pub(crate) to: Stamp,
    pub(crate) added: Vec<Listed>,
    pub(crate) removed: Vec<Listed>,
    pub(crate) changed: Vec<Changed>,
}

/// A partnership that both editions have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) now: Listed,
    pub(crate) lines: Vec<Line>,
}

/// One thing that says something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) what: What,
    pub(crate) gone: Vec<Said>,
    pub(crate) new: Vec<Said>,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The partner's name.
    Partner,
    /// The heading.
    Title,
    /// What the arrangement is.
    Summary,
    /// It was suspended.
    Suspended,
    /// It was taken up again.
    Resumed,
    /// A row.
    Row(Field),
}

impl Comparison {
    /// Compares what the public is shown of two editions.
    pub(crate) fn of(reader: Reader<'_>, earlier: PublicEdition, later: PublicEdition) -> Self {
        let (from, to) = (Stamp::of(&earlier), Stamp::of(&later));
        let all =
            |edition| groups(reader, edition).into_iter().flat_map(|group| group.listed).collect();
        let (before, after): (Vec<Listed>, Vec<Listed>) = (all(earlier), all(later));
        let find = |list: &[Listed], id: &str| list.iter().find(|one| one.id == id).cloned();
        let changed = after.iter().filter_map(|now| {
            let lines = lines(&find(&before, &now.id)?, now);
            (!lines.is_empty()).then(|| Changed { now: now.clone(), lines })
        });
        Self {
            from,
            to,
            changed: changed.collect(),
            removed: before.iter().filter(|one| find(&after, &one.id).is_none()).cloned().collect(),
            added: after.iter().filter(|one| find(&before, &one.id).is_none()).cloned().collect(),
        }
    }

    /// Returns the address of the same as JSON.
    pub(crate) fn json_address(&self) -> String {
        format!("/partners/changes.json?from={}&to={}", self.from.number, self.to.number)
    }

    /// Whether a reader would find no difference. What is not public may differ.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl What {
    /// Returns the message that names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Partner => "changes-partner",
            Self::Title => "changes-title",
            Self::Summary => "changes-summary",
            Self::Suspended => "changes-suspended",
            Self::Resumed => "changes-resumed",
            Self::Row(field) => field.name(),
        }
    }
}

fn lines(before: &Listed, now: &Listed) -> Vec<Line> {
    let text = |what, before: Said, now: Said| {
        (before != now).then(|| Line { what, gone: vec![before], new: vec![now] })
    };
    let (name, words) = (
        |listed: &Listed| Said::Text(listed.partner.clone()),
        |text: &Registered| Said::Registered(text.clone()),
    );
    let suspended = (before.is_suspended != now.is_suspended).then(|| Line {
        what: if now.is_suspended { What::Suspended } else { What::Resumed },
        gone: Vec::new(),
        new: Vec::new(),
    });
    let texts = [
        text(What::Partner, name(before), name(now)),
        text(What::Title, words(&before.title), words(&now.title)),
        suspended,
        text(What::Summary, words(&before.summary), words(&now.summary)),
    ];
    texts.into_iter().flatten().chain(rows(&before.rows, &now.rows)).collect()
}

fn rows(before: &[Row], now: &[Row]) -> Vec<Line> {
    let fields = now.iter().map(|row| row.field);
    let gone = before.iter().map(|row| row.field);
    let gone = gone.filter(|field| now.iter().all(|row| row.field != *field));
    let values = |rows: &[Row], field| {
        let row = rows.iter().find(|row| row.field == field);
        row.map(|row| row.values.clone()).unwrap_or_default()
    };
    let line = |field| {
        let (before, now) = (values(before, field), values(now, field));
        let without = |all: &[Said], other: &[Said]| -> Vec<Said> {
            all.iter().filter(|value| !other.contains(value)).cloned().collect()
        };
        let (gone, new) = (without(&before, &now), without(&now, &before));
        let differs = !(gone.is_empty() && new.is_empty());
        differs.then_some(Line { what: What::Row(field), gone, new })
    };
    fields.chain(gone).filter_map(line).collect()
}
