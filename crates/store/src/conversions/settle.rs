//! Claims: what was told of conversions, and how it ended.

use super::{failed, report};
use crate::StoreError;
use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{
    Alias, Claim, ClaimToken, ConversionId, ConversionsError, Count, FoundClaim, LeftOut, Noted,
    Outcome, Settled,
};
use sqlx::{SqliteConnection, SqlitePool};

pub(super) async fn all(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    at: UnixMillis,
    settled: Vec<Settled>,
) -> Result<(), StoreError> {
    for one in settled {
        // Why: the same statement runs for everyone who is told nothing.
        leave_out(connection, one.conversion, one.left_out).await?;
        if let Some(claim) = one.claim {
            let claimed = keep(connection, one.conversion, &claim).await?;
            if claimed {
                report::once(connection, claim.once, at, claim.counts).await?;
                count_claim(connection, &partnership, at).await?;
            }
        }
    }
    Ok(())
}

/// What was told once is counted already, and is not left out.
async fn leave_out(
    connection: &mut SqliteConnection,
    conversion: ConversionId,
    left_out: Option<LeftOut>,
) -> Result<(), StoreError> {
    let left_out = left_out.as_ref();
    sqlx::query(
        "INSERT OR IGNORE INTO report_left_out (person, advertiser, month, day, counts_as)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?1 IS NOT NULL AND NOT EXISTS
             (SELECT 1 FROM conversion WHERE id = ?6 AND claim IS NOT NULL)",
    )
    .bind(left_out.map(|one| one.person.to_vec()))
    .bind(left_out.map(|one| one.advertiser.as_str().to_owned()))
    .bind(left_out.map(|one| one.month.clone()))
    .bind(left_out.map(|one| one.day.0))
    .bind(left_out.map(|one| one.counts_as.name()))
    .bind(conversion.0.to_vec())
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// Returns whether the conversion had no claim before.
async fn keep(
    connection: &mut SqliteConnection,
    conversion: ConversionId,
    claim: &Claim,
) -> Result<bool, StoreError> {
    let kept = sqlx::query(
        "UPDATE conversion SET claim = ?2, claim_advertiser = ?3, claim_day = ?4, claim_line = ?5,
             claim_sealed = ?6
         WHERE id = ?1 AND claim IS NULL",
    )
    .bind(conversion.0.to_vec())
    .bind(claim.token.0.to_vec())
    .bind(claim.advertiser.as_str())
    .bind(claim.day.0)
    .bind(&claim.line)
    .bind(&claim.sealed)
    .execute(&mut *connection)
    .await?;
    if kept.rows_affected() != 1 {
        return Ok(false);
    }
    for installation in &claim.installations {
        sqlx::query(
            "INSERT OR IGNORE INTO conversion_link (installation, conversion) VALUES (?1, ?2)",
        )
        .bind(installation.0.to_vec())
        .bind(conversion.0.to_vec())
        .execute(&mut *connection)
        .await?;
    }
    Ok(true)
}

async fn count_claim(
    connection: &mut SqliteConnection,
    partnership: &PartnershipId,
    at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO conversion_asking (day, partnership, asked, claimed, capped)
         VALUES (?1, ?2, 0, 1, 0) ON CONFLICT DO UPDATE SET claimed = claimed + 1",
    )
    .bind(Day::of(at).0)
    .bind(partnership.as_str())
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
