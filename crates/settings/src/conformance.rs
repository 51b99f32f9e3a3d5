//! What every [`SettingsStore`] must do, as cases that a store's tests run, each on an empty store.
//!
//! ```
//! use sluicegate_settings::{conformance, memory::MemoryStore};
//! use std::sync::Arc;
//!
//! # futures_executor(async {
//! for case in conformance::CASES {
//!     case.run(Arc::new(MemoryStore::new())).await.expect(case.promise);
//! }
//! # });
//! # fn futures_executor(all: impl Future<Output = ()>) {
//! #     use futures_util::future::FutureExt;
//! #     all.now_or_never().expect("a store in memory never waits");
//! # }
//! ```

mod effects;

pub use effects::{effects_add_up, history_has_times};

use crate::{
    Actor, Amend, Candidate, Change, ChangeRecord, Commit, CommitError, Confidence, Correction,
    Event, FromElsewhere, Heads, Heard, KeyChange, KeyState, LinkWrite, ListName, Order, Profile,
    ProfileWrite, Refusal, Removal, SHARDS, SettingsStore, SettingsStoreError, ShardChange,
    WORDS_BYTES_MAX, shard_of,
};
use futures_util::future::{BoxFuture, join_all};
use sluicegate_gate::{
    AgeBand, Choice, ForSecurity, Gender, KeyKind, Revision, Setting, Source, SubjectKey,
    time::UnixMillis,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// A store under test.
pub type Store = Arc<dyn SettingsStore>;

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    /// What must hold, as a sentence.
    pub promise: &'static str,
    run: fn(Store) -> BoxFuture<'static, Result<(), Broken>>,
}

