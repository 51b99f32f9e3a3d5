//! Which paths are closed.

use crate::{Sqlite, StoreError};
use futures_util::future::BoxFuture;
use sluicegate_canary::{Closed, ClosedPaths, ClosedPathsError};
use sluicegate_gate::{Path, time::UnixMillis};
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
