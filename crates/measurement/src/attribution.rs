//! Which touch a conversion is credited to. Pure: no clock, no store, no chance.
//!
//! The last click within its window wins; without one the last engaged view, and without that the last
//! impression. Windows are the campaign's. What cannot have led to the conversion is rejected with the
//! reason that the industry uses.

use crate::{Interaction, Touch, exposure::vocabulary};
use serde::{Deserialize, Serialize};
use sluicegate_gate::time::UnixMillis;
use std::{cmp::Reverse, time::Duration};

/// How long before a conversion a touch may lie, by its class, and what counts as an engaged view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// For clicks.
    pub click: Duration,
    /// For engaged views; never longer than for clicks.
    pub engaged_view: Duration,
    /// For impressions; never longer than for engaged views.
    pub view: Duration,
    /// A view of at least this long is an engaged one.
    pub engaged_after: Duration,
}

impl Windows {
    /// Returns windows in which none is longer than the one of the class above.
    #[must_use]
    pub fn ordered(self) -> Self {
        let engaged_view = self.engaged_view.min(self.click);
        Self { engaged_view, view: self.view.min(engaged_view), ..self }
    }

    /// Returns the shorter of both for each class.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        let shorter = Self {
            click: self.click.min(other.click),
            engaged_view: self.engaged_view.min(other.engaged_view),
            view: self.view.min(other.view),
            engaged_after: self.engaged_after,
        };
        shorter.ordered()
    }

    fn of(&self, touch: Touch) -> Duration {
        match touch {
            Touch::Click => self.click,
            Touch::EngagedView => self.engaged_view,
            Touch::Impression => self.view,
        }
    }
}

/// Click 7 days, engaged view 24 hours, impression 24 hours; engaged from 6 seconds on.
impl Default for Windows {
    fn default() -> Self {
        Self {
            click: Duration::from_hours(7 * 24),
            engaged_view: Duration::from_hours(24),
            view: Duration::from_hours(24),
            engaged_after: Duration::from_secs(6),
        }
    }
}

/// A touch that may have led to the conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What was done.
    pub interaction: Interaction,
    /// When.
    pub happened: UnixMillis,
    /// For how long the ad was in view.
    pub viewed: Option<Duration>,
    /// The windows of its campaign.
    pub windows: Windows,
}

impl Candidate {
    /// Returns its class. The length of the view decides between engaged view and impression, where it
    /// is known.
    pub fn touch(&self) -> Touch {
        let long = self.viewed.map(|viewed| viewed >= self.windows.engaged_after);
        match (self.interaction, self.interaction.touch(), long) {
            (_, Touch::Click, _) => Touch::Click,
            (Interaction::EngagedView, _, Some(false))
            | (_, Touch::Impression, Some(false) | None) => Touch::Impression,
            (_, Touch::EngagedView, _) | (_, Touch::Impression, Some(true)) => Touch::EngagedView,
        }
    }
}

/// A touch elsewhere that the measurement partner knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherTouch {
    /// Its class.
    pub touch: Touch,
    /// When.
    pub at: UnixMillis,
}

/// What is to be credited. Partners tell times in whole seconds: each stands for all of its second, and what
/// happened in it came before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converted {
    /// What happened.
    pub event: Event,
    /// When.
    pub at: UnixMillis,
    /// When the store began to install, where known.
    pub install_begin: Option<UnixMillis>,
    /// The last earlier install of the app on the device.
    pub earlier_install: Option<UnixMillis>,
    /// The best touch elsewhere.
    pub other: Option<OtherTouch>,
}

/// What can be credited to a touch of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The app was installed.
    Install,
    /// The app was installed again.
    Reinstall,
    /// An installed app was opened again from an ad.
    ReEngagement,
}

vocabulary! {
    /// What a credited conversion counts as.
    ConversionType {
        /// The first install.
        Install = "install",
        /// An install after an earlier one, led to by a touch since.
        ReAttribution = "re-attribution",
        /// A return to the installed app, led to by a touch.
        ReEngagement = "re-engagement",
    }
}

