//! Batches through the intakes to the settings, in memory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use futures_util::future::BoxFuture;
use proptest::prelude::*;
use serde_json::{Value, json};
use sluicegate_audiences::{
    Applier, ApplyError, Batch, BatchStatus, Format, Inbox as _, Item, ItemStatus, MemoryInbox,
    Tags, TakeError, Taken, Uploads, Waiting,
    conformance::{Action, check},
};
use sluicegate_gate::{
    ForSecurity, KeyKind, Revision, Secret, Source, SubjectKey,
    time::{BootMillis, Clock, UnixMillis},
};
use sluicegate_register::{Current, Edition, Register};
use sluicegate_settings::{
    ChangeRecord, Commit, CommitError, Heads, Keyring, ListName, Order, Pairwise, Profile,
    ProfileWrite, Settings, SettingsStore, SettingsStoreError, ShardChange, ShardSnapshot,
    memory::MemoryStore,
};
use std::{
    future::ready,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

#[derive(Debug)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }

    fn boot(&self) -> BootMillis {
        BootMillis(1)
    }
}

const DAY: i64 = 24 * 60 * 60 * 1_000;
/// 2026-11-26.
const START: i64 = 1_795_651_200_000;

struct World {
    clock: Arc<Hands>,
    inbox: Arc<MemoryInbox>,
    settings: Arc<Settings>,
    /// Where the settings keep what they know.
    store: Arc<Failing>,
    keyring: Arc<Keyring>,
    pairwise: Pairwise,
    uploads: Uploads,
    tags: Tags,
    applier: Applier,
}

/// Settings in memory that cannot keep everything.
#[derive(Debug, Default)]
struct Failing {
    inner: MemoryStore,
    /// Accounts whose profile does not read back.
    damaged: Mutex<Vec<SubjectKey>>,
    /// Whether nothing at all can be written.
    is_down: AtomicBool,
}

impl SettingsStore for Failing {
    fn commit(&self, order: Order, at: UnixMillis) -> BoxFuture<'_, Result<Commit, CommitError>> {
        let failed = |error: SettingsStoreError| Box::pin(ready(Err(error.into())));
        if self.is_down.load(Ordering::SeqCst) {
            return failed(SettingsStoreError::Unavailable("the disk is full".into()));
        }
        match &order {
            Order::Hear { account, .. } if self.damaged.lock().unwrap().contains(account) => {
                failed(SettingsStoreError::Corrupt("profile"))
            }
            _ => self.inner.commit(order, at),
        }
    }

    fn heads(&self) -> BoxFuture<'_, Result<Heads, SettingsStoreError>> {
        self.inner.heads()
    }

    fn shard(&self, shard: u16) -> BoxFuture<'_, Result<ShardSnapshot, SettingsStoreError>> {
        self.inner.shard(shard)
    }

    fn tail(
        &self,
        after: Vec<Revision>,
    ) -> BoxFuture<'_, Result<Vec<ShardChange>, SettingsStoreError>> {
        self.inner.tail(after)
    }

    fn profile(
        &self,
        account: SubjectKey,
    ) -> BoxFuture<'_, Result<Option<Profile>, SettingsStoreError>> {
        self.inner.profile(account)
    }

    fn unfinished_erasures(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, UnixMillis)>, SettingsStoreError>> {
        self.inner.unfinished_erasures()
    }

    fn finish_erasures(
        &self,
        erasures: Vec<(SubjectKey, UnixMillis)>,
    ) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        self.inner.finish_erasures(erasures)
    }

    fn linked(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<SubjectKey>, SettingsStoreError>> {
        self.inner.linked(key)
    }

    fn history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<ChangeRecord>, SettingsStoreError>> {
        self.inner.history(key)
    }
}

fn edition(change: impl Fn(&str) -> String) -> Edition {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/register");
    let files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, change(&std::fs::read_to_string(path).unwrap()))
        })
        .collect();
    Edition::publish(Register::read(&files).unwrap(), None, UnixMillis(START)).unwrap()
}

impl World {
    async fn new() -> Self {
        Self::with(str::to_owned).await
    }

