//! The room on the disk of the data directory. A commit of nothing writes nothing, so that an idle gateway would hear of a
//! full disk only with the first record: it is looked before.

use rustix::fs::StatVfs;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);
/// What is known of the room before it was ever read, and where it cannot be.
const UNKNOWN: u64 = u64::MAX;

/// How much room there is, as of the last look.
#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
    free_bytes: AtomicU64,
    free_bytes_min: u64,
}

impl Disk {
    pub(super) fn new(dir: PathBuf, free_bytes_min: u64) -> Self {
        Self { dir, free_bytes: AtomicU64::new(UNKNOWN), free_bytes_min }
    }

    /// Looks again and again, until the gateway stops.
    pub(super) async fn watch(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                _ = ticks.tick() => self.look().await,
            }
        }
    }

    /// Looks how much room there is, and says where it comes to an end, and where it is there again.
    pub(super) async fn look(self: &Arc<Self>) {
        let dir = self.dir.clone();
        // Why on a thread that may wait: a file system of a network may not answer.
        let seen = tokio::task::spawn_blocking(move || rustix::fs::statvfs(dir)).await;
        let free = seen.ok().and_then(Result::ok).map_or(UNKNOWN, |seen| free_bytes(&seen));
        let was_full = self.is_full_with(self.free_bytes.swap(free, Ordering::Relaxed));
        match (was_full, self.is_full_with(free)) {
            (false, true) => say_full(free),
            (true, false) => {
                tracing::info!(disk.free_bytes = free, "there is room on the disk again");
            }
            (false, false) | (true, true) => {}
        }
    }

    fn is_full_with(&self, free_bytes: u64) -> bool {
        free_bytes < self.free_bytes_min
    }
}

impl sluicegate_web::api::DiskRoom for Disk {
    fn free_bytes(&self) -> Option<u64> {
        Some(self.free_bytes.load(Ordering::Relaxed)).filter(|bytes| *bytes != UNKNOWN)
    }

    fn is_full(&self) -> bool {
        self.is_full_with(self.free_bytes.load(Ordering::Relaxed))
    }
}

fn say_full(free_bytes: u64) {
    tracing::error!(
        disk.free_bytes = free_bytes,
        "the disk of the data directory is full; the gateway is not ready until there is room"
    );
}

/// Returns what this process may still write. What is kept back for the system's administrator, it may where it is one.
fn free_bytes(seen: &StatVfs) -> u64 {
    let is_admin = rustix::process::geteuid().is_root();
    let blocks = if is_admin { seen.f_bfree } else { seen.f_bavail };
    blocks.saturating_mul(seen.f_frsize)
}
