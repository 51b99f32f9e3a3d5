//! Claims as they are found again, and how they ended.

use super::{failed, report, unavailable};
use crate::{StoreError, many::ask};
use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    RejectReason,
    lookup::{AppUse, ClaimToken, ConversionsError, Count, FoundClaim, Noted, Outcome},
};
use sqlx::{SqliteConnection, SqlitePool};

/// The latest install with a claim that happened no later than what is asked about.
const FIND: (&str, &str) = (
    "WITH asked (place, installation, at) AS (",
    ") SELECT place, claim_advertiser, claim_line, claim_sealed, claim, happened, accepted_at, outcome
     FROM asked CROSS JOIN conversion ON conversion.id = (
         SELECT id FROM (
             SELECT id, happened FROM conversion
             WHERE installation = asked.installation AND is_install = 1 AND claim IS NOT NULL
                 AND happened <= asked.at
             UNION ALL
             SELECT install.id, install.happened FROM conversion_link AS link
             JOIN conversion AS install ON install.id = link.conversion
             WHERE link.installation = asked.installation AND install.is_install = 1
                 AND install.claim IS NOT NULL AND install.happened <= asked.at)
         ORDER BY happened DESC, id DESC LIMIT 1)",
);

/// Which question; advertiser, line and exposure; the claim's name; when it happened and came; its outcome.
type Row = (i64, String, String, Vec<u8>, Vec<u8>, i64, i64, Option<String>);

pub(super) async fn find(
    readers: &SqlitePool,
    uses: Vec<AppUse>,
) -> Result<Vec<Option<FoundClaim>>, ConversionsError> {
    let mut reader = readers.acquire().await.map_err(failed)?;
    let asked: Vec<(i64, &AppUse)> = (0..).zip(&uses).collect();
    let rows: Vec<Row> = ask(&mut reader, FIND, &asked, |row, (place, asked)| {
        row.push_bind(*place).push_bind(asked.installation.0.to_vec()).push_bind(asked.at.0);
        Ok(())
    })
    .await
    .map_err(unavailable)?;
    let mut claims = Vec::new();
    claims.resize_with(uses.len(), || None);
    for (place, advertiser, line, sealed, token, happened, accepted_at, outcome) in rows {
        let corrupt = ConversionsError::Corrupt;
        let of_use = usize::try_from(place).ok().and_then(|place| claims.get_mut(place));
        let token = token.try_into().map_err(|_length| corrupt("a claim's name"))?;
        let outcome = outcome.map(|word| read(&word).ok_or(corrupt("the outcome of a claim")));
        *of_use.ok_or(corrupt("a claim nobody asked for"))? = Some(FoundClaim {
            happened: UnixMillis(happened),
            accepted_at: UnixMillis(accepted_at),
            outcome: outcome.transpose()?,
            advertiser: advertiser
                .parse::<AdvertiserId>()
                .map_err(|_error| corrupt("the advertiser of a claim"))?,
            line,
            sealed,
            token: ClaimToken(token),
        });
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

fn read(word: &str) -> Option<Outcome> {
    match word {
        "won" => Some(Outcome::Won),
        "lost" => Some(Outcome::Lost),
        _ => {
            word.strip_prefix("rejected:").and_then(RejectReason::from_name).map(Outcome::Rejected)
        }
    }
}
