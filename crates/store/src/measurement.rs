//! The journal of exposures, and how far each partnership has come in it.
//!
//! | table | what | until |
//! | --- | --- | --- |
//! | `exposure_packs` | one sealed blob for each pack | every partnership has passed it |
//! | `exposure_times` | when each pack was accepted | as packs |
//! | `exposure_ids` | one blob for each pack: by what its events are known again ([`ids`]) | 48 hours |
//! | `exposure_withheld` | which events were withheld from each partnership ([`withheld`]) | as packs |
//! | `exposure_dead_letters` | what was given up for each partnership | as packs |
//! | `exposure_deliveries` | how far each partnership has come | kept for good |
//!
//! So a commit appends at the ends of three tables, whatever ids it holds. That none of them is known is looked
//! up in memory, which is filled from `exposure_ids` at the start. A partner that is down costs disk: packs
//! stay, and nothing of them is in memory.

mod ids;
mod progress;
mod withheld;

pub(crate) use ids::Ids;

use crate::{Sqlite, StoreError, sweep::ROWS_MAX};
use futures_util::future::BoxFuture;
use ids::Remembering;
use progress::ProgressRow;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_measurement::{
    Appended, DeadLetter, DeadReason, Journal, JournalError, Letters, NewPack, Pack, Position,
    Progress, Trim,
};
use sqlx::SqliteConnection;

impl Journal for Sqlite {
    fn append(&self, pack: NewPack) -> BoxFuture<'_, Result<Appended, JournalError>> {
        Box::pin(async move {
            let remembering = Remembering::new(&self.ids);
            let settling = remembering.clone();
            let work = self.write_and(
                |connection| Box::pin(append(connection, pack, remembering)),
                move |outcome| {
                    if outcome.is_err() {
                        settling.take_back();
                    }
                },
            );
            work.await.map_err(unavailable)
        })
    }

    fn read(
        &self,
        from: Position,
        packs_max: usize,
    ) -> BoxFuture<'_, Result<Vec<Pack>, JournalError>> {
        Box::pin(async move {
            // Why: the first row is the pack around `from`, found without reading all before it.
            let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
                "SELECT first_event, events, sealed FROM exposure_packs
                 WHERE first_event >= coalesce((
                     SELECT max(first_event) FROM exposure_packs WHERE first_event <= ?1), 0)
                   AND first_event + events > ?1
                 ORDER BY first_event LIMIT ?2",
            )
            .bind(integer(from.0))
            .bind(i64::try_from(packs_max).unwrap_or(i64::MAX))
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            rows.into_iter().map(pack).collect()
        })
    }

    fn accepted_since(
        &self,
        from: Position,
        since: UnixMillis,
    ) -> BoxFuture<'_, Result<Option<Position>, JournalError>> {
        Box::pin(async move {
            let first: Option<i64> = sqlx::query_scalar(
                "SELECT first_event FROM exposure_times CROSS JOIN exposure_packs USING (first_event)
                 WHERE exposure_times.first_event >= coalesce((
                     SELECT max(first_event) FROM exposure_times WHERE first_event <= ?1), 0)
                   AND accepted_at >= ?2 AND exposure_times.first_event + events > ?1
                 ORDER BY exposure_times.first_event LIMIT 1",
            )
            .bind(integer(from.0))
            .bind(since.0)
            .fetch_optional(self.readers())
            .await
            .map_err(failed)?;
            let first = first.map(natural).transpose()?;
            Ok(first.map(|first| Position(first).max(from)))
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, JournalError>> {
        Box::pin(async move {
            let head: i64 = sqlx::query_scalar("SELECT next_event FROM exposure_head")
                .fetch_one(self.readers())
                .await
                .map_err(failed)?;
            Ok(Position(natural(head)?))
        })
    }

    fn progress(
        &self,
        partnership: PartnershipId,
    ) -> BoxFuture<'_, Result<Option<Progress>, JournalError>> {
        Box::pin(async move {
            let row: Option<ProgressRow> =
                sqlx::query_as("SELECT * FROM exposure_deliveries WHERE partnership = ?1")
                    .bind(partnership.as_str())
                    .fetch_optional(self.readers())
                    .await
                    .map_err(failed)?;
            Ok(row.map(ProgressRow::read).transpose()?.map(|(_, progress)| progress))
        })
    }

    fn all_progress(&self) -> BoxFuture<'_, Result<Vec<(PartnershipId, Progress)>, JournalError>> {
        Box::pin(async move {
            let rows: Vec<ProgressRow> =
                sqlx::query_as("SELECT * FROM exposure_deliveries ORDER BY partnership")
                    .fetch_all(self.readers())
                    .await
                    .map_err(failed)?;
            rows.into_iter().map(ProgressRow::read).collect()
        })
    }

    fn commit(
        &self,
        partnership: PartnershipId,
        progress: Progress,
        dead: Vec<DeadLetter>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move {
            let work =
                self.write(|connection| Box::pin(commit(connection, partnership, progress, dead)));
            work.await.map_err(unavailable)
        })
    }

    fn revive(
        &self,
        partnership: PartnershipId,
        progress: Progress,
        events: Vec<Position>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move {
            let work = self
                .write(|connection| Box::pin(revive(connection, partnership, progress, events)));
            work.await.map_err(unavailable)
        })
    }

    fn withheld(
        &self,
        partnership: PartnershipId,
        from: Position,
        until: Position,
    ) -> BoxFuture<'_, Result<Vec<Position>, JournalError>> {
        Box::pin(async move {
            withheld::read(self.readers(), &partnership, from, until).await.map_err(unavailable)
        })
    }

    fn dead_letters(
        &self,
        partnership: PartnershipId,
        letters: Letters,
    ) -> BoxFuture<'_, Result<Vec<DeadLetter>, JournalError>> {
        Box::pin(async move {
            let Letters { reason, from, to, before, max } = letters;
            let rows: Vec<(i64, String, i64, bool)> = sqlx::query_as(
                "SELECT event, reason, at, reached FROM exposure_dead_letters
                 WHERE partnership = ?1 AND event < coalesce(?2, 9223372036854775807)
                     AND (?3 IS NULL OR reason = ?3) AND (?4 IS NULL OR at >= ?4)
                     AND (?5 IS NULL OR at < ?5)
                 ORDER BY event DESC LIMIT ?6",
            )
            .bind(partnership.as_str())
            .bind(before.map(|before| integer(before.0)))
            .bind(reason.map(DeadReason::code))
            .bind(from.map(|from| from.0))
            .bind(to.map(|to| to.0))
            .bind(i64::try_from(max).unwrap_or(i64::MAX))
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            rows.into_iter().map(dead_letter).collect()
        })
    }

    fn rewrite(&self, first: Position, sealed: Vec<u8>) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move {
            let work = self.write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE exposure_packs SET sealed = ?2 WHERE first_event = ?1")
                        .bind(integer(first.0))
                        .bind(sealed)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            });
            work.await.map_err(unavailable)
        })
    }

    fn trim(&self, what: Trim) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move {
            let packs_before = integer(what.packs_before.0);
            let withheld_before = withheld::block_of(what.packs_before);
            for (sql, before, rows_max) in [
                (OLD_IDS, what.ids_before.0, IDS_AT_ONCE),
                (OLD_PACKS, packs_before, PACKS_AT_ONCE),
                (withheld::OLD, withheld_before, ROWS_MAX),
                // Why after the packs: what is in one that stays can be put back.
                (OLD_LETTERS, packs_before, ROWS_MAX),
            ] {
                self.sweep(sql, before, rows_max).await.map_err(unavailable)?;
            }
            self.ids.lock().forget_before(what.ids_before);
            Ok(())
        })
    }
}

