//! What is written of settings, inside an order's transaction.

use super::rows::{choice_number, count, hash_bytes, json, kind_number, version};
use crate::StoreError;
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use sluicegate_settings::{
    ChangeRecord, Commit, Heads, KeyChange, LinkWrite, SHARDS, ShardChange, shard_of,
};
use sqlx::{Row, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};

/// Beats, and reads the newest version of every shard in the same transaction.
pub(super) async fn beat_and_read_heads(
    connection: &mut SqliteConnection,
) -> Result<Heads, StoreError> {
    sqlx::query("UPDATE settings_heartbeat SET beats = beats + 1 WHERE id = 1")
        .execute(&mut *connection)
        .await?;
    let rows =
        sqlx::query("SELECT shard, version FROM settings_head").fetch_all(connection).await?;
    let mut heads = vec![0; usize::from(SHARDS)];
    for row in &rows {
        let shard = usize::try_from(row.try_get::<i64, _>("shard")?).ok();
        let head = shard
            .and_then(|shard| heads.get_mut(shard))
            .ok_or(StoreError::Corrupt("shard out of range"))?;
        *head = version(row.try_get("version")?)?;
    }
    Ok(Heads(heads))
}

/// Gives each shard its next version, in ascending order.
pub(super) async fn next_versions(
    connection: &mut SqliteConnection,
    shards: BTreeSet<u16>,
) -> Result<BTreeMap<u16, u64>, StoreError> {
    let mut versions = BTreeMap::new();
    for shard in shards {
        let row = sqlx::query(
            "INSERT INTO settings_head (shard, version) VALUES (?, 1)
             ON CONFLICT (shard) DO UPDATE SET version = version + 1 RETURNING version",
        )
        .bind(i64::from(shard))
        .fetch_one(&mut *connection)
        .await?;
        versions.insert(shard, version(row.try_get("version")?)?);
    }
    Ok(versions)
}

/// Writes everything that an order changed.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    commit: &Commit,
) -> Result<(), StoreError> {
    for change in &commit.changes {
        for key in &change.keys {
            write_state(connection, key).await?;
            append_change(connection, change, key).await?;
            write_profile(connection, key).await?;
        }
    }
    for link in &commit.links {
        write_link(connection, link).await?;
    }
    if let Some(key) = commit.erased {
        erase(connection, key, commit.at).await?;
    }
    for ((key, record), part) in commit.records.iter().zip(0_i64..) {
        append_history(connection, *key, record, part).await?;
    }
    Ok(())
}

/// Deletes what the key's history says, makes earlier versions say what the latest says, and notes the erasure.
async fn erase(
    connection: &mut SqliteConnection,
    key: SubjectKey,
    at: UnixMillis,
) -> Result<(), StoreError> {
    let statements = [
        "DELETE FROM settings_took WHERE shard = ? AND version IN
           (SELECT version FROM settings_history WHERE hash = ? AND kind = ?)",
        "DELETE FROM settings_history WHERE hash = ? AND kind = ?",
        "UPDATE settings_change AS change
         SET (sharing, personalize_ads, sharing_marks, personalize_ads_marks, open_since,
              closed_at) =
           (SELECT sharing, personalize_ads, sharing_marks, personalize_ads_marks, open_since,
                   closed_at
            FROM settings_key AS now WHERE now.hash = change.hash AND now.kind = change.kind)
         WHERE shard = ? AND hash = ? AND kind = ?",
        "INSERT OR REPLACE INTO settings_erasure (hash, kind, at) VALUES (?, ?, ?)",
    ];
    let [took, history, changes, erasure] = statements.map(sqlx::query);
    let (hash, kind) = (hash_bytes(key), kind_number(key.kind));
    let shard = i64::from(shard_of(key));
    took.bind(shard).bind(hash.clone()).bind(kind).execute(&mut *connection).await?;
    history.bind(hash.clone()).bind(kind).execute(&mut *connection).await?;
    changes.bind(shard).bind(hash.clone()).bind(kind).execute(&mut *connection).await?;
    erasure.bind(hash).bind(kind).bind(at.0).execute(connection).await?;
    Ok(())
}

