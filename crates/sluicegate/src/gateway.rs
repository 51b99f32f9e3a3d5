//! The gateway, wired: every part made once, in the order of the floors, and stopped in reverse.

mod audiences;
mod buyers;
mod canaries;
mod connections;
mod deliveries;
mod disk;
mod effects;
mod erasures;
mod figures;
mod log;
mod partners;
mod parts;
mod rates;
mod recalls;
mod rolling;
mod servers;
mod shelf;
mod tasks;

pub(crate) use figures::Figures;

use crate::{
    config::{Checked, Scope},
    keys::MasterKey,
    local,
};
use anyhow::Context;
use connections::Connections;
use ed25519_dalek::pkcs8::{EncodePublicKey, spki::der::pem::LineEnding};
use figures::MetricsText;
use parts::Parts;
use servers::Servers;
use sluicegate_egress::Fetcher;
use sluicegate_exchange::Exchange;
use sluicegate_gate::PartnershipId;
use sluicegate_settings::Settings;
use sluicegate_web::{
    Rates,
    api::{Api, ApiKey, ApiKeys, publish_edition},
    pages::{CookieRule, NextMessages, Pages, PagesState, ProviderRules, SignIn, TokenKey},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tasks::{Tasks, guarded};
use tokio::sync::watch;

/// How long what is under way may take when the gateway stops.
const GRACE: Duration = Duration::from_secs(10);
/// How long it may then take to keep what was counted meanwhile, whoever was slow before.
const KEEPING: Duration = Duration::from_secs(5);

/// A running gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    parts: Parts,
    stop: watch::Sender<bool>,
    servers: Servers,
    tasks: Tasks,
    /// Held for as long as the gateway uses its data directory.
    claim: std::fs::File,
}

impl Gateway {
    /// Starts a gateway: it answers when this returns.
    pub(crate) async fn start(mut config: Checked) -> anyhow::Result<Self> {
        local::folder(&config.data_dir)?;
        let claim = local::claim(&config.data_dir)?;
        local::look_at(&config.data_dir)?;
        let master = MasterKey::open(&config.data_dir)?;
        let listener = servers::bind(config.listen).await?;
        let address = listener.local_addr()?;
        if address.ip().is_loopback() {
            config.public_url.get_or_insert_with(|| format!("http://{address}"));
        }
        let parts = Parts::make(&config, &master).await?;
        log::begin(&parts.book).await;
        parts.disk.look().await;
        let (stop, stopped) = watch::channel(false);
        let rolling = Arc::default();
        let tasks = work(&config, &parts, &rolling, stopped.clone()).await?;
        let pages = Pages::new(pages_state(&config, &parts)?);
        let api = Arc::new(api(&config, &parts, &pages, &rolling));
        let mut servers = Servers::default();
        let connections = Connections::new(config.file.listen.connections_of_a_client());
        servers::network(&mut servers, listener, &pages, &api, connections, stopped.clone());
        servers::local(&mut servers, &config.data_dir, &api, stopped)?;
        Ok(Self { address, parts, stop, servers, tasks, claim })
    }

    /// Returns where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what stands for this advertising id in the events of one partnership.
    pub(crate) fn device_id_for(&self, partnership: &PartnershipId, ifa: &str) -> String {
        self.parts.keys.partner(partnership).device_id(ifa)
    }

    /// Returns the id by which one partnership knows an account today.
    pub(crate) fn user_id_for(&self, partnership: &PartnershipId, account: &str) -> Option<String> {
        let key = self.parts.keyring.account(account);
        self.parts.pairwise.id(partnership, key, self.parts.clock.now())
    }

    /// Returns the key with which one partnership's partner computes such ids, in hexadecimal digits.
    pub(crate) fn device_key(&self, partnership: &PartnershipId) -> String {
        hex::encode(self.parts.keys.device_key(partnership, 1).open())
    }

    /// Publishes the register's files, unless they say what is in force already.
    pub(crate) async fn publish(&self, files: &[(String, String)]) -> anyhow::Result<()> {
        use sluicegate_web::api::PublishError;
        let parts = &self.parts;
        let lapsed = parts.telling.recalls.lapsed().await?;
        let clock = parts.clock.as_ref();
        let published = publish_edition(&parts.store, &parts.current, clock, files, &lapsed).await;
        match published {
            Ok(_) | Err(PublishError::Unchanged(_)) => Ok(()),
            Err(error) => Err(error).context("the register could not be published"),
        }
    }

