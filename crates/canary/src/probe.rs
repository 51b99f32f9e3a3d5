//! The probe: one run after another, for as long as the program runs.

use crate::{BlindDoor, Watch};
use futures_util::future::BoxFuture;
use sluicegate_gate::{
    Category, Choice, Country, EditionHash, Jurisdiction, Kind, PartnershipId, Path, Via,
    time::{Clock, UnixMillis},
};
use sluicegate_register::{AdChannel, AdFormat, Current, Edition, Partnership, Size};
use sluicegate_settings::Settings;
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

/// Walks every path with all canaries, with the real code of the program, to a door that leads nowhere.
/// Nothing that it writes is counted, billed or kept.
pub trait Walk: Send + Sync + fmt::Debug {
    /// Walks once, under the edition of the door throughout.
    fn walk(&self, door: Arc<BlindDoor>) -> BoxFuture<'_, Result<(), WalkFailed>>;
}

/// A walk could not be ended: what it was to show is not shown.
#[derive(Debug, thiserror::Error)]
#[error("{at} failed")]
pub struct WalkFailed {
    /// Where.
    pub at: &'static str,
    /// Why.
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// What a probe is made of.
#[derive(Clone, Debug)]
pub struct ProbeParts {
    /// What it tells.
    pub watch: Arc<Watch>,
    /// What walks.
    pub walk: Arc<dyn Walk>,
    /// What people chose, the canaries among them.
    pub settings: Arc<Settings>,
    /// The edition in force.
    pub current: Arc<Current>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// How long one run may take.
    pub time_max: Duration,
}

/// Runs the canaries.
#[derive(Clone, Debug)]
pub struct Probe {
    parts: ProbeParts,
}

impl Probe {
    /// Makes it of its parts.
    pub fn new(parts: ProbeParts) -> Self {
        Self { parts }
    }

    /// Runs once. Returns whether the run ended well: it may have found something all the same.
    pub async fn run(&self) -> bool {
        let parts = &self.parts;
        let edition = parts.current.load();
        // Why: another edition may come meanwhile. What this run does is judged by the one that it does it under.
        let current = Arc::new(Current::new());
        if let Some(edition) = &edition {
            current.replace(Arc::clone(edition));
        }
        let before = self.takers(edition.as_deref());
        let door = BlindDoor::new(Arc::clone(&parts.watch), current);
        let walked = tokio::time::timeout(parts.time_max, parts.walk.walk(Arc::clone(&door))).await;
        let run = door.run(parts.clock.now());
        // Why: what was told to whom may be told nothing now is not to be expected of the next run.
        let takers = Some(self.takers(edition.as_deref())).filter(|now| *now == before);
        let failed = match walked {
            Ok(Ok(())) if run.told.is_empty() && self.is_to_be_told(edition.as_deref()) => {
                Some(String::from("nothing was told of the one that has everything on"))
            }
            Ok(Ok(())) => {
                let unseen = takers.as_ref().and_then(|takers| parts.watch.unseen(&run, takers));
                unseen.map(|path| {
                    format!("{} told nothing of the one that has everything on", path.name())
                })
            }
            Ok(Err(error)) => Some(told(&error)),
            Err(_elapsed) => Some(String::from("it took too long")),
        };
        match failed {
            None => {
                parts.watch.ended(run, takers);
                true
            }
            Some(why) => {
                tracing::warn!(canary.failed = %why, "a run of the canaries did not end well");
                parts.watch.failed();
                false
            }
        }
    }

    fn takers(&self, edition: Option<&Edition>) -> Takers {
        edition.map_or_else(Takers::default, |edition| Takers::of(edition, self.parts.clock.now()))
    }

    /// Returns whether a probe with open eyes would see something told: there is somebody to tell. While the
    /// view is too old nobody is told anything, and that the probe is blind then is worth an alarm.
    fn is_to_be_told(&self, edition: Option<&Edition>) -> bool {
        let now = self.parts.clock.now();
        edition.is_some_and(|edition| {
            takers(edition, now)
                .any(|one| one.terms.categories.contains(Category::DeviceIdentifier))
        })
    }
}

/// Whom something may be told at one time. That changes with editions, and also under one, when a term begins or
/// ends or an attestation runs out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Takers {
    edition: Option<EditionHash>,
    partnerships: BTreeSet<PartnershipId>,
    /// The ways that something is told them.
    pub(crate) paths: BTreeSet<Path>,
}

impl Takers {
    pub(crate) fn of(edition: &Edition, now: UnixMillis) -> Self {
        let partnerships = in_force(edition, now).map(|one| one.terms.id.clone()).collect();
        let paths = takers(edition, now).flat_map(|one| told_by(edition, one)).collect();
        Self { edition: Some(edition.hash()), partnerships, paths }
    }
}

