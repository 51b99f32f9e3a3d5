//! Bytes of our own: many rows in one blob.
//!
//! A blob is one byte of format, the rows, and eight bytes of checksum (SipHash-1-3 under a key of zeros:
//! against accidents, not against forgers). Whole numbers are little-endian base 128 (LEB128), signed ones
//! zigzag first; ids and hashes are fixed bytes, the most significant first. A text or an edition's hash is
//! written once in a blob and named by its number afterwards.

use siphasher::sip::SipHasher13;
use sluicegate_gate::{Categories, EditionHash, KeyKind, PartnershipId, Path, Reason, SubjectKey};
use std::hash::Hasher as _;

/// The format of every blob.
const FORMAT: u8 = 2;
const CHECKSUM: usize = 8;
/// Longest text that is read: names and codes are far below.
const TEXT_BYTES_MAX: u64 = 1024;

/// The bytes are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not what was written")]
pub struct Damage;

/// Writes a blob.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    texts: Vec<String>,
    editions: Vec<EditionHash>,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// Begins a blob.
    pub fn new() -> Self {
        Self { bytes: vec![FORMAT], texts: Vec::new(), editions: Vec::new() }
    }

    /// Writes one byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Writes bytes as they are: the reader knows how many.
    pub fn fixed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a whole number.
    pub fn number(&mut self, number: u64) {
        let mut rest = number;
        loop {
            let [low, ..] = rest.to_le_bytes();
            rest >>= 7;
            if rest == 0 {
                return self.bytes.push(low & 0x7f);
            }
            self.bytes.push(low | 0x80);
        }
    }

    /// Writes a signed number.
    pub fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// Writes how many things follow.
    pub fn length(&mut self, length: usize) {
        self.number(u64::try_from(length).unwrap_or(u64::MAX));
    }

    /// Writes a text, or its number if it was written before.
    pub fn text(&mut self, text: &str) {
        let known = self.texts.iter().position(|known| known == text);
        self.length(known.unwrap_or(self.texts.len()));
        if known.is_none() {
            self.length(text.len());
            self.fixed(text.as_bytes());
            self.texts.push(text.to_owned());
        }
    }

    /// Writes the hash of an edition, or its number if it was written before.
    pub fn edition(&mut self, edition: EditionHash) {
        let known = self.editions.iter().position(|known| *known == edition);
        self.length(known.unwrap_or(self.editions.len()));
        if known.is_none() {
            self.fixed(&edition.0);
            self.editions.push(edition);
        }
    }

    /// Writes a key of a subject.
    pub fn subject(&mut self, subject: SubjectKey) {
        self.byte(match subject.kind {
            KeyKind::Account => 0,
            KeyKind::Device => 1,
            KeyKind::Browser => 2,
        });
        self.fixed(&subject.hash.to_be_bytes());
    }

    /// Writes a path.
    pub fn path(&mut self, path: Path) {
        self.byte(match path {
            Path::BidRequest => 0,
            Path::ContextualBidRequest => 1,
            Path::WinNotice => 2,
            Path::BillingNotice => 3,
            Path::LossNotice => 4,
            Path::Exposures => 5,
            Path::Touches => 6,
            Path::Recall => 7,
            Path::DeletionRequest => 8,
        });
    }

    /// Returns what was written so far, without the format.
    pub fn written(&self) -> &[u8] {
        self.bytes.get(1..).unwrap_or_default()
    }

    /// Ends the blob with its checksum.
    pub fn finish(mut self) -> Vec<u8> {
        let checksum = checksum(&self.bytes);
        self.bytes.extend_from_slice(&checksum);
        self.bytes
    }
}

/// Reads a blob. It never panics, and what it returns was written: the checksum is looked at first.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    texts: Vec<&'a str>,
    editions: Vec<EditionHash>,
}

impl<'a> Reader<'a> {
    /// Looks at the checksum and the format, and stands at the first row.
    pub fn open(blob: &'a [u8]) -> Result<Self, Damage> {
        let (bytes, kept) = blob.split_last_chunk::<CHECKSUM>().ok_or(Damage)?;
        if checksum(bytes) != *kept {
            return Err(Damage);
        }
        match bytes.split_first() {
            Some((&FORMAT, rest)) => Ok(Self { rest, texts: Vec::new(), editions: Vec::new() }),
            Some(_) | None => Err(Damage),
        }
    }

