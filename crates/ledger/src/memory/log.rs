//! A log in memory.

use super::MemoryStore;
use crate::{
    LedgerStoreError,
    log::{LogAddition, LogEnd, LogStore, SheetRow, tiles},
};
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    sheets: Vec<SheetRow>,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    checkpoint: Option<String>,
    cosigned: BTreeMap<u64, String>,
    signed_anew: BTreeSet<u64>,
}

impl Log {
    pub(super) fn drop_sheets(&mut self, sheets: usize) {
        self.sheets.truncate(self.sheets.len().saturating_sub(sheets));
    }

    pub(super) fn change_sheets(&mut self, change: impl FnOnce(&mut Vec<SheetRow>)) {
        change(&mut self.sheets);
    }

    fn keep(&mut self, row: SheetRow) {
        match self.sheets.binary_search_by_key(&row.sheet, |kept| kept.sheet) {
            Ok(place) => {
                if let Some(kept) = self.sheets.get_mut(place) {
                    *kept = row;
                }
            }
            Err(place) => self.sheets.insert(place, row),
        }
    }

    pub(super) fn change_tiles(&mut self, change: impl FnMut(&mut Vec<u8>)) {
        self.tiles.values_mut().for_each(change);
    }

    pub(super) fn drop_checkpoint(&mut self) {
        self.checkpoint = None;
    }

    fn end(&self, entries_max: u64) -> LogEnd {
        let last = self.sheets.iter().rfind(|sheet| sheet.sheet < entries_max);
        let size = last.map_or(0, |sheet| sheet.sheet + 1);
        let last_pack = last.map_or(0, |sheet| sheet.last);
        let levels = self.tiles.keys().map(|(level, _)| level + 1).max().unwrap_or(0);
        let levels = (0..levels).take_while(|level| tiles::count_at(size, *level) > 0);
        let last = |level| {
            let count = tiles::count_at(size, level);
            let tile = self.tiles.get(&(level, count / tiles::WIDTH_U64));
            tile.cloned().unwrap_or_default()
        };
        LogEnd { size, last_pack, edge: levels.map(last).collect() }
    }
}

impl LogStore for MemoryStore {
    fn log_end(&self, entries_max: u64) -> BoxFuture<'_, Result<LogEnd, LedgerStoreError>> {
        self.read(move |state| state.log.end(entries_max))
    }

    fn extend_log(&self, addition: LogAddition) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        self.write(move |state| {
            for sheet in addition.sheets {
                state.log.keep(sheet);
            }
            for tile in addition.tiles {
                state.log.tiles.insert((tile.level, tile.number), tile.hashes);
            }
            state.log.checkpoint = Some(addition.checkpoint);
        })
    }

    fn sheets(
        &self,
        from: u64,
        sheets_max: usize,
    ) -> BoxFuture<'_, Result<Vec<SheetRow>, LedgerStoreError>> {
        self.read(move |state| {
            let later = state.log.sheets.iter().filter(|sheet| sheet.sheet >= from);
            later.take(sheets_max).cloned().collect()
        })
    }

    fn tile(
        &self,
        level: u8,
        number: u64,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, LedgerStoreError>> {
        self.read(move |state| state.log.tiles.get(&(level, number)).cloned())
    }

    fn checkpoint(&self) -> BoxFuture<'_, Result<Option<String>, LedgerStoreError>> {
        self.read(|state| state.log.checkpoint.clone())
    }

    fn keep_signed_anew(&self, entries: u64) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        self.write(move |state| {
            state.log.signed_anew.insert(entries);
        })
    }

    fn signed_anew(&self) -> BoxFuture<'_, Result<Vec<u64>, LedgerStoreError>> {
        self.read(|state| state.log.signed_anew.iter().copied().collect())
    }

    fn keep_cosigned(
        &self,
        size: u64,
        note: String,
    ) -> BoxFuture<'_, Result<(), LedgerStoreError>> {
        self.write(move |state| drop(state.log.cosigned.insert(size, note)))
    }

    fn cosigned(&self, size_max: u64) -> BoxFuture<'_, Result<Option<String>, LedgerStoreError>> {
        self.read(move |state| {
            state.log.cosigned.range(..=size_max).next_back().map(|(_, note)| note.clone())
        })
    }
}
