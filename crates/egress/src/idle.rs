//! Connections to one partner that wait for the next message.

use crate::wire::Wire;
use futures_util::future::BoxFuture;
use hyper::rt::{Read, Write};
use parking_lot::Mutex;
use sluicegate_gate::time::{BootMillis, Clock};
use sluicegate_ledger::SendError;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

/// Connections to one address, the one used last first.
pub(crate) struct Idle<S: Read + Write>(Mutex<Waiting<S>>);

struct Waiting<S: Read + Write> {
    wires: VecDeque<(Wire<S>, BootMillis)>,
    /// Whether a task closes those that wait for too long.
    is_watched: bool,
    /// How many are being made for nobody any more.
    left: usize,
}

impl<S: Read + Write> Default for Idle<S> {
    fn default() -> Self {
        Self(Mutex::new(Waiting { wires: VecDeque::new(), is_watched: false, left: 0 }))
    }
}

impl<S: Read + Write> fmt::Debug for Idle<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.lock().wires.len();
        formatter.debug_struct("Idle").field("connections", &count).finish()
    }
}

impl<S: Read + Write + Send + Unpin + 'static> Idle<S> {
    /// Takes one that still stands.
    pub(crate) async fn take(&self, clock: &dyn Clock) -> Option<Wire<S>> {
        loop {
            let (mut wire, since) = self.pop()?;
            if clock.boot().since(since) <= IDLE_MAX && wire.is_quiet().await {
                return Some(wire);
            }
        }
    }

    /// Keeps a connection for the next message.
    pub(crate) fn keep(self: &Arc<Self>, wire: Wire<S>, clock: &Arc<dyn Clock>) {
        let mut waiting = self.0.lock();
        if waiting.wires.len() < IDLE_PER_HOST_MAX {
            waiting.wires.push_back((wire, clock.boot()));
        }
        if !std::mem::replace(&mut waiting.is_watched, true) {
            tokio::spawn(watch(Arc::downgrade(self), Arc::clone(clock)));
        }
    }

    /// Makes one. A partner that is far away can take longer than a message may wait: given up, the connection is made
    /// all the same, and the next message finds it ready.
    pub(crate) async fn connect(
        self: &Arc<Self>,
        future: Connecting<S>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Wire<S>, SendError> {
        let mut making =
            Making { future: Some(future), idle: Arc::clone(self), clock: Arc::clone(clock) };
        let made = match making.future.as_mut() {
            Some(future) => future.await,
            None => Err(SendError::Connect),
        };
        making.future = None;
        made
    }

    fn pop(&self) -> Option<(Wire<S>, BootMillis)> {
        self.0.lock().wires.pop_back()
    }

    /// Closes what has waited for too long, and returns whether anything still waits.
    fn close_old(&self, now: BootMillis) -> bool {
        let mut waiting = self.0.lock();
        while waiting.wires.front().is_some_and(|(_, since)| now.since(*since) > IDLE_MAX) {
            waiting.wires.pop_front();
        }
        waiting.is_watched = !waiting.wires.is_empty();
        waiting.is_watched
    }
}

/// A connection on its way.
type Connecting<S> = BoxFuture<'static, Result<Wire<S>, SendError>>;

/// A connection that is being made for a message.
struct Making<S: Read + Write + Send + Unpin + 'static> {
    future: Option<Connecting<S>>,
    idle: Arc<Idle<S>>,
    clock: Arc<dyn Clock>,
}

impl<S: Read + Write + Send + Unpin + 'static> Drop for Making<S> {
    fn drop(&mut self) {
        let Some(future) = self.future.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mut waiting = self.idle.0.lock();
        if waiting.left >= LEFT_MAX {
            return;
        }
        waiting.left += 1;
        drop(waiting);
        let (idle, clock) = (Arc::clone(&self.idle), Arc::clone(&self.clock));
        drop(runtime.spawn(async move {
            let made = tokio::time::timeout(CONNECT_MAX, future).await;
            idle.0.lock().left -= 1;
            // A failure is left for the next message to find.
            if let Ok(Ok(wire)) = made {
                idle.keep(wire, &clock);
            }
        }));
    }
}

