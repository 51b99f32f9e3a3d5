//! A conversion that a partner reports, and what it is answered.

use super::{
    format::Converted,
    gateway::{BEGINNING, Gateway},
    ports::Message,
    requests::{advertising_id, merge},
};
use crate::SeededDice;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use sluicegate_gate::{
    PartnershipId,
    time::{Dice, UnixMillis},
};
use sluicegate_measurement::{
    DeliveryParts, Keys, PeopleOff,
    lookup::{Caps, Lookup, LookupParts, MemoryConversions, Shelf, ShelfParts, Shelved},
};
use std::sync::Arc;

/// Makes the lookups and the shelf they look on, on the same parts as the deliveries.
pub(super) fn questions(parts: &DeliveryParts) -> (Lookup, Shelf) {
    let conversions = Arc::new(MemoryConversions::default());
    // Why: deliveries draw their waits from their own dice, whatever else happens.
    let dice: Arc<dyn Dice> = SeededDice::new(1);
    let shelf = Shelf::new(ShelfParts {
        current: Arc::clone(&parts.current),
        settings: Arc::clone(&parts.settings),
        journal: Arc::clone(&parts.journal),
        conversions: Arc::<MemoryConversions>::clone(&conversions),
        keys: parts.keys.clone(),
        clock: Arc::clone(&parts.clock),
        dice: Arc::clone(&dice),
    });
    let lookup = Lookup::new(LookupParts {
        current: Arc::clone(&parts.current),
        settings: Arc::clone(&parts.settings),
        ledger: Arc::clone(&parts.ledger),
        conversions,
        keys: parts.keys.clone(),
        clock: Arc::clone(&parts.clock),
        dice,
        caps: Caps {
            per_day: 1_000,
            per_device_per_day: 1_000,
            events_per_day: 1_000,
            events_per_device_per_day: 1_000,
        },
        people_off: PeopleOff::Excluded,
    });
    (lookup, shelf)
}

impl Gateway {
    /// Reports the conversion, and keeps the answer as what came to the partner.
    pub(crate) async fn convert(&mut self, converted: &Converted) -> anyhow::Result<()> {
        let id: PartnershipId = converted.by.parse()?;
        let happened = match converted.happened {
            None => self.now(),
            Some(seconds) => UnixMillis(BEGINNING.0.saturating_add(seconds.saturating_mul(1_000))),
        };
        let body = conversion(converted, happened, &id, &self.keys)?;
        let body = serde_json::to_vec(&body)?;
        let accepted = self.lookup.accept(&id, &body).await?;
        if let Some(refusal) = accepted.refusal() {
            bail!("the gateway refused the conversion: {}", refusal.wrong);
        }
        let cleared = self.lookup.answer(&accepted).await?;
        self.door.messages.lock().push(Message {
            partnership: id,
            path: cleared.path(),
            body: cleared.body().clone(),
        });
        Ok(())
    }

    /// Puts all exposures on the shelf.
    pub(crate) async fn shelve(&self) -> anyhow::Result<()> {
        while let Shelved::Read(_) = self.shelf.step().await? {}
        Ok(())
    }
}

fn conversion(
    converted: &Converted,
    happened: UnixMillis,
    by: &PartnershipId,
    keys: &Keys,
) -> anyhow::Result<Value> {
    let keys = keys.partner(by);
    let known_as = match (&converted.device, &converted.browser) {
        (Some(device), None) => keys.device_id(&advertising_id(device)?),
        (None, Some(browser)) => keys.device_id(browser),
        (None, None) | (Some(_), Some(_)) => bail!("a conversion is of a device or of a browser"),
    };
    let mut body = json!({
        "data_set_id": "scenario", "id": converted.id, "timestamp": happened.0.div_euclid(1_000),
        "event_type": "install", "user_data": { "device_id_hash": known_as },
        "properties": { "app_id": "com.example.runningshoes" },
    });
    merge(&mut body, &converted.fields).context("`fields`")?;
    Ok(body)
}