    async fn with(change: impl Fn(&str) -> String) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(START)));
        let port = || -> Arc<dyn Clock> { Arc::<Hands>::clone(&clock) };
        let store = Arc::new(Failing::default());
        let kept = Arc::<Failing>::clone(&store);
        let settings = Settings::open(kept, port(), Duration::from_secs(5)).await.unwrap();
        let current = Arc::new(Current::new());
        current.replace(Arc::new(edition(change)));
        let inbox = Arc::new(MemoryInbox::default());
        let keyring = Arc::new(Keyring::new(Secret::new([7; 16])));
        let pairwise = Pairwise::new(&Secret::new([9; 32]));
        let kept = || Arc::<MemoryInbox>::clone(&inbox);
        let uploads = Uploads::new(kept(), Arc::clone(&current), pairwise.clone(), port());
        let tags = Tags::new(kept(), current, Arc::clone(&keyring), port());
        let applier = Applier::new(kept(), Arc::clone(&settings), port());
        let world =
            Self { clock, inbox, settings, store, keyring, pairwise, uploads, tags, applier };
        for account in ["ada", "bob", "cid"] {
            let write = ProfileWrite {
                country: "USA".parse().ok(),
                protection_age: Some((Source::Declared, ForSecurity::new(40))),
                ..ProfileWrite::default()
            };
            world.settings.put_profile(world.key(account), write).await.unwrap();
        }
        world
    }

    fn key(&self, account: &str) -> SubjectKey {
        self.keyring.account(account)
    }

    fn pass(&self, millis: i64) {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    fn id(&self, account: &str) -> String {
        let partnership = "demo-bidder-north".parse().unwrap();
        self.pairwise.id(&partnership, self.key(account), self.clock.now()).unwrap()
    }

    fn member(&self, id: &str) -> Value {
        let until = self.clock.now().0 + 10 * DAY;
        json!({ "user_id": id, "audience": "trail-shoes", "expires_at_ms": until })
    }

    async fn upload(&self, name: &str, members: &[Value]) -> Result<Taken, TakeError> {
        let body = json!({ "batch": name, "members": members }).to_string();
        let partnership = "demo-bidder-north".parse().unwrap();
        self.uploads.accept(&partnership, body.as_bytes(), Format::Json).await
    }

    async fn apply(&self) {
        while self.applier.step().await.unwrap() > 0 {}
    }

    fn is_listed(&self, account: &str) -> bool {
        let said = self.settings.elsewhere(self.key(account));
        said.is_some_and(|said| said.lists(self.clock.now()).count() > 0)
    }
}

fn read_back(waiting: Waiting) -> Batch {
    match waiting {
        Waiting::Batch(batch) => batch,
        Waiting::Unreadable { why, .. } => panic!("{why}"),
    }
}

fn statuses(taken: &Taken) -> Vec<ItemStatus> {
    taken.results.iter().map(|result| result.status).collect()
}

#[tokio::test]
async fn whoever_is_named_is_on_the_list_once_the_batch_is_applied_and_off_it_once_taken_off() {
    let world = World::new().await;
    let (ada, bob) = (world.id("ada"), world.id("bob"));
    world.upload("b-1", &[world.member(&ada), world.member(&bob)]).await.unwrap();
    assert!(!world.is_listed("ada"));
    world.apply().await;
    assert!(world.is_listed("ada") && world.is_listed("bob"));
    let list = ListName {
        partnership: "demo-bidder-north".parse().unwrap(),
        audience: "trail-shoes".parse().unwrap(),
    };
    assert_eq!(world.settings.members(&list), 2);
    let off = json!({ "user_id": ada, "audience": "trail-shoes", "remove": true });
    world.upload("b-2", &[off]).await.unwrap();
    world.apply().await;
    assert!(!world.is_listed("ada") && world.is_listed("bob"));
    assert_eq!(world.settings.members(&list), 1);
}

#[tokio::test]
async fn an_account_that_does_not_read_back_holds_up_nobody_else() {
    let world = World::new().await;
    let (ada, bob, cid) = (world.id("ada"), world.id("bob"), world.id("cid"));
    world.store.damaged.lock().unwrap().push(world.key("ada"));
    world.upload("b-1", &[world.member(&ada), world.member(&bob)]).await.unwrap();
    world.upload("b-2", &[world.member(&cid)]).await.unwrap();
    world.apply().await;
    assert!(world.is_listed("bob") && world.is_listed("cid") && !world.is_listed("ada"));
    assert_eq!(world.uploads.set_aside().await.unwrap(), 1);
    // Nothing waits, and the name of the batch is known.
    assert_eq!(world.inbox.waiting(10).await.unwrap(), []);
    let again = world.upload("b-1", &[world.member(&ada), world.member(&bob)]).await.unwrap();
    assert_eq!(again.batch, BatchStatus::Repeated);
    // Only what is of the account is kept: it goes with the account, or in time.
    world.inbox.erase(world.key("bob")).await.unwrap();
    assert_eq!(world.uploads.set_aside().await.unwrap(), 1);
    world.inbox.erase(world.key("ada")).await.unwrap();
    assert_eq!(world.uploads.set_aside().await.unwrap(), 0);
    world.upload("b-3", &[world.member(&ada)]).await.unwrap();
    world.apply().await;
    world.pass(30 * DAY);
    world.applier.forget().await.unwrap();
    assert_eq!(world.uploads.set_aside().await.unwrap(), 1);
    world.pass(1);
    world.applier.forget().await.unwrap();
    assert_eq!(world.uploads.set_aside().await.unwrap(), 0);
}

