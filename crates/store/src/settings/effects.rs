//! Counts of what became of choices, and how long each change took.

use super::{rows::count, settings_error};
use crate::{Sqlite, StoreError};
use futures_util::future::BoxFuture;
use sluicegate_gate::{Setting, time::UnixMillis};
use sluicegate_settings::{Actor, Effect, EffectRow, EffectStore, SettingsStoreError, Took};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use std::ops::Range;

/// What stands for a choice that is not in force.
const FAILED: i64 = -1;

impl EffectStore for Sqlite {
    fn add_effects(&self, rows: Vec<EffectRow>) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        Box::pin(async move {
            let added = self.write(move |connection| Box::pin(add(connection, rows))).await;
            added.map_err(settings_error)
        })
    }

    fn effects(
        &self,
        range: Range<UnixMillis>,
    ) -> BoxFuture<'_, Result<Vec<EffectRow>, SettingsStoreError>> {
        Box::pin(async move {
            let sql = "SELECT day_ms, setting, turned_on, actor, took_ms, count \
                       FROM settings_effect WHERE day_ms >= ? AND day_ms < ?";
            let rows = sqlx::query(sql)
                .bind(range.start.0)
                .bind(range.end.0)
                .fetch_all(self.readers())
                .await;
            let rows = rows.map_err(|error| settings_error(StoreError::Sqlite(error)))?;
            let mut effects: Vec<EffectRow> =
                rows.iter().map(read).collect::<Result<_, _>>().map_err(settings_error)?;
            effects.sort_unstable();
            Ok(effects)
        })
    }

    fn add_took(&self, took: Vec<Took>) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        Box::pin(async move {
            let added = self.write(move |connection| Box::pin(add_took(connection, took))).await;
            added.map_err(settings_error)
        })
    }
}

async fn add(connection: &mut SqliteConnection, rows: Vec<EffectRow>) -> Result<(), StoreError> {
    for row in rows {
        let took = match row.effect {
            Effect::InForce(millis) => i64::try_from(millis).unwrap_or(i64::MAX),
            Effect::Failed => FAILED,
        };
        let sql = "INSERT INTO settings_effect (day_ms, setting, turned_on, actor, took_ms, count) \
                   VALUES (?, ?, ?, ?, ?, ?) \
                   ON CONFLICT DO UPDATE SET count = count + excluded.count";
        sqlx::query(sql)
            .bind(row.day.0)
            .bind(row.setting.name())
            .bind(i64::from(row.turned_on))
            .bind(row.actor.name())
            .bind(took)
            .bind(i64::try_from(row.count).unwrap_or(i64::MAX))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn add_took(connection: &mut SqliteConnection, took: Vec<Took>) -> Result<(), StoreError> {
    for Took { revision, after } in took {
        let sql = "INSERT INTO settings_took (shard, version, took_ms) VALUES (?, ?, ?) \
                   ON CONFLICT DO NOTHING";
        sqlx::query(sql)
            .bind(i64::from(revision.shard))
            .bind(count(revision.version)?)
            .bind(i64::try_from(after.as_millis()).unwrap_or(i64::MAX))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn read(row: &SqliteRow) -> Result<EffectRow, StoreError> {
    let odd = StoreError::Corrupt("what became of a choice");
    let (setting, actor): (&str, &str) = (row.try_get("setting")?, row.try_get("actor")?);
    let known = Setting::ALL.into_iter().find(|one| one.name() == setting);
    let by = Actor::ALL.into_iter().find(|one| one.name() == actor);
    let (Some(setting), Some(actor)) = (known, by) else { return Err(odd) };
    let took: i64 = row.try_get("took_ms")?;
    Ok(EffectRow {
        day: UnixMillis(row.try_get("day_ms")?),
        setting,
        turned_on: row.try_get::<i64, _>("turned_on")? != 0,
        actor,
        effect: u64::try_from(took).map_or(Effect::Failed, Effect::InForce),
        count: row.try_get::<i64, _>("count")?.cast_unsigned(),
    })
}
