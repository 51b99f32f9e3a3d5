//! The parts of the gateway, made in the order of the floors.

mod bidding;
mod measuring;
mod telling;

use super::{
    disk::Disk, erasures::Erasures as PeopleErasures, log, partners::Issued, recalls::Telling,
    tasks::guarded,
};
use crate::{
    config::{Addresses, Checked},
    keys::MasterKey,
    machine::{MachineClock, MachineDice},
};
use anyhow::Context;
use bidding::exchange_options;
use futures_util::FutureExt as _;
use sluicegate_audiences::{Applier, Tags, Uploads};
use sluicegate_canary::{Probe, Watch};
use sluicegate_egress::{AddressPolicy, Egress, EgressParts, PartnerSecrets, SystemResolver};
use sluicegate_exchange::Exchange;
use sluicegate_gate::time::{Clock, Dice};
use sluicegate_ledger::{
    Ledger,
    log::{
        book::{Book, BookParts},
        note::NoteSigner,
    },
};
use sluicegate_measurement::{
    Deliveries, Erasing, Intake, Keys, Signing,
    apple::Postbacks,
    cost::CostIntake,
    erasure::Eraser,
    lookup::{Lookup, Shelf},
    report::Reports,
};
use sluicegate_recall::deletion::Receiver;
use sluicegate_register::{Current, EditionStore};
use sluicegate_settings::{Keyring, Pairwise, Settings};
use sluicegate_store::Sqlite;
use std::{panic::AssertUnwindSafe, sync::Arc};

/// Everything that is made once.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) store: Sqlite,
    pub(super) disk: Arc<Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) dice: Arc<dyn Dice>,
    pub(super) current: Arc<Current>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) settings: Arc<Settings>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) book: Arc<Book>,
    pub(super) egress: Arc<Egress>,
    pub(super) exchange: Arc<Exchange>,
    pub(super) intake: Arc<Intake>,
    pub(super) costs: CostIntake,
    pub(super) deliveries: Deliveries,
    pub(super) shelf: Arc<Shelf>,
    pub(super) eraser: Arc<Eraser>,
    pub(super) lookup: Lookup,
    pub(super) reports: Reports,
    pub(super) postbacks: Postbacks,
    pub(super) keys: Keys,
    pub(super) pairwise: Pairwise,
    pub(super) uploads: Arc<Uploads>,
    pub(super) tags: Arc<Tags>,
    pub(super) applier: Applier,
    pub(super) signing: Arc<Signing>,
    pub(super) secrets: Arc<PartnerSecrets>,
    pub(super) telling: Telling,
    pub(super) erasures: PeopleErasures,
    pub(super) receiver: Receiver,
    pub(super) watch: Arc<Watch>,
    pub(super) probe: Probe,
}

/// Floors 2 and below: what everything else stands on.
struct Ground {
    store: Arc<Sqlite>,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
    current: Arc<Current>,
    keyring: Arc<Keyring>,
    settings: Arc<Settings>,
    ledger: Arc<Ledger>,
}

impl Parts {
    /// Opens the store and makes everything.
    pub(super) async fn make(config: &Checked, master: &MasterKey) -> anyhow::Result<Self> {
        let ground = Ground::lay(config, master).await?;
        let keys = Keys::new(master.derive("measurement")?)
            .with_device_generations(config.device_keys.clone());
        let signing = Signing::open(
            Arc::<Sqlite>::clone(&ground.store),
            keys.clone(),
            Arc::clone(&ground.clock),
        );
        let signing = Arc::new(signing.await?);
        let secrets =
            Arc::new(secrets(config)?.with_issued(Arc::new(Issued(Arc::clone(&signing)))));
        let watch = ground.watch(config, master).await?;
        let egress = Egress::new(EgressParts {
            current: Arc::clone(&ground.current),
            settings: Arc::clone(&ground.settings),
            clock: Arc::clone(&ground.clock),
            addresses: addresses(config),
            resolver: Arc::new(SystemResolver),
            secrets: Arc::clone(&secrets),
            watch: Arc::clone(&watch),
            answers_bytes_max: config.file.exchange.answers_mib_max << 20,
        })?;
        let telling = ground.telling(&egress, config, master, &keys)?;
        let receiver = ground.receiver(&egress, config, master, &telling)?;
        let exchange = ground.exchange(&egress, exchange_options(config, master)?);
        let erasing = Erasing::default();
        let probe = ground.probe(config, master, &watch, (&keys, exchange.rates()))?;
        let eraser = Arc::new(ground.eraser(&keys, &erasing).await?);
        Ok(Self {
            erasures: ground.erasures(&telling, &eraser),
            telling,
            receiver,
            watch,
            probe,
            exchange,
            intake: ground.intake(&keys, &erasing),
            costs: ground.costs(),
            deliveries: ground.deliveries(&egress, (keys.clone(), erasing.clone()), config)?,
            shelf: Arc::new(ground.shelf(&keys)),
            book: ground.book(config, master)?,
            eraser,
            lookup: ground.lookup(&keys, config),
            reports: ground.reports(config)?,
            postbacks: ground.postbacks(&keys, config),
            keys,
            pairwise: Pairwise::new(&master.derive("pairwise")?),
            uploads: ground.uploads(Pairwise::new(&master.derive("pairwise")?)),
            tags: ground.tags(),
            applier: ground.applier(),
            signing,
            secrets,
            egress,
            store: Sqlite::clone(&ground.store),
            disk: Arc::new(Disk::new(config.data_dir.clone(), config.free_bytes_min)),
            clock: ground.clock,
            dice: ground.dice,
            current: ground.current,
            keyring: ground.keyring,
            settings: ground.settings,
            ledger: ground.ledger,
        })
    }

