//! A gateway around the door, and partners on loopback that remember every byte.

use bytes::Bytes;
use sluicegate_canary::{Canaries, Watch, memory::MemoryPaths};
use sluicegate_egress::{
    AddressPolicy, Egress, EgressParts, PartnerSecrets, Resolver, SystemResolver,
};
use sluicegate_gate::{
    AdvertiserLink, Body, Category, Choice, Decision, DisclosureId, EncodeError, Envelope, Family,
    Grants, Identifier, NoPerson, Opportunity, PartnershipId, Path, Permit, Question, Secret,
    Setting, Surface, Told, decide, seal_no_person,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{Answer, Cleared, Door, Ledger, SendError};
use sluicegate_register::{Current, Edition, Register};
use sluicegate_settings::{Actor, Change, Keyring, RequestKeys, Settings};
use sluicegate_signals::{Lmt, Signals};
use std::{
    io,
    net::IpAddr,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// A clock that moves when told to, or once somebody has read it often enough.
#[derive(Debug, Default)]
pub(crate) struct HandClock {
    boot: AtomicU64,
    reads: AtomicU64,
    jump_after: AtomicU64,
}

impl HandClock {
    pub(crate) fn set(&self, boot: u64) {
        self.boot.store(boot, Ordering::SeqCst);
    }

    /// From the read after the next `reads` on, ten seconds have passed.
    pub(crate) fn jump_after(&self, reads: u64) {
        self.reads.store(0, Ordering::SeqCst);
        self.jump_after.store(reads, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(1_800_000_000_000)
    }

    fn boot(&self) -> BootMillis {
        let read = self.reads.fetch_add(1, Ordering::SeqCst);
        let after = self.jump_after.load(Ordering::SeqCst);
        let jump = if after > 0 && read >= after { 10_000 } else { 0 };
        BootMillis(self.boot.load(Ordering::SeqCst) + jump)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Dice for Counting {
    fn roll(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1
    }
}

/// Everything around the door.
pub(crate) struct House {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) current: Arc<Current>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) egress: Arc<Egress>,
    pub(crate) dice: Counting,
    pub(crate) keys: RequestKeys,
    pub(crate) watch: Arc<Watch>,
}

/// What the register says of the partnership `north` (bids) and `meter` (exposures).
pub(crate) struct Terms {
    pub(crate) north: String,
    pub(crate) meter: String,
    /// How long `north` may take. `meter` has time enough on any machine.
    pub(crate) north_timeout_ms: u64,
}

/// Of answers held at once: one of the largest size.
const HELD_BYTES_MAX: usize = 1 << 20;

pub(crate) fn register(terms: &Terms) -> Register {
    let partner = |id: &str, kind: &str, via: &str, url: &str, rest: &str| {
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
categories = ["plumbing", "device_identifier"{rest}]
retention_days = 30
start = 2025-01-01
{linking}
[partnership.endpoint]
url = "{url}"
timeout_ms = {timeout}
concurrency = 128
per_second = 1000
"#,
            linking = if kind == "real_time_bidding" {
                "[partnership.linking]\nevidence = \"a file\"\nsigned_on = 2025-01-01\nexpires_on = 2099-01-01"
            } else {
                ""
            },
            timeout = if id == "north" { terms.north_timeout_ms } else { 20_000 },
        )
    };
    let inventory =
        "[publisher]\nid = \"publisher\"\nname = \"Publisher\"\ndomain = \"publisher.example\"\n";
    let files = [
        (
            "north.toml",
            partner("north", "real_time_bidding", "openrtb", &terms.north, ", \"context\""),
        ),
        (
            "meter.toml",
            partner("meter", "conversion_tracking", "events", &terms.meter, ", \"exposure\""),
        ),
        ("inventory.toml", inventory.to_owned()),
    ];
    let files: Vec<_> = files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    Register::read(&files).unwrap()
}

impl House {
    pub(crate) async fn new(terms: &Terms, addresses: AddressPolicy) -> Self {
        Self::resolving(terms, addresses, Arc::new(SystemResolver)).await
    }

    pub(crate) async fn resolving(
        terms: &Terms,
        addresses: AddressPolicy,
        resolver: Arc<dyn Resolver>,
    ) -> Self {
        let clock = Arc::new(HandClock::default());
        let dyn_clock = || -> Arc<dyn Clock> { Arc::<HandClock>::clone(&clock) };
        let edition = Edition::publish(register(terms), None, clock.now()).unwrap();
        let current = Arc::new(Current::new());
        current.replace(Arc::new(edition));
        let settings = Settings::open(
            Arc::new(sluicegate_settings::memory::MemoryStore::new()),
            dyn_clock(),
            Duration::from_secs(5),
        )
        .await
        .unwrap();
        let ledger = Ledger::open(
            Arc::new(sluicegate_ledger::memory::MemoryStore::default()),
            dyn_clock(),
            Arc::new(Counting::default()),
            Secret::new([3; 32]),
        )
        .await
        .unwrap();
        let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".parse().unwrap();
        let keyring = Keyring::new(Secret::new([7; 16]));
        let canaries = Canaries::new(&Secret::new([9; 32]), &keyring);
        let every = Duration::from_secs(1);
        let watch = Watch::open(canaries, Arc::new(MemoryPaths::default()), dyn_clock(), every);
        let watch = watch.await.unwrap();
        let egress = Egress::new(EgressParts {
            watch: Arc::clone(&watch),
            answers_bytes_max: HELD_BYTES_MAX,
            current: Arc::clone(&current),
            settings: Arc::clone(&settings),
            clock: dyn_clock(),
            addresses,
            resolver,
            secrets: Arc::new(PartnerSecrets::new().with_webhook("meter".parse().unwrap(), secret)),
        })
        .unwrap();
        let keys = RequestKeys { account: Some(keyring.account("a")), ..RequestKeys::default() };
        Self { clock, current, settings, ledger, egress, dice: Counting::default(), keys, watch }
    }

    /// Decides, seals and clears a message about the person to `north`.
    pub(crate) async fn bid_request(&self) -> Cleared {
        self.bid_request_of(&self.keys).await
    }

    /// The same about somebody else.
    pub(crate) async fn bid_request_of(&self, keys: &RequestKeys) -> Cleared {
        let permit = self.permit(keys, "north", Opportunity::Bid);
        let message = DisclosureId(self.dice.roll());
        let sealed = permit.seal::<Marked>(|grants| Note::new(message, grants));
        self.record(sealed.into_envelope().unwrap()).await
    }

    /// Decides, seals and clears a touch of the person that answers a call of `meter`.
    pub(crate) async fn touch(&self) -> Cleared {
        let advertiser = AdvertiserLink::Linked;
        let opportunity = Opportunity::Exposure { happened: self.clock.now(), advertiser };
        let permit = self.permit(&self.keys, "meter", opportunity);
        let message = DisclosureId(self.dice.roll());
        let sealed = permit.seal::<MarkedTouch>(|grants| Note::new(message, grants));
        self.record(sealed.into_envelope().unwrap()).await
    }

    fn permit(&self, keys: &RequestKeys, partnership: &str, opportunity: Opportunity) -> Permit {
        let edition = self.current.load().unwrap();
        let id: PartnershipId = partnership.parse().unwrap();
        let subject = self.settings.subject(keys);
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
        let Decision::Permit(permit) = decision else { panic!("withheld: {decision:?}") };
        permit
    }

    /// Clears a message without a person.
    pub(crate) async fn plain(
        &self,
        partnership: &str,
        path: Path,
        url: Option<String>,
    ) -> Cleared {
        let edition = self.current.load().unwrap();
        let plain = Plain { message: DisclosureId(self.dice.roll()), path, url };
        let deadline = BootMillis(1_000_000);
        let id = partnership.parse().unwrap();
        let sealed = seal_no_person(id, edition.hash(), deadline, &plain).unwrap();
        self.record(sealed.into_envelope()).await
    }

    /// Clears a win notice of an auction about the person, whose choices are as they are now.
    pub(crate) async fn win(&self, url: String) -> Cleared {
        let edition = self.current.load().unwrap();
        let message = DisclosureId(self.dice.roll());
        let plain = Plain { message, path: Path::WinNotice, url: Some(url) };
        let id = "north".parse().unwrap();
        let sealed = seal_no_person(id, edition.hash(), BootMillis(1_000_000), &plain).unwrap();
        let subject = self.settings.subject(&self.keys);
        let stamps = subject.standings().map(|standing| standing.stamp).collect();
        self.record(sealed.while_unchanged(stamps).into_envelope()).await
    }

    async fn record(&self, envelope: Envelope) -> Cleared {
        self.ledger.record(envelope).await.unwrap()
    }

    pub(crate) fn refuses(&self, partnership: &str, path: Path) -> Option<SendError> {
        self.egress.refuses(&partnership.parse().unwrap(), path)
    }

    pub(crate) async fn send(&self, cleared: Cleared) -> Result<Answer, SendError> {
        self.egress.send(cleared).await
    }

    /// The person turns sharing off.
    pub(crate) async fn turn_off(&self) {
        let change = Change {
            key: self.keys.account.unwrap(),
            setting: Setting::Sharing,
            value: Choice::Off,
            actor: Actor::Person,
            words: String::from("Share your data"),
            language: String::from("en"),
        };
        self.settings.change(change).await.unwrap();
    }
}

/// Finds every name on this machine, but for some; and counts.
#[derive(Debug, Default)]
pub(crate) struct FakeNames {
    asked: AtomicU64,
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl FakeNames {
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// From now on `localhost` is found.
    pub(crate) fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl Resolver for FakeNames {
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match host {
            "localhost" => {
                let is_open = self.is_open.lock().unwrap();
                drop(self.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
            }
            "within.test" => {
                return Ok(vec!["203.0.113.9".parse().unwrap(), "10.0.0.1".parse().unwrap()]);
            }
            "nowhere.test" => return Err(io::Error::from(io::ErrorKind::NotFound)),
            _ => {}
        }
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

/// A stand-in for a bid request.
#[derive(Debug)]
pub(crate) struct Marked;

#[derive(Debug)]
pub(crate) struct Note<'b> {
    message: DisclosureId,
    _grants: Grants<'b>,
}

impl<'b> Note<'b> {
    fn new(message: DisclosureId, grants: Grants<'b>) -> Self {
        Self { message, _grants: grants }
    }
}

/// What must not be seen when nothing may go.
pub(crate) const BODY: &str = r#"{"marker":"the-body-of-the-message"}"#;

impl<'b> Body<'b> for Note<'b> {
    fn disclosure(&self) -> DisclosureId {
        self.message
    }

    fn told(&self) -> Vec<Told> {
        vec![Told {
            category: Category::DeviceIdentifier,
            field: "device.ifa".into(),
            value: String::from("an id"),
        }]
    }
}

impl Family for Marked {
    type Of<'b> = Note<'b>;
    const PATH: Path = Path::BidRequest;

    fn encode(_message: DisclosureId, _bodies: &[Note<'static>]) -> Result<Bytes, EncodeError> {
        Ok(Bytes::from_static(BODY.as_bytes()))
    }
}

/// A stand-in for an answer that tells a touch.
#[derive(Debug)]
pub(crate) struct MarkedTouch;

impl Family for MarkedTouch {
    type Of<'b> = Note<'b>;
    const PATH: Path = Path::Touches;

    fn encode(message: DisclosureId, bodies: &[Note<'static>]) -> Result<Bytes, EncodeError> {
        Marked::encode(message, bodies)
    }
}

struct Plain {
    message: DisclosureId,
    path: Path,
    url: Option<String>,
}

impl NoPerson for Plain {
    fn disclosure(&self) -> DisclosureId {
        self.message
    }

    fn path(&self) -> Path {
        self.path
    }

    fn url(&self) -> Option<String> {
        self.url.clone()
    }

    fn encode(&self) -> Result<Bytes, EncodeError> {
        let has_body = self.url.is_none();
        Ok(if has_body { Bytes::from_static(BODY.as_bytes()) } else { Bytes::new() })
    }
}

/// What a partner saw of one connection: everything up to when it answered or the connection ended.
pub(crate) type Seen = String;

/// A partner that reads one message per connection round, answers with these bytes, and remembers.
pub(crate) struct FakePartner {
    pub(crate) url: String,
    pub(crate) host: String,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl FakePartner {
    /// `None` never answers.
    pub(crate) async fn start(answer: Option<Vec<u8>>) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").await.unwrap(), answer, Vec::new())
    }

    /// One that listens already, and took those connections.
    pub(crate) fn at(
        listener: TcpListener,
        answer: Option<Vec<u8>>,
        taken: Vec<TcpStream>,
    ) -> Self {
        let host = listener.local_addr().unwrap().to_string();
        let (report, seen) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            for stream in taken {
                tokio::spawn(serve(stream, answer.clone(), report.clone()));
            }
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), report.clone()));
            }
        });
        Self { url: format!("http://{host}/in"), host, seen }
    }

    pub(crate) async fn answering(status: &str, body: &str) -> Self {
        Self::start(Some(response(status, body))).await
    }

    /// Waits for what the next message, or the next connection that ended without one, brought.
    pub(crate) async fn next(&mut self) -> Seen {
        self.seen.recv().await.unwrap()
    }

    pub(crate) fn is_untouched(&mut self) -> bool {
        self.seen.try_recv().is_err()
    }
}

pub(crate) fn response(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn serve(
    mut stream: TcpStream,
    answer: Option<Vec<u8>>,
    report: mpsc::UnboundedSender<Seen>,
) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => {
                report.send(String::from_utf8_lossy(&seen).into_owned()).unwrap();
                return;
            }
            Ok(read) => seen.extend_from_slice(&buffer[..read]),
        }
        if is_whole(&seen)
            && let Some(answer) = &answer
        {
            report.send(String::from_utf8_lossy(&seen).into_owned()).unwrap();
            seen.clear();
            // A client that gave up has closed the connection.
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

fn is_whole(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
