//! Statements that are run in one go: the database has a thread of its own, and each way there and back costs
//! more than a row.

use crate::StoreError;
use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, SqliteConnection, Type, sqlite::SqliteArguments,
};

/// Some statements, with what is bound in them.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    sql: String,
    arguments: SqliteArguments,
    count: usize,
    /// Whether the like of them rarely comes again, so that keeping them prepared is worth nothing.
    are_rare: bool,
}

impl Statements {
    /// Adds a statement, whose first placeholders are bound next.
    pub(crate) fn add(&mut self, sql: &str) -> &mut Self {
        if self.count > 0 {
            self.sql.push_str("; ");
        }
        self.sql.push_str(sql);
        self.count += 1;
        self
    }

    /// Binds the next placeholder.
    pub(crate) fn bind<T>(&mut self, value: T) -> Result<&mut Self, StoreError>
    where
        T: for<'q> Encode<'q, sqlx::Sqlite> + Type<sqlx::Sqlite>,
    {
        self.arguments.add(value).map_err(sqlx::Error::Encode)?;
        Ok(self)
    }

    /// Adds `head (?, …), (?, …) tail` with that many values in each of so many rows, which are bound next; nothing
    /// without rows.
    pub(crate) fn add_rows(&mut self, (head, tail): (&str, &str), rows: usize, values: usize) {
        if rows == 0 {
            return;
        }
        self.add(head);
        for row in 0..rows {
            let separator = if row == 0 { "(" } else { ", (" };
            self.sql.push_str(separator);
            self.sql.push('?');
            (1..values).for_each(|_| self.sql.push_str(", ?"));
            self.sql.push(')');
        }
        self.sql.push_str(tail);
    }

    /// Keeps them from being kept prepared.
    pub(crate) fn are_rare(&mut self) {
        self.are_rare = true;
    }

    /// Runs them one after the other, and returns the last number that one of them selects, if any does.
    pub(crate) async fn run(
        self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<i64>, StoreError> {
        let Self { sql, arguments, count, are_rare } = self;
        if count == 0 {
            return Ok(None);
        }
        // What is written here is written in this crate; values are bound.
        let query = sqlx::query_scalar_with(AssertSqlSafe(sql), arguments).persistent(!are_rare);
        // Why: all rows are asked for, since the database stops once it has returned as many as were asked for.
        let numbers: Vec<i64> = query.fetch_all(connection).await?;
        Ok(numbers.last().copied())
    }

    /// Runs them in a transaction of their own, and returns as [`Self::run`] does once they are durable.
    pub(crate) async fn commit(
        mut self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<i64>, StoreError> {
        if self.count < 2 {
            return self.run(connection).await;
        }
        self.sql.insert_str(0, "BEGIN IMMEDIATE; ");
        self.sql.push_str("; COMMIT");
        let outcome = self.run(&mut *connection).await;
        if outcome.is_err() {
            // Where there is no transaction, there is nothing to go back to.
            drop(sqlx::query("ROLLBACK").execute(connection).await);
        }
        outcome
    }
}
