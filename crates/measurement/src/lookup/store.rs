//! Where touches and conversions are kept, as a port.
//!
//! A touch is an exposure on the shelf: sealed, and found only by an [`Alias`], a keyed digest of the
//! partnership, the advertiser and what stands for the device with that partnership. So a question of
//! one partner cannot meet what another advertiser ran, and the table tells nobody who saw what.
//!
//! Conversions are kept under a keyed digest of the partner's own id. What a report counts is added in
//! the transaction that settles what is counted, once per [`CountKey`].
//!
//! Whose a touch is stands beside it as keyed digests, too, so that a person can be erased at once.

use super::{entering::Entering, recurring::Recurring};
use crate::{ConversionType, Position, RejectReason, Touch};
use futures_util::future::BoxFuture;
use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use std::{fmt::Debug, time::Duration};

/// What stands for a device or browser between one partnership and one advertiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias(pub [u8; 16]);

/// One key of a person whose touch it is. Only under this store's key does it say whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Whose(pub [u8; 16]);

/// What is counted once only, or of what there is a series. Conversions, events, users and postbacks never share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountKey(pub [u8; 16]);

/// A conversion: a keyed digest of the partnership and of its own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversionId(pub [u8; 16]);

/// What a partner names a claim by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimToken(pub [u8; 16]);

/// A stretch of the journal, put on the shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelving {
    /// Where the shelf must stand; otherwise nothing is written.
    pub from: Position,
    /// Where it stands afterwards.
    pub until: Position,
    /// The touches.
    pub touches: Vec<NewTouch>,
    /// What reports count of them.
    pub counts: Vec<Count>,
}

/// A touch to put on the shelf.
#[derive(Clone, PartialEq, Eq)]
pub struct NewTouch {
    /// The exposure's place in the journal.
    pub position: Position,
    /// When it happened.
    pub happened: UnixMillis,
    /// Its class, by the windows that its campaign had when it was put there.
    pub class: Touch,
    /// By what it is found.
    pub aliases: Vec<Alias>,
    /// Whose it is.
    pub people: Vec<Whose>,
    /// The exposure, sealed.
    pub sealed: Vec<u8>,
}

impl Debug for NewTouch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NewTouch({})", self.position.0)
    }
}

/// A touch as it was found.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundTouch {
    /// The exposure's place in the journal.
    pub position: Position,
    /// The exposure, sealed.
    pub sealed: Vec<u8>,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The touches.
    pub touches: Vec<FoundTouch>,
    /// Where there are none: any other touch on the shelf, nobody of the search's. Whoever asked does with it
    /// what is done with one that is not told, and drops what comes of it, so that nothing found takes as long.
    pub instead: Option<FoundTouch>,
}

impl Debug for FoundTouch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "FoundTouch({})", self.position.0)
    }
}

/// Which touches are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Whose.
    pub alias: Alias,
    /// The earliest.
    pub from: UnixMillis,
    /// The latest.
    pub until: UnixMillis,
}

/// Something that is added to a report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// Whose report.
    pub advertiser: AdvertiserId,
    /// On which day.
    pub day: Day,
    /// Which line of the report, as text.
    pub line: String,
    /// Which column.
    pub measure: String,
    /// How much. In one place it adds up to [`AMOUNT_MAX`] at most, and to as much below zero.
    pub amount: i64,
}

/// Of what a report is made: of an advertiser's counts on these days.
#[derive(Clone, Debug)]
pub struct CountsOf {
    /// Whose.
    pub advertiser: AdvertiserId,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// The one campaign that they are of; of all where there is none.
    pub campaign: Option<String>,
}

impl CountsOf {
    /// Of all campaigns.
    pub fn all(advertiser: AdvertiserId, from: Day, to: Day) -> Self {
        Self { advertiser, from, to, campaign: None }
    }
}

/// What stands in one place of a report at most: nine million million units of a currency in millionths. A partner can
/// report more than that; [`is_cut`] says so.
pub const AMOUNT_MAX: i64 = 9_000_000_000_000_000_000;

/// Adds up what is counted in one place. A sum that was cut stays so: what is taken off it later would make a number
/// that looks right.
pub fn add_up(sum: i64, amount: i64) -> i64 {
    if is_cut(sum) { sum } else { sum.saturating_add(amount).clamp(-AMOUNT_MAX, AMOUNT_MAX) }
}

/// Returns whether a sum reached what stands in one place at most, so that the true one may be further from zero.
pub fn is_cut(sum: i64) -> bool {
    sum.saturating_abs() >= AMOUNT_MAX
}

