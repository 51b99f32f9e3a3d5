//! A clock, dice and sealed messages for the ledger's tests.

use bytes::Bytes;
use parking_lot::Mutex;
use sluicegate_gate::{
    Body, Categories, Country, Decision, Demographics, DisclosureId, EditionHash, EncodeError,
    Envelope, Family, ForSecurity, Grants, Identifier, KeyKind, KeyStamp, Kind, NoPerson,
    Opportunity, PartnershipId, Path, Permit, Question, Revision, Sealed, Secret, Standing,
    SubjectKey, SubjectState, Surface, TcfParty, Terms, Told, Via, ViewState, WhenWithheld, decide,
    seal_no_person,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{Ledger, LedgerStore};
use sluicegate_signals::{Lmt, Signals};
use std::{marker::PhantomData, sync::Arc, time::Duration};

pub(crate) const MIDNIGHT: UnixMillis = UnixMillis(20_000 * 86_400_000);
pub(crate) const EVER: std::ops::Range<UnixMillis> = UnixMillis(0)..UnixMillis(i64::MAX);

/// Both clocks; they move only when told to.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<(UnixMillis, BootMillis)>);

impl TestClock {
    pub(crate) fn pass(&self, duration: Duration) {
        let mut time = self.0.lock();
        *time = (time.0.plus(duration), time.1.plus(duration));
    }

    /// Sets the time of day back. The other clock never goes back.
    pub(crate) fn set_back(&self, duration: Duration) {
        let mut time = self.0.lock();
        time.0 = time.0.minus(duration);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixMillis {
        self.0.lock().0
    }

    fn boot(&self) -> BootMillis {
        self.0.lock().1
    }
}

/// A fixed sequence that does not repeat.
#[derive(Debug)]
pub(crate) struct TestDice(Mutex<u128>);

impl Dice for TestDice {
    fn roll(&self) -> u128 {
        let mut state = self.0.lock();
        *state = state.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
        *state
    }
}

pub(crate) struct World {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) dice: Arc<TestDice>,
}

impl World {
    pub(crate) fn new() -> Self {
        let time = (MIDNIGHT.plus(Duration::from_hours(1)), BootMillis(1_000_000));
        Self {
            clock: Arc::new(TestClock(Mutex::new(time))),
            dice: Arc::new(TestDice(Mutex::new(42))),
        }
    }

    pub(crate) async fn open<S: LedgerStore + 'static>(&self, store: &Arc<S>) -> Arc<Ledger> {
        let store: Arc<dyn LedgerStore> = Arc::<S>::clone(store);
        let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(&self.clock);
        let dice: Arc<dyn Dice> = Arc::<TestDice>::clone(&self.dice);
        Ledger::open(store, clock, dice, Secret::new([9; 32])).await.unwrap()
    }

    pub(crate) fn permit(&self, keys: &[SubjectKey]) -> Permit {
        self.permit_within(Categories::ALL, keys)
    }

    fn permit_within(&self, categories: Categories, keys: &[SubjectKey]) -> Permit {
        let terms = Terms { categories, ..terms() };
        let standing = |kind| {
            let key = keys.iter().find(|key| key.kind == kind)?;
            let revision = Revision { shard: 3, version: 17 };
            Some(Standing::untouched(KeyStamp { key: *key, revision }))
        };
        let view = ViewState::Complete { as_of: self.clock.boot(), bound: Duration::from_secs(5) };
        let subject = SubjectState {
            account: standing(KeyKind::Account),
            device: standing(KeyKind::Device),
            browser: standing(KeyKind::Browser),
            account_country: None,
            protection_age: Some(ForSecurity::new(30)),
            demographics: Demographics::NONE,
            view,
        };
        let question = Question {
            terms: &terms,
            edition: EditionHash([7; 32]),
            subject: &subject,
            memberships: &[],
            signals: &Signals { lmt: Lmt::Off, ..Signals::default() },
            country: Some("USA".parse::<Country>().unwrap()),
            surface: Surface::App,
            identifier: Identifier::Present,
            opportunity: Opportunity::Bid,
            now: self.clock.now(),
            boot: self.clock.boot(),
        };
        match decide(&question) {
            Decision::Permit(permit) => permit,
            Decision::Withheld(withheld) => panic!("withheld: {:?}", withheld.losses),
        }
    }

    /// One bid request that tells these `field=value` pairs.
    pub(crate) fn bid(&self, id: u128, keys: &[SubjectKey], told: &[&str]) -> Envelope {
        self.sealed::<Bids>(id, keys, told).into_envelope().unwrap()
    }

    /// One that may tell no more than these categories.
    pub(crate) fn bid_within(
        &self,
        categories: Categories,
        id: u128,
        keys: &[SubjectKey],
        told: &[&str],
    ) -> Envelope {
        let told = told.iter().map(|pair| told_pair(pair)).collect();
        let permit = self.permit_within(categories, keys);
        let sealed = permit.seal::<Bids>(|grants| Said::new(grants, DisclosureId(id), told));
        sealed.into_envelope().unwrap()
    }

    pub(crate) fn exposures(&self, id: u128, parts: &[(SubjectKey, &str)]) -> Envelope {
        let all = (id + 1..)
            .zip(parts)
            .map(|(part, (key, told))| self.sealed::<Exposures>(part, &[*key], &[told]))
            .collect();
        Sealed::join(DisclosureId(id), all).unwrap().into_envelope().unwrap()
    }

    pub(crate) fn notice(&self, id: u128) -> Envelope {
        let deadline = self.clock.boot().plus(Duration::from_secs(1));
        let notice = Notice(DisclosureId(id));
        seal_no_person(partnership(), EditionHash([7; 32]), deadline, &notice)
            .unwrap()
            .into_envelope()
    }

    fn sealed<T: for<'b> Family<Of<'b> = Said<'b>>>(
        &self,
        id: u128,
        keys: &[SubjectKey],
        told: &[&str],
    ) -> Sealed<T> {
        let told = told.iter().map(|pair| told_pair(pair)).collect();
        self.permit(keys).seal::<T>(|grants| Said::new(grants, DisclosureId(id), told))
    }
}

