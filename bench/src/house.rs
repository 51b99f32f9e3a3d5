//! The gateway's parts, wired as the program wires them, on a store in a temporary directory.

use crate::{
    forgetful::Forgetful,
    machine::{MachineClock, MachineDice},
    sample::{account_id, edition},
};
use anyhow::Context;
use futures_util::future::join_all;
use sluicegate_canary::{Canaries, Watch, memory::MemoryPaths};
use sluicegate_egress::{
    ANSWERS_BYTES_MAX, AddressPolicy, Egress, EgressParts, PartnerSecrets, SystemResolver,
};
use sluicegate_exchange::{Exchange, ExchangeOptions, ExchangeParts};
use sluicegate_gate::{
    AgeBand, ForSecurity, Gender, Secret, Source,
    time::{Clock, Dice},
};
use sluicegate_ledger::{Ledger, LedgerStore};
use sluicegate_register::Current;
use sluicegate_settings::{Candidate, Keyring, ProfileWrite, Settings};
use sluicegate_store::Sqlite;
use std::{path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
    time::MissedTickBehavior,
};

/// Returns a watch over canaries that nobody runs.
pub(crate) async fn no_canaries(
    keyring: &Keyring,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<Watch>> {
    let canaries = Canaries::new(&Secret::new([8; 32]), keyring);
    let paths = Arc::new(MemoryPaths::default());
    Ok(Watch::open(canaries, paths, Arc::clone(clock), Duration::from_hours(1)).await?)
}

/// Profiles written at once.
const AT_ONCE: usize = 256;

/// The runtime that the program has.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}

/// A directory for stores; `TMPDIR` says where. On a disk in memory nothing durable is measured.
pub(crate) fn directory() -> anyhow::Result<TempDir> {
    tempfile::tempdir().context("a temporary directory")
}

/// Where the ledger keeps its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Records {
    /// As the program does.
    OnDisk,
    /// Nowhere: what is left is everything but the store.
    Nowhere,
}

/// An exchange with everything below it.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) ledger: Arc<Ledger>,
    settings: Arc<Settings>,
    keyring: Arc<Keyring>,
    refreshing: JoinHandle<()>,
}

impl House {
    pub(crate) async fn open(
        dir: &Path,
        urls: &[String; 3],
        records: Records,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
        let dice: Arc<dyn Dice> = Arc::new(MachineDice);
        let store = Sqlite::open(dir).await?;
        let current = Arc::new(Current::new());
        current.replace(Arc::new(edition(urls, clock.now())?));
        let bound = Duration::from_secs(5);
        let settings = Settings::open(Arc::new(store.clone()), Arc::clone(&clock), bound).await?;
        let key = Secret::new([3; 32]);
        let bills = Arc::new(store.clone());
        let buyers = Arc::new(store.clone());
        let records: Arc<dyn LedgerStore> = match records {
            Records::OnDisk => Arc::new(store),
            Records::Nowhere => Arc::new(Forgetful),
        };
        let ledger = Ledger::open(records, Arc::clone(&clock), Arc::clone(&dice), key).await?;
        let keyring = Arc::new(Keyring::new(Secret::new([7; 16])));
        let door = Egress::new(EgressParts {
            current: Arc::clone(&current),
            settings: Arc::clone(&settings),
            clock: Arc::clone(&clock),
            addresses: AddressPolicy::AllowLoopback,
            resolver: Arc::new(SystemResolver),
            secrets: Arc::new(PartnerSecrets::new()),
            watch: no_canaries(&keyring, &clock).await?,
            answers_bytes_max: ANSWERS_BYTES_MAX,
        })?;
        let exchange = Exchange::new(ExchangeParts {
            current,
            settings: Arc::clone(&settings),
            keyring: Arc::clone(&keyring),
            ledger: Arc::clone(&ledger),
            bills,
            buyers,
            door,
            clock,
            dice,
            options: ExchangeOptions {
                // What an auction costs is asked of each, also where the disk is slow.
                behind_max: Duration::from_mins(1),
                ..ExchangeOptions::new(Secret::new([1; 32]), Secret::new([2; 32]))
            },
        });
        let refreshing = tokio::spawn(refresh(Arc::clone(&settings)));
        Ok(Self { exchange, ledger, settings, keyring, refreshing })
    }

    /// Writes a profile for each of the first people.
    pub(crate) async fn write_profiles(&self, people: u32) -> anyhow::Result<()> {
        let numbers: Vec<u32> = (0..people).collect();
        for some in numbers.chunks(AT_ONCE) {
            let written = some.iter().map(|number| {
                let account = self.keyring.account(&account_id(*number));
                self.settings.put_profile(account, profile())
            });
            join_all(written).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        Ok(())
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.refreshing.abort();
        Ok(self.ledger.close().await?)
    }
}

fn profile() -> ProfileWrite {
    ProfileWrite {
        country: None,
        protection_age: Some((Source::Declared, ForSecurity::new(29))),
        gender: Some(Candidate { value: Gender::Male, source: Source::Declared, confidence: None }),
        age_band: Some(Candidate {
            value: AgeBand::From25To34,
            source: Source::Declared,
            confidence: None,
        }),
        ..ProfileWrite::default()
    }
}

/// Keeps the view fresh, as the program does.
pub(crate) async fn refresh(settings: Arc<Settings>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if settings.refresh().await.is_err() {
            return;
        }
    }
}
