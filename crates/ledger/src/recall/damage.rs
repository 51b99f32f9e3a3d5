//! Reading on past what is damaged: one pack that was altered holds up no recall and no erasure. The log names it
//! each time that it is missed.

use crate::{
    Day, KeyId, KeyRow, Ledger, LedgerStoreError, NumberedPack, PackRow, ReadError, ReadTold,
    ToldRow, Unread, pack, pack::PersonKey,
};
use sluicegate_gate::time::UnixMillis;
use std::ops::{Range, RangeInclusive};

/// Packs as far as they read: a damaged one is there without what was in it. And the numbers of those.
pub(super) type Packs = (Vec<NumberedPack>, Vec<u64>);

/// Reads packs.
pub(super) fn that_read(packs: Vec<PackRow>) -> Packs {
    let mut damaged = Vec::new();
    let packs = packs.into_iter().map(|PackRow { pack: number, first, leaves }| {
        let pack = pack::read(&leaves).unwrap_or_else(|_damage| {
            damaged.push(number);
            warn_of(number);
            pack::Pack::default()
        });
        NumberedPack { number, first, pack }
    });
    (packs.collect(), damaged)
}

/// Says that a pack does not read.
pub(super) fn warn_of(pack: u64) {
    tracing::error!(
        ledger.pack = pack,
        "a pack of the record is damaged; what was told in it is missing"
    );
}

impl Ledger {
    /// Returns the packs from that number on, in order, at most `packs_max`.
    pub(crate) async fn packs_that_read(
        &self,
        from: u64,
        packs_max: usize,
    ) -> Result<Packs, ReadError> {
        Ok(that_read(self.store().packs(from, packs_max).await?))
    }

    /// Opens a key; none where it was altered.
    pub(super) fn opened(&self, row: &KeyRow) -> Option<PersonKey> {
        let key = self.keeper().key(row).ok().and_then(|key| PersonKey::new(&key).ok());
        if key.is_none() {
            tracing::error!("a person's key does not open; what it sealed is missing");
        }
        key
    }

    /// Returns what was told about whoever has this key since a time, as far as it reads, and the days of which more was
    /// told, in rows that do not.
    pub(super) async fn told_that_reads(
        &self,
        key: KeyId,
        since: UnixMillis,
    ) -> Result<(Vec<ToldRow>, Vec<RangeInclusive<UnixMillis>>), ReadError> {
        let told = self.readable(key, since..UnixMillis(i64::MAX)).await?;
        if told.unread.is_nothing() {
            return Ok((told.rows, Vec::new()));
        }
        let (mut rows, mut unread) = (Vec::new(), Vec::new());
        let tomorrow = Day::of(self.now()).0.saturating_add(1);
        for day in Day::of(since).0..=tomorrow {
            let begin = Day(day).start().max(since);
            // What comes later was recorded under a clock that was fast.
            let end = if day == tomorrow { UnixMillis(i64::MAX) } else { Day(day + 1).start() };
            let of_day = self.readable(key, begin..end).await?;
            rows.extend(of_day.rows);
            if !of_day.unread.is_nothing() {
                tracing::error!(day, "some of what was told on a day does not read");
                unread.push(begin..=end);
            }
        }
        Ok((rows, unread))
    }

    /// Reads what was told, as far as it reads: where nothing does, one row stands for all.
    pub(super) async fn readable(
        &self,
        key: KeyId,
        range: Range<UnixMillis>,
    ) -> Result<ReadTold, LedgerStoreError> {
        match self.store().readable_told(key, range).await {
            Err(LedgerStoreError::Corrupt(_) | LedgerStoreError::Damaged(_)) => {
                let unread = Unread { rows: 1, ..Unread::default() };
                Ok(ReadTold { unread, ..ReadTold::default() })
            }
            read => read,
        }
    }
}
