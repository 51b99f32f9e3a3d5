//! Much of the same work at once.

use tokio::task::{JoinError, spawn_blocking};

/// Things that are worth another thread: handing work over costs as much as a few of them.
const ENOUGH: usize = 256;

/// Does the same to many things, in order.
///
/// Where there are enough of them, one half is done here and the other on a thread of its own: whoever waits for all of
/// them waits for about half as long where a core is idle.
pub async fn in_halves<T, R>(
    mut things: Vec<T>,
    work: impl Fn(Vec<T>) -> Vec<R> + Clone + Send + 'static,
) -> Result<Vec<R>, JoinError>
where
    T: Send + 'static,
    R: Send + 'static,
{
    if things.len() < ENOUGH {
        return Ok(work(things));
    }
    let later = things.split_off(things.len() / 2);
    let there = work.clone();
    let later = spawn_blocking(move || there(later));
    let mut done = work(things);
    done.extend(later.await?);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everything_is_done_once_and_in_order_however_much_it_is() {
        for count in [0, 1, ENOUGH - 1, ENOUGH, ENOUGH + 1, 5_000] {
            let things: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = things.iter().map(|thing| thing * 2).collect();
            let work = |things: Vec<usize>| things.into_iter().map(|thing| thing * 2).collect();
            assert_eq!(in_halves(things, work).await.unwrap(), doubled);
        }
    }

    #[tokio::test]
    async fn what_panics_on_the_other_thread_is_an_error_here() {
        let work = |things: Vec<usize>| {
            assert!(things[0] == 0, "the other half");
            things
        };
        assert!(in_halves((0..ENOUGH).collect(), work).await.unwrap_err().is_panic());
    }
}