/// Something that reports count once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Under which key.
    pub once: CountKey,
    /// As of when it was counted, for [`Old::conversions`]: later, where the key must be known for longer.
    pub at: UnixMillis,
    /// What is added.
    pub counts: Vec<Count>,
    /// The day on which somebody used an app that an ad led to.
    pub active: Option<Active>,
}

/// A day on which an app was used. Each counts once for its claim, in whatever order they are reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// The claim of the install.
    pub claim: ClaimToken,
    /// The day.
    pub day: Day,
    /// With so many days the following is added.
    pub days: u32,
    /// Under which key, once only: one person may have several claims.
    pub once: CountKey,
    /// What is added then.
    pub counts: Vec<Count>,
}

impl Active {
    /// Returns under which key the day counts once: a claim's token is random, and no two of its days have the same.
    pub fn of_day(&self) -> CountKey {
        let day = u128::from(self.day.0.cast_unsigned());
        CountKey((u128::from_be_bytes(self.claim.0) ^ day).to_be_bytes())
    }
}

/// A conversion to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct NewConversion {
    /// Which.
    pub id: ConversionId,
    /// Digest of everything that is kept of it, but for whose it is.
    pub content: [u8; 16],
    /// Whose.
    pub alias: Alias,
    /// Which app on whose device: by what an earlier install is found.
    pub installation: Alias,
    /// What it is.
    pub sort: Sort,
    /// When it happened.
    pub happened: UnixMillis,
    /// The conversion, sealed.
    pub sealed: Vec<u8>,
}

impl Debug for NewConversion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewConversion")
    }
}

impl NewConversion {
    /// Returns whose it is.
    pub fn device(&self) -> Device {
        Device { alias: self.alias, installation: self.installation }
    }
}

/// By what a conversion's device is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Device {
    /// With the advertiser: by what touches are found.
    pub alias: Alias,
    /// With the app: by what installs are.
    pub installation: Alias,
}

/// What a conversion is, as far as the store tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// An install: a later one is found by it, and so is what happens later in the app.
    Install,
    /// A return to the app.
    Return,
    /// An event in the app. It asks for no touch, and is counted apart from those that do.
    InApp,
}

/// What one partnership may report, so that lookups cannot be used to try out devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// New installs and returns a day.
    pub per_day: u64,
    /// New installs and returns a day about one device and advertiser.
    pub per_device_per_day: u64,
    /// New events in the app a day.
    pub events_per_day: u64,
    /// New events in the app a day about one device and advertiser.
    pub events_per_device_per_day: u64,
}

/// What became of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It is new.
    Fresh {
        /// The last install of the app on the device before it.
        earlier_install: Option<UnixMillis>,
    },
    /// The same was accepted before.
    Repeat {
        /// Where it was reported of another device: of which.
        instead: Option<Device>,
        /// The last install of the app before it on the device of which it was reported first.
        earlier_install: Option<UnixMillis>,
    },
    /// Another was accepted under its id.
    Conflict,
    /// The device or the partnership has had its number for the day.
    Capped(Cap),
}

/// Which number was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cap {
    /// That of the partnership.
    Partnership,
    /// That of one device.
    Device,
}

/// What became of a conversion's question. Exactly one is written for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which conversion.
    pub conversion: ConversionId,
    /// The claim; none when nothing is told.
    pub claim: Option<Claim>,
    /// Who is left out, where a touch was found and may not be told.
    pub left_out: Option<LeftOut>,
    /// What is counted of touches that might be told and cannot have led to it, whether another did or not.
    pub rejections: Option<Recurring>,
}

/// A touch that is told.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub token: ClaimToken,
    /// Whose report it is in.
    pub advertiser: AdvertiserId,
    /// On which day of the report.
    pub day: Day,
    /// On which line of the report.
    pub line: String,
    /// The exposure, sealed.
    pub sealed: Vec<u8>,
    /// What is counted.
    pub recurring: Recurring,
    /// The app on the device, under every key that holds or will hold next: by what later events and
    /// installs find this one.
    pub installations: Vec<Alias>,
    /// Whose exposure it is: by them it is erased, also once the touch is forgotten.
    pub people: Vec<Whose>,
}

impl Debug for Claim {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Claim({})", self.advertiser)
    }
}

/// Keys that name one person at most: account, device and browser.
pub const PEOPLE_MAX: usize = 3;

/// Someone who is only in totals, and there once a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The advertiser.
    pub advertiser: AdvertiserId,
    /// The month, as `2026-11`.
    pub month: String,
    /// The day on which it is counted.
    pub day: Day,
    /// As what.
    pub counts_as: ConversionType,
    /// Keyed digests of the month and of each key that names the person, at most [`PEOPLE_MAX`]. Whoever has one of
    /// them in common with somebody who is counted is the same person. [`Self::NOBODY`] fills it up.
    pub people: Vec<[u8; 16]>,
}

