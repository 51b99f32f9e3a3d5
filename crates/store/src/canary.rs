//! Which paths are closed, and which canaries got their choices.

use crate::{
    Sqlite, StoreError,
    ledger::{blob, kind_code},
};
use futures_util::future::BoxFuture;
use sluicegate_canary::{Closed, ClosedPaths, ClosedPathsError, Established, EstablishedError};
use sluicegate_gate::{KeyKind, Path, SubjectKey, time::UnixMillis};
use sqlx::SqliteConnection;

impl ClosedPaths for Sqlite {
    fn closed(&self) -> BoxFuture<'_, Result<Vec<Closed>, ClosedPathsError>> {
        Box::pin(async move {
            let rows: Vec<(String, i64)> = sqlx::query_as("SELECT path, since FROM canary_closed")
                .fetch_all(self.readers())
                .await
                .map_err(|error| ClosedPathsError::Unavailable(Box::new(error)))?;
            let mut closed = rows
                .into_iter()
                .map(|(path, since)| {
                    let path = Path::from_name(&path).ok_or(ClosedPathsError::Corrupt)?;
                    Ok(Closed { path, since: UnixMillis(since) })
                })
                .collect::<Result<Vec<_>, ClosedPathsError>>()?;
            closed.sort_unstable();
            Ok(closed)
        })
    }

    fn close(&self, closed: Closed) -> BoxFuture<'_, Result<(), ClosedPathsError>> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(close(connection, closed)))
                .await
                .map_err(unavailable)
        })
    }

    fn open(&self, path: Path) -> BoxFuture<'_, Result<(), ClosedPathsError>> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(open(connection, path)))
                .await
                .map_err(unavailable)
        })
    }
}

impl Established for Sqlite {
    fn established(&self) -> BoxFuture<'_, Result<Vec<SubjectKey>, EstablishedError>> {
        Box::pin(async move {
            let sql = "SELECT kind, hash FROM canary_established";
            let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(sql)
                .fetch_all(self.readers())
                .await
                .map_err(|error| EstablishedError::Unavailable(Box::new(error)))?;
            rows.into_iter().map(key_of).collect()
        })
    }

    fn establish(&self, keys: Vec<SubjectKey>) -> BoxFuture<'_, Result<(), EstablishedError>> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(establish(connection, keys)))
                .await
                .map_err(|error| EstablishedError::Unavailable(Box::new(error)))
        })
    }
}

const KINDS: [KeyKind; 3] = [KeyKind::Account, KeyKind::Device, KeyKind::Browser];

fn key_of((kind, hash): (i64, Vec<u8>)) -> Result<SubjectKey, EstablishedError> {
    let kind = KINDS.into_iter().find(|known| kind_code(*known) == kind);
    let hash = <[u8; 16]>::try_from(hash).map_err(|_length| EstablishedError::Corrupt)?;
    let kind = kind.ok_or(EstablishedError::Corrupt)?;
    Ok(SubjectKey { kind, hash: u128::from_be_bytes(hash) })
}

async fn establish(
    connection: &mut SqliteConnection,
    keys: Vec<SubjectKey>,
) -> Result<(), StoreError> {
    for key in keys {
        sqlx::query("INSERT OR IGNORE INTO canary_established (kind, hash) VALUES (?, ?)")
            .bind(kind_code(key.kind))
            .bind(blob(key.hash))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn close(connection: &mut SqliteConnection, closed: Closed) -> Result<(), StoreError> {
    sqlx::query("INSERT OR IGNORE INTO canary_closed (path, since) VALUES (?, ?)")
        .bind(closed.path.name())
        .bind(closed.since.0)
        .execute(connection)
        .await?;
    Ok(())
}

async fn open(connection: &mut SqliteConnection, path: Path) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM canary_closed WHERE path = ?")
        .bind(path.name())
        .execute(connection)
        .await?;
    Ok(())
}

fn unavailable(error: StoreError) -> ClosedPathsError {
    ClosedPathsError::Unavailable(Box::new(error))
}
