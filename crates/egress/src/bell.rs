//! Whether a connection has something to do.

use futures_util::task::AtomicWaker;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
};

/// Rung by whatever a connection waits for. One auction waits at several connections at once and is woken for each: by
/// its bell each tells whether it was meant. What a connection wakes while it is at work, itself for the most part, wakes
/// nobody else.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    is_rung: AtomicBool,
    /// Who is woken.
    waiting: AtomicWaker,
}

impl Bell {
    /// Returns what rings it.
    pub(crate) fn rope(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    /// Returns whether it was rung since it was last asked.
    pub(crate) fn was_rung(&self) -> bool {
        self.is_rung.swap(false, Ordering::AcqRel)
    }

    /// Wakes somebody when it is rung.
    pub(crate) fn wait(&self, who: &Waker) {
        self.waiting.register(who);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_rung.store(true, Ordering::Release);
        self.waiting.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Sleeper(AtomicUsize);

    impl Wake for Sleeper {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_remembers_one_ring_and_wakes_whoever_waits_once() {
        let (bell, sleeper) = (Arc::new(Bell::default()), Arc::new(Sleeper::default()));
        assert!(!bell.was_rung());
        bell.rope().wake();
        assert!(bell.was_rung());
        assert!(!bell.was_rung());
        bell.wait(&Waker::from(Arc::clone(&sleeper)));
        bell.rope().wake_by_ref();
        bell.rope().wake_by_ref();
        assert_eq!((bell.was_rung(), sleeper.0.load(Ordering::Relaxed)), (true, 1));
    }
}
