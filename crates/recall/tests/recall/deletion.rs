//! The Data Deletion Request Framework, both ways.

mod limits;

use crate::world::{DAY, Devices, Heard, METER, NORTH, START, World, ifa_of};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, crypto::verify, dangerous::insecure_decode_claims,
    encode,
};
use p256::{SecretKey, elliptic_curve::sec1::ToEncodedPoint, pkcs8::EncodePrivateKey};
use serde_json::{Value, json};
use sluicegate_gate::{PartnershipId, Path, Personal, Secret, SubjectKey};
use sluicegate_ledger::{IdentifierKind, SendError, ToldIdentifier};
use sluicegate_recall::{
    Deleting, Owed, RecallSchedule, RecallStore,
    deletion::{
        Deletions, DeletionsParts, Identify, KeptListings, Listings, Receiver, ReceiverParts,
        ResultCode, Signer, TakeError,
    },
};
use sluicegate_settings::RequestKeys;
use std::{
    collections::BTreeSet,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

const OURS: &str = "platform.example";
const SECONDS: i64 = START.0 / 1_000;

/// A partner with a key of its own, by a library's own hands.
#[derive(Clone)]
struct Partner {
    key: EncodingKey,
    public: Value,
}

impl Partner {
    fn new(seed: u8) -> Self {
        let key = SecretKey::from_slice(&[seed; 32]).unwrap();
        let point = key.public_key().to_encoded_point(false);
        let text = |bytes: Option<&p256::FieldBytes>| URL_SAFE_NO_PAD.encode(bytes.unwrap());
        let public = json!({
            "kty": "EC", "crv": "P-256", "x": text(point.x()), "y": text(point.y()), "kid": "k1",
        });
        let der = key.to_pkcs8_der().unwrap();
        Self { key: EncodingKey::from_ec_der(der.as_bytes()), public }
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_under(claims, |_| {})
    }

    fn sign_under(&self, claims: &Value, twist: impl Fn(&mut Header)) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(String::from("k1"));
        twist(&mut header);
        encode(&header, claims, &self.key).unwrap()
    }

    fn listing(&self, id: &str) -> Bytes {
        let text = json!({
            "endpoint": format!("https://{id}.example/delete"),
            "identifiers": [{ "id": 1, "type": "user_id", "format": "raw" }],
            "publicKey": [self.public],
            "vendorScriptRequirement": false,
        });
        Bytes::from(text.to_string())
    }

    fn acknowledge(&self, rq_jwt: &str, code: u8) -> Bytes {
        let claims = json!({
            "version": "1.0", "rqJWT": rq_jwt, "jti": "a-1", "iss": "meter.example",
            "iat": SECONDS, "raResultCode": code,
        });
        Bytes::from(json!({ "acJWT": self.sign(&claims) }).to_string())
    }

    /// A request that this partner sends us, and what can be wrong with it.
    fn request(&self, user: &str, twist: impl Fn(&mut Value)) -> Vec<u8> {
        let subject = json!({
            "identifierValue": user, "identifierType": "user_id", "identifierFormat": "raw",
        });
        let identity = self.sign(&json!({
            "version": "1.0", "jti": "i-1", "iss": "meter.example", "sub": subject, "iat": SECONDS,
        }));
        let mut claims = json!({
            "version": "1.0", "jti": "r-1", "iss": "meter.example", "sub": subject,
            "iat": SECONDS, "idJWT": identity,
        });
        twist(&mut claims);
        json!({ "rqJWT": self.sign(&claims) }).to_string().into_bytes()
    }
}

/// Reads claims, after the signature has been verified under a published key.
fn claims(token: &str, key: &Value) -> Value {
    let jwk = serde_json::from_value(key.clone()).unwrap();
    let key = DecodingKey::from_jwk(&jwk).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    assert!(verify(signature, message.as_bytes(), &key, Algorithm::ES256).unwrap());
    insecure_decode_claims(token).unwrap()
}

struct Published {
    partner: Partner,
    /// One whose file never comes.
    silent: Option<&'static str>,
    read: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Published {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Published")
    }
}

impl Listings for Published {
    fn listing(&self, partnership: &PartnershipId) -> BoxFuture<'_, Result<Bytes, SendError>> {
        self.read.fetch_add(1, Ordering::Relaxed);
        if self.silent == Some(partnership.as_str()) {
            return Box::pin(std::future::pending());
        }
        let listing = self.partner.listing(partnership.as_str());
        Box::pin(std::future::ready(Ok(listing)))
    }
}

