//! The service over a store in memory: marks, ages, gaps, and orders that overtake each other.
#![expect(clippy::expect_used, reason = "a test may fail loudly")]

mod faulty;

use faulty::{Faulty, Hands};
use sluicegate_gate::{
    AgeBand, Choice, Demographics, ForSecurity, Gender, KeyKind, KeyStamp, Revision, Secret,
    Setting, Source, Sourced, SubjectKey, ViewState,
    time::{BootMillis, UnixMillis},
};
use sluicegate_settings::{
    Actor, Amend, Candidate, Change, ChangeError, Correction, Effect, EffectRow, Event, Heard,
    Keyring, ListName, ProfileWrite, Refusal, RequestKeys, Settings, SettingsStore,
    memory::MemoryStore, shard_of,
};
use std::{sync::Arc, time::Duration};

const BOUND: Duration = Duration::from_secs(5);

/// A gateway with its clock and its store.
struct Gateway {
    settings: Arc<Settings>,
    hands: Arc<Hands>,
    store: Arc<Faulty>,
}

impl Gateway {
    async fn new() -> Self {
        Self::over(Arc::new(Faulty::new(Arc::new(MemoryStore::new())))).await
    }

    async fn over(store: Arc<Faulty>) -> Self {
        let hands = Arc::new(Hands::default());
        let port: Arc<dyn SettingsStore> = Arc::<Faulty>::clone(&store);
        let clock = Arc::<Hands>::clone(&hands);
        let settings = Settings::open(port, clock, BOUND).await.expect("settings");
        Self { settings, hands, store }
    }

    async fn choose(&self, key: SubjectKey, value: Choice) {
        self.settings.change(change(key, Setting::Sharing, value)).await.expect("a change");
    }

    async fn link(&self, account: SubjectKey, key: SubjectKey) {
        self.settings.link(account, key).await.expect("a link");
    }

    fn is_marked(&self, key: SubjectKey) -> bool {
        self.settings.standing(key).sharing_marked_off
    }

    fn open_since(&self, key: SubjectKey) -> Option<i64> {
        self.settings.standing(key).open_since.map(|since| since.0)
    }
}

fn change(key: SubjectKey, setting: Setting, value: Choice) -> Change {
    Change {
        key,
        setting,
        value,
        actor: Actor::Person,
        words: String::from("Share your data"),
        language: String::from("en"),
    }
}

const ADA: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 1 << 120 };
const BOB: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 2 << 120 };
const PHONE: SubjectKey = SubjectKey { kind: KeyKind::Device, hash: 3 << 120 };
const LAPTOP: SubjectKey = SubjectKey { kind: KeyKind::Browser, hash: 4 << 120 };

const ALL: RequestKeys =
    RequestKeys { account: Some(ADA), device: Some(PHONE), browser: Some(LAPTOP) };

#[tokio::test]
async fn one_accounts_on_leaves_the_others_mark_on_their_device() {
    let gateway = Gateway::new().await;
    gateway.link(ADA, PHONE).await;
    gateway.link(BOB, PHONE).await;
    gateway.choose(ADA, Choice::Off).await;
    gateway.choose(BOB, Choice::On).await;
    assert!(gateway.is_marked(PHONE));
    gateway.choose(PHONE, Choice::On).await;
    assert!(gateway.is_marked(PHONE));
    assert_eq!(gateway.open_since(PHONE), None);
    gateway.hands.set(70);
    gateway.choose(ADA, Choice::On).await;
    assert!(!gateway.is_marked(PHONE));
    assert_eq!(gateway.open_since(PHONE), Some(70));
}

#[tokio::test]
async fn a_device_linked_after_the_off_is_marked_too_and_unlinking_frees_it() {
    let gateway = Gateway::new().await;
    gateway.choose(ADA, Choice::Off).await;
    gateway.link(ADA, PHONE).await;
    gateway.link(ADA, LAPTOP).await;
    assert!(gateway.is_marked(PHONE) && gateway.is_marked(LAPTOP));
    gateway.hands.set(30);
    gateway.settings.unlink(ADA, PHONE).await.expect("no longer linked");
    assert!(!gateway.is_marked(PHONE) && gateway.is_marked(LAPTOP));
    assert_eq!(gateway.open_since(PHONE), Some(30));
}

