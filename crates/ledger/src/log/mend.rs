//! Mending what is kept of the log from what it was made of, where that comes to what was signed.

use super::{
    LogAddition, LogEnd, SHEET_ROWS_MAX, SheetRow,
    book::{Book, BookError, Looking, NAMED_MAX, PACKS_MAX, SHEETS_MAX, tile_row},
    checkpoint::Checkpoint,
    entry::Entry,
    sheet,
    tiles::{self, Edge},
    tree::{self, Hash},
};
use crate::PackRow;
use sha2::{Digest as _, Sha256};
use std::ops::Range;

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
            self.note_mended(number);
            let checkpoint = head.sign(&self.parts.signer);
            let addition = LogAddition { sheets: vec![sheet], tiles: Vec::new(), checkpoint };
            self.parts.log.extend_log(addition).await?;
        }
        Ok(())
    }

    fn note_mended(&self, sheet: u64) {
        let mended = &mut self.standing.lock().mended_entries;
        if mended.len() < NAMED_MAX && !mended.contains(&sheet) {
            mended.push(sheet);
        }
        tracing::warn!(
            sheet.number = sheet,
            "a sheet of the log was missing or changed, and was made anew from the record, as it was signed"
        );
    }

    fn note_changed(&self, sheet: u64) {
        let mut standing = self.standing.lock();
        standing.changed += 1;
        if standing.changed_entries.len() < NAMED_MAX {
            standing.changed_entries.push(sheet);
            tracing::error!(
                sheet.number = sheet,
                "an entry of the log is missing or not the one that was signed, and could not be made anew"
            );
        }
    }

    /// Names rows that are beyond the head, and were written by nobody who can sign. They are not used, and the log
    /// writes its own in their place once it comes to them.
    pub(super) fn note_added(&self, rows: &[SheetRow]) {
        let added: Vec<u64> = rows.iter().map(|row| row.sheet).collect();
        let known = std::mem::replace(&mut self.standing.lock().added_entries, added.clone());
        for sheet in added.into_iter().filter(|sheet| !known.contains(sheet)) {
            tracing::error!(
                sheet.number = sheet,
                "a row of the log is beyond the head that was signed, and is left out"
            );
        }
    }

    /// Compares every entry with its hash in the tiles. One that is missing or another is made anew where the record
    /// comes to its hash, and named. Returns false while the log is not open. May take long: others write meanwhile.
    /// Done again after a failure, it goes on where it was cut off.
    pub async fn look_through(&self) -> Result<bool, BookError> {
        let Some(size) = self.end.lock().await.as_ref().map(|end| end.edge.size()) else {
            return Ok(false);
        };
        let Looking { mut entry, mut pack } = self.begin_looking();
        while entry < size {
            *self.looking.lock() = Some(Looking { entry, pack });
            let until = size.min(entry.saturating_add(u64::try_from(SHEETS_MAX).unwrap_or(1)));
            let looked_at = self.look_at(entry..until, pack).await;
            let not_comparing = looked_at.as_ref().err().map(ToString::to_string);
            self.standing.lock().not_comparing = not_comparing;
            (entry, pack) = (until, looked_at?);
            self.standing.lock().compared = until;
            tokio::task::yield_now().await;
        }
        *self.looking.lock() = None;
        Ok(true)
    }

    /// Returns where looking through was cut off; where it was not, it begins anew.
    fn begin_looking(&self) -> Looking {
        if let Some(looking) = *self.looking.lock() {
            return looking;
        }
        let mut standing = self.standing.lock();
        (standing.compared, standing.changed) = (0, 0);
        standing.changed_entries.clear();
        Looking { entry: 0, pack: 1 }
    }

    /// Looks at entries of one tile, as many as are read at once, of which the first is to begin with that pack. Returns
    /// that of the next. Fails before it has named any, or not at all.
    async fn look_at(&self, of: Range<u64>, mut next: u64) -> Result<u64, BookError> {
        let tile = self.tile_hashes(0, of.start / tiles::WIDTH_U64).await?.unwrap_or_default();
        let before = usize::try_from(of.start % tiles::WIDTH_U64).unwrap_or_default();
        let mut hashes = tile.into_iter().skip(before);
        let mut rows = self.parts.log.sheets(of.start, SHEETS_MAX).await?.into_iter().peekable();
        for number in of {
            let (row, hash) = (rows.next_if(|row| row.sheet == number), hashes.next());
            let right = row.as_ref().filter(|row| is_signed(row, hash.as_ref()));
            if let Some(right) = right {
                next = right.last + 1;
            } else if let Some(mended) = self
                .mended((number, next), hash)
                .await
                .unwrap_or_else(|error| not_made_anew(&error))
            {
                next = mended;
            } else {
                self.note_changed(number);
                // What the row says is not to be trusted, but nothing is taken that does not come to its hash.
                next = row.map_or(next, |row| row.last.saturating_add(1));
            }
        }
        Ok(next)
    }

    /// Makes a sheet anew in place of what is kept, and returns the pack behind it; none where it cannot be.
    async fn mended(
        &self,
        (sheet, first): (u64, u64),
        hash: Option<Hash>,
    ) -> Result<Option<u64>, BookError> {
        let has_tried_enough = self.standing.lock().changed_entries.len() >= NAMED_MAX;
        let Some(hash) = hash.filter(|_| !has_tried_enough) else { return Ok(None) };
        let Some(row) = self.sheet_of_hash((sheet, first), &hash).await? else { return Ok(None) };
        let next = row.last + 1;
        let _one_writes = self.end.lock().await;
        let checkpoint = self.parts.log.checkpoint().await?.ok_or(BookError::Torn)?;
        let addition = LogAddition { sheets: vec![row], tiles: Vec::new(), checkpoint };
        self.parts.log.extend_log(addition).await?;
        self.note_mended(sheet);
        Ok(Some(next))
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
            let sheets = self.parts.log.sheets(edge.size(), SHEETS_MAX).await?;
            if sheets.is_empty() {
                return Err(BookError::Entries(head.size));
            }
            // What is beyond the head is not the log's.
            for sheet in sheets.into_iter().filter(|sheet| sheet.sheet < head.size) {
                if sheet.sheet != edge.size() {
                    return Err(BookError::Entries(head.size));
                }
                edge.push(tree::leaf_hash(&sheet.entry), &mut grown);
            }
            if grown.is_empty() {
                return Err(BookError::Entries(head.size));
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

/// That it could not be tried is said, and that the entry was not made anew, by its name.
fn not_made_anew(error: &BookError) -> Option<u64> {
    tracing::warn!(error.cause = %error, "an entry of the log could not be made anew");
    None
}

/// Whether a row is the one that was signed: its entry has that hash, and it is what the entry says.
fn is_signed(row: &SheetRow, hash: Option<&Hash>) -> bool {
    let SheetRow { sheet, first, last, entry, marks } = row;
    hash.is_some_and(|hash| tree::leaf_hash(entry) == *hash)
        && Entry::read(entry).is_some_and(|entry| {
            (entry.sheet, entry.first, entry.last) == (*sheet, *first, *last)
                && entry.marks == <Hash>::from(Sha256::digest(marks))
        })
}
