//! Editions of the register. Each is kept as its canonical text, and checked against its hash whenever
//! it is read.

use crate::{Sqlite, StoreError};
use futures_util::future::BoxFuture;
use sluicegate_gate::{EditionHash, time::UnixMillis};
use sluicegate_register::{Edition, EditionStore, EditionStoreError, EditionSummary};
use sqlx::SqliteConnection;

impl EditionStore for Sqlite {
    fn put<'a>(&'a self, edition: &'a Edition) -> BoxFuture<'a, Result<(), EditionStoreError>> {
        let kept = edition.clone();
        Box::pin(async move {
            self.write(move |connection| Box::pin(async move { insert(connection, &kept).await }))
                .await
                .map_err(failed)?
        })
    }

    fn latest(&self) -> BoxFuture<'_, Result<Option<Edition>, EditionStoreError>> {
        Box::pin(async move {
            let row: Option<(i64, Vec<u8>, String)> = sqlx::query_as(
                "SELECT number, hash, canonical FROM edition ORDER BY number DESC LIMIT 1",
            )
            .fetch_optional(self.readers())
            .await
            .map_err(failed)?;
            row.map(edition).transpose()
        })
    }

    fn get(&self, number: u32) -> BoxFuture<'_, Result<Option<Edition>, EditionStoreError>> {
        Box::pin(async move {
            let row: Option<(i64, Vec<u8>, String)> =
                sqlx::query_as("SELECT number, hash, canonical FROM edition WHERE number = ?")
                    .bind(i64::from(number))
                    .fetch_optional(self.readers())
                    .await
                    .map_err(failed)?;
            row.map(edition).transpose()
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EditionSummary>, EditionStoreError>> {
        Box::pin(async move {
            let rows: Vec<(i64, i64, Vec<u8>)> =
                sqlx::query_as("SELECT number, published_at, hash FROM edition ORDER BY number")
                    .fetch_all(self.readers())
                    .await
                    .map_err(failed)?;
            rows.into_iter().map(summary).collect()
        })
    }
}

/// Keeps the edition if its number is the next. The one writer makes check and insert one step.
async fn insert(
    connection: &mut SqliteConnection,
    edition: &Edition,
) -> Result<Result<(), EditionStoreError>, StoreError> {
    let latest: i64 = sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM edition")
        .fetch_one(&mut *connection)
        .await?;
    let offered = edition.number();
    if i64::from(offered) <= latest {
        return Ok(Err(EditionStoreError::Exists(offered)));
    }
    if i64::from(offered) != latest + 1 {
        let expected = number(latest + 1);
        return Ok(Err(EditionStoreError::Gap { expected, offered }));
    }
    sqlx::query("INSERT INTO edition (number, published_at, hash, canonical) VALUES (?, ?, ?, ?)")
        .bind(i64::from(offered))
        .bind(edition.published_at().0)
        .bind(edition.hash().0.to_vec())
        .bind(edition.canonical())
        .execute(connection)
        .await?;
    Ok(Ok(()))
}

fn edition(
    (kept_number, hash, canonical): (i64, Vec<u8>, String),
) -> Result<Edition, EditionStoreError> {
    let number = number(kept_number);
    let corrupt = EditionStoreError::Corrupt(number);
    let Ok(edition) = Edition::from_canonical(&canonical) else { return Err(corrupt) };
    let is_as_kept = edition.hash().0.as_slice() == hash && edition.number() == number;
    if is_as_kept { Ok(edition) } else { Err(corrupt) }
}

fn summary(
    (kept_number, published_at, hash): (i64, i64, Vec<u8>),
) -> Result<EditionSummary, EditionStoreError> {
    let number = number(kept_number);
    let Ok(hash) = hash.try_into() else { return Err(EditionStoreError::Corrupt(number)) };
    let published_at = UnixMillis(published_at);
    Ok(EditionSummary { number, published_at, hash: EditionHash(hash) })
}

/// Numbers come from a `u32` and are checked on the way in.
fn number(kept: i64) -> u32 {
    u32::try_from(kept).unwrap_or(u32::MAX)
}

fn failed<E: std::error::Error + Send + Sync + 'static>(error: E) -> EditionStoreError {
    EditionStoreError::Store(Box::new(error))
}

#[cfg(test)]
mod tests;
