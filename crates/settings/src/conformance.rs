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
mod erasing;
mod links;
mod profiles;

pub use effects::{effects_add_up, history_has_times};

use crate::{
    Actor, Amend, Candidate, Change, ChangeRecord, Commit, CommitError, Confidence, Correction,
    Event, Heads, KeyChange, KeyState, Order, ProfileWrite, Refusal, SHARDS, SettingsStore,
    SettingsStoreError, ShardChange, WORDS_BYTES_MAX, shard_of,
};
use futures_util::future::{BoxFuture, join_all};
use sluicegate_gate::{
    AgeBand, Choice, ForSecurity, Gender, KeyKind, Revision, Setting, Source, SubjectKey,
    time::UnixMillis,
};
use std::{collections::BTreeMap, fmt, sync::Arc};

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
        run: |store| Box::pin(links::marks_count_per_account(store)),
    },
    Case {
        promise: "linking an account that is off marks the key in the same transaction",
        run: |store| Box::pin(links::linking_marks(store)),
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
        run: |store| Box::pin(links::links_are_named(store)),
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
        run: |store| Box::pin(profiles::profile_reads_back(store)),
    },
    Case {
        promise: "what others say of an account is kept only under the setting, and not once removed",
        run: |store| Box::pin(profiles::elsewhere_is_under_the_setting(store)),
    },
    Case {
        promise: "history keeps who, what, when and the words, and names no other key",
        run: |store| Box::pin(history_is_kept(store)),
    },
    Case {
        promise: "sharing opens no earlier than it was closed, whatever the clock says",
        run: |store| Box::pin(opens_after_it_was_closed(store)),
    },
    Case {
        promise: "of an erased person nothing stays but off, and on linked devices what was off",
        run: |store| Box::pin(erasing::erasing_leaves_off(store)),
    },
    Case {
        promise: "an erased device is off, and linked to nobody",
        run: |store| Box::pin(erasing::erasing_a_device_unlinks_it(store)),
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

async fn opens_after_it_was_closed(store: Store) -> Result<(), Broken> {
    store.commit(choose(PHONE, Choice::Off), UnixMillis(600)).await?;
    store.commit(choose(PHONE, Choice::On), UnixMillis(40)).await?;
    let opened = state_of(&store, PHONE).await?.open_since;
    hold(opened == Some(UnixMillis(601)), "it must open after it was closed")?;
    store.commit(Order::Erase { key: ADA }, UnixMillis(600)).await?;
    store.commit(choose(ADA, Choice::On), UnixMillis(40)).await?;
    let opened = state_of(&store, ADA).await?.open_since;
    hold(opened == Some(UnixMillis(601)), "it must open after the erasure")
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
    let mut silent = change(PHONE, Setting::Sharing, Choice::Off);
    silent.words = String::from(" \n");
    let mut gpc = change(PHONE, Setting::Sharing, Choice::On);
    gpc.actor = Actor::Gpc;
    let correction = Correction::Gender(Amend::Remove);
    let wrong = [
        (Order::Choose(loud), Refusal::WordsTooLong),
        (Order::Choose(silent), Refusal::WordsBlank),
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