vocabulary! {
    /// Why a touch or an install is rejected, in the industry's words.
    RejectReason {
        /// The time from click to install is one that people do not have; a click after the install began
        /// (click injection) among them.
        CtitAnomalies = "ctit_anomalies",
        /// So many clicks of one device that they are not a person's.
        ClickFlood = "click_flood",
        /// The site is one that the partner does not count.
        SiteBlacklist = "site_blacklist",
        /// No person.
        Bots = "bots",
        /// The store does not know of the install.
        StoreInstallValidation = "store_install_validation",
        /// What follows the install is not what people do.
        BehavioralAnomalies = "behavioral_anomalies",
        /// The advertiser's own rules.
        InstallValidationRules = "install_validation_rules",
    }
}

/// What became of the candidates. They are named by their place in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributed {
    /// The touch that is credited.
    pub winner: Option<Winner>,
    /// Other touches within their windows, the best first.
    pub assists: Vec<usize>,
    /// Touches that cannot have led to it.
    pub rejected: Vec<Rejected>,
}

/// The touch that is credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// Which candidate.
    pub index: usize,
    /// As what.
    pub touch: Touch,
    /// What the conversion counts as.
    pub counts_as: ConversionType,
}

/// A touch that cannot have led to the conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Which candidate.
    pub index: usize,
    /// Why.
    pub reason: RejectReason,
    /// Seconds from the click to the install's begin, below zero if it came after; or clicks of the flood.
    pub value: i64,
}

/// Credits a conversion to one of the candidates, or to none. The order of the candidates matters only
/// between touches of one class in one millisecond: the later in the list wins.
pub fn attribute(converted: &Converted, candidates: &[Candidate]) -> Attributed {
    let Some(counts_as) = counts_as(converted) else { return Attributed::default() };
    let flood = flood(converted, candidates);
    let mut attributed = Attributed::default();
    let mut eligible: Vec<(u8, UnixMillis, usize, Touch)> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let touch = candidate.touch();
        match verdict(converted, candidate, touch, flood) {
            Verdict::Eligible => eligible.push((rank(touch), candidate.happened, index, touch)),
            Verdict::Passed => {}
            Verdict::Rejected(reason, value) => {
                attributed.rejected.push(Rejected { index, reason, value });
            }
        }
    }
    eligible.sort_unstable_by_key(|(rank, happened, index, _)| Reverse((*rank, *happened, *index)));
    let Some((best, happened, index, touch)) = eligible.first().copied() else { return attributed };
    // Why the windows of ours: no others are known, and both are held to the same rule.
    let windows = candidates.get(index).map(|ours| ours.windows).unwrap_or_default();
    let outranked = converted.other.is_some_and(|other| {
        other.at <= converted.at
            && may_have_led(converted, other.at, windows.of(other.touch))
            && !is_after_begin(converted, other.at)
            && (rank(other.touch), other.at) > (best, happened)
    });
    if !outranked {
        attributed.winner = Some(Winner { index, touch, counts_as });
    }
    let from = usize::from(!outranked);
    attributed.assists = eligible.iter().skip(from).map(|(_, _, index, _)| *index).collect();
    attributed
}

/// Returns what it would count as; `None` for one that repeats an install just reported.
pub(crate) fn counts_as(converted: &Converted) -> Option<ConversionType> {
    match (converted.event, converted.earlier_install) {
        (Event::ReEngagement, _) => Some(ConversionType::ReEngagement),
        (_, Some(earlier)) if converted.at < earlier.plus(REPEAT_WITHIN) => None,
        (Event::Install | Event::Reinstall, Some(_)) | (Event::Reinstall, None) => {
            Some(ConversionType::ReAttribution)
        }
        (Event::Install, None) => Some(ConversionType::Install),
    }
}

enum Verdict {
    Eligible,
    Passed,
    Rejected(RejectReason, i64),
}