/// Returns by which paths a partnership is told something of what the canaries do for certain. Where that depends on
/// more than is looked at here, by none: then what a run saw is expected of the next.
fn told_by(edition: &Edition, one: &Partnership) -> Vec<Path> {
    let terms = &one.terms;
    let has = |category| terms.categories.contains(category);
    if one.endpoint.is_none() || !has(Category::DeviceIdentifier) {
        return Vec::new();
    }
    match (terms.kind, terms.via) {
        (Kind::RealTimeBidding, Via::Openrtb) if asks_for_canaries(edition, one) => {
            vec![Path::BidRequest]
        }
        (Kind::ConversionTracking, Via::Events) if has(Category::Exposure) => {
            let measured = || {
                let all = edition.advertisers().iter();
                all.filter(|advertiser| advertiser.measurement.contains(&terms.id))
            };
            let exposures = measured().next().map(|_| Path::Exposures);
            let has_app = measured().any(|advertiser| !advertiser.apps.is_empty());
            exposures.into_iter().chain(has_app.then_some(Path::Touches)).collect()
        }
        (
            Kind::RealTimeBidding | Kind::ConversionTracking | Kind::ServiceProvider | Kind::Other,
            Via::Openrtb | Via::Events | Via::None,
        ) => Vec::new(),
    }
}

/// Returns whether what the canaries ask for is something that the partnership can bid on: a banner in an app or on
/// a site.
fn asks_for_canaries(edition: &Edition, one: &Partnership) -> bool {
    let inventory = edition.inventory();
    one.bidding.as_ref().is_some_and(|bidding| {
        let has = |channel| bidding.channels.contains(&channel);
        let is_shown = (!inventory.apps.is_empty() && has(AdChannel::App))
            || (!inventory.sites.is_empty() && has(AdChannel::Site));
        let is_fitting = |size: &Size| (size.width, size.height) == BANNER;
        let fits = bidding.sizes.is_empty() || bidding.sizes.iter().any(is_fitting);
        let is_priced = bidding.currency.as_ref().is_none_or(|currency| currency == "USD");
        bidding.formats.contains(&AdFormat::Banner) && is_shown && fits && is_priced
    })
}

/// The size of the banner that the canaries ask for: width and height in pixels.
pub const BANNER: (u32, u32) = (300, 250);

/// Returns from which countries the canaries speak.
///
/// Every partnership under the sharing setting has somebody to be told about, and somebody where a choice must be on
/// first, with a consent string and without.
pub fn countries(edition: &Edition, now: UnixMillis) -> BTreeSet<Country> {
    let served = || in_force(edition, now).map(|one| one.terms.countries.as_slice());
    let consent_first = [false, true].into_iter().flat_map(|with_string| {
        served().filter_map(move |served| consent_first(served, with_string))
    });
    served().filter_map(without_string).chain(consent_first).collect()
}

/// Returns the partnerships under the sharing setting that may be told something now, without a consent string.
fn takers(edition: &Edition, now: UnixMillis) -> impl Iterator<Item = &Partnership> {
    in_force(edition, now).filter(|one| without_string(&one.terms.countries).is_some())
}

/// Returns the partnerships under the sharing setting that may be told something now.
fn in_force(edition: &Edition, now: UnixMillis) -> impl Iterator<Item = &Partnership> {
    edition.partnerships().iter().filter(move |one| {
        let terms = &one.terms;
        let bids = terms.kind == Kind::RealTimeBidding;
        let attested = terms.linking_attested_until.is_some_and(|until| now < until);
        one.is_controlled()
            && terms.via != Via::None
            && !terms.suspended
            && terms.start <= now
            && terms.end.is_none_or(|end| now < end)
            && (attested || !bids)
    })
}

/// Returns a country from which something may be told without a consent string, of those served; all are where none is
/// listed.
fn without_string(served: &[Country]) -> Option<Country> {
    let usual: Country = "USA".parse().ok()?;
    if served.is_empty() || served.contains(&usual) {
        return Some(usual);
    }
    let is_open = |country: &&Country| Jurisdiction::of(Some(**country)).default == Choice::On;
    let open = served.iter().find(is_open).copied();
    open.or_else(|| consent_first(served, false))
}

/// Returns a country in which a choice must be on first, of those served: one in which nothing is told without a
/// consent string either, or one in which it is.
fn consent_first(served: &[Country], with_string: bool) -> Option<Country> {
    if served.is_empty() {
        return if with_string { "DEU" } else { "BRA" }.parse().ok();
    }
    let is_such = |country: &&Country| {
        let there = Jurisdiction::of(Some(**country));
        there.default == Choice::Off && there.gdpr == with_string
    };
    served.iter().find(is_such).copied()
}

fn told(error: &WalkFailed) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
