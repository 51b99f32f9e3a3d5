//! Real settings, a real ledger, and partners that answer what they are told to.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::Value;
use sluicegate_gate::{
    AdvertiserLink, Body, Category, Choice, Decision, DisclosureId, EncodeError, Family,
    ForSecurity, Gender, Grants, Identifier, KeyKind, Opportunity, PartnershipId, Path, Personal,
    Question, Secret, Setting, Source, SubjectKey, Surface, Told, decide,
    time::{Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{
    Answer, Cleared, Door, IdentifierKind, Ledger, Outcome, SendError, ToldIdentifier,
    memory::MemoryStore as Records,
};
use sluicegate_recall::{
    Erasures, ErasuresParts, RecallOptions, RecallSchedule, RecallStore, Recalls, RecallsParts,
    Standing, Suspend, SuspendFailed,
    deletion::{Identify, Sealer},
    memory::MemoryRecalls,
};
use sluicegate_register::{Current, Edition, Register};
use sluicegate_settings::{
    Actor, Amend, Candidate, Change, Correction, Keyring, ProfileWrite, RequestKeys, Settings,
    memory::MemoryStore as Choices,
};
use sluicegate_signals::{Lmt, Signals};
use sluicegate_testkit::{ManualClock, SeededDice};
use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// 2026-03-01.
pub(crate) const START: UnixMillis = UnixMillis(1_772_323_200_000);
pub(crate) const NORTH: &str = "north";
pub(crate) const METER: &str = "meter";
/// Names no address for recalls.
pub(crate) const SOUTH: &str = "south";
/// Outside the sharing setting.
pub(crate) const AUDITOR: &str = "auditor";
pub(crate) const BOUND: Duration = Duration::from_secs(5);

/// What a partner heard at one attempt.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) partnership: PartnershipId,
    pub(crate) path: Path,
    pub(crate) message: DisclosureId,
    pub(crate) url: Option<String>,
    pub(crate) body: Bytes,
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let body = self.json();
        let ids = body["data"]["disclosure_ids"].as_array().unwrap().clone();
        ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }
}

type Replies = dyn Fn(&Heard) -> Result<(u16, Bytes), SendError> + Send + Sync;

/// A door to partners that answer 200 unless told otherwise.
pub(crate) struct FakeDoor {
    /// Whether nothing leaves by it.
    pub(crate) is_closed: AtomicBool,
    pub(crate) heard: Mutex<Vec<Heard>>,
    pub(crate) replies: Mutex<Box<Replies>>,
}

impl std::fmt::Debug for FakeDoor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FakeDoor")
    }
}

impl Door for FakeDoor {
    fn refuses(&self, _partnership: &PartnershipId, _path: Path) -> Option<SendError> {
        self.is_closed.load(Ordering::SeqCst).then_some(SendError::PathClosed)
    }

    fn send(&self, cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>> {
        let heard = Heard {
            partnership: cleared.partnership().clone(),
            path: cleared.path(),
            message: cleared.message(),
            url: cleared.url().map(ToOwned::to_owned),
            body: cleared.body().clone(),
        };
        let reply = (self.replies.lock())(&heard);
        self.heard.lock().push(heard);
        let answer =
            reply.map(|(status, body)| Answer { status, body, retry_after: None, held: None });
        Box::pin(std::future::ready(answer))
    }
}

/// Remembers who was suspended, and who was put back, unless it is told to fail.
#[derive(Debug, Default)]
pub(crate) struct Suspensions(pub(crate) Mutex<Vec<(String, bool)>>, pub(crate) AtomicBool);

impl Suspend for Suspensions {
    fn suspend(
        &self,
        partnership: &PartnershipId,
        suspended: bool,
    ) -> BoxFuture<'_, Result<(), SuspendFailed>> {
        if self.1.load(Ordering::SeqCst) {
            let failed = SuspendFailed(String::from("told to fail"));
            return Box::pin(std::future::ready(Err(failed)));
        }
        self.0.lock().push((partnership.to_string(), suspended));
        Box::pin(std::future::ready(Ok(())))
    }
}

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dice: Arc<SeededDice>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) choices: Arc<Choices>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) records: Arc<Records>,
    pub(crate) keyring: Keyring,
    pub(crate) door: Arc<FakeDoor>,
    pub(crate) store: Arc<MemoryRecalls>,
    pub(crate) suspensions: Arc<Suspensions>,
    pub(crate) current: Arc<Current>,
    pub(crate) recalls: Recalls,
    pub(crate) erasures: Erasures,
    pub(crate) sealer: Sealer,
}

