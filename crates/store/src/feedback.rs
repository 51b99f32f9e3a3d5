//! What readers said of the page of partners.

use crate::{Sqlite, StoreError};
use futures_util::future::BoxFuture;
use sluicegate_gate::time::UnixMillis;
use sluicegate_register::{
    Feedback, FeedbackError, Opinion, OpinionCounts, REMARKS_MAX, Remark, RemarkText, Verdict,
};
use sqlx::SqliteConnection;

type Row = (i64, i64, bool, i64, String);

impl Feedback for Sqlite {
    fn add(&self, opinion: Opinion) -> BoxFuture<'_, Result<(), FeedbackError>> {
        Box::pin(async move {
            let work = self.write(move |connection| Box::pin(add(connection, opinion)));
            work.await.map_err(failed)
        })
    }

    fn counts(&self) -> BoxFuture<'_, Result<Vec<OpinionCounts>, FeedbackError>> {
        Box::pin(async move {
            let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
                "SELECT edition, helpful, not_helpful FROM opinion ORDER BY edition",
            )
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            rows.into_iter().map(counts).collect()
        })
    }

    fn remarks(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Remark>, FeedbackError>> {
        Box::pin(async move {
            let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
            let rows: Vec<Row> = sqlx::query_as(
                "SELECT id, edition, helpful, at, words FROM remark WHERE id < ?
                 ORDER BY id DESC LIMIT ?",
            )
            .bind(before)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            rows.into_iter().map(remark).collect()
        })
    }

    fn remove(&self, id: u64) -> BoxFuture<'_, Result<bool, FeedbackError>> {
        Box::pin(async move {
            let id = i64::try_from(id).unwrap_or(i64::MAX);
            let work = self.write(move |connection| Box::pin(remove(connection, id)));
            work.await.map_err(failed)
        })
    }
}

async fn add(connection: &mut SqliteConnection, opinion: Opinion) -> Result<(), StoreError> {
    let Opinion { edition, verdict, remark, at } = opinion;
    let helpful = verdict == Verdict::Helpful;
    sqlx::query(
        "INSERT INTO opinion (edition, helpful, not_helpful) VALUES (?1, ?2, 1 - ?2)
         ON CONFLICT (edition) DO UPDATE
         SET helpful = helpful + ?2, not_helpful = not_helpful + 1 - ?2",
    )
    .bind(i64::from(edition))
    .bind(i64::from(helpful))
    .execute(&mut *connection)
    .await?;
    let Some(text) = remark else { return Ok(()) };
    sqlx::query("INSERT INTO remark (edition, helpful, at, words) VALUES (?, ?, ?, ?)")
        .bind(i64::from(edition))
        .bind(helpful)
        .bind(at.0)
        .bind(text.open())
        .execute(&mut *connection)
        .await?;
    // Why: found by the key from the newest on, which is at most the limit, and not by counting.
    sqlx::query(
        "DELETE FROM remark WHERE id <= (SELECT id FROM remark ORDER BY id DESC LIMIT 1 OFFSET ?)",
    )
    .bind(i64::try_from(REMARKS_MAX).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(())
}

async fn remove(connection: &mut SqliteConnection, id: i64) -> Result<bool, StoreError> {
    let gone = sqlx::query("DELETE FROM remark WHERE id = ?").bind(id).execute(connection).await?;
    Ok(gone.rows_affected() > 0)
}

fn counts(
    (edition, helpful, not_helpful): (i64, i64, i64),
) -> Result<OpinionCounts, FeedbackError> {
    let number = |kept: i64| u64::try_from(kept).map_err(|_negative| FeedbackError::Corrupt);
    Ok(OpinionCounts {
        edition: edition_of(edition)?,
        helpful: number(helpful)?,
        not_helpful: number(not_helpful)?,
    })
}

fn remark((id, edition, helpful, at, words): Row) -> Result<Remark, FeedbackError> {
    Ok(Remark {
        id: u64::try_from(id).map_err(|_negative| FeedbackError::Corrupt)?,
        edition: edition_of(edition)?,
        verdict: if helpful { Verdict::Helpful } else { Verdict::NotHelpful },
        at: UnixMillis(at),
        text: RemarkText::of(&words).ok_or(FeedbackError::Corrupt)?,
    })
}

fn edition_of(kept: i64) -> Result<u32, FeedbackError> {
    u32::try_from(kept).map_err(|_outside| FeedbackError::Corrupt)
}

fn failed<E: std::error::Error + Send + Sync + 'static>(error: E) -> FeedbackError {
    FeedbackError::Store(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_register::feedback_conformance::CASES;
    use std::sync::Arc;

    #[tokio::test]
    async fn it_keeps_every_promise_of_the_port() {
        for case in CASES {
            let dir = tempfile::tempdir().unwrap();
            let store = Sqlite::open(dir.path()).await.unwrap();
            case.run(Arc::new(store)).await.expect(case.promise);
        }
    }

    #[tokio::test]
    async fn what_was_said_is_there_after_the_store_was_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let remark = RemarkText::of("clear");
        let opinion = Opinion { edition: 3, verdict: Verdict::Helpful, remark, at: UnixMillis(9) };
        Feedback::add(&store, opinion).await.unwrap();
        store.close().await;
        let store = Sqlite::open(dir.path()).await.unwrap();
        assert_eq!(store.remarks(None, 5).await.unwrap()[0].text.open(), "clear");
    }
}
