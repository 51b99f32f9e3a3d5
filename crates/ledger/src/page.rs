//! One person's record, a page at a time.
//!
//! What left with the same values, the same way, on several days is one set. Which values are the same is told by
//! their digests, so that only what is shown is opened.

use crate::{
    LedgerStore, ReadError, ReadTold, ToldRow, Unread, WithheldView,
    keys::Keeper,
    ledger::days,
    person::{self, withheld_view},
};
use sluicegate_gate::{
    Categories, EditionHash, PartnershipId, Path, SubjectKey, Told, time::UnixMillis,
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

/// What of a person's record is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuery {
    /// In which time.
    pub range: Range<UnixMillis>,
    /// Only of this partnership.
    pub partnership: Option<PartnershipId>,
    /// Which sets of each partnership, the latest first.
    pub sets: Range<usize>,
}

/// What was told and withheld of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonPage {
    /// What was told, by partnership.
    pub told: BTreeMap<PartnershipId, ToldPage>,
    /// What was withheld, the latest day first.
    pub withheld: Vec<WithheldView>,
    /// What of what was told does not read, to whomever.
    pub unread: Unread,
}

/// What was told to one partnership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldPage {
    /// How often something was told, in all.
    pub count: u64,
    /// How many sets of values there are, in all.
    pub sets: usize,
    /// The sets asked for, the latest first.
    pub shown: Vec<SetView>,
}

/// One set of values, told to one partnership the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetView {
    /// The way it left.
    pub path: Path,
    /// What was permitted.
    pub categories: Categories,
    /// The values.
    pub told: Vec<Told>,
    /// Whether they were altered where they are kept: then none can be shown.
    pub is_damaged: bool,
    /// How often.
    pub count: u64,
    /// First.
    pub first: UnixMillis,
    /// Last.
    pub last: UnixMillis,
    /// The edition it was last decided under.
    pub edition: EditionHash,
}

/// The days of one set, added up; the row is that of its latest day.
#[derive(Debug)]
struct Joined {
    row: ToldRow,
    count: u64,
    first: UnixMillis,
}

pub(crate) async fn page(
    store: &dyn LedgerStore,
    keeper: &Keeper,
    subject: SubjectKey,
    query: PageQuery,
) -> Result<PersonPage, ReadError> {
    let is_asked = |id: &PartnershipId| query.partnership.as_ref().is_none_or(|only| only == id);
    let mut withheld = store.withheld(subject, days(&query.range)).await?;
    withheld.retain(|row| is_asked(&row.partnership));
    withheld.sort_by_key(|row| std::cmp::Reverse(row.day));
    let withheld = withheld.into_iter().map(withheld_view).collect();
    let mut told = BTreeMap::new();
    let key = store.keys(vec![subject]).await?.into_iter().find(|row| row.subject == subject);
    let unread = Unread::default();
    let Some(key) = key else { return Ok(PersonPage { told, withheld, unread }) };
    let secret = keeper.unwrap(&key)?;
    let ReadTold { rows, unread, .. } = store.readable_told(secret.id, query.range.clone()).await?;
    for (id, sets) in joined(rows.into_iter().filter(|row| is_asked(&row.partnership))) {
        let count = sets.iter().map(|set| set.count).fold(0, u64::saturating_add);
        let all = sets.len();
        let asked = sets.into_iter().skip(query.sets.start).take(query.sets.len());
        let shown = asked.map(|set| {
            let Joined { row, count, first } = set;
            let view = person::shown(row, &secret);
            SetView {
                path: view.path,
                categories: view.categories,
                told: view.told,
                is_damaged: view.is_damaged,
                count,
                first,
                last: view.last,
                edition: view.edition,
            }
        });
        let shown = shown.collect();
        told.insert(id, ToldPage { count, sets: all, shown });
    }
    Ok(PersonPage { told, withheld, unread })
}

/// Joins the days of each set, the latest set first.
fn joined(rows: impl Iterator<Item = ToldRow>) -> BTreeMap<PartnershipId, Vec<Joined>> {
    type Same = (Path, u8, [u8; 16]);
    let mut all: BTreeMap<PartnershipId, HashMap<Same, Joined>> = BTreeMap::new();
    for row in rows {
        let same = (row.path, row.categories.bits(), row.digest);
        let sets = all.entry(row.partnership.clone()).or_default();
        let (count, first) = (row.count, row.first);
        match sets.get_mut(&same) {
            None => drop(sets.insert(same, Joined { row, count, first })),
            Some(set) => {
                set.count = set.count.saturating_add(count);
                set.first = set.first.min(first);
                if set.row.last < row.last {
                    set.row = row;
                }
            }
        }
    }
    let sorted = |sets: HashMap<Same, Joined>| {
        let mut sets: Vec<Joined> = sets.into_values().collect();
        sets.sort_by_key(|set| (std::cmp::Reverse(set.row.last), set.row.digest));
        sets
    };
    all.into_iter().map(|(id, sets)| (id, sorted(sets))).collect()
}