#[tokio::test]
async fn a_device_linked_after_an_account_is_on_again_takes_over_what_stays_closed() {
    let gateway = Gateway::new().await;
    gateway.hands.set(10);
    gateway.choose(ADA, Choice::Off).await;
    gateway.hands.set(20);
    gateway.choose(ADA, Choice::On).await;
    gateway.hands.set(30);
    gateway.choose(LAPTOP, Choice::On).await;
    gateway.link(ADA, PHONE).await;
    gateway.link(ADA, LAPTOP).await;
    assert!(!gateway.is_marked(PHONE));
    assert_eq!(gateway.open_since(PHONE), Some(20));
    assert_eq!(gateway.open_since(LAPTOP), Some(30), "the later of the two stands");
}

#[tokio::test]
async fn each_setting_has_marks_of_its_own() {
    let gateway = Gateway::new().await;
    gateway.link(ADA, PHONE).await;
    let off = change(ADA, Setting::PersonalizeAds, Choice::Off);
    gateway.settings.change(off).await.expect("a change");
    let phone = gateway.settings.standing(PHONE);
    assert!(phone.personalize_ads_marked_off && !phone.sharing_marked_off);
}

#[tokio::test]
async fn a_change_is_in_force_when_it_returns_and_makes_earlier_stamps_stale() {
    let gateway = Gateway::new().await;
    gateway.link(ADA, PHONE).await;
    let stamps: Vec<KeyStamp> =
        gateway.settings.subject(&ALL).standings().map(|standing| standing.stamp).collect();
    assert!(gateway.settings.unchanged(&stamps));
    let changed = gateway
        .settings
        .change(change(ADA, Setting::Sharing, Choice::Off))
        .await
        .expect("a change");
    assert_eq!(changed.revisions, [revision(ADA, 2), revision(PHONE, 2)]);
    let subject = gateway.settings.subject(&ALL);
    assert_eq!(subject.account.and_then(|account| account.sharing), Some(Choice::Off));
    assert!(subject.device.is_some_and(|device| device.sharing_marked_off));
    assert!(!gateway.settings.unchanged(&stamps));
    let laptop = subject.browser.map(|browser| browser.stamp).expect("a browser");
    assert_eq!(laptop.revision, revision(LAPTOP, 0));
    assert!(gateway.settings.unchanged(&[laptop]));
}

fn revision(key: SubjectKey, version: u64) -> Revision {
    Revision { shard: shard_of(key), version }
}

#[tokio::test]
async fn the_view_ages_from_the_beginning_of_the_last_refresh_that_succeeded() {
    let gateway = Gateway::new().await;
    let age = || gateway.settings.view_age();
    assert_eq!(age(), Some(Duration::ZERO));
    gateway.hands.set(400);
    assert_eq!(age(), Some(Duration::from_millis(400)));
    gateway.settings.refresh().await.expect("a refresh");
    assert_eq!(age(), Some(Duration::ZERO));
    gateway.store.break_down();
    gateway.hands.set(5_400);
    assert!(gateway.settings.refresh().await.is_err());
    assert!(gateway.settings.is_fresh());
    gateway.hands.set(5_401);
    assert!(gateway.settings.refresh().await.is_err());
    assert!(!gateway.settings.is_fresh());
    let expected = ViewState::Complete { as_of: BootMillis(400), bound: BOUND };
    assert_eq!(gateway.settings.subject(&ALL).view, expected);
    gateway.store.repair();
    gateway.settings.refresh().await.expect("a refresh");
    assert!(gateway.settings.is_fresh());
}

#[tokio::test]
async fn a_slow_answer_proves_no_more_than_when_it_was_asked_for() {
    let gateway = Gateway::new().await;
    gateway.hands.set(100);
    let hands = Arc::clone(&gateway.hands);
    gateway.store.before_heads_answer(move || hands.set(900));
    gateway.settings.refresh().await.expect("a refresh");
    assert_eq!(gateway.settings.view_age(), Some(Duration::from_millis(800)));
}

