//! Bills: notices of billable events that wait for their partners.

use crate::{Sqlite, StoreError, sweep::ROWS_MAX};
use futures_util::future::BoxFuture;
use sluicegate_exchange::{
    Bill, BillCounts, BillId, Bills, BillsError, DeadBill, DeadReason, NewBill, Put, Report,
    Settled, Trim,
};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sqlx::SqliteConnection;

/// Id, what it says, since when, failures, next time.
type WaitingRow = (Vec<u8>, Vec<u8>, i64, i64, i64);
type Kept<'a, T> = BoxFuture<'a, Result<T, BillsError>>;

impl Bills for Sqlite {
    fn put(&self, report: Report) -> Kept<'_, Put> {
        Box::pin(async move {
            let work = self.write(|connection| Box::pin(put(connection, report)));
            work.await.map_err(unavailable)
        })
    }

    fn waiting(&self, partnership: PartnershipId, bills_max: usize) -> Kept<'_, Vec<Bill>> {
        Box::pin(async move {
            let rows: Vec<WaitingRow> = sqlx::query_as(
                "SELECT id, sealed, since, failures, next_at FROM bill
                 WHERE partnership = ?1 AND next_at IS NOT NULL
                 ORDER BY next_at, id LIMIT ?2",
            )
            .bind(partnership.as_str())
            .bind(limit(bills_max))
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            let bill = |(id, sealed, since, failures, next_at)| {
                let (since, next_at) = (UnixMillis(since), UnixMillis(next_at));
                Ok(Bill { id: self::id(id)?, sealed, since, failures: small(failures)?, next_at })
            };
            rows.into_iter().map(bill).collect()
        })
    }

    fn settle(&self, id: BillId, settled: Settled) -> Kept<'_, ()> {
        Box::pin(async move {
            let work = self.write(move |connection| Box::pin(settle(connection, id, settled)));
            work.await.map_err(unavailable)
        })
    }

    fn put_back(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, u64> {
        Box::pin(async move {
            let work =
                self.write(move |connection| Box::pin(put_back(connection, partnership, at)));
            work.await.map_err(unavailable)
        })
    }

    fn dead(&self, partnership: PartnershipId, bills_max: usize) -> Kept<'_, Vec<DeadBill>> {
        Box::pin(async move {
            let rows: Vec<(Vec<u8>, i64, i64, String, i64)> = sqlx::query_as(
                "SELECT id, reported_at, failures, reason, dead_at FROM bill
                 WHERE partnership = ?1 AND reason IS NOT NULL
                 ORDER BY dead_at DESC, id LIMIT ?2",
            )
            .bind(partnership.as_str())
            .bind(limit(bills_max))
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            let dead = |(id, reported_at, failures, reason, at): (_, _, _, String, _)| {
                Ok(DeadBill {
                    id: self::id(id)?,
                    reported_at: UnixMillis(reported_at),
                    failures: small(failures)?,
                    reason: self::reason(&reason)?,
                    at: UnixMillis(at),
                })
            };
            rows.into_iter().map(dead).collect()
        })
    }

    fn counts(&self) -> Kept<'_, Vec<BillCounts>> {
        Box::pin(async move {
            // One statement, so that both are of one moment.
            let rows: Vec<(String, i64, i64, Option<String>, i64)> = sqlx::query_as(
                "SELECT bill_count.partnership, waiting, accepted, reason, count(bill.id)
                 FROM bill_count
                 LEFT JOIN bill ON bill.partnership = bill_count.partnership
                     AND bill.reason IS NOT NULL
                 GROUP BY bill_count.partnership, reason ORDER BY bill_count.partnership",
            )
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            counts(rows)
        })
    }

    fn trim(&self, what: Trim) -> Kept<'_, ()> {
        Box::pin(async move {
            let reports = self.sweep(OLD_REPORTS, what.expired_before.0, ROWS_MAX);
            reports.await.map_err(unavailable)?;
            let dead = self.sweep(OLD_DEAD, what.dead_before.0, ROWS_MAX);
            dead.await.map_err(unavailable)
        })
    }
}

async fn put(connection: &mut SqliteConnection, report: Report) -> Result<Put, StoreError> {
    let Report { id, at, expires, bill } = report;
    let key = id.0.to_be_bytes().to_vec();
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM bill_report WHERE id = ?1)
             OR EXISTS (SELECT 1 FROM bill WHERE id = ?1)",
    )
    .bind(&key)
    .fetch_one(&mut *connection)
    .await?;
    if known {
        return Ok(Put::Known);
    }
    if let Some(bill) = bill
        && !put_bill(connection, &key, at, bill).await?
    {
        return Ok(Put::Full);
    }
    sqlx::query("INSERT INTO bill_report (id, expires) VALUES (?1, ?2)")
        .bind(&key)
        .bind(expires.0)
        .execute(&mut *connection)
        .await?;
    Ok(Put::Kept)
}

