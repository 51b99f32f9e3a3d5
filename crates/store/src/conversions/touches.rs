//! The shelf of touches.

use super::{failed, integer, natural, report, unavailable};
use crate::{
    StoreError,
    many::{ask, insert},
};
use sluicegate_measurement::{
    Position, Touch,
    lookup::{Alias, ConversionsError, FoundTouch, NewTouch, Search, Shelving, Whose},
};
use sqlx::{SqliteConnection, SqlitePool};
use std::{cmp::Reverse, collections::BTreeMap};

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
    let sql = ("INSERT INTO touch (position, happened, sealed) ", "");
    insert(connection, sql, touches, |row, touch| {
        row.push_bind(integer(touch.position.0))
            .push_bind(touch.happened.0)
            .push_bind(touch.sealed.as_slice());
        Ok(())
    })
    .await?;
    let mut keys: Vec<([u8; 16], i64, i64, i64)> = touches.iter().flat_map(keys_of).collect();
    // Why: in the order of the table each of its pages is gone to once.
    keys.sort_unstable();
    keys.dedup();
    let sql = ("INSERT INTO touch_key (key, class, happened, position) ", "");
    insert(connection, sql, &keys, |row, (key, class, happened, position)| {
        row.push_bind(key.as_slice()).push_bind(*class).push_bind(*happened).push_bind(*position);
        Ok(())
    })
    .await
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
    let mut reader = readers.acquire().await.map_err(failed)?;
    let beyond = i64::try_from(touches_max).unwrap_or(i64::MAX).saturating_sub(1).max(0);
    let asked: Vec<(i64, &Search)> = (0..).zip(&searches).collect();
    let mut rows: Vec<(i64, i64, i64, Vec<u8>)> =
        ask(&mut reader, FIND, &asked, |row, (place, search)| {
            row.push_bind(*place)
                .push_bind(search.alias.0.to_vec())
                .push_bind(class(search.class))
                .push_bind(search.from.0)
                .push_bind(search.until.0)
                .push_bind(beyond);
            Ok(())
        })
        .await
        .map_err(unavailable)?;
    rows.sort_unstable_by_key(|(place, happened, position, _)| {
        (*place, Reverse((*happened, *position)))
    });
    let mut found: Vec<Vec<FoundTouch>> = Vec::new();
    found.resize_with(searches.len(), Vec::new);
    for (place, _, position, sealed) in rows {
        let of_search = usize::try_from(place).ok().and_then(|place| found.get_mut(place));
        let of_search = of_search.ok_or(ConversionsError::Corrupt("a search nobody made"))?;
        if of_search.len() < touches_max {
            of_search.push(FoundTouch { position: Position(natural(position)?), sealed });
        }
    }
    Ok(found)
}

/// The latest touches of each search: those that happened no earlier than the last of so many, and so a few more
/// where several happened at once.
const FIND: (&str, &str) = (
    "WITH asked (place, alias, class, earliest, latest, beyond) AS (",
    ") SELECT place, found.happened, found.position, touch.sealed FROM asked
     CROSS JOIN touch_key AS found ON found.key = alias AND found.class = asked.class
         AND found.happened <= latest AND found.happened >= coalesce(
             (SELECT happened FROM touch_key
              WHERE key = alias AND class = asked.class AND happened BETWEEN earliest AND latest
              ORDER BY happened DESC, position DESC
              LIMIT 1 OFFSET (SELECT beyond FROM asked LIMIT 1)),
             earliest)
     CROSS JOIN touch ON touch.position = found.position",
);

fn class(touch: Touch) -> i64 {
    match touch {
        Touch::Click => 0,
        Touch::EngagedView => 1,
        Touch::Impression => 2,
    }
}

/// The code of a person's key, where those of classes stand.
pub(super) const PERSON: i64 = 3;