/// Counts how often it is read, and fails where the partner does.
#[derive(Debug)]
struct Counted {
    published: Published,
    reads: AtomicUsize,
    fails: AtomicBool,
}

impl Listings for Counted {
    fn listing(&self, partnership: &PartnershipId) -> BoxFuture<'_, Result<Bytes, SendError>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.fails.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err(SendError::Connect)));
        }
        self.published.listing(partnership)
    }
}

/// Partners call a person by their number.
#[derive(Debug)]
struct People(Vec<SubjectKey>);

impl Identify for People {
    fn identify(
        &self,
        partnership: &PartnershipId,
        identifier: IdentifierKind,
        value: &str,
    ) -> Option<SubjectKey> {
        match identifier {
            IdentifierKind::UserId => self.0.get(value.parse::<usize>().ok()?).copied(),
            _ => Devices.identify(partnership, identifier, value),
        }
    }

    fn is_of(&self, subject: SubjectKey, id: Option<&str>, told: &ToldIdentifier) -> bool {
        Devices.is_of(subject, id, told)
    }
}

fn signer() -> Signer {
    Signer::new(OURS, &Secret::new([1; 32])).unwrap()
}

fn published(partner: &Partner) -> Published {
    Published { partner: partner.clone(), silent: None, read: Arc::default() }
}

fn deletions(world: &World, partner: &Partner) -> Deletions {
    deletions_with(world, published(partner))
}

fn deletions_with(world: &World, published: Published) -> Deletions {
    Deletions::new(DeletionsParts {
        store: Arc::<sluicegate_recall::memory::MemoryRecalls>::clone(&world.store),
        ledger: Arc::clone(&world.ledger),
        door: Arc::<crate::world::FakeDoor>::clone(&world.door),
        listings: Arc::new(published),
        current: Arc::clone(&world.current),
        clock: Arc::<sluicegate_testkit::ManualClock>::clone(&world.clock),
        dice: Arc::<sluicegate_testkit::SeededDice>::clone(&world.dice),
        signer: signer(),
        sealer: world.sealer.clone(),
        schedule: RecallSchedule::faster(NonZeroU32::MIN),
    })
}

fn receiver(world: &World, partner: &Partner) -> Receiver {
    receiving(world, Arc::new(published(partner)))
}

fn receiving(world: &World, listings: Arc<dyn Listings>) -> Receiver {
    Receiver::new(receiver_parts(world, listings))
}

fn receiver_parts(world: &World, listings: Arc<dyn Listings>) -> ReceiverParts {
    ReceiverParts {
        current: Arc::clone(&world.current),
        listings,
        identify: Arc::new(People((0..3).map(|person| world.account(person)).collect())),
        erasures: world.erasures.clone(),
        signer: signer(),
        endpoint: format!("https://{OURS}/dsrdelete"),
        clock: Arc::<sluicegate_testkit::ManualClock>::clone(&world.clock),
        dice: Arc::<sluicegate_testkit::SeededDice>::clone(&world.dice),
    }
}

fn rq_jwt(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["rqJWT"].as_str().unwrap().to_owned()
}

fn meter() -> PartnershipId {
    METER.parse().unwrap()
}

/// Every request to a partnership, due or not.
async fn due(world: &World, partnership: &str) -> Vec<Deleting> {
    let id = partnership.parse().unwrap();
    world.store.due_deletions(id, START.plus(30 * DAY), 99).await.unwrap()
}

/// How many requests to a partnership there are.
async fn waiting(world: &World, partnership: &str) -> usize {
    let id = partnership.parse().unwrap();
    world.store.due_deletions(id, START.plus(1_000 * DAY), 99).await.unwrap().len()
}

fn asked(world: &World) -> Vec<Heard> {
    let heard = world.door.heard.lock();
    heard.iter().filter(|one| one.path == Path::DeletionRequest).cloned().collect()
}

async fn erased(world: &World) {
    world.tell(METER, 1).await.unwrap();
    world.erase(world.account(1)).await;
}

