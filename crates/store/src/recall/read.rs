//! Reading what partners are owed.

use crate::{
    StoreError,
    ledger::{blob, kind_code},
};
use sluicegate_gate::{
    DisclosureId, KeyKind, PartnershipId, Revision, SubjectKey, time::UnixMillis,
};
use sluicegate_ledger::{IdentifierKind, RecallKind, Vouched};
use sluicegate_recall::{
    Aside, Cause, Deleting, Erasing, Figures, LONGEST_WAIT, Message, Stage, Standing, Waiting,
};
use sqlx::{Row, SqlitePool, sqlite::SqliteRow};
use std::{cmp::Reverse, collections::BTreeMap};

pub(super) async fn reached(readers: &SqlitePool) -> Result<Vec<Revision>, StoreError> {
    let rows = sqlx::query("SELECT shard, version FROM recall_reached ORDER BY shard")
        .fetch_all(readers)
        .await?;
    rows.iter().map(revision).collect()
}

fn revision(row: &SqliteRow) -> Result<Revision, StoreError> {
    let shard = u16::try_from(row.try_get::<i64, _>("shard")?)
        .map_err(|_range| StoreError::Corrupt("a shard out of range"))?;
    Ok(Revision { shard, version: count(row, "version")? })
}

pub(super) async fn set_aside(readers: &SqlitePool) -> Result<Vec<Aside>, StoreError> {
    let sql = "SELECT kind, hash, shard, version FROM recall_aside
               ORDER BY kind, hash, shard, version";
    let rows = sqlx::query(sql).fetch_all(readers).await?;
    rows.iter().map(|row| Ok(Aside { subject: subject(row)?, revision: revision(row)? })).collect()
}

pub(super) async fn waiting(readers: &SqlitePool) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query(
        "SELECT item.partnership, item.kind, COUNT(DISTINCT debt.person) AS people,
                COUNT(DISTINCT item.disclosure) AS ids, MIN(debt.since) AS oldest
         FROM recall_item AS item JOIN recall_debt AS debt ON debt.number = item.debt
         WHERE item.message IS NULL
         GROUP BY item.partnership, item.kind ORDER BY item.partnership, item.kind",
    )
    .fetch_all(readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Waiting {
                partnership: partnership(row)?,
                kind: recall_kind(row)?,
                people: count(row, "people")?,
                ids: count(row, "ids")?,
                oldest: UnixMillis(row.try_get("oldest")?),
            })
        })
        .collect()
}

pub(super) async fn open_messages(
    readers: &SqlitePool,
    of: PartnershipId,
) -> Result<Vec<Message>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, partnership, kind, made_at, failures, next_at, delivered_at, counts_from
         FROM recall_message WHERE acknowledged_at IS NULL AND partnership = ?
         ORDER BY made_at, id",
    )
    .bind(of.as_str())
    .fetch_all(readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Message {
                message: DisclosureId(number(row, "id")?),
                partnership: partnership(row)?,
                kind: recall_kind(row)?,
                made_at: UnixMillis(row.try_get("made_at")?),
                failures: small(row, "failures")?,
                next_at: UnixMillis(row.try_get("next_at")?),
                delivered_at: time(row, "delivered_at")?,
                counts_from: time(row, "counts_from")?,
            })
        })
        .collect()
}

pub(super) async fn disclosures(
    readers: &SqlitePool,
    message: DisclosureId,
) -> Result<Vec<Vouched>, StoreError> {
    let rows = sqlx::query(
        "SELECT partnership, disclosure, mark FROM recall_item WHERE message = ?
         GROUP BY partnership, disclosure, mark ORDER BY MIN(place), disclosure",
    )
    .bind(blob(message.0))
    .fetch_all(readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Vouched {
                partnership: partnership(row)?,
                disclosure: DisclosureId(number(row, "disclosure")?),
                mark: fixed(row, "mark")?,
            })
        })
        .collect()
}

pub(super) async fn standing(
    readers: &SqlitePool,
    subjects: Vec<SubjectKey>,
) -> Result<Vec<Standing>, StoreError> {
    let mut all = Vec::new();
    for subject in subjects {
        let rows = sqlx::query(
            "SELECT partnership, cause, since, ids, reachable, delivered, delivered_at,
                    acknowledged, acknowledged_at
             FROM recall_debt WHERE hash = ? AND kind = ?",
        )
        .bind(blob(subject.hash))
        .bind(kind_code(subject.kind))
        .fetch_all(readers)
        .await?;
        for row in &rows {
            all.push(one_standing(row, subject)?);
        }
    }
    all.sort_by(|one: &Standing, other: &Standing| {
        let first = (Reverse(one.since), &one.partnership, one.cause, one.subject);
        first.cmp(&(Reverse(other.since), &other.partnership, other.cause, other.subject))
    });
    Ok(all)
}

