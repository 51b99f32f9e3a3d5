//! Conversion tracking's parts.

use super::Ground;
use crate::{config::Checked, gateway::partners::Door};
use anyhow::Context;
use sluicegate_egress::Egress;
use sluicegate_measurement::{
    Deliveries, DeliveryOptions, DeliveryParts, Erasing, Intake, Keys, PeopleOff, Schedule,
    apple::{Postbacks, PostbacksParts},
    cost::CostIntake,
    erasure::{Eraser, ErasureParts},
    lookup::{Caps, Lookup, LookupParts, Shelf, ShelfParts},
    report::{Budget, ReportParts, Reports},
};
use sluicegate_store::Sqlite;
use std::{num::NonZeroU32, sync::Arc, time::Duration};

impl Ground {
    pub(super) fn intake(&self, keys: &Keys, erasing: &Erasing) -> Arc<Intake> {
        Arc::new(Intake::new(
            Arc::<Sqlite>::clone(&self.store),
            Arc::clone(&self.keyring),
            (keys.clone(), erasing.clone()),
            Arc::clone(&self.clock),
            Arc::clone(&self.dice),
        ))
    }

    pub(super) fn costs(&self) -> CostIntake {
        CostIntake::new(Arc::<Sqlite>::clone(&self.store), Arc::clone(&self.clock))
    }

    pub(super) fn shelf(&self, keys: &Keys) -> Shelf {
        Shelf::new(ShelfParts {
            current: Arc::clone(&self.current),
            settings: Arc::clone(&self.settings),
            journal: Arc::<Sqlite>::clone(&self.store),
            conversions: Arc::<Sqlite>::clone(&self.store),
            keys: keys.clone(),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
        })
    }

    pub(super) async fn eraser(&self, keys: &Keys, erasing: &Erasing) -> anyhow::Result<Eraser> {
        let parts = ErasureParts {
            editions: Arc::<Sqlite>::clone(&self.store),
            journal: Arc::<Sqlite>::clone(&self.store),
            conversions: Arc::<Sqlite>::clone(&self.store),
            keys: keys.clone(),
            erasing: erasing.clone(),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
        };
        Eraser::open(parts).await.context("who is being erased could not be read")
    }

    pub(super) fn lookup(&self, keys: &Keys, config: &Checked) -> Lookup {
        let file = &config.file.measurement;
        Lookup::new(LookupParts {
            current: Arc::clone(&self.current),
            settings: Arc::clone(&self.settings),
            ledger: Arc::clone(&self.ledger),
            conversions: Arc::<Sqlite>::clone(&self.store),
            keys: keys.clone(),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            caps: Caps {
                per_day: file.lookups_per_day_max,
                per_device_per_day: file.lookups_per_device_per_day_max,
                events_per_day: file.events_per_day_max,
                events_per_device_per_day: file.events_per_device_per_day_max,
            },
            people_off: people_off(config),
        })
    }

    pub(super) fn reports(&self, config: &Checked) -> anyhow::Result<Reports> {
        Ok(Reports::new(ReportParts {
            conversions: Arc::<Sqlite>::clone(&self.store),
            costs: Arc::<Sqlite>::clone(&self.store),
            releases: Arc::<Sqlite>::clone(&self.store),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            people_off: people_off(config),
            budget: Budget::of_thousandths(config.file.measurement.epsilon_month_thousandths)?,
        }))
    }

    pub(super) fn postbacks(&self, keys: &Keys, config: &Checked) -> Postbacks {
        Postbacks::new(PostbacksParts {
            current: Arc::clone(&self.current),
            conversions: Arc::<Sqlite>::clone(&self.store),
            keys: keys.clone(),
            clock: Arc::clone(&self.clock),
            ad_networks: config.file.measurement.apple_ad_networks.iter().cloned().collect(),
        })
    }

    pub(super) fn deliveries(
        &self,
        egress: &Arc<Egress>,
        (keys, erasing): (Keys, Erasing),
        config: &Checked,
    ) -> anyhow::Result<Deliveries> {
        let domain: Arc<str> = config.file.platform.domain.as_str().into();
        let greeter = Door {
            egress: Arc::clone(egress),
            origin: Arc::clone(&domain),
            unchecked: config.unchecked.clone(),
        };
        let measurement = &config.file.measurement;
        Ok(Deliveries::new(DeliveryParts {
            current: Arc::clone(&self.current),
            settings: Arc::clone(&self.settings),
            ledger: Arc::clone(&self.ledger),
            door: Arc::<Egress>::clone(egress),
            journal: Arc::<Sqlite>::clone(&self.store),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            keys,
            erasing,
            schedule: schedule(config)?,
            greeter: Some(Arc::new(greeter)),
            options: DeliveryOptions {
                domain,
                batch_age: Duration::from_millis(measurement.batch_age_ms),
                replay_for: Duration::from_hours(24 * measurement.replay_days),
            },
        }))
    }
}

fn people_off(config: &Checked) -> PeopleOff {
    if config.file.measurement.people_off == "totals" {
        PeopleOff::InTotals
    } else {
        PeopleOff::Excluded
    }
}

fn schedule(config: &Checked) -> anyhow::Result<Schedule> {
    let faster = NonZeroU32::new(config.file.measurement.retry_faster_by)
        .context("`measurement.retry_faster_by` is at least 1")?;
    Ok(Schedule::standard().faster(faster))
}