#[tokio::test]
async fn a_partner_is_asked_under_the_identifier_that_it_got_and_its_proof_is_kept() {
    let world = World::new().await;
    let partner = Partner::new(2);
    erased(&world).await;
    let answering = partner.clone();
    world.answer_with(move |heard| {
        let is_request = heard.path == Path::DeletionRequest;
        let body =
            if is_request { answering.acknowledge(&rq_jwt(&heard.body), 0) } else { Bytes::new() };
        Ok((202, body))
    });
    assert_eq!(deletions(&world, &partner).step(&meter()).await.unwrap(), 1);
    let heard = world.door.heard.lock().clone();
    let asked: Vec<_> = heard.iter().filter(|one| one.path == Path::DeletionRequest).collect();
    let [asked] = asked[..] else { panic!("{}", asked.len()) };
    assert_eq!(asked.partnership.as_str(), METER);
    assert_eq!(asked.url.as_deref(), Some("https://meter.example/delete"));
    let request = claims(&rq_jwt(&asked.body), signer().public());
    assert_eq!((&request["iss"], &request["version"]), (&json!(OURS), &json!("1.0")));
    assert_eq!(request["sub"]["identifierValue"], "at-meter");
    assert_eq!(request["jti"], asked.message.to_string());
    let identity = claims(request["idJWT"].as_str().unwrap(), signer().public());
    assert_eq!((&identity["iss"], &identity["sub"]), (&json!(OURS), &request["sub"]));
    let figures = world.recalls.figures().await.unwrap();
    let meter = figures.iter().find(|one| one.partnership.as_str() == METER).unwrap();
    assert_eq!((meter.deleting, meter.deleted), (0, 1));
}

#[tokio::test]
async fn an_acknowledgement_that_is_not_the_partners_or_not_of_our_request_counts_for_nothing() {
    for forged in 0..3 {
        let world = World::new().await;
        let (partner, stranger) = (Partner::new(2), Partner::new(3));
        erased(&world).await;
        let answering = if forged == 0 { stranger } else { partner.clone() };
        world.answer_with(move |heard| {
            let token = match forged {
                1 => answering.sign(&json!({ "version": "1.0" })),
                _ => rq_jwt(&heard.body),
            };
            Ok((if forged == 2 { 400 } else { 202 }, answering.acknowledge(&token, 0)))
        });
        let deletions = deletions(&world, &partner);
        assert_eq!(deletions.step(&meter()).await.unwrap(), 0, "{forged}");
        let waiting = due(&world, METER).await;
        assert_eq!((waiting.len(), waiting[0].failures), (1, 1), "{forged}");
        assert!(waiting[0].next_at > START);
    }
}

#[tokio::test]
async fn a_device_that_goes_is_deleted_where_it_was_told_of_beside_an_account() {
    for is_said in [true, false] {
        let world = World::new().await;
        let of = |device| RequestKeys {
            account: Some(world.account(1)),
            device: Some(world.keyring.device(device)),
            ..RequestKeys::default()
        };
        for device in ["one", "two"] {
            world.tell_of(NORTH, of(device)).await.unwrap();
            world.tell_of(METER, of(device)).await.unwrap();
        }
        let device = world.keyring.device("one");
        world.erase_with(device, is_said.then(|| ifa_of(device))).await;
        let asked = async |partnership| {
            let asked = due(&world, partnership).await;
            asked.into_iter().map(|one| (one.identifier, one.mark)).collect::<Vec<_>>()
        };
        let (north, meter) = (asked(NORTH).await, asked(METER).await);
        let [(IdentifierKind::AdvertisingId, _)] = north[..] else { panic!("{north:?}") };
        let [(IdentifierKind::DeviceId, _)] = meter[..] else { panic!("{meter:?}") };
        // What is the account's, or another device's, stays with whoever got it.
        world.erase(world.keyring.device("two")).await;
        assert_eq!(asked(NORTH).await.len(), 2);
        assert!(asked(NORTH).await.contains(&north[0]));
    }
}

#[tokio::test]
async fn partners_are_asked_for_an_account_under_all_that_they_were_told_of_it() {
    let world = World::new().await;
    let device = world.keyring.device("one");
    let keys = RequestKeys {
        account: Some(world.account(1)),
        device: Some(device),
        ..RequestKeys::default()
    };
    world.tell_of(NORTH, keys).await.unwrap();
    world.erase(world.account(1)).await;
    let kinds: BTreeSet<_> =
        due(&world, NORTH).await.into_iter().map(|one| one.identifier).collect();
    assert_eq!(kinds, [IdentifierKind::AdvertisingId, IdentifierKind::UserId].into());
}

