//! Claims as they are found again, and how they ended.

use super::{body::Body, failed, report, unavailable, waiting::WaitingClaim};
use crate::{Sqlite, StoreError, many::ask};
use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    RejectReason,
    lookup::{
        AppUse, ClaimToken, ConversionId, ConversionsError, Count, FoundClaim, Noted, Outcome,
        ToldElsewhere, day_of_said,
    },
};
use sqlx::{FromRow, SqliteConnection, SqlitePool, sqlite::SqliteRow};
use std::collections::BTreeSet;

/// The latest install with a claim that happened no later than what is asked about.
const FIND: (&str, &str) = (
    "WITH asked (place, installation, at) AS (",
    ") SELECT place, id, claim_advertiser, claim_line, claim_sealed, claim, happened, accepted_at,
         outcome
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

/// The latest install without a claim that happened no later than what is asked about.
const UNCLAIMED: (&str, &str) = (
    "WITH asked (place, installation, at) AS (",
    ") SELECT place, (
         SELECT happened FROM conversion
         WHERE installation = asked.installation AND is_install = 1 AND claim IS NULL
             AND happened <= asked.at
         ORDER BY happened DESC LIMIT 1)
     FROM asked",
);

/// Which question, and which install; advertiser, line and exposure; the claim's name; when it happened and came; its
/// outcome.
type Row = (i64, Vec<u8>, String, String, Vec<u8>, Vec<u8>, i64, i64, Option<String>);

/// When an install happened, and which it is.
type Install = (UnixMillis, ConversionId);

/// Returns the claim of the latest install of each, in the tables or waiting for them.
pub(super) async fn find(
    store: &Sqlite,
    uses: &[AppUse],
) -> Result<Vec<Option<FoundClaim>>, ConversionsError> {
    let (claims, unclaimed): (Vec<_>, Vec<_>) = store.waiting.claims(uses).into_iter().unzip();
    let waiting = read_waiting(store, &claims).await?;
    let found = in_tables(store.readers(), uses).await?;
    let unclaimed = all_unclaimed(store.readers(), uses, unclaimed).await?;
    let latest = |((kept, waiting), unclaimed): (_, Option<UnixMillis>)| {
        let (_, claim): (Install, FoundClaim) = latest(kept, waiting)?;
        Some(FoundClaim { unclaimed: unclaimed.filter(|at| *at > claim.happened), ..claim })
    };
    Ok(found.into_iter().zip(waiting).zip(unclaimed).map(latest).collect())
}

/// The same, as far as it is in memory: no more is read if something waits.
pub(super) async fn find_elsewhere(
    store: &Sqlite,
    uses: &[AppUse],
) -> Result<Vec<Option<ToldElsewhere>>, ConversionsError> {
    let (claims, unclaimed): (Vec<_>, Vec<_>) = store.waiting.claims(uses).into_iter().unzip();
    let told = |claim: WaitingClaim| {
        let (happened, _) = claim.install;
        let accepted_at = claim.accepted_at;
        (claim.install, ToldElsewhere { happened, accepted_at, outcome: None, unclaimed: None })
    };
    let waiting = claims.into_iter().map(|claim| claim.map(told));
    let found = in_tables(store.readers(), uses).await?.into_iter();
    let kept = found.map(|one| one.map(|(install, claim)| (install, claim.into())));
    let unclaimed = all_unclaimed(store.readers(), uses, unclaimed).await?;
    let latest = |((kept, waiting), unclaimed): (_, Option<UnixMillis>)| {
        let (_, told): (Install, ToldElsewhere) = latest(kept, waiting)?;
        Some(ToldElsewhere { unclaimed: unclaimed.filter(|at| *at > told.happened), ..told })
    };
    Ok(kept.zip(waiting).zip(unclaimed).map(latest).collect())
}

/// Returns when the latest install without a claim happened, of those in the tables and those that wait. One whose claim
/// waits may be among them; then the latest claim is of no earlier one.
async fn all_unclaimed(
    readers: &SqlitePool,
    uses: &[AppUse],
    waiting: Vec<Option<UnixMillis>>,
) -> Result<Vec<Option<UnixMillis>>, ConversionsError> {
    let mut reader = readers.acquire().await.map_err(failed)?;
    let rows: Vec<(i64, Option<i64>)> = ask_of_each(&mut reader, UNCLAIMED, uses).await?;
    let mut all = waiting;
    for (place, happened) in rows {
        let of_use = usize::try_from(place).ok().and_then(|place| all.get_mut(place));
        let of_use = of_use.ok_or(ConversionsError::Corrupt("an install nobody asked for"))?;
        *of_use = (*of_use).max(happened.map(UnixMillis));
    }
    Ok(all)
}