impl LeftOut {
    /// In the place of a digest: so that as much is written of whoever is left out and of nobody.
    pub const NOBODY: [u8; 16] = [0; 16];

    /// Returns the digests that name somebody.
    pub fn named(&self) -> impl Iterator<Item = &[u8; 16]> {
        self.people.iter().filter(|person| **person != Self::NOBODY)
    }
}

/// How a claim ended with the partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The install was credited to the touch.
    Won,
    /// It was credited to another.
    Lost,
    /// It was rejected.
    Rejected(RejectReason),
}

/// What became of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is kept.
    Kept,
    /// The same was kept before.
    Repeat,
    /// Another was kept before.
    Conflict,
    /// The partnership has no such claim.
    Unknown,
}

/// An app on a device, when something happened in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppUse {
    /// Which app on whose device.
    pub installation: Alias,
    /// When.
    pub at: UnixMillis,
}

/// A claim as it was found, for what happens later in the app.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundClaim {
    /// When the install happened.
    pub happened: UnixMillis,
    /// When it was reported first.
    pub accepted_at: UnixMillis,
    /// How it ended with the partner, where that was said.
    pub outcome: Option<Outcome>,
    /// Whose report it is in.
    pub advertiser: AdvertiserId,
    /// On which line.
    pub line: String,
    /// The exposure, sealed.
    pub sealed: Vec<u8>,
    /// The name of the claim.
    pub token: ClaimToken,
    /// When the last install after it happened of which no touch was told, no later than what is asked about.
    pub unclaimed: Option<UnixMillis>,
}

impl Debug for FoundClaim {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "FoundClaim({})", self.advertiser)
    }
}

/// A claim as it was found among those of another partnership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldElsewhere {
    /// When the install happened.
    pub happened: UnixMillis,
    /// When it was reported first.
    pub accepted_at: UnixMillis,
    /// How it ended with the partner, where that was said.
    pub outcome: Option<Outcome>,
    /// When the last install after it happened of which no touch was told, no later than what is asked about.
    pub unclaimed: Option<UnixMillis>,
}

impl From<FoundClaim> for ToldElsewhere {
    fn from(claim: FoundClaim) -> Self {
        let FoundClaim { happened, accepted_at, outcome, unclaimed, .. } = claim;
        Self { happened, accepted_at, outcome, unclaimed }
    }
}

/// How much one partnership asked in a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Who.
    pub partnership: PartnershipId,
    /// New installs and returns.
    pub asked: u64,
    /// Those of them for which a touch was told.
    pub claimed: u64,
    /// Refused for the number of the partnership or of one device.
    pub capped: u64,
    /// New events in the app.
    pub events: u64,
    /// Events refused for one of their own numbers.
    pub events_capped: u64,
}

/// What is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Old {
    /// Touches that happened before.
    pub touches: UnixMillis,
    /// Conversions that were accepted, and what was counted, before.
    pub conversions: UnixMillis,
    /// People who are in totals only are known by nothing of days before this one, and go on counting.
    pub left_out: Day,
    /// Conversions that were set aside and that a call with `now` before saw.
    pub set_aside: UnixMillis,
    /// Of whom nothing is reported any more that happened before the erasure: who was erased before.
    pub erasures: UnixMillis,
    /// And was remembered for more than this, as calls saw time pass: of what lies between two of them [`PASSED_MAX`]
    /// counts at most. So a clock that jumps ahead by mistake has nobody forgotten.
    pub remembered: Duration,
    /// The time.
    pub now: UnixMillis,
}

/// What counts of the time between two calls that forget, at most: twice as long as the program waits between them.
pub const PASSED_MAX: Duration = Duration::from_hours(2);

impl Old {
    /// Returns how much counts of the time since the last call, if there was one; nothing where the clock was set back.
    pub fn passed(&self, last: Option<UnixMillis>) -> Duration {
        let last = last.unwrap_or(self.now);
        let passed = u64::try_from(self.now.0.saturating_sub(last.0)).unwrap_or_default();
        Duration::from_millis(passed).min(PASSED_MAX)
    }
}

/// Whether there is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing is left.
    Nothing,
    /// Something may be.
    More,
}

/// A person who is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Keys of the person.
    pub people: Vec<Whose>,
    /// By what partners may have reported conversions of the person's devices.
    pub aliases: Vec<Alias>,
    /// Touches before this position are not put on the shelf any more.
    pub until: Position,
    /// Digests of the person among those in totals, and what stands in their place.
    pub left_out: Vec<([u8; 16], [u8; 16])>,
    /// The time.
    pub at: UnixMillis,
}

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Touches.
    pub touches: u64,
    /// Conversions: those reported of the person, and of devices on which a touch of the person was.
    pub conversions: u64,
    /// Exposures that happened before are nobody's, whenever they are reported. The latest of its times that was ever
    /// said for the person and of those at which an exposure was accepted, as far as the store has them: a clock that was
    /// set back makes it no earlier.
    pub until: UnixMillis,
}