/// A store that does not keep a promise.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// Something else came out than must.
    #[error("{0}")]
    Promise(&'static str),
    /// An order that must be carried out was not.
    #[error("an order failed")]
    Commit(#[from] CommitError),
    /// A read failed.
    #[error("a read failed")]
    Store(#[from] SettingsStoreError),
}

impl Case {
    /// Runs the case on an empty store.
    pub async fn run(&self, store: Store) -> Result<(), Broken> {
        (self.run)(store).await
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.promise)
    }
}

/// Every case.
pub const CASES: &[Case] = &[
    Case {
        promise: "an empty store has 256 shards at version 0 and knows nobody",
        run: |store| Box::pin(empty(store)),
    },
    Case {
        promise: "a choice takes the next version of its shard and reads back",
        run: |store| Box::pin(choice_reads_back(store)),
    },
    Case {
        promise: "an account's off marks what is linked, and each mark is its own account's",
        run: |store| Box::pin(marks_count_per_account(store)),
    },
    Case {
        promise: "linking an account that is off marks the key in the same transaction",
        run: |store| Box::pin(linking_marks(store)),
    },
    Case {
        promise: "linking twice and unlinking what is not linked take no version",
        run: |store| Box::pin(nothing_changes_nothing(store)),
    },
    Case {
        promise: "two keys of one shard share the version of one order",
        run: |store| Box::pin(one_version_per_shard(store)),
    },
    Case {
        promise: "a refused order leaves nothing behind",
        run: |store| Box::pin(refusal_writes_nothing(store)),
    },
    Case {
        promise: "orders given at once get versions without a gap or a repeat",
        run: |store| Box::pin(concurrent_orders(store)),
    },
    Case {
        promise: "an account names what is linked to it, and a device its accounts",
        run: |store| Box::pin(links_are_named(store)),
    },
    Case {
        promise: "replaying the tail gives the snapshot",
        run: |store| Box::pin(tail_replays(store)),
    },
    Case {
        promise: "the tail comes in bounded pieces that join without a gap",
        run: |store| Box::pin(tail_is_bounded(store)),
    },
    Case {
        promise: "a profile reads back whole",
        run: |store| Box::pin(profile_reads_back(store)),
    },
    Case {
        promise: "what others say of an account is kept only under the setting, and not once removed",
        run: |store| Box::pin(elsewhere_is_under_the_setting(store)),
    },
    Case {
        promise: "history keeps who, what, when and the words, and names no other key",
        run: |store| Box::pin(history_is_kept(store)),
    },
    Case {
        promise: "of an erased person nothing stays but off, and on linked devices what was off",
        run: |store| Box::pin(erasing_leaves_off(store)),
    },
    Case {
        promise: "an erased device is off, and linked to nobody",
        run: |store| Box::pin(erasing_a_device_unlinks_it(store)),
    },
];

async fn empty(store: Store) -> Result<(), Broken> {
    let heads = store.heads().await?;
    hold(heads == Heads(vec![0; usize::from(SHARDS)]), "every shard must be at version 0")?;
    hold(store.shard(7).await?.keys.is_empty(), "a shard must be empty")?;
    hold(store.profile(ADA).await?.is_none(), "there must be no profile")?;
    hold(store.history(ADA).await?.is_empty(), "there must be no history")?;
    hold(store.tail(beginning()).await?.is_empty(), "there must be no tail")
}

async fn choice_reads_back(store: Store) -> Result<(), Broken> {
    let first = store.commit(choose(PHONE, Choice::On), UnixMillis(5)).await?;
    let second = store
        .commit(choose_setting(PHONE, Setting::PersonalizeAds, Choice::Off), UnixMillis(9))
        .await?;
    hold(revisions(&first) == [at_version(PHONE, 1)], "the first version must be 1")?;
    hold(revisions(&second) == [at_version(PHONE, 2)], "the second version must be 2")?;
    let state = KeyState {
        version: 2,
        sharing: Some(Choice::On),
        personalize_ads: Some(Choice::Off),
        open_since: Some(UnixMillis(5)),
        ..KeyState::untouched(PHONE)
    };
    hold(state_of(&store, PHONE).await? == state, "the state must read back")?;
    let heads = store.heads().await?;
    hold(heads.of(shard_of(PHONE)) == Some(2), "the head must be the last version")
}

async fn links_are_named(store: Store) -> Result<(), Broken> {
    for account in [ADA, BOB] {
        store.commit(Order::Link { account, key: PHONE }, UnixMillis(1)).await?;
    }
    hold(store.linked(ADA).await? == [PHONE], "an account must name its devices")?;
    let accounts: BTreeSet<_> = store.linked(PHONE).await?.into_iter().collect();
    hold(accounts == BTreeSet::from([ADA, BOB]), "a device must name its accounts")?;
    store.commit(Order::Unlink { account: ADA, key: PHONE }, UnixMillis(6)).await?;
    hold(store.linked(PHONE).await? == [BOB], "what is unlinked must not be named")?;
    hold(store.linked(ADA).await?.is_empty(), "an account must not name what is unlinked")
}

async fn marks_count_per_account(store: Store) -> Result<(), Broken> {
    for account in [ADA, BOB] {
        store.commit(Order::Link { account, key: PHONE }, UnixMillis(1)).await?;
    }
    let marks = async |after: &'static str, expected: u32| {
        hold(state_of(&store, PHONE).await?.sharing_marks == expected, after)
    };
    store.commit(choose(ADA, Choice::Off), UnixMillis(2)).await?;
    store.commit(choose(BOB, Choice::Off), UnixMillis(3)).await?;
    store.commit(choose(BOB, Choice::Off), UnixMillis(4)).await?;
    marks("two accounts that are off must be two marks, however often each says so", 2).await?;
    store.commit(choose(ADA, Choice::On), UnixMillis(5)).await?;
    marks("turning on must take one's own mark and no other", 1).await?;
    store.commit(Order::Unlink { account: ADA, key: PHONE }, UnixMillis(6)).await?;
    marks("unlinking an account without a mark must take none", 1).await?;
    let last = store.commit(Order::Unlink { account: BOB, key: PHONE }, UnixMillis(7)).await?;
    marks("unlinking must take one's own mark", 0).await?;
    hold(last.changes.len() == 2, "the account's and the device's shard must take a version")?;
    let since = state_of(&store, PHONE).await?.open_since;
    hold(since == Some(UnixMillis(7)), "the device must be open from the last mark on")
}

async fn linking_marks(store: Store) -> Result<(), Broken> {
    store.commit(choose(ADA, Choice::Off), UnixMillis(1)).await?;
    let linked = store.commit(Order::Link { account: ADA, key: LAPTOP }, UnixMillis(2)).await?;
    let expected = [at_version(ADA, 2), at_version(LAPTOP, 1)];
    hold(revisions(&linked) == expected, "both shards must take a version in one order")?;
    let state = state_of(&store, LAPTOP).await?;
    hold((state.sharing_marks, state.version) == (1, 1), "the mark must be there with the link")
}

