//! The port behind which the log is kept.

use crate::LedgerStoreError;
use futures_util::future::BoxFuture;
use std::fmt;

/// Where the log ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEnd {
    /// How many entries it has.
    pub size: u64,
    /// The number of the last pack in it; 0 before any.
    pub last_pack: u64,
    /// The last tile of each level, lowest first, hash after hash; an empty one where the level's last is full.
    pub edge: Vec<Vec<u8>>,
}

/// A sheet as it is kept, its packs aside.
#[derive(Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// Its number.
    pub sheet: u64,
    /// The first number that a pack of it can have.
    pub first: u64,
    /// The number of its last pack.
    pub last: u64,
    /// What the log commits to.
    pub entry: Vec<u8>,
    /// Its marks.
    pub marks: Vec<u8>,
}

impl fmt::Debug for SheetRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SheetRow").field("sheet", &self.sheet).finish_non_exhaustive()
    }
}

/// A tile as far as it has grown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileRow {
    /// Its level.
    pub level: u8,
    /// Its number.
    pub number: u64,
    /// Its hashes, one after another.
    pub hashes: Vec<u8>,
}

/// What a log grows by, all of it or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogAddition {
    /// Sheets, in order: new ones, or each in place of what was kept under its number.
    pub sheets: Vec<SheetRow>,
    /// Tiles that grew, each in place of what it was.
    pub tiles: Vec<TileRow>,
    /// The new checkpoint, signed.
    pub checkpoint: String,
}

/// Where the log is kept. What was acknowledged survives `kill -9` and a power cut. One writes; any number
/// read. [`super::conformance`] is the contract, run.
pub trait LogStore: Send + Sync + fmt::Debug {
    /// Returns where the log ends, as if it had that many entries at most.
    fn log_end(&self, entries_max: u64) -> BoxFuture<'_, Result<LogEnd, LedgerStoreError>>;

    /// Adds all of it or nothing.
    fn extend_log(&self, addition: LogAddition) -> BoxFuture<'_, Result<(), LedgerStoreError>>;

    /// Returns the sheets from that number on, in order, at most so many. What does not read is left out, as if it
    /// were missing.
    fn sheets(
        &self,
        from: u64,
        sheets_max: usize,
    ) -> BoxFuture<'_, Result<Vec<SheetRow>, LedgerStoreError>>;

    /// Returns the hashes of a tile, as far as it has grown.
    fn tile(
        &self,
        level: u8,
        number: u64,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, LedgerStoreError>>;

    /// Returns the latest checkpoint.
    fn checkpoint(&self) -> BoxFuture<'_, Result<Option<String>, LedgerStoreError>>;

    /// Keeps for good that the log was signed with so many entries without the head that was signed before.
    fn keep_signed_anew(&self, entries: u64) -> BoxFuture<'_, Result<(), LedgerStoreError>>;

    /// Returns with how many entries that was done, each number once, in order.
    fn signed_anew(&self) -> BoxFuture<'_, Result<Vec<u64>, LedgerStoreError>>;

    /// Keeps what witnesses signed of the checkpoint of that size, in place of what was kept of it.
    fn keep_cosigned(&self, size: u64, note: String)
    -> BoxFuture<'_, Result<(), LedgerStoreError>>;

    /// Returns what witnesses signed of the latest checkpoint of at most that size of which any did.
    fn cosigned(&self, size_max: u64) -> BoxFuture<'_, Result<Option<String>, LedgerStoreError>>;
}
