//! Which events in an app are credited with the touch of an install: those since the install, once whoever reports
//! them, and as long as the touch may be told.
//!
//! Two partners that measure one app report the same purchase under ids of their own, so no event can be held against
//! another. Of one install the events of one partnership are credited: of the one that was first told a touch of it.

use crate::{
    SealError,
    attribution::REPEAT_WITHIN,
    exposure::{Exposure, Said},
    judge::{Asked, Judge},
    lookup::{
        Active, Alias, AppUse, CountKey, Counting, FoundClaim, Lookup, LookupError, Outcome,
        ToldElsewhere,
        body::{Entry, Kept},
        line, listed,
        settle::person,
    },
};
use sluicegate_gate::{Kind, PartnershipId, time::BootMillis};
use sluicegate_ledger::Day;
use sluicegate_register::{Edition, Partnership};
use std::sync::Arc;

/// An event, and the claim of the install before it whose touch may be told.
struct Used<'a> {
    kept: &'a Kept,
    told: Option<(FoundClaim, Exposure)>,
}

/// Where else the install of an event may have been told of: the event's place, who was told, and what to ask.
type Elsewhere<'e> = (usize, &'e PartnershipId, AppUse);

impl Lookup {
    /// Credits events that are durable. What is asked of the store depends on how many there are alone.
    pub(super) async fn credit(
        &self,
        id: &PartnershipId,
        entries: &[Entry],
    ) -> Result<(), LookupError> {
        let store = &self.parts.conversions;
        let edition = self.parts.current.load().ok_or(LookupError::NoEdition)?;
        let partnership = listed(&edition, id)?;
        let kept = entries.iter().filter_map(|entry| match entry {
            Entry::Kept { kept, .. } => Some(kept.as_ref()),
            Entry::Refused { .. } => None,
        });
        let kept: Vec<&Kept> = kept.collect();
        let installation = |kept: &&Kept| (kept.device.installation, kept.conversion.at);
        let asked = kept.iter().map(installation);
        let asked = asked.map(|(installation, at)| AppUse { installation, at });
        let claims = store.claims(asked.collect()).await?;
        let boot = self.parts.clock.boot();
        // Why here, too: what is not credited now never is.
        self.check_view()?;
        let mut events = Vec::with_capacity(kept.len());
        for (kept, claim) in kept.into_iter().zip(claims) {
            let told =
                claim.map(|claim| self.still_told((&edition, boot), partnership, (kept, claim)));
            events.push(Used { kept, told: told.transpose()?.flatten() });
        }
        let elsewhere: Vec<Elsewhere<'_>> = (0..)
            .zip(&events)
            .flat_map(|(place, event)| self.elsewhere(&edition, id, (place, event)))
            .collect();
        let asked = elsewhere.iter().map(|(.., asked)| *asked).collect();
        let mut theirs: Vec<Vec<(&PartnershipId, ToldElsewhere)>> = Vec::new();
        theirs.resize_with(events.len(), Vec::new);
        for ((place, other, _), claim) in elsewhere.iter().zip(store.claims_elsewhere(asked).await?)
        {
            if let (Some(theirs), Some(claim)) = (theirs.get_mut(*place), claim) {
                theirs.push((*other, claim));
            }
        }
        let mut countings = Vec::new();
        for (event, theirs) in events.iter().zip(theirs) {
            let Some((claim, exposure)) = &event.told else { continue };
            if is_credited(id, claim.clone().into(), theirs) {
                countings.extend(self.countings(exposure, event.kept, claim));
            }
        }
        Ok(store.count(countings).await?)
    }

    fn app_use(&self, id: &PartnershipId, kept: &Kept, known_as: &str) -> AppUse {
        let app = &kept.conversion.app_id;
        let installation = self.parts.keys.alias("installation", id, app, known_as);
        AppUse { installation, at: kept.conversion.at }
    }

    /// Returns a question of which nothing comes.
    fn use_by_nobody(&self, kept: &Kept) -> AppUse {
        let installation = Alias(self.parts.dice.roll().to_be_bytes());
        AppUse { installation, at: kept.conversion.at }
    }

