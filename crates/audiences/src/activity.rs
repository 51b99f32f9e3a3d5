//! Advertisers' tags say what people do off the platform. They speak through the platform, whose word on
//! who somebody is counts.

use crate::{
    Format, Inbox, Item, Said, Sender, TakeError, Taken,
    fields::{FieldError, Fields, wrong},
    taking::take,
};
use sluicegate_gate::{
    Activity, AdvertiserId,
    time::{Clock, UnixMillis},
};
use sluicegate_register::{Current, Edition};
use sluicegate_settings::{ACTIVITY_KEPT_FOR, Keyring};
use std::sync::Arc;

/// Longest id of an account, in bytes.
const ACCOUNT_BYTES_MAX: usize = 256;

/// Takes what tags say.
#[derive(Debug)]
pub struct Tags {
    inbox: Arc<dyn Inbox>,
    current: Arc<Current>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
}

impl Tags {
    /// Makes the intake.
    pub fn new(
        inbox: Arc<dyn Inbox>,
        current: Arc<Current>,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { inbox, current, keyring, clock }
    }

    /// Takes a batch. What was accepted is durable when this returns.
    pub async fn accept(&self, body: &[u8], format: Format) -> Result<Taken, TakeError> {
        let now = self.clock.now();
        let edition = self.current.load().ok_or(TakeError::NotListed)?;
        let read = |fields| self.item(&edition, fields, now);
        take(self.inbox.as_ref(), Sender::Tags, (body, format, "events"), now, read).await
    }

    fn item(
        &self,
        edition: &Edition,
        mut fields: Fields,
        now: UnixMillis,
    ) -> Result<Item, FieldError> {
        let account = fields.text("account")?;
        if !(1..=ACCOUNT_BYTES_MAX).contains(&account.len()) {
            return Err(wrong("account", "must have 1 to 256 bytes"));
        }
        let advertiser: AdvertiserId = fields.parsed("advertiser")?;
        let listed = edition.advertiser(&advertiser);
        let listed = listed.ok_or(wrong("advertiser", "not in the register"))?;
        let activity = activity(&fields.text("activity")?)?;
        if !listed.activity.contains(&activity) {
            return Err(wrong("activity", "not listed for this advertiser in the register"));
        }
        let at = fields.time("at_ms")?;
        if at.plus(ACTIVITY_KEPT_FOR) <= now {
            return Err(wrong("at_ms", "more than 30 days ago"));
        }
        fields.finish()?;
        // Why: it has happened. Dated ahead, what was done while the setting was off would count as done after.
        let said = Said::Active { advertiser, activity, at: at.min(now) };
        Ok(Item::of(self.keyring.account(&account), said))
    }
}

fn activity(name: &str) -> Result<Activity, FieldError> {
    let known = Activity::ALL.into_iter().find(|activity| activity.name() == name);
    known.ok_or(wrong("activity", "not an activity that exists"))
}
