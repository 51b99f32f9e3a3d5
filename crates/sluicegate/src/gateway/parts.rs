//! The parts of the gateway, made in the order of the floors.

use super::{
    canaries::{Walker, WalkerParts},
    erasures::Erasures as PeopleErasures,
    log,
    partners::{Door, Issued},
    recalls::{People, Published, Telling},
};
use crate::{
    config::{Addresses, Checked},
    keys::MasterKey,
    machine::{MachineClock, MachineDice},
};
use anyhow::Context;
use sluicegate_audiences::{Applier, Tags, Uploads};
use sluicegate_canary::{Canaries, Probe, ProbeParts, Watch};
use sluicegate_egress::{AddressPolicy, Egress, EgressParts, PartnerSecrets};
use sluicegate_exchange::{BillSchedule, Exchange, ExchangeOptions, ExchangeParts, RateBoard};
use sluicegate_gate::time::{Clock, Dice};
use sluicegate_ledger::{
    Ledger,
    log::{
        book::{Book, BookParts},
        note::NoteSigner,
    },
};
use sluicegate_measurement::{
    Deliveries, DeliveryOptions, DeliveryParts, Intake, Keys, PeopleOff, Schedule, Signing,
    apple::{Postbacks, PostbacksParts},
    erasure::{Eraser, ErasureParts},
    lookup::{Caps, Lookup, LookupParts, Shelf, ShelfParts},
    report::{Budget, ReportParts, Reports},
};
use sluicegate_recall::{
    Erasures, ErasuresParts, RecallOptions, RecallSchedule, Recalls, RecallsParts,
    deletion::{Deletions, DeletionsParts, Receiver, ReceiverParts, Sealer, Signer},
};
use sluicegate_register::{Current, EditionStore};
use sluicegate_settings::{Keyring, Pairwise, Settings};
use sluicegate_store::Sqlite;
use sluicegate_web::api::{DELETION_REQUESTS, Suspensions};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// Everything that is made once.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) store: Sqlite,
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
            secrets: Arc::clone(&secrets),
            watch: Arc::clone(&watch),
        })?;
        let telling = ground.telling(&egress, config, master)?;
        let receiver = ground.receiver(&egress, config, master, &telling)?;
        let exchange = ground.exchange(&egress, exchange_options(config, master)?);
        let probe = ground.probe(config, master, &watch, (&keys, exchange.rates()))?;
        Ok(Self {
            telling,
            receiver,
            watch,
            probe,
            exchange,
            intake: ground.intake(&keys),
            deliveries: ground.deliveries(&egress, keys.clone(), config)?,
            shelf: Arc::new(ground.shelf(&keys)),
            book: ground.book(config, master)?,
            eraser: Arc::new(ground.eraser(&keys)),
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
            clock: ground.clock,
            dice: ground.dice,
            current: ground.current,
            keyring: ground.keyring,
            settings: ground.settings,
            ledger: ground.ledger,
        })
    }

    /// Returns what erases people.
    pub(super) fn erasures(&self) -> PeopleErasures {
        PeopleErasures {
            partners: self.telling.erasures.clone(),
            settings: Arc::clone(&self.settings),
            eraser: Arc::clone(&self.eraser),
            ledger: Arc::clone(&self.ledger),
            clock: Arc::clone(&self.clock),
        }
    }

    /// Keeps everything recorded, marks the stop as clean, and closes the store.
    pub(super) async fn close(self) {
        if let Err(error) = self.ledger.close().await {
            tracing::error!(error.cause = %error, "the ledger did not close cleanly");
        }
        log::end(&self.book).await;
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

    fn exchange(&self, egress: &Arc<Egress>, options: ExchangeOptions) -> Arc<Exchange> {
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

    fn book(&self, config: &Checked, master: &MasterKey) -> anyhow::Result<Arc<Book>> {
        let seed = master.derive("checkpoints")?;
        Ok(Arc::new(Book::new(BookParts {
            packs: Arc::<Sqlite>::clone(&self.store),
            log: Arc::<Sqlite>::clone(&self.store),
            signer: NoteSigner::new(&config.log_origin, &seed).context("`ledger.origin`")?,
            witnesses: config.witnesses.clone(),
        })))
    }

    fn intake(&self, keys: &Keys) -> Arc<Intake> {
        Arc::new(Intake::new(
            Arc::<Sqlite>::clone(&self.store),
            Arc::clone(&self.keyring),
            keys.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.dice),
        ))
    }

    fn shelf(&self, keys: &Keys) -> Shelf {
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

    fn eraser(&self, keys: &Keys) -> Eraser {
        Eraser::new(ErasureParts {
            current: Arc::clone(&self.current),
            journal: Arc::<Sqlite>::clone(&self.store),
            conversions: Arc::<Sqlite>::clone(&self.store),
            keys: keys.clone(),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
        })
    }

    fn lookup(&self, keys: &Keys, config: &Checked) -> Lookup {
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

    fn reports(&self, config: &Checked) -> anyhow::Result<Reports> {
        Ok(Reports::new(ReportParts {
            conversions: Arc::<Sqlite>::clone(&self.store),
            releases: Arc::<Sqlite>::clone(&self.store),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            people_off: people_off(config),
            budget: Budget::of_thousandths(config.file.measurement.epsilon_month_thousandths)?,
        }))
    }

    fn postbacks(&self, keys: &Keys, config: &Checked) -> Postbacks {
        Postbacks::new(PostbacksParts {
            current: Arc::clone(&self.current),
            conversions: Arc::<Sqlite>::clone(&self.store),
            keys: keys.clone(),
            clock: Arc::clone(&self.clock),
            ad_networks: config.file.measurement.apple_ad_networks.iter().cloned().collect(),
        })
    }

    /// Partners' uploads name people by the ids that the exchange makes.
    fn uploads(&self, pairwise: Pairwise) -> Arc<Uploads> {
        Arc::new(Uploads::new(
            Arc::<Sqlite>::clone(&self.store),
            Arc::clone(&self.current),
            pairwise,
            Arc::clone(&self.clock),
        ))
    }

    fn tags(&self) -> Arc<Tags> {
        Arc::new(Tags::new(
            Arc::<Sqlite>::clone(&self.store),
            Arc::clone(&self.current),
            Arc::clone(&self.keyring),
            Arc::clone(&self.clock),
        ))
    }

    fn applier(&self) -> Applier {
        let inbox = Arc::<Sqlite>::clone(&self.store);
        Applier::new(inbox, Arc::clone(&self.settings), Arc::clone(&self.clock))
    }

    async fn watch(&self, config: &Checked, master: &MasterKey) -> anyhow::Result<Arc<Watch>> {
        let canaries = Canaries::new(&master.derive("canaries")?, &self.keyring);
        canaries.establish(&self.settings).await?;
        let every = Duration::from_millis(config.file.canary.probe_every_ms);
        let (paths, clock) = (Arc::<Sqlite>::clone(&self.store), Arc::clone(&self.clock));
        Watch::open(canaries, paths, clock, every).await.context("closed paths are not known")
    }

    fn probe(
        &self,
        config: &Checked,
        master: &MasterKey,
        watch: &Arc<Watch>,
        (keys, rates): (&Keys, Arc<RateBoard>),
    ) -> anyhow::Result<Probe> {
        let walker = Walker(WalkerParts {
            watch: Arc::clone(watch),
            settings: Arc::clone(&self.settings),
            current: Arc::clone(&self.current),
            keyring: Arc::clone(&self.keyring),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            keys: keys.clone(),
            rates,
            pairwise: master.derive("pairwise")?,
            scratch: master.derive("canary scratch")?,
            dir: config.data_dir.join("canary"),
        });
        let every = Duration::from_millis(config.file.canary.probe_every_ms);
        Ok(Probe::new(ProbeParts {
            watch: Arc::clone(watch),
            walk: Arc::new(walker),
            settings: Arc::clone(&self.settings),
            current: Arc::clone(&self.current),
            clock: Arc::clone(&self.clock),
            time_max: every.max(Duration::from_secs(30)),
        }))
    }

    fn telling(
        &self,
        egress: &Arc<Egress>,
        config: &Checked,
        master: &MasterKey,
    ) -> anyhow::Result<Telling> {
        let file = &config.file.recall;
        let faster = NonZeroU32::new(file.retry_faster_by)
            .context("`recall.retry_faster_by` is at least 1")?;
        let schedule = RecallSchedule::faster(faster);
        let sealer = Sealer::new(&master.derive("deletion identifiers")?);
        let recalls = Recalls::new(RecallsParts {
            store: Arc::<Sqlite>::clone(&self.store),
            changes: Arc::<Sqlite>::clone(&self.store),
            ledger: Arc::clone(&self.ledger),
            door: Arc::<Egress>::clone(egress),
            current: Arc::clone(&self.current),
            suspend: Arc::new(Suspensions {
                editions: Arc::<Sqlite>::clone(&self.store),
                current: Arc::clone(&self.current),
                clock: Arc::clone(&self.clock),
            }),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            options: RecallOptions {
                takes_effect_within: config.takes_effect_within,
                people_min: file.people_min,
                wait_max: Duration::from_millis(file.wait_max_ms),
                schedule,
            },
        });
        let erasures =
            Erasures::new(ErasuresParts { recalls: recalls.clone(), sealer: sealer.clone() });
        let deletions = Deletions::new(DeletionsParts {
            store: Arc::<Sqlite>::clone(&self.store),
            ledger: Arc::clone(&self.ledger),
            door: Arc::<Egress>::clone(egress),
            listings: Arc::new(Published(Arc::clone(egress))),
            current: Arc::clone(&self.current),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            signer: signer(config, master)?,
            sealer,
            schedule,
        });
        Ok(Telling { recalls, erasures, deletions })
    }

    fn receiver(
        &self,
        egress: &Arc<Egress>,
        config: &Checked,
        master: &MasterKey,
        telling: &Telling,
    ) -> anyhow::Result<Receiver> {
        let origin = config.public_url.clone();
        let origin = origin.unwrap_or_else(|| format!("https://{}", config.file.platform.domain));
        Ok(Receiver::new(ReceiverParts {
            current: Arc::clone(&self.current),
            listings: Arc::new(Published(Arc::clone(egress))),
            identify: Arc::new(People {
                keyring: Arc::clone(&self.keyring),
                pairwise: Pairwise::new(&master.derive("pairwise")?),
            }),
            erasures: telling.erasures.clone(),
            signer: signer(config, master)?,
            endpoint: format!("{origin}{DELETION_REQUESTS}"),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
        }))
    }

    fn deliveries(
        &self,
        egress: &Arc<Egress>,
        keys: Keys,
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

/// What requests to delete, and answers to them, are signed with.
fn signer(config: &Checked, master: &MasterKey) -> anyhow::Result<Signer> {
    let key = master.derive("deletion signatures")?;
    Signer::new(&config.file.platform.domain, &key).context("requests to delete cannot be signed")
}

/// Returns which addresses the gateway may call.
pub(super) fn addresses(config: &Checked) -> AddressPolicy {
    match config.addresses {
        Addresses::PublicOnly => AddressPolicy::PublicOnly,
        Addresses::AllowLoopback => AddressPolicy::AllowLoopback,
    }
}

fn people_off(config: &Checked) -> PeopleOff {
    if config.file.measurement.people_off == "totals" {
        PeopleOff::InTotals
    } else {
        PeopleOff::Excluded
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

fn exchange_options(config: &Checked, master: &MasterKey) -> anyhow::Result<ExchangeOptions> {
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
    options.behind_max = Duration::from_millis(file.behind_max_ms);
    options.rates = Arc::new(RateBoard::new(Duration::from_hours(file.rates_age_max_h)));
    Ok(options)
}

fn schedule(config: &Checked) -> anyhow::Result<Schedule> {
    let faster = NonZeroU32::new(config.file.measurement.retry_faster_by)
        .context("`measurement.retry_faster_by` is at least 1")?;
    Ok(Schedule::standard().faster(faster))
}