impl World {
    /// Messages are made as soon as anybody is owed something.
    pub(crate) async fn new() -> Self {
        Self::with(1, "answer").await
    }

    pub(crate) async fn with(people_min: u64, acknowledge: &str) -> Self {
        let clock = ManualClock::at(START);
        let dice = SeededDice::new(7);
        let ports = || -> (Arc<dyn Clock>, Arc<dyn Dice>) {
            (Arc::<ManualClock>::clone(&clock), Arc::<SeededDice>::clone(&dice))
        };
        let choices = Arc::new(Choices::new());
        let settings = Settings::open(Arc::<Choices>::clone(&choices), ports().0, BOUND);
        let settings = settings.await.unwrap();
        let records = Arc::new(Records::default());
        let kept = Arc::<Records>::clone(&records);
        let ledger = Ledger::open(kept, ports().0, ports().1, Secret::new([3; 32]));
        let ledger = ledger.await.unwrap();
        let current = Arc::new(Current::new());
        let edition = Edition::publish(register(acknowledge), None, START.minus(DAY)).unwrap();
        current.replace(Arc::new(edition));
        let door = Arc::new(FakeDoor {
            is_closed: AtomicBool::new(false),
            heard: Mutex::default(),
            replies: Mutex::new(Box::new(|_| Ok((200, Bytes::new())))),
        });
        let store = Arc::new(MemoryRecalls::default());
        let suspensions = Arc::new(Suspensions::default());
        let recalls = Recalls::new(RecallsParts {
            store: Arc::<MemoryRecalls>::clone(&store),
            changes: Arc::<Choices>::clone(&choices),
            ledger: Arc::clone(&ledger),
            door: Arc::<FakeDoor>::clone(&door),
            current: Arc::clone(&current),
            suspend: Arc::<Suspensions>::clone(&suspensions),
            clock: ports().0,
            dice: ports().1,
            options: RecallOptions {
                takes_effect_within: BOUND,
                people_min,
                wait_max: DAY,
                schedule: RecallSchedule::faster(NonZeroU32::MIN),
            },
        });
        let sealer = Sealer::new(&Secret::new([8; 32]));
        let erasures = Erasures::new(ErasuresParts {
            recalls: recalls.clone(),
            sealer: sealer.clone(),
            identify: Arc::new(Devices),
        });
        let keyring = Keyring::new(Secret::new([5; 16]));
        Self {
            clock,
            dice,
            settings,
            choices,
            ledger,
            records,
            keyring,
            door,
            store,
            suspensions,
            current,
            recalls,
            erasures,
            sealer,
        }
    }

    pub(crate) fn account(&self, person: u32) -> SubjectKey {
        self.keyring.account(&format!("u_{person}"))
    }

    /// Somebody's data goes to a partner; `None` where it is withheld.
    pub(crate) async fn tell(&self, partnership: &str, person: u32) -> Option<DisclosureId> {
        self.tell_of(
            partnership,
            RequestKeys { account: Some(self.account(person)), ..RequestKeys::default() },
        )
        .await
    }

    pub(crate) async fn tell_of(
        &self,
        partnership: &str,
        keys: RequestKeys,
    ) -> Option<DisclosureId> {
        let exposure = Opportunity::Exposure {
            happened: self.clock.now(),
            advertiser: AdvertiserLink::Missing,
        };
        let opportunity = if partnership == AUDITOR { exposure } else { Opportunity::Bid };
        self.tell_in(opportunity, partnership, keys).await
    }

