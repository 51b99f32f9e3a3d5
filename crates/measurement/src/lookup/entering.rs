//! What is known of a write before it is durable, and whether it became so.

use super::store::{ConversionsError, Entered};
use futures_util::{FutureExt as _, future::Shared};
use tokio::sync::oneshot;

/// What became of the conversions of one body, known before it is durable.
#[derive(Clone, Debug)]
pub struct Entering {
    /// Of each, in order.
    pub entered: Vec<Entered>,
    /// Whether it stands.
    pub durable: Durable,
}

impl Entering {
    /// Returns what became of each once that is durable.
    pub async fn kept(self) -> Result<Vec<Entered>, ConversionsError> {
        self.durable.wait().await?;
        Ok(self.entered)
    }
}

/// Whether a write is durable. Clones tell of the same write.
#[derive(Clone, Debug)]
pub struct Durable(Shared<oneshot::Receiver<()>>);

impl Durable {
    /// Returns one of a write under way, and what says that it is durable. Dropped, that says that it failed.
    pub fn pending() -> (oneshot::Sender<()>, Self) {
        let (durable, waits) = oneshot::channel();
        (durable, Self(waits.shared()))
    }

    /// Returns one of a write that is.
    pub fn already() -> Self {
        let (durable, already) = Self::pending();
        // `already` holds the other end.
        let _heard = durable.send(());
        already
    }

    /// Returns once it is durable. Fails if it never will be.
    pub async fn wait(&self) -> Result<(), ConversionsError> {
        self.0.clone().await.map_err(|failed| ConversionsError::Unavailable(Box::new(failed)))
    }
}