    /// Returns what has happened since the start.
    pub(crate) async fn figures(&self) -> anyhow::Result<Figures> {
        let parts = &self.parts;
        let watching = (parts.watch.as_ref(), &parts.telling.recalls);
        let (exchange, ledger) = (&parts.exchange, &parts.ledger);
        Figures::gather(exchange, ledger, &parts.deliveries, watching, parts.clock.as_ref()).await
    }

    /// Returns once it does not listen any more where it should, which only a fault of ours brings about.
    pub(crate) async fn unserved(&mut self) {
        self.servers.panicked().await;
    }

    /// Stops: no new requests, what is under way ends, everything recorded is kept. Whatever panics on the way, the
    /// store is closed; then this fails.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        Box::pin(self.stop_within(GRACE)).await
    }

    async fn stop_within(self, grace: Duration) -> anyhow::Result<()> {
        let Self { parts, stop, servers, tasks, claim, .. } = self;
        stop.send_replace(true);
        let mut faults = Vec::new();
        let ended = async {
            if !servers.ended().await {
                faults.push("what listens panicked");
            }
            tasks.ended().await;
            let draining = parts.exchange.drained();
            guarded(draining, ("sending the last notices panicked", &mut faults)).await;
        };
        if tokio::time::timeout(grace, ended).await.is_err() {
            tracing::warn!("some requests were still under way and were cut off");
        }
        keep_counted(&parts, &mut faults).await;
        parts.close(&mut faults).await;
        drop(claim);
        anyhow::ensure!(faults.is_empty(), "the gateway is stopped, but {}", faults.join("; "));
        Ok(())
    }
}

/// Keeps what was counted since it was kept last.
async fn keep_counted(parts: &Parts, faults: &mut Vec<&'static str>) {
    let keeping = async {
        buyers::keep(&parts.exchange).await;
        effects::keep(&parts.settings, &parts.store).await;
    };
    let keeping = guarded(keeping, ("keeping what was seen panicked", faults));
    if tokio::time::timeout(KEEPING, keeping).await.is_err() {
        tracing::warn!("not all that was seen could be kept in time");
    }
}

