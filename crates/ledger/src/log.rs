//! The log: a Merkle tree over the whole record, that anybody can check who has its public key.
//!
//! There are two levels. The rows of packs are gathered in *sheets*: the packs of a second or so, at most
//! [`SHEET_ROWS_MAX`] rows more than a pack. Over the rows of a sheet stands one tree; its root is in the sheet's
//! *entry*, and the entries are the leaves of the log. Its formats are those of others, so that tools of others
//! read them:
//!
//! | what | format |
//! | --- | --- |
//! | hashes of both trees | RFC 6962, section 2.1, with SHA-256 |
//! | tiles and bundles of entries | C2SP `tlog-tiles` |
//! | the head of the log | C2SP `tlog-checkpoint`, a C2SP `signed-note` with Ed25519 |
//! | what witnesses say of it | C2SP `tlog-cosignature`, version 1 |
//! | the proof of one disclosure | C2SP `tlog-proof`, version 1; [`proof`] has its extra data |
//!
//! The log is built from committed packs, in the background: nothing waits for it. Entries, tiles and
//! checkpoints say nothing of anybody, and are for everybody; sheets hold what the ledger holds.

pub mod book;
pub mod checkpoint;
pub mod conformance;
pub mod cosigning;
pub mod entry;
mod mend;
pub mod note;
mod port;
pub mod proof;
mod prove;
pub mod sheet;
pub mod tiles;
pub mod tree;
pub mod verify;

pub use port::{LogAddition, LogEnd, LogStore, SheetRow, TileRow};

/// Rows in a sheet at most, the last pack aside.
pub const SHEET_ROWS_MAX: usize = 16_384;
