//! Mending what is kept of the log from what it was made of, where that comes to what was signed.

use super::{
    LogAddition, LogEnd, SHEET_ROWS_MAX, SheetRow,
    book::{Book, BookError, PACKS_MAX, tile_row},
    checkpoint::Checkpoint,
    sheet,
    tiles::{self, Edge},
    tree::{self, Hash},
};
use crate::PackRow;

/// Entries read at once.
const ENTRIES_MAX: usize = 1_024;

impl Book {
    /// Makes the last sheets anew that are missing: their hashes stand in the tiles, and a sheet is right where it
    /// comes to its hash.
    pub(super) async fn restore(&self, kept: &LogEnd, head: &Checkpoint) -> Result<(), BookError> {
        let lost = || BookError::Lost { kept: kept.size, signed: head.size };
        let mut next = kept.last_pack + 1;
        for number in kept.size..head.size {
            let tile = self.tile_hashes(0, number / tiles::WIDTH_U64).await?.unwrap_or_default();
            let place = usize::try_from(number % tiles::WIDTH_U64).ok();
            let hash = place.and_then(|place| tile.get(place)).ok_or_else(lost)?;
            let sheet = self.sheet_of_hash((number, next), hash).await?.ok_or_else(lost)?;
            next = sheet.last + 1;
            tracing::warn!(
                sheet.number = number,
                "a sheet of the log was missing, and was made anew from the record, as it was signed"
            );
            let checkpoint = head.sign(&self.parts.signer);
            let addition = LogAddition { sheets: vec![sheet], tiles: Vec::new(), checkpoint };
            self.parts.log.extend_log(addition).await?;
        }
        Ok(())
    }

    /// Finds how many packs from that number on come to the hash of an entry.
    async fn sheet_of_hash(
        &self,
        (sheet, first): (u64, u64),
        hash: &Hash,
    ) -> Result<Option<SheetRow>, BookError> {
        let (mut leaves, mut next) = (Vec::new(), first);
        loop {
            let packs = self.parts.packs.packs(next, PACKS_MAX).await?;
            if packs.is_empty() {
                return Ok(None);
            }
            for PackRow { pack, leaves: bytes, .. } in packs {
                if leaves.len() >= SHEET_ROWS_MAX {
                    return Ok(None);
                }
                leaves.extend(sheet::taken_in(pack, &bytes).leaves);
                let (entry, marks) = sheet::entry(sheet, (first, pack), &leaves);
                let entry = entry.text().into_bytes();
                if tree::leaf_hash(&entry) == *hash {
                    return Ok(Some(SheetRow { sheet, first, last: pack, entry, marks }));
                }
                next = pack + 1;
                tokio::task::yield_now().await;
            }
        }
    }

    /// Makes the tiles anew from the entries, where those make up the root that was signed.
    pub(super) async fn tiles_anew(&self, head: &Checkpoint) -> Result<Edge, BookError> {
        // Why twice: nothing is written before everything is known to be right.
        if self.walk(head, false).await?.root() != head.root {
            return Err(BookError::Entries(head.size));
        }
        tracing::warn!("tiles of the log were not those of its entries, and were made anew");
        self.walk(head, true).await
    }

    /// Goes through all entries, and writes the tiles that they make if it is told to.
    async fn walk(&self, head: &Checkpoint, is_writing: bool) -> Result<Edge, BookError> {
        let (mut edge, mut grown) = (Edge::default(), Vec::new());
        while edge.size() < head.size {
            let sheets = self.parts.log.sheets(edge.size(), ENTRIES_MAX).await?;
            if sheets.is_empty() {
                return Err(BookError::Entries(head.size));
            }
            for sheet in sheets {
                if sheet.sheet != edge.size() {
                    return Err(BookError::Entries(head.size));
                }
                edge.push(tree::leaf_hash(&sheet.entry), &mut grown);
            }
            let tiles = grown.drain(..).map(tile_row).collect();
            if is_writing {
                let checkpoint = head.sign(&self.parts.signer);
                let addition = LogAddition { sheets: Vec::new(), tiles, checkpoint };
                self.parts.log.extend_log(addition).await?;
            }
        }
        Ok(edge)
    }
}
