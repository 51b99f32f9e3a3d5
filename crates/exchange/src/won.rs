//! A caller that chooses among all bids says which one it chose: the partner is told then, once, and only
//! while the person's choices are what they were when the partner was asked.

use crate::{
    counters::Count,
    exchange::Exchange,
    token::{self, HOLDS, TokenError, id_of},
    used::{Full, Taken},
};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    DisclosureId, KeyKind, KeyStamp, PartnershipId, Revision, SubjectKey, SubjectState,
    time::UnixMillis,
};
use sluicegate_settings::RequestKeys;

/// What must be known of a bid when the caller chooses it.
#[derive(Debug, Serialize, Deserialize)]
struct Offered {
    id: u128,
    partnership: PartnershipId,
    /// The win notice, macros replaced.
    url: String,
    since: UnixMillis,
    /// Who was asked about, as the view knew them then.
    subject: Vec<Stamp>,
}

/// A report that a bid was chosen is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WonError {
    /// Its token is not.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Whether the person chose anew since the auction is not known at the moment; it may be known later.
    #[error("the latest choices are not known at the moment")]
    NotFresh,
    /// Too many were used within the hour to keep them apart.
    #[error("too many wins within the hour")]
    Full,
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

/// Returns the stamps of a subject's keys.
pub(crate) fn stamps(subject: &SubjectState) -> Vec<Stamp> {
    let standings = [subject.account, subject.device, subject.browser];
    standings.into_iter().flatten().map(|standing| standing.stamp.into()).collect()
}

impl Exchange {
    /// Returns the address at which a browser says that it chose this bid, if browsers have one.
    pub(crate) fn win_address(
        &self,
        disclosure: DisclosureId,
        partnership: &PartnershipId,
        url: String,
        subject: &[Stamp],
    ) -> Option<String> {
        let address = self.parts.options.wins_url.as_ref()?;
        let offered = Offered {
            id: id_of(disclosure, self.parts.dice.as_ref()),
            partnership: partnership.clone(),
            url,
            since: self.parts.clock.now(),
            subject: subject.to_vec(),
        };
        let token = token::seal_as(&self.sealer, CONTEXT, &offered, self.parts.dice.as_ref())?;
        Some(format!("{address}{token}"))
    }

    /// Takes the report that a caller chose a bid and tells the partner, once per token. Nobody is told
    /// after a choice of the person, or a change to their data, since the auction.
    pub fn won(&self, token: &str) -> Result<(), WonError> {
        let offered: Offered =
            token::open_as(&self.sealer, CONTEXT, token).ok_or(TokenError::Invalid)?;
        let (now, expires) = (self.parts.clock.now(), offered.since.plus(HOLDS));
        if now > expires {
            return Err(TokenError::Expired.into());
        }
        if !self.parts.settings.is_fresh() {
            return Err(WonError::NotFresh);
        }
        let taken = self.won.lock().take(offered.id, expires, now);
        let taken = taken.map_err(|Full| WonError::Full)?;
        if taken == Taken::Now && self.is_unchanged(&offered.subject) {
            self.counters.add(Count::Won);
            self.notices.win(offered.partnership, offered.url);
        }
        Ok(())
    }

    fn is_unchanged(&self, then: &[Stamp]) -> bool {
        let key_of = |kind| {
            let stamp = then.iter().find(|stamp| stamp.kind == kind)?;
            Some(SubjectKey { kind, hash: stamp.hash })
        };
        let keys = RequestKeys {
            account: key_of(KeyKind::Account),
            device: key_of(KeyKind::Device),
            browser: key_of(KeyKind::Browser),
        };
        self.parts.settings.is_fresh() && stamps(&self.parts.settings.subject(&keys)) == then
    }
}

/// Says what is sealed.
const CONTEXT: &[u8] = b"sluicegate win token 1";
