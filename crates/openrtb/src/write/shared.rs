//! What is the same for every partner of one request, written when the first of them needs it.
//!
//! Nothing of it reaches a message but through the setters of that message, which take the grant of its category.

use super::{coarse::Coarse, plumbing::written_blocks};
use crate::{request::BidRequest, written::Written};
use sluicegate_gate::Country;
use std::{fmt, sync::OnceLock};

/// One request, for all of its partners.
pub struct Shared<'a> {
    pub(super) request: &'a BidRequest,
    country: Option<Country>,
    blocks: OnceLock<Written>,
    coarse: OnceLock<Coarse>,
}

impl<'a> Shared<'a> {
    /// Takes the client's request, and the country the decision was made for.
    pub fn of(request: &'a BidRequest, country: Option<Country>) -> Self {
        Self { request, country, blocks: OnceLock::new(), coarse: OnceLock::new() }
    }

    pub(super) fn blocks(&self) -> &Written {
        self.blocks.get_or_init(|| written_blocks(&self.request.blocks))
    }

    pub(super) fn coarse(&self) -> &Coarse {
        self.coarse.get_or_init(|| Coarse::of(&self.request.device, self.country))
    }
}

impl fmt::Debug for Shared<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}