pub(super) async fn finish_erasures(
    connection: &mut SqliteConnection,
    erasures: Vec<(SubjectKey, UnixMillis)>,
) -> Result<(), StoreError> {
    for (key, at) in erasures {
        sqlx::query("DELETE FROM settings_erasure WHERE hash = ? AND kind = ? AND at = ?")
            .bind(hash_bytes(key))
            .bind(kind_number(key.kind))
            .bind(at.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn write_state(connection: &mut SqliteConnection, key: &KeyChange) -> Result<(), StoreError> {
    let state = key.state;
    sqlx::query(
        "INSERT OR REPLACE INTO settings_key
           (hash, kind, version, sharing, personalize_ads, sharing_marks, personalize_ads_marks,
            open_since, closed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(hash_bytes(state.key))
    .bind(kind_number(state.key.kind))
    .bind(count(state.version)?)
    .bind(choice_number(state.sharing))
    .bind(choice_number(state.personalize_ads))
    .bind(state.sharing_marks)
    .bind(state.personalize_ads_marks)
    .bind(state.open_since.map(|since| since.0))
    .bind(state.closed_at.map(|closed| closed.0))
    .execute(connection)
    .await?;
    Ok(())
}

async fn append_change(
    connection: &mut SqliteConnection,
    change: &ShardChange,
    key: &KeyChange,
) -> Result<(), StoreError> {
    let state = key.state;
    sqlx::query(
        "INSERT INTO settings_change
           (shard, version, hash, kind, sharing, personalize_ads, sharing_marks,
            personalize_ads_marks, open_since, closed_at, touches_profile)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(i64::from(change.revision.shard))
    .bind(count(change.revision.version)?)
    .bind(hash_bytes(state.key))
    .bind(kind_number(state.key.kind))
    .bind(choice_number(state.sharing))
    .bind(choice_number(state.personalize_ads))
    .bind(state.sharing_marks)
    .bind(state.personalize_ads_marks)
    .bind(state.open_since.map(|since| since.0))
    .bind(state.closed_at.map(|closed| closed.0))
    .bind(key.profile.is_some())
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_profile(
    connection: &mut SqliteConnection,
    key: &KeyChange,
) -> Result<(), StoreError> {
    let Some(profile) = &key.profile else { return Ok(()) };
    sqlx::query("INSERT OR REPLACE INTO settings_profile (hash, profile) VALUES (?, ?)")
        .bind(hash_bytes(key.state.key))
        .bind(json(profile)?)
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_link(connection: &mut SqliteConnection, link: &LinkWrite) -> Result<(), StoreError> {
    let query = match link.marked {
        None => {
            sqlx::query("DELETE FROM settings_link WHERE account = ? AND hash = ? AND kind = ?")
        }
        Some(_) => sqlx::query(
            "INSERT OR REPLACE INTO settings_link
               (account, hash, kind, sharing_marked, personalize_ads_marked)
             VALUES (?, ?, ?, ?, ?)",
        ),
    };
    let query = query
        .bind(hash_bytes(link.account))
        .bind(hash_bytes(link.key))
        .bind(kind_number(link.key.kind));
    let query = match link.marked {
        None => query,
        Some(marked) => query.bind(marked.sharing).bind(marked.personalize_ads),
    };
    query.execute(connection).await?;
    Ok(())
}

async fn append_history(
    connection: &mut SqliteConnection,
    key: SubjectKey,
    record: &ChangeRecord,
    part: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO settings_history (hash, kind, version, part, at, event)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(hash_bytes(key))
    .bind(kind_number(key.kind))
    .bind(count(record.revision.version)?)
    .bind(part)
    .bind(record.at.0)
    .bind(json(&record.event)?)
    .execute(connection)
    .await?;
    Ok(())
}
