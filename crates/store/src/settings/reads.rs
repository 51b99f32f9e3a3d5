//! What is read of settings, inside an order's transaction and outside.

use super::rows::{
    count, hash_bytes, key, kind_number, marked, profile as profile_column, state, version,
};
use crate::StoreError;
use sluicegate_gate::{KeyKind, Revision, SubjectKey, time::UnixMillis};
use sluicegate_settings::{
    ChangeRecord, Facts, KeyChange, KeyState, LinkFact, Marked, Profile, ReadHistory, Reads,
    ShardChange, ShardSnapshot, TAIL_VERSIONS_MAX, UnreadRecord, shard_of,
};
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::time::Duration;

/// Reads what an order needs.
pub(super) async fn facts(
    connection: &mut SqliteConnection,
    reads: Reads,
) -> Result<Facts, StoreError> {
    let mut facts = Facts {
        own: key_state(connection, reads.own()).await?,
        links: Vec::new(),
        profile: None,
        accepted: accepted(connection).await?,
    };
    match reads {
        Reads::Key(_) => {}
        Reads::AccountAndLinks(account) => {
            facts.links = links(connection, account).await?;
            facts.profile = profile(connection, account).await?;
        }
        Reads::AccountAndKey { account, key } => facts.links.push(LinkFact {
            state: key_state(connection, key).await?,
            marked: link(connection, account, key).await?,
        }),
        Reads::KeyAndAccounts(key) => facts.links = accounts(connection, key).await?,
        Reads::AccountAndProfile(account) => facts.profile = profile(connection, account).await?,
    }
    Ok(facts)
}

/// Reads when the latest exposure was accepted, of those whose ids are kept: two days at least.
async fn accepted(connection: &mut SqliteConnection) -> Result<Option<UnixMillis>, StoreError> {
    let row = sqlx::query("SELECT max(accepted_at) AS accepted_at FROM exposure_ids")
        .fetch_one(connection)
        .await?;
    Ok(row.try_get::<Option<i64>, _>("accepted_at")?.map(UnixMillis))
}

/// Reads what is linked to a key.
pub(super) async fn linked(
    connection: &mut SqliteConnection,
    key: SubjectKey,
) -> Result<Vec<SubjectKey>, StoreError> {
    let facts = match key.kind {
        KeyKind::Account => links(connection, key).await?,
        KeyKind::Device | KeyKind::Browser => accounts(connection, key).await?,
    };
    Ok(facts.into_iter().map(|fact| fact.state.key).collect())
}

/// Reads the erasures that are not finished.
pub(super) async fn erasures(
    readers: &SqlitePool,
) -> Result<Vec<(SubjectKey, UnixMillis)>, StoreError> {
    let sql = "SELECT hash, kind, at FROM settings_erasure ORDER BY at, hash, kind";
    let rows = sqlx::query(sql).fetch_all(readers).await?;
    rows.iter().map(|row| Ok((key(row)?, UnixMillis(row.try_get("at")?)))).collect()
}

/// Reads the profile of an account.
pub(super) async fn profile(
    connection: &mut SqliteConnection,
    account: SubjectKey,
) -> Result<Option<Profile>, StoreError> {
    if account.kind != KeyKind::Account {
        return Ok(None);
    }
    let row = sqlx::query("SELECT profile FROM settings_profile WHERE hash = ?")
        .bind(hash_bytes(account))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map_or(Ok(None), profile_column)
}

/// Reads one shard as of one moment: both queries see the same snapshot.
pub(super) async fn shard(readers: &SqlitePool, shard: u16) -> Result<ShardSnapshot, StoreError> {
    let mut moment = readers.begin().await?;
    let head = sqlx::query("SELECT version FROM settings_head WHERE shard = ?")
        .bind(i64::from(shard))
        .fetch_optional(&mut *moment)
        .await?;
    let [first, last] = range(shard)?;
    let rows = sqlx::query(
        "SELECT key.*, profile.profile FROM settings_key AS key
         LEFT JOIN settings_profile AS profile ON profile.hash = key.hash AND key.kind = 1
         WHERE key.hash BETWEEN ? AND ?",
    )
    .bind(first)
    .bind(last)
    .fetch_all(&mut *moment)
    .await?;
    moment.commit().await?;
    let version = head.map_or(Ok(0), |row| version(row.try_get("version")?))?;
    let keys = rows
        .iter()
        .map(|row| Ok(KeyChange { state: state(row)?, profile: profile_column(row)? }))
        .collect::<Result<_, StoreError>>()?;
    Ok(ShardSnapshot { version, keys })
}

/// Reads what follows each revision.
pub(super) async fn tail(
    readers: &SqlitePool,
    after: &[Revision],
) -> Result<Vec<ShardChange>, StoreError> {
    let mut reader = readers.acquire().await?;
    let mut changes = Vec::new();
    for revision in after {
        tail_of(&mut reader, *revision, &mut changes).await?;
    }
    Ok(changes)
}

/// Reads everything that happened at a key.
pub(super) async fn history(
    connection: &mut SqliteConnection,
    key: SubjectKey,
) -> Result<Vec<ChangeRecord>, StoreError> {
    let ReadHistory { records, unread } = readable_history(connection, key).await?;
    if unread.is_empty() { Ok(records) } else { Err(StoreError::Corrupt("event of a history")) }
}

