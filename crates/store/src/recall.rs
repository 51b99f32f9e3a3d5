//! What partners are owed, and the messages that settle it.

mod deletions;
mod messages;
mod people;
mod read;

use crate::{
    Sqlite, StoreError,
    ledger::{blob, kind_code},
    many,
};
use sluicegate_gate::{DisclosureId, PartnershipId, Revision, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{RecallKind, Vouched};
use sluicegate_recall::{
    Accepting, Aside, Deferred, Deleting, Erasing, Figures, Kept, Message, Owed, Owing, Pack,
    Reach, RecallStore, RecallStoreError, Sent, Standing, Waiting,
};
use sqlx::SqliteConnection;

impl RecallStore for Sqlite {
    fn reached(&self) -> Kept<'_, Vec<Revision>> {
        Box::pin(async move { read::reached(self.readers()).await.map_err(unavailable) })
    }

    fn join(&self, people: Vec<Vec<SubjectKey>>) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(|connection| Box::pin(people::join(connection, people)))
                .await
                .map_err(unavailable)
        })
    }

    fn owe(&self, owed: Owed) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(|connection| Box::pin(owe(connection, owed))).await.map_err(unavailable)
        })
    }

    fn set_aside(&self) -> Kept<'_, Vec<Aside>> {
        Box::pin(async move { read::set_aside(self.readers()).await.map_err(unavailable) })
    }

    fn waiting(&self) -> Kept<'_, Vec<Waiting>> {
        Box::pin(async move { read::waiting(self.readers()).await.map_err(unavailable) })
    }

    fn pack(&self, pack: Pack) -> Kept<'_, usize> {
        Box::pin(async move {
            self.write(|connection| Box::pin(messages::pack(connection, pack)))
                .await
                .map_err(unavailable)
        })
    }

    fn open_messages(&self, partnership: PartnershipId) -> Kept<'_, Vec<Message>> {
        Box::pin(async move {
            read::open_messages(self.readers(), partnership).await.map_err(unavailable)
        })
    }

    fn disclosures(&self, message: DisclosureId) -> Kept<'_, Vec<Vouched>> {
        Box::pin(
            async move { read::disclosures(self.readers(), message).await.map_err(unavailable) },
        )
    }

    fn settle(&self, message: DisclosureId, sent: Sent) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(messages::settle(connection, message, sent)))
                .await
                .map_err(unavailable)
        })
    }

    fn acknowledge(
        &self,
        partnership: PartnershipId,
        message: DisclosureId,
        at: UnixMillis,
    ) -> Kept<'_, bool> {
        Box::pin(async move {
            self.write(move |connection| {
                Box::pin(messages::acknowledge(connection, partnership, message, at))
            })
            .await
            .map_err(unavailable)
        })
    }

    fn standing(&self, subjects: Vec<SubjectKey>) -> Kept<'_, Vec<Standing>> {
        Box::pin(async move { read::standing(self.readers(), subjects).await.map_err(unavailable) })
    }

    fn figures(&self) -> Kept<'_, Vec<Figures>> {
        Box::pin(async move { read::figures(self.readers()).await.map_err(unavailable) })
    }

    fn lapse(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, bool> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(messages::lapse(connection, partnership, at)))
                .await
                .map_err(unavailable)
        })
    }

    fn lift(&self, partnership: PartnershipId, at: UnixMillis) -> Kept<'_, bool> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(messages::lift(connection, partnership, at)))
                .await
                .map_err(unavailable)
        })
    }

    fn write_off(&self, partnership: PartnershipId) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(messages::write_off(connection, partnership)))
                .await
                .map_err(unavailable)
        })
    }

    fn lapsed(&self) -> Kept<'_, Vec<PartnershipId>> {
        Box::pin(async move { read::lapsed(self.readers()).await.map_err(unavailable) })
    }

    fn accept_erasure(&self, accepting: Accepting) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(deletions::accept(connection, accepting)))
                .await
                .map_err(unavailable)
        })
    }

    fn erasing(&self) -> Kept<'_, Vec<Erasing>> {
        Box::pin(async move { read::erasing(self.readers()).await.map_err(unavailable) })
    }

    fn erasing_of(&self, subject: SubjectKey) -> Kept<'_, Option<Erasing>> {
        Box::pin(
            async move { read::erasing_of(self.readers(), subject).await.map_err(unavailable) },
        )
    }

    fn begun(&self, subject: SubjectKey, asked_at: UnixMillis) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(deletions::begun(connection, subject, asked_at)))
                .await
                .map_err(unavailable)
        })
    }

    fn destroyed(&self, subject: SubjectKey) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(deletions::destroyed(connection, subject)))
                .await
                .map_err(unavailable)
        })
    }

    fn erased(&self, subject: SubjectKey, asked_at: UnixMillis) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(deletions::erased(connection, subject, asked_at)))
                .await
                .map_err(unavailable)
        })
    }

    fn asked_to_delete(&self) -> Kept<'_, Vec<PartnershipId>> {
        Box::pin(async move { read::asked_to_delete(self.readers()).await.map_err(unavailable) })
    }

    fn due_deletions(
        &self,
        partnership: PartnershipId,
        now: UnixMillis,
        max: usize,
    ) -> Kept<'_, Vec<Deleting>> {
        Box::pin(async move {
            let due = read::due_deletions(self.readers(), partnership, now, max);
            due.await.map_err(unavailable)
        })
    }

    fn defer_deletion(&self, id: DisclosureId, deferred: Deferred) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| Box::pin(deletions::defer(connection, id, deferred)))
                .await
                .map_err(unavailable)
        })
    }

    fn end_deletion(
        &self,
        id: DisclosureId,
        at: UnixMillis,
        acknowledgement: Option<[u8; 32]>,
    ) -> Kept<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| {
                Box::pin(deletions::end(connection, id, at, acknowledgement))
            })
            .await
            .map_err(unavailable)
        })
    }

    fn accept_request(&self, request: [u8; 32], accepting: Accepting) -> Kept<'_, bool> {
        Box::pin(async move {
            self.write(move |connection| {
                Box::pin(deletions::accept_request(connection, request, accepting))
            })
            .await
            .map_err(unavailable)
        })
    }

    fn trim(&self, before: UnixMillis) -> Kept<'_, ()> {
        Box::pin(async move { messages::trim(self, before).await.map_err(unavailable) })
    }
}

