//! Which keys are of one person, as far as is known.

use crate::{
    StoreError,
    ledger::{blob, kind_code},
};
use sluicegate_gate::SubjectKey;
use sqlx::SqliteConnection;
use std::collections::BTreeSet;

pub(super) async fn join(
    connection: &mut SqliteConnection,
    people: Vec<Vec<SubjectKey>>,
) -> Result<(), StoreError> {
    for keys in people {
        join_one(connection, &keys).await?;
    }
    Ok(())
}

/// Returns the number of the person whose key it is; a new one where nothing is known of it.
pub(super) async fn person(
    connection: &mut SqliteConnection,
    subject: Option<SubjectKey>,
) -> Result<i64, StoreError> {
    match subject {
        Some(subject) => join_one(connection, &[subject]).await,
        None => fresh(connection).await,
    }
}

async fn join_one(
    connection: &mut SqliteConnection,
    keys: &[SubjectKey],
) -> Result<i64, StoreError> {
    let mut known = BTreeSet::new();
    for key in keys {
        let sql = "SELECT person FROM recall_person WHERE kind = ? AND hash = ?";
        let query = sqlx::query_scalar::<_, i64>(sql).bind(kind_code(key.kind));
        known.extend(query.bind(blob(key.hash)).fetch_optional(&mut *connection).await?);
    }
    let person = match known.pop_first() {
        Some(person) => person,
        None => fresh(connection).await?,
    };
    for other in known {
        for sql in [
            "UPDATE recall_person SET person = ? WHERE person = ?",
            "UPDATE recall_debt SET person = ? WHERE person = ?",
        ] {
            sqlx::query(sql).bind(person).bind(other).execute(&mut *connection).await?;
        }
    }
    for key in keys {
        sqlx::query("INSERT OR IGNORE INTO recall_person (kind, hash, person) VALUES (?, ?, ?)")
            .bind(kind_code(key.kind))
            .bind(blob(key.hash))
            .bind(person)
            .execute(&mut *connection)
            .await?;
    }
    Ok(person)
}

async fn fresh(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT random()").fetch_one(connection).await?)
}
