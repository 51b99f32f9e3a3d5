//! Judging one exposure for one partnership, now: what may be told is sealed, the rest has reasons.

use crate::{
    Candidate, PartnerKeys, Touch, explain,
    exposure::{Exposure, Said},
    fields::is_uuid,
    lookup::windows,
    record::{DeviceIds, ExposureRecord, Exposures, Sighting, Ticket, day_after},
};
use sluicegate_gate::{
    AdvertiserLink, Categories, Category, Decision, DisclosureId, EncodeError, Grants, Identifier,
    Loss, Opportunity, Permit, Personal, Question, Reason, Sealed, SubjectKey, SubjectState,
    decide,
    time::{BootMillis, UnixMillis},
};
use sluicegate_register::{DeviceIdForm, Edition, Partnership};
use sluicegate_settings::Settings;
use std::{cell::Cell, sync::Arc, time::Duration};

/// Judges exposures for one partnership under one edition at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) edition: &'a Edition,
    pub(crate) partnership: &'a Partnership,
    pub(crate) settings: &'a Settings,
    pub(crate) keys: &'a PartnerKeys,
    pub(crate) source: &'a Arc<str>,
    pub(crate) now: UnixMillis,
    pub(crate) boot: BootMillis,
}

/// What may become of one exposure at this moment.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It may be told; this is what would be.
    Permitted(Record),
    /// It may not be told.
    Withheld(Refusal),
    /// The partner may not keep it any more.
    TooOld,
    /// Nobody can tell of anybody: the view is too old. Nothing leaves, and nothing is settled.
    Undecided,
    /// Nobody can tell of this person before the next start: a shard of the view has stopped.
    Stopped,
}

/// What the gate says of one exposure, for the time it happened and for now.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it lives for one touch, and is mostly a permit")]
pub(crate) enum Asked {
    /// It may be told.
    Permitted(Permit),
    /// It may not be told.
    Withheld(Refusal),
    /// The partner may not keep it any more.
    TooOld,
    /// Nobody can tell of anybody: the view is too old.
    Undecided,
    /// Nobody can tell of this person before the next start: a shard of the view has stopped.
    Stopped,
}

/// What became of one exposure that waits to be told.
#[derive(Debug)]
pub(crate) enum Weighed {
    /// It may still be told, or nobody can tell.
    Stays,
    /// It may not be told any more.
    Withheld(Refusal),
    /// The partner may not keep it any more.
    TooOld,
}

/// A record that may be told.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) sealed: Sealed<Exposures>,
    pub(crate) bytes: usize,
    /// By what its text is known again.
    pub(crate) text: u64,
}

/// Why an exposure may not be told, and about whom it is.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) keys: Vec<SubjectKey>,
    pub(crate) reasons: Vec<Reason>,
}

impl Refusal {
    /// Returns whether nothing but the person's own choice, or the default in its place, forbids it: no
    /// law, no signal, no age.
    pub(crate) fn is_choice_only(&self) -> bool {
        let is_choice = |reason: &Reason| {
            matches!(
                reason,
                Reason::SharingOff(_)
                    | Reason::SharingOffOnLinkedAccount
                    | Reason::SharingOffByDefault
                    | Reason::HappenedWhileOff
            )
        };
        !self.reasons.is_empty() && self.reasons.iter().all(is_choice)
    }

    /// Returns the refusal of an exposure to a partnership that is no longer listed.
    pub(crate) fn unlisted(settings: &Settings, exposure: &Exposure) -> Self {
        let subject = settings.subject(&exposure.subject.keys());
        Self { keys: keys_of(&subject), reasons: vec![Reason::Ended] }
    }
}