async fn nothing_changes_nothing(store: Store) -> Result<(), Broken> {
    let link = Order::Link { account: ADA, key: PHONE };
    let unlink = Order::Unlink { account: ADA, key: PHONE };
    let write = Order::WriteProfile { account: ADA, write: written() };
    for (order, count) in [
        (unlink.clone(), 0),
        (link.clone(), 2),
        (link, 0),
        (unlink, 2),
        (write.clone(), 1),
        (write, 0),
    ] {
        let commit = store.commit(order, UnixMillis(1)).await?;
        hold(
            commit.changes.len() == count,
            "an order must take a version where it changes something",
        )?;
    }
    Ok(())
}

async fn one_version_per_shard(store: Store) -> Result<(), Broken> {
    let beside = SubjectKey { kind: KeyKind::Device, hash: ADA.hash + 1 };
    let linked = store.commit(Order::Link { account: ADA, key: beside }, UnixMillis(1)).await?;
    hold(revisions(&linked) == [at_version(ADA, 1)], "the shard must take one version")?;
    let tail = store.tail(beginning()).await?;
    let keys = tail.first().map(|change| change.keys.len());
    hold(tail.len() == 1 && keys == Some(2), "the version must carry both keys")
}

async fn refusal_writes_nothing(store: Store) -> Result<(), Broken> {
    let mut loud = change(PHONE, Setting::Sharing, Choice::Off);
    loud.words = "x".repeat(WORDS_BYTES_MAX + 1);
    let mut gpc = change(PHONE, Setting::Sharing, Choice::On);
    gpc.actor = Actor::Gpc;
    let correction = Correction::Gender(Amend::Remove);
    let wrong = [
        (Order::Choose(loud), Refusal::WordsTooLong),
        (Order::Choose(gpc), Refusal::CannotTurnOn),
        (Order::Link { account: PHONE, key: ADA }, Refusal::NotAnAccount),
        (Order::Link { account: ADA, key: BOB }, Refusal::NotADeviceOrBrowser),
        (Order::Correct { account: LAPTOP, correction }, Refusal::NotAnAccount),
    ];
    for (order, expected) in wrong {
        let refused = store.commit(order, UnixMillis(1)).await;
        let is_refused = matches!(refused, Err(CommitError::Refused(found)) if found == expected);
        hold(is_refused, "a wrong order must be refused with its reason")?;
    }
    empty(store).await
}

async fn concurrent_orders(store: Store) -> Result<(), Broken> {
    let orders = (0..60_u64).map(|number| {
        let key = SubjectKey { kind: KeyKind::Browser, hash: u128::from(number % 20) };
        store.commit(choose(key, Choice::Off), UnixMillis(1))
    });
    let mut versions = Vec::new();
    for commit in join_all(orders).await {
        versions.extend(revisions(&commit?).iter().map(|revision| revision.version));
    }
    versions.sort_unstable();
    hold(versions.into_iter().eq(1..=60), "versions must be 1 to 60, each once")
}

async fn tail_replays(store: Store) -> Result<(), Broken> {
    busy(&store).await?;
    let mut replayed: BTreeMap<SubjectKey, KeyChange> = BTreeMap::new();
    let mut heads = vec![0; usize::from(SHARDS)];
    for change in store.tail(beginning()).await? {
        let head = heads
            .get_mut(usize::from(change.revision.shard))
            .ok_or(Broken::Promise("a shard must be one of 256"))?;
        *head += 1;
        hold(*head == change.revision.version, "versions of a shard must come in order")?;
        for mut key in change.keys {
            hold(key.state.version == *head, "a key's version must be that of the change")?;
            let before = replayed.remove(&key.state.key).and_then(|before| before.profile);
            key.profile = key.profile.or(before);
            replayed.insert(key.state.key, key);
        }
    }
    hold(store.heads().await? == Heads(heads), "the tail must end at the heads")?;
    let mut snapshot = BTreeMap::new();
    for shard in 0..SHARDS {
        let loaded = store.shard(shard).await?;
        hold(store.heads().await?.of(shard) == Some(loaded.version), "a snapshot is of the head")?;
        snapshot.extend(loaded.keys.into_iter().map(|key| (key.state.key, key)));
    }
    hold(snapshot == replayed, "the replayed keys must be those of the snapshot")
}

