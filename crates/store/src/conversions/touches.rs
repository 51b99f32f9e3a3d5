//! The shelf of touches.

use super::{failed, integer, natural, report};
use crate::{StoreError, many::insert, packed::Packed, seekers::Seekers};
use sluicegate_measurement::{
    Position, Touch,
    lookup::{Alias, ConversionsError, Found, FoundTouch, NewTouch, Search, Shelving, Whose},
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
    seekers: &Seekers,
    searches: &[Search],
    of_class_max: usize,
) -> Result<Vec<Found>, ConversionsError> {
    if searches.is_empty() {
        return Ok(Vec::new());
    }
    let mut packed = Packed::default();
    for search in searches {
        packed.digest(&search.alias.0);
        packed.number(search.from.0);
        packed.number(search.until.0);
        packed.number(chance(&search.alias));
    }
    let mut seeker = seekers.get().await.map_err(failed)?;
    let mut rows: Vec<(i64, i64, i64, i64, Vec<u8>)> = sqlx::query_as(FIND)
        .bind(i64::try_from(searches.len()).unwrap_or(i64::MAX))
        .bind(packed.digests)
        .bind(packed.numbers)
        .bind(i64::try_from(of_class_max).unwrap_or(i64::MAX).max(1))
        .fetch_all(&mut *seeker)
        .await
        .map_err(failed)?;
    drop(seeker);
    rows.sort_unstable_by_key(|(place, class, happened, position, _)| {
        (*place, *class, Reverse((*happened, *position)))
    });
    let mut found: Vec<Found> = Vec::new();
    found.resize_with(searches.len(), Found::default);
    for of_class in rows.chunk_by_mut(|one, other| (one.0, one.1) == (other.0, other.1)) {
        for (place, class, _, position, sealed) in of_class.iter_mut().take(of_class_max) {
            let of_search = usize::try_from(*place).ok().and_then(|place| found.get_mut(place));
            let of_search = of_search.ok_or(ConversionsError::Corrupt("a search nobody made"))?;
            let (position, sealed) = (Position(natural(*position)?), std::mem::take(sealed));
            let touch = FoundTouch { position, sealed };
            if *class == INSTEAD {
                of_search.instead = Some(touch);
            } else {
                of_search.touches.push(touch);
            }
        }
    }
    for of_search in &mut found {
        of_search.touches.sort_unstable_by_key(|touch| touch.position);
    }
    Ok(found)
}

/// Returns where on the shelf it is looked for what comes instead, from 0 to 2^32: as far apart as touches of devices.
fn chance(Alias(alias): &Alias) -> i64 {
    let [a, b, c, d, ..] = alias;
    i64::from(u32::from_be_bytes([*a, *b, *c, *d]))
}

/// All touches of each search, one stretch of the index, where the device has few of them. Where it has as many as are
/// wanted of one class, of each class the latest so many, also where all of them happened at once. A limit that is a parameter alone would have the statement prepared anew each time.
/// Of a search that finds nothing another touch is read, so that as much is read.
const FIND: &str = "
    WITH RECURSIVE place (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?1),
    asked AS MATERIALIZED (
        SELECT n, substr(?2, 16 * n + 1, 16) AS alias,
            CAST(substr(?3, 60 * n + 1, 20) AS INTEGER) AS earliest,
            CAST(substr(?3, 60 * n + 21, 20) AS INTEGER) AS latest,
            CAST(substr(?3, 60 * n + 41, 20) AS INTEGER) AS chance,
            ?4 = (SELECT count(*) FROM (SELECT 1 FROM touch_key
                WHERE key = substr(?2, 16 * n + 1, 16) AND class < 3 LIMIT ?4 + 0)) AS are_many
        FROM place),
    shelf AS MATERIALIZED (
        SELECT (SELECT min(position) FROM touch) AS low, (SELECT max(position) FROM touch) AS high),
    every (class) AS (VALUES (0), (1), (2))
    SELECT n, class, found.happened, found.position, sealed FROM asked
    CROSS JOIN touch_key AS found ON key = alias AND class < 3
        AND found.happened BETWEEN earliest AND latest
    CROSS JOIN touch ON touch.position = found.position
    WHERE NOT are_many
    UNION ALL
    SELECT n, every.class, touch.happened, touch.position, sealed FROM asked
    CROSS JOIN every
    CROSS JOIN touch ON touch.position IN (
        SELECT position FROM touch_key
        WHERE key = alias AND class = every.class AND happened BETWEEN earliest AND latest
        ORDER BY happened DESC, position DESC LIMIT ?4 + 0)
    WHERE are_many
    UNION ALL
    SELECT n, 3, 0, another.position, sealed FROM asked
    CROSS JOIN shelf
    CROSS JOIN touch AS another ON another.position = (
        SELECT position FROM touch
        WHERE position >= low + CAST((high - low) / 4294967296.0 * chance AS INTEGER)
        ORDER BY position LIMIT 1)
    WHERE NOT EXISTS (SELECT 1 FROM touch_key
        WHERE key = alias AND class < 3 AND happened BETWEEN earliest AND latest)";

/// In the answer, where a class stands: it is no touch of the device.
const INSTEAD: i64 = 3;

fn class(touch: Touch) -> i64 {
    match touch {
        Touch::Click => 0,
        Touch::EngagedView => 1,
        Touch::Impression => 2,
    }
}

/// The code of a person's key, where those of classes stand.
pub(super) const PERSON: i64 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sqlite;
    use sluicegate_gate::time::UnixMillis;
    use sluicegate_measurement::lookup::Conversions as _;

    #[tokio::test]
    async fn of_many_that_happened_at_once_no_more_are_read_than_are_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let (alias, at) = (Alias([1; 16]), UnixMillis(1_000));
        let touch = |position| NewTouch {
            position: Position(position),
            happened: at,
            class: Touch::Click,
            aliases: vec![alias],
            people: Vec::new(),
            sealed: vec![7],
        };
        let touches = (0..50).map(touch).collect();
        let (from, until) = (Position(0), Position(50));
        store.shelve(Shelving { from, until, touches, counts: Vec::new() }).await.unwrap();
        let mut packed = Packed::default();
        packed.digest(&alias.0);
        for number in [0, i64::MAX, 0] {
            packed.number(number);
        }
        let read: Vec<(i64, i64, i64, i64, Vec<u8>)> = sqlx::query_as(FIND)
            .bind(1)
            .bind(packed.digests)
            .bind(packed.numbers)
            .bind(3)
            .fetch_all(store.readers())
            .await
            .unwrap();
        let mut read: Vec<i64> = read.iter().map(|(.., position, _)| *position).collect();
        read.sort_unstable();
        assert_eq!(read, [47, 48, 49]);
        store.close().await;
    }
}