#[tokio::test]
async fn what_an_erasure_that_is_begun_twice_at_once_owes_is_owed_once() {
    let world = World::new().await;
    world.tell(NORTH, 1).await.unwrap();
    let account = world.account(1);
    world.settings.erase(account).await.unwrap();
    let (one, other) = tokio::join!(world.erasures.owe(account), world.erasures.owe(account));
    one.and(other).unwrap();
    assert_eq!(due(&world, NORTH).await.len(), 1);
}

#[tokio::test]
async fn the_id_of_a_device_that_a_partner_asks_for_is_known_until_the_device_is_gone() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let device = world.keyring.device("one");
    let subject = json!({
        "identifierValue": ifa_of(device), "identifierType": "ifa", "identifierFormat": "raw",
    });
    let identity = partner.sign(&json!({
        "version": "1.0", "jti": "i-1", "iss": "meter.example", "sub": subject, "iat": SECONDS,
    }));
    let body = partner.request("1", |claims| {
        claims["sub"] = subject.clone();
        claims["idJWT"] = json!(identity);
    });
    let answered = receiver(&world, &partner).take(&body).await.unwrap();
    assert_eq!(answered.result, ResultCode::Successful);
    assert_eq!(world.erasures.asked().await.unwrap(), [device]);
    let id = world.erasures.id_of(device).await.unwrap();
    assert_eq!(id, Some(Personal::new(ifa_of(device))));
    let kept = format!("{:?}", world.store.erasing().await.unwrap());
    assert!(!kept.contains(&ifa_of(device)), "it is sealed");
    world.erase(device).await;
    assert_eq!(world.erasures.id_of(device).await.unwrap(), None);
}

#[tokio::test]
async fn a_partner_that_does_not_answer_holds_up_nobody_else() {
    let world = World::new().await;
    let partner = Partner::new(2);
    for person in 1..=3 {
        for to in [NORTH, METER] {
            world.tell(to, person).await.unwrap();
        }
        world.erase(world.account(person)).await;
    }
    let answering = partner.clone();
    world.answer_with(move |heard| Ok((202, answering.acknowledge(&rq_jwt(&heard.body), 0))));
    let published = Published { silent: Some(NORTH), ..published(&partner) };
    let read = Arc::clone(&published.read);
    let deletions = deletions_with(&world, published);
    let north: PartnershipId = NORTH.parse().unwrap();
    assert_eq!(deletions.takers().await.unwrap(), [meter(), north.clone()]);
    let mut held_up = Box::pin(deletions.step(&north));
    assert!(futures_util::poll!(&mut held_up).is_pending());
    assert_eq!(read.swap(0, Ordering::Relaxed), 1);
    assert_eq!(deletions.step(&meter()).await.unwrap(), 3);
    assert_eq!(read.load(Ordering::Relaxed), 1, "its file is read once for all of them");
    drop(held_up);
    assert_eq!((due(&world, METER).await.len(), due(&world, NORTH).await.len()), (0, 3));
    assert_eq!(deletions.takers().await.unwrap(), [north]);
}

#[tokio::test]
async fn a_partner_that_knows_no_such_identifier_is_asked_once() {
    let world = World::new().await;
    let partner = Partner::new(2);
    erased(&world).await;
    let answering = partner.clone();
    world.answer_with(move |heard| Ok((400, answering.acknowledge(&rq_jwt(&heard.body), 4))));
    deletions(&world, &partner).step(&meter()).await.unwrap();
    assert!(due(&world, METER).await.is_empty());
}

