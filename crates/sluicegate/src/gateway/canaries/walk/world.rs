//! The program's parts, made a second time.

use super::{WalkerParts, failed};
use sluicegate_audiences::{Applier, Uploads};
use sluicegate_canary::{BlindDoor, WalkFailed};
use sluicegate_exchange::{Exchange, ExchangeOptions, ExchangeParts};
use sluicegate_ledger::Ledger;
use sluicegate_measurement::{
    Deliveries, DeliveryOptions, DeliveryParts, Erasing, Intake, PeopleOff, Schedule,
    lookup::{Caps, Lookup, LookupParts, Shelf, ShelfParts},
};
use sluicegate_settings::Pairwise;
use sluicegate_store::Sqlite;
use std::{sync::Arc, time::Duration};

/// The program's parts, a second time.
#[derive(Debug)]
pub(super) struct World {
    pub(super) parts: WalkerParts,
    pub(super) door: Arc<BlindDoor>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) exchange: Arc<Exchange>,
    pub(super) intake: Intake,
    pub(super) deliveries: Deliveries,
    pub(super) shelf: Shelf,
    pub(super) lookup: Lookup,
    pub(super) uploads: Uploads,
    pub(super) applier: Applier,
}

impl World {
    pub(super) async fn make(
        parts: WalkerParts,
        store: &Arc<Sqlite>,
        door: Arc<BlindDoor>,
    ) -> Result<Self, WalkFailed> {
        let ledger = Ledger::open(
            Arc::<Sqlite>::clone(store),
            Arc::clone(&parts.clock),
            Arc::clone(&parts.dice),
            parts.scratch.clone(),
        );
        let ledger = ledger.await.map_err(failed("the scratch ledger"))?;
        let delivering = Self::delivering(&parts, store, &door, &ledger);
        Ok(Self {
            exchange: Self::exchange(&parts, store, &door, &ledger),
            intake: Intake::new(
                Arc::<Sqlite>::clone(store),
                Arc::clone(&parts.keyring),
                // A canary is never erased.
                (parts.keys.clone(), Erasing::default()),
                Arc::clone(&parts.clock),
                Arc::clone(&parts.dice),
            ),
            shelf: Shelf::new(ShelfParts {
                current: Arc::clone(door.current()),
                settings: Arc::clone(&parts.settings),
                journal: Arc::<Sqlite>::clone(store),
                conversions: Arc::<Sqlite>::clone(store),
                keys: parts.keys.clone(),
                clock: Arc::clone(&parts.clock),
                dice: Arc::clone(&parts.dice),
            }),
            lookup: Lookup::new(LookupParts {
                current: Arc::clone(door.current()),
                settings: Arc::clone(&parts.settings),
                ledger: Arc::clone(&ledger),
                conversions: Arc::<Sqlite>::clone(store),
                keys: parts.keys.clone(),
                clock: Arc::clone(&parts.clock),
                dice: Arc::clone(&parts.dice),
                caps: Caps {
                    per_day: 1_000,
                    per_device_per_day: 100,
                    events_per_day: 1_000,
                    events_per_device_per_day: 100,
                },
                people_off: PeopleOff::Excluded,
            }),
            uploads: Uploads::new(
                Arc::<Sqlite>::clone(store),
                Arc::clone(door.current()),
                Pairwise::new(&parts.pairwise),
                Arc::clone(&parts.clock),
            ),
            applier: Applier::new(
                Arc::<Sqlite>::clone(store),
                Arc::clone(&parts.settings),
                Arc::clone(&parts.clock),
            ),
            deliveries: Deliveries::new(delivering),
            ledger,
            parts,
            door,
        })
    }

    fn exchange(
        parts: &WalkerParts,
        store: &Arc<Sqlite>,
        door: &Arc<BlindDoor>,
        ledger: &Arc<Ledger>,
    ) -> Arc<Exchange> {
        let mut options = ExchangeOptions::new(parts.pairwise.clone(), parts.scratch.clone());
        options.rates = Arc::clone(&parts.rates);
        options.default_tmax = Duration::from_secs(2);
        options.max_tmax = Duration::from_secs(2);
        // Why: a busy gateway refuses others, and is to be proved all the same.
        options.behind_max = Duration::from_secs(2);
        Exchange::new(ExchangeParts {
            current: Arc::clone(door.current()),
            settings: Arc::clone(&parts.settings),
            keyring: Arc::clone(&parts.keyring),
            ledger: Arc::clone(ledger),
            bills: Arc::<Sqlite>::clone(store),
            buyers: Arc::<Sqlite>::clone(store),
            door: Arc::<BlindDoor>::clone(door),
            clock: Arc::clone(&parts.clock),
            dice: Arc::clone(&parts.dice),
            options,
        })
    }

    fn delivering(
        parts: &WalkerParts,
        store: &Arc<Sqlite>,
        door: &Arc<BlindDoor>,
        ledger: &Arc<Ledger>,
    ) -> DeliveryParts {
        DeliveryParts {
            current: Arc::clone(door.current()),
            settings: Arc::clone(&parts.settings),
            ledger: Arc::clone(ledger),
            door: Arc::<BlindDoor>::clone(door),
            greeter: None,
            journal: Arc::<Sqlite>::clone(store),
            clock: Arc::clone(&parts.clock),
            dice: Arc::clone(&parts.dice),
            keys: parts.keys.clone(),
            erasing: Erasing::default(),
            schedule: Schedule::standard(),
            options: DeliveryOptions {
                domain: "canary.example".into(),
                batch_age: Duration::ZERO,
                replay_for: Duration::ZERO,
            },
        }
    }
}
