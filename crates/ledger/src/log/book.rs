//! The writer of the log: gathers committed packs into sheets, and signs what comes of it.

use super::{
    LogAddition, LogEnd, LogStore, SHEET_ROWS_MAX, SheetRow, TileRow,
    checkpoint::Checkpoint,
    note::{Note, NoteSigner, NoteVerifier},
    sheet::{self, Leaf},
    tiles::{self, Edge, Grown, Series, TilePath, WIDTH},
    tree::{self, Hash},
};
use crate::{LedgerStore, LedgerStoreError, PackRow};
use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Mutex;

/// Packs read at once.
pub(super) const PACKS_MAX: usize = 64;
/// Sheets read at once: each has marks of up to 128 KiB or so. A tile is of so many times more.
pub(super) const SHEETS_MAX: usize = 32;
/// Packs that cannot be read, or entries that were changed, and are named; more are only said in the log of the program.
pub(super) const NAMED_MAX: usize = 16;

/// The log could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The store failed.
    #[error("the store of the log failed")]
    Store(#[from] LedgerStoreError),
    /// A pack cannot be read any more.
    #[error("pack {0} of the record is damaged")]
    Damaged(u64),
    /// The rows of a sheet were changed after the log had signed them.
    #[error("the rows of sheet {0} are not those that the log signed")]
    Changed(u64),
    /// An entry is not the one that the log signed.
    #[error("entry {0} of the log is not the one that was signed")]
    Entry(u64),
    /// A pack is in the log, and the row of its sheet is not.
    #[error("the sheet that pack {0} is in is missing from the log that is kept, or was changed")]
    NoSheet(u64),
    /// The last sheets are gone, and what is left of the record does not come to them.
    #[error(
        "the log has lost its sheets from {kept} on: its head was signed with {signed}, and the record does not come \
         to them"
    )]
    Lost {
        /// How many are kept.
        kept: u64,
        /// How many the head counts.
        signed: u64,
    },
    /// Neither the tiles nor the entries make up the root that was signed.
    #[error("the {0} entries of the log do not make up the head that was signed")]
    Entries(u64),
    /// There is no head to hold the log against, and its tiles do not make up its entries.
    #[error(
        "the head that was signed is missing or does not read, and the tiles are not those of the {0} entries"
    )]
    NoHead(u64),
    /// What is kept of the log does not fit together.
    #[error("the log that is kept does not fit together")]
    Torn,
}

/// What the writer of the log has done since it was opened, and where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogFigures {
    /// Entries in the log.
    pub size: u64,
    /// Rows hashed.
    pub rows: u64,
    /// Packs taken in.
    pub packs: u64,
}

/// How the log stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogStanding {
    /// Entries in it.
    pub entries: u64,
    /// Packs that it lacks, at most: commits behind its last. 0 where it had all of them the last time.
    pub behind: u64,
    /// Why it could not be written the last time, if it could not.
    pub failing: Option<LogFailure>,
    /// Packs that could not be read when the log took them in, since the start; the first of them.
    pub unreadable: Vec<u64>,
    /// It was empty at the start, though packs were recorded.
    pub began_anew: bool,
    /// With how many entries it was signed without the head that was signed before, each number once, for good:
    /// what was signed before then may not be in it.
    pub signed_anew: Vec<u64>,
    /// Rows at the start that were beyond the head that was signed, so that they are not the log's: the first.
    pub added_entries: Vec<u64>,
    /// Why the entries could not be compared any further the last time, if they could not.
    pub not_comparing: Option<String>,
    /// How many entries were compared with the tiles since the start, from the first on.
    pub compared: u64,
    /// Entries that are missing or not those that were signed, and could not be made anew: how many.
    pub changed: u64,
    /// The first of them.
    pub changed_entries: Vec<u64>,
    /// Entries that were missing or changed since the start, and were made anew as they were signed: the first.
    pub mended_entries: Vec<u64>,
}

/// Why the log cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFailure {
    /// In words.
    pub cause: String,
    /// The number of the first pack that it lacks.
    pub pack: u64,
    /// The number of the sheet that it cannot go on behind.
    pub sheet: u64,
}

/// What a log is written with.
#[derive(Debug)]
pub struct BookParts {
    /// Where the packs are.
    pub packs: Arc<dyn LedgerStore>,
    /// Where the log is kept.
    pub log: Arc<dyn LogStore>,
    /// The key that signs checkpoints; its name is the log's.
    pub signer: NoteSigner,
    /// Whose cosignatures are taken.
    pub witnesses: Vec<NoteVerifier>,
}

