//! How much of what the platform reports in large bodies is in memory at once: what is more waits on its connection,
//! unread.

use crate::problem::{Kind, Problem};
use http::{HeaderMap, header};
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies in memory at once, in KiB: 64 MiB, or two of the largest.
const ROOM_KIB: u32 = 64 * 1024;
/// How long a body waits for room.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Room for bodies.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(ROOM_KIB).unwrap_or(usize::MAX))))
    }
}

impl Room {
    /// Waits for room for the body that these headers announce, in the order of asking; the room is free again when
    /// the permit is dropped. A body that does not say how long it is takes the room of the largest, and so does one that
    /// is larger, of which no more is read. One for which there is no room in time is refused unread.
    pub(crate) async fn take(
        &self,
        headers: &HeaderMap,
        bytes_max: usize,
    ) -> Result<OwnedSemaphorePermit, Problem> {
        let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let bytes = said.and_then(|text| text.parse().ok()).unwrap_or(bytes_max);
        let wanted = u32::try_from(bytes.min(bytes_max).div_ceil(1024).max(1)).unwrap_or(ROOM_KIB);
        let room = Arc::clone(&self.0).acquire_many_owned(wanted);
        match tokio::time::timeout(WAIT_MAX, room).await {
            Ok(Ok(taken)) => Ok(taken),
            // It is never closed.
            Ok(Err(_)) | Err(_) => {
                Err(Problem::new(Kind::Overloaded, "more is being taken in than there is room for"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const MOST: usize = 32 * 1024 * 1024;

    fn of(bytes: usize) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from(bytes))])
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_wait_for_room_and_are_refused_where_there_is_none_in_time() {
        let room = Room::default();
        let first = room.take(&HeaderMap::new(), MOST).await.unwrap();
        let _second = room.take(&of(MOST), MOST).await.unwrap();
        let refused = room.take(&of(1024), MOST).await;
        assert!(refused.is_err(), "one that does not say its length is as large as any");
        let little = of(1024);
        let (third, ()) = tokio::join!(room.take(&little, MOST), async { drop(first) });
        assert!(third.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn small_bodies_do_not_overtake_a_large_one_for_ever() {
        let room = Room::default();
        let first = room.take(&of(MOST), MOST).await.unwrap();
        let _little = room.take(&of(1), MOST).await.unwrap();
        let (most, least) = (of(MOST), of(1));
        let mut large = Box::pin(room.take(&most, MOST));
        let mut small = Box::pin(room.take(&least, MOST));
        assert!(futures_util::poll!(&mut large).is_pending());
        assert!(futures_util::poll!(&mut small).is_pending(), "it would fit, and waits its turn");
        drop(first);
        assert!(large.await.is_ok());
        assert!(small.await.is_ok());
    }
}