#[tokio::test]
async fn a_request_is_given_up_after_thirty_days_of_its_partners_and_not_of_ours() {
    for is_closed in [true, false] {
        let world = World::new().await;
        let partner = Partner::new(2);
        erased(&world).await;
        let deletions = deletions(&world, &partner);
        world.answer_with(|_| Err(SendError::Connect));
        // A canary closes the path, or the gateway is down, for longer than a request is tried.
        world.door.is_closed.store(is_closed, Ordering::SeqCst);
        let hours = 24 * 40;
        if is_closed {
            for _ in 0..hours {
                world.pass(Duration::from_hours(1)).await;
                deletions.step(&meter()).await.unwrap();
            }
            world.door.is_closed.store(false, Ordering::SeqCst);
        } else {
            world.pass(Duration::from_hours(hours)).await;
        }
        world.pass(Duration::from_mins(1)).await;
        deletions.step(&meter()).await.unwrap();
        assert!(!asked(&world).is_empty(), "the partner is asked");
        for day in 0..29 {
            assert_eq!(waiting(&world, METER).await, 1, "day {day}");
            for _ in 0..24 * 12 {
                world.pass(Duration::from_mins(5)).await;
                deletions.step(&meter()).await.unwrap();
            }
        }
        for _ in 0..3 * 24 * 12 {
            world.pass(Duration::from_mins(5)).await;
            deletions.step(&meter()).await.unwrap();
        }
        assert_eq!(waiting(&world, METER).await, 0, "its own thirty days are over");
    }
}

#[tokio::test]
async fn a_request_that_waits_while_its_partner_leaves_the_list_ends_and_the_recall_goes_on() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let told = world.tell(METER, 1).await.unwrap();
    world.erase(world.account(1)).await;
    world.answer_with(|_| Err(SendError::Connect));
    let deletions = deletions(&world, &partner);
    deletions.step(&meter()).await.unwrap();
    let waiting = due(&world, METER).await;
    assert_eq!((waiting.len(), waiting[0].failures), (1, 1), "the partner is down");
    world.retire(METER);
    world.door.heard.lock().clear();
    world.answer_with(|_| Ok((202, Bytes::new())));
    world.pass(DAY).await;
    assert_eq!(deletions.step(&meter()).await.unwrap(), 0);
    world.run().await;
    let heard = world.heard(METER);
    let paths: Vec<Path> = heard.iter().map(|one| one.path).collect();
    assert_eq!(paths, [Path::Recall], "it is told to forget, and nobody is named");
    assert_eq!(heard[0].ids(), [told.to_string()]);
    assert!(due(&world, METER).await.is_empty(), "the identifier is kept no longer");
    let figures = world.recalls.figures().await.unwrap();
    let meter = figures.iter().find(|one| one.partnership.as_str() == METER).unwrap();
    assert_eq!((meter.deleting, meter.deleted), (0, 0), "and it is not said to be deleted");
}

#[tokio::test]
async fn a_request_that_waits_for_a_time_that_the_clock_was_set_back_from_is_tried_again_at_once() {
    let world = World::new().await;
    world.clock.set_now(START.plus(400 * DAY));
    let partner = Partner::new(2);
    erased(&world).await;
    world.answer_with(|_| Err(SendError::Connect));
    let deletions = deletions(&world, &partner);
    deletions.step(&meter()).await.unwrap();
    world.clock.set_now(START);
    deletions.step(&meter()).await.unwrap();
    let heard = world.door.heard.lock().clone();
    let asked = heard.iter().filter(|one| one.path == Path::DeletionRequest).count();
    assert_eq!(asked, 2);
    assert_eq!(due(&world, METER).await[0].failures, 2);
}

#[tokio::test]
async fn a_request_of_a_listed_partner_erases_once_and_is_answered_with_proof() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let receiver = receiver(&world, &partner);
    let body = partner.request("1", |_| {});
    for _ in 0..2 {
        let answered = receiver.take(&body).await.unwrap();
        assert_eq!(answered.result, ResultCode::Successful);
        let proof = claims(&answered.token, signer().public());
        assert_eq!((&proof["raResultCode"], &proof["iss"]), (&json!(0), &json!(OURS)));
        assert_eq!(proof["rqJWT"], rq_jwt(&body));
    }
    assert_eq!(world.erasures.asked().await.unwrap(), [world.account(1)]);
    world.erase(world.account(1)).await;
    receiver.take(&body).await.unwrap();
    assert!(world.erasures.asked().await.unwrap().is_empty());
}

