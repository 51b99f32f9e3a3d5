//! An ad was shown: the report counts once, and the partner's bill is durable before anybody is answered.

use crate::{
    bills::{BillId, BillsError, Put, Report},
    counters::Count,
    exchange::Exchange,
    token::{self, TokenError, Win},
};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_settings::apart;
use std::sync::Arc;

/// A report that an ad was shown was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Whose ad was shown.
    pub partnership: PartnershipId,
    /// Whether the partner is told, since it gave an address for it.
    pub billing: Billing,
}

/// Whether a billing notice goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    /// It waits in the store, and is tried until the partner has it.
    Queued,
    /// The bid named no address, or the auction was a test.
    NotAsked,
}

/// A report that an ad was shown was not accepted. It may be sent again: what was kept of it counts once.
#[derive(Debug, thiserror::Error)]
pub enum RenderedError {
    /// Its token is not accepted.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The partner's bills have no room.
    #[error("too many bills of the partnership wait")]
    Full,
    /// It could not be made durable.
    #[error(transparent)]
    Bills(#[from] BillsError),
}

impl Exchange {
    /// Takes the report that an ad was shown. It is durable, with the bill that follows from it, when this
    /// returns. A report that comes again gets the same answer and changes nothing, also after a restart.
    ///
    /// It is done to its end, whether or not whoever reported it still waits.
    pub async fn rendered(self: &Arc<Self>, token: &str) -> Result<Rendered, RenderedError> {
        let now = self.parts.clock.now();
        let win = token::open(&self.sealer, token, now)?;
        let exchange = Arc::clone(self);
        apart(async move { exchange.take_shown(win, now).await }).await
    }

    async fn take_shown(&self, win: Win, now: UnixMillis) -> Result<Rendered, RenderedError> {
        let (expires, chosen) = (win.expires(), win.chosen);
        let bill = win.burl.map(|url| (win.partnership.clone(), url.shown_at(now.0)));
        let billing = if bill.is_some() { Billing::Queued } else { Billing::NotAsked };
        let report = Report { id: BillId(win.id), at: now, expires, bill: None };
        match self.billers.put(report, bill).await? {
            Put::Kept => self.counters.add(Count::Rendered),
            Put::Known => {}
            Put::Full => return Err(RenderedError::Full),
        }
        // What was shown was chosen, whether that is reported, too, or not. While the latest choices are not known
        // nobody is told, and a later report still may.
        if let Some(offered) = chosen
            && self.parts.settings.is_fresh()
        {
            self.chosen(offered).await?;
        }
        Ok(Rendered { partnership: win.partnership, billing })
    }
}