impl Judge<'_> {
    /// Says whether an exposure that waits may still be told, and seals nothing. It stays where nothing but
    /// the partnership's standing still forbids it.
    pub(crate) fn weigh(&self, exposure: &Exposure) -> Weighed {
        let subject = self.settings.subject(&exposure.subject.keys());
        let Some(decision) = self.decide(exposure, &exposure.said, &subject) else {
            return Weighed::TooOld;
        };
        let Decision::Withheld(withheld) = decision else { return Weighed::Stays };
        let losses = &withheld.losses;
        let stays = |loss: &Loss| !concerns_exposures(*loss) || stands_still(*loss);
        if losses.iter().copied().any(passes) || losses.iter().all(stays) {
            return Weighed::Stays;
        }
        Weighed::Withheld(refusal(&subject, losses))
    }

    /// Judges an exposure for the time it happened and for now. `made_at` is the time in the message.
    pub(crate) fn judge(&self, exposure: &Exposure, made_at: UnixMillis) -> Verdict {
        match self.ask(exposure) {
            Asked::Permitted(permit) => Verdict::Permitted(self.seal(permit, exposure, made_at)),
            Asked::Withheld(refusal) => Verdict::Withheld(refusal),
            Asked::TooOld => Verdict::TooOld,
            Asked::Undecided => Verdict::Undecided,
            Asked::Stopped => Verdict::Stopped,
        }
    }

    /// Asks the gate whether an exposure may be told, for the time it happened and for now.
    pub(crate) fn ask(&self, exposure: &Exposure) -> Asked {
        self.ask_saying(exposure, &exposure.said)
    }

    /// The same, where that is said about privacy.
    pub(crate) fn ask_saying(&self, exposure: &Exposure, said: &Said) -> Asked {
        let subject = self.settings.subject(&exposure.subject.keys());
        match self.decide(exposure, said, &subject) {
            None => Asked::TooOld,
            Some(Decision::Permit(permit)) => Asked::Permitted(permit),
            Some(Decision::Withheld(withheld)) => {
                let losses = &withheld.losses;
                if losses.iter().any(|loss| loss.reason == Reason::ViewIncomplete) {
                    Asked::Stopped
                } else if losses.iter().copied().any(passes) {
                    Asked::Undecided
                } else {
                    Asked::Withheld(refusal(&subject, losses))
                }
            }
        }
    }

    /// Says what [`Self::judge`] would come to now, and seals nothing.
    pub(crate) fn explain(&self, exposure: &Exposure) -> Result<explain::Verdict, EncodeError> {
        let subject = self.settings.subject(&exposure.subject.keys());
        Ok(match self.decide(exposure, &exposure.said, &subject) {
            None => explain::Verdict::TooOld,
            Some(Decision::Permit(permit)) => {
                let draft = self.draft(exposure, self.now);
                let mut preview = permit.preview::<Exposures>(|grants| draft.build(grants))?;
                preview.losses.retain(|loss| concerns_exposures(*loss));
                explain::Verdict::Told(Box::new(preview))
            }
            Some(Decision::Withheld(mut withheld)) => {
                withheld.losses.retain(|loss| concerns_exposures(*loss));
                explain::Verdict::Withheld { losses: withheld.losses }
            }
        })
    }

    /// Asks the gate; `None` if the partner may not keep it any more.
    fn decide(&self, exposure: &Exposure, said: &Said, subject: &SubjectState) -> Option<Decision> {
        let days = self.partnership.retention_days.max(1);
        let kept_for = Duration::from_hours(24 * u64::from(days));
        if exposure.happened.plus(kept_for) < self.now {
            return None;
        }
        let signals = said.signals();
        Some(decide(&Question {
            terms: &self.partnership.terms,
            edition: self.edition.hash(),
            subject,
            memberships: &[],
            signals: &signals,
            country: exposure.country,
            surface: exposure.subject.surface(),
            identifier: self.identifier(exposure),
            opportunity: Opportunity::Exposure {
                happened: exposure.happened,
                advertiser: self.link(exposure),
            },
            now: self.now,
            boot: self.boot,
        }))
    }

    /// Returns whether the advertiser who ran the ad had linked this partnership by then, and has still. An app that is
    /// not the advertiser's own breaks the link.
    fn link(&self, exposure: &Exposure) -> AdvertiserLink {
        let Some(advertiser) = self.edition.advertiser(&exposure.advertiser) else {
            return AdvertiserLink::Missing;
        };
        let owns = |app: &String| advertiser.apps.iter().any(|own| own.id == *app);
        let partnership = &self.partnership.terms.id;
        let since = advertiser.linked_since.get(partnership);
        let linked = advertiser.measurement.contains(partnership)
            && since.is_none_or(|since| exposure.happened >= *since);
        if linked && exposure.app_id.as_ref().is_none_or(owns) {
            AdvertiserLink::Linked
        } else {
            AdvertiserLink::Missing
        }
    }

    fn seal(&self, permit: Permit, exposure: &Exposure, made_at: UnixMillis) -> Record {
        let draft = self.draft(exposure, made_at);
        let (bytes, text) = (Cell::new(0), Cell::new(0));
        let sealed = permit.seal::<Exposures>(|grants| {
            let mut record = draft.build(grants);
            bytes.set(record.write());
            text.set(self.keys.body(record.text()));
            record
        });
        Record { sealed, bytes: bytes.get(), text: text.get() }
    }

    fn draft<'e>(&self, exposure: &'e Exposure, made_at: UnixMillis) -> Draft<'e> {
        let ticket = Ticket {
            id: self.keys.record_id(&exposure.id),
            disclosure: DisclosureId(self.keys.disclosure(&exposure.id)),
            made_at,
            source: Arc::clone(self.source),
            retain_until: day_after(made_at, self.partnership.retention_days),
        };
        let ids = self.device_ids(exposure);
        let seen = sighting(exposure, class_of(self.edition, exposure));
        Draft { ticket, said: &exposure.said, ids, seen }
    }

    /// Where the id itself would be told, what is no advertising id is none.
    fn identifier(&self, exposure: &Exposure) -> Identifier {
        let subject = &exposure.subject;
        let ifa = subject.ifa.as_ref().map(Personal::open);
        let is_raw = self.partnership.device_id == DeviceIdForm::Raw;
        if is_raw && subject.browser_id.is_none() && ifa.is_some_and(|ifa| !is_uuid(ifa)) {
            return Identifier::Absent;
        }
        subject.identifier()
    }

    fn device_ids(&self, exposure: &Exposure) -> DeviceIds {
        let subject = &exposure.subject;
        let hash = |id: &String| self.keys.device_id(id);
        let ifa = subject.ifa.as_ref().map(Personal::open);
        let (device_id_hash, raw) = match self.partnership.device_id {
            DeviceIdForm::PerPartnerHmac => (ifa.map(hash), None),
            DeviceIdForm::Raw => (None, ifa.filter(|ifa| is_uuid(ifa)).cloned()),
        };
        DeviceIds {
            ifa_type: subject.ifa_type.filter(|_| ifa.is_some()),
            device_id_hash,
            ifa: raw,
            // Why: a browser's id is our own cookie; no partner ever gets it as it is.
            browser_id_hash: subject.browser_id.as_ref().map(|browser| hash(browser.open())),
        }
    }
}