    pub(crate) async fn tell_in(
        &self,
        opportunity: Opportunity,
        partnership: &str,
        keys: RequestKeys,
    ) -> Option<DisclosureId> {
        let edition = self.current.load().unwrap();
        let id: PartnershipId = partnership.parse().unwrap();
        let subject = self.settings.subject(&keys);
        let decision = decide(&Question {
            terms: &edition.partnership(&id).unwrap().terms,
            edition: edition.hash(),
            subject: &subject,
            memberships: &[],
            signals: &Signals { lmt: Lmt::Off, ..Signals::default() },
            country: Some("USA".parse().unwrap()),
            surface: Surface::Web,
            identifier: Identifier::Present,
            opportunity,
            now: self.clock.now(),
            boot: self.clock.boot(),
        });
        let Decision::Permit(permit) = decision else { return None };
        let message = DisclosureId(self.dice.roll());
        let device = keys.device.map(|device| match partnership {
            METER => ("device_id_hash", format!("hash of {}", ifa_of(device))),
            _ => ("device.ifa", ifa_of(device)),
        });
        let sealed = permit.seal::<Notes>(|grants| Note {
            message,
            told: [("user.id", format!("at-{partnership}"))].into_iter().chain(device).collect(),
            _grants: grants,
        });
        let cleared = self.ledger.record(sealed.into_envelope().unwrap()).await.unwrap();
        self.door.send(cleared).await.ok();
        Some(message)
    }

    /// Ends the erasure of a key that is under way.
    pub(crate) async fn forget(&self, key: SubjectKey) {
        let asked_at = self.erasures.under_way().await.unwrap()[&key];
        self.erasures.forget(key, asked_at).await.unwrap();
    }

    pub(crate) async fn choose(&self, key: SubjectKey, value: Choice) {
        let change = Change {
            key,
            setting: Setting::Sharing,
            value,
            actor: Actor::Person,
            words: String::from("Share your data"),
            language: String::from("en"),
        };
        self.settings.change(change).await.unwrap();
    }

    /// The platform says that somebody is an adult woman.
    pub(crate) async fn knows(&self, person: u32) {
        let write = ProfileWrite {
            protection_age: Some((Source::Declared, ForSecurity::new(30))),
            gender: Some(Candidate {
                value: Gender::Female,
                source: Source::Inferred,
                confidence: Some(90.try_into().unwrap()),
            }),
            ..ProfileWrite::default()
        };
        self.settings.put_profile(self.account(person), write).await.unwrap();
    }

    pub(crate) async fn correct(&self, person: u32) {
        let correction = Correction::Gender(Amend::Set(Gender::Male));
        self.settings.correct(self.account(person), correction).await.unwrap();
    }

    /// Erases a person, as the program does.
    pub(crate) async fn erase(&self, key: SubjectKey) {
        self.erase_with(key, None).await;
    }

    /// Erases a device whose id is known.
    pub(crate) async fn erase_with(&self, key: SubjectKey, id: Option<String>) {
        let asked_at = self.erasures.begin(key, id.map(Personal::new).as_ref()).await.unwrap();
        self.settings.erase(key).await.unwrap();
        self.erasures.begun(key, asked_at).await.unwrap();
        self.erasures.owe(key).await.unwrap();
        self.ledger.erase(key).await.unwrap();
        self.erasures.destroyed(key).await.unwrap();
        self.erasures.forget(key, asked_at).await.unwrap();
        let mut unfinished = self.settings.unfinished_erasures().await.unwrap();
        unfinished.retain(|(one, _)| *one == key);
        self.settings.finish_erasures(unfinished).await.unwrap();
    }