    /// Reads bytes that something else vouches for: there is neither format nor checksum.
    pub(crate) fn bare(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, texts: Vec::new(), editions: Vec::new() }
    }

    /// Returns whether everything is read.
    #[inline]
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns what is not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads one byte.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, Damage> {
        let (byte, rest) = self.rest.split_first().ok_or(Damage)?;
        self.rest = rest;
        Ok(*byte)
    }

    /// Reads as many bytes as are asked for.
    #[inline]
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(Damage)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// Reads an id or hash of 128 bits.
    pub fn id(&mut self) -> Result<u128, Damage> {
        Ok(u128::from_be_bytes(self.fixed()?))
    }

    /// Reads a whole number.
    #[inline]
    pub fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            number |= part << shift;
            if (part << shift) >> shift != part {
                return Err(Damage);
            }
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damage)
    }

    /// Reads a signed number.
    #[inline]
    pub fn signed(&mut self) -> Result<i64, Damage> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Reads how many things follow. Each takes a byte at least, so that no length asks for more memory
    /// than the blob has bytes.
    #[inline]
    pub fn length(&mut self) -> Result<usize, Damage> {
        let length = usize::try_from(self.number()?).map_err(|_too_many| Damage)?;
        if length <= self.rest.len() { Ok(length) } else { Err(Damage) }
    }

    /// Reads so many bytes.
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], Damage> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Damage)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads a text.
    pub fn text(&mut self) -> Result<&'a str, Damage> {
        let known = usize::try_from(self.number()?).map_err(|_too_many| Damage)?;
        if let Some(text) = self.texts.get(known) {
            return Ok(text);
        }
        let length = self.number()?;
        if known != self.texts.len() || length > TEXT_BYTES_MAX {
            return Err(Damage);
        }
        let bytes = self.bytes(usize::try_from(length).map_err(|_too_long| Damage)?)?;
        let text = std::str::from_utf8(bytes).map_err(|_not_utf8| Damage)?;
        self.texts.push(text);
        Ok(text)
    }

    /// Reads the name of a partnership.
    pub fn partnership(&mut self) -> Result<PartnershipId, Damage> {
        self.text()?.parse().map_err(|_grammar| Damage)
    }

    /// Reads the code of a reason.
    pub fn reason(&mut self) -> Result<Reason, Damage> {
        Reason::from_code(self.text()?).ok_or(Damage)
    }

    /// Reads the hash of an edition.
    pub fn edition(&mut self) -> Result<EditionHash, Damage> {
        let known = usize::try_from(self.number()?).map_err(|_too_many| Damage)?;
        if let Some(edition) = self.editions.get(known) {
            return Ok(*edition);
        }
        if known != self.editions.len() {
            return Err(Damage);
        }
        let edition = EditionHash(self.fixed()?);
        self.editions.push(edition);
        Ok(edition)
    }

    /// Reads a key of a subject.
    pub fn subject(&mut self) -> Result<SubjectKey, Damage> {
        let kind = match self.byte()? {
            0 => KeyKind::Account,
            1 => KeyKind::Device,
            2 => KeyKind::Browser,
            _ => return Err(Damage),
        };
        Ok(SubjectKey { kind, hash: self.id()? })
    }

    /// Reads a path.
    pub fn path(&mut self) -> Result<Path, Damage> {
        Ok(match self.byte()? {
            0 => Path::BidRequest,
            1 => Path::ContextualBidRequest,
            2 => Path::WinNotice,
            3 => Path::BillingNotice,
            4 => Path::LossNotice,
            5 => Path::Exposures,
            6 => Path::Touches,
            7 => Path::Recall,
            8 => Path::DeletionRequest,
            _ => return Err(Damage),
        })
    }

    /// Reads a set of categories.
    pub fn categories(&mut self) -> Result<Categories, Damage> {
        Ok(Categories::from_bits(self.byte()?))
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish().to_be_bytes()
}

#[cfg(test)]
mod tests;
