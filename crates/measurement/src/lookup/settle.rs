//! What is told of conversions: touches found, judged, credited, settled and sealed.

use crate::{
    Candidate, ConversionType, Interaction, Keys, Position, Touch, Windows, attribute,
    attribution::{
        Attributed, CLICKS_IN_WINDOW_MAX, Converted, Rejected, Winner, counts_as, end_of_second,
    },
    exposure::{Exposure, Said},
    judge::{Asked, Judge, Refusal},
    keys::PartnerKeys,
    lookup::{
        Alias, Claim, ClaimToken, CountKey, Found, FoundTouch, LeftOut, LookupError, LookupParts,
        PEOPLE_MAX, PeopleOff, Recurring, Search, Settled, TouchAnswer, Touches, Turn,
        answer::{Finding, Frame},
        body::{Entry as Item, Kept},
        judging::Judging,
        line,
        shelf::people_of,
        store::ConversionsError,
        turns::{OwnTurns, Turns},
    },
    record::day_after,
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use sluicegate_gate::{
    AdvertiserId, DisclosureId, Permit, Personal, Reason, Sealed, SubjectKey,
    time::{BootMillis, UnixMillis},
};
use sluicegate_ledger::{Day, Slip};
use sluicegate_register::{Campaign, Edition, Partnership};
use sluicegate_settings::RequestKeys;
use std::{
    collections::{HashMap, hash_map::Entry},
    hint::black_box,
    sync::Arc,
    time::Duration,
};
use tokio::sync::SemaphorePermit;

/// Settles what one partnership is told under one edition.
pub(crate) struct Desk<'a> {
    parts: &'a LookupParts,
    edition: &'a Edition,
    partnership: &'a Partnership,
    keys: PartnerKeys,
    now: UnixMillis,
    boot: BootMillis,
    turns: OwnTurns,
    judging: &'a Judging,
}

/// A touch of the device, and what the gate says of it.
struct Judged {
    exposure: Arc<Exposure>,
    asked: Asked,
}

/// Some conversions with the touches of each, whose turn it is.
type Searched<'k, 't> = (&'k [(usize, &'k Kept)], Vec<Found>, Option<SemaphorePermit<'t>>);

/// Touches that were opened for some conversions: one that is found for several is opened once.
type Opened = HashMap<Position, Arc<Exposure>>;

/// What one conversion comes to.
struct Verdict {
    settled: Settled,
    sealed: Option<Sealed<Touches>>,
    slip: Option<Slip>,
}

/// What bodies of conversions come to.
#[derive(Default)]
pub(crate) struct Decided {
    pub(crate) settled: Vec<Settled>,
    /// The touches that are told.
    pub(crate) sealed: Vec<Sealed<Touches>>,
    /// One for each conversion: what of it was withheld, or nothing.
    pub(crate) slips: Vec<Option<Slip>>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        parts: &'a LookupParts,
        edition: &'a Edition,
        partnership: &'a Partnership,
        (turns, judging): (&Turns, &'a Judging),
    ) -> Self {
        Self {
            turns: turns.of(&partnership.terms.id),
            judging,
            parts,
            edition,
            partnership,
            keys: parts.keys.partner(&partnership.terms.id),
            now: parts.clock.now(),
            boot: parts.clock.boot(),
        }
    }

    /// Decides what is told of each conversion: what is to be settled, and the touches, sealed. One search is made and
    /// one settlement is to be written for each conversion, whatever comes of it, at least one touch is judged, and one
    /// slip is filled in or left empty. Some are looked for at once, so that a body holds no more than their touches.
    pub(crate) async fn decide(
        &self,
        frame: &Arc<Frame>,
        entries: &[Item],
    ) -> Result<Decided, LookupError> {
        let kept: Vec<(usize, &Kept)> = entries
            .iter()
            .enumerate()
            .filter_map(|(place, entry)| match entry {
                Item::Kept { kept, .. } => Some((place, kept.as_ref())),
                Item::Refused { .. } => None,
            })
            .collect();
        let mut decided = Decided::default();
        let mut judged = 0;
        let searches: Vec<_> =
            kept.chunks(SEARCHED_AT_ONCE).map(|some| self.find(some).boxed()).collect();
        let mut searched = stream::iter(searches).buffered(SEARCHES);
        while let Some(found) = searched.next().await {
            let (some, found, _turn) = found?;
            let mut opened = Opened::new();
            for ((place, kept), found) in some.iter().zip(found) {
                judged += found.touches.len().max(1);
                let verdict = self.verdict((frame, *place), kept, &found, &mut opened)?;
                decided.settled.push(verdict.settled);
                decided.sealed.extend(verdict.sealed);
                decided.slips.push(verdict.slip);
                if judged >= JUDGED_AT_ONCE {
                    // Why: of devices with many touches this takes long, and others wait for this thread.
                    tokio::task::yield_now().await;
                    judged = 0;
                }
            }
        }
        Ok(decided)
    }