    /// Lets time pass, with a view that stays fresh.
    pub(crate) async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.settings.refresh().await.unwrap();
    }

    /// What was changed gets into force everywhere, and everything that is due happens.
    pub(crate) async fn run(&self) {
        self.pass(BOUND).await;
        self.run_now().await;
    }

    /// What was changed gets into force everywhere, and it is written down what is owed for it.
    pub(crate) async fn owe(&self) -> usize {
        self.pass(BOUND).await;
        self.recalls.owe().await.unwrap()
    }

    /// Lets hours pass in which the gateway works.
    pub(crate) async fn work_for(&self, hours: u32) {
        for _ in 0..hours * 12 {
            self.pass(Duration::from_mins(5)).await;
            self.run_now().await;
        }
    }

    /// Everything that is due happens.
    pub(crate) async fn run_now(&self) {
        self.recalls.owe().await.unwrap();
        self.recalls.write_off().await.unwrap();
        self.recalls.pack().await.unwrap();
        for partnership in self.recalls.takers() {
            self.recalls.send(&partnership).await.unwrap();
        }
    }

    /// What partners heard of recalls, by attempt.
    pub(crate) fn heard(&self, partnership: &str) -> Vec<Heard> {
        let heard = self.door.heard.lock();
        heard
            .iter()
            .filter(|one| one.path == Path::Recall && one.partnership.as_str() == partnership)
            .cloned()
            .collect()
    }

    pub(crate) fn answer_with(
        &self,
        replies: impl Fn(&Heard) -> Result<(u16, Bytes), SendError> + Send + Sync + 'static,
    ) {
        *self.door.replies.lock() = Box::new(replies);
    }

    pub(crate) async fn standing(&self, key: SubjectKey, partnership: &str) -> Option<Standing> {
        let all = self.recalls.standing(vec![key]).await.unwrap();
        all.into_iter().find(|one| one.partnership.as_str() == partnership)
    }

    pub(crate) fn outcome(&self, message: DisclosureId, outcome: Outcome) {
        self.ledger.outcome(message, outcome);
    }

    pub(crate) async fn open_messages(&self, partnership: &str) -> usize {
        self.store.open_messages(partnership.parse().unwrap()).await.unwrap().len()
    }
}

impl World {
    /// Publishes an edition that no longer lists a partnership.
    pub(crate) fn retire(&self, id: &str) {
        let before = self.current.load().unwrap();
        let register = register_of("answer", |listed| listed != id);
        let next = Edition::publish(register, Some(&before), self.clock.now()).unwrap();
        self.current.replace(Arc::new(next));
    }
}

impl World {
    /// Publishes an edition that names an address for recalls of a partnership.
    pub(crate) fn give_address(&self, id: &str) {
        let before = self.current.load().unwrap();
        let register =
            register_with("answer", |_| true, |listed| listed == id || has_address(listed));
        let next = Edition::publish(register, Some(&before), self.clock.now()).unwrap();
        self.current.replace(Arc::new(next));
    }
}

impl World {
    /// Publishes an edition that names no address for recalls of a partnership any longer.
    pub(crate) fn take_address(&self, id: &str) {
        let before = self.current.load().unwrap();
        let register =
            register_with("answer", |_| true, |listed| listed != id && has_address(listed));
        let next = Edition::publish(register, Some(&before), self.clock.now()).unwrap();
        self.current.replace(Arc::new(next));
    }
}

impl World {
    /// Publishes an edition in which all partners publish below one suffix.
    pub(crate) fn share_a_suffix(&self) {
        let before = self.current.load().unwrap();
        let files = files("answer", |_| true, has_address).into_iter();
        let files: Vec<_> = files
            .map(|(name, text)| (name, text.replace(".example/dsr", ".shared.example/dsr")))
            .collect();
        let register = Register::read(&files).unwrap();
        let next = Edition::publish(register, Some(&before), self.clock.now()).unwrap();
        self.current.replace(Arc::new(next));
    }
}

fn has_address(id: &str) -> bool {
    id != SOUTH
}

pub(crate) const DAY: Duration = Duration::from_hours(24);

pub(crate) fn register(acknowledge: &str) -> Register {
    register_of(acknowledge, |_| true)
}

fn register_of(acknowledge: &str, is_listed: impl Fn(&str) -> bool) -> Register {
    register_with(acknowledge, is_listed, has_address)
}

fn register_with(
    acknowledge: &str,
    is_listed: impl Fn(&str) -> bool,
    has_address: impl Fn(&str) -> bool,
) -> Register {
    Register::read(&files(acknowledge, is_listed, has_address)).unwrap()
}

