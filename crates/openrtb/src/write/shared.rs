//! What is the same for every partner of one request, written when the first of them needs it.
//!
//! Nothing of it reaches a message but through the setters of that message, which take the grant of its category.

use super::{LotImp, coarse::Coarse, identifying::Identifying, plumbing::written_blocks};
use crate::{money::Currency, request::BidRequest, written::Written};
use sluicegate_gate::Country;
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// One request, for all of its partners.
pub struct Shared<'a> {
    pub(super) request: &'a BidRequest,
    country: Option<Country>,
    blocks: OnceLock<Written>,
    coarse: OnceLock<Arc<Coarse>>,
    identifying: OnceLock<Arc<Identifying>>,
    /// By the impression's index: as it was put up first.
    imps: Vec<OnceLock<WrittenImp>>,
}

/// An impression as it was put up for somebody.
struct WrittenImp {
    put_up: LotImp,
    currency: Currency,
    fields: Written,
}

impl<'a> Shared<'a> {
    /// Takes the client's request, and the country the decision was made for.
    pub fn of(request: &'a BidRequest, country: Option<Country>) -> Self {
        let imps = request.imps.iter().map(|_| OnceLock::new()).collect();
        Self {
            request,
            country,
            blocks: OnceLock::new(),
            coarse: OnceLock::new(),
            identifying: OnceLock::new(),
            imps,
        }
    }

    /// Returns an impression written, unless it was put up otherwise for whoever was first.
    pub(super) fn imp(
        &self,
        put_up: &LotImp,
        currency: Currency,
        write: impl FnOnce(&mut Written),
    ) -> Option<&Written> {
        let first = self.imps.get(put_up.index)?.get_or_init(|| {
            let mut fields = Written::with_capacity(IMP_BYTES);
            write(&mut fields);
            WrittenImp { put_up: put_up.clone(), currency, fields }
        });
        (first.currency == currency && first.put_up == *put_up).then_some(&first.fields)
    }

    pub(super) fn blocks(&self) -> &Written {
        self.blocks.get_or_init(|| written_blocks(&self.request.blocks))
    }

    pub(super) fn coarse(&self) -> &Arc<Coarse> {
        self.coarse.get_or_init(|| Arc::new(Coarse::of(&self.request.device, self.country)))
    }

    pub(super) fn identifying(&self) -> &Arc<Identifying> {
        self.identifying.get_or_init(|| Arc::new(Identifying::of(&self.request.device)))
    }
}

/// Room made for an impression: most take less.
const IMP_BYTES: usize = 512;

impl fmt::Debug for Shared<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}
