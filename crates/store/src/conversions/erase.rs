//! Erasing a person: touches, and conversions of the devices on which they were.

use super::{
    aside::{self, Gone},
    failed, integer, natural,
    touches::PERSON,
};
use crate::StoreError;
use sluicegate_gate::time::UnixMillis;
use sluicegate_measurement::{
    Position,
    lookup::{Alias, ConversionsError, Erased, Erasure, Whose},
};
use sqlx::{QueryBuilder, SqliteConnection, SqlitePool};
use std::collections::BTreeSet;

pub(super) async fn person(
    connection: &mut SqliteConnection,
    erasure: Erasure,
) -> Result<Erased, StoreError> {
    let Erasure { people, aliases, until, left_out, at } = erasure;
    let mut positions = BTreeSet::new();
    let mut conversions = 0;
    for whose in &people {
        let claimed = sqlx::query(
            "DELETE FROM conversion WHERE id IN
                 (SELECT conversion FROM conversion_person WHERE person = ?1)",
        );
        conversions +=
            claimed.bind(whose.0.to_vec()).execute(&mut *connection).await?.rows_affected();
        let of_person: Vec<i64> =
            sqlx::query_scalar("SELECT position FROM touch_key WHERE key = ?1 AND class = ?2")
                .bind(whose.0.to_vec())
                .bind(PERSON)
                .fetch_all(&mut *connection)
                .await?;
        positions.extend(of_person);
        sqlx::query(
            "INSERT INTO touch_erasing (person, until) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
        )
        .bind(whose.0.to_vec())
        .bind(integer(until.0))
        .execute(&mut *connection)
        .await?;
    }
    let positions: Vec<i64> = positions.into_iter().collect();
    let mut aliases: BTreeSet<[u8; 16]> = aliases.into_iter().map(|Alias(alias)| alias).collect();
    let mut touches = 0;
    for some in positions.chunks(ROWS_MAX) {
        aliases.extend(aliases_of(connection, some).await?);
        touches += delete(connection, "DELETE FROM touch WHERE position IN", some).await?;
    }
    let gone = Gone { people: &people, aliases: &aliases, left_out: &left_out };
    conversions += aside::erase(connection, &gone).await?;
    let aliases: Vec<Vec<u8>> = aliases.iter().map(|alias| alias.to_vec()).collect();
    for some in aliases.chunks(ROWS_MAX) {
        conversions += delete(connection, "DELETE FROM conversion WHERE alias IN", some).await?;
    }
    for (person, instead) in left_out {
        sqlx::query("UPDATE OR REPLACE report_left_out SET person = ?2 WHERE person = ?1")
            .bind(person.to_vec())
            .bind(instead.to_vec())
            .execute(&mut *connection)
            .await?;
    }
    let until = note_gone(connection, &people, at).await?;
    Ok(Erased { touches, conversions, until })
}

/// Notes until when exposures of these people are nobody's.
async fn note_gone(
    connection: &mut SqliteConnection,
    people: &[Whose],
    at: UnixMillis,
) -> Result<UnixMillis, StoreError> {
    // Why: a clock that was set back says less than what is known.
    let accepted: Option<i64> = sqlx::query_scalar("SELECT max(accepted_at) FROM exposure_ids")
        .fetch_one(&mut *connection)
        .await?;
    let mut until = accepted.unwrap_or(at.0).max(at.0);
    for Whose(person) in people {
        let before: Option<i64> =
            sqlx::query_scalar("SELECT until FROM person_gone WHERE person = ?1")
                .bind(person.to_vec())
                .fetch_optional(&mut *connection)
                .await?;
        until = before.unwrap_or(until).max(until);
    }
    for Whose(person) in people {
        sqlx::query(
            "INSERT OR REPLACE INTO person_gone (person, until, noted)
                 SELECT ?1, ?2, ran FROM person_gone_clock",
        )
        .bind(person.to_vec())
        .bind(until)
        .execute(&mut *connection)
        .await?;
    }
    Ok(UnixMillis(until))
}

pub(super) async fn all_gone(
    readers: &SqlitePool,
) -> Result<Vec<(Whose, UnixMillis)>, ConversionsError> {
    let sql = "SELECT person, until FROM person_gone ORDER BY person";
    let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(sql).fetch_all(readers).await.map_err(failed)?;
    let gone = |(person, until)| Ok((whose(person)?, UnixMillis(until)));
    rows.into_iter().map(gone).collect()
}

fn whose(person: Vec<u8>) -> Result<Whose, ConversionsError> {
    let person = person.try_into();
    person.map(Whose).map_err(|_length| ConversionsError::Corrupt("who was erased"))
}

/// Returns by what touches are found by partners.
async fn aliases_of(
    connection: &mut SqliteConnection,
    positions: &[i64],
) -> Result<Vec<[u8; 16]>, StoreError> {
    let mut query = QueryBuilder::new("SELECT key FROM touch_key WHERE class <> ");
    query.push_bind(PERSON).push(" AND position IN (");
    let mut list = query.separated(", ");
    for position in positions {
        list.push_bind(*position);
    }
    query.push(")");
    let keys: Vec<Vec<u8>> = query.build_query_scalar().fetch_all(connection).await?;
    let alias = |key: Vec<u8>| {
        key.try_into().map_err(|_length| StoreError::Corrupt("the alias of a touch"))
    };
    keys.into_iter().map(alias).collect()
}

async fn delete<T>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    values: &[T],
) -> Result<u64, StoreError>
where
    T: Clone + Send + Sync + 'static,
    for<'q> T: sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    let mut query = QueryBuilder::new(statement);
    query.push(" (");
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value.clone());
    }
    query.push(")");
    Ok(query.build().execute(connection).await?.rows_affected())
}

pub(super) async fn waiting(
    readers: &SqlitePool,
) -> Result<Vec<(Whose, Position)>, ConversionsError> {
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT person, until FROM touch_erasing ORDER BY person")
            .fetch_all(readers)
            .await
            .map_err(failed)?;
    let waiting = |(person, until)| Ok((whose(person)?, Position(natural(until)?)));
    rows.into_iter().map(waiting).collect()
}

pub(super) async fn done(
    connection: &mut SqliteConnection,
    people: Vec<(Whose, Position)>,
) -> Result<(), StoreError> {
    for (whose, until) in people {
        sqlx::query("DELETE FROM touch_erasing WHERE person = ?1 AND until <= ?2")
            .bind(whose.0.to_vec())
            .bind(integer(until.0))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Rows named by one statement.
const ROWS_MAX: usize = 500;
