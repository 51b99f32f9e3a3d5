//! Random orders on two gateways over one store, against a model that is too simple to be wrong.
#![expect(clippy::expect_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_gate::{
    Choice, KeyKind, Revision, Setting, Standing, SubjectKey, ViewState,
    time::{BootMillis, Clock, UnixMillis},
};
use sluicegate_settings::{
    Actor, Change, RequestKeys, Settings, SettingsStore, memory::MemoryStore, shard_of,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

#[derive(Debug, Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> UnixMillis {
        UnixMillis(i64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(i64::MAX))
    }

    fn boot(&self) -> BootMillis {
        BootMillis(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Choose { gateway: usize, key: SubjectKey, setting: Setting, value: Choice },
    Link { gateway: usize, account: SubjectKey, key: SubjectKey },
    Unlink { gateway: usize, account: SubjectKey, key: SubjectKey },
    Refresh { gateway: usize },
}

/// Two of them, an account and a device, share a shard.
const ACCOUNTS: [SubjectKey; 3] = [
    SubjectKey { kind: KeyKind::Account, hash: 1 },
    SubjectKey { kind: KeyKind::Account, hash: 1 << 120 },
    SubjectKey { kind: KeyKind::Account, hash: 2 << 120 },
];
const PLACES: [SubjectKey; 3] = [
    SubjectKey { kind: KeyKind::Device, hash: 2 },
    SubjectKey { kind: KeyKind::Device, hash: 0xff << 120 },
    SubjectKey { kind: KeyKind::Browser, hash: 3 << 120 },
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let gateway = || 0..2_usize;
    let account = || prop::sample::select(ACCOUNTS.to_vec());
    let place = || prop::sample::select(PLACES.to_vec());
    let any_key = prop_oneof![account(), place()];
    let setting = prop::sample::select(Setting::ALL.to_vec());
    let value = prop_oneof![Just(Choice::On), Just(Choice::Off)];
    let step = prop_oneof![
        4 => (gateway(), any_key, setting, value)
            .prop_map(|(gateway, key, setting, value)| Step::Choose { gateway, key, setting, value }),
        2 => (gateway(), account(), place())
            .prop_map(|(gateway, account, key)| Step::Link { gateway, account, key }),
        1 => (gateway(), account(), place())
            .prop_map(|(gateway, account, key)| Step::Unlink { gateway, account, key }),
        1 => gateway().prop_map(|gateway| Step::Refresh { gateway }),
    ];
    prop::collection::vec(step, 1..60)
}

/// Choices and links; everything else follows from them.
#[derive(Default)]
struct Model {
    choices: BTreeMap<(SubjectKey, Setting), Choice>,
    links: BTreeSet<(SubjectKey, SubjectKey)>,
    open_since: BTreeMap<SubjectKey, UnixMillis>,
    versions: BTreeMap<u16, u64>,
    touched: BTreeMap<SubjectKey, u64>,
}

impl Model {
    fn choice(&self, key: SubjectKey, setting: Setting) -> Option<Choice> {
        self.choices.get(&(key, setting)).copied()
    }

    fn is_marked(&self, key: SubjectKey, setting: Setting) -> bool {
        self.links.iter().any(|(account, linked)| {
            *linked == key && self.choice(*account, setting) == Some(Choice::Off)
        })
    }

    fn is_closed(&self, key: SubjectKey) -> bool {
        let own = self.choice(key, Setting::Sharing);
        own == Some(Choice::Off) || self.is_marked(key, Setting::Sharing)
    }

    fn marks(&self) -> BTreeSet<(SubjectKey, SubjectKey, Setting)> {
        let off = |account, setting| self.choice(account, setting) == Some(Choice::Off);
        self.links
            .iter()
            .flat_map(|(account, key)| Setting::ALL.map(|setting| (*account, *key, setting)))
            .filter(|(account, _, setting)| off(*account, *setting))
            .collect()
    }

    fn step(&mut self, step: Step, at: UnixMillis) {
        let keys = || ACCOUNTS.into_iter().chain(PLACES);
        let closed: Vec<bool> = keys().map(|key| self.is_closed(key)).collect();
        let marks = self.marks();
        let links = self.links.clone();
        let mut touched = BTreeSet::new();
        let mut first_on = None;
        let mut inherited = None;
        match step {
            Step::Choose { key, setting, value, .. } => {
                let before = self.choices.insert((key, setting), value);
                touched.insert(key);
                let is_first = (setting, before, value) == (Setting::Sharing, None, Choice::On);
                first_on = is_first.then_some(key);
            }
            Step::Link { account, key, .. } => {
                // What the account was closed to stays closed on a device that it comes to later.
                if self.links.insert((account, key)) {
                    inherited = self.open_since.get(&account).map(|since| (key, *since));
                }
            }
            Step::Unlink { account, key, .. } => {
                self.links.remove(&(account, key));
            }
            Step::Refresh { .. } => {}
        }
        for (account, key) in links.symmetric_difference(&self.links) {
            touched.extend([*account, *key]);
        }
        touched.extend(marks.symmetric_difference(&self.marks()).map(|(_, key, _)| *key));
        if let Some((key, since)) = inherited {
            let own = self.open_since.entry(key).or_insert(since);
            *own = since.max(*own);
        }
        for (key, was_closed) in keys().zip(closed) {
            let opened = was_closed || first_on == Some(key);
            if opened && !self.is_closed(key) {
                self.open_since.insert(key, at);
            }
        }
        for shard in touched.iter().map(|key| shard_of(*key)).collect::<BTreeSet<u16>>() {
            *self.versions.entry(shard).or_default() += 1;
        }
        for key in touched {
            let version = self.versions.get(&shard_of(key)).copied().unwrap_or_default();
            self.touched.insert(key, version);
        }
    }

    fn standing(&self, key: SubjectKey) -> Standing {
        let version = self.touched.get(&key).copied().unwrap_or_default();
        let revision = Revision { shard: shard_of(key), version };
        Standing {
            stamp: sluicegate_gate::KeyStamp { key, revision },
            sharing: self.choice(key, Setting::Sharing),
            personalize_ads: self.choice(key, Setting::PersonalizeAds),
            sharing_marked_off: self.is_marked(key, Setting::Sharing),
            personalize_ads_marked_off: self.is_marked(key, Setting::PersonalizeAds),
            open_since: self.open_since.get(&key).copied(),
        }
    }

    fn matches(&self, settings: &Settings) -> Result<(), TestCaseError> {
        for key in ACCOUNTS.into_iter().chain(PLACES) {
            prop_assert_eq!(settings.standing(key), self.standing(key));
        }
        Ok(())
    }
}

async fn carry_out(settings: &Arc<Settings>, step: Step) {
    match step {
        Step::Choose { key, setting, value, .. } => {
            let change = Change {
                key,
                setting,
                value,
                actor: Actor::Person,
                words: String::from("Share your data"),
                language: String::from("en"),
            };
            drop(settings.change(change).await.expect("a change"));
        }
        Step::Link { account, key, .. } => {
            drop(settings.link(account, key).await.expect("a link"));
        }
        Step::Unlink { account, key, .. } => {
            drop(settings.unlink(account, key).await.expect("no link"));
        }
        Step::Refresh { .. } => settings.refresh().await.expect("a refresh"),
    }
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let store: Arc<dyn SettingsStore> = Arc::new(MemoryStore::new());
    let hands = Arc::new(Hands::default());
    let mut gateways = Vec::new();
    for _gateway in 0..2 {
        let clock = Arc::<Hands>::clone(&hands);
        let bound = Duration::from_millis(3);
        gateways.push(Settings::open(Arc::clone(&store), clock, bound).await.expect("settings"));
    }
    let mut model = Model::default();
    for (step, at) in steps.into_iter().zip(1_u64..) {
        hands.0.store(at, Ordering::SeqCst);
        model.step(step, hands.now());
        let (Step::Choose { gateway, .. }
        | Step::Link { gateway, .. }
        | Step::Unlink { gateway, .. }
        | Step::Refresh { gateway }) = step;
        let settings = gateways.get(gateway).expect("a gateway");
        carry_out(settings, step).await;
        match step {
            Step::Choose { key, .. } | Step::Link { key, .. } | Step::Unlink { key, .. } => {
                prop_assert_eq!(settings.standing(key), model.standing(key));
            }
            Step::Refresh { .. } => {
                model.matches(settings)?;
                prop_assert_eq!(settings.view_age(), Some(Duration::ZERO));
            }
        }
    }
    for settings in &gateways {
        settings.refresh().await.expect("a refresh");
        model.matches(settings)?;
        prop_assert_eq!(settings.stopped_shards(), 0);
    }
    let clock = Arc::<Hands>::clone(&hands);
    let late = Settings::open(store, clock, Duration::ZERO).await.expect("settings");
    model.matches(&late)?;
    let keys = RequestKeys { account: ACCOUNTS.first().copied(), ..RequestKeys::default() };
    let is_complete = matches!(late.subject(&keys).view, ViewState::Complete { .. });
    prop_assert!(is_complete);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gateways_agree_with_the_model_after_any_orders(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(run(steps))?;
    }
}