/// Starts everything that goes on by itself.
async fn work(
    config: &Checked,
    parts: &Parts,
    rolling: &Arc<rolling::Standing>,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<Tasks> {
    let mut tasks = Tasks::new(stopped);
    let (settings, every) = (Arc::clone(&parts.settings), config.refresh_every);
    tasks.keep("view", move |stopped| refresh(Arc::clone(&settings), every, stopped));
    let disk = Arc::clone(&parts.disk);
    tasks.keep("disk", move |stopped| Arc::clone(&disk).watch(stopped));
    let exchange = Arc::clone(&parts.exchange);
    tasks.keep("beat", move |stopped| beat(Arc::clone(&exchange), stopped));
    if !config.file.exchange.rates_file.is_empty() {
        let board = parts.exchange.rates();
        let mut file = rates::RatesFile::new(config.file.exchange.rates_file.clone());
        file.look(&board).await;
        tasks.keep("rates", move |stopped| file.clone().keep(Arc::clone(&board), stopped));
    }
    // Why first: what is of people who are being erased must not be delivered.
    keep_records(&mut tasks, config, parts, rolling).await?;
    keep_telling(&mut tasks, config, parts);
    let applier = parts.applier.clone();
    tasks.keep("audiences", move |stopped| audiences::run(applier.clone(), stopped));
    let (probe, every) =
        (parts.probe.clone(), Duration::from_millis(config.file.canary.probe_every_ms));
    tasks.keep("canaries", move |stopped| canaries::walk(probe.clone(), every, stopped));
    let gate = Arc::clone(&parts.watch);
    tasks.keep("canaries' watch", move |stopped| canaries::look(Arc::clone(&gate), stopped));
    let billers = Arc::clone(parts.exchange.billers());
    billers.find().await.context("the bills could not be read")?;
    tasks.keep("bills", move |stopped| Arc::clone(&billers).run(stopped));
    let (settings, store) = (Arc::clone(&parts.settings), parts.store.clone());
    tasks.keep("effects", move |stopped| {
        effects::run(Arc::clone(&settings), store.clone(), stopped)
    });
    let exchange = Arc::clone(&parts.exchange);
    tasks.keep("buyers", move |stopped| buyers::run(Arc::clone(&exchange), stopped));
    Ok(tasks)
}

/// What partners are told of what happened, and asked to forget.
fn keep_telling(tasks: &mut Tasks, config: &Checked, parts: &Parts) {
    let idle = Duration::from_millis(config.file.measurement.idle_ms);
    let shelf = Arc::clone(&parts.shelf);
    tasks.keep("shelf", move |stopped| shelf::run(Arc::clone(&shelf), idle, stopped));
    let (deliveries, shelf) = (parts.deliveries.clone(), Arc::clone(&parts.shelf));
    tasks.keep("deliveries", move |stopped| {
        deliveries::run(deliveries.clone(), Arc::clone(&shelf), idle, stopped)
    });
    let recalls::Telling { recalls, deletions, .. } = parts.telling.clone();
    let (making, every) = (recalls.clone(), Duration::from_millis(config.file.recall.every_ms));
    tasks.keep("making recalls", move |stopped| recalls::make(making.clone(), every, stopped));
    tasks.keep("sending recalls", move |stopped| recalls::send(recalls.clone(), stopped));
    tasks.keep("deletions", move |stopped| recalls::ask(deletions.clone(), stopped));
}

/// What is kept of it: the record and its log, for as long as it may be.
async fn keep_records(
    tasks: &mut Tasks,
    config: &Checked,
    parts: &Parts,
    rolling: &Arc<rolling::Standing>,
) -> anyhow::Result<()> {
    let erasures = parts.erasures.clone();
    erasures.go_on().await.context("an erasure could not be gone on with")?;
    tasks.keep("erasures", move |stopped| erasures.clone().run(stopped));
    let idle = Duration::from_millis(config.file.measurement.idle_ms);
    let eraser = Arc::clone(&parts.eraser);
    tasks.keep("the journal's erasures", move |stopped| {
        shelf::clear(Arc::clone(&eraser), idle, stopped)
    });
    let ledger = &config.file.ledger;
    let (book, every) = (Arc::clone(&parts.book), Duration::from_millis(ledger.sheet_every_ms));
    tasks.keep("log", move |stopped| log::run(Arc::clone(&book), every, stopped));
    let ages = rolling::Ages { roll_after: ledger.roll_after_days, keep: ledger.keep_days };
    let (store, clock) = (parts.store.clone(), Arc::clone(&parts.clock));
    let standing = Arc::clone(rolling);
    tasks.keep("rolling", move |stopped| {
        rolling::run(store.clone(), Arc::clone(&clock), ages, Arc::clone(&standing), stopped)
    });
    Ok(())
}

fn pages_state(config: &Checked, parts: &Parts) -> anyhow::Result<PagesState> {
    let file = &config.file.signin;
    let pages = &config.file.pages;
    let store = Arc::new(parts.store.clone());
    Ok(PagesState {
        settings: Arc::clone(&parts.settings),
        current: Arc::clone(&parts.current),
        ledger: Arc::clone(&parts.ledger),
        recalls: Arc::new(parts.store.clone()),
        keyring: Arc::clone(&parts.keyring),
        clock: Arc::clone(&parts.clock),
        dice: Arc::clone(&parts.dice),
        editions: Arc::<sluicegate_store::Sqlite>::clone(&store),
        feedback: store,
        platform: config.file.platform.name.clone(),
        domain: config.file.platform.domain.clone(),
        public_url: config.public_url.clone(),
        look: Arc::new(config.look.clone()),
        rates: Rates {
            pages_per_minute: pages.requests_per_minute,
            forms_per_minute: pages.forms_per_minute,
            proxies: config.file.listen.proxies,
        },
        takes_effect_within: config.takes_effect_within,
        keep_days: config.file.ledger.keep_days,
        next: Arc::new(next(parts)),
        sign_in: SignIn {
            key: token_key(&file.public_key_file)?,
            audience: config.audience.clone(),
            token_lifetime_max: Duration::from_secs(file.token_lifetime_max_s),
            url: config.sign_in_url.clone(),
            provider: provider(config)?,
            cookies: if config.secure_cookies { CookieRule::Secure } else { CookieRule::Loopback },
        },
    })
}

fn next(parts: &Parts) -> NextMessages {
    NextMessages {
        exchange: Arc::clone(&parts.exchange),
        deliveries: parts.deliveries.clone(),
        current: Arc::clone(&parts.current),
        settings: Arc::clone(&parts.settings),
        keyring: Arc::clone(&parts.keyring),
        clock: Arc::clone(&parts.clock),
    }
}

/// Returns how people sign in at an identity provider, where one is set.
fn provider(config: &Checked) -> anyhow::Result<Option<Arc<ProviderRules>>> {
    let oidc = &config.file.oidc;
    if oidc.issuer.is_empty() {
        return Ok(None);
    }
    let origin = config.public_url.as_deref().unwrap_or_default();
    Ok(Some(Arc::new(ProviderRules {
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: config.client_secret.clone(),
        account_claim: oidc.account_claim.clone(),
        redirect: format!("{origin}{}/signin/callback", config.look.path()),
        fetcher: Arc::new(Fetcher::new(parts::addresses(config))?),
    })))
}

/// Reads the platform's public key. Without one nobody can sign in: the key made up here signs nothing.
fn token_key(file: &str) -> anyhow::Result<TokenKey> {
    let pem = if file.is_empty() {
        nobodys_key()?
    } else {
        std::fs::read_to_string(file)
            .with_context(|| format!("cannot read `signin.public_key_file`, `{file}`"))?
    };
    TokenKey::read(&pem).context("`signin.public_key_file`")
}

fn nobodys_key() -> anyhow::Result<String> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).context("the operating system gives no randomness")?;
    ed25519_dalek::SigningKey::from_bytes(&seed)
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .context("a public key has a PEM form")
}

