//! What every [`Feedback`] must do, as cases that a store's tests run, each on an empty store.

use crate::{Feedback, FeedbackError, Opinion, OpinionCounts, REMARKS_MAX, RemarkText, Verdict};
use futures_util::future::BoxFuture;
use sluicegate_gate::time::UnixMillis;
use std::{fmt, sync::Arc};

/// A store under test.
pub type Store = Arc<dyn Feedback>;

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
    Store(#[from] FeedbackError),
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
        promise: "an empty store has nothing",
        run: |store| Box::pin(async move { empty(&*store).await }),
    },
    Case {
        promise: "opinions are counted by edition, with and without a remark",
        run: |store| Box::pin(async move { counted(&*store).await }),
    },
    Case {
        promise: "remarks are read back, the latest first, page by page",
        run: |store| Box::pin(async move { read_back(&*store).await }),
    },
    Case {
        promise: "a removed remark is gone and stays counted",
        run: |store| Box::pin(async move { removed(&*store).await }),
    },
    Case {
        promise: "beyond the limit the oldest remark goes, and every opinion stays counted",
        run: |store| Box::pin(async move { full(&*store).await }),
    },
];

async fn empty(store: &dyn Feedback) -> Result<(), Broken> {
    let nothing = store.counts().await?.is_empty()
        && store.remarks(None, 10).await?.is_empty()
        && !store.remove(1).await?;
    hold(nothing, "an empty store has something")
}

async fn counted(store: &dyn Feedback) -> Result<(), Broken> {
    for (edition, verdict, words) in [
        (2, Verdict::Helpful, ""),
        (1, Verdict::NotHelpful, "too long"),
        (2, Verdict::NotHelpful, ""),
        (2, Verdict::Helpful, "thanks"),
    ] {
        store.add(opinion(edition, verdict, words)).await?;
    }
    let expected = [
        OpinionCounts { edition: 1, helpful: 0, not_helpful: 1 },
        OpinionCounts { edition: 2, helpful: 2, not_helpful: 1 },
    ];
    hold(store.counts().await? == expected, "the counts are not what was said")?;
    hold(store.remarks(None, 10).await?.len() == 2, "not exactly what had words is a remark")
}

async fn read_back(store: &dyn Feedback) -> Result<(), Broken> {
    let said = ["one", "two \u{2603}\nlines", "three"];
    for words in said {
        store.add(opinion(7, Verdict::NotHelpful, words)).await?;
    }
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = store.remarks(before, 2).await?;
        let Some(last) = page.last() else { break };
        hold(page.len() <= 2, "a page is longer than was asked for")?;
        before = Some(last.id);
        found.extend(page);
    }
    let words: Vec<&str> = found.iter().map(|remark| remark.text.open()).collect();
    hold(words == [said[2], said[1], said[0]], "the remarks are not the latest first")?;
    let as_said = found.iter().all(|remark| {
        (remark.edition, remark.verdict, remark.at) == (7, Verdict::NotHelpful, UnixMillis(5))
    });
    hold(as_said, "a remark is not as it was said")
}

async fn removed(store: &dyn Feedback) -> Result<(), Broken> {
    store.add(opinion(1, Verdict::Helpful, "mine")).await?;
    store.add(opinion(1, Verdict::Helpful, "other")).await?;
    let remarks = store.remarks(None, 10).await?;
    let mine = remarks.last().ok_or(Broken::Promise("a remark is missing"))?.id;
    hold(store.remove(mine).await?, "a remark could not be removed")?;
    hold(!store.remove(mine).await?, "a remark was removed twice")?;
    let left = store.remarks(None, 10).await?;
    hold(left.len() == 1 && left.iter().all(|one| one.id != mine), "the wrong remark is gone")?;
    let counts = OpinionCounts { edition: 1, helpful: 2, not_helpful: 0 };
    hold(store.counts().await? == [counts], "removing a remark changed the counts")
}

async fn full(store: &dyn Feedback) -> Result<(), Broken> {
    let beyond = 3;
    let adds = (0..REMARKS_MAX + beyond)
        .map(|number| store.add(opinion(1, Verdict::Helpful, &number.to_string())));
    for outcome in futures_util::future::join_all(adds).await {
        outcome?;
    }
    let kept = store.remarks(None, REMARKS_MAX * 2).await?;
    hold(kept.len() == REMARKS_MAX, "more or fewer remarks are kept than the limit")?;
    let ids_fall = kept.windows(2).all(|pair| matches!(pair, [one, next] if one.id > next.id));
    hold(ids_fall, "the kept remarks are not the latest")?;
    let counts = store.counts().await?;
    let all = u64::try_from(REMARKS_MAX + beyond).ok();
    hold(counts.first().map(|one| one.helpful) == all, "an opinion was not counted")
}

fn opinion(edition: u32, verdict: Verdict, words: &str) -> Opinion {
    Opinion { edition, verdict, remark: RemarkText::of(words), at: UnixMillis(5) }
}

fn hold(holds: bool, otherwise: &'static str) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken::Promise(otherwise)) }
}