/// The log. One writes at a time.
#[derive(Debug)]
pub struct Book {
    pub(super) parts: BookParts,
    pub(super) end: Mutex<Option<End>>,
    size: AtomicU64,
    rows: AtomicU64,
    packs: AtomicU64,
    last_pack: AtomicU64,
    /// Where looking through goes on, if it was cut off.
    pub(super) looking: parking_lot::Mutex<Option<Looking>>,
    pub(super) standing: parking_lot::Mutex<LogStanding>,
}

/// The next entry to look at, and the pack that it is to begin with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looking {
    pub(super) entry: u64,
    pub(super) pack: u64,
}

#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) edge: Edge,
    last_pack: u64,
}

impl Book {
    /// Makes the log's writer; nothing is read yet.
    pub fn new(parts: BookParts) -> Self {
        Self {
            parts,
            end: Mutex::new(None),
            size: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            packs: AtomicU64::new(0),
            last_pack: AtomicU64::new(0),
            looking: parking_lot::Mutex::default(),
            standing: parking_lot::Mutex::default(),
        }
    }

    /// Sees to it that there is a log, before anything is recorded: so one that is empty later was emptied, and
    /// [`LogStanding::began_anew`] says so.
    pub async fn begin(&self) -> Result<(), BookError> {
        let _one_writes = self.end.lock().await;
        self.standing.lock().signed_anew = self.parts.log.signed_anew().await?;
        let has_entries = self.parts.log.log_end(u64::MAX).await?.size > 0;
        if has_entries || self.parts.log.checkpoint().await?.is_some() {
            return Ok(());
        }
        let began_anew = self.sign_anew(&Edge::default()).await?;
        self.standing.lock().began_anew = began_anew;
        Ok(())
    }

    /// Returns the public key of the checkpoints.
    pub fn verifier(&self) -> NoteVerifier {
        self.parts.signer.verifier()
    }

    /// Takes in every pack that is committed by now. Done again after a failure or a crash, it goes on where the
    /// log ended.
    pub async fn catch_up(&self) -> Result<(), BookError> {
        let mut kept = self.end.lock().await;
        let outcome = self.take_in(&mut kept).await;
        let failing = match &outcome {
            Ok(()) => None,
            Err(error) => Some(self.failure(error).await),
        };
        let mut standing = self.standing.lock();
        let (behind, failing) = failing.unzip();
        standing.behind = behind.unwrap_or_default();
        standing.failing = failing;
        outcome
    }

    async fn take_in(&self, kept: &mut Option<End>) -> Result<(), BookError> {
        let mut end = match kept.take() {
            Some(end) => end,
            None => self.open().await?,
        };
        while let Some(next) = self.step(&end).await? {
            end = next;
        }
        *kept = Some(end);
        Ok(())
    }

    /// Returns how far the log is behind, and why.
    async fn failure(&self, error: &BookError) -> (u64, LogFailure) {
        let last = self.last_pack.load(Ordering::Relaxed);
        // Where the store does not say how much there is, what was known before is no worse.
        let head = self.parts.packs.head().await.map_or(last, |head| head.commit);
        let sheet = self.size.load(Ordering::Relaxed);
        (head.saturating_sub(last), LogFailure { cause: error.to_string(), pack: last + 1, sheet })
    }

    /// Returns how the log stands.
    pub fn standing(&self) -> LogStanding {
        let entries = self.size.load(Ordering::Relaxed);
        LogStanding { entries, ..self.standing.lock().clone() }
    }

    /// Returns the figures of the writer.
    pub fn figures(&self) -> LogFigures {
        LogFigures {
            size: self.size.load(Ordering::Relaxed),
            rows: self.rows.load(Ordering::Relaxed),
            packs: self.packs.load(Ordering::Relaxed),
        }
    }

    /// Reads where the log ended, and sees to it that its head is signed with the key in use. What is kept has to come
    /// to the head that was signed. Where there is no such head, or an older one than the tiles are of, what there is
    /// is signed, and that is said for good: nothing waits for the log, and it cannot be told from what is kept whether
    /// anything is missing.
    async fn open(&self) -> Result<End, BookError> {
        let note = self.parts.log.checkpoint().await?;
        let head = note.and_then(|note| Checkpoint::open(note.as_bytes(), &self.verifier()).ok());
        let mut kept = self.parts.log.log_end(u64::MAX).await?;
        if let Some(head) = &head {
            kept = self.up_to(head, kept).await?;
        }
        self.note_end(&kept);
        let edge = edge_of(&kept);
        let LogEnd { size, last_pack, .. } = kept;
        let head = head.filter(|head| head.size == size);
        let is_signed = |edge: &Edge| head.as_ref().is_none_or(|head| head.root == edge.root());
        let edge = match (edge.filter(is_signed), &head) {
            (Some(edge), _) => edge,
            (None, Some(head)) => self.tiles_anew(head).await?,
            (None, None) => return Err(BookError::NoHead(size)),
        };
        if head.is_none() && self.sign_anew(&edge).await? {
            tracing::error!(
                log.entries = size,
                "the log was signed without the head that was signed before, which is missing, older or does not read: \
                 compare it with what witnesses and earlier exports have"
            );
        }
        Ok(End { edge, last_pack })
    }

