//! Signed notes (C2SP `signed-note`), with Ed25519, and cosignatures of checkpoints (C2SP `tlog-cosignature`).
//!
//! A note is a text that ends with a line feed, an empty line, and lines of signatures: an em dash, the name of
//! the key, and in base64 four bytes that name the key again and the signature.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use sluicegate_gate::Secret;
use std::fmt;

/// Bytes of a note that is read at most.
const NOTE_BYTES_MAX: usize = 64 * 1024;
/// Signatures of a note that are read at most.
const SIGNATURES_MAX: usize = 64;

/// Which signatures a key makes: its first byte in a verifier key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Of the text itself.
    Ed25519,
    /// Of the text and a time: a witness saw this checkpoint then.
    Cosignature,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosignature => 4,
        }
    }
}

/// A text is no public key of the form `name+hash+key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key of the form `name+hash+key` for Ed25519 or cosignatures")]
pub struct KeyTextError;

/// A text is no signed note, or lacks a right signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no note.
    #[error("not a signed note")]
    Malformed,
    /// No signature of that key is on it.
    #[error("no signature of this key is on the note")]
    Unsigned,
    /// The signature of that key is wrong.
    #[error("the signature of this key is wrong")]
    Forged,
}

/// A key that signs notes.
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NoteSigner").field("name", &self.name).finish_non_exhaustive()
    }
}

impl NoteSigner {
    /// Makes the signer of that name from a seed. A name has no spaces and no `+`.
    pub fn new(name: &str, seed: &Secret<[u8; 32]>) -> Result<Self, KeyTextError> {
        if !is_name(name) {
            return Err(KeyTextError);
        }
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(seed.open()) })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what checks its signatures.
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), kind: Kind::Ed25519, key: self.key.verifying_key() }
    }

    /// Signs a text, which ends with a line feed, and returns the note.
    pub fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let line = signature_line(&self.name, self.verifier().id(), &signature);
        format!("{text}\n{line}")
    }
}

/// A public key that checks signatures of notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    kind: Kind,
    key: VerifyingKey,
}

impl NoteVerifier {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says whether its signatures are those of a witness.
    pub fn is_witness(&self) -> bool {
        self.kind == Kind::Cosignature
    }

    /// The first four bytes of SHA-256 of the name, a line feed, the kind and the key.
    fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.key.as_bytes())
            .finalize();
        digest.first_chunk().copied().unwrap_or_default()
    }

    /// Checks its signature on a note. Other signatures are passed over.
    pub fn check(&self, note: &Note) -> Result<(), NoteError> {
        let ours = |line: &&SignatureLine| line.name == self.name && line.id == self.id();
        let line = note.signatures.iter().find(ours).ok_or(NoteError::Unsigned)?;
        let (signed, signature) = match self.kind {
            Kind::Ed25519 => (note.text.clone(), line.signature.as_slice()),
            Kind::Cosignature => {
                let (time, rest) =
                    line.signature.split_first_chunk::<8>().ok_or(NoteError::Forged)?;
                let time = u64::from_be_bytes(*time);
                (format!("cosignature/v1\ntime {time}\n{}", note.text), rest)
            }
        };
        let signature = Signature::from_slice(signature).map_err(|_length| NoteError::Forged)?;
        self.key.verify_strict(signed.as_bytes(), &signature).map_err(|_wrong| NoteError::Forged)
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.kind.byte()];
        key.extend_from_slice(self.key.as_bytes());
        write!(formatter, "{}+{}+{}", self.name, hex::encode(self.id()), BASE64.encode(key))
    }
}

impl std::str::FromStr for NoteVerifier {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(KeyTextError);
        let (name, id, key) = (part()?, part()?, part()?);
        let bytes = BASE64.decode(key).map_err(|_odd| KeyTextError)?;
        let (kind, key) = bytes.split_first().ok_or(KeyTextError)?;
        let kind = match kind {
            1 => Kind::Ed25519,
            4 => Kind::Cosignature,
            _ => return Err(KeyTextError),
        };
        let key = <[u8; 32]>::try_from(key).map_err(|_length| KeyTextError)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_point| KeyTextError)?;
        let verifier = Self { name: name.to_owned(), kind, key };
        let is_named = is_name(name) && hex::encode(verifier.id()) == id;
        if is_named { Ok(verifier) } else { Err(KeyTextError) }
    }
}

/// A note as it was read; nothing of it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct SignatureLine {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// Reads a note.
    pub fn read(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Malformed);
        }
        let note = std::str::from_utf8(bytes).map_err(|_not_utf8| NoteError::Malformed)?;
        if note.chars().any(|sign| sign < ' ' && sign != '\n') {
            return Err(NoteError::Malformed);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let signatures = lines
            .split('\n')
            .map(read_line)
            .collect::<Option<Vec<_>>>()
            .ok_or(NoteError::Malformed)?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::Malformed);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// Returns the text, with its last line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes over the signatures of these keys from another note of the same text.
    pub(crate) fn join<'a>(&mut self, other: &Self, keys: impl Iterator<Item = &'a NoteVerifier>) {
        for key in keys {
            let is_theirs = |line: &&SignatureLine| line.name == key.name && line.id == key.id();
            let Some(line) = other.signatures.iter().find(is_theirs) else { continue };
            self.signatures.retain(|kept| !is_theirs(&kept));
            self.signatures.push(line.clone());
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        for line in &self.signatures {
            formatter.write_str(&signature_line(&line.name, line.id, &line.signature))?;
        }
        Ok(())
    }
}

fn read_line(line: &str) -> Option<SignatureLine> {
    let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = BASE64.decode(signature).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    let line = SignatureLine { name: name.to_owned(), id: *id, signature: signature.to_vec() };
    (is_name(name) && !line.signature.is_empty()).then_some(line)
}

fn signature_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    let mut bytes = id.to_vec();
    bytes.extend_from_slice(signature);
    format!("\u{2014} {name} {}\n", BASE64.encode(bytes))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.chars().any(char::is_whitespace)
}

#[cfg(test)]
mod tests;
