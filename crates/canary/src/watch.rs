//! Which paths are closed, and whether the probe goes on. It stands at every door.

use crate::{Canaries, Closed, ClosedPaths, ClosedPathsError, Twin, probe::Takers};
use parking_lot::Mutex;
use sluicegate_gate::{
    PartnershipId, Path,
    time::{BootMillis, Clock, UnixMillis},
};
use sluicegate_ledger::Cleared;
use sluicegate_register::{Edition, Partnership};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// How many times the interval may pass without a run that ended well.
const INTERVALS_MAX: u32 = 3;
/// A run may take this long beside.
const ALLOWANCE: Duration = Duration::from_secs(10);

/// Whether the sharing setting controls a partnership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// It does: nothing about the canary that said no may go there.
    Controlled,
    /// It does not: what goes there is no sign of anything.
    Outside,
}

impl Scope {
    /// Returns that of a partnership; one that is not listed counts as controlled.
    pub fn of(edition: Option<&Edition>, partnership: &PartnershipId) -> Self {
        let listed = edition.and_then(|edition| edition.partnership(partnership));
        if listed.is_none_or(Partnership::is_controlled) { Self::Controlled } else { Self::Outside }
    }
}

/// One run that ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it ended.
    pub at: UnixMillis,
    /// Paths on which the one that has everything on was seen: what the probe can see.
    pub seen: BTreeSet<Path>,
    /// Of those, the paths on which something was told of it: messages that name nobody aside.
    pub told: BTreeSet<Path>,
    /// Paths on which the one that has everything off was seen.
    pub leaked: BTreeSet<Path>,
}

/// How one path is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathStanding {
    /// The path.
    pub path: Path,
    /// Since when it is closed, if it is.
    pub closed_since: Option<UnixMillis>,
    /// Whether it is closed and a restart would find it so.
    pub is_kept: bool,
    /// Whether the last run that ended well saw the one that has everything on there.
    pub seen: bool,
}

/// How the probe is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Every path.
    pub paths: Vec<PathStanding>,
    /// Runs that ended well since the start.
    pub runs: u64,
    /// Runs that did not.
    pub failures: u64,
    /// Times that something about the one that said no came to a door.
    pub leaks: u64,
    /// When the last run ended well.
    pub last_run: Option<UnixMillis>,
    /// Whether no run has ended well for too long.
    pub overdue: bool,
}

/// Stands at every door.
#[derive(Debug)]
pub struct Watch {
    canaries: Canaries,
    store: Arc<dyn ClosedPaths>,
    clock: Arc<dyn Clock>,
    every: Duration,
    /// One bit a path: read for every message.
    closed: AtomicU32,
    state: Mutex<State>,
    /// Somebody closed a path.
    leak: Notify,
    /// One at a time, so that what was opened is not written down as closed.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    closed: BTreeMap<Path, UnixMillis>,
    /// Closed, and not kept yet.
    unsaved: BTreeSet<Path>,
    runs: u64,
    failures: u64,
    leaks: u64,
    last: Option<Run>,
    /// What runs that ended well saw told while these could be told something.
    told: (Takers, BTreeSet<Path>),
    good_since: BootMillis,
    overdue: bool,
}

impl Watch {
    /// Begins to watch. Paths that were closed before the start still are.
    pub async fn open(
        canaries: Canaries,
        store: Arc<dyn ClosedPaths>,
        clock: Arc<dyn Clock>,
        every: Duration,
    ) -> Result<Arc<Self>, ClosedPathsError> {
        let closed: BTreeMap<Path, UnixMillis> =
            store.closed().await?.into_iter().map(|one| (one.path, one.since)).collect();
        let bits = closed.keys().fold(0, |bits, path| bits | bit(*path));
        let state = State {
            closed,
            unsaved: BTreeSet::new(),
            runs: 0,
            failures: 0,
            leaks: 0,
            last: None,
            told: (Takers::default(), BTreeSet::new()),
            good_since: clock.boot(),
            overdue: false,
        };
        Ok(Arc::new(Self {
            canaries,
            store,
            clock,
            every,
            closed: AtomicU32::new(bits),
            state: Mutex::new(state),
            leak: Notify::new(),
            writing: tokio::sync::Mutex::default(),
        }))
    }

    /// Returns the canaries.
    pub fn canaries(&self) -> &Canaries {
        &self.canaries
    }

    /// Returns whether nothing may leave by a path.
    pub fn is_closed(&self, path: Path) -> bool {
        self.closed.load(Ordering::SeqCst) & bit(path) != 0
    }

    /// Says whether a message may leave by the real door: not by a closed path, and never with a canary in it.
    /// One that has the canary that said no closes its path, unless the sharing setting does not control whom it
    /// is for.
    pub fn lets_out(&self, cleared: &Cleared, scope: Scope) -> bool {
        if self.is_closed(cleared.path()) {
            return false;
        }
        match self.subject_of(cleared) {
            None => true,
            // Who was never asked may be told of where nobody must be: here nobody knows from where it spoke.
            Some(Twin::On | Twin::Unasked) => false,
            Some(Twin::Off) => {
                match scope {
                    Scope::Controlled => self.leaked(cleared.path()),
                    Scope::Outside => {}
                }
                false
            }
        }
    }

    /// Returns which canary a message is about, by the keys that it was decided under.
    pub(crate) fn subject_of(&self, cleared: &Cleared) -> Option<Twin> {
        let keys = cleared.stamps().flat_map(|stamp| &stamp.keys);
        // The one that said no, where several are in one message.
        keys.filter_map(|stamp| self.canaries.whose(stamp.key)).min()
    }