    /// Returns where the log ends that goes with a head: rows beyond it are left out, and missing ones made anew.
    async fn up_to(&self, head: &Checkpoint, kept: LogEnd) -> Result<LogEnd, BookError> {
        // Why where the tiles do not go with them: otherwise it is the head that is not the latest.
        let kept = if kept.size > head.size && edge_of(&kept).is_none() {
            self.note_added(&self.parts.log.sheets(head.size, NAMED_MAX).await?);
            self.parts.log.log_end(head.size).await?
        } else {
            kept
        };
        self.note_end(&kept);
        if kept.size >= head.size {
            return Ok(kept);
        }
        self.restore(&kept, head).await?;
        Ok(self.parts.log.log_end(head.size).await?)
    }

    fn note_end(&self, end: &LogEnd) {
        self.size.store(end.size, Ordering::Relaxed);
        self.last_pack.store(end.last_pack, Ordering::Relaxed);
    }

    /// Signs the log without a head that it was held against, and returns whether that is worth saying, which then is
    /// kept for good: not so where there is nothing yet to have been signed before.
    async fn sign_anew(&self, edge: &Edge) -> Result<bool, BookError> {
        let BookParts { packs, log, .. } = &self.parts;
        let is_new = edge.size() == 0
            && packs.packs(0, 1).await?.is_empty()
            && log.tile(0, 0).await?.is_none();
        if !is_new {
            log.keep_signed_anew(edge.size()).await?;
            self.standing.lock().signed_anew = log.signed_anew().await?;
        }
        self.sign_again(edge).await?;
        Ok(!is_new)
    }

    async fn sign_again(&self, edge: &Edge) -> Result<(), BookError> {
        let checkpoint = self.sign(edge);
        let addition = LogAddition { sheets: Vec::new(), tiles: Vec::new(), checkpoint };
        Ok(self.parts.log.extend_log(addition).await?)
    }

    fn sign(&self, edge: &Edge) -> String {
        let origin = self.parts.signer.name().to_owned();
        Checkpoint { origin, size: edge.size(), root: edge.root() }.sign(&self.parts.signer)
    }

