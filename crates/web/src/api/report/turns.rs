//! How many reports are in memory at once: one of each advertiser, and few in all. Auctions run in the same memory.

use crate::problem::{Kind, Problem};
use axum::{
    body::{Body, Bytes, to_bytes},
    response::Response,
};
use futures_util::stream::unfold;
use http::{HeaderValue, header};
use parking_lot::Mutex;
use sluicegate_gate::AdvertiserId;
use std::{collections::BTreeSet, convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Reports that are made or sent at once.
const AT_ONCE: usize = 2;
/// How long one waits for its turn.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// How long whoever has one under way is told to wait.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How much of a report is handed to the connection at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Whose turn it is.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    places: Arc<Semaphore>,
    whose: Arc<Mutex<BTreeSet<AdvertiserId>>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), whose: Arc::default() }
    }
}

impl Turns {
    /// Waits for the turn of a report of this advertiser, in the order of asking. A second one of the same advertiser is
    /// refused at once, and one whose turn does not come in time then.
    pub(crate) async fn take(&self, advertiser: &AdvertiserId) -> Result<Turn, Problem> {
        let Some(only) = Only::of(&self.whose, advertiser) else {
            return Err(Problem::too_soon(AGAIN_AFTER)
                .saying("a report of this advertiser is being made or sent; one is at a time"));
        };
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(WAIT_MAX, place).await {
            Ok(Ok(place)) => Ok(Turn { _place: place, _only: only }),
            // It is never closed.
            Ok(Err(_)) | Err(_) => Err(Problem::new(
                Kind::Overloaded,
                "as many reports are being made or sent as can be at once",
            )),
        }
    }
}

/// The turn of one report. It is over when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
    _only: Only,
}

/// That an advertiser has one report under way.
#[derive(Debug)]
struct Only {
    whose: Arc<Mutex<BTreeSet<AdvertiserId>>>,
    advertiser: AdvertiserId,
}

impl Only {
    fn of(whose: &Arc<Mutex<BTreeSet<AdvertiserId>>>, advertiser: &AdvertiserId) -> Option<Self> {
        let is_only = whose.lock().insert(advertiser.clone());
        is_only.then(|| Self { whose: Arc::clone(whose), advertiser: advertiser.clone() })
    }
}

impl Drop for Only {
    fn drop(&mut self) {
        self.whose.lock().remove(&self.advertiser);
    }
}

impl Turn {
    /// Lets the turn last until the answer has been sent: so long it is in memory. It is sent piece by piece, since of a
    /// body in one piece nobody learns when it has gone.
    pub(crate) async fn until_sent(self, answer: Response) -> Response {
        let (mut parts, body) = answer.into_parts();
        // It is in memory already: there is nothing to fail, and no more of it than was made.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        let pieces = unfold(Some((body, self)), |rest: Option<(Bytes, Self)>| async move {
            let (mut left, turn) = rest?;
            let piece = left.split_to(left.len().min(PIECE_BYTES));
            // The turn is over with the last piece: whoever has all of them may ask again at once.
            let rest = (!left.is_empty()).then_some((left, turn));
            Some((Ok::<_, Infallible>(piece), rest))
        });
        Response::from_parts(parts, Body::from_stream(pieces))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    fn advertiser(name: &str) -> AdvertiserId {
        name.parse().unwrap()
    }

    async fn refused(turns: &Turns, name: &str) -> (u16, String) {
        let problem = turns.take(&advertiser(name)).await.unwrap_err();
        let wait = problem.retry_after().unwrap().to_str().unwrap().to_owned();
        (problem.parts().0.as_u16(), wait)
    }

    #[tokio::test(start_paused = true)]
    async fn an_advertiser_has_one_report_at_a_time_and_all_together_few() {
        let turns = Turns::default();
        let shoes = turns.take(&advertiser("shoes")).await.unwrap();
        assert_eq!(refused(&turns, "shoes").await, (429, String::from("1")));
        let _hats = turns.take(&advertiser("hats")).await.unwrap();
        assert_eq!(refused(&turns, "bags").await, (503, String::from("1")));
        let bags = advertiser("bags");
        let (bags, ()) = tokio::join!(turns.take(&bags), async { drop(shoes) });
        assert!(bags.is_ok(), "one that waits gets the place of one that is done");
        drop(bags);
        assert!(turns.take(&advertiser("shoes")).await.is_ok());
    }

    #[tokio::test]
    async fn a_turn_lasts_until_the_report_is_taken_and_nothing_of_it_is_lost() {
        let turns = Turns::default();
        let turn = turns.take(&advertiser("shoes")).await.unwrap();
        let text = "0123456789abcdef".repeat(10_000);
        let answer = turn.until_sent(Response::new(Body::from(text.clone()))).await;
        assert_eq!(answer.headers()[header::CONTENT_LENGTH], text.len().to_string());
        let mut body = answer.into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(refused(&turns, "shoes").await.0, 429);
        let rest = body.collect().await.unwrap().to_bytes();
        assert_eq!([first, rest].concat(), text.into_bytes());
        assert!(turns.take(&advertiser("shoes")).await.is_ok());
    }

    #[tokio::test]
    async fn a_turn_ends_with_a_caller_that_hangs_up() {
        let turns = Turns::default();
        let turn = turns.take(&advertiser("shoes")).await.unwrap();
        drop(turn.until_sent(Response::new(Body::from("report"))).await);
        assert!(turns.take(&advertiser("shoes")).await.is_ok());
    }
}
