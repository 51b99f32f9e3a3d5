//! What is told of conversions: touches found, judged, credited, settled and sealed.

use crate::{
    Candidate, ConversionType, Interaction, Keys, Touch, Windows, attribute,
    attribution::{Attributed, Rejected, Winner, counts_as, end_of_second},
    exposure::{Exposure, Said},
    judge::{Asked, Judge},
    keys::PartnerKeys,
    lookup::{
        Alias, Claim, ClaimToken, CountKey, FoundTouch, LeftOut, LookupError, LookupParts,
        PeopleOff, Rejections, Search, Settled, TouchAnswer, Touches,
        answer::{Finding, Frame},
        body::{Entry, Kept},
        line,
        shelf::people_of,
        store::ConversionsError,
        turns::{OwnTurns, Turns},
    },
    record::day_after,
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use sluicegate_gate::{
    AdvertiserId, DisclosureId, Path, Permit, Personal, Sealed, SubjectKey,
    time::{BootMillis, UnixMillis},
};
use sluicegate_ledger::{Day, WithheldNote};
use sluicegate_register::{Campaign, Edition, Partnership};
use sluicegate_settings::RequestKeys;
use std::{sync::Arc, time::Duration};
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
}

/// A touch of the device, and what the gate says of it.
struct Judged {
    exposure: Exposure,
    asked: Asked,
}

/// Some conversions with the touches of each, whose turn it is.
type Found<'k, 't> = (&'k [(usize, &'k Kept)], Vec<Vec<FoundTouch>>, Option<SemaphorePermit<'t>>);

