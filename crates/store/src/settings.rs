//! Choices, links and profiles in `SQLite`.

mod effects;
mod reads;
mod rows;
mod writes;

use crate::{Sqlite, StoreError, checkpoint};
use futures_util::future::BoxFuture;
use sluicegate_gate::{Revision, SubjectKey, time::UnixMillis};
use sluicegate_settings::{
    ChangeRecord, Commit, CommitError, Heads, Order, Profile, ReadHistory, Refusal, SettingsStore,
    SettingsStoreError, ShardChange, ShardSnapshot, plan,
};
use sqlx::SqliteConnection;

impl SettingsStore for Sqlite {
    fn commit(&self, order: Order, at: UnixMillis) -> BoxFuture<'_, Result<Commit, CommitError>> {
        Box::pin(async move {
            let committed = self
                .write(move |connection| Box::pin(carry_out(connection, order, at)))
                .await
                .map_err(settings_error)?;
            Ok(committed?)
        })
    }

    fn heads(&self) -> BoxFuture<'_, Result<Heads, SettingsStoreError>> {
        Box::pin(async move {
            self.write(|connection| Box::pin(writes::beat_and_read_heads(connection)))
                .await
                .map_err(settings_error)
        })
    }

    fn shard(&self, shard: u16) -> BoxFuture<'_, Result<ShardSnapshot, SettingsStoreError>> {
        Box::pin(async move { reads::shard(self.readers(), shard).await.map_err(settings_error) })
    }

    fn tail(
        &self,
        after: Vec<Revision>,
    ) -> BoxFuture<'_, Result<Vec<ShardChange>, SettingsStoreError>> {
        Box::pin(async move { reads::tail(self.readers(), &after).await.map_err(settings_error) })
    }

    fn profile(
        &self,
        account: SubjectKey,
    ) -> BoxFuture<'_, Result<Option<Profile>, SettingsStoreError>> {
        Box::pin(async move {
            let mut reader = self.readers().acquire().await.map_err(unavailable)?;
            reads::profile(&mut reader, account).await.map_err(settings_error)
        })
    }

    fn unfinished_erasures(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, UnixMillis)>, SettingsStoreError>> {
        Box::pin(async move { reads::erasures(self.readers()).await.map_err(settings_error) })
    }

    fn finish_erasures(
        &self,
        erasures: Vec<(SubjectKey, UnixMillis)>,
    ) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        Box::pin(async move {
            let failed = |error| match error {
                error if checkpoint::is_of_readers(&error) => SettingsStoreError::LogIsRead,
                error => settings_error(error),
            };
            // What is soon said to fail comes first: it is tried again each second.
            self.keys.empty_log().await.map_err(failed)?;
            self.empty_log().await.map_err(failed)?;
            self.keys.sweep().await.map_err(failed)?;
            self.write(move |connection| Box::pin(writes::finish_erasures(connection, erasures)))
                .await
                .map_err(settings_error)
        })
    }

    fn linked(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<SubjectKey>, SettingsStoreError>> {
        Box::pin(async move {
            let mut reader = self.readers().acquire().await.map_err(unavailable)?;
            reads::linked(&mut reader, key).await.map_err(settings_error)
        })
    }

    fn history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<ChangeRecord>, SettingsStoreError>> {
        Box::pin(async move {
            let mut reader = self.readers().acquire().await.map_err(unavailable)?;
            reads::history(&mut reader, key).await.map_err(settings_error)
        })
    }

    fn readable_history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<ReadHistory, SettingsStoreError>> {
        Box::pin(async move {
            let mut reader = self.readers().acquire().await.map_err(unavailable)?;
            reads::readable_history(&mut reader, key).await.map_err(settings_error)
        })
    }
}

/// Reads, plans and writes one order. A refusal is an answer, not a failure: nothing was written.
async fn carry_out(
    connection: &mut SqliteConnection,
    order: Order,
    at: UnixMillis,
) -> Result<Result<Commit, Refusal>, StoreError> {
    let facts = reads::facts(connection, order.reads()).await?;
    let plan = match plan(&order, at, facts) {
        Ok(plan) => plan,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let versions = writes::next_versions(connection, plan.shards()).await?;
    let commit = plan.number(at, &versions);
    writes::commit(connection, &commit).await?;
    Ok(Ok(commit))
}

fn unavailable(error: sqlx::Error) -> SettingsStoreError {
    settings_error(StoreError::Sqlite(error))
}

fn settings_error(error: StoreError) -> SettingsStoreError {
    match error {
        StoreError::Corrupt(what) => SettingsStoreError::Corrupt(what),
        StoreError::Closed
        | StoreError::Commit
        | StoreError::Damaged(_)
        | StoreError::Sqlite(_) => SettingsStoreError::Unavailable(Box::new(error)),
    }
}