async fn tail_is_bounded(store: Store) -> Result<(), Broken> {
    let bound = u64::from(crate::TAIL_VERSIONS_MAX);
    let orders = (0..=bound).map(|_| store.commit(choose(PHONE, Choice::Off), UnixMillis(1)));
    for commit in join_all(orders).await {
        commit?;
    }
    let versions = |tail: &[ShardChange]| -> Vec<u64> {
        tail.iter().map(|change| change.revision.version).collect()
    };
    let first = store.tail(vec![at_version(PHONE, 0)]).await?;
    hold(versions(&first).into_iter().eq(1..=bound), "the first piece must be full")?;
    let last = store.tail(vec![at_version(PHONE, bound)]).await?;
    hold(versions(&last) == [bound + 1], "the next piece must go on")
}

async fn profile_reads_back(store: Store) -> Result<(), Broken> {
    let correction = Correction::AgeBand(Amend::Set(AgeBand::From25To34));
    let first = Order::WriteProfile { account: ADA, write: written() };
    store.commit(first, UnixMillis(1)).await?;
    store.commit(Order::Correct { account: ADA, correction }, UnixMillis(2)).await?;
    let expected = Profile::default()
        .written_at(&written(), UnixMillis(1))
        .corrected_at(correction, UnixMillis(2));
    let kept = store.profile(ADA).await?.unwrap_or_default();
    let own = Profile { elsewhere: FromElsewhere::default(), ..kept.clone() };
    hold(own == expected, "the profile must read back")?;
    let shard = store.shard(shard_of(ADA)).await?;
    let known = shard.keys.into_iter().find(|key| key.state.key == ADA);
    let known = known.and_then(|key| key.profile);
    hold(known == Some(kept), "the profile must be in the snapshot")
}

#[expect(clippy::cognitive_complexity, reason = "one story, told step by step")]
async fn elsewhere_is_under_the_setting(store: Store) -> Result<(), Broken> {
    store.commit(Order::WriteProfile { account: ADA, write: written() }, UnixMillis(1)).await?;
    let list = || -> Option<ListName> {
        Some(ListName { partnership: "north".parse().ok()?, audience: "runners".parse().ok()? })
    };
    let list = list().ok_or(Broken::Promise("the names are names"))?;
    let hear = |said| {
        let heard = vec![Heard::Listed { list: list.clone(), until: UnixMillis(1_000) }];
        Order::Hear { account: ADA, said: UnixMillis(said), heard }
    };
    let lists = async || -> Result<usize, SettingsStoreError> {
        let shard = store.shard(shard_of(ADA)).await?;
        let known = shard.keys.into_iter().find(|key| key.state.key == ADA);
        let profile = known.and_then(|key| key.profile).unwrap_or_default();
        Ok(profile.elsewhere.lists(UnixMillis(100)).count())
    };
    let personalize = |value| choose_setting(ADA, Setting::PersonalizeAds, value);
    store.commit(hear(2), UnixMillis(2)).await?;
    hold(lists().await? == 1, "a list must be kept while the setting is on")?;
    store.commit(personalize(Choice::Off), UnixMillis(3)).await?;
    hold(lists().await? == 0, "turning the setting off must empty the lists")?;
    let dropped = store.commit(hear(4), UnixMillis(4)).await?;
    hold(dropped.changes.is_empty(), "what is said while it is off must take no version")?;
    store.commit(personalize(Choice::On), UnixMillis(5)).await?;
    store.commit(hear(4), UnixMillis(6)).await?;
    hold(lists().await? == 0, "what was said while it was off must stay dropped")?;
    store.commit(hear(7), UnixMillis(7)).await?;
    hold(lists().await? == 1, "what is said afterwards must be kept")?;
    let removal = Removal::List(list.clone());
    let remove = Order::Remove { account: ADA, removal, words: String::from("Runners") };
    store.commit(remove, UnixMillis(8)).await?;
    store.commit(hear(9), UnixMillis(9)).await?;
    hold(lists().await? == 0, "what the person removed must not come back")?;
    let history = store.history(ADA).await?;
    let words = history.iter().find_map(|record| match &record.event {
        Event::Removed { words, .. } => Some(words.as_str()),
        Event::Chosen { .. }
        | Event::MarkedOff { .. }
        | Event::MarkLifted { .. }
        | Event::Linked { .. }
        | Event::Unlinked { .. }
        | Event::Corrected(_)
        | Event::Edited(_) => None,
    });
    hold(words == Some("Runners"), "the removal must be in the history")
}

