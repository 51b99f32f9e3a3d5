//! That a token is used once is remembered in memory, until it has expired and for at most [`USED_MAX`] tokens.

use crate::token::TokenError;
use sluicegate_gate::time::UnixMillis;
use std::collections::{HashSet, VecDeque};

/// The tokens that were used.
#[derive(Debug, Default)]
pub(crate) struct Used {
    ids: HashSet<u128>,
    by_expiry: VecDeque<(UnixMillis, u128)>,
}

impl Used {
    /// Notes a token as used; fails if it was.
    pub(crate) fn take(
        &mut self,
        id: u128,
        expires: UnixMillis,
        now: UnixMillis,
    ) -> Result<(), TokenError> {
        while let Some((expired, old)) = self.by_expiry.front().copied() {
            if expired >= now {
                break;
            }
            self.ids.remove(&old);
            self.by_expiry.pop_front();
        }
        if self.ids.contains(&id) {
            return Err(TokenError::Used);
        }
        if self.ids.len() >= USED_MAX {
            return Err(TokenError::Full);
        }
        self.ids.insert(id);
        // Why: tokens come back out of order. One that is kept behind a later one only stays longer.
        self.by_expiry.push_back((expires, id));
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }
}

/// Used tokens remembered.
pub(crate) const USED_MAX: usize = 1_000_000;
