//! Values told, sealed: each written once, with the commit that told it, and read where it lies.
//!
//! They are most of what recording a new person writes. So they are no part of what is merged: counts name them by a
//! number, which is that of the commit and which one of it. They go with the row that names them; of a set that was
//! written twice, the second goes when it is merged.

use super::Statement;
use crate::{StoreError, packed::Packed, statements::Statements};
use sluicegate_ledger::ToldRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;

/// Values of one commit at most, and what the number of a commit is multiplied by.
const IN_A_COMMIT: i64 = 1 << 20;
/// Values asked for or deleted in one statement.
const SOME: usize = 256;

/// A row of values told whose values may lie elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) row: ToldRow,
    /// Where its values are, if not in the row: which one of its commit, or what that is numbered.
    pub(crate) value: Option<i64>,
}

impl Told {
    /// Adds a later row of the same set, and returns the number of values that nobody needs any more.
    pub(crate) fn merge(&mut self, later: Self) -> Option<i64> {
        let has_values = self.row.sealed.is_some() || self.value.is_some();
        let spare = if has_values { later.value } else { None };
        let sealed = if has_values { None } else { later.row.sealed };
        self.row.merge(ToldRow { sealed, ..later.row });
        if !has_values {
            self.value = later.value;
        }
        spare
    }

    /// Names its values by their number.
    pub(crate) fn of_commit(self, pack: u64) -> Self {
        let value = self.value.map(|which| pack.cast_signed().wrapping_mul(IN_A_COMMIT) + which);
        Self { value, ..self }
    }
}

/// Values of one commit, on the way to their table.
#[derive(Debug, Default)]
pub(super) struct NewValues {
    sealed: Vec<u8>,
    /// Where each begins, counted from 1, and how long it is.
    begins: Packed,
    lengths: Packed,
    count: i64,
}

impl NewValues {
    /// Takes the values out of rows.
    pub(super) fn take(&mut self, rows: Vec<ToldRow>) -> Result<Vec<Told>, StoreError> {
        let sealed = rows.iter().filter_map(|row| row.sealed.as_ref());
        self.sealed.reserve_exact(sealed.map(Vec::len).sum());
        let rows = rows.into_iter().map(|mut row| {
            let sealed = row.sealed.take();
            let value = sealed.map(|sealed| self.add(&sealed)).transpose()?;
            Ok(Told { row, value })
        });
        rows.collect()
    }

    fn add(&mut self, sealed: &[u8]) -> Result<i64, StoreError> {
        let which = self.count;
        if which >= IN_A_COMMIT {
            return Err(StoreError::Corrupt(super::TOO_LARGE));
        }
        self.begins.number(super::whole(self.sealed.len() + 1)?);
        self.lengths.number(super::whole(sealed.len())?);
        self.sealed.extend_from_slice(sealed);
        self.count += 1;
        Ok(which)
    }

    /// Writes them under the number of the next commit, before that is numbered.
    pub(super) fn write(self, statements: &mut Statements) -> Result<(), StoreError> {
        if self.count == 0 {
            return Ok(());
        }
        statements
            .add(
                "INSERT INTO ledger_value (number, sealed) \
                 WITH RECURSIVE place (n) AS \
                 (VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?) \
                 SELECT (SELECT pack + 1 FROM ledger_head) * ? + n, \
                 substr(?, CAST(substr(?, 20 * n + 1, 20) AS INTEGER), \
                 CAST(substr(?, 20 * n + 1, 20) AS INTEGER)) FROM place",
            )
            .bind(self.count)?
            .bind(IN_A_COMMIT)?
            .bind(self.sealed)?
            .bind(self.begins.numbers)?
            .bind(self.lengths.numbers)?;
        Ok(())
    }
}

/// Reads the values of rows that are not in their table yet into them.
pub(super) async fn fill(
    connection: &mut SqliteConnection,
    unread: &mut [(u64, Vec<Told>)],
) -> Result<(), StoreError> {
    let numbers: Vec<i64> =
        unread.iter().flat_map(|(_, rows)| rows).filter_map(|told| told.value).collect();
    let mut found: HashMap<i64, Vec<u8>> = HashMap::with_capacity(numbers.len());
    for some in numbers.chunks(SOME) {
        let mut statement = named("SELECT number, sealed FROM ledger_value WHERE number", some);
        for row in statement.build().persistent(false).fetch_all(&mut *connection).await? {
            found.insert(row.try_get("number")?, row.try_get("sealed")?);
        }
    }
    for told in unread.iter_mut().flat_map(|(_, rows)| rows) {
        if let Some(number) = told.value {
            told.row.sealed = found.remove(&number);
        }
    }
    Ok(())
}

/// Deletes values that nobody needs.
pub(super) async fn delete(
    connection: &mut SqliteConnection,
    numbers: &[i64],
) -> Result<(), StoreError> {
    for some in numbers.chunks(SOME) {
        let mut statement = named("DELETE FROM ledger_value WHERE number", some);
        statement.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

fn named(head: &'static str, numbers: &[i64]) -> Statement {
    let mut statement = Statement::new(head);
    statement.push(" IN (");
    let mut list = statement.separated(", ");
    for number in numbers {
        list.push_bind(*number);
    }
    statement.push(")");
    statement
}
