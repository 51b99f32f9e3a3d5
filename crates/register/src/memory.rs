//! Editions in memory, for tests and rehearsals.

use crate::{Edition, EditionStore, EditionStoreError, EditionSummary};
use futures_util::future::BoxFuture;
use std::sync::{Mutex, PoisonError};

/// Keeps editions until it is dropped. Nothing is durable.
#[derive(Debug, Default)]
pub struct MemoryEditions(Mutex<Vec<Edition>>);

impl MemoryEditions {
    /// Returns an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn all<T>(&self, read: impl FnOnce(&mut Vec<Edition>) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EditionStore for MemoryEditions {
    fn put<'a>(&'a self, edition: &'a Edition) -> BoxFuture<'a, Result<(), EditionStoreError>> {
        Box::pin(async move {
            self.all(|editions| {
                let offered = edition.number();
                let latest = editions.last().map_or(0, Edition::number);
                if offered <= latest {
                    return Err(EditionStoreError::Exists(offered));
                }
                if offered != latest + 1 {
                    return Err(EditionStoreError::Gap { expected: latest + 1, offered });
                }
                editions.push(edition.clone());
                Ok(())
            })
        })
    }

    fn latest(&self) -> BoxFuture<'_, Result<Option<Edition>, EditionStoreError>> {
        Box::pin(async move { Ok(self.all(|editions| editions.last().cloned())) })
    }

    fn get(&self, number: u32) -> BoxFuture<'_, Result<Option<Edition>, EditionStoreError>> {
        Box::pin(async move {
            Ok(self.all(|editions| {
                editions.iter().find(|edition| edition.number() == number).cloned()
            }))
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EditionSummary>, EditionStoreError>> {
        let summary = |edition: &Edition| EditionSummary {
            number: edition.number(),
            published_at: edition.published_at(),
            hash: edition.hash(),
        };
        Box::pin(async move { Ok(self.all(|editions| editions.iter().map(summary).collect())) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::CASES;
    use futures_util::FutureExt;
    use std::sync::Arc;

    #[test]
    fn it_keeps_every_promise_of_the_port() {
        for case in CASES {
            let outcome = case.run(Arc::new(MemoryEditions::new())).now_or_never();
            outcome.expect("memory never waits").expect(case.promise);
        }
    }
}
