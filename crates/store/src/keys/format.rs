//! The format of the file, a number in its header (`user_version`): the other database has its own, by its migrations, and
//! each of the two can come back from a backup alone.
//!
//! | format | what |
//! | --- | --- |
//! | 0 | files of before there was a number: of the next format, or with one table of keys, which is divided |
//! | 1 | keys and their names in two tables |
//!
//! A file of a later format is refused before anything is done with it, and left as it is.

use crate::OpenError;
use sqlx::SqliteConnection;

/// The format that this version writes.
pub(super) const FORMAT: i64 = 1;

/// Refuses a file of a later format, and returns the one that it is of.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<i64, OpenError> {
    let sql = "PRAGMA user_version";
    let format = sqlx::query_scalar(sql).persistent(false).fetch_one(connection).await;
    let format: i64 = format.map_err(OpenError::Database)?;
    if format > FORMAT { Err(OpenError::LaterKeys { format }) } else { Ok(format) }
}

/// Writes down that a file is of this format now.
pub(super) async fn settle(
    connection: &mut SqliteConnection,
    format: i64,
) -> Result<(), OpenError> {
    if format < FORMAT {
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {FORMAT}"));
        sqlx::raw_sql(sql).execute(connection).await.map_err(OpenError::Database)?;
    }
    Ok(())
}