pub(crate) fn told_pair(pair: &str) -> Told {
    let (field, value) = pair.split_once('=').unwrap();
    let category = sluicegate_gate::Category::DeviceIdentifier;
    Told { category, field: field.to_owned().into(), value: value.to_owned() }
}

pub(crate) fn partnership() -> PartnershipId {
    "north-bidding".parse().unwrap()
}

pub(crate) fn key(kind: KeyKind, hash: u128) -> SubjectKey {
    SubjectKey { kind, hash }
}

pub(crate) fn account(hash: u128) -> SubjectKey {
    key(KeyKind::Account, hash)
}

pub(crate) fn device(hash: u128) -> SubjectKey {
    key(KeyKind::Device, hash)
}

pub(crate) fn browser(hash: u128) -> SubjectKey {
    key(KeyKind::Browser, hash)
}

fn terms() -> Terms {
    Terms {
        id: partnership(),
        kind: Kind::RealTimeBidding,
        via: Via::Openrtb,
        categories: Categories::ALL,
        countries: Vec::new(),
        start: UnixMillis(0),
        end: None,
        suspended: false,
        linking_attested_until: Some(UnixMillis(i64::MAX)),
        tcf: TcfParty::Nobody,
        when_withheld: WhenWithheld::Skip,
        listed_since: UnixMillis(0),
    }
}

pub(crate) struct Said<'b> {
    id: DisclosureId,
    told: Vec<Told>,
    brand: PhantomData<Grants<'b>>,
}

impl<'b> Said<'b> {
    fn new(_grants: Grants<'b>, id: DisclosureId, told: Vec<Told>) -> Self {
        Self { id, told, brand: PhantomData }
    }
}

impl<'b> Body<'b> for Said<'b> {
    fn disclosure(&self) -> DisclosureId {
        self.id
    }

    fn told(&self) -> Vec<Told> {
        self.told.clone()
    }
}

pub(crate) struct Bids;

impl Family for Bids {
    type Of<'b> = Said<'b>;
    const PATH: Path = Path::BidRequest;

    fn encode(message: DisclosureId, _bodies: &[Said<'static>]) -> Result<Bytes, EncodeError> {
        Ok(Bytes::from(message.to_string()))
    }
}

pub(crate) struct Exposures;

impl Family for Exposures {
    type Of<'b> = Said<'b>;
    const PATH: Path = Path::Exposures;

    fn encode(message: DisclosureId, _bodies: &[Said<'static>]) -> Result<Bytes, EncodeError> {
        Ok(Bytes::from(message.to_string()))
    }
}

pub(crate) struct Notice(DisclosureId);

impl NoPerson for Notice {
    fn disclosure(&self) -> DisclosureId {
        self.0
    }

    fn path(&self) -> Path {
        Path::WinNotice
    }

    fn url(&self) -> Option<String> {
        Some(String::from("https://bidder.example/win"))
    }

    fn encode(&self) -> Result<Bytes, EncodeError> {
        Ok(Bytes::new())
    }
}