#[tokio::test]
async fn requests_that_only_claim_to_be_a_partners_have_it_asked_seldom() {
    let world = World::new().await;
    let (partner, stranger) = (Partner::new(2), Partner::new(3));
    let counted = Arc::new(Counted {
        published: published(&partner),
        reads: AtomicUsize::new(0),
        fails: AtomicBool::new(false),
    });
    let clock = Arc::<sluicegate_testkit::ManualClock>::clone(&world.clock);
    let listings: Arc<dyn Listings> =
        Arc::new(KeptListings::new(Arc::<Counted>::clone(&counted), clock));
    let receiver = receiving(&world, listings);
    let forged = stranger.request("1", |_| {});
    let flood = async |reads, is_refused| {
        for _ in 0..50 {
            match receiver.take(&forged).await {
                Ok(answered) => {
                    assert!(is_refused && answered.result == ResultCode::InvalidSignature);
                }
                // Nobody knows whether it is forged.
                Err(error) => assert!(!is_refused && matches!(error, TakeError::Unread)),
            }
        }
        assert_eq!(counted.reads.load(Ordering::SeqCst), reads);
    };
    flood(1, true).await;
    let answered = receiver.take(&partner.request("1", |_| {})).await.unwrap();
    assert_eq!(answered.result, ResultCode::Successful, "by what was read before");
    world.clock.advance(Duration::from_mins(5));
    counted.fails.store(true, Ordering::SeqCst);
    flood(2, false).await;
    world.clock.advance(Duration::from_secs(59));
    flood(2, false).await;
    world.clock.advance(Duration::from_secs(1));
    counted.fails.store(false, Ordering::SeqCst);
    flood(3, true).await;
}

/// Publishes once it is let.
#[derive(Debug)]
struct Slow(Published, tokio::sync::Notify);

impl Listings for Slow {
    fn listing(&self, partnership: &PartnershipId) -> BoxFuture<'_, Result<Bytes, SendError>> {
        let listing = self.0.listing(partnership);
        Box::pin(async move {
            self.1.notified().await;
            listing.await
        })
    }
}

#[tokio::test]
async fn whoever_hangs_up_on_a_forged_request_keeps_no_good_one_from_being_taken() {
    let world = World::new().await;
    let (partner, stranger) = (Partner::new(2), Partner::new(3));
    let slow = Arc::new(Slow(published(&partner), tokio::sync::Notify::new()));
    let clock = Arc::<sluicegate_testkit::ManualClock>::clone(&world.clock);
    let listings = KeptListings::new(Arc::<Slow>::clone(&slow), clock);
    let receiver = receiving(&world, Arc::new(listings));
    let forged = stranger.request("1", |_| {});
    let mut hung_up = Box::pin(receiver.take(&forged));
    assert!(futures_util::poll!(&mut hung_up).is_pending());
    drop(hung_up);
    slow.1.notify_one();
    let answered = receiver.take(&partner.request("1", |_| {})).await.unwrap();
    assert_eq!(answered.result, ResultCode::Successful);
    assert_eq!(slow.0.read.load(Ordering::SeqCst), 1, "by what was read for whoever hung up");
}

/// Answers with a page that is no listing, until it is back.
#[derive(Debug)]
struct Maintained(Published, AtomicBool);

impl Listings for Maintained {
    fn listing(&self, partnership: &PartnershipId) -> BoxFuture<'_, Result<Bytes, SendError>> {
        if self.1.load(Ordering::SeqCst) {
            return self.0.listing(partnership);
        }
        Box::pin(std::future::ready(Ok(Bytes::from_static(b"<html>back soon</html>"))))
    }
}

