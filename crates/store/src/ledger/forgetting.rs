//! Forgetting what a person was told of, and what was withheld, once it is kept no longer.
//!
//! Each partnership has a first day that is kept. What is older goes: rows of tables in small transactions, and
//! files by a copy without them, which takes the place of the file in one transaction. Leaves, outlines and
//! totals stay: they name nobody, and proofs need them.

use super::{
    Statement,
    rolled::{self, Damaged, Part, Parts, What},
    rolling::{insert_part, told_folder},
};
use crate::{Sqlite, StoreError};
use sluicegate_gate::PartnershipId;
use sluicegate_ledger::Day;
use sqlx::SqliteConnection;
use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
};

/// Rows in one transaction.
const SLICE: i64 = 256;

/// A day, and the name of a partnership as it is kept: a damaged one is no text, and goes like others.
type Pair = (i64, Vec<u8>);

/// Rows of one table.
struct Rows {
    /// Lists which days and partnerships there are before a day.
    list: &'static str,
    /// Deletes so many rows of one day and partnership.
    delete: &'static str,
}

const TOLD: Rows = Rows {
    list: "SELECT day, CAST(partnership AS BLOB) FROM \
           (SELECT DISTINCT day, partnership FROM ledger_told WHERE day < ?)",
    delete: "DELETE FROM ledger_told WHERE rowid IN (SELECT rowid FROM ledger_told \
             WHERE day = ? AND partnership = CAST(? AS TEXT) LIMIT ?)",
};

const WITHHELD: Rows = Rows {
    list: "SELECT day, CAST(partnership AS BLOB) FROM \
           (SELECT DISTINCT day, partnership FROM ledger_withheld WHERE day < ?)",
    delete: "DELETE FROM ledger_withheld WHERE (kind, hash, day, partnership, reason) IN \
             (SELECT kind, hash, day, partnership, reason FROM ledger_withheld \
             WHERE day = ? AND partnership = CAST(? AS TEXT) LIMIT ?)",
};

/// How long records of each partnership are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The first day that is kept.
    pub partnerships: HashMap<PartnershipId, Day>,
    /// The first day that is kept of every other one.
    pub others: Day,
    /// Of how many days what is kept no longer goes at once, at most: of each partnership, the oldest. So a clock that
    /// is far ahead by mistake takes little with it before somebody sees it.
    pub days_at_once: usize,
}

impl Keep {
    fn from(&self, partnership: &[u8]) -> Day {
        let name = std::str::from_utf8(partnership).ok();
        let known = name.and_then(|name| name.parse::<PartnershipId>().ok());
        known.and_then(|id| self.partnerships.get(&id).copied()).unwrap_or(self.others)
    }

    /// Chooses what goes now of these days and partnerships.
    fn due(&self, mut all: Vec<Pair>) -> BTreeSet<Pair> {
        all.sort_unstable();
        all.dedup();
        let mut days: HashMap<Vec<u8>, usize> = HashMap::new();
        let old = all.into_iter().filter(|(day, name)| Day(*day) < self.from(name));
        old.filter(|(_, name)| {
            let before = days.entry(name.clone()).or_default();
            *before += 1;
            *before <= self.days_at_once
        })
        .collect()
    }

    /// Returns whether nothing in a file is kept any longer.
    fn is_over(&self, part: &Part) -> bool {
        pairs(part).iter().all(|(day, name)| Day(*day) < self.from(name))
    }

    /// Returns whether nothing of a day is kept any longer, whoever it was told to.
    fn is_over_for_all(&self, day: Day) -> bool {
        self.partnerships.values().all(|from| day < *from) && day < self.others
    }

    /// Returns a day from which on everything is kept.
    fn all_from(&self) -> Day {
        self.partnerships.values().copied().fold(self.others, Day::max)
    }
}

/// What is kept no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Sets of values told.
    pub told: u64,
    /// Counts of what was withheld of a person.
    pub withheld: u64,
}

impl Sqlite {
    /// Deletes what is kept no longer. A crash leaves nothing half deleted but what the next call deletes.
    pub async fn forget(&self, keep: &Keep) -> Result<Forgotten, StoreError> {
        let alone = self.rolling.lock().await;
        self.merge_all().await?;
        let mut forgotten = Forgotten::default();
        forgotten.told += self.delete(&TOLD, keep).await?;
        forgotten.withheld += self.delete(&WITHHELD, keep).await?;
        let parts = {
            let mut connection = self.readers().acquire().await?;
            rolled::parts(&mut connection).await?
        };
        let Parts { told: parts, damaged, packs: _ } = parts;
        for row in damaged {
            self.forget_named_by(row, keep).await?;
        }
        // Why: a file that does not read cannot be divided, and would stand for ever before younger ones.
        let counts = |part: &&Part| !self.records.is_damaged(&part.file) || keep.is_over(part);
        let due = keep.due(parts.iter().filter(counts).flat_map(pairs).collect());
        let due = Arc::new(due);
        for part in parts {
            if pairs(&part).iter().any(|pair| due.contains(pair)) {
                forgotten.told += self.forget_in(&part, &due).await?;
            }
        }
        drop(alone);
        Ok(forgotten)
    }