/// Returns the later of two. What is in both places is as the tables have it: an outcome does not wait.
fn latest<T>(kept: Option<(Install, T)>, waiting: Option<(Install, T)>) -> Option<(Install, T)> {
    match (kept, waiting) {
        (Some(kept), Some(waiting)) if waiting.0 > kept.0 => Some(waiting),
        (kept, waiting) => kept.or(waiting),
    }
}

/// Reads claims that wait. What is not there any more is in the tables by now.
async fn read_waiting(
    store: &Sqlite,
    claims: &[Option<WaitingClaim>],
) -> Result<Vec<Option<(Install, FoundClaim)>>, ConversionsError> {
    let mut found = Vec::new();
    found.resize_with(claims.len(), || None);
    let numbers: BTreeSet<i64> = claims.iter().flatten().map(|claim| claim.number).collect();
    // One body at a time: together they may be many MB.
    for number in numbers {
        let sql = "SELECT body FROM conversion_waiting WHERE number = ?1";
        let body = sqlx::query_scalar(sql).bind(number).fetch_optional(store.readers()).await;
        let Some(blob): Option<Vec<u8>> = body.map_err(failed)? else { continue };
        // What does not read back is set aside once it is moved: its claims are nowhere.
        let Ok(body) = Body::read(&blob) else { continue };
        for (found, claim) in found.iter_mut().zip(claims) {
            let here = claim.filter(|claim| claim.number == number);
            *found = found.take().or_else(|| read_claim(&body, here?));
        }
    }
    Ok(found)
}

fn read_claim(body: &Body, waiting: WaitingClaim) -> Option<(Install, FoundClaim)> {
    let (happened, id) = waiting.install;
    let mut settled = body.settled().iter().filter(|one| one.conversion == id);
    let claim = settled.find_map(|one| one.claim.as_ref())?;
    let found = FoundClaim {
        happened,
        accepted_at: waiting.accepted_at,
        outcome: None,
        advertiser: claim.advertiser.clone(),
        line: claim.line.clone(),
        sealed: claim.sealed.clone(),
        token: claim.token,
        unclaimed: None,
    };
    Some((waiting.install, found))
}

async fn in_tables(
    readers: &SqlitePool,
    uses: &[AppUse],
) -> Result<Vec<Option<(Install, FoundClaim)>>, ConversionsError> {
    let mut reader = readers.acquire().await.map_err(failed)?;
    let rows: Vec<Row> = ask_of_each(&mut reader, FIND, uses).await?;
    let mut claims = Vec::new();
    claims.resize_with(uses.len(), || None);
    for row in rows {
        let (place, install, claim) = found(row)?;
        let of_use = usize::try_from(place).ok().and_then(|place| claims.get_mut(place));
        *of_use.ok_or(ConversionsError::Corrupt("a claim nobody asked for"))? =
            Some((install, claim));
    }
    Ok(claims)
}

async fn ask_of_each<R>(
    reader: &mut SqliteConnection,
    sql: (&'static str, &'static str),
    uses: &[AppUse],
) -> Result<Vec<R>, ConversionsError>
where
    R: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let asked: Vec<(i64, &AppUse)> = (0..).zip(uses).collect();
    let rows = ask(reader, sql, &asked, |row, (place, asked)| {
        row.push_bind(*place).push_bind(asked.installation.0.to_vec()).push_bind(asked.at.0);
        Ok(())
    });
    rows.await.map_err(unavailable)
}

fn found(row: Row) -> Result<(i64, Install, FoundClaim), ConversionsError> {
    let (place, id, advertiser, line, sealed, token, happened, accepted_at, outcome) = row;
    let corrupt = ConversionsError::Corrupt;
    let id = id.try_into().map_err(|_length| corrupt("the id of a conversion"))?;
    let token = token.try_into().map_err(|_length| corrupt("a claim's name"))?;
    let outcome = outcome.map(|word| read(&word).ok_or(corrupt("the outcome of a claim")));
    let claim = FoundClaim {
        happened: UnixMillis(happened),
        accepted_at: UnixMillis(accepted_at),
        outcome: outcome.transpose()?,
        advertiser: advertiser
            .parse::<AdvertiserId>()
            .map_err(|_error| corrupt("the advertiser of a claim"))?,
        line,
        sealed,
        token: ClaimToken(token),
        unclaimed: None,
    };
    Ok((place, (claim.happened, ConversionId(id)), claim))
}

pub(super) async fn note(
    connection: &mut SqliteConnection,
    (partnership, at): (PartnershipId, UnixMillis),
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
        let day = day_of_said(Day(day), at);
        let count = Count { advertiser, day, line, measure: word, amount: 1 };
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
