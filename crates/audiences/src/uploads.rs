//! Partners put people on their lists.

use crate::{
    Format, Inbox, InboxError, Item, Said, Sender, TakeError, Taken,
    fields::{FieldError, Fields, Flag, wrong},
    taking::take,
};
use sluicegate_gate::{
    AudienceId, Kind, PartnershipId, SubjectKey,
    time::{Clock, UnixMillis},
};
use sluicegate_register::{Current, Partnership};
use sluicegate_settings::{LISTED_FOR_MAX, Pairwise};
use std::{sync::Arc, time::Duration};

/// For so long after its day a user id is read back at most. A partner that may keep what it got for fewer
/// days has no longer.
pub const IDS_ACCEPTED_FOR_MAX: Duration = Duration::from_hours(24 * 90);

/// Takes partners' uploads.
#[derive(Debug)]
pub struct Uploads {
    inbox: Arc<dyn Inbox>,
    current: Arc<Current>,
    pairwise: Pairwise,
    clock: Arc<dyn Clock>,
}

impl Uploads {
    /// Makes the intake; `pairwise` is what the partners' user ids are made with.
    pub fn new(
        inbox: Arc<dyn Inbox>,
        current: Arc<Current>,
        pairwise: Pairwise,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { inbox, current, pairwise, clock }
    }

    /// Takes a batch of one partnership. What was accepted is durable when this returns.
    pub async fn accept(
        &self,
        partnership: &PartnershipId,
        body: &[u8],
        format: Format,
    ) -> Result<Taken, TakeError> {
        let now = self.clock.now();
        let edition = self.current.load().ok_or(TakeError::NotListed)?;
        let listed = edition.partnership(partnership).ok_or(TakeError::NotListed)?;
        if listed.audiences.is_empty() {
            return Err(TakeError::NotListed);
        }
        if !is_in_force(listed, now) {
            return Err(TakeError::NotInForce);
        }
        let sender = Sender::Partner(partnership.clone());
        let read = |fields| self.item(listed, fields, now);
        take(self.inbox.as_ref(), sender, (body, format, "members"), now, read).await
    }

    /// Returns of how many batches, of partners and of tags, something could not be applied and is set aside.
    pub async fn set_aside(&self) -> Result<u64, InboxError> {
        self.inbox.count_set_aside().await
    }

    fn item(
        &self,
        partnership: &Partnership,
        mut fields: Fields,
        now: UnixMillis,
    ) -> Result<Item, FieldError> {
        let id = fields.text("user_id")?;
        if !Pairwise::is_formed(&id) {
            return Err(wrong("user_id", "not 64 of 0-9 and a-f"));
        }
        let audience: AudienceId = fields.parsed("audience")?;
        if partnership.audience(&audience).is_none() {
            return Err(wrong("audience", "not an audience of this partnership in the register"));
        }
        let said = match fields.flag("remove")? {
            Flag::Given => Said::Unlisted { audience },
            Flag::Absent => Said::Listed { audience, until: expiry(&mut fields, now)? },
        };
        fields.finish()?;
        Ok(match self.account(partnership, &id, now) {
            Some(account) => Item::of(account, said),
            None => Item::of_nobody(said),
        })
    }

    /// Returns the account that an id stands for. A device or browser is nobody: no page would show the
    /// person, or let the person remove, what hangs on one. Neither is the answer different for an id that
    /// is too old or was never given out.
    fn account(&self, partnership: &Partnership, id: &str, now: UnixMillis) -> Option<SubjectKey> {
        let read = self.pairwise.read(&partnership.terms.id, id)?;
        let days = u64::from(partnership.retention_days).saturating_add(1);
        let kept = Duration::from_hours(days.saturating_mul(24)).min(IDS_ACCEPTED_FOR_MAX);
        (now < read.made.plus(kept)).then_some(read.subject)
    }
}

fn expiry(fields: &mut Fields, now: UnixMillis) -> Result<UnixMillis, FieldError> {
    let until = fields.time("expires_at_ms")?;
    if until <= now {
        return Err(wrong("expires_at_ms", "not in the future"));
    }
    if until > now.plus(LISTED_FOR_MAX) {
        return Err(wrong("expires_at_ms", "more than 90 days ahead"));
    }
    Ok(until)
}

/// Whoever may not be told anything any more may not say anything either.
fn is_in_force(partnership: &Partnership, now: UnixMillis) -> bool {
    let terms = &partnership.terms;
    let attested = terms.linking_attested_until.is_some_and(|until| now < until);
    terms.start <= now
        && terms.end.is_none_or(|end| now < end)
        && !terms.suspended
        && (attested || terms.kind != Kind::RealTimeBidding)
}
