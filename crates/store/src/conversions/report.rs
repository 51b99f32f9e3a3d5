//! What reports count.

use super::{failed, natural};
use crate::StoreError;
use sluicegate_gate::{AdvertiserId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{Active, Asking, ConversionsError, Count, CountKey, Counting};
use sqlx::{SqliteConnection, SqlitePool};

/// Adds to reports.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    counts: Vec<Count>,
) -> Result<(), StoreError> {
    for count in counts {
        sqlx::query(
            "INSERT INTO report_count (advertiser, day, line, measure, amount)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        )
        .bind(count.advertiser.as_str())
        .bind(count.day.0)
        .bind(count.line)
        .bind(count.measure)
        .bind(count.amount)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Adds to reports, unless that was done under this key.
pub(super) async fn once(
    connection: &mut SqliteConnection,
    key: CountKey,
    at: UnixMillis,
    counts: Vec<Count>,
) -> Result<(), StoreError> {
    let first = sqlx::query("INSERT OR IGNORE INTO report_counted (once, at) VALUES (?1, ?2)")
        .bind(key.0.to_vec())
        .bind(at.0)
        .execute(&mut *connection)
        .await?;
    if first.rows_affected() == 1 {
        add(connection, counts).await?;
    }
    Ok(())
}

pub(super) async fn once_each(
    connection: &mut SqliteConnection,
    countings: Vec<Counting>,
) -> Result<(), StoreError> {
    for Counting { once: key, counts, active } in countings {
        let at = counts.first().map_or(UnixMillis(0), |count| count.day.start());
        once(connection, key, at, counts).await?;
        if let Some(active) = active {
            use_app(connection, active).await?;
        }
    }
    Ok(())
}

/// Notes a day on which the app of a claim was used.
async fn use_app(connection: &mut SqliteConnection, active: Active) -> Result<(), StoreError> {
    let days: Option<i64> = sqlx::query_scalar(
        "UPDATE conversion SET active_days = active_days + 1, active_day = ?2
         WHERE claim = ?1 AND (active_day IS NULL OR active_day < ?2) RETURNING active_days",
    )
    .bind(active.claim.0.to_vec())
    .bind(active.day.0)
    .fetch_optional(&mut *connection)
    .await?;
    if days == Some(i64::from(active.days)) {
        add(connection, active.counts).await?;
    }
    Ok(())
}

pub(super) async fn counted(
    readers: &SqlitePool,
    advertiser: AdvertiserId,
    from: Day,
    to: Day,
) -> Result<Vec<Count>, ConversionsError> {
    let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
        "SELECT day, line, measure, amount FROM report_count
         WHERE advertiser = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day, line, measure",
    )
    .bind(advertiser.as_str())
    .bind(from.0)
    .bind(to.0)
    .fetch_all(readers)
    .await
    .map_err(failed)?;
    let count = |(day, line, measure, amount)| Count {
        advertiser: advertiser.clone(),
        day: Day(day),
        line,
        measure,
        amount,
    };
    Ok(rows.into_iter().map(count).collect())
}

pub(super) async fn asking(
    readers: &SqlitePool,
    day: Day,
) -> Result<Vec<Asking>, ConversionsError> {
    let rows: Vec<(String, i64, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT partnership, asked, claimed, capped, events, events_capped
         FROM conversion_asking WHERE day = ?1 ORDER BY partnership",
    )
    .bind(day.0)
    .fetch_all(readers)
    .await
    .map_err(failed)?;
    let corrupt = |_error| ConversionsError::Corrupt("the name of a partnership");
    let mut asking = Vec::with_capacity(rows.len());
    for (partnership, asked, claimed, capped, events, events_capped) in rows {
        asking.push(Asking {
            partnership: partnership.parse().map_err(corrupt)?,
            asked: natural(asked)?,
            claimed: natural(claimed)?,
            capped: natural(capped)?,
            events: natural(events)?,
            events_capped: natural(events_capped)?,
        });
    }
    Ok(asking)
}
