//! The probe: one run after another, for as long as the program runs.

use crate::{BlindDoor, Watch};
use futures_util::future::BoxFuture;
use sluicegate_gate::{
    Category, Choice, Country, EditionHash, Jurisdiction, Kind, PartnershipId, Via,
    time::{Clock, UnixMillis},
};
use sluicegate_register::{Current, Edition, Partnership};
use sluicegate_settings::Settings;
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

/// Walks every path with both canaries, with the real code of the program, to a door that leads nowhere.
/// Nothing that it writes is counted, billed or kept.
pub trait Walk: Send + Sync + fmt::Debug {
    /// Walks once.
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
        let before = self.takers();
        let door = BlindDoor::new(Arc::clone(&parts.watch), Arc::clone(&parts.current));
        let walked = tokio::time::timeout(parts.time_max, parts.walk.walk(Arc::clone(&door))).await;
        let run = door.run(parts.clock.now());
        let edition = parts.current.load();
        // Why: what was told to whom may be told nothing now is not to be expected of the next run.
        let takers = Some(self.takers()).filter(|now| *now == before);
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

    fn takers(&self) -> Takers {
        let edition = self.parts.current.load();
        edition.map_or_else(Takers::default, |edition| Takers::of(&edition, self.parts.clock.now()))
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
}

impl Takers {
    pub(crate) fn of(edition: &Edition, now: UnixMillis) -> Self {
        let partnerships = takers(edition, now).map(|one| one.terms.id.clone()).collect();
        Self { edition: Some(edition.hash()), partnerships }
    }
}

/// Returns from which countries the canaries speak, so that every partnership under the sharing setting that may
/// be told something without a consent string has somebody to be told about.
pub fn countries(edition: &Edition, now: UnixMillis) -> BTreeSet<Country> {
    takers(edition, now).filter_map(|one| country(&one.terms.countries)).collect()
}

/// Returns the partnerships under the sharing setting that may be told something now, without a consent string.
fn takers(edition: &Edition, now: UnixMillis) -> impl Iterator<Item = &Partnership> {
    let in_force = edition.partnerships().iter().filter(move |one| {
        let terms = &one.terms;
        let bids = terms.kind == Kind::RealTimeBidding;
        let attested = terms.linking_attested_until.is_some_and(|until| now < until);
        one.is_controlled()
            && terms.via != Via::None
            && !terms.suspended
            && terms.start <= now
            && terms.end.is_none_or(|end| now < end)
            && (attested || !bids)
    });
    in_force.filter(|one| country(&one.terms.countries).is_some())
}

fn country(served: &[Country]) -> Option<Country> {
    let usual: Country = "USA".parse().ok()?;
    if served.is_empty() || served.contains(&usual) {
        return Some(usual);
    }
    let is_open = |country: &&Country| Jurisdiction::of(Some(**country)).default == Choice::On;
    served.iter().find(is_open).copied()
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