/// What one conversion comes to.
struct Verdict {
    settled: Settled,
    sealed: Option<Sealed<Touches>>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        parts: &'a LookupParts,
        edition: &'a Edition,
        partnership: &'a Partnership,
        turns: &Turns,
    ) -> Self {
        Self {
            turns: turns.of(&partnership.terms.id),
            parts,
            edition,
            partnership,
            keys: parts.keys.partner(&partnership.terms.id),
            now: parts.clock.now(),
            boot: parts.clock.boot(),
        }
    }

    /// Decides what is told of each conversion: what is to be settled, and the touches, sealed. One search is made and
    /// one settlement is to be written for each conversion, whatever comes of it. Some are looked for at once, so that a
    /// body holds no more than their touches.
    pub(crate) async fn decide(
        &self,
        frame: &Arc<Frame>,
        entries: &[Entry],
    ) -> Result<(Vec<Settled>, Vec<Sealed<Touches>>), LookupError> {
        let kept: Vec<(usize, &Kept)> = entries
            .iter()
            .enumerate()
            .filter_map(|(place, entry)| match entry {
                Entry::Kept { kept, .. } => Some((place, kept.as_ref())),
                Entry::Refused { .. } => None,
            })
            .collect();
        let mut settled = Vec::with_capacity(kept.len());
        let mut sealed = Vec::new();
        let mut judged = 0;
        let searches: Vec<_> =
            kept.chunks(SEARCHED_AT_ONCE).map(|some| self.find(some).boxed()).collect();
        let mut searched = stream::iter(searches).buffered(SEARCHES);
        while let Some(found) = searched.next().await {
            let (some, found, _turn) = found?;
            for ((place, kept), found) in some.iter().zip(found) {
                judged += found.len();
                let verdict = self.verdict(frame, *place, kept, found)?;
                settled.push(verdict.settled);
                sealed.extend(verdict.sealed);
                if judged >= JUDGED_AT_ONCE {
                    // Why: of devices with many touches this takes long, and others wait for this thread.
                    tokio::task::yield_now().await;
                    judged = 0;
                }
            }
        }
        Ok((settled, sealed))
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
    ) -> Result<Found<'k, '_>, ConversionsError> {
        let searches = some.iter().map(|(_, kept)| self.search(kept)).collect();
        let turn = self.turns.take(some.len()).await;
        let found = self.parts.conversions.touches(searches, TOUCHES_MAX).await?;
        Ok((some, found, turn))
    }

    /// All of it is looked for, each class apart: what was only seen never hides a click.
    fn search(&self, kept: &Kept) -> Search {
        let id = &self.partnership.terms.id;
        let known_as = kept.conversion.known_as.open();
        let alias = self.parts.keys.alias("touch", id, kept.advertiser.as_str(), known_as);
        let at = kept.conversion.at;
        Search { alias, from: at.minus(WINDOW_MAX), until: end_of_second(at) }
    }

    fn verdict(
        &self,
        frame: &Arc<Frame>,
        place: usize,
        kept: &Kept,
        found: Vec<FoundTouch>,
    ) -> Result<Verdict, LookupError> {
        let nothing =
            || Settled { conversion: kept.id, claim: None, left_out: None, rejections: None };
        let Some(converted) = kept.conversion.converted(kept.earlier_install) else {
            return Ok(Verdict { settled: nothing(), sealed: None });
        };
        let mut open = Vec::new();
        let mut closed = Vec::new();
        for touch in found {
            let judged = self.judge(&touch, kept)?;
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
        let candidates = self.candidates(open.iter().map(|(exposure, _)| exposure), kept);
        let attributed = attribute(&converted, &candidates);
        let rejections = counts_as(&converted)
            .and_then(|counts_as| self.rejections(&open, kept, counts_as, &attributed.rejected));
        let Some(winner) = attributed.winner else {
            let all = self.candidates(closed.iter().map(|judged| &judged.exposure), kept);
            let lost = attribute(&converted, &all).winner;
            let left_out = lost.and_then(|lost| {
                closed.get(lost.index).and_then(|judged| self.left_out(judged, lost, kept))
            });
            let settled = Settled { left_out, rejections, ..nothing() };
            return Ok(Verdict { settled, sealed: None });
        };
        let (exposure, permit) = open.swap_remove(winner.index);
        let sealed = self.seal(permit, &exposure, (frame, place), kept, &attributed);
        let claim = Some(self.claim(&exposure, kept, winner, &attributed)?);
        let settled = Settled { claim, rejections, ..nothing() };
        Ok(Verdict { settled, sealed: Some(sealed) })
    }

    /// Judges a touch by what its exposure said about privacy, and by what the conversion says.
    fn judge(&self, touch: &FoundTouch, kept: &Kept) -> Result<Judged, LookupError> {
        let text = self.parts.keys.open(&touch.sealed).map_err(|_opaque| corrupt())?;
        let mut exposure: Exposure = serde_json::from_slice(&text).map_err(|_opaque| corrupt())?;
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
            let first = std::mem::take(&mut exposure.said);
            exposure.said = first.overlaid(&kept.conversion.said);
            let now = judge.ask(&exposure);
            exposure.said = first;
            if !matches!(now, Asked::Permitted(_)) {
                asked = now;
            }
        }
        Ok(Judged { exposure, asked })
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
            once: self.once("counted", exposure, kept, winner.counts_as),
            counts: line::of_conversion(exposure, conversion, winner, assists),
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

    /// What two partners report of one install of one device is counted once, and another device's for itself.
    fn once(
        &self,
        what: &str,
        exposure: &Exposure,
        kept: &Kept,
        counts_as: ConversionType,
    ) -> CountKey {
        let day = match counts_as {
            ConversionType::Install => String::new(),
            ConversionType::ReAttribution | ConversionType::ReEngagement => {
                Day::of(kept.conversion.at).0.to_string()
            }
        };
        let device = device(exposure).to_be_bytes();
        let parts = [
            exposure.advertiser.as_str().as_bytes(),
            kept.conversion.app_id.as_bytes(),
            counts_as.name().as_bytes(),
            day.as_bytes(),
            &device,
        ];
        CountKey(self.parts.keys.digest(what, &parts.join(&0)))
    }

    /// Returns what is counted of touches that cannot have led to the conversion, each on the line of its own ad.
    fn rejections(
        &self,
        open: &[(Exposure, Permit)],
        kept: &Kept,
        counts_as: ConversionType,
        rejected: &[Rejected],
    ) -> Option<Rejections> {
        let (exposure, _) = open.get(rejected.first()?.index)?;
        let once = self.once("counted rejections", exposure, kept, counts_as);
        let count = |one: &Rejected| {
            let (exposure, _) = open.get(one.index)?;
            Some(line::of_rejected(exposure, &kept.conversion, one.reason))
        };
        Some(Rejections { once, counts: rejected.iter().filter_map(count).collect() })
    }

    fn token(&self, kept: &Kept) -> ClaimToken {
        ClaimToken(self.parts.keys.digest("claim", &kept.id.0))
    }

    /// Notes that a touch was withheld. Who is left out because sharing is off, or was, may be in totals.
    fn left_out(&self, judged: &Judged, lost: Winner, kept: &Kept) -> Option<LeftOut> {
        let Asked::Withheld(refusal) = &judged.asked else { return None };
        self.parts.ledger.withheld(WithheldNote {
            partnership: self.partnership.terms.id.clone(),
            path: Path::Touches,
            reasons: refusal.reasons.clone(),
            keys: refusal.keys.clone(),
            at: self.now,
        });
        if self.parts.people_off == PeopleOff::Excluded || !refusal.is_choice_only() {
            return None;
        }
        let month = day_after(self.now, 0).get(..7).unwrap_or_default().to_owned();
        let RequestKeys { account, device, browser } = judged.exposure.subject.keys();
        let keys = &self.parts.keys;
        let digest =
            |key: SubjectKey| left_out_as(keys, &kept.advertiser, &month, lost.counts_as, key.hash);
        let people = [account, device, browser].into_iter().flatten().map(digest).collect();
        let day = Day::of(self.now);
        Some(LeftOut {
            advertiser: kept.advertiser.clone(),
            month,
            day,
            counts_as: lost.counts_as,
            people,
        })
    }
}

/// Returns the windows of an exposure's campaign, as the advertiser has them in the register.
pub(super) fn windows(edition: &Edition, exposure: &Exposure) -> Windows {
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
/// Twice as many clicks in a day are a flood already.
const TOUCHES_MAX: usize = 100;
/// Conversions of a body that are one search.
const SEARCHED_AT_ONCE: usize = 50;
/// Searches of a body at once: while the touches of one are judged, those of others are found.
const SEARCHES: usize = 2;
/// Touches that are judged before others have their turn, some hundred microseconds' worth.
const JUDGED_AT_ONCE: usize = 64;