    /// Deletes from a file what is kept no longer, and returns how many rows went. One that does not read goes when all
    /// of it does.
    async fn forget_in(&self, part: &Part, due: &Arc<BTreeSet<Pair>>) -> Result<u64, StoreError> {
        if pairs(part).iter().all(|pair| due.contains(pair)) {
            self.put_in_place_of(part, None).await?;
            return Ok(part.rows);
        }
        match self.rewrite(part, due).await {
            Err(StoreError::Corrupt(_)) => {
                self.records.note_damaged(&part.file);
                Ok(0)
            }
            done => done,
        }
    }

    /// Deletes a row that does not read, and the file that it names, once nothing of its day is kept.
    async fn forget_named_by(&self, row: Damaged, keep: &Keep) -> Result<(), StoreError> {
        let Damaged { name, what, day, is_named_for_day, last: _ } = row;
        if what == Some(What::Packs) || !day.is_some_and(|day| keep.is_over_for_all(day)) {
            return Ok(());
        }
        let path = std::str::from_utf8(&name).map(|file| self.records.path(file));
        self.write(move |connection| {
            Box::pin(async move {
                let sql = "DELETE FROM ledger_part WHERE file = CAST(? AS TEXT)";
                sqlx::query(sql).bind(name).execute(connection).await?;
                Ok(())
            })
        })
        .await?;
        match path {
            Ok(path) if is_named_for_day => remove(path).await,
            // Its file is swept at a start, once no other row is damaged.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn delete(&self, rows: &'static Rows, keep: &Keep) -> Result<u64, StoreError> {
        let mut deleted = 0;
        let all: Vec<Pair> =
            sqlx::query_as(rows.list).bind(keep.all_from().0).fetch_all(self.readers()).await?;
        for (day, partnership) in keep.due(all) {
            loop {
                let still = self.unmerged.stand_still_for_moving().await;
                let name = partnership.clone();
                let gone = self
                    .write(move |connection| {
                        Box::pin(async move {
                            let query = sqlx::query(rows.delete).bind(day).bind(name).bind(SLICE);
                            Ok(query.execute(connection).await?.rows_affected())
                        })
                    })
                    .await?;
                drop(still);
                deleted += gone;
                if gone == 0 {
                    break;
                }
            }
        }
        Ok(deleted)
    }

    /// Puts a copy without what is kept no longer in the place of a file, and returns how many rows went.
    async fn rewrite(&self, part: &Part, due: &Arc<BTreeSet<Pair>>) -> Result<u64, StoreError> {
        let file = self.next_file(&told_folder(part.day)).await?;
        let (from, to) = (self.records.path(&part.file), self.records.path(&file));
        let (day, rule) = (part.day.0, Arc::clone(due));
        let stays = move |name: &str| !rule.contains(&(day, name.as_bytes().to_owned()));
        let still = stays.clone();
        let copied = rolled::blocking(move || rolled::told::copy_without(&from, &to, still));
        let copy = copied.await?.map(|(rows, bytes)| {
            let mut copy = Part { file, rows, bytes, ..part.clone() };
            copy.partnerships.retain(|name| stays(name));
            copy
        });
        let left = copy.as_ref().map_or(0, |copy| copy.rows);
        self.put_in_place_of(part, copy).await?;
        Ok(part.rows.saturating_sub(left))
    }

    async fn put_in_place_of(&self, part: &Part, copy: Option<Part>) -> Result<(), StoreError> {
        let (gone, path) = (part.file.clone(), self.records.path(&part.file));
        self.write(move |connection| Box::pin(replace(connection, gone, copy))).await?;
        remove(path).await
    }
}

/// Deletes a file, if it is there.
async fn remove(path: PathBuf) -> Result<(), StoreError> {
    rolled::blocking(move || match std::fs::remove_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::IsADirectory => {
            let place = path.display();
            tracing::warn!(%place, "a folder stands in the place of a file of old records: it stays");
            Ok(())
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    })
    .await
}

/// Returns of which day, and of which partnerships, a file has rows.
fn pairs(part: &Part) -> Vec<Pair> {
    let names = part.partnerships.iter();
    names.map(|name| (part.day.0, name.clone().into_bytes())).collect()
}

async fn replace(
    connection: &mut SqliteConnection,
    gone: String,
    copy: Option<Part>,
) -> Result<(), StoreError> {
    let mut statement = Statement::new("DELETE FROM ledger_part WHERE file = ");
    statement.push_bind(gone);
    statement.build().execute(&mut *connection).await?;
    match copy {
        Some(copy) => insert_part(connection, copy, What::Told).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{AssertSqlSafe, Row as _};

    #[tokio::test]
    async fn what_is_forgotten_is_found_by_its_day_and_partnership() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        for rows in [TOLD, WITHHELD] {
            for (sql, by) in [(rows.list, "(day<?)"), (rows.delete, "(day=? AND partnership=?)")] {
                let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
                let plan = plan.fetch_all(store.readers()).await.unwrap();
                let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
                assert!(plan.iter().any(|step| step.ends_with(by)), "{plan:?}");
                let reads_all = |step: &String| step.starts_with("SCAN ledger");
                assert!(!plan.iter().any(reads_all), "{plan:?}");
            }
        }
    }
}