async fn owe(connection: &mut SqliteConnection, owed: Owed) -> Result<(), StoreError> {
    for revision in owed.reached {
        sqlx::query("INSERT OR REPLACE INTO recall_reached (shard, version) VALUES (?, ?)")
            .bind(i64::from(revision.shard))
            .bind(signed(revision.version)?)
            .execute(&mut *connection)
            .await?;
    }
    for (set_aside, sql) in [
        (
            owed.set_aside,
            "INSERT OR IGNORE INTO recall_aside (kind, hash, shard, version) VALUES (?, ?, ?, ?)",
        ),
        (
            owed.taken_up,
            "DELETE FROM recall_aside WHERE kind = ? AND hash = ? AND shard = ? AND version = ?",
        ),
    ] {
        for Aside { subject, revision } in set_aside {
            sqlx::query(sql)
                .bind(kind_code(subject.kind))
                .bind(blob(subject.hash))
                .bind(i64::from(revision.shard))
                .bind(signed(revision.version)?)
                .execute(&mut *connection)
                .await?;
        }
    }
    for owing in owed.owing {
        owe_one(connection, owing, owed.erased).await?;
    }
    if let Some(subject) = owed.erased {
        deletions::owed(connection, subject, owed.id_of_erased).await?;
    }
    for deleting in owed.deleting {
        deletions::put(connection, deleting).await?;
    }
    Ok(())
}

async fn owe_one(
    connection: &mut SqliteConnection,
    owing: Owing,
    erased: Option<SubjectKey>,
) -> Result<(), StoreError> {
    let Owing { subject, partnership, cause, since, reach } = owing;
    let (ids, reachable, items) = match reach {
        Reach::Told(items) => (u64::try_from(items.len()).unwrap_or(u64::MAX), true, items),
        Reach::Unreachable(ids) => (ids, false, Vec::new()),
    };
    let person = people::person(connection, subject.or(erased)).await?;
    let inserted = sqlx::query(
        "INSERT INTO recall_debt (kind, hash, person, partnership, cause, since, ids, reachable)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(subject.map(|subject| kind_code(subject.kind)))
    .bind(subject.map(|subject| blob(subject.hash)))
    .bind(person)
    .bind(partnership.as_str())
    .bind(cause.name())
    .bind(since.0)
    .bind(signed(ids)?)
    .bind(reachable)
    .execute(&mut *connection)
    .await?;
    let debt = inserted.last_insert_rowid();
    let sql = ("INSERT INTO recall_item (debt, disclosure, partnership, kind, place, mark) ", "");
    many::insert(connection, sql, &items, |row, item| {
        row.push_bind(debt)
            .push_bind(blob(item.vouched.disclosure.0))
            .push_bind(partnership.as_str().to_owned())
            .push_bind(kind_number(cause.kind()))
            .push_bind(signed(item.place)?)
            .push_bind(item.vouched.mark.to_vec());
        Ok(())
    })
    .await
}

fn kind_number(kind: RecallKind) -> i64 {
    match kind {
        RecallKind::Recalled => 0,
        RecallKind::Corrected => 1,
    }
}

fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_range| StoreError::Corrupt("a number past 63 bits"))
}

fn unavailable(error: StoreError) -> RecallStoreError {
    match error {
        StoreError::Corrupt(what) => RecallStoreError::Corrupt(what),
        StoreError::Closed
        | StoreError::Sqlite(_)
        | StoreError::Commit
        | StoreError::Damaged(_) => RecallStoreError::Unavailable(Box::new(error)),
    }
}