    /// Writes what became of the conversions, durably.
    pub(crate) async fn settle(&self, settled: Vec<Settled>) -> Result<(), LookupError> {
        let id = self.partnership.terms.id.clone();
        Ok(self.parts.conversions.settle(id, self.now, settled).await?)
    }

    /// Looks for the touches of some. Until they are judged it is their turn, so that all bodies of the partnership hold
    /// no more than some.
    async fn find<'k>(
        &self,
        some: &'k [(usize, &'k Kept)],
    ) -> Result<Searched<'k, '_>, ConversionsError> {
        let searches = some.iter().map(|(_, kept)| search(kept)).collect();
        let turn = self.turns.take(some.len()).await;
        let found = self.parts.conversions.touches(searches, TOUCHES_MAX).await?;
        Ok((some, found, turn))
    }

    fn verdict(
        &self,
        (frame, place): (&Arc<Frame>, usize),
        kept: &Kept,
        found: &Found,
        opened: &mut Opened,
    ) -> Result<Verdict, LookupError> {
        let nothing =
            || Settled { conversion: kept.id, claim: None, left_out: None, rejections: None };
        let Some(converted) = kept.conversion.converted(kept.earlier_install) else {
            return Ok(Verdict { settled: nothing(), sealed: None, slip: None });
        };
        if let Some(another) = &found.instead {
            self.pass(another, kept, &converted, opened);
        }
        let mut open = Vec::new();
        let mut closed = Vec::new();
        for touch in &found.touches {
            let judged = self.judge(touch, kept, opened)?;
            let app = judged.exposure.app_id.as_ref();
            // An ad for another app of the advertiser led nobody to this one.
            if app.is_some_and(|app| *app != kept.conversion.app_id) {
                continue;
            }
            match judged.asked {
                Asked::Permitted(permit) => open.push((judged.exposure, permit)),
                asked => closed.push(Judged { exposure: judged.exposure, asked }),
            }
        }
        let candidates = self.candidates(open.iter().map(|(exposure, _)| exposure.as_ref()), kept);
        let attributed = attribute(&converted, &candidates);
        let rejections = counts_as(&converted)
            .and_then(|counts_as| self.rejections(&open, kept, counts_as, &attributed.rejected));
        let Some(winner) = attributed.winner else {
            let all = self.candidates(closed.iter().map(|judged| judged.exposure.as_ref()), kept);
            let lost = attribute(&converted, &all).winner;
            let lost = lost.and_then(|lost| Some((closed.get(lost.index)?, lost.counts_as)));
            let (slip, left_out) = lost.map_or_else(
                || (None, self.nobody_left_out(&converted, kept)),
                |(judged, counts_as)| self.left_out(judged, counts_as, kept),
            );
            let settled = Settled { left_out, rejections, ..nothing() };
            return Ok(Verdict { settled, sealed: None, slip });
        };
        let (exposure, permit) = open.swap_remove(winner.index);
        let sealed = self.seal(permit, &exposure, (frame, place), kept, &attributed);
        let claim = Some(self.claim(&exposure, kept, winner, &attributed)?);
        let settled = Settled { claim, rejections, ..nothing() };
        Ok(Verdict { settled, sealed: Some(sealed), slip: None })
    }

    /// Judges a touch by what its exposure said about privacy, and by what the conversion says.
    fn judge(
        &self,
        touch: &FoundTouch,
        kept: &Kept,
        opened: &mut Opened,
    ) -> Result<Judged, LookupError> {
        let exposure = match opened.entry(touch.position) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(free) => {
                self.judging.opened();
                let text = self.parts.keys.open(&touch.sealed).map_err(|_opaque| corrupt())?;
                let exposure = serde_json::from_slice(&text).map_err(|_opaque| corrupt())?;
                Arc::clone(free.insert(Arc::new(exposure)))
            }
        };
        let judge = Judge {
            edition: self.edition,
            partnership: self.partnership,
            settings: &self.parts.settings,
            keys: &self.keys,
            now: self.now,
            boot: self.boot,
            // Only messages have one.
            source: &Arc::from(""),
        };
        let mut asked = judge.ask(&exposure);
        if matches!(asked, Asked::Permitted(_)) && kept.conversion.said != Said::default() {
            let said = exposure.said.overlaid(&kept.conversion.said);
            let now = judge.ask_saying(&exposure, &said);
            if !matches!(now, Asked::Permitted(_)) {
                asked = now;
            }
        }
        Ok(Judged { exposure, asked })
    }

    /// Does with a touch that is none of the device's what is done with one that is not told. Nothing comes of it: it is
    /// done for the time it takes.
    fn pass(&self, another: &FoundTouch, kept: &Kept, converted: &Converted, opened: &mut Opened) {
        // One that does not open is found where it is somebody's.
        let Ok(judged) = self.judge(another, kept, opened) else { return };
        let mut candidates = self.candidates(std::iter::once(judged.exposure.as_ref()), kept);
        for candidate in &mut candidates {
            candidate.happened = kept.conversion.at;
        }
        let refusal = match judged.asked {
            Asked::Withheld(refusal) => refusal,
            Asked::Permitted(_) | Asked::TooOld | Asked::Undecided | Asked::Stopped => {
                let keys = judged.exposure.subject.keys();
                let keys = [keys.account, keys.device, keys.browser].into_iter().flatten();
                Refusal { keys: keys.collect(), reasons: vec![Reason::HappenedWhileOff] }
            }
        };
        let judged = Judged { exposure: judged.exposure, asked: Asked::Withheld(refusal) };
        if let Some(lost) = attribute(converted, &candidates).winner {
            black_box(self.left_out(&judged, lost.counts_as, kept));
        }
    }

    fn candidates<'e>(
        &self,
        exposures: impl Iterator<Item = &'e Exposure>,
        kept: &Kept,
    ) -> Vec<Candidate> {
        let asked = kept.conversion.windows;
        let candidate = |exposure: &Exposure| Candidate {
            interaction: exposure.interaction,
            happened: exposure.happened,
            viewed: exposure.viewed(),
            windows: asked.within(windows(self.edition, exposure)),
        };
        exposures.map(candidate).collect()
    }

    fn seal(
        &self,
        permit: Permit,
        exposure: &Exposure,
        (frame, place): (&Arc<Frame>, usize),
        kept: &Kept,
        attributed: &Attributed,
    ) -> Sealed<Touches> {
        let disclosure = DisclosureId(self.keys.lookup_disclosure(&exposure.id, &kept.name));
        let touch = attributed.winner.map_or(Touch::Impression, |winner| winner.touch);
        let finding = self.finding(exposure, kept, touch, attributed.assists.len());
        let frame = Arc::clone(frame);
        permit.seal::<Touches>(|grants| {
            let answer = TouchAnswer::begin(grants, frame, place, disclosure);
            match (grants.device_identifier(), grants.exposure()) {
                (Some(device), Some(exposure)) => answer.touch(device, exposure, finding),
                (None, _) | (_, None) => answer,
            }
        })
    }

    fn finding(&self, exposure: &Exposure, kept: &Kept, touch: Touch, assists: usize) -> Finding {
        let interaction: Interaction = exposure.interaction;
        Finding {
            claim_token: claim_name(self.token(kept)),
            touch,
            interaction,
            happened: exposure.happened,
            view_duration_ms: exposure.view_duration_ms,
            advertiser: exposure.advertiser.clone(),
            campaign_id: exposure.campaign_id.clone(),
            line_item_id: exposure.line_item_id.clone(),
            creative_id: exposure.creative_id.clone(),
            assists,
            retain_until: day_after(self.now, self.partnership.retention_days),
        }
    }

    fn claim(
        &self,
        exposure: &Exposure,
        kept: &Kept,
        winner: Winner,
        attributed: &Attributed,
    ) -> Result<Claim, LookupError> {
        let text = serde_json::to_vec(exposure).map_err(|_write| crate::SealError::Seal)?;
        let conversion = &kept.conversion;
        let assists = attributed.assists.len();
        Ok(Claim {
            token: self.token(kept),
            advertiser: exposure.advertiser.clone(),
            day: Day::of(conversion.at),
            line: line::line(exposure, &conversion.app_id),
            sealed: self.parts.keys.seal(&[&text], self.parts.dice.as_ref())?,
            recurring: Recurring {
                series: self.series("counted", exposure, kept, winner.counts_as),
                happened: conversion.at,
                turn: Turn::of(winner.counts_as),
                counts: line::of_conversion(exposure, conversion, winner, assists),
            },
            installations: self.installations(exposure, kept),
            people: people_of(&self.parts.keys, exposure),
        })
    }

    /// Returns by what the app on the device will be known: while the key behind device ids rotates the
    /// partner reports the same device under another hash.
    fn installations(&self, exposure: &Exposure, kept: &Kept) -> Vec<Alias> {
        let subject = &exposure.subject;
        let known_as = kept.conversion.known_as.open();
        let ids = [&subject.ifa, &subject.browser_id].into_iter().flatten().map(Personal::open);
        let mut hashes = ids.map(|id| self.keys.installed_ids(id));
        let hashes = hashes.find(|hashes| hashes.contains(known_as)).unwrap_or_default();
        let (id, app) = (&self.partnership.terms.id, &kept.conversion.app_id);
        let alias = |hash: &String| self.parts.keys.alias("installation", id, app, hash);
        hashes.iter().map(alias).collect()
    }

    /// All installs of the app on one device are a series, and so are all returns, whichever partner reports them. Another
    /// device's are another.
    fn series(
        &self,
        what: &str,
        exposure: &Exposure,
        kept: &Kept,
        counts_as: ConversionType,
    ) -> CountKey {
        let series = match counts_as {
            ConversionType::Install | ConversionType::ReAttribution => ConversionType::Install,
            ConversionType::ReEngagement => ConversionType::ReEngagement,
        };
        let device = device(exposure).to_be_bytes();
        let parts = [
            exposure.advertiser.as_str().as_bytes(),
            kept.conversion.app_id.as_bytes(),
            series.name().as_bytes(),
            &device,
        ];
        CountKey(self.parts.keys.digest(what, &parts.join(&0)))
    }

    /// Returns what is counted of touches that cannot have led to the conversion, each on the line of its own ad.
    fn rejections(
        &self,
        open: &[(Arc<Exposure>, Permit)],
        kept: &Kept,
        counts_as: ConversionType,
        rejected: &[Rejected],
    ) -> Option<Recurring> {
        let (exposure, _) = open.get(rejected.first()?.index)?;
        let series = self.series("counted rejections", exposure, kept, counts_as);
        let count = |one: &Rejected| {
            let (exposure, _) = open.get(one.index)?;
            Some(line::of_rejected(exposure, &kept.conversion, one.reason))
        };
        Some(Recurring {
            series,
            happened: kept.conversion.at,
            turn: Turn::of(counts_as),
            counts: rejected.iter().filter_map(count).collect(),
        })
    }

    fn token(&self, kept: &Kept) -> ClaimToken {
        ClaimToken(self.parts.keys.digest("claim", &kept.id.0))
    }

    /// Returns what of a withheld touch is counted. Who is left out because sharing is off, or was, may be in totals.
    fn left_out(
        &self,
        judged: &Judged,
        counts_as: ConversionType,
        kept: &Kept,
    ) -> (Option<Slip>, Option<LeftOut>) {
        let nobody = self.left_out_of(counts_as, kept);
        let Asked::Withheld(refusal) = &judged.asked else { return (None, nobody) };
        let slip = Slip { keys: refusal.keys.clone(), reasons: refusal.reasons.clone() };
        if !refusal.is_choice_only() {
            return (Some(slip), nobody);
        }
        let left_out = nobody.map(|mut left_out| {
            let RequestKeys { account, device, browser } = judged.exposure.subject.keys();
            let (keys, month) = (&self.parts.keys, &left_out.month);
            let digest =
                |key: SubjectKey| left_out_as(keys, &kept.advertiser, month, counts_as, key.hash);
            let people = [account, device, browser].into_iter().flatten().map(digest);
            let people = people.chain(std::iter::repeat(LeftOut::NOBODY)).take(PEOPLE_MAX);
            left_out.people = people.collect();
            left_out
        });
        (Some(slip), left_out)
    }

    fn nobody_left_out(&self, converted: &Converted, kept: &Kept) -> Option<LeftOut> {
        self.left_out_of(counts_as(converted)?, kept)
    }

    /// Returns that nobody is left out, in as many bytes as somebody, where anybody ever is.
    fn left_out_of(&self, counts_as: ConversionType, kept: &Kept) -> Option<LeftOut> {
        match self.parts.people_off {
            PeopleOff::Excluded => None,
            PeopleOff::InTotals => Some(LeftOut {
                advertiser: kept.advertiser.clone(),
                month: day_after(self.now, 0).get(..7).unwrap_or_default().to_owned(),
                day: Day::of(self.now),
                counts_as,
                people: vec![LeftOut::NOBODY; PEOPLE_MAX],
            }),
        }
    }
}

