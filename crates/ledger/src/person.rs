//! What one person is shown.

use crate::{
    Day, LedgerStore, ReadError, ToldRow, Unread, WithheldRow,
    keys::{Keeper, Place, SubjectSecret},
    ledger::days,
    sets, values,
};
use serde::Serialize;
use sluicegate_gate::{
    Categories, Category, EditionHash, PartnershipId, Path, Reason, SubjectKey, Told,
    time::UnixMillis,
};
use std::ops::Range;

/// What was told and withheld of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonView {
    /// What was told, the latest first.
    pub disclosures: Vec<DisclosureView>,
    /// What was withheld, the latest day first.
    pub withheld: Vec<WithheldView>,
    /// What of what was told does not read.
    pub unread: Unread,
}

/// One set of values, told to one partnership on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisclosureView {
    /// To whom.
    pub partnership: PartnershipId,
    /// The way it left.
    pub path: Path,
    /// On which day in UTC.
    pub day: Day,
    /// What was permitted.
    pub categories: Categories,
    /// The values.
    pub told: Vec<Told>,
    /// Whether they were altered where they are kept: then none can be shown.
    pub is_damaged: bool,
    /// How often.
    pub count: u64,
    /// First on that day.
    pub first: UnixMillis,
    /// Last on that day.
    pub last: UnixMillis,
    /// The edition it was last decided under.
    pub edition: EditionHash,
}

/// How often something was withheld for one reason, on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithheldView {
    /// From whom.
    pub partnership: PartnershipId,
    /// On which day in UTC.
    pub day: Day,
    /// Why.
    pub reason: Reason,
    /// How often.
    pub count: u64,
}

/// One line of a person's export.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum ExportRow {
    /// Something was told.
    Disclosure {
        /// To whom.
        partnership: PartnershipId,
        /// The way it left.
        path: Path,
        /// What was permitted.
        categories: Vec<Category>,
        /// The values.
        told: Vec<Told>,
        /// The values were altered where they are kept, and none can be shown; left out otherwise.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        damaged: bool,
        /// How often.
        count: u64,
        /// First on that day, RFC 3339 in UTC.
        first: String,
        /// Last on that day, RFC 3339 in UTC.
        last: String,
        /// SHA-256 of the edition it was last decided under, in hexadecimal.
        edition: String,
    },
    /// Something was withheld.
    Withheld {
        /// From whom.
        partnership: PartnershipId,
        /// The day, RFC 3339 in UTC.
        day: String,
        /// The code of the reason.
        reason: &'static str,
        /// The reason in words.
        words: &'static str,
        /// How often.
        count: u64,
    },
    /// What was told does not read in whole. At most one, the last.
    Unread {
        /// How many rows of it are there and do not.
        rows: u64,
        /// Files of old records in which more may be.
        files: Vec<String>,
        /// That in words.
        words: &'static str,
    },
}

const UNREAD: &str = "some of what was told may be missing: it was damaged where it is kept";

impl std::fmt::Debug for ExportRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Disclosure { .. } => "Disclosure [personal]",
            Self::Withheld { .. } => "Withheld [personal]",
            Self::Unread { .. } => "Unread",
        })
    }
}

/// Writes rows as lines of JSON, each with its line end.
pub fn ndjson(rows: &[ExportRow]) -> Result<Vec<u8>, serde_json::Error> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, row)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

impl PersonView {
    /// Returns the rows of an export, in the order of the view.
    pub fn into_export(self) -> Vec<ExportRow> {
        let told = self.disclosures.into_iter().map(|view| ExportRow::Disclosure {
            partnership: view.partnership,
            path: view.path,
            categories: view.categories.iter().collect(),
            told: view.told,
            damaged: view.is_damaged,
            count: view.count,
            first: rfc3339(view.first),
            last: rfc3339(view.last),
            edition: view.edition.to_string(),
        });
        let withheld = self.withheld.into_iter().map(|view| ExportRow::Withheld {
            partnership: view.partnership,
            day: rfc3339(view.day.start()),
            reason: view.reason.code(),
            words: view.reason.words(),
            count: view.count,
        });
        let Unread { rows, files } = self.unread;
        let is_any = rows > 0 || !files.is_empty();
        let files = files.into_iter().collect();
        let unread = is_any.then_some(ExportRow::Unread { rows, files, words: UNREAD });
        told.chain(withheld).chain(unread).collect()
    }
}

pub(crate) async fn view(
    store: &dyn LedgerStore,
    keeper: &Keeper,
    subject: SubjectKey,
    range: Range<UnixMillis>,
) -> Result<PersonView, ReadError> {
    let withheld = store.withheld(subject, days(&range)).await?;
    let key = store.keys(vec![subject]).await?.into_iter().find(|row| row.subject == subject);
    let (mut disclosures, mut unread) = (Vec::new(), Unread::default());
    if let Some(row) = key {
        let secret = keeper.unwrap(&row)?;
        let told = store.readable_told(secret.id, range).await?;
        unread = told.unread;
        for row in told.rows {
            disclosures.push(shown(row, &secret));
        }
    }
    disclosures.sort_by(|one, other| {
        (other.last, &one.partnership, one.path, &one.told).cmp(&(
            one.last,
            &other.partnership,
            other.path,
            &other.told,
        ))
    });
    let mut withheld: Vec<_> = withheld.into_iter().map(withheld_view).collect();
    withheld.sort_by_key(|view| std::cmp::Reverse(view.day));
    Ok(PersonView { disclosures, withheld, unread })
}

/// Returns a row as it is shown: one that was altered without its values, so that the others are not missing for it.
pub(crate) fn shown(row: ToldRow, secret: &SubjectSecret) -> DisclosureView {
    let told = opened(&row, secret).inspect_err(|_damage| {
        let day = rfc3339(row.day.start());
        tracing::error!(
            partnership.id = %row.partnership,
            day = day.get(..10),
            row.digest = hex::encode(row.digest),
            "values told do not open; the row is shown without them"
        );
    });
    let (is_damaged, told) = (told.is_err(), told.unwrap_or_default());
    DisclosureView {
        partnership: row.partnership,
        path: row.path,
        day: row.day,
        categories: row.categories,
        told,
        is_damaged,
        count: row.count,
        first: row.first,
        last: row.last,
        edition: row.edition,
    }
}

/// Opens the values of a row, where they are those that it was written with.
pub(crate) fn opened(row: &ToldRow, secret: &SubjectSecret) -> Result<Vec<Told>, ReadError> {
    let sealed = row.sealed.as_ref().ok_or(ReadError::Unreadable)?;
    let plain = secret.open(&Place::of(row), sealed)?;
    if sets::digest(secret, row.path, row.categories, &plain)? != row.digest {
        return Err(ReadError::Unreadable);
    }
    values::read(&plain).map_err(|_damage| ReadError::Unreadable)
}

pub(crate) fn withheld_view(row: WithheldRow) -> WithheldView {
    WithheldView {
        partnership: row.partnership,
        day: row.day,
        reason: row.reason,
        count: row.count,
    }
}

fn rfc3339(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_range| String::new(), |time| time.to_string())
}