/// Returns whether there was room.
async fn put_bill(
    connection: &mut SqliteConnection,
    key: &[u8],
    at: UnixMillis,
    bill: NewBill,
) -> Result<bool, StoreError> {
    let NewBill { partnership, sealed, waiting_max } = bill;
    let waiting: Option<i64> =
        sqlx::query_scalar("SELECT waiting FROM bill_count WHERE partnership = ?1")
            .bind(partnership.as_str())
            .fetch_optional(&mut *connection)
            .await?;
    if waiting.unwrap_or(0) >= i64::try_from(waiting_max).unwrap_or(i64::MAX) {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO bill_count (partnership, waiting, accepted) VALUES (?1, 1, 0)
         ON CONFLICT (partnership) DO UPDATE SET waiting = waiting + 1",
    )
    .bind(partnership.as_str())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO bill (id, partnership, reported_at, since, failures, next_at, sealed)
         VALUES (?1, ?2, ?3, ?3, 0, ?3, ?4)",
    )
    .bind(key)
    .bind(partnership.as_str())
    .bind(at.0)
    .bind(sealed)
    .execute(&mut *connection)
    .await?;
    Ok(true)
}

async fn settle(
    connection: &mut SqliteConnection,
    id: BillId,
    settled: Settled,
) -> Result<(), StoreError> {
    let key = id.0.to_be_bytes().to_vec();
    let accepted = i64::from(settled == Settled::Accepted);
    let change = match settled {
        Settled::Accepted => sqlx::query_scalar(
            "DELETE FROM bill WHERE id = ?1 AND next_at IS NOT NULL RETURNING partnership",
        )
        .bind(key),
        Settled::Again { failures, next_at } => sqlx::query_scalar(
            "UPDATE bill SET failures = ?2, next_at = ?3
             WHERE id = ?1 AND next_at IS NOT NULL RETURNING partnership",
        )
        .bind(key)
        .bind(i64::from(failures))
        .bind(next_at.0),
        Settled::Dead { failures, reason, at } => sqlx::query_scalar(
            "UPDATE bill SET failures = ?2, next_at = NULL, reason = ?3, dead_at = ?4
             WHERE id = ?1 AND next_at IS NOT NULL RETURNING partnership",
        )
        .bind(key)
        .bind(i64::from(failures))
        .bind(reason.code())
        .bind(at.0),
    };
    let changed: Option<String> = change.fetch_optional(&mut *connection).await?;
    let still_waits = matches!(settled, Settled::Again { .. });
    if let Some(partnership) = changed.filter(|_| !still_waits) {
        sqlx::query(
            "UPDATE bill_count SET waiting = waiting - 1, accepted = accepted + ?2
             WHERE partnership = ?1",
        )
        .bind(partnership)
        .bind(accepted)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn put_back(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    at: UnixMillis,
) -> Result<u64, StoreError> {
    let changed = sqlx::query(
        "UPDATE bill SET since = ?2, failures = 0, next_at = ?2, reason = NULL, dead_at = NULL
         WHERE partnership = ?1 AND reason IS NOT NULL",
    )
    .bind(partnership.as_str())
    .bind(at.0)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    sqlx::query("UPDATE bill_count SET waiting = waiting + ?2 WHERE partnership = ?1")
        .bind(partnership.as_str())
        .bind(i64::try_from(changed).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await?;
    Ok(changed)
}

const OLD_REPORTS: &str = "DELETE FROM bill_report WHERE id IN (
    SELECT id FROM bill_report WHERE expires < ?1 ORDER BY expires LIMIT ?2)";

const OLD_DEAD: &str = "DELETE FROM bill WHERE id IN (
    SELECT id FROM bill WHERE reason IS NOT NULL AND dead_at < ?1 LIMIT ?2)";

/// Joins the rows of one partnership, one for each reason.
fn counts(
    rows: Vec<(String, i64, i64, Option<String>, i64)>,
) -> Result<Vec<BillCounts>, BillsError> {
    let mut all: Vec<BillCounts> = Vec::new();
    for (name, waiting, accepted, reason, dead) in rows {
        let partnership: PartnershipId =
            name.parse().map_err(|_error| BillsError::Corrupt("a partnership's bills"))?;
        let dead = match reason {
            Some(reason) => Some((self::reason(&reason)?, natural(dead)?)),
            None => None,
        };
        match all.last_mut().filter(|last| last.partnership == partnership) {
            Some(last) => last.dead.extend(dead),
            None => all.push(BillCounts {
                partnership,
                waiting: natural(waiting)?,
                accepted: natural(accepted)?,
                dead: dead.into_iter().collect(),
            }),
        }
    }
    for counts in &mut all {
        counts.dead.sort();
    }
    Ok(all)
}

fn id(bytes: Vec<u8>) -> Result<BillId, BillsError> {
    let bytes = bytes.try_into().map_err(|_length| BillsError::Corrupt("the id of a bill"))?;
    Ok(BillId(u128::from_be_bytes(bytes)))
}

fn reason(code: &str) -> Result<DeadReason, BillsError> {
    DeadReason::from_code(code).ok_or(BillsError::Corrupt("why a bill was given up"))
}

fn small(number: i64) -> Result<u32, BillsError> {
    u32::try_from(number).map_err(|_range| BillsError::Corrupt("the attempts of a bill"))
}

fn natural(number: i64) -> Result<u64, BillsError> {
    u64::try_from(number).map_err(|_negative| BillsError::Corrupt("a number below zero"))
}

fn limit(bills_max: usize) -> i64 {
    i64::try_from(bills_max).unwrap_or(i64::MAX)
}

fn failed(error: sqlx::Error) -> BillsError {
    BillsError::Unavailable(Box::new(error))
}

fn unavailable(error: StoreError) -> BillsError {
    match error {
        StoreError::Corrupt(what) => BillsError::Corrupt(what),
        StoreError::Closed
        | StoreError::Sqlite(_)
        | StoreError::Commit
        | StoreError::Damaged(_) => BillsError::Unavailable(Box::new(error)),
    }
}
