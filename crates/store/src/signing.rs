//! Which keys sign messages to partnerships.

use crate::{
    Sqlite, StoreError,
    measurement::{failed, unavailable},
};
use futures_util::future::BoxFuture;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_measurement::{JournalError, KeyStore, Scheme, SigningKey};
use sqlx::SqliteConnection;

type Row = (String, String, i64, i64, Option<i64>);

impl KeyStore for Sqlite {
    fn signing_keys(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(PartnershipId, SigningKey)>, JournalError>> {
        Box::pin(async move {
            let rows: Vec<Row> = sqlx::query_as(
                "SELECT partnership, scheme, number, since_ms, until_ms FROM signing_keys
                 ORDER BY partnership, scheme, number",
            )
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            rows.into_iter().map(read).collect()
        })
    }

    fn keep_signing_keys(
        &self,
        partnership: PartnershipId,
        keys: Vec<SigningKey>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move {
            let work = self.write(|connection| Box::pin(keep(connection, partnership, keys)));
            work.await.map_err(unavailable)
        })
    }
}

async fn keep(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    keys: Vec<SigningKey>,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM signing_keys WHERE partnership = ?1")
        .bind(partnership.as_str())
        .execute(&mut *connection)
        .await?;
    for key in keys {
        sqlx::query(
            "INSERT INTO signing_keys (partnership, scheme, number, since_ms, until_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(partnership.as_str())
        .bind(key.scheme.name())
        .bind(i64::from(key.number))
        .bind(key.since.0)
        .bind(key.until.map(|until| until.0))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn read(
    (partnership, scheme, number, since, until): Row,
) -> Result<(PartnershipId, SigningKey), JournalError> {
    let corrupt = || JournalError::Corrupt("a signing key");
    let key = SigningKey {
        scheme: Scheme::from_name(&scheme).ok_or_else(corrupt)?,
        number: u32::try_from(number).map_err(|_range| corrupt())?,
        since: UnixMillis(since),
        until: until.map(UnixMillis),
    };
    Ok((partnership.parse().map_err(|_not_an_id| corrupt())?, key))
}
