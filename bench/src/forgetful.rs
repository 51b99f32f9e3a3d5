//! A store that keeps nothing: what is left of an auction is everything but the store.

use futures_util::{FutureExt as _, future::BoxFuture};
use sluicegate_gate::{PartnershipId, SubjectKey, time::UnixMillis};
use sluicegate_ledger::{
    Day, Head, KeyId, KeyRow, LedgerBatch, LedgerStore, LedgerStoreError, Met, MetUntil, PackRow,
    PackTimes, ReadTold, ToldRow, Totals, UncertainWindow, WindowRow, WithheldRow,
};
use std::{
    future::ready,
    ops::{Range, RangeInclusive},
};

type Answer<'a, T> = BoxFuture<'a, Result<T, LedgerStoreError>>;

/// Says that everything is kept, and knows of nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forgetful;

impl LedgerStore for Forgetful {
    fn append(&self, batch: LedgerBatch) -> Answer<'_, ()> {
        drop(batch);
        ready(Ok(())).boxed()
    }

    fn head(&self) -> Answer<'_, Head> {
        ready(Ok(Head::default())).boxed()
    }

    fn open_windows(&self) -> Answer<'_, Vec<WindowRow>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn meet(&self, _met: Met) -> Answer<'_, ()> {
        ready(Ok(())).boxed()
    }

    fn met_until(&self) -> Answer<'_, Option<MetUntil>> {
        ready(Ok(None)).boxed()
    }

    fn pack_times(&self, _since: UnixMillis) -> Answer<'_, Vec<PackTimes>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn met(&self, _subjects: Vec<SubjectKey>) -> Answer<'_, Vec<(SubjectKey, KeyId)>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn uncertain_windows(&self) -> Answer<'_, Vec<UncertainWindow>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn keys(&self, _subjects: Vec<SubjectKey>) -> Answer<'_, Vec<KeyRow>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn destroy(&self, _subject: SubjectKey) -> Answer<'_, ()> {
        ready(Ok(())).boxed()
    }

    fn forget_withheld(&self, _subject: SubjectKey) -> Answer<'_, ()> {
        ready(Ok(())).boxed()
    }

    fn owners(&self, _ids: Vec<KeyId>) -> Answer<'_, Vec<KeyRow>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn told(&self, _key: KeyId, _range: Range<UnixMillis>) -> Answer<'_, Vec<ToldRow>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn told_on(&self, _day: Day, _keys: RangeInclusive<KeyId>) -> Answer<'_, ReadTold> {
        ready(Ok(ReadTold::default())).boxed()
    }

    fn withheld(
        &self,
        _subject: SubjectKey,
        _days: RangeInclusive<Day>,
    ) -> Answer<'_, Vec<WithheldRow>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn noted(&self, _partnership: PartnershipId) -> Answer<'_, u64> {
        ready(Ok(0)).boxed()
    }

    fn totals(&self, _days: RangeInclusive<Day>) -> Answer<'_, Totals> {
        ready(Ok(Totals::default())).boxed()
    }

    fn packs(&self, _from: u64, _packs_max: usize) -> Answer<'_, Vec<PackRow>> {
        ready(Ok(Vec::new())).boxed()
    }
}
