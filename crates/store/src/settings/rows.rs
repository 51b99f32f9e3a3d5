//! How values of the domain stand in columns.

use crate::StoreError;
use sluicegate_gate::{Choice, KeyKind, SubjectKey, time::UnixMillis};
use sluicegate_settings::{KeyState, Marked, Profile};
use sqlx::{Row, sqlite::SqliteRow};

pub(super) fn kind_number(kind: KeyKind) -> i64 {
    match kind {
        KeyKind::Account => 1,
        KeyKind::Device => 2,
        KeyKind::Browser => 3,
    }
}

pub(super) fn hash_bytes(key: SubjectKey) -> Vec<u8> {
    key.hash.to_be_bytes().to_vec()
}

pub(super) fn choice_number(choice: Option<Choice>) -> Option<i64> {
    choice.map(|choice| match choice {
        Choice::Off => 0,
        Choice::On => 1,
    })
}

pub(super) fn count(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_too_large| StoreError::Corrupt("version out of range"))
}

pub(super) fn version(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_negative| StoreError::Corrupt("version out of range"))
}

/// Reads the columns of a key's state.
pub(super) fn state(row: &SqliteRow) -> Result<KeyState, StoreError> {
    Ok(KeyState {
        key: key(row)?,
        version: version(row.try_get("version")?)?,
        sharing: choice(row.try_get("sharing")?)?,
        personalize_ads: choice(row.try_get("personalize_ads")?)?,
        sharing_marks: marks(row.try_get("sharing_marks")?)?,
        personalize_ads_marks: marks(row.try_get("personalize_ads_marks")?)?,
        open_since: row.try_get::<Option<i64>, _>("open_since")?.map(UnixMillis),
        closed_at: row.try_get::<Option<i64>, _>("closed_at")?.map(UnixMillis),
    })
}

/// Reads the columns of a link's marks.
pub(super) fn marked(row: &SqliteRow) -> Result<Marked, StoreError> {
    Ok(Marked {
        sharing: row.try_get("sharing_marked")?,
        personalize_ads: row.try_get("personalize_ads_marked")?,
    })
}

/// Reads a `profile` column.
pub(super) fn profile(row: &SqliteRow) -> Result<Option<Profile>, StoreError> {
    let text: Option<String> = row.try_get("profile")?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|_unread| StoreError::Corrupt("profile"))
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_unwritten| StoreError::Corrupt("value without JSON"))
}

pub(super) fn key(row: &SqliteRow) -> Result<SubjectKey, StoreError> {
    let kind = match row.try_get("kind")? {
        1_i64 => KeyKind::Account,
        2 => KeyKind::Device,
        3 => KeyKind::Browser,
        _ => return Err(StoreError::Corrupt("kind of a key")),
    };
    let hash: &[u8] = row.try_get("hash")?;
    let hash =
        <[u8; 16]>::try_from(hash).map_err(|_length| StoreError::Corrupt("hash of a key"))?;
    Ok(SubjectKey { kind, hash: u128::from_be_bytes(hash) })
}

fn choice(number: Option<i64>) -> Result<Option<Choice>, StoreError> {
    match number {
        None => Ok(None),
        Some(0) => Ok(Some(Choice::Off)),
        Some(1) => Ok(Some(Choice::On)),
        Some(_) => Err(StoreError::Corrupt("choice")),
    }
}

fn marks(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_out| StoreError::Corrupt("count of marks"))
}
