//! The head of the log at one moment (C2SP `tlog-checkpoint`): its name, its size, its root.

use super::{
    note::{Note, NoteError, NoteSigner, NoteVerifier},
    tree::Hash,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

/// The head of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: that of the key which signs it.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a note. Lines after the third are extensions, and are passed over.
    pub fn read(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.split_terminator('\n');
        let mut line = || lines.next().ok_or(NoteError::Malformed);
        let (origin, size, root) = (line()?.to_owned(), line()?, line()?);
        let is_plain = size == "0" || !size.starts_with(['0', '+']);
        let size = size.parse().ok().filter(|_| is_plain).ok_or(NoteError::Malformed)?;
        let root = BASE64.decode(root).map_err(|_odd| NoteError::Malformed)?;
        let root = root.try_into().map_err(|_length| NoteError::Malformed)?;
        if origin.is_empty() {
            return Err(NoteError::Malformed);
        }
        Ok(Self { origin, size, root })
    }

    /// Reads a note, and checks that this key signed it and that it is of this key's log.
    pub fn open(bytes: &[u8], key: &NoteVerifier) -> Result<Self, NoteError> {
        let note = Note::read(bytes)?;
        key.check(&note)?;
        let checkpoint = Self::read(note.text())?;
        if checkpoint.origin == key.name() { Ok(checkpoint) } else { Err(NoteError::Malformed) }
    }

    /// Returns the text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }

    /// Signs it.
    pub fn sign(&self, signer: &NoteSigner) -> String {
        signer.sign(&self.text())
    }
}
