//! The shelf of touches.

use super::{failed, integer, natural, report};
use crate::StoreError;
use sluicegate_gate::time::UnixMillis;
use sluicegate_measurement::{
    Position,
    lookup::{ConversionsError, FoundTouch, NewTouch, Search, Shelving},
};
use sqlx::{SqliteConnection, SqlitePool};

const STANDS: &str = "SELECT next_event FROM touch_shelf";

pub(super) async fn shelved(readers: &SqlitePool) -> Result<Position, ConversionsError> {
    let stands: i64 = sqlx::query_scalar(STANDS).fetch_one(readers).await.map_err(failed)?;
    Ok(Position(natural(stands)?))
}

pub(super) async fn shelve(
    connection: &mut SqliteConnection,
    shelving: Shelving,
) -> Result<Position, StoreError> {
    let stands: i64 = sqlx::query_scalar(STANDS).fetch_one(&mut *connection).await?;
    if stands != integer(shelving.from.0) {
        let stands = u64::try_from(stands).map_err(|_negative| StoreError::Corrupt("the shelf"))?;
        return Ok(Position(stands));
    }
    for touch in shelving.touches {
        put(connection, touch).await?;
    }
    report::add(connection, shelving.counts).await?;
    sqlx::query("UPDATE touch_shelf SET next_event = ?1")
        .bind(integer(shelving.until.0))
        .execute(&mut *connection)
        .await?;
    Ok(shelving.until)
}

async fn put(connection: &mut SqliteConnection, touch: NewTouch) -> Result<(), StoreError> {
    let position = integer(touch.position.0);
    sqlx::query("INSERT INTO touch (position, happened, sealed) VALUES (?1, ?2, ?3)")
        .bind(position)
        .bind(touch.happened.0)
        .bind(touch.sealed)
        .execute(&mut *connection)
        .await?;
    for alias in touch.aliases {
        sqlx::query(
            "INSERT OR IGNORE INTO touch_alias (alias, happened, position) VALUES (?1, ?2, ?3)",
        )
        .bind(alias.0.to_vec())
        .bind(touch.happened.0)
        .bind(position)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(super) async fn find(
    readers: &SqlitePool,
    searches: Vec<Search>,
    touches_max: usize,
) -> Result<Vec<Vec<FoundTouch>>, ConversionsError> {
    let mut found = Vec::with_capacity(searches.len());
    let mut reader = readers.acquire().await.map_err(failed)?;
    for search in searches {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT touch.position, touch.sealed FROM touch_alias AS found
             JOIN touch ON touch.position = found.position
             WHERE found.alias = ?1 AND found.happened BETWEEN ?2 AND ?3
             ORDER BY found.happened DESC, found.position DESC LIMIT ?4",
        )
        .bind(search.alias.0.to_vec())
        .bind(search.from.0)
        .bind(search.until.0)
        .bind(i64::try_from(touches_max).unwrap_or(i64::MAX))
        .fetch_all(&mut *reader)
        .await
        .map_err(failed)?;
        let touch =
            |(position, sealed)| Ok(FoundTouch { position: Position(natural(position)?), sealed });
        found.push(rows.into_iter().map(touch).collect::<Result<_, ConversionsError>>()?);
    }
    Ok(found)
}

/// Forgets what nobody can ask for any more.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    touches_before: UnixMillis,
    conversions_before: UnixMillis,
) -> Result<(), StoreError> {
    let forgotten = [
        ("DELETE FROM touch WHERE happened < ?1", touches_before),
        ("DELETE FROM conversion WHERE accepted_at < ?1", conversions_before),
    ];
    for (statement, before) in forgotten {
        sqlx::query(statement).bind(before.0).execute(&mut *connection).await?;
    }
    Ok(())
}
