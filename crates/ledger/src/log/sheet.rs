//! A sheet: the packs of one entry of the log, and the marks by which a changed row is found.
//!
//! As a file: the line `sluicegate-sheet/1`, how many marks (four bytes, the most significant first), the marks,
//! and each pack after its number (eight bytes) and its length (four bytes). A mark is the first eight bytes of
//! a row's leaf hash. The tree over the rows proves that something was changed; the marks say which row.

use super::{
    entry::Entry,
    tree::{self, Hash},
};
use crate::{PackRow, pack, wire::Damage};
use sha2::{Digest, Sha256};

const FIRST_LINE: &[u8] = b"sluicegate-sheet/1\n";
const MARK: usize = 8;

/// A row of a sheet, by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The pack that it is in.
    pub pack: u64,
    /// Its number there; the head is 0.
    pub row: u32,
    /// Its hash.
    pub hash: Hash,
}

impl Leaf {
    /// Returns its mark.
    pub fn mark(&self) -> [u8; MARK] {
        self.hash.first_chunk().copied().unwrap_or_default()
    }
}

/// Returns the rows of a pack by their hashes.
pub fn leaves(number: u64, pack: &[u8]) -> Result<Vec<Leaf>, Damage> {
    let rows = pack::rows(pack)?;
    let leaf = |row: pack::Row<'_>| Leaf {
        pack: number,
        row: row.number,
        hash: tree::leaf_hash(&row.leaf(number)),
    };
    Ok(rows.into_iter().map(leaf).collect())
}

/// The row number of a whole pack that does not read: no row of a pack has it.
const UNREADABLE: u32 = u32::MAX;

/// Returns what the log takes in of a pack: its rows, or, where it cannot be read any more, one leaf of all its bytes
/// as they are. So a damaged pack is signed as damaged, and holds up none behind it.
pub fn taken_in(number: u64, pack: &[u8]) -> TakenIn {
    match leaves(number, pack) {
        Ok(leaves) => TakenIn { leaves, is_readable: true },
        Err(_damage) => {
            let row = pack::Row { number: UNREADABLE, bytes: pack };
            let hash = tree::leaf_hash(&row.leaf(number));
            let leaves = vec![Leaf { pack: number, row: UNREADABLE, hash }];
            TakenIn { leaves, is_readable: false }
        }
    }
}

/// What the log takes in of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenIn {
    /// Its rows by their hashes; one where it cannot be read.
    pub leaves: Vec<Leaf>,
    /// Whether it can be read.
    pub is_readable: bool,
}

/// Returns the entry of a sheet, and its marks.
pub fn entry(sheet: u64, (first, last): (u64, u64), leaves: &[Leaf]) -> (Entry, Vec<u8>) {
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
    let marks: Vec<u8> = leaves.iter().flat_map(Leaf::mark).collect();
    let entry = Entry {
        sheet,
        first,
        last,
        rows: u64::try_from(leaves.len()).unwrap_or(u64::MAX),
        root: tree::root(&hashes),
        marks: Sha256::digest(&marks).into(),
    };
    (entry, marks)
}

/// Returns the path of a sheet's file.
pub fn path(sheet: u64) -> String {
    let tile = super::tiles::path(super::tiles::Series::Level(0), sheet, super::tiles::WIDTH);
    tile.replacen("tile/0/", "sheet/", 1)
}

/// Writes a sheet as a file.
pub fn write(marks: &[u8], packs: &[PackRow]) -> Vec<u8> {
    let mut bytes = FIRST_LINE.to_vec();
    bytes.extend_from_slice(&length(marks.len() / MARK).to_be_bytes());
    bytes.extend_from_slice(marks);
    for pack in packs {
        bytes.extend_from_slice(&pack.pack.to_be_bytes());
        bytes.extend_from_slice(&length(pack.leaves.len()).to_be_bytes());
        bytes.extend_from_slice(&pack.leaves);
    }
    bytes
}

/// A sheet as it was read; nothing of it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet<'a> {
    /// The marks, one after another.
    pub marks: &'a [u8],
    /// The packs with their numbers.
    pub packs: Vec<(u64, &'a [u8])>,
}

/// Reads a sheet.
pub fn read(bytes: &[u8]) -> Option<Sheet<'_>> {
    let rest = bytes.strip_prefix(FIRST_LINE)?;
    let (count, rest) = take_length(rest)?;
    let (marks, mut rest) = rest.split_at_checked(count.checked_mul(MARK)?)?;
    let mut packs = Vec::new();
    while !rest.is_empty() {
        let (number, after) = rest.split_first_chunk::<8>()?;
        let (length, after) = take_length(after)?;
        let (pack, after) = after.split_at_checked(length)?;
        packs.push((u64::from_be_bytes(*number), pack));
        rest = after;
    }
    Some(Sheet { marks, packs })
}

fn take_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_be_bytes(*length)).ok()?, rest))
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
