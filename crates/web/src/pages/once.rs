//! What is good once: the ids of tokens that were taken, until nothing of them holds any more.

use parking_lot::Mutex;
use sluicegate_gate::time::UnixMillis;
use std::{collections::HashMap, fmt};

/// How many are remembered at once.
pub(crate) const TAKEN_MAX: usize = 100_000;

/// Tokens that were taken, by their id. They do not print.
#[derive(Default)]
pub(crate) struct Once(Mutex<HashMap<String, UnixMillis>>);

/// What became of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is taken now.
    First,
    /// It was taken before.
    Again,
    /// It was not taken before, and is not remembered: too many are.
    Full,
}

impl Once {
    /// Takes a token, and remembers it for as long as somebody could believe it: `until` is when nobody does.
    pub(crate) fn take(&self, id: &str, until: UnixMillis, now: UnixMillis) -> Taken {
        let mut taken = self.0.lock();
        if taken.len() >= TAKEN_MAX {
            taken.retain(|_, until| now < *until);
        }
        if taken.get(id).is_some_and(|until| now < *until) {
            return Taken::Again;
        }
        if taken.len() >= TAKEN_MAX {
            return Taken::Full;
        }
        taken.insert(id.to_owned(), until);
        Taken::First
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Once")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_once_until_nobody_believes_it() {
        let once = Once::default();
        let take = |now| once.take("one", UnixMillis(9), UnixMillis(now));
        assert_eq!([take(0), take(8), take(9)], [Taken::First, Taken::Again, Taken::First]);
    }

    #[test]
    fn the_number_that_is_remembered_is_bounded() {
        let once = Once::default();
        let take = |id: usize, now| once.take(&id.to_string(), UnixMillis(9), UnixMillis(now));
        for id in 0..TAKEN_MAX {
            assert_eq!(take(id, 0), Taken::First);
        }
        assert_eq!(take(TAKEN_MAX, 8), Taken::Full);
        assert_eq!(take(0, 8), Taken::Again, "what is remembered stays so");
        assert_eq!(take(TAKEN_MAX, 9), Taken::First);
    }
}