#[tokio::test]
async fn history_says_how_long_a_change_took_also_after_a_restart() {
    let store = Arc::new(MemoryStore::new());
    let port: Arc<dyn SettingsStore> = Arc::<MemoryStore>::clone(&store);
    let gateway = Gateway::over(Arc::new(Faulty::new(port))).await;
    gateway.link(ADA, PHONE).await;
    let release = gateway.store.hold_next_commit();
    let settings = Arc::clone(&gateway.settings);
    let choosing =
        tokio::spawn(
            async move { settings.change(change(ADA, Setting::Sharing, Choice::Off)).await },
        );
    gateway.store.until_held().await;
    gateway.hands.set(400);
    release.send(()).expect("somebody waits");
    let changed = choosing.await.expect("no panic").expect("a change");
    assert_eq!((changed.at, changed.in_force_at), (UnixMillis(0), UnixMillis(400)));
    let took = async |settings: &Settings, key| {
        let last = settings.history(key).await.expect("a history").records.pop().expect("a record");
        last.in_force_after
    };
    let measured = Some(Duration::from_millis(400));
    for key in [ADA, PHONE] {
        assert_eq!(took(&gateway.settings, key).await, measured, "before it is kept");
    }
    gateway.settings.keep_effects(&*store).await.expect("it is kept");
    let restarted = Gateway::over(Arc::new(Faulty::new(store))).await;
    for key in [ADA, PHONE] {
        assert_eq!(took(&restarted.settings, key).await, measured, "after a restart");
    }
}

#[tokio::test]
async fn a_choice_whose_caller_goes_away_is_in_force_and_counted_all_the_same() {
    let gateway = Gateway::new().await;
    let release = gateway.store.hold_next_commit();
    let settings = Arc::clone(&gateway.settings);
    let choosing =
        tokio::spawn(
            async move { settings.change(change(ADA, Setting::Sharing, Choice::Off)).await },
        );
    gateway.store.until_held().await;
    choosing.abort();
    assert!(choosing.await.expect_err("it went away").is_cancelled());
    let _is_waited_for: Result<(), ()> = release.send(());
    tokio::task::yield_now().await;
    assert_eq!(gateway.settings.standing(ADA).sharing, Some(Choice::Off));
    let (store, all) = (MemoryStore::new(), UnixMillis(0)..UnixMillis(i64::MAX));
    let counted = gateway.settings.effects(&store, all).await.expect("counts");
    assert!(matches!(counted[..], [EffectRow { effect: Effect::InForce(_), count: 1, .. }]));
}

#[tokio::test]
async fn another_gateway_follows_at_its_next_refresh() {
    let here = Gateway::new().await;
    let there = Gateway::over(Arc::clone(&here.store)).await;
    here.link(ADA, PHONE).await;
    here.choose(ADA, Choice::Off).await;
    assert!(!there.is_marked(PHONE));
    there.settings.refresh().await.expect("a refresh");
    assert!(there.is_marked(PHONE));
    assert_eq!(there.settings.subject(&ALL), here.settings.subject(&ALL));
}

#[tokio::test]
async fn a_change_after_one_that_cannot_be_read_is_saved_and_said_not_to_be_in_force() {
    let here = Gateway::new().await;
    let there = Gateway::over(Arc::clone(&here.store)).await;
    here.choose(ADA, Choice::On).await;
    here.store.break_down();
    let changed = there.settings.change(change(ADA, Setting::Sharing, Choice::Off)).await;
    assert!(matches!(changed, Err(ChangeError::NotInForce(_))), "{changed:?}");
    assert_eq!(there.settings.standing(ADA).sharing, None);
    here.store.repair();
    there.settings.refresh().await.expect("a refresh");
    assert_eq!(there.settings.standing(ADA).sharing, Some(Choice::Off));
}

#[tokio::test]
async fn a_gap_stops_its_shard_and_no_other() {
    let here = Gateway::new().await;
    let there = Gateway::over(Arc::clone(&here.store)).await;
    for value in [Choice::Off, Choice::On, Choice::Off] {
        here.choose(ADA, value).await;
        here.choose(BOB, value).await;
    }
    here.store.lose(revision(ADA, 2));
    let ada = RequestKeys { account: Some(ADA), ..RequestKeys::default() };
    let bob = RequestKeys { account: Some(BOB), ..RequestKeys::default() };
    let before = there.settings.standing(ADA).stamp;
    there.settings.refresh().await.expect("the others go on");
    assert_eq!(there.settings.stopped_shards(), 1);
    assert_eq!(there.settings.subject(&ada).view, ViewState::Incomplete);
    assert!(!there.settings.unchanged(&[before]));
    assert!(matches!(there.settings.subject(&bob).view, ViewState::Complete { .. }));
    assert_eq!(there.settings.standing(BOB).sharing, Some(Choice::Off));
    // Both keys of a request must be complete.
    let both = RequestKeys { device: Some(PHONE), ..ada };
    assert_eq!(there.settings.subject(&both).view, ViewState::Incomplete);
}

