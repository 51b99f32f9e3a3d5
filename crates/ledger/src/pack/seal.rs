//! What of a row only a person's key opens: the revisions, and the subject's other keys.
//!
//! Sealed bytes are the plain ones under a keystream: HMAC-SHA-256, under a key derived from the person's, of
//! the [`Place`] and a counter. Each place is sealed once: a pack has a random number of its own, and its rows and
//! their parts are counted. The id of a disclosure would not do: attempts and answers that are repeated bear the
//! same. There is no tag: rows are protected by the tree over them, and the key by its name, which is derived from
//! it.

use super::{About, Decided, Place};
use crate::{
    KeyId,
    keys::{Derive, KeyFault, mac},
};
use sluicegate_gate::{KeyKind, Revision, Secret, SubjectKey};

const NAME: &[u8] = b"sluicegate ledger: name of the key";
const ROWS: &[u8] = b"sluicegate ledger: seal rows";
const BLOCK: usize = 32;

/// A row does not open with this key: it is another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the row does not open with this key")]
pub struct UnsealError;

/// The part of a person's key that seals rows.
pub(crate) struct RowSecret(Secret<[u8; 32]>);

impl RowSecret {
    /// Returns the name of a key, and what seals rows.
    pub(crate) fn of(key: &Secret<[u8; 32]>) -> Result<(KeyId, Self), KeyFault> {
        Self::derived(&Derive::of(key)?)
    }

    /// Returns it where other things are derived of the key, too.
    pub(crate) fn derived(key: &Derive) -> Result<(KeyId, Self), KeyFault> {
        let name = key.bytes(NAME).first_chunk::<8>().copied().ok_or(KeyFault)?;
        Ok((KeyId(u64::from_be_bytes(name)), Self(key.secret(ROWS))))
    }

    /// Seals, for one place, which is sealed once.
    pub(crate) fn seal(&self, place: Place, decided: &Decided) -> Result<Vec<u8>, KeyFault> {
        let mut bytes = Vec::with_capacity(BLOCK);
        write_revision(&mut bytes, decided.own);
        for (key, revision) in &decided.others {
            bytes.push(match key.kind {
                KeyKind::Account => 0,
                KeyKind::Device => 1,
                KeyKind::Browser => 2,
            });
            bytes.extend_from_slice(&key.hash.to_be_bytes());
            write_revision(&mut bytes, *revision);
        }
        self.mask(place, &mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn open(&self, place: Place, sealed: &[u8]) -> Result<Decided, UnsealError> {
        let mut bytes = sealed.to_vec();
        self.mask(place, &mut bytes).map_err(|KeyFault| UnsealError)?;
        let mut rest = bytes.as_slice();
        let own = read_revision(&mut rest)?;
        let mut others = Vec::new();
        while let Some((kind, after)) = rest.split_first() {
            let kind = match kind {
                0 => KeyKind::Account,
                1 => KeyKind::Device,
                2 => KeyKind::Browser,
                _ => return Err(UnsealError),
            };
            let (hash, after) = after.split_first_chunk::<16>().ok_or(UnsealError)?;
            rest = after;
            let key = SubjectKey { kind, hash: u128::from_be_bytes(*hash) };
            others.push((key, read_revision(&mut rest)?));
        }
        Ok(Decided { own, others })
    }

    fn mask(&self, place: Place, bytes: &mut [u8]) -> Result<(), KeyFault> {
        let Place { pack, row, item } = place;
        let (row, item) = (row.to_be_bytes(), item.to_be_bytes());
        for (counter, block) in (0_u32..).zip(bytes.chunks_mut(BLOCK)) {
            let stream = mac(self.0.open(), &[&pack, &row, &item, &counter.to_be_bytes()])?;
            for (byte, mask) in block.iter_mut().zip(stream) {
                *byte ^= mask;
            }
        }
        Ok(())
    }
}

/// One person's own key: whoever has it finds the person's rows in a record, and reads them.
pub struct PersonKey {
    id: KeyId,
    rows: RowSecret,
}

impl std::fmt::Debug for PersonKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PersonKey")
    }
}

impl PersonKey {
    /// Takes the key as it is given out.
    pub fn new(key: &Secret<[u8; 32]>) -> Result<Self, UnsealError> {
        let (id, rows) = RowSecret::of(key).map_err(|KeyFault| UnsealError)?;
        Ok(Self { id, rows })
    }

    /// Returns its name in rows.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Opens what a row says of this person.
    pub fn open(&self, about: &About) -> Result<Decided, UnsealError> {
        if about.key != self.id {
            return Err(UnsealError);
        }
        self.rows.open(about.place, &about.sealed)
    }
}

/// The shard, two bytes, and the version in base 128, the low digits first.
fn write_revision(bytes: &mut Vec<u8>, revision: Revision) {
    bytes.extend_from_slice(&revision.shard.to_be_bytes());
    let mut rest = revision.version;
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            return bytes.push(low & 0x7f);
        }
        bytes.push(low | 0x80);
    }
}

fn read_revision(rest: &mut &[u8]) -> Result<Revision, UnsealError> {
    let (shard, mut after) = rest.split_first_chunk::<2>().ok_or(UnsealError)?;
    let mut version = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, later) = after.split_first().ok_or(UnsealError)?;
        after = later;
        version |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            *rest = after;
            return Ok(Revision { shard: u16::from_be_bytes(*shard), version });
        }
    }
    Err(UnsealError)
}
