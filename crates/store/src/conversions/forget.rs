//! Forgetting what is too old, some of it at a time.

use crate::StoreError;
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{Left, Old};
use sqlx::SqliteConnection;

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
            Day::of(old.conversions).0,
        ),
        (
            "DELETE FROM conversion_set_aside WHERE id IN (SELECT id FROM conversion_set_aside
                 WHERE seen_at < ?1 ORDER BY id LIMIT ?2)",
            old.set_aside.0,
        ),
        (
            "DELETE FROM person_gone WHERE person IN (SELECT person FROM person_gone
                 WHERE until < ?1 ORDER BY until, person LIMIT ?2)",
            old.erasures.0,
        ),
    ];
    let limit = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let mut left = Left::Nothing;
    for (statement, before) in forgotten {
        let gone =
            sqlx::query(statement).bind(before).bind(limit).execute(&mut *connection).await?;
        if gone.rows_affected() >= u64::try_from(rows_max).unwrap_or(u64::MAX) {
            left = Left::More;
        }
    }
    Ok(left)
}
