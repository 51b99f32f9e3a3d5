//! The floor of everything durable: append to a file, and wait for the disk.

use std::{fs::File, io::Write, path::Path};

/// A file that only grows.
#[derive(Debug)]
pub(crate) struct AppendedFile {
    file: File,
    batch: Vec<u8>,
}

impl AppendedFile {
    pub(crate) fn create(dir: &Path) -> anyhow::Result<Self> {
        Ok(Self { file: File::create(dir.join("floor"))?, batch: Vec::new() })
    }

    /// Appends the records as one batch and returns once they are durable.
    pub(crate) fn append(
        &mut self,
        records: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> anyhow::Result<()> {
        self.batch.clear();
        for record in records {
            self.batch.extend_from_slice(record.as_ref());
        }
        self.file.write_all(&self.batch)?;
        Ok(self.file.sync_data()?)
    }
}