    /// Adds one sheet; none where no pack waits.
    async fn step(&self, end: &End) -> Result<Option<End>, BookError> {
        let (leaves, last, packs) = self.gather(end.last_pack + 1).await?;
        if packs == 0 {
            return Ok(None);
        }
        let mut edge = end.edge.clone();
        let (first, number) = (end.last_pack + 1, edge.size());
        let (entry, marks) = sheet::entry(number, (first, last), &leaves);
        let entry = entry.text().into_bytes();
        let mut grown = Vec::new();
        edge.push(tree::leaf_hash(&entry), &mut grown);
        let addition = LogAddition {
            sheets: vec![SheetRow { sheet: number, first, last, entry, marks }],
            tiles: grown.into_iter().map(tile_row).collect(),
            checkpoint: self.sign(&edge),
        };
        self.parts.log.extend_log(addition).await?;
        self.size.store(edge.size(), Ordering::Relaxed);
        self.last_pack.store(last, Ordering::Relaxed);
        self.rows.fetch_add(u64::try_from(leaves.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.packs.fetch_add(packs, Ordering::Relaxed);
        Ok(Some(End { edge, last_pack: last }))
    }

    /// Hashes the packs from that number on, until there are enough rows for a sheet. Returns the rows, the
    /// last pack, and how many there were.
    async fn gather(&self, from: u64) -> Result<(Vec<Leaf>, u64, u64), BookError> {
        let (mut leaves, mut next, mut count) = (Vec::new(), from, 0);
        loop {
            let packs = self.parts.packs.packs(next, PACKS_MAX).await?;
            if packs.is_empty() {
                return Ok((leaves, next.saturating_sub(1), count));
            }
            for PackRow { pack, leaves: bytes, .. } in packs {
                let taken_in = sheet::taken_in(pack, &bytes);
                if !taken_in.is_readable {
                    self.pass_over(pack);
                }
                leaves.extend(taken_in.leaves);
                next = pack + 1;
                count += 1;
                if leaves.len() >= SHEET_ROWS_MAX {
                    return Ok((leaves, pack, count));
                }
                // Why: hashing takes its time, and others have theirs.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Notes a pack that the log signs as unreadable. One is met again where the sheet was not kept.
    fn pass_over(&self, pack: u64) {
        let unreadable = &mut self.standing.lock().unreadable;
        if unreadable.contains(&pack) {
            return;
        }
        if unreadable.len() < NAMED_MAX {
            unreadable.push(pack);
        }
        tracing::error!(
            pack.number = pack,
            "a pack of the record cannot be read; the log signs it as it is and goes on"
        );
    }

    async fn tile(
        &self,
        level: u8,
        number: u64,
        width: usize,
    ) -> Result<Option<Vec<u8>>, BookError> {
        let tile = self.parts.log.tile(level, number).await?;
        let bytes = width * size_of::<Hash>();
        Ok(tile.and_then(|tile| tile.get(..bytes).map(<[u8]>::to_vec)))
    }

    async fn bundle(&self, number: u64, width: usize) -> Result<Option<Vec<u8>>, BookError> {
        let Some(from) = number.checked_mul(tiles::WIDTH_U64) else { return Ok(None) };
        let Ok(count) = u64::try_from(width.min(WIDTH)) else { return Ok(None) };
        let entries = self.entries_of(from..from.saturating_add(count)).await?;
        if self.signed_size().await? < from.saturating_add(count) {
            return Ok(None);
        }
        // Why empty ones: the others of a bundle can still be had and checked where one is missing.
        let entries = (from..from + count)
            .map(|number| entries.get(&number).map(Vec::as_slice).unwrap_or_default());
        tiles::bundle(entries).map(Some).ok_or(BookError::Torn)
    }

    /// Returns those of these entries that are kept.
    async fn entries_of(&self, of: Range<u64>) -> Result<HashMap<u64, Vec<u8>>, BookError> {
        let (mut entries, mut next) = (HashMap::new(), of.start);
        while next < of.end {
            let some = self.parts.log.sheets(next, SHEETS_MAX).await?;
            let Some(last) = some.last() else { break };
            next = last.sheet.saturating_add(1);
            let of_them = some.into_iter().filter(|sheet| of.contains(&sheet.sheet));
            entries.extend(of_them.map(|sheet| (sheet.sheet, sheet.entry)));
        }
        Ok(entries)
    }

    /// Returns how many entries the latest checkpoint counts.
    pub(super) async fn signed_size(&self) -> Result<u64, BookError> {
        let Some(note) = self.parts.log.checkpoint().await? else { return Ok(0) };
        let read = Note::read(note.as_bytes()).and_then(|note| Checkpoint::read(note.text()));
        Ok(read.map_err(|_odd| BookError::Torn)?.size)
    }

    /// Returns the file of a sheet: its marks and packs.
    pub async fn sheet(&self, number: u64) -> Result<Option<Vec<u8>>, BookError> {
        let Some(row) = self.sheet_row(number).await? else { return Ok(None) };
        Ok(Some(sheet::write(&row.marks, &self.packs_of(&row).await?)))
    }

    pub(super) async fn sheet_row(&self, number: u64) -> Result<Option<SheetRow>, BookError> {
        let found = self.parts.log.sheets(number, 1).await?.into_iter().next();
        Ok(found.filter(|row| row.sheet == number))
    }

    /// Returns the packs of a sheet, in order.
    pub(super) async fn packs_of(&self, row: &SheetRow) -> Result<Vec<PackRow>, BookError> {
        let (mut packs, mut next) = (Vec::new(), row.first);
        loop {
            let mut some = self.parts.packs.packs(next, PACKS_MAX).await?;
            some.retain(|pack| pack.pack <= row.last);
            let Some(last) = some.last() else { return Ok(packs) };
            next = last.pack + 1;
            packs.append(&mut some);
        }
    }

    /// Returns the hashes of a tile, as far as it has grown and they are whole.
    pub(super) async fn tile_hashes(
        &self,
        level: u8,
        number: u64,
    ) -> Result<Option<Vec<Hash>>, BookError> {
        let tile = self.parts.log.tile(level, number).await?;
        Ok(tile.map(|bytes| bytes.as_chunks::<{ size_of::<Hash>() }>().0.to_vec()))
    }
}

impl Book {
    /// Returns a tile or bundle; none where the log has not grown so far.
    pub async fn read(&self, path: TilePath) -> Result<Option<Vec<u8>>, BookError> {
        match path.series {
            Series::Level(level) => self.tile(level, path.number, path.width).await,
            Series::Entries => self.bundle(path.number, path.width).await,
        }
    }
}

pub(super) fn tile_row((level, number, hashes): Grown) -> TileRow {
    TileRow { level, number, hashes: hashes.concat() }
}

/// Returns the right edge of what is kept; none where the tiles are not those of so many entries.
fn edge_of(kept: &LogEnd) -> Option<Edge> {
    let levels = kept.edge.iter().map(|hashes| hashes_of(hashes)).collect::<Option<Vec<_>>>();
    Edge::resume(kept.size, levels?)
}

fn hashes_of(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<{ size_of::<Hash>() }>();
    rest.is_empty().then(|| hashes.to_vec())
}