/// Returns what is looked for: all of it, each class apart, so that what was only seen never hides a click.
fn search(kept: &Kept) -> Search {
    let (alias, at) = (kept.device.alias, kept.conversion.at);
    Search { alias, from: at.minus(WINDOW_MAX), until: end_of_second(at) }
}

/// Returns the windows of an exposure's campaign, as the advertiser has them in the register.
pub(crate) fn windows(edition: &Edition, exposure: &Exposure) -> Windows {
    let advertiser = edition.advertiser(&exposure.advertiser);
    let campaign = advertiser
        .and_then(|one| one.campaigns.iter().find(|campaign| campaign.id == exposure.campaign_id));
    campaign.map_or_else(Windows::default, windows_of)
}

/// Returns the windows of a campaign.
pub(crate) fn windows_of(campaign: &Campaign) -> Windows {
    Windows {
        click: Duration::from_hours(24 * u64::from(campaign.click_days)),
        engaged_view: Duration::from_hours(u64::from(campaign.engaged_view_hours)),
        view: Duration::from_hours(u64::from(campaign.view_hours)),
        engaged_after: Duration::from_millis(u64::from(campaign.engaged_view_ms)),
    }
}

/// Returns whose exposure it is: the account, where there is one, since a person may have several
/// devices.
pub(super) fn person(exposure: &Exposure) -> u128 {
    let subject = &exposure.subject;
    subject.account.or(subject.device).or(subject.browser).unwrap_or_default()
}

