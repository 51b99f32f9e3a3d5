//! What became of conversions: claims, and who is left out.

use super::{
    body::{Body, By, Claims},
    left_out, recurring,
    waiting::{InTables, Unclaimed, Waiting},
};
use crate::{
    StoreError,
    many::{ask, insert},
};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{Alias, Claim, ConversionId, Recurring, Settled, Whose};
use sqlx::SqliteConnection;
use std::collections::HashSet;

/// Returns the conversions without a claim that do not wait, of which bodies have a claim: those that were reported
/// before.
pub(super) async fn unclaimed(
    connection: &mut SqliteConnection,
    waiting: &Waiting,
    bodies: impl Iterator<Item = &Body>,
) -> Result<InTables, StoreError> {
    let claimed = bodies.flat_map(Body::settled).filter(|one| one.claim.is_some());
    let claimed = claimed.map(|one| one.conversion).filter(|id| !waiting.has(*id));
    let claimed: Vec<ConversionId> = claimed.collect();
    let sql = (
        "WITH asked (id) AS (",
        ") SELECT conversion.id, is_install, happened, accepted_at, installation FROM asked
         CROSS JOIN conversion ON conversion.id = asked.id WHERE claim IS NULL",
    );
    let rows: Vec<Row> = ask(connection, sql, &claimed, |row, id| {
        row.push_bind(id.0.to_vec());
        Ok(())
    })
    .await?;
    let mut found = InTables::with_capacity(rows.len());
    for (id, is_install, happened, accepted_at, installation) in rows {
        let corrupt = |_length| StoreError::Corrupt("the app of a conversion");
        let installation = Alias(installation.try_into().map_err(corrupt)?);
        let (happened, accepted_at) = (UnixMillis(happened), UnixMillis(accepted_at));
        let one = Unclaimed { is_install, happened, accepted_at, installation };
        found.insert(conversion(id)?, one);
    }
    Ok(found)
}

/// Which conversion, whether it is an install, when it happened and came, and which app it is on whose device.
type Row = (Vec<u8>, bool, i64, i64, Vec<u8>);

fn conversion(id: Vec<u8>) -> Result<ConversionId, StoreError> {
    let id = id.try_into();
    id.map(ConversionId).map_err(|_length| StoreError::Corrupt("the id of a conversion"))
}

/// Writes what became of conversions into the tables.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    By { partnership, at }: By,
    are_counted: Claims,
    mut settled: Vec<Settled>,
) -> Result<(), StoreError> {
    left_out::keep(connection, &settled).await?;
    let rejections =
        settled.iter_mut().filter_map(|one| Some((one.conversion, one.rejections.take()?)));
    let mut counted: Vec<(ConversionId, Recurring)> = rejections.collect();
    recurring::retain_kept(connection, &mut counted).await?;
    let claims = claims_of(settled);
    let new = claim(connection, &claims).await?;
    let claims: Vec<(ConversionId, Claim)> =
        claims.into_iter().filter(|(conversion, _)| new.contains(conversion)).collect();
    link(connection, &claims).await?;
    match are_counted {
        Claims::Counted => {}
        Claims::Uncounted => count_claims(connection, &partnership, at, claims.len()).await?,
    }
    counted.extend(claims.into_iter().map(|(conversion, claim)| (conversion, claim.recurring)));
    recurring::count(connection, counted).await
}

/// Returns the first claim of each conversion.
fn claims_of(settled: Vec<Settled>) -> Vec<(ConversionId, Claim)> {
    let mut seen = HashSet::new();
    let claims = settled.into_iter().filter_map(|one| Some((one.conversion, one.claim?)));
    claims.filter(|(conversion, _)| seen.insert(*conversion)).collect()
}

/// Writes claims and returns which conversions had none before.
async fn claim(
    connection: &mut SqliteConnection,
    claims: &[(ConversionId, Claim)],
) -> Result<HashSet<ConversionId>, StoreError> {
    let sql = (
        "WITH new (id, claim, advertiser, day, line, sealed) AS (",
        ") UPDATE conversion SET claim = new.claim, claim_advertiser = new.advertiser,
             claim_day = new.day, claim_line = new.line, claim_sealed = new.sealed
         FROM new WHERE conversion.id = new.id AND conversion.claim IS NULL RETURNING id",
    );
    let new: Vec<(Vec<u8>,)> = ask(connection, sql, claims, |row, (conversion, claim)| {
        row.push_bind(conversion.0.to_vec())
            .push_bind(claim.token.0.to_vec())
            .push_bind(claim.advertiser.as_str())
            .push_bind(claim.day.0)
            .push_bind(claim.line.as_str())
            .push_bind(claim.sealed.as_slice());
        Ok(())
    })
    .await?;
    new.into_iter().map(|(id,)| conversion(id)).collect()
}

async fn link(
    connection: &mut SqliteConnection,
    claims: &[(ConversionId, Claim)],
) -> Result<(), StoreError> {
    let links = claims.iter().flat_map(|(conversion, claim)| {
        claim.installations.iter().map(move |installation| (*installation, *conversion))
    });
    let links: Vec<(Alias, ConversionId)> = links.collect();
    let sql = ("INSERT OR IGNORE INTO conversion_link (installation, conversion) ", "");
    insert(connection, sql, &links, |row, (installation, conversion)| {
        row.push_bind(installation.0.to_vec()).push_bind(conversion.0.to_vec());
        Ok(())
    })
    .await?;
    let people = claims.iter().flat_map(|(conversion, claim)| {
        claim.people.iter().map(move |whose| (*whose, *conversion))
    });
    let people: Vec<(Whose, ConversionId)> = people.collect();
    let sql = ("INSERT OR IGNORE INTO conversion_person (person, conversion) ", "");
    insert(connection, sql, &people, |row, (person, conversion)| {
        row.push_bind(person.0.to_vec()).push_bind(conversion.0.to_vec());
        Ok(())
    })
    .await
}

async fn count_claims(
    connection: &mut SqliteConnection,
    partnership: &PartnershipId,
    at: UnixMillis,
    claims: usize,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO conversion_asking (day, partnership, asked, claimed, capped)
         SELECT ?1, ?2, 0, ?3, 0 WHERE ?3 > 0
         ON CONFLICT DO UPDATE SET claimed = claimed + excluded.claimed",
    )
    .bind(Day::of(at).0)
    .bind(partnership.as_str())
    .bind(i64::try_from(claims).unwrap_or(i64::MAX))
    .execute(&mut *connection)
    .await?;
    Ok(())
}
