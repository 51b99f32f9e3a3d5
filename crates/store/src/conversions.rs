//! Touches on the shelf, conversions, and what reports count of them.

mod aside;
mod body;
mod claims;
mod costs;
mod enter;
mod erase;
mod forget;
mod left_out;
pub(crate) mod moving;
mod recurring;
mod releases;
mod report;
mod settle;
mod together;
mod touches;
mod waiting;

pub(crate) use aside::why as refusal;
pub(crate) use together::Together;
pub(crate) use waiting::Waiting;

use crate::{Sqlite, StoreError};
use body::{Body, By, Claims};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    Position,
    lookup::{
        AppUse, Asking, Caps, ClaimToken, Conversions, ConversionsError, Count, Counting, CountsOf,
        Entering, Erased, Erasure, Found, FoundClaim, Kept, Left, NewConversion, Noted, Old,
        Outcome, Search, Settled, Shelving, ToldElsewhere, Whose,
    },
};
use together::Ask;

impl Conversions for Sqlite {
    fn shelved(&self) -> Kept<'_, Position> {
        Box::pin(async move { touches::shelved(self.readers()).await })
    }

    fn shelve(&self, shelving: Shelving) -> Kept<'_, Position> {
        Box::pin(async move {
            let work = self.write(|connection| Box::pin(touches::shelve(connection, shelving)));
            work.await.map_err(unavailable)
        })
    }

    fn enter(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        caps: Caps,
        conversions: Vec<NewConversion>,
    ) -> Kept<'_, Entering> {
        Box::pin(async move {
            let report = enter::Report { partnership, at, caps, conversions };
            self.append(Ask::Enter(report)).await.map_err(unavailable)
        })
    }

    fn touches(&self, searches: Vec<Search>, of_class_max: usize) -> Kept<'_, Vec<Found>> {
        Box::pin(async move { touches::find(self.seekers(), &searches, of_class_max).await })
    }

    fn settle(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        settled: Vec<Settled>,
    ) -> Kept<'_, ()> {
        Box::pin(async move {
            let body = Body::Settled(By { partnership, at }, Claims::Counted, settled);
            self.keep(body).await
        })
    }

    fn claims(&self, uses: Vec<AppUse>) -> Kept<'_, Vec<Option<FoundClaim>>> {
        Box::pin(async move { claims::find(self, &uses).await })
    }

    fn claims_elsewhere(&self, uses: Vec<AppUse>) -> Kept<'_, Vec<Option<ToldElsewhere>>> {
        Box::pin(async move { claims::find_elsewhere(self, &uses).await })
    }

    fn count(&self, countings: Vec<Counting>) -> Kept<'_, ()> {
        Box::pin(async move {
            // Why they wait, too: what is used may be a claim that waits.
            self.keep(Body::Counted(countings)).await
        })
    }

    fn note(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        token: ClaimToken,
        outcome: Outcome,
    ) -> Kept<'_, Noted> {
        Box::pin(async move {
            if let Some(body) = self.waiting.body_of(token) {
                self.move_until(body).await.map_err(unavailable)?;
            }
            let work = self.write(move |connection| {
                Box::pin(claims::note(connection, (partnership, at), token, outcome))
            });
            work.await.map_err(unavailable)
        })
    }

    fn lines(&self, of: CountsOf, max: usize) -> Kept<'_, usize> {
        Box::pin(async move {
            self.move_all().await.map_err(unavailable)?;
            report::lines(self.readers(), of, max).await
        })
    }

    fn counted(&self, of: CountsOf) -> Kept<'_, Vec<Count>> {
        Box::pin(async move {
            self.move_all().await.map_err(unavailable)?;
            report::counted(self.readers(), of).await
        })
    }

    fn asking(&self, day: Day) -> Kept<'_, Vec<Asking>> {
        Box::pin(async move { report::asking(self.readers(), day).await })
    }

    fn set_aside(&self) -> Kept<'_, u64> {
        Box::pin(async move { aside::count(self.readers()).await })
    }

    fn forget(&self, old: Old, rows_max: usize) -> Kept<'_, Left> {
        Box::pin(async move {
            self.move_all().await.map_err(unavailable)?;
            self.keys.forget(old.now, old.set_aside).await.map_err(unavailable)?;
            let work =
                self.write(move |connection| Box::pin(forget::some(connection, old, rows_max)));
            work.await.map_err(unavailable)
        })
    }

    fn erase(&self, erasure: Erasure) -> Kept<'_, Erased> {
        Box::pin(async move {
            self.move_all().await.map_err(unavailable)?;
            let work = self.write(move |connection| Box::pin(erase::person(connection, erasure)));
            work.await.map_err(unavailable)
        })
    }

    fn gone(&self) -> Kept<'_, Vec<(Whose, UnixMillis)>> {
        Box::pin(async move { erase::all_gone(self.readers()).await })
    }

    fn erasing(&self) -> Kept<'_, Vec<(Whose, Position)>> {
        Box::pin(async move { erase::waiting(self.readers()).await })
    }

    fn erased(&self, people: Vec<(Whose, Position)>) -> Kept<'_, ()> {
        Box::pin(async move {
            let work = self.write(move |connection| Box::pin(erase::done(connection, people)));
            work.await.map_err(unavailable)
        })
    }
}

impl Sqlite {
    /// Keeps a body of which nothing is answered, durably.
    async fn keep(&self, body: Body) -> Result<(), ConversionsError> {
        let keeping = self.append(Ask::Keep(body)).await.map_err(unavailable)?;
        keeping.kept().await.map(drop)
    }
}

fn natural(number: i64) -> Result<u64, ConversionsError> {
    u64::try_from(number).map_err(|_negative| ConversionsError::Corrupt("a number below zero"))
}

/// Numbers stay far below what the database's integers hold.
fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn failed(error: sqlx::Error) -> ConversionsError {
    ConversionsError::Unavailable(Box::new(error))
}

fn unavailable(error: StoreError) -> ConversionsError {
    match error {
        StoreError::Corrupt(what) => ConversionsError::Corrupt(what),
        StoreError::Closed
        | StoreError::Sqlite(_)
        | StoreError::Commit
        | StoreError::Damaged(_) => ConversionsError::Unavailable(Box::new(error)),
    }
}
