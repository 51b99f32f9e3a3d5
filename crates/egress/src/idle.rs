//! Connections to one partner that wait for the next message, and messages that wait for a connection.

use crate::{turn::Turn, wire::Wire};
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
use tokio::sync::oneshot;

/// Connections to one address, the one used last first.
pub(crate) struct Idle<S: Stream>(Mutex<Waiting<S>>);

/// What a connection is made on.
pub(crate) trait Stream: Read + Write + Send + Unpin + 'static {}

impl<S: Read + Write + Send + Unpin + 'static> Stream for S {}

// INVARIANT: while a message waits in the queue, no connection waits, and as many as allowed are new.
struct Waiting<S: Stream> {
    wires: VecDeque<(Box<Wire<S>>, BootMillis)>,
    /// Messages that found neither a connection nor a turn to make one, the oldest first.
    queue: VecDeque<oneshot::Sender<Chance<S>>>,
    /// Connections that are being made, or were and have brought no answer yet.
    new: usize,
    /// Whether a task closes those that wait for too long.
    is_watched: bool,
    /// How many are being made for nobody any more.
    left: usize,
}

/// What a message that waited gets.
enum Chance<S: Stream> {
    /// A connection that another message is done with. In a box, as it is handed on with each message.
    Wire(Box<Wire<S>>),
    /// It may make one.
    Turn(Turn<S>),
}

impl<S: Stream> Waiting<S> {
    /// Returns the message that has waited longest and still does.
    fn next(&mut self) -> Option<oneshot::Sender<Chance<S>>> {
        std::iter::from_fn(|| self.queue.pop_front()).find(|one| !one.is_closed())
    }
}

impl<S: Stream> Default for Idle<S> {
    fn default() -> Self {
        Self(Mutex::new(Waiting {
            wires: VecDeque::new(),
            queue: VecDeque::new(),
            new: 0,
            is_watched: false,
            left: 0,
        }))
    }
}

impl<S: Stream> fmt::Debug for Idle<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.lock().wires.len();
        formatter.debug_struct("Idle").field("connections", &count).finish()
    }
}

impl<S: Stream> Idle<S> {
    /// Returns a connection for a message: one that waits and still stands, or a new one; or, where as many as allowed
    /// are new, whichever is first, one that another message is done with or the turn to make one.
    ///
    /// `begin` is called when the partner is asked for a connection. The turn is to be kept until the answer.
    pub(crate) async fn obtain(
        self: &Arc<Self>,
        clock: &Arc<dyn Clock>,
        begin: impl FnOnce() -> Connecting<S>,
    ) -> Result<(Box<Wire<S>>, Option<Turn<S>>), SendError> {
        loop {
            match self.chance(clock.as_ref()).await? {
                Chance::Wire(mut wire) => {
                    if wire.is_quiet() {
                        return Ok((wire, None));
                    }
                }
                Chance::Turn(turn) => {
                    let wire = self.connect(begin(), clock).await?;
                    return Ok((wire, Some(turn)));
                }
            }
        }
    }

    async fn chance(self: &Arc<Self>, clock: &dyn Clock) -> Result<Chance<S>, SendError> {
        let waits = {
            let mut waiting = self.0.lock();
            if let Some((wire, since)) = waiting.wires.pop_back() {
                if clock.boot().since(since) <= IDLE_MAX {
                    return Ok(Chance::Wire(wire));
                }
                // Those below it have waited longer.
                waiting.wires.clear();
            }
            if waiting.new < NEW_MAX {
                waiting.new += 1;
                return Ok(Chance::Turn(Turn::of(self)));
            }
            let (chance, waits) = oneshot::channel();
            waiting.queue.push_back(chance);
            waits
        };
        waits.await.map_err(|_gone| SendError::Connect)
    }

    /// Keeps a connection for the next message, which may wait for it already.
    pub(crate) fn keep(self: &Arc<Self>, mut wire: Box<Wire<S>>, clock: &Arc<dyn Clock>) {
        loop {
            let mut waiting = self.0.lock();
            let Some(next) = waiting.next() else {
                if waiting.wires.len() < IDLE_PER_HOST_MAX {
                    waiting.wires.push_back((wire, clock.boot()));
                }
                if !std::mem::replace(&mut waiting.is_watched, true) {
                    tokio::spawn(watch(Arc::downgrade(self), Arc::clone(clock)));
                }
                return;
            };
            drop(waiting);
            match next.send(Chance::Wire(wire)) {
                // It has just given up.
                Err(Chance::Wire(back)) => wire = back,
                Ok(()) | Err(Chance::Turn(_)) => return,
            }
        }
    }

    /// Lets the next message make a connection.
    pub(crate) fn pass_on(self: &Arc<Self>) {
        let mut waiting = self.0.lock();
        match waiting.next() {
            Some(next) => {
                drop(waiting);
                // Given up just now, the turn comes back, and is passed on when it is dropped.
                drop(next.send(Chance::Turn(Turn::of(self))));
            }
            None => waiting.new = waiting.new.saturating_sub(1),
        }
    }

