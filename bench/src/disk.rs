//! The floor of everything durable: append to a file, and wait for the disk.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

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

/// Returns how many bytes the files of a directory have together.
pub(crate) fn bytes_in(dir: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for file in fs::read_dir(dir)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes)
}

/// Returns how many bytes the files of a directory and of those in it have together.
pub(crate) fn bytes_below(dir: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        bytes += if path.is_dir() { bytes_below(&path)? } else { fs::metadata(path)?.len() };
    }
    Ok(bytes)
}