/// Returns on which device it was, or in which browser. Touches are found by these two alone, so it is the device of the
/// conversion, too, and all partners have the same.
fn device(exposure: &Exposure) -> u128 {
    let subject = &exposure.subject;
    subject.device.or(subject.browser).or(subject.account).unwrap_or_default()
}

/// Returns what somebody is among those who are in an advertiser's totals of a month only.
pub(crate) fn left_out_as(
    keys: &Keys,
    advertiser: &AdvertiserId,
    month: &str,
    counts_as: ConversionType,
    hash: u128,
) -> [u8; 16] {
    let hash = hash.to_be_bytes();
    let parts: [&[u8]; 4] =
        [advertiser.as_str().as_bytes(), month.as_bytes(), counts_as.name().as_bytes(), &hash];
    keys.digest("left out", &parts.join(&0))
}

/// Returns a claim's name on the wire.
pub(crate) fn claim_name(token: ClaimToken) -> String {
    format!("clm_{}", hex::encode(token.0))
}

fn corrupt() -> ConversionsError {
    ConversionsError::Corrupt("a touch does not open under this key")
}

/// No window is longer.
const WINDOW_MAX: Duration = Duration::from_hours(30 * 24);
/// Touches of one device and class that are looked at for one conversion: the latest. Those that may not be told
/// are among them, so one of them hides an older one that may be told only behind that many of its class.
/// So many clicks are a flood already.
const TOUCHES_MAX: usize = CLICKS_IN_WINDOW_MAX + 1;
/// Conversions of a body that are one search.
const SEARCHED_AT_ONCE: usize = 50;
/// Searches of a body at once: while the touches of one are judged, those of others are found.
const SEARCHES: usize = 2;
/// Touches that are judged before others have their turn, some hundred microseconds' worth.
const JUDGED_AT_ONCE: usize = 64;