async fn history_is_kept(store: Store) -> Result<(), Broken> {
    busy(&store).await?;
    let ada = store.history(ADA).await?;
    let chosen = ChangeRecord {
        revision: at_version(ADA, 2),
        at: UnixMillis(20),
        in_force_after: None,
        event: Event::Chosen {
            setting: Setting::Sharing,
            value: Choice::Off,
            actor: Actor::Person,
            words: String::from("Share your data"),
            language: String::from("en"),
        },
    };
    hold(ada.get(1) == Some(&chosen), "a choice must be kept with all that belongs to it")?;
    let corrected = Event::Corrected(Correction::Gender(Amend::Disable));
    let last = ada.last().map(|record| &record.event);
    hold(last == Some(&corrected), "the person's own edit must be there, and last")?;
    let phone: Vec<Event> =
        store.history(PHONE).await?.into_iter().map(|record| record.event).collect();
    let setting = Setting::Sharing;
    let expected = [
        Event::Linked { with: KeyKind::Account },
        Event::MarkedOff { setting },
        Event::MarkLifted { setting },
        Event::Unlinked { with: KeyKind::Account },
    ];
    hold(phone == expected, "marks must be there without the account that made them")
}

#[expect(clippy::cognitive_complexity, reason = "one story, told in order")]
async fn erasing_leaves_off(store: Store) -> Result<(), Broken> {
    busy(&store).await?;
    store.commit(Order::Link { account: ADA, key: PHONE }, UnixMillis(200)).await?;
    store.commit(choose(ADA, Choice::Off), UnixMillis(210)).await?;
    let commit = store.commit(Order::Erase { key: ADA }, UnixMillis(220)).await?;
    hold(commit.erased == Some(ADA), "the commit must name whom it erased")?;
    let off = |state: &KeyState| {
        (state.sharing, state.personalize_ads) == (Some(Choice::Off), Some(Choice::Off))
    };
    hold(off(&state_of(&store, ADA).await?), "both settings must be off")?;
    hold(store.profile(ADA).await? == Some(Profile::default()), "the profile must be empty")?;
    hold(store.history(ADA).await?.is_empty(), "there must be no history")?;
    let phone = state_of(&store, PHONE).await?;
    hold(phone.sharing == Some(Choice::Off), "what the account turned off must stay off")?;
    hold(phone.sharing_marks == 0, "nobody's mark must be left")?;
    hold(phone.personalize_ads.is_none(), "what it did not turn off must stay as it was")?;
    let unfinished = store.unfinished_erasures().await?;
    hold(unfinished == [(ADA, UnixMillis(220))], "the erasure must be unfinished")?;
    store.finish_erasures(vec![ADA, BOB]).await?;
    store.finish_erasures(vec![ADA]).await?;
    hold(store.unfinished_erasures().await?.is_empty(), "the erasure must be finished")?;
    let tail = store.tail(beginning()).await?;
    let changes = tail.iter().flat_map(|change| &change.keys);
    let mut hers = changes.filter(|change| change.state.key == ADA);
    hold(hers.all(|change| off(&change.state)), "no earlier version must say what she chose")?;
    store.commit(choose(ADA, Choice::On), UnixMillis(230)).await?;
    let opened = state_of(&store, ADA).await?.open_since;
    hold(opened == Some(UnixMillis(230)), "nothing from before may ever be shared")
}

