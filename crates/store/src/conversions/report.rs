//! What reports count.

use super::{failed, natural};
use crate::{
    StoreError,
    many::{ask, insert},
};
use sluicegate_gate::{AdvertiserId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{
    Active, Asking, ConversionsError, Count, CountKey, Counting, CountsOf, add_up,
};
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Adds to reports. What is added in one place is added up before.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    counts: Vec<Count>,
) -> Result<(), StoreError> {
    let mut sums: BTreeMap<(AdvertiserId, i64, String, String), i64> = BTreeMap::new();
    for Count { advertiser, day, line, measure, amount } in counts {
        let sum = sums.entry((advertiser, day.0, line, measure)).or_default();
        *sum = add_up(*sum, amount);
    }
    let sums: Vec<_> = sums.into_iter().collect();
    let sql = (
        "INSERT INTO report_count (advertiser, day, line, measure, amount) ",
        // `add_up`. Beyond 64 bits a sum is no integer any more, and the table would refuse it.
        " ON CONFLICT DO UPDATE SET amount =
          CASE WHEN abs(amount) = 9000000000000000000 THEN amount
          ELSE min(9000000000000000000, max(-9000000000000000000, amount + excluded.amount)) END",
    );
    insert(connection, sql, &sums, |row, ((advertiser, day, line, measure), amount)| {
        row.push_bind(advertiser.as_str())
            .push_bind(*day)
            .push_bind(line.as_str())
            .push_bind(measure.as_str())
            .push_bind(*amount);
        Ok(())
    })
    .await
}

/// Adds to reports, and takes back what is below zero. Where that leaves nothing, nothing stands.
pub(super) async fn change(
    connection: &mut SqliteConnection,
    changes: Vec<Count>,
) -> Result<(), StoreError> {
    let taken_back = changes.iter().filter(|one| one.amount < 0);
    let places = taken_back.map(|one| Count { amount: 0, ..one.clone() });
    let places: BTreeSet<Count> = places.collect();
    add(connection, changes).await?;
    for Count { advertiser, day, line, measure, amount: _ } in places {
        sqlx::query(
            "DELETE FROM report_count
             WHERE advertiser = ?1 AND day = ?2 AND line = ?3 AND measure = ?4 AND amount = 0",
        )
        .bind(advertiser.as_str().to_owned())
        .bind(day.0)
        .bind(line)
        .bind(measure)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Adds to reports, each once per key: the first that comes under it.
pub(super) async fn each_once(
    connection: &mut SqliteConnection,
    counted: Vec<(CountKey, UnixMillis, Vec<Count>)>,
) -> Result<(), StoreError> {
    let mut seen = HashSet::new();
    let new = counted.into_iter().filter(|(key, ..)| seen.insert(*key));
    let new: Vec<_> = new.collect();
    let sql = ("INSERT OR IGNORE INTO report_counted (once, at) ", " RETURNING once");
    let first: Vec<(Vec<u8>,)> = ask(connection, sql, &new, |row, (key, at, _)| {
        row.push_bind(key.0.to_vec()).push_bind(at.0);
        Ok(())
    })
    .await?;
    let first: HashSet<Vec<u8>> = first.into_iter().map(|(key,)| key).collect();
    let new = new.into_iter().filter(|(key, ..)| first.contains(key.0.as_slice()));
    add(connection, new.flat_map(|(.., counts)| counts).collect()).await
}

pub(super) async fn once_each(
    connection: &mut SqliteConnection,
    countings: Vec<Counting>,
) -> Result<(), StoreError> {
    let (mut counted, mut used) = (Vec::new(), Vec::new());
    for Counting { once, at, counts, active } in countings {
        counted.push((once, at, counts));
        used.extend(active);
    }
    each_once(connection, counted).await?;
    for active in used {
        use_app(connection, active).await?;
    }
    Ok(())
}

/// Notes a day on which the app of a claim was used.
async fn use_app(connection: &mut SqliteConnection, active: Active) -> Result<(), StoreError> {
    let claim = active.claim.0.to_vec();
    let days: Option<i64> =
        sqlx::query_scalar("SELECT active_days FROM conversion WHERE claim = ?1")
            .bind(claim.clone())
            .fetch_optional(&mut *connection)
            .await?;
    if days.is_none_or(|days| days >= i64::from(active.days)) {
        return Ok(());
    }
    let day = sqlx::query("INSERT OR IGNORE INTO report_counted (once, at) VALUES (?1, ?2)")
        .bind(active.of_day().0.to_vec())
        .bind(active.day.start().0)
        .execute(&mut *connection)
        .await?;
    if day.rows_affected() == 0 {
        return Ok(());
    }
    let days: Option<i64> = sqlx::query_scalar(
        "UPDATE conversion SET active_days = active_days + 1 WHERE claim = ?1 RETURNING active_days",
    )
    .bind(claim)
    .fetch_optional(&mut *connection)
    .await?;
    if days == Some(i64::from(active.days)) {
        each_once(connection, vec![(active.once, active.day.start(), active.counts)]).await?;
    }
    Ok(())
}

pub(super) async fn lines(
    readers: &SqlitePool,
    of: CountsOf,
    max: usize,
) -> Result<usize, ConversionsError> {
    let lines: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (
             SELECT DISTINCT day, line FROM report_count
             WHERE advertiser = ?1 AND day BETWEEN ?2 AND ?3
             AND (?4 IS NULL OR iif(json_valid(line), line ->> 3, '') = ?4) LIMIT ?5)",
    )
    .bind(of.advertiser.as_str())
    .bind(of.from.0)
    .bind(of.to.0)
    .bind(of.campaign)
    .bind(i64::try_from(max).unwrap_or(i64::MAX))
    .fetch_one(readers)
    .await
    .map_err(failed)?;
    usize::try_from(lines).map_err(|_negative| ConversionsError::Corrupt("a number of lines"))
}

pub(super) async fn counted(
    readers: &SqlitePool,
    of: CountsOf,
) -> Result<Vec<Count>, ConversionsError> {
    let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
        "SELECT day, line, measure, amount FROM report_count
         WHERE advertiser = ?1 AND day BETWEEN ?2 AND ?3
         AND (?4 IS NULL OR iif(json_valid(line), line ->> 3, '') = ?4)
         ORDER BY day, line, measure",
    )
    .bind(of.advertiser.as_str())
    .bind(of.from.0)
    .bind(of.to.0)
    .bind(of.campaign)
    .fetch_all(readers)
    .await
    .map_err(failed)?;
    let count = |(day, line, measure, amount)| Count {
        advertiser: of.advertiser.clone(),
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
         FROM conversion_asking
         WHERE day = ?1 AND asked + claimed + capped + events + events_capped > 0
         ORDER BY partnership",
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
