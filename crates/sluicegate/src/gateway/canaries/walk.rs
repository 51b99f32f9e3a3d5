//! The walk: the program's own parts, made a second time, on the same choices and the same register, with a
//! store of their own that is thrown away, and a door that leads nowhere.
//!
//! So what a canary does is counted in no report, billed to nobody and kept by nobody; and what is tried is
//! the code, the view of the choices and the edition that everybody else's requests go through.

mod scratch;
mod world;

use super::requests::{self, Place};
use futures_util::future::BoxFuture;
use scratch::scratch;
use serde_json::Value;
use sluicegate_audiences::{Format as ListFormat, TakeError};
use sluicegate_canary::{BlindDoor, Canary, Twin, Walk, WalkFailed, Watch, countries};
use sluicegate_exchange::{AuctionCall, Incoming, RateBoard, Speaker, Wanted};
use sluicegate_gate::{
    Country, DisclosureId, EncodeError, Kind, PartnershipId, Path, Secret, Via,
    time::{Clock, Dice, UnixMillis},
};
use sluicegate_ledger::{Deletion, Door, Recall, RecallKind, Vouched};
use sluicegate_measurement::{Format, Keys, Step, lookup::Shelved};
use sluicegate_register::{Edition, Partnership};
use sluicegate_settings::{Keyring, Pairwise, Settings};
use sluicegate_signals::Gpc;
use sluicegate_store::Sqlite;
use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use world::World;

/// Steps of one delivery at most.
const STEPS_MAX: usize = 32;
/// Longer than a run takes.
const A_RUN: Duration = Duration::from_mins(10);
/// How long what is cleared here may wait.
const ATTEMPT: Duration = Duration::from_secs(30);

/// What a walker shares with the rest of the program.
#[derive(Clone, Debug)]
pub(crate) struct WalkerParts {
    pub(crate) watch: Arc<Watch>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Arc<dyn Dice>,
    pub(crate) keys: Keys,
    pub(crate) rates: Arc<RateBoard>,
    /// Makes the ids that partners get.
    pub(crate) pairwise: Secret<[u8; 32]>,
    /// For everything that is thrown away.
    pub(crate) scratch: Secret<[u8; 32]>,
    /// Where that is kept meanwhile.
    pub(crate) dir: PathBuf,
}

/// Walks every path.
#[derive(Debug)]
pub(crate) struct Walker(pub(crate) WalkerParts);

impl Walk for Walker {
    fn walk(&self, door: Arc<BlindDoor>) -> BoxFuture<'_, Result<(), WalkFailed>> {
        Box::pin(walk(self.0.clone(), door))
    }
}

async fn walk(parts: WalkerParts, door: Arc<BlindDoor>) -> Result<(), WalkFailed> {
    let Some(edition) = door.current().load() else { return Ok(()) };
    let (folder, store) = scratch(parts.dir.clone()).await?;
    let walked = walk_in(parts, &store, door, &edition).await;
    store.close().await;
    drop(folder);
    walked
}

async fn walk_in(
    parts: WalkerParts,
    store: &Sqlite,
    door: Arc<BlindDoor>,
    edition: &Edition,
) -> Result<(), WalkFailed> {
    let world = World::make(parts, &Arc::new(store.clone()), door).await?;
    let walked = world.walk_all(edition).await;
    // Why: its writer would find the store closed, and say that the ledger cannot be kept.
    let closed = world.ledger.close().await.map_err(failed("the end of the record"));
    walked.and(closed)
}

fn failed<E>(at: &'static str) -> impl Fn(E) -> WalkFailed
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| WalkFailed { at, cause: Box::new(error) }
}

impl World {
    async fn walk_all(&self, edition: &Edition) -> Result<(), WalkFailed> {
        for twin in Twin::ALL {
            self.door.walks(twin);
            self.walk(twin, edition).await?;
        }
        Ok(())
    }

    async fn walk(&self, twin: Twin, edition: &Edition) -> Result<(), WalkFailed> {
        let canary = self.parts.watch.canaries().of(twin);
        if !twin.is_told_of() {
            self.introduce(canary, edition);
        }
        if twin == Twin::Off {
            self.listed(canary, edition).await?;
        }
        let mut from: Vec<Country> = countries(edition, self.now()).into_iter().collect();
        if from.is_empty() {
            from.extend("USA".parse::<Country>().ok());
        }
        for country in from.into_iter().filter(|country| twin.speaks_from(*country)) {
            let place = Place::of(country, edition, self.now());
            self.auctions(canary, &place, edition).await?;
            self.exposures(canary, &place, edition).await?;
        }
        self.deliver().await?;
        self.look_up(canary, edition).await?;
        self.call_back(canary, edition).await
    }

    fn now(&self) -> UnixMillis {
        self.parts.clock.now()
    }