async fn erasing_a_device_unlinks_it(store: Store) -> Result<(), Broken> {
    busy(&store).await?;
    store.commit(Order::Link { account: ADA, key: PHONE }, UnixMillis(200)).await?;
    store.commit(choose(ADA, Choice::Off), UnixMillis(210)).await?;
    let before = state_of(&store, ADA).await?;
    let commit = store.commit(Order::Erase { key: PHONE }, UnixMillis(220)).await?;
    let unlinked = LinkWrite { account: ADA, key: PHONE, marked: None };
    hold(commit.links.contains(&unlinked), "the link must go with the same commit")?;
    let phone = state_of(&store, PHONE).await?;
    let off = (Some(Choice::Off), Some(Choice::Off));
    hold((phone.sharing, phone.personalize_ads) == off, "the device must be off itself")?;
    let marks = (phone.sharing_marks, phone.personalize_ads_marks);
    hold(marks == (0, 0), "nobody's mark must be left")?;
    hold(store.history(PHONE).await?.is_empty(), "there must be no history")?;
    let last = store.history(ADA).await?.pop().map(|record| record.event);
    let gone = Event::Unlinked { with: PHONE.kind };
    hold(last == Some(gone), "the account must know that something was unlinked")?;
    let ada = state_of(&store, ADA).await?;
    hold(KeyState { version: before.version, ..ada } == before, "the account must stay as it is")?;
    // Linked to nobody: what the account chooses from now on does not reach the device.
    let commit = store.commit(choose(ADA, Choice::On), UnixMillis(230)).await?;
    let reached = commit.changes.iter().flat_map(|change| &change.keys);
    hold(reached.clone().all(|change| change.state.key == ADA), "no link must be left")?;
    let again = store.commit(Order::Erase { key: PHONE }, UnixMillis(240)).await?;
    hold(again.links.is_empty(), "erased again there must be nothing to unlink")
}

/// A little of everything.
async fn busy(store: &Store) -> Result<(), Broken> {
    let correction = Correction::Gender(Amend::Disable);
    let orders = [
        Order::Link { account: ADA, key: PHONE },
        choose(ADA, Choice::Off),
        choose(LAPTOP, Choice::On),
        choose(ADA, Choice::On),
        Order::WriteProfile { account: ADA, write: written() },
        Order::Unlink { account: ADA, key: PHONE },
        choose_setting(BOB, Setting::PersonalizeAds, Choice::Off),
        Order::Link { account: BOB, key: LAPTOP },
        Order::Correct { account: ADA, correction },
    ];
    for (order, at) in orders.into_iter().zip((10..).step_by(10)) {
        store.commit(order, UnixMillis(at)).await?;
    }
    Ok(())
}

const ADA: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 0x0a << 120 };
const BOB: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: (0x0b << 120) | 0xff };
const PHONE: SubjectKey = SubjectKey { kind: KeyKind::Device, hash: (0xf0 << 120) | 1 };
const LAPTOP: SubjectKey = SubjectKey { kind: KeyKind::Browser, hash: u128::MAX };

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

fn choose_setting(key: SubjectKey, setting: Setting, value: Choice) -> Order {
    Order::Choose(change(key, setting, value))
}

fn choose(key: SubjectKey, value: Choice) -> Order {
    choose_setting(key, Setting::Sharing, value)
}

fn written() -> ProfileWrite {
    ProfileWrite {
        country: "USA".parse().ok(),
        protection_age: Some((Source::Inferred, ForSecurity::new(41))),
        gender: Some(Candidate {
            value: Gender::Female,
            source: Source::Inferred,
            confidence: Confidence::try_from(70).ok(),
        }),
        age_band: Some(Candidate {
            value: AgeBand::From35To44,
            source: Source::Declared,
            confidence: None,
        }),
        languages: Some(vec![(String::from("de"), Source::Declared)]),
        interests: Some(vec![(String::from("Hiking"), Source::Inferred)]),
    }
}

fn at_version(key: SubjectKey, version: u64) -> Revision {
    Revision { shard: shard_of(key), version }
}

fn beginning() -> Vec<Revision> {
    (0..SHARDS).map(|shard| Revision { shard, version: 0 }).collect()
}

fn revisions(commit: &Commit) -> Vec<Revision> {
    commit.changes.iter().map(|change| change.revision).collect()
}

async fn state_of(store: &Store, key: SubjectKey) -> Result<KeyState, SettingsStoreError> {
    let shard = store.shard(shard_of(key)).await?;
    let found = shard.keys.into_iter().find(|change| change.state.key == key);
    Ok(found.map_or_else(|| KeyState::untouched(key), |change| change.state))
}

fn hold(held: bool, promise: &'static str) -> Result<(), Broken> {
    if held { Ok(()) } else { Err(Broken::Promise(promise)) }
}