    /// Keeps everything recorded, marks the stop as clean, and closes the store whatever became of the others.
    /// Adds what failed.
    pub(super) async fn close(self, faults: &mut Vec<&'static str>) {
        let ledger = async {
            let closed = self.ledger.close().await;
            closed.inspect_err(|error| {
                tracing::error!(error.cause = %error, "the ledger did not close cleanly");
            })
        };
        let closed = AssertUnwindSafe(ledger).catch_unwind().await;
        if !matches!(closed, Ok(Ok(()))) {
            faults.push("the ledger did not close cleanly");
        }
        guarded(log::end(&self.book), ("the end of the log panicked", faults)).await;
        self.store.close().await;
    }
}

impl Ground {
    async fn lay(config: &Checked, master: &MasterKey) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
        let dice: Arc<dyn Dice> = Arc::new(MachineDice);
        let store =
            Sqlite::open(&config.data_dir).await.context("the store could not be opened")?;
        store.bind(*master.derive("fingerprint")?.open()).await.with_context(|| {
            format!(
                "`{}` is not the key of this data",
                config.data_dir.join("master.key").display()
            )
        })?;
        let store = Arc::new(store);
        let current = Arc::new(Current::new());
        if let Some(edition) = EditionStore::latest(store.as_ref()).await? {
            current.replace(Arc::new(edition));
        }
        let settings = Settings::open(
            Arc::<Sqlite>::clone(&store),
            Arc::clone(&clock),
            config.takes_effect_within,
        );
        let settings = settings.await?;
        let ledger = Ledger::open(
            Arc::<Sqlite>::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&dice),
            master.derive("ledger")?,
        );
        let ledger = ledger.await?;
        let keyring = Arc::new(Keyring::new(master.derive16("subjects")?));
        Ok(Self { store, clock, dice, current, keyring, settings, ledger })
    }

    fn erasures(&self, telling: &Telling, eraser: &Arc<Eraser>) -> PeopleErasures {
        PeopleErasures {
            settings: Arc::clone(&self.settings),
            eraser: Arc::clone(eraser),
            ledger: Arc::clone(&self.ledger),
            inbox: Arc::<Sqlite>::clone(&self.store),
            partners: telling.erasures.clone(),
            clock: Arc::clone(&self.clock),
            seen: Arc::default(),
        }
    }

    fn book(&self, config: &Checked, master: &MasterKey) -> anyhow::Result<Arc<Book>> {
        let seed = master.derive("checkpoints")?;
        Ok(Arc::new(Book::new(BookParts {
            packs: Arc::<Sqlite>::clone(&self.store),
            log: Arc::<Sqlite>::clone(&self.store),
            signer: NoteSigner::new(&config.log_origin, &seed).context("`ledger.origin`")?,
            witnesses: config.witnesses.clone(),
        })))
    }
}

/// Returns which addresses the gateway may call.
pub(super) fn addresses(config: &Checked) -> AddressPolicy {
    match config.addresses {
        Addresses::PublicOnly => AddressPolicy::PublicOnly,
        Addresses::AllowLoopback => AddressPolicy::AllowLoopback,
    }
}

fn secrets(config: &Checked) -> anyhow::Result<PartnerSecrets> {
    let mut secrets = PartnerSecrets::new();
    for (id, texts) in &config.webhook_secrets {
        for text in texts {
            let secret = text
                .open()
                .parse()
                .with_context(|| format!("`partnership.{id}.webhook_secrets`"))?;
            secrets = secrets.with_webhook(id.clone(), secret);
        }
    }
    Ok(secrets)
}