    /// Returns by what the other partnerships of the advertiser know the same device and browser. Where nobody is
    /// known the same number of questions is about nobody.
    fn elsewhere<'e>(
        &self,
        edition: &'e Edition,
        id: &PartnershipId,
        (place, event): (usize, &Used<'_>),
    ) -> Vec<Elsewhere<'e>> {
        let advertiser = edition.advertiser(&event.kept.advertiser);
        let linked = advertiser.map(|one| one.measurement.as_slice()).unwrap_or_default();
        let tracks = |other: &&PartnershipId| {
            let partnership = edition.partnership(other);
            *other != id
                && partnership.is_some_and(|one| one.terms.kind == Kind::ConversionTracking)
        };
        let subject = event.told.as_ref().map(|(_, exposure)| &exposure.subject);
        let ids = [
            subject.and_then(|subject| subject.ifa.as_ref()),
            subject.and_then(|subject| subject.browser_id.as_ref()),
        ];
        let ask = |other: &'e PartnershipId| {
            let keys = self.parts.keys.partner(other);
            ids.map(|id| {
                let known_as = id.map(|id| keys.device_id(id.open()));
                let known = known_as.map(|known_as| self.app_use(other, event.kept, &known_as));
                (place, other, known.unwrap_or_else(|| self.use_by_nobody(event.kept)))
            })
        };
        linked.iter().filter(tracks).flat_map(ask).collect()
    }

    /// Returns the claim with its exposure, if that might be told now, also by what the event says about privacy, and
    /// the claim did not end badly.
    fn still_told(
        &self,
        (edition, boot): (&Edition, BootMillis),
        partnership: &Partnership,
        (kept, claim): (&Kept, FoundClaim),
    ) -> Result<Option<(FoundClaim, Exposure)>, LookupError> {
        let parts = &self.parts;
        let text = parts.keys.open(&claim.sealed)?;
        let mut exposure: Exposure =
            serde_json::from_slice(&text).map_err(|_opaque| SealError::Open)?;
        let judge = Judge {
            edition,
            partnership,
            settings: &parts.settings,
            keys: &parts.keys.partner(&partnership.terms.id),
            now: parts.clock.now(),
            boot,
            // Only messages have one.
            source: &Arc::from(""),
        };
        let permits = |exposure: &Exposure| matches!(judge.ask(exposure), Asked::Permitted(_));
        let mut told = permits(&exposure) && stands(claim.outcome);
        if told && kept.conversion.said != Said::default() {
            let first = std::mem::take(&mut exposure.said);
            exposure.said = first.overlaid(&kept.conversion.said);
            told = permits(&exposure);
            exposure.said = first;
        }
        Ok(told.then_some((claim, exposure)))
    }

    /// Returns what an event adds: itself; who used the app that day; and, on the third such day, somebody
    /// who keeps to it.
    fn countings(&self, exposure: &Exposure, kept: &Kept, claim: &FoundClaim) -> [Counting; 2] {
        let keys = &self.parts.keys;
        let event = &kept.conversion;
        let day = Day::of(event.at);
        let person = person(exposure).to_be_bytes();
        let advertiser = exposure.advertiser.as_str().as_bytes();
        let user: [&[u8]; 4] = [advertiser, event.app_id.as_bytes(), &day.0.to_be_bytes(), &person];
        let loyal: [&[u8]; 3] = [advertiser, event.app_id.as_bytes(), &person];
        let active = Active {
            claim: claim.token,
            day,
            days: LOYAL_DAYS,
            once: CountKey(keys.digest("counted loyal user", &loyal.join(&0))),
            counts: vec![line::one(exposure, event, "loyal_users")],
        };
        [
            Counting {
                once: CountKey(keys.digest("counted event", &kept.id.0)),
                at: day.start(),
                counts: line::of_event(exposure, event),
                active: Some(active),
            },
            Counting {
                once: CountKey(keys.digest("counted user", &user.join(&0))),
                at: day.start(),
                counts: vec![line::one(exposure, event, "unique_users")],
                active: None,
            },
        ]
    }
}

/// Returns whether the install was not lost to another ad, or rejected.
fn stands(outcome: Option<Outcome>) -> bool {
    match outcome {
        None | Some(Outcome::Won) => true,
        Some(Outcome::Lost | Outcome::Rejected(_)) => false,
    }
}

/// Returns whether events are credited from this partnership: of all that were told a touch of the latest install, it is
/// the one whose report came first. Of a later install, of which nobody was told one, none is.
fn is_credited(
    id: &PartnershipId,
    mine: ToldElsewhere,
    mut theirs: Vec<(&PartnershipId, ToldElsewhere)>,
) -> bool {
    theirs.retain(|(_, claim)| stands(claim.outcome));
    let all = || theirs.iter().copied().chain([(id, mine)]);
    let Some(latest) = all().map(|(_, claim)| claim.happened).max() else { return false };
    let unclaimed = all().filter_map(|(_, claim)| claim.unclaimed).max();
    if unclaimed.is_some_and(|at| at >= latest.plus(REPEAT_WITHIN)) {
        return false;
    }
    let of_latest = all().filter(|(_, claim)| claim.happened.plus(REPEAT_WITHIN) > latest);
    let first = of_latest.min_by_key(|(other, claim)| (claim.accepted_at, *other));
    first.is_some_and(|(first, _)| first == id)
}

/// With events on so many days since the install somebody keeps to the app.
const LOYAL_DAYS: u32 = 3;