#[tokio::test]
async fn versions_that_the_store_names_but_cannot_show_stop_the_shard() {
    let here = Gateway::new().await;
    let there = Gateway::over(Arc::clone(&here.store)).await;
    here.choose(ADA, Choice::Off).await;
    here.store.lose(revision(ADA, 1));
    there.settings.refresh().await.expect("the others go on");
    assert_eq!(there.settings.stopped_shards(), 1);
}

#[tokio::test]
async fn versions_that_go_back_stop_the_shard_for_good() {
    let gateway = Gateway::new().await;
    gateway.choose(ADA, Choice::Off).await;
    gateway.choose(BOB, Choice::Off).await;
    gateway.store.go_back(shard_of(ADA));
    gateway.settings.refresh().await.expect("the others go on");
    gateway.store.repair();
    gateway.settings.refresh().await.expect("the others go on");
    assert_eq!(gateway.settings.stopped_shards(), 1);
    assert_eq!(gateway.settings.subject(&ALL).view, ViewState::Incomplete);
}

#[tokio::test]
async fn what_runs_out_in_a_stopped_shard_stays_and_nobody_waits_for_it() {
    let gateway = Gateway::new().await;
    let adult = ProfileWrite {
        country: "USA".parse().ok(),
        protection_age: Some((Source::Declared, ForSecurity::new(30))),
        ..ProfileWrite::default()
    };
    gateway.settings.put_profile(ADA, adult).await.expect("a profile");
    let list = ListName {
        partnership: "north".parse().expect("a name"),
        audience: "runners".parse().expect("a name"),
    };
    let heard = vec![Heard::Listed { list, until: UnixMillis(10) }];
    gateway.settings.hear(ADA, UnixMillis(1), heard).await.expect("a list");
    gateway.store.go_back(shard_of(ADA));
    gateway.settings.refresh().await.expect("the others go on");
    gateway.hands.set(20);
    assert_eq!(gateway.settings.forget_stale(1).await.expect("nothing to do"), 0);
    assert!(gateway.settings.elsewhere(ADA).is_some());
}

#[tokio::test]
async fn an_order_that_overtakes_another_brings_it_into_force_with_itself() {
    let gateway = Gateway::new().await;
    let beside = SubjectKey { hash: ADA.hash + 1, ..ADA };
    let release = gateway.store.hold_next_commit();
    let settings = Arc::clone(&gateway.settings);
    let first =
        tokio::spawn(
            async move { settings.change(change(ADA, Setting::Sharing, Choice::Off)).await },
        );
    gateway.store.until_held().await;
    assert_eq!(gateway.settings.standing(ADA).sharing, None);
    gateway.choose(beside, Choice::Off).await;
    assert_eq!(gateway.settings.standing(ADA).sharing, Some(Choice::Off));
    assert_eq!(gateway.settings.standing(beside).stamp.revision, revision(beside, 2));
    release.send(()).expect("a held commit");
    let changed = first.await.expect("a task").expect("a change");
    assert_eq!(changed.revisions, [revision(ADA, 1)]);
    assert_eq!(gateway.settings.standing(beside).sharing, Some(Choice::Off));
}

#[tokio::test]
async fn a_choice_of_nobody_is_in_force_and_counted_nowhere() {
    let gateway = Gateway::new().await;
    let store = MemoryStore::new();
    let all = UnixMillis(0)..UnixMillis(i64::MAX);
    let off = change(ADA, Setting::Sharing, Choice::Off);
    gateway.settings.change_uncounted(off.clone()).await.expect("a change");
    assert_eq!(gateway.settings.standing(ADA).sharing, Some(Choice::Off));
    assert_eq!(gateway.settings.effects(&store, all.clone()).await.expect("counts"), []);
    gateway.settings.change(Change { key: BOB, ..off }).await.expect("a change");
    assert_eq!(gateway.settings.effects(&store, all).await.expect("counts").len(), 1);
}

#[tokio::test]
async fn global_privacy_control_turns_off_and_never_on() {
    let gateway = Gateway::new().await;
    let mut gpc = change(LAPTOP, Setting::Sharing, Choice::On);
    gpc.actor = Actor::Gpc;
    let refused = gateway.settings.change(gpc.clone()).await;
    assert!(matches!(refused, Err(ChangeError::Refused(Refusal::CannotTurnOn))));
    gpc.value = Choice::Off;
    gateway.settings.change(gpc).await.expect("a change");
    assert_eq!(gateway.settings.standing(LAPTOP).sharing, Some(Choice::Off));
}