fn api(
    config: &Checked,
    parts: &Parts,
    pages: &Arc<Pages>,
    rolling: &Arc<rolling::Standing>,
) -> Api {
    let keys = config.api_keys.iter().map(|key| ApiKey {
        name: key.name.clone(),
        scope: match &key.scope {
            Scope::Platform => sluicegate_web::api::Scope::Platform,
            Scope::Operator => sluicegate_web::api::Scope::Operator,
            Scope::Partner(id) => sluicegate_web::api::Scope::Partner(id.clone()),
            Scope::Advertiser(id) => sluicegate_web::api::Scope::Advertiser(id.clone()),
        },
        sha256: key.sha256,
    });
    Api {
        platform: config.file.platform.name.clone(),
        exchange: Arc::clone(&parts.exchange),
        intake: Arc::clone(&parts.intake),
        costs: parts.costs.clone(),
        deliveries: parts.deliveries.clone(),
        uploads: Arc::clone(&parts.uploads),
        watch: Arc::clone(&parts.watch),
        recalls: parts.telling.recalls.clone(),
        receiver: parts.receiver.clone(),
        tags: Arc::clone(&parts.tags),
        signing: Arc::clone(&parts.signing),
        secrets: Arc::clone(&parts.secrets),
        lookup: parts.lookup.clone(),
        reports: parts.reports.clone(),
        postbacks: parts.postbacks.clone(),
        conversions: Arc::new(parts.store.clone()),
        egress: Arc::clone(&parts.egress),
        settings: Arc::clone(&parts.settings),
        effects: Arc::new(parts.store.clone()),
        ledger: Arc::clone(&parts.ledger),
        erasures: Arc::new(parts.erasures.clone()),
        book: Arc::clone(&parts.book),
        disk: Arc::<disk::Disk>::clone(&parts.disk),
        incidents: Arc::new(parts.store.clone()),
        export_people: config.file.ledger.export_people == Some(true),
        current: Arc::clone(&parts.current),
        editions: Arc::new(parts.store.clone()),
        feedback: Arc::new(parts.store.clone()),
        look: Arc::new(config.look.clone()),
        keyring: Arc::clone(&parts.keyring),
        clock: Arc::clone(&parts.clock),
        keys: ApiKeys::new(keys.collect()),
        origins: config.file.listen.origins.clone(),
        next: Arc::new(next(parts)),
        sessions: Arc::<Pages>::clone(pages),
        figures: Arc::new(MetricsText::new(
            &parts.exchange,
            &parts.egress,
            &parts.ledger,
            &parts.book,
            rolling,
        )),
        takes_effect_within: config.takes_effect_within,
    }
}

