//! Which sets of values the store has already, so that telling the same again costs a count.

use crate::{
    Day, KeyId, ToldRow,
    keys::{KeyFault, SubjectSecret},
    recent::Recent,
};
use siphasher::sip128::SipHasher13;
use sluicegate_gate::{Categories, EditionHash, PartnershipId, Path, ToldList, time::UnixMillis};

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
    pub(crate) told: &'a ToldList,
}

impl Set<'_> {
    pub(crate) fn row(
        &self,
        digest: [u8; 16],
        sealed: Option<Vec<u8>>,
        edition: EditionHash,
        at: UnixMillis,
    ) -> ToldRow {
        ToldRow {
            key: self.key,
            partnership: self.partnership.clone(),
            day: self.day,
            digest,
            path: self.path,
            categories: self.categories,
            edition,
            sealed,
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

/// The sets told lately. In memory only, under a key that is drawn at every start: it says nothing of a
/// person to anyone, and nothing depends on it but what is written twice.
#[derive(Debug)]
pub(crate) struct Sets {
    hasher: SipHasher13,
    kept: Recent<u128, [u8; 16]>,
    /// Sealed in the batch under way.
    sealing: Vec<(u128, [u8; 16])>,
}

impl Sets {
    pub(crate) fn new(key: u128) -> Self {
        Self {
            hasher: SipHasher13::new_with_key(&key.to_be_bytes()),
            kept: Recent::new(SETS_MAX),
            sealing: Vec::new(),
        }
    }

    /// Returns what a set is known by. Values in another order are another mark of the same set.
    pub(crate) fn mark(&self, set: &Set<'_>) -> u128 {
        // Why: hashed in one piece, since many small ones cost several times as much.
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.extend_from_slice(&set.key.0.to_be_bytes());
        bytes.extend_from_slice(&set.day.0.to_be_bytes());
        bytes.extend_from_slice(&[set.categories.bits()]);
        for text in [set.path.name(), set.partnership.as_str()] {
            write_text(&mut bytes, text);
        }
        for told in set.told.iter() {
            bytes.push(Categories::of(&[told.category]).bits());
            write_text(&mut bytes, &told.field);
            write_text(&mut bytes, &told.value);
        }
        self.hasher.hash(&bytes).as_u128()
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

/// With a byte at its end that no text holds (RFC 3629, section 1), so that no two lists of texts are the same bytes.
fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0xff);
}

/// Room made for the values of a set: most take less.
const USUAL_BYTES: usize = 2 * 1024;
