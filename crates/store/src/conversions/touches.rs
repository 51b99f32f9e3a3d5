//! The shelf of touches.

use super::{failed, integer, natural, report};
use crate::StoreError;
use sluicegate_measurement::{
    Position, Touch,
    lookup::{Alias, ConversionsError, FoundTouch, NewTouch, Search, Shelving, Whose},
};
use sqlx::{QueryBuilder, SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

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
    let mut touches = shelving.touches;
    let erasing = erasing(connection).await?;
    if !erasing.is_empty() {
        touches.retain(|touch| !is_erased(touch, &erasing));
    }
    put(connection, &touches).await?;
    report::add(connection, shelving.counts).await?;
    sqlx::query("UPDATE touch_shelf SET next_event = ?1")
        .bind(integer(shelving.until.0))
        .execute(&mut *connection)
        .await?;
    Ok(shelving.until)
}

/// Returns who was erased while the journal still has something of them.
async fn erasing(connection: &mut SqliteConnection) -> Result<BTreeMap<Vec<u8>, i64>, StoreError> {
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT person, until FROM touch_erasing").fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

fn is_erased(touch: &NewTouch, erasing: &BTreeMap<Vec<u8>, i64>) -> bool {
    let until = touch.people.iter().filter_map(|Whose(person)| erasing.get(person.as_slice()));
    until.max().is_some_and(|until| integer(touch.position.0) < *until)
}

/// Puts touches on the shelf, many rows with each statement.
async fn put(connection: &mut SqliteConnection, touches: &[NewTouch]) -> Result<(), StoreError> {
    for some in touches.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::new("INSERT INTO touch (position, happened, sealed) ");
        query.push_values(some, |mut row, touch| {
            row.push_bind(integer(touch.position.0));
            row.push_bind(touch.happened.0);
            row.push_bind(touch.sealed.as_slice());
        });
        query.build().execute(&mut *connection).await?;
    }
    let mut keys: Vec<([u8; 16], i64, i64, i64)> = touches.iter().flat_map(keys_of).collect();
    // Why: in the order of the table each of its pages is gone to once.
    keys.sort_unstable();
    keys.dedup();
    for some in keys.chunks(ROWS_MAX) {
        let mut query =
            QueryBuilder::new("INSERT INTO touch_key (key, class, happened, position) ");
        query.push_values(some, |mut row, (key, class, happened, position)| {
            row.push_bind(key.as_slice()).push_bind(class).push_bind(happened).push_bind(position);
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

fn keys_of(touch: &NewTouch) -> impl Iterator<Item = ([u8; 16], i64, i64, i64)> {
    let (happened, position) = (touch.happened.0, integer(touch.position.0));
    let class = class(touch.class);
    let aliases = touch.aliases.iter().map(move |Alias(key)| (*key, class));
    let people = touch.people.iter().map(|Whose(key)| (*key, PERSON));
    aliases.chain(people).map(move |(key, class)| (key, class, happened, position))
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
            "SELECT touch.position, touch.sealed FROM touch_key AS found
             JOIN touch ON touch.position = found.position
             WHERE found.key = ?1 AND found.class = ?2 AND found.happened BETWEEN ?3 AND ?4
             ORDER BY found.happened DESC, found.position DESC LIMIT ?5",
        )
        .bind(search.alias.0.as_slice())
        .bind(class(search.class))
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

fn class(touch: Touch) -> i64 {
    match touch {
        Touch::Click => 0,
        Touch::EngagedView => 1,
        Touch::Impression => 2,
    }
}

/// The code of a person's key, where those of classes stand.
pub(super) const PERSON: i64 = 3;
/// Rows written by one statement.
const ROWS_MAX: usize = 500;
