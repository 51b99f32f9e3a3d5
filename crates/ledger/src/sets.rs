//! Which sets of values the store has already, so that telling the same again costs a count.

use crate::{
    Day, KeyId, ToldRow,
    keys::{KeyFault, SubjectSecret},
    marks::{Marker, write_text},
    recent::Recent,
};
use sluicegate_gate::{Categories, EditionHash, PartnershipId, Path, time::UnixMillis};

/// Sets of values remembered at most, at about 64 bytes each. One that was forgotten is written and
/// encrypted once more; the store keeps the first.
const SETS_MAX: usize = 262_144;

/// One set of values told about one subject, before it is sealed.
#[derive(Debug)]
pub(crate) struct Set<'a> {
    /// A subject erased and seen again has another one, and so other sets.
    pub(crate) key: KeyId,
    pub(crate) partnership: &'a PartnershipId,
    pub(crate) path: Path,
    pub(crate) day: Day,
    pub(crate) categories: Categories,
    /// What the values are known by.
    pub(crate) values: u128,
}

impl Set<'_> {
    /// Returns what the set is known by.
    pub(crate) fn mark(&self, marker: &Marker, bytes: &mut Vec<u8>) -> u128 {
        bytes.clear();
        bytes.extend_from_slice(&self.values.to_be_bytes());
        bytes.extend_from_slice(&self.key.0.to_be_bytes());
        bytes.extend_from_slice(&self.day.0.to_be_bytes());
        bytes.push(self.categories.bits());
        write_text(bytes, self.path.name());
        write_text(bytes, self.partnership.as_str());
        marker.mark(bytes)
    }

    /// Returns a row that tells it once, without its values.
    pub(crate) fn row(&self, digest: [u8; 16], edition: EditionHash, at: UnixMillis) -> ToldRow {
        ToldRow {
            key: self.key,
            partnership: self.partnership.clone(),
            day: self.day,
            digest,
            path: self.path,
            categories: self.categories,
            edition,
            sealed: None,
            count: 1,
            first: at,
            last: at,
        }
    }
}

/// Returns what the store knows a set by: nobody without the person's key says which values it stands for, and
/// nobody changes the way or the categories of its row unseen.
pub(crate) fn digest(
    secret: &SubjectSecret,
    path: Path,
    categories: Categories,
    plain: &[u8],
) -> Result<[u8; 16], KeyFault> {
    secret.digest(&[path.name().as_bytes(), &[0, categories.bits()], plain])
}

/// The sets told lately, by their marks. In memory only: nothing depends on it but what is written twice.
#[derive(Debug)]
pub(crate) struct Sets {
    kept: Recent<u128, [u8; 16]>,
    /// Sealed in the batch under way.
    sealing: Vec<(u128, [u8; 16])>,
}

impl Sets {
    pub(crate) fn new() -> Self {
        Self { kept: Recent::new(SETS_MAX), sealing: Vec::new() }
    }

    /// Returns the digest of a set that the store has.
    pub(crate) fn digest(&mut self, mark: u128) -> Option<[u8; 16]> {
        self.kept.find(&mark).copied()
    }

    /// Notes a set that goes to the store with the batch under way.
    pub(crate) fn seal(&mut self, mark: u128, digest: [u8; 16]) {
        self.sealing.push((mark, digest));
    }

    /// The batch is durable, and so are its sets.
    pub(crate) fn succeeded(&mut self) {
        for (mark, digest) in self.sealing.drain(..) {
            self.kept.insert(mark, digest);
        }
    }

    /// The batch was not kept.
    pub(crate) fn failed(&mut self) {
        self.sealing.clear();
    }
}