    /// Closes a path at once: something about the one that said no came to a door.
    pub fn leaked(&self, path: Path) {
        let now = self.clock.now();
        let is_new = {
            let mut state = self.state.lock();
            state.leaks = state.leaks.saturating_add(1);
            let is_new = !state.closed.contains_key(&path);
            state.closed.entry(path).or_insert(now);
            // Why: also where it is closed already. An operator may be opening it, for what was before this leak.
            state.unsaved.insert(path);
            self.closed.fetch_or(bit(path), Ordering::SeqCst);
            is_new
        };
        self.leak.notify_one();
        if is_new {
            tracing::error!(
                path = path.name(),
                "something about a canary that said no came to the door; the path is closed"
            );
        }
    }

    /// Opens a path again: an operator has found and mended what was wrong. Returns whether it was closed. A leak
    /// that comes meanwhile keeps it closed.
    pub async fn reopen(&self, path: Path) -> Result<bool, ClosedPathsError> {
        let _alone = self.writing.lock().await;
        let before = self.state.lock().leaks;
        self.store.open(path).await?;
        let was_closed = {
            let mut state = self.state.lock();
            let leaked = state.leaks != before && state.unsaved.contains(&path);
            if !leaked {
                state.unsaved.remove(&path);
                self.closed.fetch_and(!bit(path), Ordering::SeqCst);
            }
            !leaked && state.closed.remove(&path).is_some()
        };
        if was_closed {
            tracing::warn!(path = path.name(), "an operator opened a path again");
        }
        Ok(was_closed)
    }

    /// Waits until a path was closed, and so there is something to keep.
    pub async fn leak(&self) {
        self.leak.notified().await;
    }

    /// Keeps what is closed, so that a restart does not open it.
    pub async fn keep(&self) -> Result<(), ClosedPathsError> {
        let _alone = self.writing.lock().await;
        let unsaved: Vec<Closed> = {
            let state = self.state.lock();
            let since = |path: &Path| state.closed.get(path).copied();
            let closed = |path: &Path| Some(Closed { path: *path, since: since(path)? });
            state.unsaved.iter().filter_map(closed).collect()
        };
        for closed in unsaved {
            self.store.close(closed).await?;
            self.state.lock().unsaved.remove(&closed.path);
        }
        Ok(())
    }

    /// Returns a path on which nothing was told of the one that has everything on, although the register lists whom
    /// it is told by that path, or earlier runs saw it told while the same could be told something.
    pub(crate) fn unseen(&self, run: &Run, takers: &Takers) -> Option<Path> {
        let state = self.state.lock();
        let (known, told) = &state.told;
        let seen_before = told.iter().filter(|_| known == takers);
        takers.paths.iter().chain(seen_before).find(|path| !run.told.contains(path)).copied()
    }

    /// Notes that a run ended well: it went every way and saw what there was to see. What it saw told is expected
    /// of the next runs, unless whom something may be told changed during the run.
    pub(crate) fn ended(&self, run: Run, takers: Option<Takers>) {
        let boot = self.clock.boot();
        let mut state = self.state.lock();
        if let Some(takers) = takers {
            if state.told.0 != takers {
                state.told = (takers, BTreeSet::new());
            }
            state.told.1.extend(&run.told);
        }
        state.runs = state.runs.saturating_add(1);
        state.good_since = boot;
        state.last = Some(run);
    }

    /// Notes that a run did not end well.
    pub(crate) fn failed(&self) {
        let mut state = self.state.lock();
        state.failures = state.failures.saturating_add(1);
    }

    /// Looks whether the probe goes on, and says so in the log when that changes. Something else than the
    /// probe calls it.
    pub fn look(&self) {
        let standing = self.overdue();
        let was = std::mem::replace(&mut self.state.lock().overdue, standing);
        match (was, standing) {
            (false, true) => tell_of_silence(),
            (true, false) => tell_of_going_on(),
            (false, false) | (true, true) => {}
        }
    }

    fn overdue(&self) -> bool {
        let since = self.state.lock().good_since;
        self.clock.boot().since(since) > self.every.saturating_mul(INTERVALS_MAX) + ALLOWANCE
    }

    /// Returns how the probe is doing.
    pub fn standing(&self) -> Standing {
        let overdue = self.overdue();
        let state = self.state.lock();
        let seen = |path: &Path| state.last.as_ref().is_some_and(|run| run.seen.contains(path));
        let path = |path: Path| PathStanding {
            path,
            closed_since: state.closed.get(&path).copied(),
            is_kept: state.closed.contains_key(&path) && !state.unsaved.contains(&path),
            seen: seen(&path),
        };
        Standing {
            paths: Path::ALL.map(path).to_vec(),
            runs: state.runs,
            failures: state.failures,
            leaks: state.leaks,
            last_run: state.last.as_ref().map(|run| run.at),
            overdue,
        }
    }
}

fn tell_of_silence() {
    tracing::error!("the canaries have not run for too long: nothing proves that choices hold");
}

fn tell_of_going_on() {
    tracing::info!("the canaries run again");
}

fn bit(path: Path) -> u32 {
    let place = Path::ALL.into_iter().position(|one| one == path).unwrap_or_default();
    u32::try_from(place).map_or(u32::MAX, |place| 1 << place)
}

#[cfg(test)]
mod tests;
