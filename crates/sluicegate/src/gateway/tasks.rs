//! The gateway's own tasks. One that panics is said to have, and begins anew: what it does is owed to people and
//! partners, and the rest of the program goes on meanwhile.

use futures_util::FutureExt as _;
use sluicegate_gate::PartnershipId;
use std::{collections::HashMap, panic::AssertUnwindSafe, time::Duration};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// How long a task that panicked waits before it begins anew.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// Tasks that run until the gateway stops.
#[derive(Debug)]
pub(super) struct Tasks {
    set: JoinSet<()>,
    stopped: watch::Receiver<bool>,
}

impl Tasks {
    pub(super) fn new(stopped: watch::Receiver<bool>) -> Self {
        Self { set: JoinSet::new(), stopped }
    }

    /// Runs what `task` makes, until it returns. Each is given what tells it to stop.
    pub(super) fn keep<F>(
        &mut self,
        name: &'static str,
        task: impl Fn(watch::Receiver<bool>) -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut stopped = self.stopped.clone();
        self.set.spawn(async move {
            while AssertUnwindSafe(task(stopped.clone())).catch_unwind().await.is_err() {
                tracing::error!(task = name, "a task of the gateway panicked; it begins anew");
                tokio::select! {
                    _ = stopped.changed() => return,
                    () = tokio::time::sleep(AFTER_PANIC) => {}
                }
            }
        });
    }

    /// Returns once all have returned. What one of them panicked of outside of what it is run for is no reason not
    /// to wait for the others.
    pub(super) async fn ended(mut self) {
        while let Some(ended) = self.set.join_next().await {
            tell(ended, "a task of the gateway panicked, and ended");
        }
    }
}

/// Does one step of a stop. Where it panics that is noted, and what follows is done all the same.
pub(super) async fn guarded(
    step: impl Future<Output = ()>,
    (fault, faults): (&'static str, &mut Vec<&'static str>),
) {
    if AssertUnwindSafe(step).catch_unwind().await.is_err() {
        faults.push(fault);
    }
}

/// Tasks for partnerships, at most one for each: none waits for another's partner.
#[derive(Debug, Default)]
pub(super) struct Crew {
    running: HashMap<PartnershipId, AbortHandle>,
    set: JoinSet<()>,
}

impl Crew {
    /// Returns whether one runs for that partnership. One that has returned, or panicked, does not.
    pub(super) fn works_for(&self, id: &PartnershipId) -> bool {
        self.running.get(id).is_some_and(|task| !task.is_finished())
    }

    /// Starts one, unless one runs.
    pub(super) fn start(
        &mut self,
        id: PartnershipId,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        while let Some(ended) = self.set.try_join_next() {
            tell(ended, OF_A_PARTNERSHIP);
        }
        if !self.works_for(&id) {
            self.running.insert(id, self.set.spawn(task));
        }
    }

    /// Returns once all have returned.
    pub(super) async fn ended(mut self) {
        while let Some(ended) = self.set.join_next().await {
            tell(ended, OF_A_PARTNERSHIP);
        }
    }
}

const OF_A_PARTNERSHIP: &str = "what was done for a partnership panicked; it begins anew";

fn tell(ended: Result<(), tokio::task::JoinError>, what: &'static str) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("{what}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_begins_anew_and_takes_none_with_it() {
        let (stop, stopped) = watch::channel(false);
        let begun = Arc::new(AtomicU32::new(0));
        let mut tasks = Tasks::new(stopped);
        let counted = Arc::clone(&begun);
        tasks.keep("counts", move |mut stopped| {
            let before = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                assert!(before >= 2, "the first two panic");
                drop(stopped.changed().await);
            }
        });
        tasks.keep("waits", |mut stopped| async move { drop(stopped.changed().await) });
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(begun.load(Ordering::Relaxed), 3);
        stop.send_replace(true);
        tasks.ended().await;
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_partnership_whose_task_panicked_gets_another_and_never_two() {
        let id: PartnershipId = "north".parse().unwrap();
        let (stop, stopped) = watch::channel(false);
        let waits = |mut stopped: watch::Receiver<bool>| async move {
            drop(stopped.changed().await);
        };
        let mut crew = Crew::default();
        crew.start(id.clone(), async { panic!("as a fault of ours would") });
        while crew.works_for(&id) {
            tokio::task::yield_now().await;
        }
        crew.start(id.clone(), waits(stopped.clone()));
        assert!(crew.works_for(&id));
        crew.start(id.clone(), async { panic!("a second one") });
        tokio::task::yield_now().await;
        assert!(crew.works_for(&id), "the one that runs goes on");
        stop.send_replace(true);
        crew.ended().await;
    }
}