    /// Says to the door by what each partner would know one that did not say yes.
    fn introduce(&self, canary: &Canary, edition: &Edition) {
        let pairwise = Pairwise::new(&self.parts.pairwise);
        // Why: such ids are another each day, and one may begin during the run.
        let times = [self.now(), self.now().plus(A_RUN)];
        for id in edition.partnerships().iter().map(|one| &one.terms.id) {
            let users = canary.keys.into_iter().flat_map(|key| times.map(|at| (key, at)));
            self.door.knows(users.filter_map(|(key, at)| pairwise.id(id, key, at)));
            let keys = self.parts.keys.partner(id);
            self.door.knows([&canary.device, &canary.browser].map(|one| keys.device_id(one)));
        }
    }

    /// Partners put the one who said no on every list of theirs.
    async fn listed(&self, canary: &Canary, edition: &Edition) -> Result<(), WalkFailed> {
        let pairwise = Pairwise::new(&self.parts.pairwise);
        for partnership in edition.partnerships() {
            let id = &partnership.terms.id;
            let Some(user) = pairwise.id(id, canary.account_key(), self.now()) else { continue };
            for list in &partnership.audiences {
                let body = requests::listed(&user, &list.id, (self.parts.dice.roll(), self.now()));
                let body = body.to_string();
                match self.uploads.accept(id, body.as_bytes(), ListFormat::Json).await {
                    // A partnership that is not in force may not upload.
                    Ok(_) | Err(TakeError::NotInForce) => {}
                    Err(error) => return Err(failed("an upload")(error)),
                }
            }
        }
        while self.applier.step().await.map_err(failed("applying lists"))? > 0 {}
        if self.parts.settings.elsewhere(canary.account_key()).is_some() {
            // Kept although personalization is off: it could be told in a bid request.
            for partnership in edition.partnerships() {
                if !partnership.audiences.is_empty() {
                    self.door.recorded(&partnership.terms.id, Path::BidRequest);
                }
            }
        }
        Ok(())
    }

    async fn auctions(
        &self,
        canary: &Canary,
        place: &Place,
        edition: &Edition,
    ) -> Result<(), WalkFailed> {
        let (id, inventory) = (self.parts.dice.roll(), edition.inventory());
        for request in requests::bid_requests(canary, place, inventory, id) {
            self.auction(&request, Speaker::Platform).await?;
        }
        let id = self.parts.dice.roll();
        if let Some(request) = requests::of_browser(canary, place, inventory, id) {
            let browser = Some(canary.browser_key());
            self.auction(&request, Speaker::Browser { account: None, browser }).await?;
        }
        let id = self.parts.dice.roll();
        if let Some(request) = requests::for_browser(canary, place, inventory, id) {
            self.auction(&request, Speaker::Platform).await?;
        }
        self.exchange.drained().await;
        for biller in self.exchange.billers().all() {
            biller.step().await.map_err(failed("a bill"))?;
        }
        Ok(())
    }

    async fn auction(&self, request: &Value, speaker: Speaker) -> Result<(), WalkFailed> {
        let call = AuctionCall {
            request: Incoming::Bytes(request.to_string().into()),
            speaker,
            gpc: Gpc::Absent,
            wanted: Wanted::Winners,
        };
        let held = self.exchange.auction(call).await.map_err(failed("an auction"))?;
        let answer = serde_json::to_value(&held.answer).map_err(failed("an answer"))?;
        for token in tokens(&answer) {
            let shown = self.exchange.rendered(&token).await;
            shown.map_err(failed("the report of an ad that was shown"))?;
        }
        Ok(())
    }

    async fn exposures(
        &self,
        canary: &Canary,
        place: &Place,
        edition: &Edition,
    ) -> Result<(), WalkFailed> {
        // Deliveries begin where the journal ends when they are first opened.
        for id in self.deliveries.listed() {
            self.deliveries.open(id).await.map_err(failed("a delivery"))?;
        }
        let exposures: Vec<Value> = requests::advertisers(edition)
            .into_iter()
            .flat_map(|one| {
                let (id, of) = (self.parts.dice.roll(), (one, edition.inventory()));
                let in_app = requests::exposure(canary, place, of, (id, self.now()));
                let id = self.parts.dice.roll();
                [requests::in_browser(in_app.clone(), canary, id), in_app]
            })
            .collect();
        if exposures.is_empty() {
            return Ok(());
        }
        let body = Value::from(exposures).to_string();
        let taken = self.intake.accept(body.as_bytes(), Format::Json).await;
        let taken = taken.map_err(failed("the intake of exposures"))?;
        let wrong = taken.into_iter().find_map(|item| Some((item.field?, item.problem?)));
        match wrong {
            None => Ok(()),
            Some((field, problem)) => {
                Err(refused("the intake of exposures", format!("`{field}`: {problem}")))
            }
        }
    }