fn verdict(
    converted: &Converted,
    candidate: &Candidate,
    touch: Touch,
    flood: Option<i64>,
) -> Verdict {
    let happened = candidate.happened;
    if !may_have_led(converted, happened, candidate.windows.of(touch)) {
        return Verdict::Passed;
    }
    match (touch, is_after_begin(converted, happened), flood) {
        (Touch::Click, true, _) => {
            let begin = converted.install_begin.map_or(0, |begin| begin.0);
            let seconds = begin.saturating_sub(happened.0).div_euclid(1_000);
            Verdict::Rejected(RejectReason::CtitAnomalies, seconds)
        }
        (Touch::EngagedView | Touch::Impression, true, _) => Verdict::Passed,
        (Touch::Click, false, Some(clicks)) => Verdict::Rejected(RejectReason::ClickFlood, clicks),
        (Touch::Click | Touch::EngagedView | Touch::Impression, false, _) => Verdict::Eligible,
    }
}

/// Returns whether a touch lies in its window, and belongs to no earlier install: what led to an install did not lead
/// back to the app, too. A window of zero is off.
fn may_have_led(converted: &Converted, happened: UnixMillis, window: Duration) -> bool {
    let belongs_to_earlier =
        converted.earlier_install.is_some_and(|earlier| happened <= end_of_second(earlier));
    is_in_window(converted, happened, window) && !belongs_to_earlier
}

fn is_in_window(converted: &Converted, happened: UnixMillis, window: Duration) -> bool {
    !window.is_zero()
        && happened <= end_of_second(converted.at)
        && happened.plus(window) >= converted.at
}

fn is_after_begin(converted: &Converted, happened: UnixMillis) -> bool {
    converted.install_begin.is_some_and(|begin| happened > end_of_second(begin))
}

/// Returns how many clicks a flood has, if those in their windows are one: more than a person makes within any 24 hours, or
/// so many in all that the older ones were not looked at.
fn flood(converted: &Converted, candidates: &[Candidate]) -> Option<i64> {
    let is_click = |one: &&Candidate| {
        let (window, happened) = (one.windows.click, one.happened);
        one.touch() == Touch::Click && is_in_window(converted, happened, window)
    };
    let clicks = candidates.iter().filter(is_click).map(|one| one.happened);
    let mut clicks: Vec<UnixMillis> = clicks.collect();
    clicks.sort_unstable();
    let until_a_day_after = |(first, happened): (usize, &UnixMillis)| {
        clicks.partition_point(|other| *other <= happened.plus(FLOOD_WITHIN)) - first
    };
    let of_a_day = clicks.iter().enumerate().map(until_a_day_after).max().unwrap_or_default();
    let most = if clicks.len() > CLICKS_IN_WINDOW_MAX { clicks.len() } else { of_a_day };
    let is_flood = most > CLICKS_PER_DAY_MAX;
    is_flood.then(|| i64::try_from(most).unwrap_or(i64::MAX))
}

/// Returns the last millisecond of what is told as a whole second.
pub(crate) fn end_of_second(told: UnixMillis) -> UnixMillis {
    told.plus(Duration::from_millis(999))
}

fn rank(touch: Touch) -> u8 {
    match touch {
        Touch::Impression => 0,
        Touch::EngagedView => 1,
        Touch::Click => 2,
    }
}

/// An install reported within this time of another of the app on the device is the same one.
pub const REPEAT_WITHIN: Duration = Duration::from_hours(24);
/// More clicks than this on one advertiser's ads by one device within 24 hours are no person's.
const CLICKS_PER_DAY_MAX: usize = 50;
const FLOOD_WITHIN: Duration = Duration::from_hours(24);
/// Nor are more than this in the windows of one conversion, of whatever days. No more than one beyond them need be looked
/// at: where there are fewer all are known, and so is every day with a flood.
pub(crate) const CLICKS_IN_WINDOW_MAX: usize = 99;
