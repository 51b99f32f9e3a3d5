//! Where a walk keeps what is thrown away.

use super::failed;
use sluicegate_canary::WalkFailed;
use sluicegate_store::Sqlite;
use std::path::PathBuf;

/// Opens a store in an empty folder. In a thread that may wait for the disk.
pub(super) async fn scratch(dir: PathBuf) -> Result<(Folder, Sqlite), WalkFailed> {
    let runtime = tokio::runtime::Handle::current();
    let opened = tokio::task::spawn_blocking(move || {
        let folder = Folder::fresh(&dir).map_err(failed("the scratch store"))?;
        let store = runtime.block_on(Sqlite::open(&folder.0));
        Ok((folder, store.map_err(failed("the scratch store"))?))
    });
    opened.await.map_err(failed("the scratch store"))?
}

/// A folder that is gone before and after.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    fn fresh(dir: &PathBuf) -> std::io::Result<Self> {
        if dir.exists() {
            std::fs::remove_dir_all(dir)?;
        }
        std::fs::create_dir_all(dir)?;
        Ok(Self(dir.clone()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(error.cause = %error, "the scratch store of the canaries is left behind");
        }
    }
}
