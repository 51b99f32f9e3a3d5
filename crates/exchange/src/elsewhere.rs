//! What partners and advertisers said of a person, by the names of the edition in force.

use crate::exchange::Exchange;
use sluicegate_gate::{Membership, time::UnixMillis};
use sluicegate_register::{Audience, Edition, Partnership};
use sluicegate_settings::{FromElsewhere, Listed, RequestKeys};
use std::sync::Arc;

/// A list that counts: the register names it, and enough people are on it.
#[derive(Debug)]
pub(crate) struct OnList<'a> {
    pub(crate) partnership: &'a Partnership,
    pub(crate) audience: &'a Audience,
    pub(crate) listed: &'a Listed,
}

impl Exchange {
    /// Returns what was said of the account of a request. Devices and browsers are on no list: nobody could
    /// see it there, or remove it.
    pub(crate) fn said_of(&self, keys: &RequestKeys) -> Option<Arc<FromElsewhere>> {
        self.parts.settings.elsewhere(keys.account?)
    }

    /// Iterates over the lists that count now. One that the edition no longer names does not, and neither
    /// does one with so few people on it that it is as good as a name.
    pub(crate) fn lists<'a>(
        &'a self,
        said: &'a FromElsewhere,
        edition: &'a Edition,
        now: UnixMillis,
    ) -> impl Iterator<Item = OnList<'a>> {
        let people_min = self.parts.options.list_people_min;
        said.lists(now).filter_map(move |listed| {
            let partnership = edition.partnership(&listed.list.partnership)?;
            let audience = partnership.audience(&listed.list.audience)?;
            let is_large = self.parts.settings.members(&listed.list) >= people_min;
            is_large.then_some(OnList { partnership, audience, listed })
        })
    }

    /// Returns the lists that were said of a request's account, for the gate.
    pub(crate) fn memberships(
        &self,
        said: &FromElsewhere,
        edition: &Edition,
        now: UnixMillis,
    ) -> Vec<Membership> {
        let membership = |on: OnList<'_>| Membership {
            partnership: on.partnership.terms.id.clone(),
            segment: on.audience.segment(),
            until: on.listed.until,
        };
        self.lists(said, edition, now).map(membership).collect()
    }
}
