//! The names of keys, in a table of their own: whose key has a name.
//!
//! A key is found by its owner and by its name, and both are random. In one table with an index each new key would change a page
//! of either, so that what is merged in the order of the one goes to random pages of the other, each written anew with every
//! transaction. In two tables each is merged in its own order, keys first. A crash in between leaves keys without names whose
//! blobs still wait, so that both are merged again at the next start.

use crate::{
    StoreError,
    ledger::{blob, kind_code},
};
use sluicegate_gate::SubjectKey;
use sluicegate_ledger::KeyId;
use sqlx::{Connection as _, QueryBuilder, SqliteConnection};

use super::{TABLE, met::MET, padded};

/// Ids of keys, and whose they are, as in the table of keys.
pub(super) const NAMES: &str = "CREATE TABLE IF NOT EXISTS key_name (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT";

/// Deletes the name of a subject's key. It goes before the key, which says the name.
pub(super) const FORGET: &str = "DELETE FROM key_name WHERE kind = ?1 AND hash = ?2 \
    AND id = (SELECT id FROM key WHERE kind = ?1 AND hash = ?2)";

/// Adds names that are missing.
const COMPLETE: &str = "INSERT INTO key_name (id, kind, hash) SELECT id, kind, hash FROM key \
    WHERE TRUE ORDER BY id ON CONFLICT DO NOTHING";

/// Puts names into their table, in which those may be already that a merge put there before it was cut short. Another
/// owner's key of one of these names fails.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    names: &[(KeyId, SubjectKey)],
) -> Result<(), StoreError> {
    if names.is_empty() {
        return Ok(());
    }
    let mut statement =
        QueryBuilder::<sqlx::Sqlite>::new("INSERT INTO key_name (id, kind, hash) SELECT * FROM (");
    statement.push_values(padded(names), |mut row, name| {
        row.push_bind(name.map(|(id, _)| id.0.cast_signed()))
            .push_bind(name.map(|(_, subject)| kind_code(subject.kind)))
            .push_bind(name.map(|(_, subject)| blob(subject.hash)));
    });
    statement.push(
        ") WHERE column1 NOT NULL ON CONFLICT DO UPDATE SET hash = \
         CASE WHEN kind = excluded.kind AND hash = excluded.hash THEN hash END",
    );
    statement.build().execute(connection).await?;
    Ok(())
}

/// Adds the names of keys that were merged, and whose blob does not read back.
pub(super) async fn complete(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query(COMPLETE).persistent(false).execute(connection).await?;
    Ok(())
}

/// Divides the one table of earlier versions, which found keys by their names through an index.
pub(super) async fn divide(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM pragma_index_list('key') WHERE origin = 'u')";
    if !sqlx::query_scalar(sql).persistent(false).fetch_one(&mut *connection).await? {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    for sql in [
        "ALTER TABLE key RENAME TO key_and_name",
        "ALTER TABLE met RENAME TO met_before",
        "DROP INDEX met_by_key",
        TABLE,
        MET,
        "INSERT INTO key SELECT kind, hash, id, wrapped FROM key_and_name ORDER BY kind, hash",
        COMPLETE,
        "INSERT INTO met SELECT kind, hash, key FROM met_before",
        "DROP TABLE met_before",
        "DROP TABLE key_and_name",
    ] {
        sqlx::raw_sql(sql).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
