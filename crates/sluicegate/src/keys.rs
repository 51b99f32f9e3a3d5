//! The master key of a data directory, and the keys derived from it.
//!
//! One file, `master.key`, 32 random bytes, readable by its owner only. Every other key is
//! HMAC-SHA256(master, label), so that one leaked derived key opens nothing else.

use anyhow::{Context, bail};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sluicegate_gate::Secret;
use std::{io::Write, path::Path};

const FILE: &str = "master.key";
/// What it is called until all of it is on the disk.
const BEGUN: &str = "master.key.new";

/// The master key.
#[derive(Debug)]
pub(crate) struct MasterKey(Secret<[u8; 32]>);

impl MasterKey {
    /// Reads the key of a data directory that is claimed, making one where there is none.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let file = dir.join(FILE);
        match std::fs::read(&file) {
            Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
                Ok(key) => Ok(Self(Secret::new(key))),
                Err(_wrong_length) => bail!("`{}` is not a key of 32 bytes", file.display()),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // Why: with another key no stored choice is found again, and every `off` is forgotten.
                if sluicegate_store::exists(dir) {
                    bail!(
                        "`{}` is missing, and the data beside it cannot be read without it: put it back",
                        file.display()
                    );
                }
                Self::create(dir)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read `{}`", file.display())),
        }
    }

    fn create(dir: &Path) -> anyhow::Result<Self> {
        let mut key = [0_u8; 32];
        getrandom::fill(&mut key).context("the operating system gives no randomness")?;
        // Why: a process that is killed meanwhile leaves no half a key, which would be refused ever after.
        let begun = dir.join(BEGUN);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut handle =
            options.open(&begun).with_context(|| format!("cannot create `{}`", begun.display()))?;
        handle.write_all(&key)?;
        handle.sync_all()?;
        std::fs::rename(&begun, dir.join(FILE))?;
        std::fs::File::open(dir)?.sync_all()?;
        Ok(Self(Secret::new(key)))
    }

    /// Derives the key for one use.
    pub(crate) fn derive(&self, label: &str) -> anyhow::Result<Secret<[u8; 32]>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.open())?;
        mac.update(b"sluicegate/1/");
        mac.update(label.as_bytes());
        Ok(Secret::new(mac.finalize().into_bytes().into()))
    }

    /// Derives a key of 16 bytes for one use.
    pub(crate) fn derive16(&self, label: &str) -> anyhow::Result<Secret<[u8; 16]>> {
        let long = self.derive(label)?;
        let mut short = [0_u8; 16];
        short.copy_from_slice(long.open().get(..16).context("a derived key is 32 bytes")?);
        Ok(Secret::new(short))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stays_the_same_and_uses_do_not_share_one() {
        let dir = tempfile::tempdir().unwrap();
        let first = MasterKey::open(dir.path()).unwrap();
        let again = MasterKey::open(dir.path()).unwrap();
        assert_eq!(first.derive("a").unwrap().open(), again.derive("a").unwrap().open());
        assert_ne!(first.derive("a").unwrap().open(), first.derive("b").unwrap().open());
    }

    #[test]
    fn a_key_that_was_lost_is_not_replaced_beside_data() {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        drop(runtime.block_on(sluicegate_store::Sqlite::open(dir.path())).unwrap());
        let refused = MasterKey::open(dir.path()).unwrap_err();
        assert!(refused.to_string().contains("put it back"), "{refused}");
    }

    #[test]
    fn a_start_that_was_killed_while_it_made_the_key_stands_in_no_ones_way() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(BEGUN), b"half").unwrap();
        MasterKey::open(dir.path()).unwrap();
        assert_eq!(std::fs::read(dir.path().join(FILE)).unwrap().len(), 32);
        assert!(!dir.path().join(BEGUN).exists());
    }

    #[test]
    fn a_damaged_key_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), b"short").unwrap();
        assert!(MasterKey::open(dir.path()).is_err());
    }
}