/// Writes a pack and its ids, and has the ids remembered, unless one of them is known. What is remembered
/// here is taken back if the commit fails.
async fn append(
    connection: &mut SqliteConnection,
    pack: NewPack,
    ids: Remembering,
) -> Result<Appended, StoreError> {
    let known = ids.known(&pack.events);
    if !known.is_empty() {
        return Ok(Appended::Known(known));
    }
    let NewPack { events, accepted_at, sealed } = pack;
    let count = i64::try_from(events.len())
        .map_err(|_too_many| StoreError::Corrupt("a pack of too many events"))?;
    let next: i64 = sqlx::query_scalar(
        "UPDATE exposure_head SET next_event = next_event + ?1 RETURNING next_event",
    )
    .bind(count)
    .fetch_one(&mut *connection)
    .await?;
    let first = next.saturating_sub(count);
    sqlx::query("INSERT INTO exposure_packs (first_event, events, sealed) VALUES (?1, ?2, ?3)")
        .bind(first)
        .bind(count)
        .bind(sealed)
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO exposure_times (first_event, accepted_at) VALUES (?1, ?2)")
        .bind(first)
        .bind(accepted_at.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO exposure_ids (first_event, accepted_at, ids) VALUES (?1, ?2, ?3)")
        .bind(first)
        .bind(accepted_at.0)
        .bind(ids::write(&events))
        .execute(&mut *connection)
        .await?;
    let first = u64::try_from(first)
        .map_err(|_negative| StoreError::Corrupt("the head of the journal is negative"))?;
    ids.remember(events, accepted_at);
    Ok(Appended::At(Position(first)))
}

async fn revive(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    progress: Progress,
    events: Vec<Position>,
) -> Result<(), StoreError> {
    let numbers: Vec<u64> = events.iter().map(|event| event.0).collect();
    let list = serde_json::to_string(&numbers);
    let list = list.map_err(|_error| StoreError::Corrupt("positions that cannot be written"))?;
    sqlx::query(
        "DELETE FROM exposure_dead_letters
         WHERE partnership = ?1 AND event IN (SELECT value FROM json_each(?2))",
    )
    .bind(partnership.as_str())
    .bind(list)
    .execute(&mut *connection)
    .await?;
    commit(connection, partnership, progress, Vec::new()).await
}

async fn commit(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    progress: Progress,
    dead: Vec<DeadLetter>,
) -> Result<(), StoreError> {
    let batch = progress.batch.as_ref().map(serde_json::to_string).transpose();
    let batch = batch.map_err(|_error| StoreError::Corrupt("a batch that cannot be written"))?;
    let lane = serde_json::to_string(&progress.lane);
    let lane = lane.map_err(|_error| StoreError::Corrupt("a lane that cannot be written"))?;
    if let Some(unnoted) = &progress.lane.unnoted {
        withheld::keep(connection, &partnership, unnoted).await?;
    }
    let tally = progress.tally;
    sqlx::query(
        "INSERT OR REPLACE INTO exposure_deliveries (partnership, next_event, delivered, withheld,
             unconfirmed, dead, attempts, held_since, batch, lane)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )
    .bind(partnership.as_str())
    .bind(integer(progress.cursor.0))
    .bind(integer(tally.delivered))
    .bind(integer(tally.withheld))
    .bind(integer(tally.unconfirmed))
    .bind(integer(tally.dead))
    .bind(integer(tally.attempts))
    .bind(progress.held_since.map(|since| since.0))
    .bind(batch)
    .bind(lane)
    .execute(&mut *connection)
    .await?;
    for letter in dead {
        sqlx::query(
            "INSERT OR REPLACE INTO exposure_dead_letters (partnership, event, reason, at, reached)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(partnership.as_str())
        .bind(integer(letter.position.0))
        .bind(letter.reason.code())
        .bind(letter.at.0)
        .bind(letter.reached)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

const OLD_IDS: &str = "DELETE FROM exposure_ids WHERE first_event IN (
    SELECT first_event FROM exposure_ids WHERE accepted_at < ?1 ORDER BY accepted_at LIMIT ?2)";
/// Lists of ids that are deleted at once: 1 MiB.
const IDS_AT_ONCE: i64 = 64;

const OLD_PACKS: &str = "DELETE FROM exposure_packs WHERE first_event IN (
    SELECT first_event FROM exposure_packs
    WHERE first_event < ?1 AND first_event + events <= ?1 ORDER BY first_event LIMIT ?2)";
/// Packs that are deleted at once: 3 MB as they usually are, 16 MiB at most.
const PACKS_AT_ONCE: i64 = 4;

const OLD_LETTERS: &str = "DELETE FROM exposure_dead_letters WHERE (partnership, event) IN (
    SELECT partnership, event FROM exposure_dead_letters
    WHERE event < min(?1, coalesce((SELECT min(first_event) FROM exposure_packs), ?1))
    ORDER BY event LIMIT ?2)";

