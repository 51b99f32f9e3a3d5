//! That a token is used once is remembered in memory, until it has expired and for at most [`USED_MAX`] tokens.

use sluicegate_gate::time::UnixMillis;
use std::collections::{HashSet, VecDeque};

/// Whether a token was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Now,
    Before,
}

/// Too many tokens were used within their time to keep them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// The tokens that were used.
#[derive(Debug, Default)]
pub(crate) struct Used {
    ids: HashSet<u128>,
    by_expiry: VecDeque<(UnixMillis, u128)>,
}

impl Used {
    /// Notes a token as used.
    pub(crate) fn take(
        &mut self,
        id: u128,
        expires: UnixMillis,
        now: UnixMillis,
    ) -> Result<Taken, Full> {
        while let Some((expired, old)) = self.by_expiry.front().copied() {
            if expired >= now {
                break;
            }
            self.ids.remove(&old);
            self.by_expiry.pop_front();
        }
        if self.ids.contains(&id) {
            return Ok(Taken::Before);
        }
        if self.ids.len() >= USED_MAX {
            return Err(Full);
        }
        self.ids.insert(id);
        // Why: tokens come back out of order. One that is kept behind a later one only stays longer.
        self.by_expiry.push_back((expires, id));
        Ok(Taken::Now)
    }
}

/// Used tokens remembered.
pub(crate) const USED_MAX: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_once_and_forgotten_when_it_has_expired() {
        let mut used = Used::default();
        assert_eq!(used.take(1, UnixMillis(10), UnixMillis(0)), Ok(Taken::Now));
        assert_eq!(used.take(1, UnixMillis(10), UnixMillis(10)), Ok(Taken::Before));
        assert_eq!(used.take(2, UnixMillis(20), UnixMillis(11)), Ok(Taken::Now));
        assert_eq!(used.ids.len(), 1);
    }
}
