//! What witnesses signed of the log: taken and served where it is of the log as it stands.
//!
//! A log that was put back from a backup, or signed anew, has another history from there on than the one that its
//! witnesses may hold.

use super::{
    book::{Book, BookError},
    checkpoint::Checkpoint,
    note::{Note, NoteError, NoteVerifier},
    tree,
};

/// A witness's signature was not taken.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// What was sent is no note.
    #[error("the note cannot be read")]
    Note(#[from] NoteError),
    /// The checkpoint is not one of ours.
    #[error("the checkpoint is not one that this log signed")]
    NotOurs,
    /// No witness that is known signed it.
    #[error("no witness of the configuration signed the checkpoint")]
    NoWitness,
    /// It was signed with the key of this log, of entries that are not those of the log.
    #[error("the checkpoint of {0} entries is of another history of this log")]
    AnotherHistory(u64),
    /// The log could not be read or written.
    #[error("the log could not be read or written")]
    Log(#[from] BookError),
}

impl Book {
    /// Returns the latest checkpoint, with what witnesses signed of it.
    pub async fn checkpoint(&self) -> Result<Option<String>, BookError> {
        let Some(latest) = self.parts.log.checkpoint().await? else { return Ok(None) };
        let mut note = Note::read(latest.as_bytes()).map_err(|_odd| BookError::Torn)?;
        let size = read(&note)?.size;
        self.join_kept(&mut note, size).await?;
        Ok(Some(note.to_string()))
    }

    /// Returns the latest checkpoint of the log as it stands that a witness signed.
    pub async fn cosigned(&self) -> Result<Option<String>, BookError> {
        let mut size_max = self.signed_size().await?;
        while let Some(kept) = self.parts.log.cosigned(size_max).await? {
            let note = Note::read(kept.as_bytes()).map_err(|_odd| BookError::Torn)?;
            let checkpoint = read(&note)?;
            if self.has_been(&checkpoint).await? {
                return Ok(Some(kept));
            }
            let Some(smaller) = checkpoint.size.checked_sub(1) else { break };
            size_max = smaller;
        }
        Ok(None)
    }

    /// Takes a checkpoint that witnesses signed: one of this log as it stands, with at least one right cosignature.
    pub async fn cosign(&self, note: &[u8]) -> Result<Checkpoint, CosignError> {
        let signed = Note::read(note)?;
        let checkpoint =
            Checkpoint::open(note, &self.verifier()).map_err(|_other| CosignError::NotOurs)?;
        let right: Vec<&NoteVerifier> =
            self.parts.witnesses.iter().filter(|witness| witness.check(&signed).is_ok()).collect();
        if right.is_empty() {
            return Err(CosignError::NoWitness);
        }
        if !self.has_been(&checkpoint).await? {
            tell_of_another_history(&checkpoint, &right);
            return Err(CosignError::AnotherHistory(checkpoint.size));
        }
        let own = Note::read(checkpoint.sign(&self.parts.signer).as_bytes())?;
        let mut joined = own.clone();
        self.join_kept(&mut joined, checkpoint.size).await?;
        joined.join(&signed, right.into_iter());
        // In the order in which they are served with the head.
        let mut all = own;
        all.join(&joined, self.parts.witnesses.iter());
        let kept = self.parts.log.keep_cosigned(checkpoint.size, all.to_string()).await;
        kept.map_err(BookError::from)?;
        Ok(checkpoint)
    }

    /// Adds what is kept of witnesses, if it is of the same checkpoint.
    async fn join_kept(&self, note: &mut Note, size: u64) -> Result<(), BookError> {
        let kept = self.parts.log.cosigned(size).await?;
        let kept = kept.and_then(|kept| Note::read(kept.as_bytes()).ok());
        if let Some(kept) = kept.filter(|kept| kept.text() == note.text()) {
            note.join(&kept, self.parts.witnesses.iter());
        }
        Ok(())
    }

    /// Whether the log was once as that checkpoint says.
    async fn has_been(&self, checkpoint: &Checkpoint) -> Result<bool, BookError> {
        let Checkpoint { size, root, .. } = checkpoint;
        if *size > self.signed_size().await? {
            return Ok(false);
        }
        let own = match size {
            0 => tree::root(&[]),
            _ => self.root_over(0..*size).await?,
        };
        Ok(own == *root)
    }
}

fn read(note: &Note) -> Result<Checkpoint, BookError> {
    Checkpoint::read(note.text()).map_err(|_odd| BookError::Torn)
}

fn tell_of_another_history(checkpoint: &Checkpoint, witnesses: &[&NoteVerifier]) {
    let names: Vec<&str> = witnesses.iter().map(|witness| witness.name()).collect();
    tracing::error!(
        witness.names = ?names,
        checkpoint.size = checkpoint.size,
        "a witness signed a checkpoint of this log that the log as it stands does not come to: it was put back from a backup, \
         or rewritten; compare it with what the witness has"
    );
}
