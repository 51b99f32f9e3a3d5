//! Where hashes and entries are in files (C2SP `tlog-tiles`), and the right edge of a growing tree.
//!
//! A tile is 256 hashes of one level, or fewer at the end: `tile/LEVEL/NUMBER`, and `.p/WIDTH` for fewer. A hash
//! of one level stands for 256 of the level below. A bundle is 256 entries, each after its length in two bytes:
//! `tile/entries/NUMBER`. Numbers are in groups of three digits, all but the last after an `x`.

use super::tree::{self, Hash};
use std::ops::Range;

/// Hashes in a full tile.
pub const WIDTH: usize = 256;
/// The same, as numbers of entries count.
pub const WIDTH_U64: u64 = 256;

/// Which files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Hashes of a level.
    Level(u8),
    /// Entries.
    Entries,
}

/// One file: which, and with how many hashes or entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePath {
    /// Hashes of a level, or entries.
    pub series: Series,
    /// The number.
    pub number: u64,
    /// How many.
    pub width: usize,
}

impl std::fmt::Display for TilePath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&path(self.series, self.number, self.width))
    }
}

/// Returns every file of a log of so many entries: tiles of all levels, lowest first, and bundles of entries.
pub fn all(size: u64) -> Vec<TilePath> {
    let levels = (0_u8..).map_while(|level| {
        let count = count_at(size, level);
        (count > 0).then_some((Series::Level(level), count))
    });
    levels
        .chain([(Series::Entries, size)])
        .flat_map(|(series, count)| files(series, count))
        .collect()
}

pub(crate) fn files(series: Series, count: u64) -> impl Iterator<Item = TilePath> {
    (0..).map_while(move |number| {
        width_of(count, number).map(|width| TilePath { series, number, width })
    })
}

/// Returns the path of a tile or bundle with so many hashes or entries.
pub fn path(series: Series, number: u64, width: usize) -> String {
    let mut digits = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        digits = format!("x{:03}/{digits}", rest % 1000);
        rest /= 1000;
    }
    let folder = match series {
        Series::Level(level) => level.to_string(),
        Series::Entries => "entries".to_owned(),
    };
    let partial = if width < WIDTH { format!(".p/{width}") } else { String::new() };
    format!("tile/{folder}/{digits}{partial}")
}

/// Reads a path after `tile/`.
pub fn read_path(path: &str) -> Option<TilePath> {
    let (folder, rest) = path.split_once('/')?;
    let series = match folder {
        "entries" => Series::Entries,
        level => Series::Level(level.parse().ok().filter(|level| *level < 64)?),
    };
    let (digits, width) = match rest.split_once(".p/") {
        Some((digits, width)) => {
            (digits, width.parse().ok().filter(|width| (1..WIDTH).contains(width))?)
        }
        None => (rest, WIDTH),
    };
    let groups: Vec<&str> = digits.split('/').collect();
    let (last, before) = groups.split_last()?;
    let mut number = 0_u64;
    let before = before.iter().map(|group| group.strip_prefix('x'));
    for group in before.chain([Some(*last)]) {
        let group = group.filter(|group| group.len() == 3)?;
        let group: u64 =
            group.parse().ok().filter(|_| group.bytes().all(|digit| digit.is_ascii_digit()))?;
        number = number.checked_mul(1000)?.checked_add(group)?;
    }
    // One path for each tile: what was read is what is written.
    let read = TilePath { series, number, width };
    (read.to_string().strip_prefix("tile/") == Some(path)).then_some(read)
}

/// Returns how wide the tile of that number is where a series has so many hashes; none where there is none.
pub fn width_of(count: u64, number: u64) -> Option<usize> {
    let left = count.checked_sub(number.checked_mul(WIDTH_U64)?)?;
    match usize::try_from(left.min(WIDTH_U64)) {
        Ok(0) | Err(_) => None,
        Ok(width) => Some(width),
    }
}

/// Returns how many hashes a level has in a log of so many entries.
pub fn count_at(size: u64, level: u8) -> u64 {
    (0..level).fold(size, |count, _| count / WIDTH_U64)
}

/// Writes entries as a bundle. An entry of more than 65,535 bytes cannot be written.
pub fn bundle<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(&u16::try_from(entry.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Some(bytes)
}

/// Reads a bundle.
pub fn read_bundle(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut rest, mut entries) = (bytes, Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        rest = after;
    }
    rest.is_empty().then_some(entries)
}

/// A whole subtree, as it stands in a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The level of the tile.
    pub level: u8,
    /// The number of the tile.
    pub tile: u64,
    /// Over which of its hashes the subtree stands.
    pub hashes: Range<usize>,
}

/// Returns the whole subtrees, the largest first, that make up the leaves of a node: their number is a sum of
/// powers of two, and the node begins where one of the largest can.
pub fn nodes(leaves: Range<u64>) -> Vec<Node> {
    let (mut begin, mut nodes) = (leaves.start, Vec::new());
    while let Some(height) = (leaves.end - begin).checked_ilog2() {
        let level = height / WIDTH_U64.ilog2();
        let first = begin >> (level * WIDTH_U64.ilog2());
        let place = usize::try_from(first % WIDTH_U64).unwrap_or_default();
        let hashes = place..place + (1 << (height % WIDTH_U64.ilog2()));
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        nodes.push(Node { level, tile: first / WIDTH_U64, hashes });
        begin += 1 << height;
    }
    nodes
}

/// The last tile of every level: all that a log needs to grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// By level; each has fewer hashes than a full tile.
    levels: Vec<Vec<Hash>>,
}

/// A tile that grew: its level, its number, and all of its hashes.
pub type Grown = (u8, u64, Vec<Hash>);

impl Edge {
    /// Takes up a log of that size again, with the last tiles of its levels, lowest first. None where they are
    /// not those of a log of that size.
    pub fn resume(size: u64, levels: Vec<Vec<Hash>>) -> Option<Self> {
        for (level, hashes) in (0_u8..).zip(&levels) {
            let expected = usize::try_from(count_at(size, level) % WIDTH_U64).ok()?;
            if hashes.len() != expected {
                return None;
            }
        }
        let level = u8::try_from(levels.len()).ok()?;
        (count_at(size, level) == 0).then_some(Self { size, levels })
    }

    /// Returns how many entries the log has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry, and notes each tile that grew in place of what it was.
    pub fn push(&mut self, leaf: Hash, grown: &mut Vec<Grown>) {
        let mut hash = leaf;
        for level in 0_u8.. {
            let place = usize::from(level);
            if self.levels.len() == place {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(place) else { return };
            hashes.push(hash);
            let number = count_at(self.size, level) / WIDTH_U64;
            grown.retain(|(other, tile, _)| (*other, *tile) != (level, number));
            grown.push((level, number, hashes.clone()));
            if hashes.len() < WIDTH {
                break;
            }
            hash = tree::root(hashes);
            hashes.clear();
        }
        self.size += 1;
    }

    /// Returns the root of the log.
    pub fn root(&self) -> Hash {
        let mut below = None;
        for hashes in &self.levels {
            // What is not yet a full tile stands at the right end of the level above.
            let all: Vec<Hash> = hashes.iter().copied().chain(below).collect();
            below = if all.is_empty() { None } else { Some(tree::root(&all)) };
        }
        below.unwrap_or_else(|| tree::root(&[]))
    }
}

#[cfg(test)]
mod tests;