    async fn deliver(&self) -> Result<(), WalkFailed> {
        for id in self.deliveries.listed() {
            let delivery = self.deliveries.open(id).await.map_err(failed("a delivery"))?;
            for _ in 0..STEPS_MAX {
                match delivery.step().await.map_err(failed("a delivery"))? {
                    Step::Delivered { .. } | Step::Settled { .. } => {}
                    Step::Wait(_) | Step::Idle | Step::Held(_) => break,
                }
            }
        }
        while let Shelved::Read(_) = self.shelf.step().await.map_err(failed("the shelf"))? {}
        Ok(())
    }

    /// Measurement partners report an install on the canary's device.
    async fn look_up(&self, canary: &Canary, edition: &Edition) -> Result<(), WalkFailed> {
        let measuring = edition.partnerships().iter().map(|one| &one.terms);
        for terms in measuring.collect::<Vec<_>>() {
            if terms.kind != Kind::ConversionTracking || terms.via != Via::Events {
                continue;
            }
            let device = self.parts.keys.partner(&terms.id).device_id(&canary.device);
            let Some(app) = app_measured_by(edition, &terms.id) else { continue };
            let id = (self.parts.dice.roll(), self.now());
            let body = requests::install(&device, app, id).to_string();
            let accepted = self.lookup.accept(&terms.id, body.as_bytes()).await;
            let accepted = accepted.map_err(failed("a conversion"))?;
            if let Some(refusal) = accepted.refusal() {
                let (field, problem) = (&refusal.wrong.field, &refusal.wrong.problem);
                return Err(refused("a conversion", format!("`{field}`: {problem}")));
            }
            let cleared = self.lookup.answer(&accepted).await;
            let cleared = cleared.map_err(failed("the answer to a conversion"))?;
            self.door.look(&cleared);
        }
        Ok(())
    }

    /// What was told is called back. Of who did not say yes nothing was.
    async fn call_back(&self, canary: &Canary, edition: &Edition) -> Result<(), WalkFailed> {
        let keys: HashSet<_> = canary.keys.into_iter().collect();
        let told = self.ledger.disclosed(&keys, UnixMillis(0)).await;
        let told = told.map_err(failed("looking for what was told"))?.disclosed;
        if !canary.twin.is_told_of() {
            for one in &told {
                self.door.recorded(&one.vouched.partnership, one.path);
            }
        }
        let mut by_partnership: BTreeMap<PartnershipId, Vec<Vouched>> = BTreeMap::new();
        for one in told {
            let of = by_partnership.entry(one.vouched.partnership.clone()).or_default();
            of.push(one.vouched);
        }
        for (partnership, disclosures) in by_partnership {
            let recall = Recall {
                message: DisclosureId(self.parts.dice.roll()),
                kind: RecallKind::Recalled,
                partnership,
                edition: edition.hash(),
                deadline: self.parts.clock.boot().plus(ATTEMPT),
                made_at: self.now(),
                disclosures,
            };
            let cleared = self.ledger.recall(recall).await.map_err(failed("a recall"))?;
            self.door.send(cleared).await.map_err(failed("a recall"))?;
        }
        self.have_deleted(canary, edition).await
    }

    async fn have_deleted(&self, canary: &Canary, edition: &Edition) -> Result<(), WalkFailed> {
        let ever = UnixMillis(0)..UnixMillis(i64::MAX);
        let told = self.ledger.told_identifiers(canary.account_key(), ever).await;
        let mut told = told.map_err(failed("looking for identifiers"))?;
        told.retain(|one| {
            edition.partnership(&one.partnership).is_none_or(Partnership::is_controlled)
        });
        // One shows as much as all; of who did not say yes there is none.
        for told in told.into_iter().take(1) {
            let deletion = Deletion {
                message: DisclosureId(self.parts.dice.roll()),
                edition: edition.hash(),
                deadline: self.parts.clock.boot().plus(ATTEMPT),
                url: String::from("https://canary.example/"),
                told,
            };
            let write = |told: &sluicegate_ledger::ToldIdentifier| {
                Ok::<_, EncodeError>(bytes::Bytes::copy_from_slice(told.value.as_bytes()))
            };
            let cleared = self.ledger.deletion(deletion, write).await;
            let cleared = cleared.map_err(failed("a request to delete"))?;
            self.door.send(cleared).await.map_err(failed("a request to delete"))?;
        }
        Ok(())
    }
}

/// Returns an app of an advertiser whose ads that partnership measures.
fn app_measured_by<'e>(edition: &'e Edition, id: &PartnershipId) -> Option<&'e str> {
    let mut linked = edition.advertisers().iter().filter(|one| one.measurement.contains(id));
    linked.find_map(|one| Some(one.apps.first()?.id.as_str()))
}

fn refused(at: &'static str, problem: String) -> WalkFailed {
    WalkFailed { at, cause: problem.into() }
}

/// Returns the tokens by which the winners of an answer are reported as shown.
fn tokens(answer: &Value) -> Vec<String> {
    let shown = answer.pointer("/ext/sluicegate/render").and_then(Value::as_array);
    let token = |one: &Value| one.get("token")?.as_str().map(str::to_owned);
    shown.into_iter().flatten().filter_map(token).collect()
}
