//! Checking an exported ledger with nothing but its public key.
//!
//! Everything is computed anew from what is exported: the hash of every row, the root of every sheet, every tile,
//! the root of the log; then it is compared with what the key signed. What differs is located: by the marks down
//! to the row, by the tiles to the entry.

use super::{
    checkpoint::Checkpoint,
    entry::Entry,
    note::{Note, NoteError, NoteVerifier},
    sheet::{self, Leaf},
    tiles::{self, Edge, Grown, Series},
    tree::{self, Hash},
};
use crate::{UncertainWindow, pack};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt};

/// Faults that are reported at most.
const FAULTS_MAX: usize = 100;

/// The files of an export, by their paths.
pub trait Source: fmt::Debug {
    /// Returns a file; none where there is none.
    fn read(&self, path: &str) -> std::io::Result<Option<Vec<u8>>>;
}

/// Something in an export is not as it was when the key signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A file that has to be there is not.
    Missing(String),
    /// A file does not read.
    Unreadable(String),
    /// The checkpoint is not signed by the key.
    Checkpoint(NoteError),
    /// A tile is not what the entries and the tiles below make of it.
    Tile(String),
    /// An entry is not the one that the tile has, or not one at all.
    Entry(u64),
    /// The entries do not make up the root that was signed.
    Root,
    /// Rows of a pack are not what they were.
    Rows {
        /// The sheet.
        sheet: u64,
        /// The pack.
        pack: u64,
        /// The first of them.
        row: u32,
        /// How many there were.
        were: usize,
        /// How many there are in their place.
        are: usize,
    },
    /// A pack does not read: its first bytes or its checksum were changed.
    Pack {
        /// The sheet.
        sheet: u64,
        /// The pack.
        pack: u64,
    },
    /// A pack did not read any more when the log took it in: what it recorded was lost before it was signed.
    Lost {
        /// The sheet.
        sheet: u64,
        /// The pack.
        pack: u64,
    },
    /// The marks of a sheet are not what they were; so which of its rows were changed, if any, cannot be told.
    Marks(u64),
    /// The rows of a sheet do not make up the root of its entry.
    Sheet(u64),
    /// The entry of a sheet counts other rows than it has.
    Count {
        /// The sheet.
        sheet: u64,
        /// How many the entry says.
        were: u64,
        /// How many there are.
        are: u64,
    },
    /// The number of a pack is none of its sheet's, or does not follow the one before.
    Order {
        /// The sheet.
        sheet: u64,
        /// The pack.
        pack: u64,
    },
    /// The log does not contain the earlier one: the first entry that differs, where that can be told.
    Rewritten(Option<u64>),
    /// The log is shorter than the earlier one, which had so many entries.
    Shorter(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(formatter, "`{path}` is missing"),
            Self::Unreadable(path) => write!(formatter, "`{path}` cannot be read"),
            Self::Checkpoint(error) => write!(formatter, "`checkpoint`: {error}"),
            Self::Tile(path) => write!(formatter, "`{path}` is not what the entries make of it"),
            Self::Entry(number) => write!(formatter, "entry {number} of the log was changed"),
            Self::Root => {
                formatter.write_str("the entries do not make up the root that was signed")
            }
            Self::Rows { sheet, pack, row, were, are } if were == are => {
                let rows = if *were == 1 { "was" } else { "and what follows were" };
                write!(formatter, "pack {pack}, row {row} {rows} changed (sheet {sheet})")
            }
            Self::Rows { sheet, pack, row, were, are } => {
                write!(
                    formatter,
                    "pack {pack}, from row {row} on: there were {were} rows, and are {are} (sheet {sheet})"
                )
            }
            Self::Pack { sheet, pack } => {
                write!(formatter, "pack {pack} cannot be read (sheet {sheet})")
            }
            Self::Lost { sheet, pack } => write!(
                formatter,
                "pack {pack} could not be read any more when it was signed: what it recorded is lost (sheet {sheet})"
            ),
            Self::Marks(sheet) => write!(formatter, "the marks of sheet {sheet} were changed"),
            Self::Sheet(sheet) => write!(formatter, "the rows of sheet {sheet} were changed"),
            Self::Count { sheet, were, are } => {
                write!(formatter, "sheet {sheet} has {are} rows, and its entry counts {were}")
            }
            Self::Order { sheet, pack } => {
                write!(formatter, "pack {pack} does not belong where it is (sheet {sheet})")
            }
            Self::Rewritten(Some(number)) => {
                write!(formatter, "the log was rewritten: entry {number} is another than it was")
            }
            Self::Rewritten(None) => {
                formatter.write_str("the log was rewritten: it does not contain the earlier one")
            }
            Self::Shorter(size) => {
                write!(formatter, "the log was cut off: it had {size} entries before")
            }
        }
    }
}