#[tokio::test]
async fn the_subject_carries_the_profile_in_use_of_its_account_only() {
    let gateway = Gateway::new().await;
    let write = ProfileWrite {
        country: "USA".parse().ok(),
        protection_age: Some((Source::Declared, ForSecurity::new(30))),
        gender: Some(Candidate { value: Gender::Male, source: Source::Partner, confidence: None }),
        ..ProfileWrite::default()
    };
    gateway.settings.put_profile(ADA, write).await.expect("a profile");
    let correction = Correction::AgeBand(Amend::Set(AgeBand::From25To34));
    let changed = gateway.settings.correct(ADA, correction).await.expect("an edit");
    assert_eq!(changed.revisions, [revision(ADA, 2)]);
    let subject = gateway.settings.subject(&ALL);
    assert_eq!(subject.account_country, "USA".parse().ok());
    assert_eq!(subject.protection_age, Some(ForSecurity::new(30)));
    let expected = Demographics {
        gender: Some(Sourced { value: Gender::Male, source: Source::Partner }),
        age_band: Some(Sourced { value: AgeBand::From25To34, source: Source::Declared }),
    };
    assert_eq!(subject.demographics, expected);
    let device_only = RequestKeys { account: None, ..ALL };
    assert!(gateway.settings.subject(&device_only).demographics.is_empty());
    let remove = Correction::Gender(Amend::Remove);
    gateway.settings.correct(ADA, remove).await.expect("an edit");
    assert_eq!(gateway.settings.subject(&ALL).demographics.gender, None);
    let history = gateway.settings.history(ADA).await.expect("a history").records;
    let events: Vec<Event> = history.into_iter().map(|record| record.event).collect();
    assert_eq!(events, [Event::Corrected(correction), Event::Corrected(remove)]);
}

#[tokio::test]
async fn moving_to_a_country_with_another_default_opens_nothing_of_the_past() {
    let gateway = Gateway::new().await;
    let moved =
        |country: &str| ProfileWrite { country: country.parse().ok(), ..ProfileWrite::default() };
    gateway.settings.put_profile(ADA, moved("DEU")).await.expect("a profile");
    assert_eq!(gateway.open_since(ADA), None);
    gateway.hands.set(50);
    gateway.settings.put_profile(ADA, moved("USA")).await.expect("a profile");
    assert_eq!(gateway.open_since(ADA), Some(50));
    gateway.hands.set(60);
    gateway.settings.put_profile(ADA, moved("DEU")).await.expect("a profile");
    assert_eq!(gateway.open_since(ADA), Some(50));
}

#[tokio::test]
async fn an_account_whose_country_becomes_known_opens_nothing_of_the_past() {
    let gateway = Gateway::new().await;
    gateway.hands.set(40);
    let moved =
        |country: &str| ProfileWrite { country: country.parse().ok(), ..ProfileWrite::default() };
    gateway.settings.put_profile(ADA, moved("USA")).await.expect("a profile");
    assert_eq!(gateway.open_since(ADA), Some(40));
    gateway.settings.put_profile(BOB, moved("DEU")).await.expect("a profile");
    assert_eq!(gateway.open_since(BOB), None);
}

#[tokio::test]
async fn a_request_without_keys_is_about_nobody_and_complete() {
    let gateway = Gateway::new().await;
    let subject = gateway.settings.subject(&RequestKeys::default());
    assert_eq!(subject.standings().count(), 0);
    assert!(matches!(subject.view, ViewState::Complete { .. }));
}

#[tokio::test]
async fn history_tells_a_device_of_marks_without_naming_the_account() {
    let gateway = Gateway::new().await;
    let keyring = Keyring::new(Secret::new([1; 16]));
    let (account, device) = (keyring.account("one"), keyring.device("ABCD"));
    gateway.hands.set(7);
    gateway.link(account, device).await;
    gateway.choose(account, Choice::Off).await;
    let history =
        gateway.settings.history(keyring.device("abcd")).await.expect("a history").records;
    let words: Vec<(i64, &str)> =
        history.iter().map(|record| (record.at.0, record.event.words())).collect();
    let expected = [
        (7, "an account was used on this device"),
        (7, "turned off by an account used on this device"),
    ];
    assert_eq!(words, expected);
    assert!(!format!("{history:?}").contains(&account.hash.to_string()));
    assert_eq!(history.first().map(|record| record.at), Some(UnixMillis(7)));
}