    /// Makes one. A partner that is far away can take longer than a message may wait: given up, the connection is made
    /// all the same, and the next message finds it ready.
    async fn connect(
        self: &Arc<Self>,
        future: Connecting<S>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Box<Wire<S>>, SendError> {
        let mut making =
            Making { future: Some(future), idle: Arc::clone(self), clock: Arc::clone(clock) };
        let made = match making.future.as_mut() {
            Some(future) => future.await,
            None => Err(SendError::Connect),
        };
        making.future = None;
        made
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
pub(crate) type Connecting<S> = BoxFuture<'static, Result<Box<Wire<S>>, SendError>>;

/// A connection that is being made for a message.
struct Making<S: Stream> {
    future: Option<Connecting<S>>,
    idle: Arc<Idle<S>>,
    clock: Arc<dyn Clock>,
}

impl<S: Stream> Drop for Making<S> {
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
async fn watch<S: Stream>(idle: Weak<Idle<S>>, clock: Arc<dyn Clock>) {
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
/// Connections to one partner that have brought no answer yet, but for those made for nobody. A partner's machine lets
/// only so many wait until its program takes them, 128 in many programs, and forgets what comes beyond that: to ask
/// again takes it a second, which is longer than any bid is waited for.
const NEW_MAX: usize = 64;
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

    async fn wire() -> (Box<Wire<Near>>, DuplexStream) {
        let (near, far) = duplex(1_024);
        (Box::new(Wire::new(TokioIo::new(near)).await.unwrap()), far)
    }

    /// Takes a connection that waits.
    async fn take(idle: &Arc<Idle<Near>>, clock: &Arc<dyn Clock>) -> Option<Box<Wire<Near>>> {
        let none = || -> Connecting<Near> { Box::pin(async { Err(SendError::Connect) }) };
        idle.obtain(clock, none).await.ok().map(|(wire, _turn)| wire)
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
        let mut taken = take(&idle, &clock).await.unwrap();
        let (uri, headers) = (Uri::from_static("/"), HeaderMap::new());
        let ask = taken.ask(&uri, &headers, Bytes::from_static(b"x"), 0);
        let answer = async {
            fars[1].read_u8().await?;
            fars[1].write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await
        };
        let (heard, answered) = futures_util::join!(ask, answer);
        assert_eq!((heard.unwrap().status, answered.is_ok()), (204, true));
        assert!(take(&idle, &clock).await.is_none());
    }

    #[tokio::test]
    async fn a_connection_that_a_message_gave_up_is_made_for_the_next() {
        let (idle, _hand, clock) = idle();
        let (stands, standing) = oneshot::channel();
        let future = async { standing.await.map_err(|_gone| SendError::Connect) };
        let given_up = idle.obtain(&clock, || Box::pin(future));
        assert!(futures_util::FutureExt::now_or_never(given_up).is_none());
        let (near, _far) = wire().await;
        drop(stands.send(near));
        yield_now().await;
        assert!(take(&idle, &clock).await.is_some());
        assert_eq!(idle.0.lock().left, 0);
    }

    #[tokio::test]
    async fn a_burst_begins_few_connections_and_the_rest_waits_for_those_or_for_a_turn() {
        let (idle, _hand, clock) = idle();
        let begun = AtomicU64::new(0);
        let obtain = || {
            Box::pin(idle.obtain(&clock, || {
                begun.fetch_add(1, Ordering::Relaxed);
                Box::pin(async { Ok(wire().await.0) })
            }))
        };
        let mut held = Vec::new();
        for _ in 0..NEW_MAX {
            held.push(obtain().await.unwrap());
        }
        let mut waiting: VecDeque<_> = (0..5).map(|_| obtain()).collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one).is_pending());
        }
        assert_eq!(begun.load(Ordering::Relaxed), 64);
        // The first gives up; the second gets a connection that another message is done with.
        drop(waiting.pop_front());
        let (near, _far) = wire().await;
        idle.keep(near, &clock);
        let (_wire, turn) = waiting.pop_front().unwrap().await.unwrap();
        assert!(turn.is_none());
        assert_eq!(begun.load(Ordering::Relaxed), 64);
        // The third gets the turn of one that was answered.
        drop(held.pop());
        held.push(waiting.pop_front().unwrap().await.unwrap());
        assert_eq!(begun.load(Ordering::Relaxed), 65);
        // The fourth is given a turn, and gives up before it takes it: it goes to the fifth.
        drop(held.pop());
        drop(waiting.pop_front());
        held.push(waiting.pop_front().unwrap().await.unwrap());
        assert_eq!(begun.load(Ordering::Relaxed), 66);
        held.clear();
        assert_eq!(idle.0.lock().new, 0);
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