/// What was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries in the log, each of one sheet.
    pub entries: u64,
    /// Packs.
    pub packs: u64,
    /// Rows, heads of packs included.
    pub rows: u64,
    /// Messages to partners.
    pub messages: u64,
    /// Keys of people that were destroyed.
    pub erasures: u64,
    /// Windows that were declared, in order: in them, records may be missing.
    pub windows: Vec<UncertainWindow>,
    /// Witnesses whose signatures on the checkpoint are right.
    pub witnesses: Vec<NoteVerifier>,
    /// Everything that is not as it was; at most a hundred.
    pub faults: Vec<Fault>,
}

/// What is known of the log from before.
#[derive(Debug)]
pub struct Earlier<'a> {
    /// The head it had.
    pub checkpoint: Checkpoint,
    /// An export from then, by which a change is located.
    pub files: Option<&'a dyn Source>,
}

/// Checks an export. What cannot be read is named, and everything else is checked all the same.
pub fn verify(
    files: &dyn Source,
    key: &NoteVerifier,
    witnesses: &[NoteVerifier],
    earlier: Option<&Earlier<'_>>,
) -> Report {
    let mut check = Check { files, report: Report::default() };
    if let Some((note, checkpoint)) = check.checkpoint(key) {
        let right = witnesses.iter().filter(|witness| witness.check(&note).is_ok());
        check.report.witnesses = right.cloned().collect();
        let entries = check.entries(checkpoint.size);
        let hashes = check.hashes(&entries);
        check.tiles(&hashes);
        if tree::root(&hashes) != checkpoint.root {
            check.fault(Fault::Root);
        }
        if let Some(earlier) = earlier {
            check.earlier(&hashes, checkpoint.size, earlier);
        }
        check.sheets(&entries);
    }
    check.report
}

/// An entry; none where the file that it was in is missing or does not read.
type Kept = Option<Vec<u8>>;

struct Check<'a> {
    files: &'a dyn Source,
    report: Report,
}

