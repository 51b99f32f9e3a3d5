//! Connections made ahead.
//!
//! A bid request goes under a window of at most 50 ms. To a partner that is far away connecting alone
//! can take longer, and a message refused for its deadline takes its connection with it. So after such
//! a refusal a connection is made without a message, and the next message finds it ready.

use futures_util::future::{BoxFuture, FutureExt, poll_fn, ready};
use http::Uri;
use parking_lot::Mutex;
use sluicegate_gate::time::{BootMillis, Clock};
use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower_service::Service;

/// A connector that hands out parked connections first.
pub(crate) struct Warm<C: Service<Uri>> {
    inner: C,
    clock: Arc<dyn Clock>,
    parked: Arc<Mutex<ByHost<C::Response>>>,
}

type ByHost<S> = HashMap<String, Vec<Parked<S>>>;

struct Parked<S> {
    stream: S,
    since: BootMillis,
}

impl<C: Service<Uri> + Clone> Clone for Warm<C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            clock: Arc::clone(&self.clock),
            parked: Arc::clone(&self.parked),
        }
    }
}

impl<C: Service<Uri>> fmt::Debug for Warm<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Warm")
    }
}

impl<C: Service<Uri>> Warm<C> {
    pub(crate) fn new(inner: C, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock, parked: Arc::default() }
    }

    /// Connects and parks the connection. A failure is left for the next message to find.
    pub(crate) async fn prepare(mut self, uri: Uri) {
        let host = key(&uri);
        if self.parked.lock().get(&host).is_some_and(|parked| parked.len() >= PARKED_MAX) {
            return;
        }
        let connect = async {
            poll_fn(|context| self.inner.poll_ready(context)).await?;
            self.inner.call(uri).await
        };
        if let Ok(Ok(stream)) = tokio::time::timeout(CONNECT_MAX, connect).await {
            let parked = Parked { stream, since: self.clock.boot() };
            self.parked.lock().entry(host).or_default().push(parked);
        }
    }

    fn take(&self, uri: &Uri) -> Option<C::Response> {
        let now = self.clock.boot();
        let mut parked = self.parked.lock();
        let of_host = parked.get_mut(&key(uri))?;
        of_host.retain(|one| now.since(one.since) <= PARKED_FOR);
        of_host.pop().map(|one| one.stream)
    }
}

impl<C> Service<Uri> for Warm<C>
where
    C: Service<Uri>,
    C::Response: Send + 'static,
    C::Error: Send + 'static,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = C::Error;
    type Future = BoxFuture<'static, Result<C::Response, C::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self.take(&uri) {
            Some(stream) => ready(Ok(stream)).boxed(),
            None => self.inner.call(uri).boxed(),
        }
    }
}

/// Connections are for a scheme, host and port.
fn key(uri: &Uri) -> String {
    let authority = uri.authority().map(http::uri::Authority::as_str);
    format!("{}://{}", uri.scheme_str().unwrap_or_default(), authority.unwrap_or_default())
}

/// Connections parked per host.
const PARKED_MAX: usize = 8;
/// A connection parked for longer may have been closed by the other side.
const PARKED_FOR: Duration = Duration::from_secs(5);
const CONNECT_MAX: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::time::UnixMillis;
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicU64, Ordering},
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

    /// Numbers its connections.
    #[derive(Clone, Default)]
    struct Counting(Arc<AtomicU64>);

    impl Service<Uri> for Counting {
        type Response = u64;
        type Error = Infallible;
        type Future = std::future::Ready<Result<u64, Infallible>>;

        fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _uri: Uri) -> Self::Future {
            std::future::ready(Ok(self.0.fetch_add(1, Ordering::Relaxed)))
        }
    }

    #[tokio::test]
    async fn a_prepared_connection_is_used_once_for_its_own_host_and_only_while_fresh() {
        let hand = Arc::new(HandClock::default());
        let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(&hand);
        let mut warm = Warm::new(Counting::default(), clock);
        let north = Uri::from_static("https://north.example/bid");
        warm.clone().prepare(north.clone()).await;
        assert_eq!(warm.call(Uri::from_static("https://south.example/bid")).await, Ok(1));
        assert_eq!(warm.call(Uri::from_static("https://north.example/other")).await, Ok(0));
        assert_eq!(warm.call(north.clone()).await, Ok(2));
        warm.clone().prepare(north.clone()).await;
        hand.0.store(5_001, Ordering::Relaxed);
        assert_eq!(warm.call(north).await, Ok(4));
    }

    #[tokio::test]
    async fn no_more_than_a_few_connections_are_parked() {
        let warm = Warm::new(Counting::default(), Arc::new(HandClock::default()));
        let north = Uri::from_static("https://north.example/bid");
        for _ in 0..PARKED_MAX + 5 {
            warm.clone().prepare(north.clone()).await;
        }
        assert_eq!(warm.inner.0.load(Ordering::Relaxed), 8);
    }
}
