//! Who was met in rows about accounts, beside the keys of both: it goes with either of them.

use super::{KEYS_MAX, KeyFile, Open, opened, subject};
use crate::{
    StoreError,
    ledger::{blob, kind_code},
    many,
};
use sluicegate_gate::SubjectKey;
use sluicegate_ledger::{KeyId, Met, MetUntil};
use sqlx::{QueryBuilder, Row as _};
use std::collections::BTreeSet;

/// Pairs of who was met that are kept at once.
const MET_PIECE: usize = 256;

/// Who was met in rows about accounts: it goes with the account's key.
pub(super) const MET: &str = "CREATE TABLE IF NOT EXISTS met (
    kind INTEGER NOT NULL,
    hash BLOB NOT NULL,
    key INTEGER NOT NULL REFERENCES key_name (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, hash, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS met_by_key ON met (key);
CREATE TABLE IF NOT EXISTS met_until (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    pack INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT";

impl KeyFile {
    /// Keeps who was met, and then up to where was read: a few pairs at a time, and whoever needs a key meanwhile
    /// has a turn. Pairs whose key is gone are left out.
    pub(crate) async fn meet(&self, met: &Met) -> Result<(), StoreError> {
        let Met { pairs, until } = met;
        // Why: pairs of a key that is not in its table are left out.
        self.merge().await?;
        for some in pairs.chunks(MET_PIECE) {
            self.meet_some(some).await?;
        }
        let mut guard = self.open.lock().await;
        let connection = &mut opened(&mut guard)?.connection;
        let sql = "INSERT OR REPLACE INTO met_until (one, pack, digest) VALUES (1, ?, ?)";
        sqlx::query(sql)
            .bind(until.pack.cast_signed())
            .bind(until.digest.as_slice())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Keeps some pairs. What comes before the rest of them does no harm: it is kept again, and is there already.
    async fn meet_some(&self, pairs: &[(SubjectKey, KeyId)]) -> Result<(), StoreError> {
        let sql = (
            "INSERT INTO met (kind, hash, key) \
             SELECT pair.column1, pair.column2, key_name.id FROM (",
            ") AS pair CROSS JOIN key_name ON key_name.id = pair.column3 \
             WHERE TRUE ON CONFLICT DO NOTHING",
        );
        let mut guard = self.open.lock().await;
        let Open { connection, balanced, .. } = opened(&mut guard)?;
        *balanced += 1;
        many::insert(connection, sql, pairs, |row, (subject, key)| {
            row.push_bind(kind_code(subject.kind))
                .push_bind(blob(subject.hash))
                .push_bind(key.0.cast_signed());
            Ok(())
        })
        .await
    }

    /// Returns up to where was read for who was met.
    pub(crate) async fn met_until(&self) -> Result<Option<MetUntil>, StoreError> {
        let mut guard = self.open.lock().await;
        let connection = &mut opened(&mut guard)?.connection;
        let row: Option<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT pack, digest FROM met_until").fetch_optional(connection).await?;
        let Some((pack, digest)) = row else { return Ok(None) };
        let digest = digest.try_into().map_err(|_length| StoreError::Corrupt("a digest"))?;
        Ok(Some(MetUntil { pack: pack.cast_unsigned(), digest }))
    }

    /// Returns the keys of accounts that these were met with.
    pub(crate) async fn met(
        &self,
        subjects: &[SubjectKey],
    ) -> Result<Vec<(SubjectKey, KeyId)>, StoreError> {
        let mut found = BTreeSet::new();
        for chunk in subjects.chunks(KEYS_MAX) {
            let mut statement = QueryBuilder::<sqlx::Sqlite>::new(
                "SELECT kind, hash, key FROM met WHERE (kind, hash) IN (",
            );
            statement.push_values(chunk, |mut row, subject| {
                row.push_bind(kind_code(subject.kind)).push_bind(blob(subject.hash));
            });
            statement.push(")");
            let mut guard = self.open.lock().await;
            let connection = &mut opened(&mut guard)?.connection;
            for row in statement.build().persistent(false).fetch_all(connection).await? {
                let key: i64 = row.try_get("key")?;
                found.insert((subject(&row)?, KeyId(key.cast_unsigned())));
            }
        }
        Ok(found.into_iter().collect())
    }
}
