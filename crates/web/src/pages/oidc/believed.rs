//! What the provider says, kept while it is believed: one asks for all who wait, and a provider that fails is left
//! alone for a while.

use super::provider::ProviderFault;
use parking_lot::Mutex;
use sluicegate_gate::time::{BootMillis, Clock};
use std::time::Duration;

/// How long the provider is believed.
const BELIEVED_FOR: Duration = Duration::from_hours(1);
/// How soon a provider that failed is asked again.
const FAILED_FOR: Duration = Duration::from_secs(10);

/// One thing that the provider says.
#[derive(Debug)]
pub(super) struct Believed<T> {
    heard: Mutex<Heard<T>>,
    asking: tokio::sync::Mutex<()>,
    /// How long what is at hand is used past its time, while the provider fails.
    stays: Duration,
}

#[derive(Debug)]
struct Heard<T> {
    said: Option<(T, BootMillis)>,
    failed: Option<(ProviderFault, BootMillis)>,
}

impl<T: Clone + Send> Believed<T> {
    /// Nothing is at hand yet.
    pub(super) fn new(stays: Duration) -> Self {
        let heard = Mutex::new(Heard { said: None, failed: None });
        Self { heard, asking: tokio::sync::Mutex::default(), stays }
    }

    /// Returns what is at hand, else asks. Whoever comes meanwhile waits for that answer, and a fault stands for
    /// [`FAILED_FOR`].
    pub(super) async fn or_ask(
        &self,
        clock: &dyn Clock,
        ask: impl Future<Output = Result<T, ProviderFault>> + Send,
    ) -> Result<T, ProviderFault> {
        if let Some(answer) = self.at_hand(clock.boot()) {
            return answer;
        }
        let _only_one = self.asking.lock().await;
        if let Some(answer) = self.at_hand(clock.boot()) {
            return answer;
        }
        self.hear(ask.await, clock.boot())
    }

    /// Asks although something may be at hand.
    pub(super) async fn ask(
        &self,
        clock: &dyn Clock,
        ask: impl Future<Output = Result<T, ProviderFault>> + Send,
    ) -> Result<T, ProviderFault> {
        let _only_one = self.asking.lock().await;
        self.hear(ask.await, clock.boot())
    }

    fn hear(&self, answer: Result<T, ProviderFault>, now: BootMillis) -> Result<T, ProviderFault> {
        let mut heard = self.heard.lock();
        match answer {
            Ok(said) => {
                *heard = Heard { said: Some((said.clone(), now)), failed: None };
                Ok(said)
            }
            Err(fault) => {
                heard.failed = Some((fault, now));
                heard.within(BELIEVED_FOR.saturating_add(self.stays), now).ok_or(fault)
            }
        }
    }

    fn at_hand(&self, now: BootMillis) -> Option<Result<T, ProviderFault>> {
        let heard = self.heard.lock();
        if let Some(said) = heard.within(BELIEVED_FOR, now) {
            return Some(Ok(said));
        }
        let (fault, at) = heard.failed?;
        let still = || heard.within(BELIEVED_FOR.saturating_add(self.stays), now).ok_or(fault);
        (now.since(at) < FAILED_FOR).then(still)
    }
}

impl<T: Clone> Heard<T> {
    fn within(&self, time: Duration, now: BootMillis) -> Option<T> {
        let (said, at) = self.said.as_ref()?;
        (now.since(*at) < time).then(|| said.clone())
    }
}