/// Looks after connections until none waits any more.
async fn watch<S>(idle: Weak<Idle<S>>, clock: Arc<dyn Clock>)
where
    S: Read + Write + Send + Unpin + 'static,
{
    loop {
        tokio::time::sleep(IDLE_MAX).await;
        if !idle.upgrade().is_some_and(|idle| idle.close_old(clock.boot())) {
            return;
        }
    }
}

/// Shorter than what servers commonly keep, so that they seldom close a connection under a message.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(20);
pub(crate) const IDLE_PER_HOST_MAX: usize = 256;
/// Connections to one partner that are made for nobody any more.
const LEFT_MAX: usize = 8;
/// For how long such a one is waited for.
const CONNECT_MAX: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Uri};
    use hyper_util::rt::TokioIo;
    use sluicegate_gate::time::UnixMillis;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        sync::oneshot,
        task::yield_now,
    };

    #[derive(Debug, Default)]
    struct HandClock(AtomicU64);

    impl Clock for HandClock {
        fn now(&self) -> UnixMillis {
            UnixMillis(0)
        }

        fn boot(&self) -> BootMillis {
            BootMillis(self.0.load(Ordering::Relaxed))
        }
    }

    type Near = TokioIo<DuplexStream>;

    fn idle() -> (Arc<Idle<Near>>, Arc<HandClock>, Arc<dyn Clock>) {
        let hand = Arc::new(HandClock::default());
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&hand);
        (Arc::default(), hand, clock)
    }

    async fn wire() -> (Wire<Near>, DuplexStream) {
        let (near, far) = duplex(1_024);
        (Wire::new(TokioIo::new(near)).await.unwrap(), far)
    }

    #[tokio::test]
    async fn the_connection_used_last_is_taken_first_unless_it_was_closed_or_waited_too_long() {
        let (idle, hand, clock) = idle();
        let mut fars = Vec::new();
        for _ in 0..3 {
            let (near, far) = wire().await;
            idle.keep(near, &clock);
            fars.push(far);
            hand.0.fetch_add(10_000, Ordering::Relaxed);
        }
        // The first has waited for 30 seconds, the second for 20, and the third is closed.
        drop(fars.pop());
        let mut taken = idle.take(clock.as_ref()).await.unwrap();
        let (uri, headers) = (Uri::from_static("/"), HeaderMap::new());
        let ask = taken.ask(&uri, &headers, Bytes::from_static(b"x"), 0);
        let answer = async {
            fars[1].read_u8().await?;
            fars[1].write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await
        };
        let (heard, answered) = futures_util::join!(ask, answer);
        assert_eq!((heard.unwrap().status, answered.is_ok()), (204, true));
        assert!(idle.take(clock.as_ref()).await.is_none());
    }

    #[tokio::test]
    async fn a_connection_that_a_message_gave_up_is_made_for_the_next() {
        let (idle, _hand, clock) = idle();
        let (stands, standing) = oneshot::channel();
        let future = async { standing.await.map_err(|_gone| SendError::Connect) };
        let given_up = idle.connect(Box::pin(future), &clock);
        assert!(futures_util::FutureExt::now_or_never(given_up).is_none());
        let (near, _far) = wire().await;
        drop(stands.send(near));
        yield_now().await;
        assert!(idle.take(clock.as_ref()).await.is_some());
        assert_eq!(idle.0.lock().left, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn connections_are_closed_when_they_have_waited_for_too_long() {
        let (idle, hand, clock) = idle();
        let (near, mut far) = wire().await;
        idle.keep(near, &clock);
        hand.0.store(20_001, Ordering::Relaxed);
        let end = far.read(&mut [0]).await;
        assert_eq!(end.unwrap(), 0);
        assert!(!idle.0.lock().is_watched);
    }
}