fn one_standing(row: &SqliteRow, subject: SubjectKey) -> Result<Standing, StoreError> {
    Ok(Standing {
        subject,
        partnership: partnership(row)?,
        cause: Cause::from_name(row.try_get("cause")?)
            .ok_or(StoreError::Corrupt("a cause of a recall"))?,
        since: UnixMillis(row.try_get("since")?),
        ids: count(row, "ids")?,
        reachable: row.try_get("reachable")?,
        delivered: count(row, "delivered")?,
        delivered_at: time(row, "delivered_at")?,
        acknowledged: count(row, "acknowledged")?,
        acknowledged_at: time(row, "acknowledged_at")?,
    })
}

/// One count of one partnership, as a statement of its own gives it.
type Counted = (&'static str, fn(&mut Figures, u64));

const COUNTS: [Counted; 6] = [
    (
        "SELECT partnership, COUNT(*) AS count FROM
           (SELECT DISTINCT partnership, kind, disclosure FROM recall_item WHERE message IS NULL)
         GROUP BY partnership",
        |figures, count| figures.waiting = count,
    ),
    (
        "SELECT partnership, SUM(CASE reachable WHEN 0 THEN ids ELSE 0 END) AS count
         FROM recall_debt GROUP BY partnership",
        |figures, count| figures.unreachable = count,
    ),
    (
        "SELECT partnership, COUNT(*) - COUNT(acknowledged_at) AS count
         FROM recall_message GROUP BY partnership",
        |figures, count| figures.open = count,
    ),
    (
        "SELECT partnership, COUNT(acknowledged_at) AS count
         FROM recall_message GROUP BY partnership",
        |figures, count| figures.acknowledged = count,
    ),
    (
        "SELECT partnership, COUNT(*) AS count FROM deletion_request GROUP BY partnership",
        |figures, count| figures.deleting = count,
    ),
    (
        "SELECT partnership, COUNT(*) AS count FROM deletion_acknowledgement GROUP BY partnership",
        |figures, count| figures.deleted = count,
    ),
];

pub(super) async fn figures(readers: &SqlitePool) -> Result<Vec<Figures>, StoreError> {
    let mut moment = readers.begin().await?;
    let mut all: BTreeMap<PartnershipId, Figures> = BTreeMap::new();
    for (sql, set) in COUNTS {
        for row in sqlx::query(sql).fetch_all(&mut *moment).await? {
            set(of(&mut all, partnership(&row)?), count(&row, "count")?);
        }
    }
    let oldest = "SELECT partnership, MIN(made_at) AS at FROM recall_message
                  WHERE acknowledged_at IS NULL GROUP BY partnership";
    for row in sqlx::query(oldest).fetch_all(&mut *moment).await? {
        of(&mut all, partnership(&row)?).oldest = time(&row, "at")?;
    }
    for row in
        sqlx::query("SELECT partnership, at FROM recall_lapse").fetch_all(&mut *moment).await?
    {
        of(&mut all, partnership(&row)?).lapsed_at = time(&row, "at")?;
    }
    moment.commit().await?;
    Ok(all.into_values().collect())
}

fn of(all: &mut BTreeMap<PartnershipId, Figures>, partnership: PartnershipId) -> &mut Figures {
    all.entry(partnership.clone()).or_insert_with(|| Figures::of(partnership))
}

pub(super) async fn lapsed(readers: &SqlitePool) -> Result<Vec<PartnershipId>, StoreError> {
    let rows = sqlx::query("SELECT partnership FROM recall_lapse ORDER BY partnership")
        .fetch_all(readers)
        .await?;
    rows.iter().map(partnership).collect()
}

pub(super) async fn erasing(readers: &SqlitePool) -> Result<Vec<Erasing>, StoreError> {
    let rows = sqlx::query("SELECT kind, hash, at, stage, id FROM erasure ORDER BY at, kind, hash")
        .fetch_all(readers)
        .await?;
    rows.iter().map(one_erasing).collect()
}

pub(super) async fn erasing_of(
    readers: &SqlitePool,
    subject: SubjectKey,
) -> Result<Option<Erasing>, StoreError> {
    let sql = "SELECT kind, hash, at, stage, id FROM erasure WHERE kind = ? AND hash = ?";
    let row = sqlx::query(sql)
        .bind(kind_code(subject.kind))
        .bind(blob(subject.hash))
        .fetch_optional(readers)
        .await?;
    row.as_ref().map(one_erasing).transpose()
}

fn one_erasing(row: &SqliteRow) -> Result<Erasing, StoreError> {
    let stage = match row.try_get::<i64, _>("stage")? {
        0 => Stage::Accepted,
        1 => Stage::Owed,
        2 => Stage::Begun,
        _ => return Err(StoreError::Corrupt("a stage of an erasure")),
    };
    let (at, id) = (UnixMillis(row.try_get("at")?), row.try_get("id")?);
    Ok(Erasing { subject: subject(row)?, at, stage, id })
}

fn subject(row: &SqliteRow) -> Result<SubjectKey, StoreError> {
    let kind = match row.try_get::<i64, _>("kind")? {
        0 => KeyKind::Account,
        1 => KeyKind::Device,
        2 => KeyKind::Browser,
        _ => return Err(StoreError::Corrupt("a kind of key")),
    };
    Ok(SubjectKey { kind, hash: number(row, "hash")? })
}

pub(super) async fn asked_to_delete(
    readers: &SqlitePool,
) -> Result<Vec<PartnershipId>, StoreError> {
    let sql = "SELECT DISTINCT partnership FROM deletion_request ORDER BY partnership";
    sqlx::query(sql).fetch_all(readers).await?.iter().map(partnership).collect()
}

pub(super) async fn due_deletions(
    readers: &SqlitePool,
    of: PartnershipId,
    now: UnixMillis,
    max: usize,
) -> Result<Vec<Deleting>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, partnership, identifier, sealed, mark, made_at, failures, next_at,
                COALESCE(counts_from, made_at) AS counts_from
         FROM deletion_request WHERE partnership = ? AND (next_at <= ? OR next_at > ?)
         ORDER BY next_at, id LIMIT ?",
    )
    .bind(of.as_str())
    .bind(now.0)
    .bind(now.plus(LONGEST_WAIT).0)
    .bind(i64::try_from(max).unwrap_or(i64::MAX))
    .fetch_all(readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Deleting {
                id: DisclosureId(number(row, "id")?),
                partnership: partnership(row)?,
                identifier: IdentifierKind::from_name(row.try_get("identifier")?)
                    .ok_or(StoreError::Corrupt("a kind of identifier"))?,
                sealed: row.try_get("sealed")?,
                mark: fixed(row, "mark")?,
                made_at: UnixMillis(row.try_get("made_at")?),
                failures: small(row, "failures")?,
                next_at: UnixMillis(row.try_get("next_at")?),
                counts_from: UnixMillis(row.try_get("counts_from")?),
            })
        })
        .collect()
}

