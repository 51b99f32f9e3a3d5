//! A caller that chooses among all bids says which one it chose, or that its ad was shown, whichever comes first:
//! the partner is told then, once, and only while the person's choices are what they were when the partner was asked.
//!
//! That it is told once is kept with the bills, for as long as a token holds, and durable before it is told.

use crate::{
    bills::{BillId, BillsError, Put, Report},
    counters::Count,
    exchange::Exchange,
    token::{self, HOLDS, TokenError, id_of},
};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    DisclosureId, KeyKind, KeyStamp, PartnershipId, Revision, SubjectKey, SubjectState,
    time::UnixMillis,
};
use sluicegate_settings::apart;
use std::sync::Arc;

/// What must be known of a bid when the caller chooses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offered {
    id: u128,
    partnership: PartnershipId,
    /// The win notice, macros replaced.
    url: String,
    since: UnixMillis,
    /// Who was asked about, as the view knew them then.
    subject: Vec<Stamp>,
}

/// A report that a bid was chosen is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum WonError {
    /// Its token is not.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Whether the person chose anew since the auction is not known at the moment; it may be known later.
    #[error("the latest choices are not known at the moment")]
    NotFresh,
    /// It could not be made durable, and nobody was told.
    #[error(transparent)]
    Bills(#[from] BillsError),
}

/// A key and the last change that had touched it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    kind: KeyKind,
    hash: u128,
    revision: Revision,
}

impl From<KeyStamp> for Stamp {
    fn from(KeyStamp { key, revision }: KeyStamp) -> Self {
        Self { kind: key.kind, hash: key.hash, revision }
    }
}

impl From<Stamp> for KeyStamp {
    fn from(Stamp { kind, hash, revision }: Stamp) -> Self {
        Self { key: SubjectKey { kind, hash }, revision }
    }
}

/// Returns the stamps of a subject's keys.
pub(crate) fn key_stamps(subject: &SubjectState) -> Vec<KeyStamp> {
    subject.standings().map(|standing| standing.stamp).collect()
}

impl Exchange {
    /// Says what must be known when the caller chooses this bid.
    pub(crate) fn offered(
        &self,
        disclosure: DisclosureId,
        partnership: &PartnershipId,
        url: String,
        subject: &SubjectState,
    ) -> Offered {
        Offered {
            id: id_of(disclosure, self.parts.dice.as_ref()),
            partnership: partnership.clone(),
            url,
            since: self.parts.clock.now(),
            subject: key_stamps(subject).into_iter().map(Stamp::from).collect(),
        }
    }

    /// Returns the address at which a browser says that it chose this bid, if browsers have one.
    pub(crate) fn win_address(&self, offered: &Offered) -> Option<String> {
        let address = self.parts.options.wins_url.as_ref()?;
        let token = token::seal_as(&self.sealer, CONTEXT, offered, self.parts.dice.as_ref())?;
        Some(format!("{address}{token}"))
    }

    /// Takes the report that a caller chose a bid and tells the partner, once per token, also across a restart.
    /// Nobody is told after a choice of the person, or a change to their data, since the auction.
    ///
    /// It is done to its end, whether or not whoever reported it still waits.
    pub async fn won(self: &Arc<Self>, token: &str) -> Result<(), WonError> {
        let offered: Offered =
            token::open_as(&self.sealer, CONTEXT, token).ok_or(TokenError::Invalid)?;
        if self.parts.clock.now() > offered.since.plus(HOLDS) {
            return Err(TokenError::Expired.into());
        }
        if !self.parts.settings.is_fresh() {
            return Err(WonError::NotFresh);
        }
        let exchange = Arc::clone(self);
        Ok(apart(async move { exchange.chosen(offered).await }).await?)
    }

    /// Tells the partner that its bid was chosen, unless that was reported before. It must be done to its end: once the
    /// report is kept no other one leads to the notice.
    pub(crate) async fn chosen(&self, offered: Offered) -> Result<(), BillsError> {
        let report = Report {
            id: BillId(offered.id),
            at: self.parts.clock.now(),
            expires: offered.since.plus(HOLDS),
            bill: None,
        };
        let put = self.parts.bills.put(report).await?;
        let about: Vec<_> = offered.subject.into_iter().map(KeyStamp::from).collect();
        if put == Put::Kept && self.parts.settings.stand(&about) {
            self.counters.add(Count::Won);
            self.notices.win(offered.partnership, offered.url, about);
        }
        Ok(())
    }

    /// Returns whether nothing has changed for a person since partners were asked, as far as is known for sure.
    pub(crate) fn still_stands(&self, then: &SubjectState) -> bool {
        self.parts.settings.stand(&key_stamps(then))
    }
}

/// Says what is sealed.
const CONTEXT: &[u8] = b"sluicegate win token 1";
