//! Who is in totals only. A person is named by an account, a device and a browser, or by some of them: whoever is named
//! by a key of somebody who is counted already is the same, and the other keys are kept beside, so that each of them names
//! the person from then on.

use crate::{
    StoreError,
    many::{ask, insert},
};
use sluicegate_measurement::lookup::{ConversionId, LeftOut, PEOPLE_MAX, Settled};
use sqlx::SqliteConnection;
use std::collections::HashSet;

/// A key of somebody who is left out, if there is one, and the conversion.
type Asked = (i64, Option<[u8; 16]>, ConversionId);
/// A key that is new, and whether the person is counted by it.
type New<'s> = Option<([u8; 16], &'s LeftOut, bool)>;

/// What was told once is counted already, and is not left out. The same number of rows is asked for and written for
/// each conversion, also of those of whom nobody is.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    settled: &[Settled],
) -> Result<(), StoreError> {
    let Before { mut known, told } = before(connection, settled).await?;
    let mut new: Vec<New<'_>> = Vec::with_capacity(settled.len() * PEOPLE_MAX);
    for one in settled {
        let left_out = one.left_out.as_ref().filter(|_| !told.contains(&one.conversion));
        let people = left_out.into_iter().flat_map(LeftOut::named);
        let people: Vec<&[u8; 16]> = people.collect();
        let is_known = people.iter().any(|person| known.contains(*person));
        let rows = (0..PEOPLE_MAX).map(|number| {
            let (left_out, person) = (left_out?, **people.get(number)?);
            known.insert(person).then_some((person, left_out, number == 0 && !is_known))
        });
        new.extend(rows);
    }
    write(connection, &new).await
}

/// What is known of those who may be left out.
struct Before {
    /// Keys of people who are counted.
    known: HashSet<[u8; 16]>,
    /// Conversions of which a touch was told, before or with the same body.
    told: HashSet<ConversionId>,
}

async fn before(
    connection: &mut SqliteConnection,
    settled: &[Settled],
) -> Result<Before, StoreError> {
    let keys = settled.iter().flat_map(|one| {
        let people = one.left_out.iter().flat_map(LeftOut::named).copied().map(Some);
        let people = people.chain(std::iter::repeat(None)).take(PEOPLE_MAX);
        people.map(|person| (person, one.conversion))
    });
    let asked: Vec<Asked> =
        (0..).zip(keys).map(|(place, (person, conversion))| (place, person, conversion)).collect();
    let sql = (
        "WITH asked (place, person, conversion) AS (",
        ") SELECT place, EXISTS (SELECT 1 FROM report_left_out WHERE person = asked.person),
             EXISTS (SELECT 1 FROM conversion WHERE id = asked.conversion AND claim IS NOT NULL)
         FROM asked",
    );
    let rows: Vec<(i64, bool, bool)> = ask(connection, sql, &asked, |row, (place, person, of)| {
        row.push_bind(*place)
            .push_bind(person.map(|person| person.to_vec()))
            .push_bind(of.0.to_vec());
        Ok(())
    })
    .await?;
    let claims = settled.iter().filter(|one| one.claim.is_some());
    let mut told: HashSet<ConversionId> = claims.map(|one| one.conversion).collect();
    let mut known = HashSet::new();
    for (place, is_known, is_told) in rows {
        let asked = usize::try_from(place).ok().and_then(|place| asked.get(place));
        let (_, person, conversion) = asked.ok_or(StoreError::Corrupt("who is left out"))?;
        known.extend(person.filter(|_| is_known));
        told.extend(is_told.then_some(*conversion));
    }
    Ok(Before { known, told })
}

async fn write(connection: &mut SqliteConnection, new: &[New<'_>]) -> Result<(), StoreError> {
    let sql = (
        "WITH one (person, advertiser, month, day, counts_as, counts) AS (",
        ") INSERT OR IGNORE INTO report_left_out (person, advertiser, month, day, counts_as, counts)
         SELECT person, advertiser, month, day, counts_as, counts FROM one
         WHERE person IS NOT NULL",
    );
    insert(connection, sql, new, |row, new| {
        let one = new.as_ref().map(|(_, left_out, _)| left_out);
        row.push_bind(new.as_ref().map(|(person, ..)| person.to_vec()))
            .push_bind(one.map(|one| one.advertiser.as_str()))
            .push_bind(one.map(|one| one.month.as_str()))
            .push_bind(one.map(|one| one.day.0))
            .push_bind(one.map(|one| one.counts_as.name()))
            .push_bind(new.as_ref().map(|(_, _, counts)| *counts));
        Ok(())
    })
    .await
}
