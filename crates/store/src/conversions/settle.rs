//! Claims: what was told of conversions, and how it ended.

use super::{
    body::{Body, What},
    failed, report,
    waiting::Waiting,
};
use crate::{
    StoreError,
    many::{ask, insert},
};
use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{
    Alias, Claim, ClaimToken, ConversionId, ConversionsError, Count, FoundClaim, Noted, Outcome,
    Settled, Whose,
};
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::{HashMap, HashSet};

/// Returns when the installs happened of which bodies have the first claim and that do not wait: those that were
/// reported before.
pub(super) async fn installs(
    connection: &mut SqliteConnection,
    waiting: &Waiting,
    bodies: impl Iterator<Item = &Body>,
) -> Result<HashMap<ConversionId, UnixMillis>, StoreError> {
    let settled = bodies.flat_map(|body| match &body.what {
        What::Settled(settled) => settled.as_slice(),
        What::Entered(_) => &[],
    });
    let claimed = settled.filter(|one| one.claim.is_some());
    let claimed = claimed.map(|one| one.conversion).filter(|id| !waiting.has(*id));
    let claimed: Vec<ConversionId> = claimed.collect();
    let sql = (
        "WITH asked (id) AS (",
        ") SELECT conversion.id, happened FROM asked
         CROSS JOIN conversion ON conversion.id = asked.id WHERE is_install = 1 AND claim IS NULL",
    );
    let rows: Vec<(Vec<u8>, i64)> = ask(connection, sql, &claimed, |row, id| {
        row.push_bind(id.0.to_vec());
        Ok(())
    })
    .await?;
    let install = |(id, happened): (Vec<u8>, i64)| Ok((conversion(id)?, UnixMillis(happened)));
    rows.into_iter().map(install).collect()
}

fn conversion(id: Vec<u8>) -> Result<ConversionId, StoreError> {
    let id = id.try_into();
    id.map(ConversionId).map_err(|_length| StoreError::Corrupt("the id of a conversion"))
}

/// Writes what became of conversions into the tables.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    partnership: &PartnershipId,
    at: UnixMillis,
    settled: Vec<Settled>,
) -> Result<(), StoreError> {
    leave_out(connection, &settled).await?;
    let claims = claims_of(settled);
    let new = claim(connection, &claims).await?;
    let claims: Vec<(ConversionId, Claim)> =
        claims.into_iter().filter(|(conversion, _)| new.contains(conversion)).collect();
    link(connection, &claims).await?;
    count_claims(connection, partnership, at, claims.len()).await?;
    let counted = claims.into_iter().map(|(_, claim)| (claim.once, at, claim.counts)).collect();
    report::each_once(connection, counted).await
}

/// Returns the first claim of each conversion.
fn claims_of(settled: Vec<Settled>) -> Vec<(ConversionId, Claim)> {
    let mut seen = HashSet::new();
    let claims = settled.into_iter().filter_map(|one| Some((one.conversion, one.claim?)));
    claims.filter(|(conversion, _)| seen.insert(*conversion)).collect()
}

/// What was told once is counted already, and is not left out. A row is asked for each conversion, also of
/// those of whom nobody is.
async fn leave_out(
    connection: &mut SqliteConnection,
    settled: &[Settled],
) -> Result<(), StoreError> {
    let sql = (
        "WITH one (person, advertiser, month, day, counts_as, conversion) AS (",
        ") INSERT OR IGNORE INTO report_left_out (person, advertiser, month, day, counts_as)
         SELECT person, advertiser, month, day, counts_as FROM one
         WHERE NOT EXISTS
             (SELECT 1 FROM conversion WHERE id = one.conversion AND claim IS NOT NULL)
             AND person IS NOT NULL",
    );
    let told = settled.iter().filter(|one| one.claim.is_some());
    let told: HashSet<ConversionId> = told.map(|one| one.conversion).collect();
    insert(connection, sql, settled, |row, one| {
        let left_out = one.left_out.as_ref().filter(|_| !told.contains(&one.conversion));
        row.push_bind(left_out.map(|one| one.person.to_vec()))
            .push_bind(left_out.map(|one| one.advertiser.as_str()))
            .push_bind(left_out.map(|one| one.month.as_str()))
            .push_bind(left_out.map(|one| one.day.0))
            .push_bind(left_out.map(|one| one.counts_as.name()))
            .push_bind(one.conversion.0.to_vec());
        Ok(())
    })
    .await
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

pub(super) async fn claims(
    readers: &SqlitePool,
    installations: Vec<Alias>,
) -> Result<Vec<Option<FoundClaim>>, ConversionsError> {
    let corrupt = |_error| ConversionsError::Corrupt("the advertiser of a claim");
    let mut claims = Vec::with_capacity(installations.len());
    let mut reader = readers.acquire().await.map_err(failed)?;
    for installation in installations {
        let row: Option<(String, String, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT claim_advertiser, claim_line, claim_sealed, claim FROM (
                 SELECT * FROM conversion
                 WHERE installation = ?1 AND is_install = 1 AND claim IS NOT NULL
                 UNION ALL
                 SELECT conversion.* FROM conversion_link AS link
                 JOIN conversion ON conversion.id = link.conversion
                 WHERE link.installation = ?1 AND is_install = 1 AND claim IS NOT NULL)
             ORDER BY happened DESC, id DESC LIMIT 1",
        )
        .bind(installation.0.to_vec())
        .fetch_optional(&mut *reader)
        .await
        .map_err(failed)?;
        let claim = row.map(|(advertiser, line, sealed, token)| {
            let advertiser: AdvertiserId = advertiser.parse().map_err(corrupt)?;
            let token = token.try_into();
            let token = token.map_err(|_length| ConversionsError::Corrupt("a claim's name"))?;
            Ok(FoundClaim { advertiser, line, sealed, token: ClaimToken(token) })
        });
        claims.push(claim.transpose()?);
    }
    Ok(claims)
}

pub(super) async fn note(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    token: ClaimToken,
    outcome: Outcome,
) -> Result<Noted, StoreError> {
    let row: Option<(Option<String>, String, i64, String)> = sqlx::query_as(
        "SELECT outcome, claim_advertiser, claim_day, claim_line FROM conversion
         WHERE claim = ?1 AND partnership = ?2",
    )
    .bind(token.0.to_vec())
    .bind(partnership.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    let Some((kept, advertiser, day, line)) = row else { return Ok(Noted::Unknown) };
    let word = word(outcome);
    match kept {
        Some(kept) if kept == word => return Ok(Noted::Repeat),
        Some(_) => return Ok(Noted::Conflict),
        None => {}
    }
    sqlx::query("UPDATE conversion SET outcome = ?2 WHERE claim = ?1")
        .bind(token.0.to_vec())
        .bind(&word)
        .execute(&mut *connection)
        .await?;
    if let Outcome::Rejected(_) = outcome {
        let corrupt = |_error| StoreError::Corrupt("the advertiser of a claim");
        let advertiser = advertiser.parse().map_err(corrupt)?;
        let count = Count { advertiser, day: Day(day), line, measure: word, amount: 1 };
        report::add(connection, vec![count]).await?;
    }
    Ok(Noted::Kept)
}

fn word(outcome: Outcome) -> String {
    match outcome {
        Outcome::Won => String::from("won"),
        Outcome::Lost => String::from("lost"),
        Outcome::Rejected(reason) => format!("rejected:{}", reason.name()),
    }
}
