//! Batches that wait to be applied to accounts.

use crate::{Sqlite, StoreError, sweep::ROWS_MAX};
use futures_util::future::BoxFuture;
use sluicegate_audiences::{
    Aside, Batch, Inbox, InboxError, Item, NewBatch, Old, Put, Sender, WAITING_MAX, Waiting,
};
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use sqlx::SqliteConnection;

impl Inbox for Sqlite {
    fn put(&self, batch: NewBatch) -> BoxFuture<'_, Result<Put, InboxError>> {
        Box::pin(async move {
            self.write(|connection| Box::pin(put(connection, batch))).await.map_err(unavailable)
        })
    }

    fn waiting(&self, max: usize) -> BoxFuture<'_, Result<Vec<Waiting>, InboxError>> {
        Box::pin(async move {
            // Why as bytes: damaged text must not fail for the others, too.
            let rows: Vec<(i64, Vec<u8>, i64, Vec<u8>)> = sqlx::query_as(
                "SELECT number, CAST(sender AS BLOB), at, CAST(items AS BLOB) FROM audience_batch
                 WHERE items IS NOT NULL ORDER BY number LIMIT ?",
            )
            .bind(i64::try_from(max).unwrap_or(i64::MAX))
            .fetch_all(self.readers())
            .await
            .map_err(|error| unavailable(StoreError::Sqlite(error)))?;
            rows.into_iter().map(waiting).collect()
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

    fn set_aside(&self, number: u64, aside: Aside) -> BoxFuture<'_, Result<(), InboxError>> {
        Box::pin(async move {
            let why = aside.why.clone();
            let row = i64::try_from(number).unwrap_or(i64::MAX);
            self.write(move |connection| Box::pin(set_aside(connection, row, aside)))
                .await
                .map_err(unavailable)?;
            tracing::error!(
                number,
                why,
                "what was said of people cannot be applied and is set aside"
            );
            Ok(())
        })
    }

    fn count_set_aside(&self) -> BoxFuture<'_, Result<u64, InboxError>> {
        Box::pin(async move {
            let sql = "SELECT count(*) FROM audience_set_aside";
            let counted: i64 = sqlx::query_scalar(sql)
                .fetch_one(self.readers())
                .await
                .map_err(|error| unavailable(StoreError::Sqlite(error)))?;
            u64::try_from(counted).map_err(|_negative| InboxError::Corrupt("a count"))
        })
    }

    fn erase(&self, account: SubjectKey) -> BoxFuture<'_, Result<(), InboxError>> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(erase(connection, account)))
                .await
                .map_err(unavailable)
        })
    }

    fn trim(&self, before: Old) -> BoxFuture<'_, Result<(), InboxError>> {
        Box::pin(async move {
            let names = self.sweep(OLD_NAMES, before.names.0, ROWS_MAX);
            names.await.map_err(unavailable)?;
            let set_aside = self.sweep(OLD_SET_ASIDE, before.set_aside.0, SET_ASIDE_AT_ONCE);
            set_aside.await.map_err(unavailable)
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

async fn set_aside(
    connection: &mut SqliteConnection,
    number: i64,
    aside: Aside,
) -> Result<(), StoreError> {
    let items = aside.items.as_deref().map(written).transpose()?;
    sqlx::query(
        "INSERT INTO audience_set_aside (number, sender, why, at, items)
         SELECT number, CAST(sender AS BLOB), ?2, ?3, coalesce(?4, CAST(items AS BLOB))
         FROM audience_batch WHERE number = ?1 AND items IS NOT NULL",
    )
    .bind(number)
    .bind(aside.why)
    .bind(aside.at.0)
    .bind(items)
    .execute(&mut *connection)
    .await?;
    done(connection, number).await
}

/// As bytes, in which everything set aside is kept.
fn written(items: &[Item]) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(items)
        .map_err(|_unwritable| StoreError::Corrupt("items that cannot be written"))
}

async fn erase(connection: &mut SqliteConnection, account: SubjectKey) -> Result<(), StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT number, items FROM audience_set_aside")
        .fetch_all(&mut *connection)
        .await?;
    for (number, bytes) in rows {
        let left = match serde_json::from_slice::<Vec<Item>>(&bytes) {
            Ok(items) => {
                let all = items.len();
                let others: Vec<Item> =
                    items.into_iter().filter(|item| item.account() != Some(account)).collect();
                if others.len() == all {
                    continue;
                }
                others
            }
            // Nobody can tell what of it is of whom.
            Err(_unread) if names(&bytes, account) => Vec::new(),
            Err(_unread) => continue,
        };
        if left.is_empty() {
            let sql = "DELETE FROM audience_set_aside WHERE number = ?1";
            sqlx::query(sql).bind(number).execute(&mut *connection).await?;
        } else {
            let sql = "UPDATE audience_set_aside SET items = ?2 WHERE number = ?1";
            let left = written(&left)?;
            sqlx::query(sql).bind(number).bind(left).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

fn names(bytes: &[u8], account: SubjectKey) -> bool {
    let digits = Item::digits(account);
    bytes.windows(digits.len()).any(|window| window == digits.as_bytes())
}

const OLD_NAMES: &str = "DELETE FROM audience_batch WHERE number IN (
    SELECT number FROM audience_batch WHERE at < ?1 AND items IS NULL ORDER BY at LIMIT ?2)";

const OLD_SET_ASIDE: &str = "DELETE FROM audience_set_aside WHERE number IN (
    SELECT number FROM audience_set_aside WHERE at < ?1 LIMIT ?2)";
/// What was set aside is as large as a body, and is deleted so many at once.
const SET_ASIDE_AT_ONCE: i64 = 4;

fn waiting(
    (number, sender, at, items): (i64, Vec<u8>, i64, Vec<u8>),
) -> Result<Waiting, InboxError> {
    let number = u64::try_from(number).map_err(|_negative| InboxError::Corrupt("a number"))?;
    let unreadable = |why| Ok(Waiting::Unreadable { number, why });
    let Some(sender) = std::str::from_utf8(&sender).ok().and_then(Sender::from_name) else {
        return unreadable("its sender does not read back");
    };
    match serde_json::from_slice(&items) {
        Ok(items) => Ok(Waiting::Batch(Batch { number, sender, at: UnixMillis(at), items })),
        Err(_unread) => unreadable("it does not read back"),
    }
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