#[tokio::test]
async fn while_nothing_can_be_written_batches_wait() {
    let world = World::new().await;
    world.upload("b-1", &[world.member(&world.id("ada"))]).await.unwrap();
    world.store.is_down.store(true, Ordering::SeqCst);
    assert!(matches!(world.applier.step().await, Err(ApplyError::Settings(_))));
    assert_eq!(world.inbox.waiting(10).await.unwrap().len(), 1);
    assert_eq!(world.uploads.set_aside().await.unwrap(), 0);
    world.store.is_down.store(false, Ordering::SeqCst);
    world.apply().await;
    assert!(world.is_listed("ada"));
}

#[tokio::test]
async fn a_list_holds_no_more_people_than_it_may_also_where_one_batch_names_them_all() {
    let world = World::new().await;
    let applier = world.applier.clone().holding(2);
    let members = ["ada", "ada", "bob", "cid"].map(|one| world.member(&world.id(one)));
    world.upload("b-1", &members).await.unwrap();
    assert_eq!(applier.step().await.unwrap(), 1);
    assert!(world.is_listed("ada") && world.is_listed("bob") && !world.is_listed("cid"));
    // Whoever is on it stays, and nobody else comes in.
    world.upload("b-2", &members).await.unwrap();
    assert_eq!(applier.step().await.unwrap(), 1);
    assert!(world.is_listed("ada") && world.is_listed("bob") && !world.is_listed("cid"));
}

/// What is stored has the same size for everybody and for nobody.
#[tokio::test]
async fn nothing_that_is_answered_or_stored_tells_somebody_from_nobody() {
    let world = World::new().await;
    let (ada, nobody) = (world.id("ada"), "0123456789abcdef".repeat(4));
    let device = SubjectKey { kind: KeyKind::Device, hash: 5 };
    let north = "demo-bidder-north".parse().unwrap();
    let of_device = world.pairwise.id(&north, device, world.clock.now()).unwrap();
    let mut answers = Vec::new();
    for (name, id) in [("b-1", &ada), ("b-2", &nobody), ("b-3", &of_device)] {
        answers.push(world.upload(name, &[world.member(id)]).await.unwrap());
    }
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
    let kept = world.inbox.waiting(10).await.unwrap().into_iter().map(read_back);
    let kept: Vec<Batch> = kept.collect();
    let size = |batch: &Batch| serde_json::to_string(&batch.items).unwrap().len();
    assert!(kept.iter().all(|batch| size(batch) == size(&kept[0])));
    assert_eq!(kept.iter().flat_map(|batch| &batch.items).filter_map(Item::account).count(), 1);
}

#[tokio::test]
async fn yesterdays_ids_count_for_as_many_days_as_the_partner_keeps_them() {
    for (days, counts) in [(0, true), (1, true), (30, true), (31, false)] {
        let world = World::new().await;
        let ada = world.id("ada");
        world.pass(days * DAY);
        let taken = world.upload("b-1", &[world.member(&ada)]).await.unwrap();
        assert_eq!(statuses(&taken), [ItemStatus::Accepted], "{days}");
        world.apply().await;
        assert_eq!(world.is_listed("ada"), counts, "{days}");
    }
}

#[tokio::test]
async fn lines_and_an_object_say_the_same() {
    let world = World::new().await;
    let (ada, bob) = (world.id("ada"), world.id("bob"));
    let lines = format!(
        "{{\"batch\":\"b-1\"}}\n{}\n\nnot json\n{}\n",
        world.member(&ada),
        world.member(&bob)
    );
    let north = "demo-bidder-north".parse().unwrap();
    let taken = world.uploads.accept(&north, lines.as_bytes(), Format::Ndjson).await.unwrap();
    let expected = [ItemStatus::Accepted, ItemStatus::Refused, ItemStatus::Accepted];
    assert_eq!(statuses(&taken), expected);
    world.apply().await;
    assert!(world.is_listed("ada") && world.is_listed("bob"));
}

#[tokio::test]
async fn a_repeated_batch_changes_nothing_for_48_hours() {
    let world = World::new().await;
    let ada = world.id("ada");
    let member = world.member(&ada);
    let put = async || world.upload("b-1", std::slice::from_ref(&member)).await;
    assert_eq!(put().await.unwrap().batch, BatchStatus::Accepted);
    world.apply().await;
    let off = json!({ "user_id": ada, "audience": "trail-shoes", "remove": true });
    world.upload("b-2", std::slice::from_ref(&off)).await.unwrap();
    world.apply().await;
    assert_eq!(put().await.unwrap().batch, BatchStatus::Repeated);
    world.apply().await;
    assert!(!world.is_listed("ada"));
    assert!(matches!(world.upload("b-1", &[off]).await, Err(TakeError::Conflicting)));
    world.pass(2 * DAY + 1);
    world.applier.forget().await.unwrap();
    assert_eq!(put().await.unwrap().batch, BatchStatus::Accepted);
}