/// The store failed. What it acknowledged before stands.
#[derive(Debug, thiserror::Error)]
pub enum ConversionsError {
    /// The store did not do its work.
    #[error("the store of conversions is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored does not read back.
    #[error("the store of conversions holds something unreadable: {0}")]
    Corrupt(&'static str),
}

/// The future of every method.
pub type Kept<'a, T> = BoxFuture<'a, Result<T, ConversionsError>>;

/// Where touches and conversions are kept.
///
/// Every method is one transaction; a write returns once it is durable, but for [`Self::enter`]. However little there is
/// to find or to write, the same is asked of the store.
pub trait Conversions: Send + Sync + Debug {
    /// Returns how far the journal has been put on the shelf.
    fn shelved(&self) -> Kept<'_, Position>;

    /// Puts a stretch on the shelf, unless the shelf does not stand at its beginning. Returns where it
    /// stands.
    fn shelve(&self, shelving: Shelving) -> Kept<'_, Position>;

    /// Keeps the conversions of one body that a partnership reports, in order; each has its own result, and is known
    /// to those after it. Returns as soon as the results are known: they stand once they are durable.
    fn enter(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        caps: Caps,
        conversions: Vec<NewConversion>,
    ) -> Kept<'_, Entering>;

    /// Returns for each search the latest touches of each class, at most `of_class_max` of one, all of them in the order
    /// of the journal. Where there are none another one comes instead, unless nothing is on the shelf.
    fn touches(&self, searches: Vec<Search>, of_class_max: usize) -> Kept<'_, Vec<Found>>;

    /// Writes what became of the conversions of one body. A claim is kept once: a repeat changes nothing. Nobody is
    /// left out of whom a touch was told, before or with the same body. What is counted stands as [`super::stand`] says, of
    /// conversions that were reported.
    fn settle(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        settled: Vec<Settled>,
    ) -> Kept<'_, ()>;

    /// Returns for each the claim of the latest install that happened no later.
    fn claims(&self, uses: Vec<AppUse>) -> Kept<'_, Vec<Option<FoundClaim>>>;

    /// The same of installs that others reported. It takes as long whatever is found: how long says nothing of others
    /// to whoever asks.
    fn claims_elsewhere(&self, uses: Vec<AppUse>) -> Kept<'_, Vec<Option<ToldElsewhere>>>;

    /// Adds to reports, each once per key. It takes as long to add nothing.
    fn count(&self, countings: Vec<Counting>) -> Kept<'_, ()>;

    /// Notes how a claim ended. A rejected one is added to the report, on the day that [`super::day_of_said`] says.
    fn note(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        token: ClaimToken,
        outcome: Outcome,
    ) -> Kept<'_, Noted>;

    /// Returns in how many lines of one day each things are counted, and counts no further than `max`.
    fn lines(&self, of: CountsOf, max: usize) -> Kept<'_, usize>;

    /// Returns everything that is counted, in order.
    fn counted(&self, of: CountsOf) -> Kept<'_, Vec<Count>>;

    /// Returns how much each partnership asked on a day, by name.
    fn asking(&self, day: Day) -> Kept<'_, Vec<Asking>>;

    /// Returns how many bodies of conversions are set aside, because they could not be kept in place: none of a store that
    /// keeps all of them there.
    fn set_aside(&self) -> Kept<'_, u64> {
        Box::pin(std::future::ready(Ok(0)))
    }

    /// Forgets of what is too old at most so many touches, conversions and counted things each, the oldest
    /// first.
    fn forget(&self, old: Old, rows_max: usize) -> Kept<'_, Left>;

    /// Erases a person: the touches, the conversions found by their aliases or by those of the touches, and those
    /// with a claim that is theirs. What was counted stays counted. Until [`Self::erased`] no touch of the person before `until` gets on
    /// the shelf.
    fn erase(&self, erasure: Erasure) -> Kept<'_, Erased>;

    /// Returns until when exposures are nobody's of those who were erased and are not forgotten.
    fn gone(&self) -> Kept<'_, Vec<(Whose, UnixMillis)>>;

    /// Returns who was erased from here and may be in the journal still, and before which position.
    fn erasing(&self) -> Kept<'_, Vec<(Whose, Position)>>;

    /// Notes that nothing of these people is in the journal before these positions.
    fn erased(&self, people: Vec<(Whose, Position)>) -> Kept<'_, ()>;
}
