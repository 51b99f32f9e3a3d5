//! Statements that are run in one go: the database has a thread of its own, and each way there and back costs
//! more than a row.

use crate::{
    StoreError,
    writing::{JobError, undo},
};
use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, SqliteConnection, Type, sqlite::SqliteArguments,
};

/// Some statements, with what is bound in them.
#[derive(Default)]
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

    /// Runs them within a transaction that holds more: all of them or none.
    pub(crate) async fn nested(
        mut self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<i64>, JobError> {
        if self.count == 0 {
            return Ok(None);
        }
        self.sql.insert_str(0, "SAVEPOINT job; ");
        self.sql.push_str("; RELEASE job");
        match self.run(&mut *connection).await {
            Ok(number) => Ok(number),
            Err(error) => {
                undo(connection).await?;
                Err(JobError::Job(error))
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sqlite;

    fn insert(keys: &[i64]) -> Statements {
        let mut statements = Statements::default();
        for key in keys {
            statements.add("INSERT INTO ledger_erased (key) VALUES (?)").bind(*key).unwrap();
        }
        statements
    }

    async fn keys(store: &Sqlite) -> Vec<i64> {
        let sql = "SELECT key FROM ledger_erased ORDER BY key";
        sqlx::query_scalar(sql).fetch_all(store.readers()).await.unwrap()
    }

    #[tokio::test]
    async fn what_fails_in_the_middle_leaves_nothing_and_the_next_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let write = |keys| store.write_whole(insert(keys), |_outcome| {});
        assert!(write(&[1, 2, 1, 3]).await.is_err());
        assert_eq!(keys(&store).await, Vec::<i64>::new());
        write(&[2, 4]).await.unwrap();
        write(&[5]).await.unwrap();
        assert!(write(&[5]).await.is_err());
        assert_eq!(keys(&store).await, [2, 4, 5]);
    }

    #[tokio::test]
    async fn what_fails_among_others_takes_none_of_them_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let write = |keys| store.write_whole(insert(keys), |_outcome| {});
        // All are queued before the writer has its turn, so that they are one group.
        let (one, failing, other) = tokio::join!(write(&[1, 2]), write(&[3, 1]), write(&[4]));
        assert!(one.is_ok() && failing.is_err() && other.is_ok());
        assert_eq!(keys(&store).await, [1, 2, 4]);
    }

    #[tokio::test]
    async fn the_last_number_that_is_selected_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let mut statements = insert(&[7]);
        statements.add("SELECT key FROM ledger_erased UNION ALL SELECT ?").bind(8_i64).unwrap();
        statements.add_rows(("INSERT INTO ledger_erased (key) VALUES ", ""), 2, 1);
        statements.bind(9_i64).unwrap().bind(10_i64).unwrap();
        assert_eq!(store.write_whole(statements, |_outcome| {}).await.unwrap(), Some(8));
        assert_eq!(store.write_whole(insert(&[]), |_outcome| {}).await.unwrap(), None);
        assert_eq!(keys(&store).await, [7, 9, 10]);
    }
}
