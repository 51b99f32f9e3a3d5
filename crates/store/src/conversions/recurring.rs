//! Installs and returns of one device, and touches rejected of them: all reports of a series are held together, and one
//! counts of all that are one. A row goes with its conversion, and what was counted stays.

use super::{
    body::{read_counts, write_counts},
    report,
};
use crate::{
    StoreError,
    many::{ask, insert},
};
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::wire::{Reader, Writer};
use sluicegate_measurement::lookup::{
    ConversionId, CountKey, REPEAT_WITHIN, Recurring, Standing, Turn, stand,
};
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashSet};

/// Drops what is counted of conversions that nobody reported.
pub(super) async fn retain_kept(
    connection: &mut SqliteConnection,
    counted: &mut Vec<(ConversionId, Recurring)>,
) -> Result<(), StoreError> {
    let sql = (
        "WITH asked (id) AS (",
        ") SELECT conversion.id FROM asked CROSS JOIN conversion ON conversion.id = asked.id",
    );
    let kept: Vec<(Vec<u8>,)> = ask(connection, sql, counted, |row, (conversion, _)| {
        row.push_bind(conversion.0.to_vec());
        Ok(())
    })
    .await?;
    let kept: HashSet<Vec<u8>> = kept.into_iter().map(|(id,)| id).collect();
    counted.retain(|(conversion, _)| kept.contains(conversion.0.as_slice()));
    Ok(())
}

/// Adds reports to their series, and to reports what that changes. One that is known stays as it is.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    counted: Vec<(ConversionId, Recurring)>,
) -> Result<(), StoreError> {
    let known = known(connection, &counted).await?;
    let mut joined: BTreeMap<CountKey, Vec<Standing>> = BTreeMap::new();
    for (conversion, recurring) in counted {
        let (key, happened) = (recurring.series, recurring.happened);
        let is_it = |one: &Standing| (one.happened, one.conversion) == (happened, conversion);
        let known = known.get(&key).map(Vec::as_slice).unwrap_or_default();
        let new = joined.get(&key).map(Vec::as_slice).unwrap_or_default();
        if !known.iter().chain(new).any(is_it) {
            joined.entry(key).or_default().push(Standing::new(conversion, recurring));
        }
    }
    let (mut changes, mut changed) = (Vec::new(), Vec::new());
    for (key, new) in joined {
        let known = known.get(&key).map(Vec::as_slice).unwrap_or_default();
        let mut series = known.to_vec();
        changes.extend(stand(&mut series, new));
        let series = series.into_iter().filter(|one| !known.contains(one));
        changed.extend(series.map(|one| (key, one)));
    }
    write(connection, &changed).await?;
    report::change(connection, changes).await
}

/// Returns what is known of these series from twice [`REPEAT_WITHIN`] before the first of the new reports on, and one report
/// from before.
async fn known(
    connection: &mut SqliteConnection,
    counted: &[(ConversionId, Recurring)],
) -> Result<BTreeMap<CountKey, Vec<Standing>>, StoreError> {
    let mut keys: BTreeMap<CountKey, UnixMillis> = BTreeMap::new();
    for (_, one) in counted {
        let since = one.happened.minus(REPEAT_WITHIN * 2);
        keys.entry(one.series).and_modify(|first| *first = since.min(*first)).or_insert(since);
    }
    let keys: Vec<(CountKey, UnixMillis)> = keys.into_iter().collect();
    let sql = (
        "WITH asked (series, since) AS (",
        ") SELECT known.series, happened, conversion, turn, stands, counts FROM asked
         CROSS JOIN conversion_counted AS known ON known.series = asked.series
             AND happened >= coalesce((SELECT max(happened) FROM conversion_counted AS earlier
                 WHERE earlier.series = asked.series AND earlier.happened < since), since)",
    );
    let rows: Vec<Row> = ask(connection, sql, &keys, |row, (key, since)| {
        row.push_bind(key.0.to_vec()).push_bind(since.0);
        Ok(())
    })
    .await?;
    let mut known: BTreeMap<CountKey, Vec<Standing>> = BTreeMap::new();
    for row in rows {
        let corrupt = StoreError::Corrupt("what is counted of a conversion");
        let (key, standing) = read(row).ok_or(corrupt)?;
        known.entry(key).or_default().push(standing);
    }
    Ok(known)
}

/// Which series; when it happened, and of which conversion; whether it came after another, as what it stands, and what it
/// counts.
type Row = (Vec<u8>, i64, Vec<u8>, i64, Option<i64>, Vec<u8>);

fn read((series, happened, conversion, turn, stands, counts): Row) -> Option<(CountKey, Standing)> {
    let series = CountKey(series.try_into().ok()?);
    let stands = match stands {
        None => None,
        Some(code) => Some(turn_of(code)?),
    };
    let standing = Standing {
        happened: UnixMillis(happened),
        conversion: ConversionId(conversion.try_into().ok()?),
        turn: turn_of(turn)?,
        stands,
        counts: read_counts(&mut Reader::open(&counts).ok()?).ok()?,
    };
    Some((series, standing))
}

fn turn_of(code: i64) -> Option<Turn> {
    match code {
        0 => Some(Turn::First),
        1 => Some(Turn::Again),
        _ => None,
    }
}

fn code(turn: Turn) -> i64 {
    match turn {
        Turn::First => 0,
        Turn::Again => 1,
    }
}

async fn write(
    connection: &mut SqliteConnection,
    changed: &[(CountKey, Standing)],
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO conversion_counted (series, happened, conversion, turn, stands, counts) ",
        " ON CONFLICT DO UPDATE SET stands = excluded.stands",
    );
    insert(connection, sql, changed, |row, (series, one)| {
        let mut counts = Writer::new();
        write_counts(&mut counts, &one.counts);
        row.push_bind(series.0.to_vec())
            .push_bind(one.happened.0)
            .push_bind(one.conversion.0.to_vec())
            .push_bind(code(one.turn))
            .push_bind(one.stands.map(code))
            .push_bind(counts.finish());
        Ok(())
    })
    .await
}