fn pack((first, events, sealed): (i64, i64, Vec<u8>)) -> Result<Pack, JournalError> {
    let count = usize::try_from(events).map_err(|_negative| JournalError::Corrupt("a pack"))?;
    Ok(Pack { first: Position(natural(first)?), count, sealed })
}

fn dead_letter(
    (event, reason, at, reached): (i64, String, i64, bool),
) -> Result<DeadLetter, JournalError> {
    let reason = DeadReason::from_code(&reason).ok_or(JournalError::Corrupt("a dead letter"))?;
    Ok(DeadLetter { position: Position(natural(event)?), reason, at: UnixMillis(at), reached })
}

/// Numbers of events stay far below what the database's integers hold.
fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn natural(number: i64) -> Result<u64, JournalError> {
    u64::try_from(number).map_err(|_negative| JournalError::Corrupt("a number below zero"))
}

pub(crate) fn failed(error: sqlx::Error) -> JournalError {
    JournalError::Unavailable(Box::new(error))
}

pub(crate) fn unavailable(error: StoreError) -> JournalError {
    match error {
        StoreError::Corrupt(what) => JournalError::Corrupt(what),
        StoreError::Closed
        | StoreError::Sqlite(_)
        | StoreError::Commit
        | StoreError::Damaged(_) => JournalError::Unavailable(Box::new(error)),
    }
}
