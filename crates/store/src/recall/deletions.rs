//! Erasures under way, and requests to delete.

use crate::{
    StoreError,
    ledger::{blob, kind_code},
};
use sluicegate_gate::{DisclosureId, SubjectKey, time::UnixMillis};
use sluicegate_recall::{Accepting, Deferred, Deleting};
use sqlx::SqliteConnection;

pub(super) async fn accept(
    connection: &mut SqliteConnection,
    Accepting { subject, id, at }: Accepting,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO erasure (kind, hash, at, stage, id) VALUES (?, ?, ?, 0, ?)
         ON CONFLICT (kind, hash) DO UPDATE
         SET at = excluded.at, stage = 0, id = coalesce(id, excluded.id)",
    )
    .bind(kind_code(subject.kind))
    .bind(blob(subject.hash))
    .bind(at.0)
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn begun(
    connection: &mut SqliteConnection,
    subject: SubjectKey,
    asked_at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE erasure SET stage = 2 WHERE kind = ? AND hash = ? AND at = ? AND stage = 0",
    )
    .bind(kind_code(subject.kind))
    .bind(blob(subject.hash))
    .bind(asked_at.0)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn owed(
    connection: &mut SqliteConnection,
    subject: SubjectKey,
    id: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE erasure SET stage = iif(stage = 2, 1, stage), id = coalesce(id, ?)
         WHERE kind = ? AND hash = ?",
    )
    .bind(id)
    .bind(kind_code(subject.kind))
    .bind(blob(subject.hash))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn destroyed(
    connection: &mut SqliteConnection,
    subject: SubjectKey,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE erasure SET stage = 2 WHERE kind = ? AND hash = ? AND stage = 1")
        .bind(kind_code(subject.kind))
        .bind(blob(subject.hash))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn erased(
    connection: &mut SqliteConnection,
    subject: SubjectKey,
    asked_at: UnixMillis,
) -> Result<(), StoreError> {
    let ended = sqlx::query("DELETE FROM erasure WHERE kind = ? AND hash = ? AND at = ?")
        .bind(kind_code(subject.kind))
        .bind(blob(subject.hash))
        .bind(asked_at.0)
        .execute(&mut *connection)
        .await?;
    if ended.rows_affected() == 0 {
        return Ok(());
    }
    for sql in [
        "DELETE FROM recall_aside WHERE kind = ? AND hash = ?",
        "DELETE FROM recall_person WHERE kind = ? AND hash = ?",
        "UPDATE recall_debt SET kind = NULL, hash = NULL WHERE kind = ? AND hash = ?",
    ] {
        sqlx::query(sql)
            .bind(kind_code(subject.kind))
            .bind(blob(subject.hash))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

pub(super) async fn put(
    connection: &mut SqliteConnection,
    deleting: Deleting,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO deletion_request
           (id, partnership, identifier, sealed, mark, made_at, failures, next_at, counts_from)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(blob(deleting.id.0))
    .bind(deleting.partnership.as_str())
    .bind(deleting.identifier.name())
    .bind(deleting.sealed)
    .bind(deleting.mark.to_vec())
    .bind(deleting.made_at.0)
    .bind(i64::from(deleting.failures))
    .bind(deleting.next_at.0)
    .bind(deleting.counts_from.0)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn defer(
    connection: &mut SqliteConnection,
    id: DisclosureId,
    deferred: Deferred,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deletion_request SET failures = ?, next_at = ?, counts_from = ? WHERE id = ?",
    )
    .bind(i64::from(deferred.failures))
    .bind(deferred.next_at.0)
    .bind(deferred.counts_from.0)
    .bind(blob(id.0))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn end(
    connection: &mut SqliteConnection,
    id: DisclosureId,
    at: UnixMillis,
    acknowledgement: Option<[u8; 32]>,
) -> Result<(), StoreError> {
    if let Some(digest) = acknowledgement {
        sqlx::query(
            "INSERT INTO deletion_acknowledgement (id, partnership, at, sha256)
             SELECT id, partnership, ?, ? FROM deletion_request WHERE id = ?",
        )
        .bind(at.0)
        .bind(digest.to_vec())
        .bind(blob(id.0))
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query("DELETE FROM deletion_request WHERE id = ?")
        .bind(blob(id.0))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn accept_request(
    connection: &mut SqliteConnection,
    request: [u8; 32],
    accepting: Accepting,
) -> Result<bool, StoreError> {
    let kept = sqlx::query("INSERT OR IGNORE INTO deletion_received (digest, at) VALUES (?, ?)")
        .bind(request.to_vec())
        .bind(accepting.at.0)
        .execute(&mut *connection)
        .await?;
    let is_new = kept.rows_affected() > 0;
    if is_new {
        accept(connection, accepting).await?;
    }
    Ok(is_new)
}
