//! Which core a process runs on, so that whoever is measured and whoever measures are not in each other's way.

use anyhow::Context;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The core of the gateway.
pub(crate) const GATEWAY: usize = 0;
/// The core of everybody else.
pub(crate) const OTHERS: usize = 1;

/// Starts processes on that core: they inherit it from the thread that starts them. On a machine that has no such
/// core they share what there is.
pub(crate) fn on<T>(core: usize, start: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let all = sched_getaffinity(None).context("which cores there are")?;
    if !all.is_set(core) {
        return start();
    }
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one).context("keep to a core")?;
    let started = start();
    sched_setaffinity(None, &all).context("use all cores again")?;
    started
}