impl Check<'_> {
    fn fault(&mut self, fault: Fault) {
        let faults = &self.report.faults;
        if faults.len() < FAULTS_MAX && !faults.contains(&fault) {
            self.report.faults.push(fault);
        }
    }

    /// Reads a file that has to be there.
    fn file(&mut self, path: &str) -> Option<Vec<u8>> {
        match self.files.read(path) {
            Ok(Some(bytes)) => return Some(bytes),
            Ok(None) => self.fault(Fault::Missing(path.to_owned())),
            Err(_error) => self.fault(Fault::Unreadable(path.to_owned())),
        }
        None
    }

    fn checkpoint(&mut self, key: &NoteVerifier) -> Option<(Note, Checkpoint)> {
        let bytes = self.file("checkpoint")?;
        let read = Checkpoint::open(&bytes, key)
            .and_then(|checkpoint| Ok((Note::read(&bytes)?, checkpoint)));
        read.map_err(|error| self.fault(Fault::Checkpoint(error))).ok()
    }

    /// Reads all entries.
    fn entries(&mut self, size: u64) -> Vec<Kept> {
        let mut entries = Vec::new();
        for file in tiles::files(Series::Entries, size) {
            let path = file.to_string();
            let bytes = self.file(&path);
            let bundle = bytes.as_deref().and_then(tiles::read_bundle);
            if let Some(bundle) = bundle.filter(|bundle| bundle.len() == file.width) {
                entries.extend(bundle.into_iter().map(|entry| Some(entry.to_vec())));
                continue;
            }
            if bytes.is_some() {
                self.fault(Fault::Unreadable(path));
            }
            entries.extend(std::iter::repeat_n(None, file.width));
        }
        self.report.entries = u64::try_from(entries.iter().flatten().count()).unwrap_or(u64::MAX);
        entries
    }

    /// Hashes the entries. For those of a file that does not read the tile stands in; where it does not read either,
    /// there is nothing to go on with.
    fn hashes(&self, entries: &[Kept]) -> Vec<Hash> {
        let mut hashes = Vec::new();
        for (number, kept) in (0..).zip(entries.chunks(tiles::WIDTH)) {
            let hash = |entry: &Kept| entry.as_deref().map(tree::leaf_hash);
            let Some(of_file) =
                kept.iter().map(hash).collect::<Option<Vec<Hash>>>().or_else(|| {
                    let path = tiles::path(Series::Level(0), number, kept.len());
                    let tile = self.files.read(&path).ok()??;
                    let (hashes, rest) = tile.as_chunks();
                    (rest.is_empty() && hashes.len() == kept.len()).then(|| hashes.to_vec())
                })
            else {
                break;
            };
            hashes.extend(of_file);
        }
        hashes
    }

    /// Compares every tile with what the entries make of it.
    fn tiles(&mut self, hashes: &[Hash]) {
        let mut right: BTreeMap<(u8, u64), Vec<Hash>> = BTreeMap::new();
        let (mut edge, mut grown) = (Edge::default(), Vec::<Grown>::new());
        for hash in hashes {
            edge.push(*hash, &mut grown);
            right.extend(grown.drain(..).map(|(level, number, hashes)| ((level, number), hashes)));
        }
        for ((level, number), hashes) in right {
            let path = tiles::path(Series::Level(level), number, hashes.len());
            let Some(file) = self.file(&path) else { continue };
            if file == hashes.concat() {
                continue;
            }
            let differs = hashes
                .iter()
                .zip(file.chunks(size_of::<Hash>()))
                .position(|(right, is)| right != is);
            match (level, differs.and_then(|place| u64::try_from(place).ok())) {
                (0, Some(place)) => self.fault(Fault::Entry(number * tiles::WIDTH_U64 + place)),
                (_, _) => self.fault(Fault::Tile(path)),
            }
        }
    }

    fn earlier(&mut self, hashes: &[Hash], now: u64, earlier: &Earlier<'_>) {
        let Checkpoint { size, root, .. } = &earlier.checkpoint;
        let before = usize::try_from(*size).ok().and_then(|size| hashes.get(..size));
        match before {
            // Which it had is not known: that it lacks files is named.
            None if *size <= now => {}
            None => self.fault(Fault::Shorter(*size)),
            Some(before) if tree::root(before) == *root => {}
            Some(before) => {
                let mut first = None;
                if let Some(files) = earlier.files {
                    let mut then = Check { files, report: Report::default() };
                    let then = then.entries(*size);
                    let pairs = then.iter().zip(before);
                    let differs = pairs.into_iter().position(|(then, now)| {
                        then.as_deref().is_some_and(|then| tree::leaf_hash(then) != *now)
                    });
                    first = differs.and_then(|place| u64::try_from(place).ok());
                }
                self.fault(Fault::Rewritten(first));
            }
        }
    }

    /// Checks every sheet against its entry. Behind an entry that is none, the next one says itself where it begins.
    fn sheets(&mut self, entries: &[Kept]) {
        let mut next = Some(1);
        for (number, kept) in (0..).zip(entries) {
            let entry = kept.as_deref().and_then(Entry::read).filter(|entry| {
                let begins = next.is_none_or(|next| entry.first == next);
                entry.sheet == number && begins && entry.last >= entry.first
            });
            next = entry.and_then(|entry| entry.last.checked_add(1));
            let path = sheet::path(number);
            let bytes = self.file(&path);
            match (entry, bytes) {
                (Some(entry), Some(bytes)) => self.sheet(&entry, &path, &bytes),
                (None, Some(bytes)) if sheet::read(&bytes).is_none() => {
                    self.fault(Fault::Unreadable(path));
                }
                (_, _) => {}
            }
            if entry.is_none() && kept.is_some() {
                self.fault(Fault::Entry(number));
            }
        }
    }

    fn sheet(&mut self, entry: &Entry, path: &str, bytes: &[u8]) {
        let Some(sheet) = sheet::read(bytes) else {
            return self.fault(Fault::Unreadable(path.to_owned()));
        };
        let (mut leaves, mut next, mut stray) = (Vec::new(), entry.first, None);
        let mut unreadable = Vec::new();
        for (pack, bytes) in sheet.packs {
            if !(next..=entry.last).contains(&pack) {
                stray.get_or_insert(pack);
            }
            next = pack.saturating_add(1);
            let taken_in = sheet::taken_in(pack, bytes);
            if taken_in.is_readable {
                self.count(bytes);
            } else {
                unreadable.extend(taken_in.leaves.first().copied());
            }
            leaves.extend(taken_in.leaves);
        }
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
        let are_marks_right = <Hash>::from(Sha256::digest(sheet.marks)) == entry.marks;
        if !are_marks_right {
            self.fault(Fault::Marks(entry.sheet));
        }
        let is_signed = tree::root(&hashes) == entry.root;
        let marks = if are_marks_right { sheet.marks } else { &[] };
        let are_all_lost = self.unreadable(entry, &unreadable, is_signed, marks);
        if is_signed {
            return self.signed(entry, &leaves, stray);
        }
        if are_all_lost {
            let located = if are_marks_right { locate(entry, &leaves, marks) } else { None };
            self.fault(located.unwrap_or(Fault::Sheet(entry.sheet)));
        }
    }

    /// Tells packs that were signed unreadable from those that became so later. Returns whether all were signed so.
    fn unreadable(&mut self, entry: &Entry, packs: &[Leaf], is_signed: bool, marks: &[u8]) -> bool {
        let sheet = entry.sheet;
        let mut are_all_lost = true;
        for leaf in packs {
            let pack = leaf.pack;
            if is_signed || marks.as_chunks().0.contains(&leaf.mark()) {
                self.fault(Fault::Lost { sheet, pack });
            } else {
                self.fault(Fault::Pack { sheet, pack });
                are_all_lost = false;
            }
        }
        are_all_lost
    }

    /// Holds what was signed against itself: a sheet whose rows are right has as many as its entry says, in packs
    /// of its own.
    fn signed(&mut self, entry: &Entry, leaves: &[Leaf], stray: Option<u64>) {
        let Entry { sheet, rows: were, .. } = *entry;
        if let Some(pack) = stray {
            self.fault(Fault::Order { sheet, pack });
        }
        let are = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
        if are != were {
            self.fault(Fault::Count { sheet, were, are });
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        let Ok(pack) = pack::read(bytes) else { return };
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.report.packs += 1;
        self.report.rows += pack::rows(bytes).map_or(0, |rows| count(rows.len()));
        self.report.messages += count(pack.messages.len());
        self.report.erasures += count(pack.erasures.len());
        self.report.windows.extend(pack.windows);
    }
}

