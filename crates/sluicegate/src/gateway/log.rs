//! Keeps the log up with the record.

use sluicegate_ledger::log::book::Book;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// Sees to it that there is a log before anything is recorded, and says so where one is missing that should be there.
#[expect(clippy::cognitive_complexity, reason = "each outcome is said once")]
pub(super) async fn begin(book: &Book) {
    match book.begin().await {
        Ok(()) if book.standing().began_anew => tracing::error!(
            "the log is empty and packs are recorded: it was emptied, or there was none before; it begins anew, and \
             no checkpoint from before fits it"
        ),
        // Why at every start: whoever has not compared it yet may have missed the others.
        Ok(()) if !book.standing().signed_anew.is_empty() => tracing::error!(
            log.entries = ?book.standing().signed_anew,
            "the log was once signed without the head that was signed before: compare it with what witnesses and \
             earlier exports have"
        ),
        Ok(()) => {}
        Err(error) => tracing::error!(error.cause = %error, "the log could not be begun"),
    }
}

/// Takes in what was committed, again and again, until the gateway stops, and meanwhile looks once through what there
/// was at the start.
pub(super) async fn run(book: Arc<Book>, every: Duration, stopped: watch::Receiver<bool>) {
    let looked_through = async {
        look_through(&book, every).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = keep_up(&book, every, stopped) => {}
        () = looked_through => {}
    }
}

async fn look_through(book: &Book, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_failing = false;
    loop {
        ticks.tick().await;
        match book.look_through().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                if !was_failing {
                    tracing::error!(error.cause = %error, "the log cannot be compared any further; it is tried again");
                }
                was_failing = true;
            }
        }
    }
}

async fn keep_up(book: &Book, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_failing = false;
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = ticks.tick() => {}
        }
        is_failing = turn(book, is_failing).await;
    }
}

/// Takes in what waits, and returns whether that failed. A failure is said once, and so is its end.
#[expect(clippy::cognitive_complexity, reason = "each change of state is said once")]
async fn turn(book: &Book, was_failing: bool) -> bool {
    match book.catch_up().await {
        Ok(()) => {
            if was_failing {
                tracing::info!("the log is written again");
            }
            false
        }
        // Nothing waits for the log: what was recorded is taken in later.
        Err(error) => {
            if !was_failing {
                let standing = book.standing();
                let sheet = standing.failing.as_ref().map(|failing| failing.sheet);
                let pack = standing.failing.as_ref().map(|failing| failing.pack);
                tracing::error!(
                    error.cause = %error,
                    sheet.number = sheet,
                    pack.number = pack,
                    packs.behind = standing.behind,
                    "the log could not be written"
                );
            }
            true
        }
    }
}

/// Takes in the last records of a gateway that stops.
pub(super) async fn end(book: &Book) {
    if let Err(error) = book.catch_up().await {
        tracing::error!(error.cause = %error, "the log lacks the last records until the next start");
    }
}