/// Shows the exchange that the program keeps up.
async fn beat(exchange: Arc<Exchange>, mut stopped: watch::Receiver<bool>) {
    // Told to stop, or nobody is left who could tell: both end it.
    exchange.beat(async { drop(stopped.changed().await) }).await;
}

/// Proves the view fresh again and again. While it fails the view only gets older, and past the bound
/// everything closes by itself.
async fn refresh(settings: Arc<Settings>, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = settings.refresh().await {
            tracing::error!(error.cause = %error, "the view could not be brought up to date");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use sluicegate_gate::{Choice, KeyKind, Setting, SubjectKey, time::UnixMillis};
    use sluicegate_settings::{Actor, Change, SettingsStore as _};

    fn config(dir: &std::path::Path) -> Checked {
        let places = [
            ("SLUICEGATE_STORE__DATA_DIR", dir.display().to_string()),
            ("SLUICEGATE_LISTEN__ADDRESS", String::from("127.0.0.1:0")),
        ];
        let places = places.map(|(key, value)| (key.into(), value.into()));
        let config = Config::read(None, places.into_iter()).unwrap();
        Checked::try_from(config).unwrap()
    }

    async fn started(dir: &std::path::Path) -> Gateway {
        Gateway::start(config(dir)).await.unwrap()
    }

    /// Returns whether the store was closed: then the database is one file.
    fn is_closed(dir: &std::path::Path) -> bool {
        let is_there = |name: &str| dir.join(name).exists();
        is_there("sluicegate.sqlite3")
            && !is_there("sluicegate.sqlite3-wal")
            && !is_there("keys.sqlite3-wal")
    }

    #[tokio::test]
    async fn a_stop_closes_the_store_also_where_what_listens_panicked_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let mut gateway = started(dir.path()).await;
        assert!(!is_closed(dir.path()));
        let stopped = gateway.stop.subscribe();
        servers::tests::panics(&mut gateway.servers, stopped);
        gateway.unserved().await;
        let stopped = Box::pin(gateway.stop()).await.unwrap_err();
        assert_eq!(stopped.to_string(), "the gateway is stopped, but what listens panicked");
        assert!(is_closed(dir.path()));
        let again = started(dir.path()).await;
        let windows = again.parts.ledger.uncertain_windows().await.unwrap();
        assert!(windows.is_empty(), "it was a clean stop: {windows:?}");
        Box::pin(again.stop()).await.unwrap();
    }

    #[tokio::test]
    async fn a_stop_keeps_what_was_counted_however_long_a_client_takes() {
        let dir = tempfile::tempdir().unwrap();
        let mut gateway = started(dir.path()).await;
        servers::tests::hangs(&mut gateway.servers);
        let key = SubjectKey { kind: KeyKind::Account, hash: 7 };
        let change = Change {
            key,
            setting: Setting::Sharing,
            value: Choice::Off,
            actor: Actor::Person,
            words: String::from("Sharing"),
            language: String::from("en"),
        };
        gateway.parts.settings.change(change).await.unwrap();
        Box::pin(gateway.stop_within(Duration::ZERO)).await.unwrap();
        let store = sluicegate_store::Sqlite::open(dir.path()).await.unwrap();
        let history = store.history(key).await.unwrap();
        assert!(history[0].in_force_after.is_some(), "how long it took is kept: {history:?}");
        store.close().await;
    }

    #[tokio::test]
    async fn an_erasure_that_the_interface_begins_is_timed_by_the_clock_that_nobody_sets() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path());
        let master = MasterKey::open(&config.data_dir).unwrap();
        let parts = Parts::make(&config, &master).await.unwrap();
        let pages = Pages::new(pages_state(&config, &parts).unwrap());
        let key = parts.keyring.account("person-1");
        api(&config, &parts, &pages, &Arc::default()).erasures.erase(key, None).await.unwrap();
        // The time of day was set back right before it, or ahead right after.
        assert!(parts.erasures.settled(&[(key, UnixMillis(0))]).is_empty());
        parts.close(&mut Vec::new()).await;
    }
}