fn partnership(row: &SqliteRow) -> Result<PartnershipId, StoreError> {
    let stored: &str = row.try_get("partnership")?;
    stored.parse().map_err(|_grammar| StoreError::Corrupt("a partnership's name"))
}

fn recall_kind(row: &SqliteRow) -> Result<RecallKind, StoreError> {
    match row.try_get::<i64, _>("kind")? {
        0 => Ok(RecallKind::Recalled),
        1 => Ok(RecallKind::Corrected),
        _ => Err(StoreError::Corrupt("a kind of recall")),
    }
}

fn fixed<const N: usize>(row: &SqliteRow, column: &str) -> Result<[u8; N], StoreError> {
    let stored: &[u8] = row.try_get(column)?;
    stored.try_into().map_err(|_length| StoreError::Corrupt("a blob of the wrong length"))
}

fn number(row: &SqliteRow, column: &str) -> Result<u128, StoreError> {
    Ok(u128::from_be_bytes(fixed(row, column)?))
}

fn count(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    let stored: i64 = row.try_get(column)?;
    u64::try_from(stored).map_err(|_negative| StoreError::Corrupt("a negative count"))
}

fn small(row: &SqliteRow, column: &str) -> Result<u32, StoreError> {
    let stored: i64 = row.try_get(column)?;
    u32::try_from(stored).map_err(|_range| StoreError::Corrupt("a count out of range"))
}

fn time(row: &SqliteRow, column: &str) -> Result<Option<UnixMillis>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(UnixMillis))
}