#[tokio::test]
async fn a_request_whose_key_cannot_be_looked_up_is_not_refused_for_good() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let site = Arc::new(Maintained(published(&partner), AtomicBool::new(false)));
    let clock = Arc::<sluicegate_testkit::ManualClock>::clone(&world.clock);
    let listings = KeptListings::new(Arc::<Maintained>::clone(&site), clock);
    let receiver = receiving(&world, Arc::new(listings));
    let refused = receiver.take(&partner.request("1", |_| {})).await;
    assert!(matches!(refused, Err(TakeError::Unread)));
    // Whoever is listed nowhere has no file to wait for.
    let unlisted = partner.request("1", |claims| claims["iss"] = json!("unlisted.example"));
    let answered = receiver.take(&unlisted).await.unwrap();
    assert_eq!(answered.result, ResultCode::InvalidSignature);
    assert!(world.erasures.asked().await.unwrap().is_empty());
    site.1.store(true, Ordering::SeqCst);
    world.clock.advance(Duration::from_mins(1));
    let answered = receiver.take(&partner.request("1", |_| {})).await.unwrap();
    assert_eq!(answered.result, ResultCode::Successful, "it is looked up again after a minute");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_and_erases_nobody() {
    let world = World::new().await;
    let (partner, stranger) = (Partner::new(2), Partner::new(3));
    let receiver = receiver(&world, &partner);
    let of = |twist: fn(&mut Value)| partner.request("1", twist);
    let by_stranger = |claims: &mut Value| {
        let identity = json!({
            "version": "1.0", "jti": "i", "iss": "meter.example", "sub": claims["sub"],
            "iat": SECONDS,
        });
        claims["idJWT"] = json!(Partner::new(3).sign(&identity));
    };
    let cases = [
        (b"{}".to_vec(), ResultCode::InvalidToken),
        (b"no token".to_vec(), ResultCode::InvalidToken),
        (stranger.request("1", |_| {}), ResultCode::InvalidSignature),
        (of(|claims| claims["iss"] = json!("unlisted.example")), ResultCode::InvalidSignature),
        (of(by_stranger), ResultCode::InvalidSignature),
        (of(|claims| claims["version"] = json!("2.0")), ResultCode::Malformed),
        (of(|claims| claims["jti"] = json!("")), ResultCode::Malformed),
        (of(|claims| claims["sub"] = json!("nothing")), ResultCode::Malformed),
        (of(|claims| claims["iat"] = json!(SECONDS + 3_600)), ResultCode::InvalidTimestamp),
        (of(|claims| claims["iat"] = json!(0)), ResultCode::InvalidTimestamp),
        (
            of(|claims| claims["sub"]["identifierType"] = json!("phone")),
            ResultCode::UnsupportedType,
        ),
        (
            of(|claims| claims["sub"]["identifierFormat"] = json!("md5")),
            ResultCode::IncorrectFormat,
        ),
        (of(|claims| claims["sub"]["identifierValue"] = json!("x")), ResultCode::IncorrectFormat),
    ];
    for (body, expected) in cases {
        let answered = receiver.take(&body).await.unwrap();
        assert_eq!(answered.result, expected, "{}", String::from_utf8_lossy(&body));
        let proof = claims(&answered.token, signer().public());
        assert_eq!(proof["raResultCode"], json!(expected.number()));
    }
    assert!(world.erasures.asked().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_signed_with_a_shared_secret_or_not_at_all_is_refused() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let receiver = receiver(&world, &partner);
    let good = rq_jwt(&partner.request("1", |_| {}));
    let payload = good.split('.').nth(1).unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let unsigned = format!("{none}.{payload}.");
    let public = partner.public.to_string();
    let shared = encode(
        &Header::new(Algorithm::HS256),
        &claims(&good, &partner.public),
        &EncodingKey::from_secret(public.as_bytes()),
    )
    .unwrap();
    for token in [unsigned, shared] {
        let answered = receiver.take(token.as_bytes()).await.unwrap();
        assert_ne!(answered.result, ResultCode::Successful);
    }
    let bare = receiver.take(good.as_bytes()).await.unwrap();
    assert_eq!(bare.result, ResultCode::Successful);
}

#[tokio::test]
async fn what_we_publish_says_where_and_how_and_with_what_key() {
    let world = World::new().await;
    let listing = receiver(&world, &Partner::new(2)).listing();
    assert_eq!(listing["endpoint"], "https://platform.example/dsrdelete");
    assert_eq!(listing["vendorScriptRequirement"], false);
    assert_eq!(listing["publicKey"][0]["crv"], "P-256");
    assert!(listing["publicKey"][0].get("d").is_none());
    let types: Vec<_> =
        listing["identifiers"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert_eq!(types, [&json!("ifa"), &json!("user_id")]);
}

#[tokio::test]
async fn an_identifier_that_does_not_open_holds_up_no_other_request() {
    let world = World::new().await;
    let partner = Partner::new(2);
    erased(&world).await;
    let mut broken = due(&world, METER).await.remove(0);
    broken.id = sluicegate_gate::DisclosureId(0);
    let owed = Owed { deleting: vec![broken], ..Owed::default() };
    world.store.owe(owed).await.unwrap();
    let answering = partner.clone();
    world.answer_with(move |heard| Ok((202, answering.acknowledge(&rq_jwt(&heard.body), 0))));
    assert_eq!(deletions(&world, &partner).step(&meter()).await.unwrap(), 1);
    let left = due(&world, METER).await;
    assert_eq!((left.len(), left[0].id.0, left[0].failures), (1, 0, 1));
}

#[tokio::test]
async fn two_requests_of_one_id_about_two_people_erase_both() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let receiver = receiver(&world, &partner);
    for user in ["1", "2", "1"] {
        let answered = receiver.take(&partner.request(user, |_| {})).await.unwrap();
        assert_eq!(answered.result, ResultCode::Successful);
    }
    let mut asked = world.erasures.asked().await.unwrap();
    asked.sort();
    let mut both = [world.account(1), world.account(2)];
    both.sort();
    assert_eq!(asked, both);
}

/// Each partner publishes a key of its own, and only one knows people.
#[derive(Debug)]
struct Siblings(SubjectKey);

impl Siblings {
    fn partner(id: &str) -> Partner {
        Partner::new(if id == NORTH { 3 } else { 2 })
    }
}

impl Listings for Siblings {
    fn listing(&self, partnership: &PartnershipId) -> BoxFuture<'_, Result<Bytes, SendError>> {
        let id = partnership.as_str();
        Box::pin(std::future::ready(Ok(Self::partner(id).listing(id))))
    }
}

