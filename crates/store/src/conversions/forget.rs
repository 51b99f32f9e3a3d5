//! Forgetting what is too old, some of it at a time.

use crate::StoreError;
use sluicegate_gate::time::UnixMillis;
use sluicegate_measurement::lookup::{Left, Old};
use sqlx::SqliteConnection;
use std::time::Duration;

/// Returns for how long calls have seen time pass, with this one.
async fn ran(connection: &mut SqliteConnection, old: &Old) -> Result<i64, StoreError> {
    let last: Option<i64> =
        sqlx::query_scalar("SELECT at FROM person_gone_clock").fetch_one(&mut *connection).await?;
    let sql = "UPDATE person_gone_clock SET ran = ran + ?1, at = ?2 RETURNING ran";
    let passed = millis(old.passed(last.map(UnixMillis)));
    Ok(sqlx::query_scalar(sql).bind(passed).bind(old.now.0).fetch_one(connection).await?)
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Forgets what nobody can ask for any more, so much of each kind.
pub(super) async fn some(
    connection: &mut SqliteConnection,
    old: Old,
    rows_max: usize,
) -> Result<Left, StoreError> {
    sqlx::query("UPDATE conversion_set_aside SET seen_at = ?1 WHERE seen_at IS NULL")
        .bind(old.now.0)
        .execute(&mut *connection)
        .await?;
    let forgotten = [
        (
            "DELETE FROM touch WHERE position IN (SELECT position FROM touch
                 WHERE happened < ?1 ORDER BY happened, position LIMIT ?2)",
            old.touches.0,
        ),
        (
            "DELETE FROM conversion WHERE id IN (SELECT id FROM conversion
                 WHERE accepted_at < ?1 ORDER BY accepted_at, id LIMIT ?2)",
            old.conversions.0,
        ),
        (
            "DELETE FROM report_counted WHERE once IN (SELECT once FROM report_counted
                 WHERE at < ?1 ORDER BY at, once LIMIT ?2)",
            old.conversions.0,
        ),
        (
            "DELETE FROM report_left_out WHERE person IN (SELECT person FROM report_left_out
                 WHERE counts = 0 AND day < ?1 ORDER BY day, person LIMIT ?2)",
            old.left_out.0,
        ),
        // Why chance: the row goes on counting, and is nobody's.
        (
            "UPDATE report_left_out SET person = randomblob(16), named = 0
                 WHERE person IN (SELECT person FROM report_left_out
                     WHERE counts = 1 AND named = 1 AND day < ?1 ORDER BY day, person LIMIT ?2)",
            old.left_out.0,
        ),
        (
            "DELETE FROM conversion_set_aside WHERE id IN (SELECT id FROM conversion_set_aside
                 WHERE seen_at < ?1 ORDER BY id LIMIT ?2)",
            old.set_aside.0,
        ),
        (
            "DELETE FROM person_gone WHERE person IN (SELECT person FROM person_gone
                 WHERE until < ?1 AND noted < ?3 ORDER BY until, person LIMIT ?2)",
            old.erasures.0,
        ),
    ];
    let noted = ran(connection, &old).await?.saturating_sub(millis(old.remembered));
    let limit = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let mut left = Left::Nothing;
    for (statement, before) in forgotten {
        let gone = sqlx::query(statement).bind(before).bind(limit).bind(noted);
        let gone = gone.execute(&mut *connection).await?;
        if gone.rows_affected() >= u64::try_from(rows_max).unwrap_or(u64::MAX) {
            left = Left::More;
        }
    }
    Ok(left)
}