/// Reads what happened at a key, as far as it reads.
pub(super) async fn readable_history(
    connection: &mut SqliteConnection,
    key: SubjectKey,
) -> Result<ReadHistory, StoreError> {
    let rows = sqlx::query(
        "SELECT history.version, at, event, took_ms FROM settings_history AS history
         LEFT JOIN settings_took AS took ON took.shard = ? AND took.version = history.version
         WHERE hash = ? AND kind = ? ORDER BY history.version, part",
    )
    .bind(i64::from(shard_of(key)))
    .bind(hash_bytes(key))
    .bind(kind_number(key.kind))
    .fetch_all(connection)
    .await?;
    let mut history = ReadHistory::default();
    for row in &rows {
        let version = version(row.try_get("version")?)?;
        let (revision, at) =
            (Revision { shard: shard_of(key), version }, UnixMillis(row.try_get("at")?));
        let event = row.try_get("event").ok().and_then(|event| serde_json::from_str(event).ok());
        let Some(event) = event else {
            history.unread.push(UnreadRecord { revision, at });
            continue;
        };
        let took: Option<i64> = row.try_get("took_ms")?;
        let took = took.and_then(|millis| u64::try_from(millis).ok());
        let in_force_after = took.map(Duration::from_millis);
        history.records.push(ChangeRecord { revision, at, in_force_after, event });
    }
    Ok(history)
}

async fn tail_of(
    reader: &mut SqliteConnection,
    after: Revision,
    changes: &mut Vec<ShardChange>,
) -> Result<(), StoreError> {
    let last = after.version.saturating_add(u64::from(TAIL_VERSIONS_MAX));
    let rows = sqlx::query(
        "SELECT change.*, profile.profile FROM settings_change AS change
         LEFT JOIN settings_profile AS profile
           ON profile.hash = change.hash AND change.touches_profile = 1
         WHERE change.shard = ? AND change.version > ? AND change.version <= ?
         ORDER BY change.version, change.hash, change.kind",
    )
    .bind(i64::from(after.shard))
    .bind(count(after.version)?)
    .bind(count(last)?)
    .fetch_all(reader)
    .await?;
    for row in &rows {
        let key = KeyChange { state: state(row)?, profile: profile_column(row)? };
        let revision = Revision { shard: after.shard, version: key.state.version };
        match changes.last_mut() {
            Some(change) if change.revision == revision => change.keys.push(key),
            Some(_) | None => changes.push(ShardChange { revision, keys: vec![key] }),
        }
    }
    Ok(())
}

async fn key_state(
    connection: &mut SqliteConnection,
    key: SubjectKey,
) -> Result<KeyState, StoreError> {
    let row = sqlx::query("SELECT * FROM settings_key WHERE hash = ? AND kind = ?")
        .bind(hash_bytes(key))
        .bind(kind_number(key.kind))
        .fetch_optional(connection)
        .await?;
    row.as_ref().map_or(Ok(KeyState::untouched(key)), state)
}

/// Reads what is linked to an account. A link touches its key, so the key has a row.
async fn links(
    connection: &mut SqliteConnection,
    account: SubjectKey,
) -> Result<Vec<LinkFact>, StoreError> {
    let rows = sqlx::query(
        "SELECT key.*, link.sharing_marked, link.personalize_ads_marked
         FROM settings_link AS link
         JOIN settings_key AS key ON key.hash = link.hash AND key.kind = link.kind
         WHERE link.account = ? ORDER BY key.hash, key.kind",
    )
    .bind(hash_bytes(account))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok(LinkFact { state: state(row)?, marked: Some(marked(row)?) })).collect()
}

/// Reads every account that a device or browser is linked to, with its marks there.
async fn accounts(
    connection: &mut SqliteConnection,
    key: SubjectKey,
) -> Result<Vec<LinkFact>, StoreError> {
    let rows = sqlx::query(
        "SELECT key.*, link.sharing_marked, link.personalize_ads_marked
         FROM settings_link AS link
         JOIN settings_key AS key ON key.hash = link.account AND key.kind = ?
         WHERE link.hash = ? AND link.kind = ? ORDER BY key.hash",
    )
    .bind(kind_number(KeyKind::Account))
    .bind(hash_bytes(key))
    .bind(kind_number(key.kind))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok(LinkFact { state: state(row)?, marked: Some(marked(row)?) })).collect()
}

async fn link(
    connection: &mut SqliteConnection,
    account: SubjectKey,
    key: SubjectKey,
) -> Result<Option<Marked>, StoreError> {
    let row = sqlx::query(
        "SELECT sharing_marked, personalize_ads_marked FROM settings_link
         WHERE account = ? AND hash = ? AND kind = ?",
    )
    .bind(hash_bytes(account))
    .bind(hash_bytes(key))
    .bind(kind_number(key.kind))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(marked).transpose()
}

/// The first and the last hash of a shard.
fn range(shard: u16) -> Result<[Vec<u8>; 2], StoreError> {
    let first = u8::try_from(shard).map_err(|_none| StoreError::Corrupt("shard out of range"))?;
    Ok([0x00, 0xff].map(|rest| {
        let mut hash = vec![rest; 16];
        hash.splice(..1, [first]);
        hash
    }))
}