#[tokio::test]
async fn an_unknown_field_is_named_in_the_batch_and_in_its_members() {
    let world = World::new().await;
    let id = "demo-bidder-north".parse().unwrap();
    let mut member = world.member(&"0".repeat(64));
    member["colour"] = json!("red");
    let batch = json!({ "batch": "b-1", "members": [member] });
    let taken = world.uploads.accept(&id, batch.to_string().as_bytes(), Format::Json).await;
    let result = taken.unwrap().results.remove(0);
    assert_eq!(
        (result.field.as_deref(), result.problem),
        (Some("colour"), Some("an unknown field"))
    );
    let whole = json!({ "batch": "b-2", "mode": "fast", "members": [member] }).to_string();
    let head = format!("{}\n{member}", json!({ "batch": "b-2", "mode": "fast" }));
    for (body, format) in [(whole, Format::Json), (head, Format::Ndjson)] {
        let refused = world.uploads.accept(&id, body.as_bytes(), format).await;
        assert!(
            matches!(&refused, Err(TakeError::Unknown { field }) if field == "mode"),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_partnership_without_lists_or_out_of_force_is_refused() {
    let world = World::new().await;
    let body = json!({ "batch": "b-1", "members": [world.member(&"0".repeat(64))] }).to_string();
    for name in ["demo-bidder-south", "demo-measurement", "nobody-at-all"] {
        let id = name.parse().unwrap();
        let refused = world.uploads.accept(&id, body.as_bytes(), Format::Json).await;
        assert!(matches!(refused, Err(TakeError::NotListed)), "{name}: {refused:?}");
    }
    let suspend = |text: &str| text.replace("when_withheld = \"skip\"", "suspended = true");
    let world = World::with(suspend).await;
    let refused = world.upload("b-1", &[world.member(&"0".repeat(64))]).await;
    assert!(matches!(refused, Err(TakeError::NotInForce)), "{refused:?}");
}

#[tokio::test]
async fn what_a_tag_says_is_held_to_the_register_and_to_time() {
    let world = World::new().await;
    let now = world.clock.now().0;
    let event = |advertiser: &str, activity: &str, at: i64| json!({ "account": "ada", "advertiser": advertiser, "activity": activity, "at_ms": at });
    let shoes = "demo-running-shoes";
    let events = [
        event(shoes, "purchase", now),
        event(shoes, "purchase", now - 31 * DAY),
        event(shoes, "sign_up", now),
        event(shoes, "walked past", now),
        event("demo-garden-planner", "visit", now),
        event("nobody", "visit", now),
        event(shoes, "visit", now + DAY),
    ];
    let body = json!({ "batch": "t-1", "events": events }).to_string();
    let taken = world.tags.accept(body.as_bytes(), Format::Json).await.unwrap();
    let fields: Vec<&str> =
        taken.results.iter().map(|result| result.field.as_deref().unwrap_or("")).collect();
    let expected = ["", "at_ms", "activity", "activity", "activity", "advertiser", ""];
    assert_eq!(fields, expected, "{taken:?}");
    world.apply().await;
    let said = world.settings.elsewhere(world.key("ada")).unwrap();
    let at: Vec<i64> = said.activity(world.clock.now()).map(|active| active.at.0).collect();
    // What is dated ahead counts as now.
    assert_eq!(at, [now, now]);
}

proptest! {
    #[test]
    fn any_body_is_read_without_harm_and_repeats_nothing(text in "\\PC{0,200}", lines in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let north = "demo-bidder-north".parse().unwrap();
            let format = if lines { Format::Ndjson } else { Format::Json };
            let marked = format!("{{\"batch\":\"b\",\"members\":[{{\"user_id\":{}}}]}}", json!(text));
            for body in [text.as_str(), marked.as_str()] {
                let said = format!("{:?}", world.uploads.accept(&north, body.as_bytes(), format).await);
                assert!(text.len() < 8 || !said.contains(&text), "{said}");
            }
        });
    }

    #[test]
    fn the_inbox_in_memory_is_a_list(names in prop::collection::vec((0..3_u8, 0..6_u8, 0..2_u8), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let actions: Vec<Action> = names
            .into_iter()
            .map(|(sender, name, content)| Action::Put { sender, name, content })
            .collect();
        runtime.block_on(check(&MemoryInbox::default(), &actions)).unwrap();
    }
}
