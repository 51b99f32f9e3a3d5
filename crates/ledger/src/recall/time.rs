//! Which packs hold what was recorded at some times.
//!
//! Packs are in the order of their commits, not of their times: where a clock was wrong and was corrected, later packs
//! bear earlier times. So it is noted beside the packs between which times their messages are ([`PackTimes`]), once for
//! many. These notes are not under the log: whoever drops one would hide a pack. So packs are looked for by halves of
//! their own times, too, as if the clock had never gone back. What either finds is read, and nothing else.

use crate::{Ledger, PackTimes, ReadError};
use sluicegate_gate::time::UnixMillis;
use std::{ops::RangeInclusive, time::Duration};

/// Beside a clock that goes back, a message is committed at most this long after the time it bears, however slow the
/// store. How it ended is in the record by then, too.
const OUT_OF_ORDER: Duration = Duration::from_hours(1);
/// Packs without a message that are read at once.
const PACKS_MAX: usize = 8;

impl Ledger {
    /// Returns the packs that may hold messages of these times, in order, each once.
    pub(crate) async fn packs_of(
        &self,
        times: Vec<RangeInclusive<UnixMillis>>,
    ) -> Result<Vec<RangeInclusive<u64>>, ReadError> {
        let times = joined(times);
        let Some(since) = times.first().map(|first| *first.start()) else { return Ok(Vec::new()) };
        let is_meant = |noted: &PackTimes| {
            let ended = times.partition_point(|span| span.end() < noted.times.start());
            times.get(ended).is_some_and(|span| span.start() <= noted.times.end())
        };
        let noted = self.store().pack_times(since).await?.into_iter();
        let mut packs: Vec<_> =
            noted.filter(|noted| is_meant(noted)).map(|noted| noted.packs).collect();
        let around = |span: RangeInclusive<UnixMillis>| {
            span.start().minus(OUT_OF_ORDER)..=span.end().plus(OUT_OF_ORDER)
        };
        for span in joined(times.iter().cloned().map(around).collect()) {
            let first = first_pack(self, *span.start()).await?;
            let end = last_pack(self, *span.end()).await?;
            packs.push(first..=end.max(first));
        }
        Ok(joined(packs))
    }
}

/// Returns a pack before which nothing has a time past the one given, where the clock never went back: a search by
/// halves.
async fn first_pack(ledger: &Ledger, since: UnixMillis) -> Result<u64, ReadError> {
    let (mut low, mut high) = (0_u64, 1_u64);
    while !is_past(ledger, high, since).await? {
        low = high;
        match high.checked_mul(2) {
            Some(next) => high = next,
            None => return Ok(low),
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if is_past(ledger, middle, since).await? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low.saturating_sub(1))
}

/// Returns a pack after which nothing has a time up to the one given, where the clock never went back, with what
/// follows on it without a message: there it can say how messages ended.
async fn last_pack(ledger: &Ledger, until: UnixMillis) -> Result<u64, ReadError> {
    let mut last = first_pack(ledger, until.plus(Duration::from_millis(1))).await?;
    loop {
        let (packs, _damaged) = ledger.packs_that_read(last.saturating_add(1), PACKS_MAX).await?;
        let ends = packs.iter().take_while(|pack| pack.pack.messages.is_empty()).count();
        let Some(end) = ends.checked_sub(1).and_then(|at| packs.get(at)) else { return Ok(last) };
        last = end.number;
        if ends < packs.len() {
            return Ok(last);
        }
    }
}

/// Returns whether the first message from that pack on is past the time, or there is none.
async fn is_past(ledger: &Ledger, pack: u64, since: UnixMillis) -> Result<bool, ReadError> {
    let mut from = pack;
    loop {
        let Some(read) = ledger.packs_that_read(from, 1).await?.0.pop() else { return Ok(true) };
        // A pack can hold outcomes only.
        if let Some(first) = read.pack.messages.first() {
            return Ok(first.at >= since);
        }
        from = read.number.saturating_add(1);
    }
}

/// Joins ranges that overlap, and puts them in order.
fn joined<T: Ord + Copy>(mut ranges: Vec<RangeInclusive<T>>) -> Vec<RangeInclusive<T>> {
    ranges.sort_by_key(|range| *range.start());
    let mut joined: Vec<RangeInclusive<T>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start() <= last.end() => {
                *last = *last.start()..=*range.end().max(last.end());
            }
            Some(_) | None => joined.push(range),
        }
    }
    joined
}
