//! Making messages of what waits, and what becomes of them.

use super::kind_number;
use crate::{Sqlite, StoreError, ledger::blob, sweep::ROWS_MAX};
use sluicegate_gate::{DisclosureId, PartnershipId, time::UnixMillis};
use sluicegate_recall::{Pack, Sent};
use sqlx::{QueryBuilder, Row, SqliteConnection};

type Statement = QueryBuilder<sqlx::Sqlite>;

/// Takes the first of what waits, with the same ids that are owed to others.
const TAKE: &str = "UPDATE recall_item SET message = ?1
     WHERE message IS NULL AND partnership = ?2 AND kind = ?3 AND disclosure IN (
         SELECT disclosure FROM recall_item
         WHERE message IS NULL AND partnership = ?2 AND kind = ?3
         ORDER BY place, disclosure LIMIT ?4)";

pub(super) async fn pack(
    connection: &mut SqliteConnection,
    pack: Pack,
) -> Result<usize, StoreError> {
    let Pack { message, partnership, kind, made_at, ids_max } = pack;
    let id = blob(message.0);
    let ids_max = i64::try_from(ids_max).unwrap_or(i64::MAX);
    let mut taken: i64 = 0;
    // Why: of so many rows some can be of one id, which is owed to several.
    while taken < ids_max {
        let updated = sqlx::query(TAKE)
            .bind(&id)
            .bind(partnership.as_str())
            .bind(kind_number(kind))
            .bind(ids_max - taken)
            .execute(&mut *connection)
            .await?;
        if updated.rows_affected() == 0 {
            break;
        }
        let sql = "SELECT COUNT(DISTINCT disclosure) FROM recall_item WHERE message = ?";
        taken = sqlx::query_scalar(sql).bind(&id).fetch_one(&mut *connection).await?;
    }
    if taken > 0 {
        sqlx::query(
            "INSERT INTO recall_message (id, partnership, kind, made_at, next_at)
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(partnership.as_str())
        .bind(kind_number(kind))
        .bind(made_at.0)
        .bind(made_at.0)
        .execute(connection)
        .await?;
    }
    usize::try_from(taken).map_err(|_negative| StoreError::Corrupt("a count below zero"))
}

pub(super) async fn settle(
    connection: &mut SqliteConnection,
    message: DisclosureId,
    sent: Sent,
) -> Result<(), StoreError> {
    let id = blob(message.0);
    let open = sqlx::query(
        "SELECT delivered_at FROM recall_message WHERE id = ? AND acknowledged_at IS NULL",
    )
    .bind(&id)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(open) = open else { return Ok(()) };
    let is_first = open.try_get::<Option<i64>, _>("delivered_at")?.is_none();
    let (failures, next_at) = match sent {
        Sent::Acknowledged { at } => {
            count(connection, &id, at, Some(at)).await?;
            if is_first {
                delivered(connection, &id, at).await?;
            }
            return acknowledged(connection, &id, at).await;
        }
        Sent::Taken { at, next_at } => {
            count(connection, &id, at, Some(at)).await?;
            if is_first {
                delivered(connection, &id, at).await?;
            }
            ("0", next_at)
        }
        Sent::Failed { at, next_at } => {
            count(connection, &id, at, Some(at)).await?;
            ("failures + 1", next_at)
        }
        Sent::Unmade { next_at } => {
            count(connection, &id, next_at, None).await?;
            ("failures + 1", next_at)
        }
        Sent::NotTried { next_at } => {
            count(connection, &id, next_at, None).await?;
            ("failures", next_at)
        }
    };
    let mut statement = Statement::new("UPDATE recall_message SET failures = ");
    statement.push(failures).push(", next_at = ").push_bind(next_at.0);
    statement.push(" WHERE id = ").push_bind(id).build().execute(connection).await?;
    Ok(())
}

/// Has the partner's time count from when it was first asked, and not while it could not be asked again.
async fn count(
    connection: &mut SqliteConnection,
    id: &[u8],
    until: UnixMillis,
    asked: Option<UnixMillis>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE recall_message
         SET counts_from = COALESCE(MIN(counts_from + MAX(?1 - next_at, 0), ?1), ?2) WHERE id = ?3",
    )
    .bind(until.0)
    .bind(asked.map(|asked| asked.0))
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

async fn delivered(
    connection: &mut SqliteConnection,
    id: &[u8],
    at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE recall_message SET delivered_at = ? WHERE id = ?")
        .bind(at.0)
        .bind(id)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE recall_debt SET delivered_at = ?1, delivered = delivered + counted.ids
         FROM (SELECT debt, COUNT(*) AS ids FROM recall_item WHERE message = ?2 GROUP BY debt)
              AS counted
         WHERE number = counted.debt",
    )
    .bind(at.0)
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

async fn acknowledged(
    connection: &mut SqliteConnection,
    id: &[u8],
    at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE recall_message SET acknowledged_at = ? WHERE id = ?")
        .bind(at.0)
        .bind(id)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE recall_debt SET acknowledged_at = ?1, acknowledged = acknowledged + counted.ids
         FROM (SELECT debt, COUNT(*) AS ids FROM recall_item WHERE message = ?2 GROUP BY debt)
              AS counted
         WHERE number = counted.debt",
    )
    .bind(at.0)
    .bind(id)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM recall_item WHERE message = ?").bind(id).execute(connection).await?;
    Ok(())
}

