//! New keys that cannot be merged into their table: their blob does not read back, or another key has the place of one.
//!
//! Such a blob is kept as it is, with the reason, so that the others go on, as conversions are ([`crate::conversions`]). Whose keys
//! are in it nobody knows, so these people get new ones; what was recorded under those that are lost cannot be read. An
//! erasure deletes a blob that has the person's hash. Where the damage hit just that, nobody can tell, so nothing is kept here for
//! ever.

use super::{KeyFile, opened};
use crate::{StoreError, conversions};
use sluicegate_gate::time::UnixMillis;
use sqlx::SqliteConnection;

/// Blobs that are set aside, with the time at which that was seen first.
pub(super) const SET_ASIDE: &str = "CREATE TABLE IF NOT EXISTS set_aside (
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    why TEXT NOT NULL,
    rows BLOB NOT NULL,
    seen_at INTEGER
) STRICT";

/// Why a blob is set aside.
pub(super) struct Fault {
    number: i64,
    why: String,
}

impl Fault {
    pub(super) fn tell(&self) {
        let Self { number, why } = self;
        tracing::error!(
            number,
            why,
            "keys of people that cannot be kept in their table are set aside; what was recorded under them \
             cannot be read"
        );
    }
}

/// Returns whether the table refuses keys, in place of failing itself.
pub(super) fn is_refused(error: &StoreError) -> bool {
    conversions::refusal(error).is_some()
}

/// Sets a blob of those that wait aside.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    number: i64,
    error: &StoreError,
) -> Result<Fault, StoreError> {
    let why = conversions::refusal(error).unwrap_or_else(|| error.to_string());
    let sql = "INSERT INTO set_aside (number, why, rows) \
               SELECT number, ?2, rows FROM waiting WHERE number = ?1";
    sqlx::query(sql).bind(number).bind(&why).execute(connection).await?;
    Ok(Fault { number, why })
}

/// Deletes those that name a person.
pub(super) async fn erase(
    connection: &mut SqliteConnection,
    hash: &[u8],
) -> Result<(), StoreError> {
    let sql = "DELETE FROM set_aside WHERE instr(rows, ?) > 0";
    sqlx::query(sql).bind(hash).execute(connection).await?;
    Ok(())
}

impl KeyFile {
    /// Returns how many blobs are set aside.
    pub(crate) async fn count_set_aside(&self) -> Result<u64, StoreError> {
        let mut guard = self.open.lock().await;
        let connection = &mut opened(&mut guard)?.connection;
        let sql = "SELECT count(*) FROM set_aside";
        let count: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
        Ok(count.cast_unsigned())
    }

    /// Deletes what was seen before that time to be set aside.
    pub(crate) async fn forget(
        &self,
        now: UnixMillis,
        before: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut guard = self.open.lock().await;
        let connection = &mut opened(&mut guard)?.connection;
        for (sql, time) in [
            ("UPDATE set_aside SET seen_at = ? WHERE seen_at IS NULL", now),
            ("DELETE FROM set_aside WHERE seen_at < ?", before),
        ] {
            sqlx::query(sql).bind(time.0).execute(&mut *connection).await?;
        }
        Ok(())
    }
}