fn files(
    acknowledge: &str,
    is_listed: impl Fn(&str) -> bool,
    has_address: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let recall = |id: &str| {
        if !has_address(id) {
            return String::new();
        }
        format!(
            "[partnership.recall]\nurl = \"https://{id}.example/recalls\"\nwindow_days = 30\n\
             lapse_hours = 48\nacknowledge = \"{acknowledge}\"\n\
             dsrdelete_url = \"https://{id}.example/dsrdelete.json\"\n"
        )
    };
    let files = [NORTH, METER, SOUTH, AUDITOR].map(|id| (id, recall(id)));
    let files = files.into_iter().filter(|(id, _)| is_listed(id));
    let files = files.map(|(id, recall)| (format!("{id}.toml"), partner(id, &recall)));
    let inventory =
        "[publisher]\nid = \"publisher\"\nname = \"Publisher\"\ndomain = \"publisher.example\"\n";
    let mut files: Vec<_> = files.collect();
    files.push((String::from("inventory.toml"), inventory.to_owned()));
    files
}

fn partner(id: &str, recall: &str) -> String {
    let demographic = if id == METER { "" } else { ", \"demographic\"" };
    let (kind, via, linking) = if id == AUDITOR {
        ("other", "events", "")
    } else {
        let linking = "[partnership.linking]\nevidence = \"a file\"\nsigned_on = 2025-01-01\nexpires_on = 2099-01-01";
        ("real_time_bidding", "openrtb", linking)
    };
    let exposure = if id == AUDITOR { ", \"exposure\"" } else { "" };
    format!(
        r#"
id = "{id}"
name = "Example {id}"
legal_name = "Example {id} (fictional)"
country = "USA"
privacy_url = "https://{id}.example/privacy"
contact = "privacy@{id}.example"
[[partnership]]
id = "{id}"
title = "A partnership"
summary = "For a test."
kind = "{kind}"
via = "{via}"
role = "controller"
purposes = ["Testing"]
categories = ["plumbing", "device_identifier"{demographic}{exposure}]
retention_days = 30
start = 2025-01-01
{linking}
[partnership.endpoint]
url = "https://{id}.example/bids"
timeout_ms = 1000
concurrency = 8
per_second = 1000
{recall}"#
    )
}

/// The advertising id of a device.
pub(crate) fn ifa_of(device: SubjectKey) -> String {
    format!("ifa-{:032x}", device.hash)
}

/// Knows devices by their ids.
#[derive(Debug)]
pub(crate) struct Devices;

impl Identify for Devices {
    fn identify(
        &self,
        _partnership: &PartnershipId,
        identifier: IdentifierKind,
        value: &str,
    ) -> Option<SubjectKey> {
        let digits =
            value.strip_prefix("ifa-").filter(|_| identifier == IdentifierKind::AdvertisingId)?;
        let hash = u128::from_str_radix(digits, 16).ok()?;
        Some(SubjectKey { kind: KeyKind::Device, hash })
    }

    fn is_of(&self, subject: SubjectKey, id: Option<&str>, told: &ToldIdentifier) -> bool {
        match told.identifier {
            IdentifierKind::DeviceId => id.is_some_and(|id| told.value == format!("hash of {id}")),
            other => self.identify(&told.partnership, other, &told.value) == Some(subject),
        }
    }
}

struct Notes;

struct Note<'b> {
    message: DisclosureId,
    told: Vec<(&'static str, String)>,
    _grants: Grants<'b>,
}

impl<'b> Body<'b> for Note<'b> {
    fn disclosure(&self) -> DisclosureId {
        self.message
    }

    fn told(&self) -> Vec<Told> {
        let told = self.told.iter().map(|(field, value)| Told {
            category: Category::DeviceIdentifier,
            field: (*field).into(),
            value: value.clone(),
        });
        told.collect()
    }
}

impl Family for Notes {
    type Of<'b> = Note<'b>;
    const PATH: Path = Path::BidRequest;

    fn encode(_message: DisclosureId, _bodies: &[Note<'static>]) -> Result<Bytes, EncodeError> {
        Ok(Bytes::from_static(b"{}"))
    }
}
