//! Files of packs: leaves as they were committed, byte for byte, so that proofs of them stay valid.

use super::file::{self, Column, FileError, Opened};
use parquet::data_type::ByteArray;
use std::path::Path;

/// Packs in one row group.
const GROUP_ROWS: usize = 256;

const SCHEMA: &str = "message packs {
    required int64 pack;
    required int64 first;
    required binary leaves;
}";

/// One pack as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptPack {
    pub(crate) pack: i64,
    pub(crate) first: i64,
    pub(crate) leaves: Vec<u8>,
}

impl KeptPack {
    /// Stands for packs up to that number that are lost.
    pub(super) fn lost(last: i64) -> Self {
        Self { pack: last, first: 0, leaves: Vec::new() }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.leaves.is_empty()
    }
}

pub(crate) fn write(path: &Path, packs: &[KeptPack]) -> Result<u64, FileError> {
    let columns = |packs: &[KeptPack]| {
        let leaves = packs.iter().map(|one| ByteArray::from(one.leaves.clone()));
        vec![
            Column::Numbers(packs.iter().map(|one| one.pack).collect()),
            Column::Numbers(packs.iter().map(|one| one.first).collect()),
            Column::Bytes(leaves.collect()),
        ]
    };
    file::write(path, SCHEMA, packs.chunks(GROUP_ROWS).map(columns))
}

/// Reads packs from that number on, in order, at most so many. For those of a group that does not read the last
/// stands, without leaves, where anybody can tell its number.
pub(super) fn read(path: &Path, from: i64, max: usize) -> Result<Vec<KeptPack>, FileError> {
    let opened = Opened::open(path)?;
    let mut found = Vec::new();
    for group in opened.groups(0, from, i64::MAX) {
        if found.len() == max {
            break;
        }
        let columns = match (opened.read(group), opened.last(group, 0)) {
            (Err(error), Some(last)) if error.is_damage() => {
                tracing::error!(
                    ledger.pack = last,
                    "packs up to this one are damaged in their file"
                );
                found.push(KeptPack::lost(last));
                continue;
            }
            (columns, _) => columns?,
        };
        let [packs, firsts, leaves] = columns.as_slice() else { return Err(FileError::Odd) };
        for row in 0..packs.numbers().len() {
            let pack = packs.number(row).ok_or(FileError::Odd)?;
            if found.len() == max {
                return Ok(found);
            }
            if pack >= from {
                let first = firsts.number(row).ok_or(FileError::Odd)?;
                let leaves = leaves.bytes(row).ok_or(FileError::Odd)?.to_vec();
                found.push(KeptPack { pack, first, leaves });
            }
        }
    }
    Ok(found)
}
