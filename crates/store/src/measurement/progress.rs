//! How far a partnership has come, as a row.

use super::natural;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_measurement::{Batch, JournalError, Position, Progress, Tally};
use sqlx::FromRow;

#[derive(FromRow)]
pub(super) struct ProgressRow {
    partnership: String,
    next_event: i64,
    delivered: i64,
    withheld: i64,
    unconfirmed: i64,
    dead: i64,
    attempts: i64,
    held_since: Option<i64>,
    batch: Option<String>,
    lane: String,
}

impl ProgressRow {
    pub(super) fn read(self) -> Result<(PartnershipId, Progress), JournalError> {
        let corrupt = || JournalError::Corrupt("how far a partnership has come");
        let batch: Option<Batch> = match self.batch {
            Some(text) => Some(serde_json::from_str(&text).map_err(|_error| corrupt())?),
            None => None,
        };
        let lane = serde_json::from_str(&self.lane).map_err(|_error| corrupt())?;
        let progress = Progress {
            lane,
            cursor: Position(natural(self.next_event)?),
            tally: Tally {
                delivered: natural(self.delivered)?,
                withheld: natural(self.withheld)?,
                unconfirmed: natural(self.unconfirmed)?,
                dead: natural(self.dead)?,
                attempts: natural(self.attempts)?,
            },
            held_since: self.held_since.map(UnixMillis),
            batch,
        };
        Ok((self.partnership.parse().map_err(|_error| corrupt())?, progress))
    }
}
