//! Batches that wait to be applied to accounts.

use crate::{Sqlite, StoreError};
use futures_util::future::BoxFuture;
use sluicegate_audiences::{Batch, Inbox, InboxError, NewBatch, Put, Sender, WAITING_MAX};
use sluicegate_gate::time::UnixMillis;
use sqlx::SqliteConnection;

impl Inbox for Sqlite {
    fn put(&self, batch: NewBatch) -> BoxFuture<'_, Result<Put, InboxError>> {
        Box::pin(async move {
            self.write(|connection| Box::pin(put(connection, batch))).await.map_err(unavailable)
        })
    }

    fn waiting(&self, max: usize) -> BoxFuture<'_, Result<Vec<Batch>, InboxError>> {
        Box::pin(async move {
            let rows: Vec<(i64, String, i64, String)> = sqlx::query_as(
                "SELECT number, sender, at, items FROM audience_batch
                 WHERE items IS NOT NULL ORDER BY number LIMIT ?",
            )
            .bind(i64::try_from(max).unwrap_or(i64::MAX))
            .fetch_all(self.readers())
            .await
            .map_err(|error| unavailable(StoreError::Sqlite(error)))?;
            rows.into_iter().map(batch).collect()
        })
    }

    fn done(&self, number: u64) -> BoxFuture<'_, Result<(), InboxError>> {
        Box::pin(async move {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            self.write(move |connection| Box::pin(done(connection, number)))
                .await
                .map_err(unavailable)
        })
    }

    fn trim(&self, before: UnixMillis) -> BoxFuture<'_, Result<(), InboxError>> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(trim(connection, before)))
                .await
                .map_err(unavailable)
        })
    }
}

async fn put(connection: &mut SqliteConnection, batch: NewBatch) -> Result<Put, StoreError> {
    let NewBatch { sender, name, content, at, items } = batch;
    let known: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT content FROM audience_batch WHERE sender = ? AND name = ?")
            .bind(sender.name())
            .bind(name.as_slice())
            .fetch_optional(&mut *connection)
            .await?;
    if let Some(known) = known {
        return Ok(if known == content { Put::Repeated } else { Put::Conflicting });
    }
    let waiting: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audience_batch WHERE items IS NOT NULL AND sender = ?",
    )
    .bind(sender.name())
    .fetch_one(&mut *connection)
    .await?;
    if usize::try_from(waiting).is_ok_and(|waiting| waiting >= WAITING_MAX) {
        return Ok(Put::Full);
    }
    let items = serde_json::to_string(&items)
        .map_err(|_unwritable| StoreError::Corrupt("items that cannot be written"))?;
    sqlx::query(
        "INSERT INTO audience_batch (sender, name, content, at, items) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(sender.name())
    .bind(name.as_slice())
    .bind(content.as_slice())
    .bind(at.0)
    .bind(items)
    .execute(connection)
    .await?;
    Ok(Put::Taken)
}

async fn done(connection: &mut SqliteConnection, number: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE audience_batch SET items = NULL WHERE number = ?")
        .bind(number)
        .execute(connection)
        .await?;
    Ok(())
}

async fn trim(connection: &mut SqliteConnection, before: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM audience_batch WHERE at < ? AND items IS NULL")
        .bind(before.0)
        .execute(connection)
        .await?;
    Ok(())
}

fn batch((number, sender, at, items): (i64, String, i64, String)) -> Result<Batch, InboxError> {
    Ok(Batch {
        number: u64::try_from(number).map_err(|_negative| InboxError::Corrupt("a number"))?,
        sender: Sender::from_name(&sender).ok_or(InboxError::Corrupt("a sender"))?,
        at: UnixMillis(at),
        items: serde_json::from_str(&items).map_err(|_unread| InboxError::Corrupt("items"))?,
    })
}

fn unavailable(error: StoreError) -> InboxError {
    match error {
        StoreError::Corrupt(what) => InboxError::Corrupt(what),
        StoreError::Closed
        | StoreError::Sqlite(_)
        | StoreError::Commit
        | StoreError::Damaged(_) => InboxError::Unavailable(Box::new(error)),
    }
}