/// What a record is built from, as far as the grants go.
struct Draft<'e> {
    ticket: Ticket,
    said: &'e Said,
    ids: DeviceIds,
    seen: Sighting,
}

impl Draft<'_> {
    fn build(self, grants: Grants<'_>) -> ExposureRecord<'_> {
        let mut record = ExposureRecord::begin(&grants, self.ticket);
        if let Some(grant) = grants.plumbing() {
            record = record.consent(grant, self.said.passed_on(grant.gdpr()));
        }
        if let Some(grant) = grants.device_identifier() {
            record = record.device(grant, self.ids);
        }
        if let Some(grant) = grants.exposure() {
            record = record.sighting(grant, self.seen);
        }
        record
    }
}

/// Returns the class of touch that an exposure is of, by the threshold that its campaign has now: to the partner that
/// is told of it, on the shelf, where clicks are not lost among what was only seen, and in answers and reports.
pub(crate) fn class_of(edition: &Edition, exposure: &Exposure) -> Touch {
    let candidate = Candidate {
        interaction: exposure.interaction,
        happened: exposure.happened,
        viewed: exposure.viewed(),
        windows: windows(edition, exposure),
    };
    candidate.touch()
}

fn refusal(subject: &SubjectState, losses: &[Loss]) -> Refusal {
    let of_exposures = losses.iter().filter(|loss| concerns_exposures(**loss));
    Refusal { keys: keys_of(subject), reasons: of_exposures.map(|loss| loss.reason).collect() }
}

/// Returns the keys of an exposure, for whom it is counted.
pub(crate) fn keys_of(subject: &SubjectState) -> Vec<SubjectKey> {
    subject.standings().map(|standing| standing.stamp.key).collect()
}

fn sighting(exposure: &Exposure, touch: Touch) -> Sighting {
    Sighting {
        interaction: exposure.interaction,
        touch,
        happened: exposure.happened,
        advertiser: exposure.advertiser.clone(),
        campaign_id: exposure.campaign_id.clone(),
        line_item_id: exposure.line_item_id.clone(),
        creative_id: exposure.creative_id.clone(),
        app_id: exposure.app_id.clone(),
        ad_format: exposure.ad_format,
        view_duration_ms: exposure.view_duration_ms,
        video_duration_ms: exposure.video_duration_ms,
        viewable_pct: exposure.viewable_pct,
    }
}

/// Returns whether a rule took something that an exposure tells. Those that take demographics only are
/// no reason for withholding one.
fn concerns_exposures(loss: Loss) -> bool {
    let told = Categories::of(&[Category::DeviceIdentifier, Category::Exposure]);
    !loss.categories.and(told).is_empty()
}

/// Returns whether what was lost comes back when the partnership goes on.
fn stands_still(loss: Loss) -> bool {
    matches!(loss.reason, Reason::Suspended | Reason::NotStarted)
}

/// Returns whether what was lost may come back: the view catches up, or is whole again after a start.
fn passes(loss: Loss) -> bool {
    matches!(loss.reason, Reason::ViewIncomplete | Reason::ViewTooOld)
}
