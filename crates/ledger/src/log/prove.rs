//! Proving that one disclosure is in the log.

use super::{
    book::{Book, BookError},
    checkpoint::Checkpoint,
    entry::Entry,
    note::Note,
    proof::{DisclosureProof, Found, Placed},
    sheet::{self, Leaf},
    tiles::{Node, WIDTH_U64, nodes},
    tree::{self, Hash},
};
use crate::{
    OnRecord,
    log::SheetRow,
    pack::{self, Row},
};
use std::ops::Range;

impl Book {
    /// Returns the proof that a disclosure is in the log, as its head is now; none where it is not. What was
    /// committed before the call is in the log by then.
    pub async fn prove(&self, found: OnRecord) -> Result<Option<DisclosureProof>, BookError> {
        self.catch_up().await?;
        let Some(checkpoint) = self.checkpoint().await? else { return Ok(None) };
        let head = Note::read(checkpoint.as_bytes())
            .and_then(|note| Checkpoint::read(note.text()))
            .map_err(|_odd| BookError::Torn)?;
        let row = self.sheet_of(found.pack, head.size).await?;
        let row = row.ok_or(BookError::NoSheet(found.pack))?;
        self.require_signed(&row).await?;
        let entry = Entry::read(&row.entry).ok_or(BookError::Torn)?;
        let packs = self.packs_of(&row).await?;
        let Some(one) = packs.iter().find(|one| one.pack == found.pack) else { return Ok(None) };
        let rows = pack::rows(&one.leaves).map_err(|_damage| BookError::Damaged(one.pack))?;
        let taken_in = packs.iter().map(|one| sheet::taken_in(one.pack, &one.leaves));
        let leaves: Vec<Leaf> = taken_in.flat_map(|pack| pack.leaves).collect();
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
        if tree::root(&hashes) != entry.root {
            return Err(BookError::Changed(entry.sheet));
        }
        let placed = |number: u32| {
            let row = rows.iter().find(|row| row.number == number)?;
            place(one.pack, row, (&leaves, &hashes))
        };
        let (Some(first), Some(row)) = (placed(0), placed(found.row)) else { return Ok(None) };
        let path = self.path_of(entry.sheet, head.size).await?;
        Ok(Some(DisclosureProof::of(Found {
            disclosure: found.disclosure,
            entry: &entry,
            pack: one.pack,
            head: first,
            row,
            path,
            checkpoint,
        })))
    }

    /// Fails where an entry is not the one of which the tiles have the hash.
    async fn require_signed(&self, row: &SheetRow) -> Result<(), BookError> {
        let tile = self.tile_hashes(0, row.sheet / WIDTH_U64).await?.unwrap_or_default();
        let place = usize::try_from(row.sheet % WIDTH_U64).ok();
        let hash = place.and_then(|place| tile.get(place));
        let is_it = hash.is_some_and(|hash| *hash == tree::leaf_hash(&row.entry));
        if is_it { Ok(()) } else { Err(BookError::Entry(row.sheet)) }
    }

    /// Finds the sheet that a pack is in, by halves; where the row in the middle is missing, by the next there is.
    async fn sheet_of(&self, pack: u64, size: u64) -> Result<Option<SheetRow>, BookError> {
        let (mut low, mut high) = (0, size);
        while low < high {
            let middle = low + (high - low) / 2;
            let row = self.parts.log.sheets(middle, 1).await?.into_iter().next();
            let Some(row) = row.filter(|row| row.sheet < high) else {
                high = middle;
                continue;
            };
            if pack < row.first {
                high = middle;
            } else if pack > row.last {
                low = row.sheet + 1;
            } else {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Returns how an entry is under the root of a log of that size (RFC 6962, section 2.1.1).
    async fn path_of(&self, index: u64, size: u64) -> Result<Vec<Hash>, BookError> {
        let mut path = Vec::new();
        for range in tree::siblings(index, size) {
            path.push(self.root_over(range).await?);
        }
        Ok(path)
    }

    /// Returns the hash that stands over these entries.
    pub(super) async fn root_over(&self, range: Range<u64>) -> Result<Hash, BookError> {
        let mut hashes = Vec::new();
        for node in nodes(range) {
            hashes.push(self.node(&node).await?);
        }
        // The last nodes are the smallest, and stand deepest.
        let root = hashes.into_iter().rev().reduce(|right, left| tree::node_hash(&left, &right));
        root.ok_or(BookError::Torn)
    }

    async fn node(&self, node: &Node) -> Result<Hash, BookError> {
        let tile = self.tile_hashes(node.level, node.tile).await?.ok_or(BookError::Torn)?;
        let hashes = tile.get(node.hashes.clone()).ok_or(BookError::Torn)?;
        Ok(tree::root(hashes))
    }
}

/// Returns a row as it stands in its sheet; none where it is not in it.
fn place(pack: u64, row: &Row<'_>, (leaves, hashes): (&[Leaf], &[Hash])) -> Option<Placed> {
    let is_it = |leaf: &Leaf| (leaf.pack, leaf.row) == (pack, row.number);
    let index = leaves.iter().position(is_it)?;
    let path = tree::inclusion(hashes, index)?;
    let (number, index) = (row.number, u64::try_from(index).ok()?);
    Some(Placed { number, index, bytes: row.bytes.to_vec(), path })
}
