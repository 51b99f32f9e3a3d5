//! Which master key the data belongs to.
//!
//! Subjects are stored as hashes under a key derived from it. Data opened with another key would look
//! empty: every stored `off` forgotten. So the first opening notes the key's fingerprint, and every
//! later one must show the same.

use crate::{Sqlite, StoreError};
use sqlx::Row;

/// The data does not belong to the key.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// It was written under another master key.
    #[error("the data belongs to another master key")]
    AnotherKey,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sqlite {
    /// Ties the data to a key at the first opening, and refuses any other key from then on.
    pub async fn bind(&self, fingerprint: [u8; 32]) -> Result<(), BindError> {
        let kept = self
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO installation (one, fingerprint) VALUES (1, ?) \
                         ON CONFLICT DO NOTHING",
                    )
                    .bind(fingerprint.to_vec())
                    .execute(&mut *connection)
                    .await?;
                    let row = sqlx::query("SELECT fingerprint FROM installation")
                        .fetch_one(connection)
                        .await?;
                    Ok(row.get::<Vec<u8>, _>(0))
                })
            })
            .await?;
        if kept == fingerprint { Ok(()) } else { Err(BindError::AnotherKey) }
    }
}