/// Finds which rows are not those that were marked: all that is between what is the same at the beginning and
/// what is the same at the end.
fn locate(entry: &Entry, leaves: &[Leaf], marks: &[u8]) -> Option<Fault> {
    let marks: Vec<[u8; 8]> = marks.as_chunks().0.to_vec();
    let found: Vec<[u8; 8]> = leaves.iter().map(Leaf::mark).collect();
    let same = |pair: &(&[u8; 8], &[u8; 8])| pair.0 == pair.1;
    let begin = marks.iter().zip(&found).take_while(same).count();
    let (rest, left) = (marks.get(begin..)?, found.get(begin..)?);
    let end = rest.iter().rev().zip(left.iter().rev()).take_while(same).count();
    let (were, are) = (rest.len() - end, left.len() - end);
    if were == 0 && are == 0 {
        return None;
    }
    let (pack, row) = match (leaves.get(begin), begin.checked_sub(1).and_then(|at| leaves.get(at)))
    {
        (Some(leaf), _) if are > 0 => (leaf.pack, leaf.row),
        (_, Some(before)) => (before.pack, before.row + 1),
        (Some(leaf), None) => (leaf.pack, leaf.row),
        (None, None) => (entry.first, 0),
    };
    Some(Fault::Rows { sheet: entry.sheet, pack, row, were, are })
}
