//! What every [`EditionStore`] must do, as cases that a store's tests run, each on an empty store.

use crate::{Edition, EditionStore, EditionStoreError, EditionSummary, PublishError, Register};
use futures_util::future::BoxFuture;
use sluicegate_gate::time::UnixMillis;
use std::{fmt, sync::Arc};

/// A store under test.
pub type Store = Arc<dyn EditionStore>;

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    /// What must hold, as a sentence.
    pub promise: &'static str,
    run: fn(Store) -> BoxFuture<'static, Result<(), Broken>>,
}

/// A store that does not keep a promise.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// Something else came out than must.
    #[error("{0}")]
    Promise(&'static str),
    /// A call failed that must not.
    #[error("a call failed")]
    Store(#[from] EditionStoreError),
    /// The case itself is wrong.
    #[error("the case could not be set up")]
    Setup(#[from] PublishError),
}

impl Case {
    /// Runs the case on an empty store.
    pub async fn run(&self, store: Store) -> Result<(), Broken> {
        (self.run)(store).await
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.promise)
    }
}

/// Every case.
pub const CASES: &[Case] = &[
    Case {
        promise: "an empty store has no edition",
        run: |store| Box::pin(async move { empty(&*store).await }),
    },
    Case {
        promise: "what was kept is read back exactly",
        run: |store| Box::pin(async move { read_back(&*store).await }),
    },
    Case {
        promise: "a number that exists is refused and changes nothing",
        run: |store| Box::pin(async move { exists(&*store).await }),
    },
    Case {
        promise: "a number that would leave a gap is refused and keeps nothing",
        run: |store| Box::pin(async move { gap(&*store).await }),
    },
    Case {
        promise: "of two different next editions at the same time one is kept",
        run: |store| Box::pin(async move { race(&*store).await }),
    },
];

async fn empty(store: &dyn EditionStore) -> Result<(), Broken> {
    let nothing = store.latest().await?.is_none()
        && store.get(1).await?.is_none()
        && store.list().await?.is_empty();
    hold(nothing, "an empty store has an edition")
}

async fn read_back(store: &dyn EditionStore) -> Result<(), Broken> {
    let editions = series("reader.example", 3)?;
    for edition in &editions {
        store.put(edition).await?;
        hold(store.latest().await?.as_ref() == Some(edition), "the latest is not what was kept")?;
    }
    for edition in &editions {
        let again = store.get(edition.number()).await?;
        hold(again.as_ref() == Some(edition), "an edition is not as it was kept")?;
    }
    let summaries: Vec<EditionSummary> = editions.iter().map(summary).collect();
    hold(store.list().await? == summaries, "the list is not all editions, oldest first")
}

async fn exists(store: &dyn EditionStore) -> Result<(), Broken> {
    let editions = series("reader.example", 2)?;
    for edition in &editions {
        store.put(edition).await?;
    }
    for again in series("other.example", 2)?.iter().chain(&editions) {
        let refused = store.put(again).await;
        let fits = matches!(refused, Err(EditionStoreError::Exists(n)) if n == again.number());
        hold(fits, "a number that exists was not refused as such")?;
    }
    let summaries: Vec<EditionSummary> = editions.iter().map(summary).collect();
    hold(store.list().await? == summaries, "a refused edition changed what is kept")
}

async fn gap(store: &dyn EditionStore) -> Result<(), Broken> {
    for edition in series("reader.example", 3)?.iter().skip(1) {
        let refused = store.put(edition).await;
        let fits = matches!(
            refused,
            Err(EditionStoreError::Gap { expected: 1, offered }) if offered == edition.number()
        );
        hold(fits, "a gap was not refused as such")?;
    }
    empty(store).await
}

async fn race(store: &dyn EditionStore) -> Result<(), Broken> {
    let (one, other) = (series("reader.example", 1)?, series("other.example", 1)?);
    let puts = one.iter().chain(&other).map(|edition| store.put(edition));
    let outcomes = futures_util::future::join_all(puts).await;
    let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(EditionStoreError::Exists(1))))
        .count();
    hold((kept, refused) == (1, 1), "not exactly one of two was kept")?;
    hold(store.list().await?.len() == 1, "more than one was kept")
}

/// Editions that follow each other and differ in the publisher's name.
fn series(domain: &str, count: u32) -> Result<Vec<Edition>, Broken> {
    let mut editions: Vec<Edition> = Vec::new();
    for number in 1..=count {
        let text = format!(
            "publisher = {{ id = \"case\", name = \"Case {number}\", domain = \"{domain}\" }}"
        );
        let register = Register::read(&[(String::from("inventory.toml"), text)])
            .map_err(|_problems| Broken::Promise("the case has a wrong register"))?;
        let at = UnixMillis(1_772_323_200_000 + i64::from(number));
        editions.push(Edition::publish(register, editions.last(), at)?);
    }
    Ok(editions)
}

fn summary(edition: &Edition) -> EditionSummary {
    EditionSummary {
        number: edition.number(),
        published_at: edition.published_at(),
        hash: edition.hash(),
    }
}

fn hold(holds: bool, otherwise: &'static str) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken::Promise(otherwise)) }
}
