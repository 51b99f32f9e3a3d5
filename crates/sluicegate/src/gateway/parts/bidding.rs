//! Real-time bidding's parts, and those of what others say of people.

use super::Ground;
use crate::{config::Checked, keys::MasterKey};
use anyhow::Context;
use sluicegate_audiences::{Applier, Tags, Uploads};
use sluicegate_egress::Egress;
use sluicegate_exchange::{BillSchedule, Exchange, ExchangeOptions, ExchangeParts, RateBoard};
use sluicegate_settings::Pairwise;
use sluicegate_store::Sqlite;
use std::{num::NonZeroU32, sync::Arc, time::Duration};

impl Ground {
    pub(super) fn exchange(&self, egress: &Arc<Egress>, options: ExchangeOptions) -> Arc<Exchange> {
        Exchange::new(ExchangeParts {
            current: Arc::clone(&self.current),
            settings: Arc::clone(&self.settings),
            keyring: Arc::clone(&self.keyring),
            ledger: Arc::clone(&self.ledger),
            bills: Arc::<Sqlite>::clone(&self.store),
            buyers: Arc::<Sqlite>::clone(&self.store),
            door: Arc::<Egress>::clone(egress),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            options,
        })
    }

    /// Partners' uploads name people by the ids that the exchange makes.
    pub(super) fn uploads(&self, pairwise: Pairwise) -> Arc<Uploads> {
        Arc::new(Uploads::new(
            Arc::<Sqlite>::clone(&self.store),
            Arc::clone(&self.current),
            pairwise,
            Arc::clone(&self.clock),
        ))
    }

    pub(super) fn tags(&self) -> Arc<Tags> {
        Arc::new(Tags::new(
            Arc::<Sqlite>::clone(&self.store),
            Arc::clone(&self.current),
            Arc::clone(&self.keyring),
            Arc::clone(&self.clock),
        ))
    }

    pub(super) fn applier(&self) -> Applier {
        let inbox = Arc::<Sqlite>::clone(&self.store);
        Applier::new(inbox, Arc::clone(&self.settings), Arc::clone(&self.clock))
    }
}

pub(super) fn exchange_options(
    config: &Checked,
    master: &MasterKey,
) -> anyhow::Result<ExchangeOptions> {
    let file = &config.file.exchange;
    let mut options = ExchangeOptions::new(master.derive("pairwise")?, master.derive("token")?);
    options.default_tmax = Duration::from_millis(file.tmax_default_ms);
    options.max_tmax = Duration::from_millis(file.tmax_max_ms);
    let faster = NonZeroU32::new(file.billing_retry_faster_by)
        .context("`exchange.billing_retry_faster_by` is at least 1")?;
    options.bill_schedule = BillSchedule::standard().faster(faster);
    let address = |path| config.public_url.as_ref().map(|origin| format!("{origin}{path}"));
    options.events_url = address(sluicegate_web::api::BILLABLE_EVENTS);
    options.wins_url = address(sluicegate_web::api::WIN_EVENTS);
    options.margin = Duration::from_millis(file.margin_ms);
    options.list_people_min = file.list_people_min;
    options.auctions_max = file.auctions_max;
    options.auctions_per_client_max = file.auctions_per_client_max;
    options.behind_max = Duration::from_millis(file.behind_max_ms);
    options.rates = Arc::new(RateBoard::new(Duration::from_hours(file.rates_age_max_h)));
    Ok(options)
}