pub(super) async fn acknowledge(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    message: DisclosureId,
    at: UnixMillis,
) -> Result<bool, StoreError> {
    let known: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM recall_message WHERE id = ? AND partnership = ?")
            .bind(blob(message.0))
            .bind(partnership.as_str())
            .fetch_optional(&mut *connection)
            .await?;
    if known.is_some() {
        settle(connection, message, Sent::Acknowledged { at }).await?;
    }
    Ok(known.is_some())
}

pub(super) async fn lapse(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    at: UnixMillis,
) -> Result<bool, StoreError> {
    let kept = sqlx::query("INSERT OR IGNORE INTO recall_lapse (partnership, at) VALUES (?, ?)")
        .bind(partnership.as_str())
        .bind(at.0)
        .execute(connection)
        .await?;
    Ok(kept.rows_affected() > 0)
}

pub(super) async fn lift(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    at: UnixMillis,
) -> Result<bool, StoreError> {
    let gone = sqlx::query("DELETE FROM recall_lapse WHERE partnership = ?")
        .bind(partnership.as_str())
        .execute(&mut *connection)
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "UPDATE recall_message SET counts_from = iif(counts_from IS NULL, NULL, ?1), failures = 0,
         next_at = min(next_at, ?1) WHERE partnership = ?2 AND acknowledged_at IS NULL",
    )
    .bind(at.0)
    .bind(partnership.as_str())
    .execute(connection)
    .await?;
    Ok(true)
}

pub(super) async fn write_off(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
) -> Result<(), StoreError> {
    for sql in [
        // Of what is acknowledged in part the rest alone is out of reach.
        "INSERT INTO recall_debt (kind, hash, person, partnership, cause, since, ids, reachable, delivered, delivered_at)
         SELECT kind, hash, person, partnership, cause, since, ids - acknowledged, 0,
                max(delivered - acknowledged, 0), delivered_at
         FROM recall_debt WHERE partnership = ? AND reachable = 1 AND acknowledged > 0 AND acknowledged < ids
         ORDER BY number",
        "UPDATE recall_debt SET ids = acknowledged, delivered = min(delivered, acknowledged)
         WHERE partnership = ? AND reachable = 1 AND acknowledged > 0 AND acknowledged < ids",
        "UPDATE recall_debt SET reachable = 0 WHERE partnership = ? AND acknowledged < ids",
        "DELETE FROM recall_item WHERE partnership = ?",
        "DELETE FROM recall_message WHERE partnership = ? AND acknowledged_at IS NULL",
    ] {
        sqlx::query(sql).bind(partnership.as_str()).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Forgets what was settled before that time.
pub(super) async fn trim(store: &Sqlite, before: UnixMillis) -> Result<(), StoreError> {
    for sql in OLD {
        store.sweep(sql, before.0, ROWS_MAX).await?;
    }
    Ok(())
}

const OLD: [&str; 5] = [
    "DELETE FROM recall_message WHERE id IN (
         SELECT id FROM recall_message WHERE acknowledged_at < ?1 LIMIT ?2)",
    "DELETE FROM deletion_acknowledgement WHERE id IN (
         SELECT id FROM deletion_acknowledgement WHERE at < ?1 LIMIT ?2)",
    "DELETE FROM deletion_received WHERE digest IN (
         SELECT digest FROM deletion_received WHERE at < ?1 LIMIT ?2)",
    "DELETE FROM recall_debt WHERE number IN (
         SELECT number FROM recall_debt
         WHERE (reachable = 0 OR acknowledged >= ids) AND COALESCE(acknowledged_at, since) < ?1
         LIMIT ?2)",
    // Whoever is owed nothing any more; no time is kept of them.
    "DELETE FROM recall_person WHERE ?1 IS NOT NULL AND (kind, hash) IN (
         SELECT kind, hash FROM recall_person
         WHERE person NOT IN (SELECT person FROM recall_debt) LIMIT ?2)",
];

#[cfg(test)]
mod tests {
    use super::TAKE;
    use crate::Sqlite;
    use sqlx::{AssertSqlSafe, Row as _};

    #[tokio::test]
    async fn a_message_reads_the_first_that_wait_and_sorts_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {TAKE}")))
            .bind([0_u8; 16].as_slice())
            .bind("north")
            .bind(0)
            .bind(500)
            .fetch_all(store.readers())
            .await
            .unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        let finds = |index: &str, by: &str| {
            plan.iter().any(|step| {
                step.starts_with("SEARCH") && step.contains(index) && step.ends_with(by)
            })
        };
        assert!(finds("recall_item_by_place", "(partnership=? AND kind=?)"), "{plan:?}");
        assert!(
            finds("recall_item_waiting", "(partnership=? AND kind=? AND disclosure=?)"),
            "{plan:?}"
        );
        let reads_all = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
        assert!(!plan.iter().any(reads_all), "{plan:?}");
    }
}