impl Identify for Siblings {
    fn identify(
        &self,
        partnership: &PartnershipId,
        _identifier: IdentifierKind,
        _value: &str,
    ) -> Option<SubjectKey> {
        (partnership.as_str() == NORTH).then_some(self.0)
    }

    fn is_of(&self, subject: SubjectKey, _id: Option<&str>, _told: &ToldIdentifier) -> bool {
        self.0 == subject
    }
}

/// Returns a request of the company that both belong to, signed by one of them.
fn of_the_company(id: &str) -> Vec<u8> {
    let partner = Siblings::partner(id);
    let claims =
        json!({ "identifierValue": "1", "identifierType": "user_id", "identifierFormat": "raw" });
    let identity = partner.sign(&json!({
        "version": "1.0", "jti": "i", "iss": "shared.example", "sub": claims, "iat": SECONDS,
    }));
    partner.request("1", |claims| {
        claims["iss"] = json!("shared.example");
        claims["idJWT"] = json!(identity);
    })
}

/// What the partner publishes that knows people cannot be read.
#[derive(Debug)]
struct NorthIsAway(Siblings);

impl Listings for NorthIsAway {
    fn listing(&self, partnership: &PartnershipId) -> BoxFuture<'_, Result<Bytes, SendError>> {
        if partnership.as_str() == NORTH {
            return Box::pin(std::future::ready(Err(SendError::Connect)));
        }
        self.0.listing(partnership)
    }
}

#[tokio::test]
async fn an_id_of_a_partnership_whose_file_cannot_be_read_is_not_refused_for_good() {
    let world = World::new().await;
    world.share_a_suffix();
    let siblings = || Siblings(world.account(1));
    let listings = Arc::new(NorthIsAway(siblings()));
    let parts = receiver_parts(&world, listings);
    let receiver = Receiver::new(ReceiverParts { identify: Arc::new(siblings()), ..parts });
    let refused = receiver.take(&of_the_company(METER)).await;
    assert!(matches!(refused, Err(TakeError::Unread)));
}

#[tokio::test]
async fn nobody_speaks_for_another_company_below_a_suffix_that_they_share() {
    let world = World::new().await;
    world.share_a_suffix();
    let siblings = || Arc::new(Siblings(world.account(1)));
    let parts = ReceiverParts { identify: siblings(), ..receiver_parts(&world, siblings()) };
    let receiver = Receiver::new(parts);
    let answered = receiver.take(&of_the_company(METER)).await.unwrap();
    assert_eq!(answered.result, ResultCode::IncorrectFormat, "it knows nobody of that name");
    assert!(world.erasures.asked().await.unwrap().is_empty());
    let answered = receiver.take(&of_the_company(NORTH)).await.unwrap();
    assert_eq!(answered.result, ResultCode::Successful);
    assert_eq!(world.erasures.asked().await.unwrap(), [world.account(1)]);
}
