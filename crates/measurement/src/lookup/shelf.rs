//! Puts exposures on the shelf, where lookups find them: one more reader of the journal, with a cursor
//! that moves in the transaction that writes what it read.

use crate::{
    Erasing, Journal, JournalError, Keys, PartnerKeys, Position, SealError,
    exposure::Exposure,
    judge::{Asked, Judge, class_of},
    lookup::{
        line,
        store::{
            Alias, Conversions, ConversionsError, Count, Left, NewTouch, Old, Shelving, Whose,
        },
    },
    read::{AGE_MAX, REMEMBERED_FOR},
    reader::{EVENTS_MAX, Event, Reader},
    record::day_after,
};
use sluicegate_gate::{
    AdvertiserId, Kind, PartnershipId,
    time::{Clock, Dice, UnixMillis},
};
use sluicegate_ledger::Day;
use sluicegate_register::{Current, Edition, Partnership};
use sluicegate_settings::{RequestKeys, Settings};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// What the shelf is filled with and from.
#[derive(Clone, Debug)]
pub struct ShelfParts {
    /// The edition in force: who has linked whom.
    pub current: Arc<Current>,
    /// What people chose.
    pub settings: Arc<Settings>,
    /// Where exposures wait.
    pub journal: Arc<dyn Journal>,
    /// Where touches are kept.
    pub conversions: Arc<dyn Conversions>,
    /// The keys.
    pub keys: Keys,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
}

/// Fills the shelf. One at a time.
#[derive(Debug)]
pub struct Shelf {
    parts: ShelfParts,
    reader: Mutex<Reader>,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelved {
    /// So many exposures were read.
    Read(u64),
    /// Nothing new is in the journal.
    Nothing,
}

/// A step failed. The shelf stands where it stood, and the next step does the same again.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The store failed.
    #[error(transparent)]
    Conversions(#[from] ConversionsError),
    /// A touch could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Shelf {
    /// Opens the shelf.
    pub fn new(parts: ShelfParts) -> Self {
        // Why nobody: the store itself lets nothing of people who are being erased on the shelf.
        let (keys, nobody) = (parts.keys.clone(), Erasing::default());
        let reader = Mutex::new(Reader::new(Arc::clone(&parts.journal), keys, nobody));
        Self { parts, reader }
    }

    /// Returns the first event of the journal that is not on the shelf yet. It must not be trimmed.
    pub async fn position(&self) -> Result<Position, ConversionsError> {
        self.parts.conversions.shelved().await
    }

    /// Forgets touches that lie before every window of every conversion that is still taken, and
    /// conversions that nobody reports again: at most 2,000 of each, so that nobody else waits for long.
    pub async fn forget(&self) -> Result<Left, ConversionsError> {
        let now = self.parts.clock.now();
        let old = Old {
            touches: now.minus(TOUCHES_KEPT_FOR),
            conversions: now.minus(CONVERSIONS_KEPT_FOR),
            left_out: month_of(now.minus(MONTH_GOES_ON_FOR)),
            set_aside: now.minus(SET_ASIDE_KEPT_FOR),
            erasures: now.minus(AGE_MAX),
            remembered: REMEMBERED_FOR,
            now,
        };
        self.parts.conversions.forget(old, FORGOTTEN_MAX).await
    }

    /// Reads on, at most 1,000 exposures. Without an edition nobody knows who has linked whom, and with
    /// a view that is too old nobody knows what a report may count: then everything waits.
    pub async fn step(&self) -> Result<Shelved, ShelfError> {
        let Some(edition) = self.parts.current.load() else { return Ok(Shelved::Nothing) };
        let mut reader = self.reader.lock().await;
        let from = self.parts.conversions.shelved().await?;
        let events = reader.window(from, Position(u64::MAX), EVENTS_MAX).await?;
        let mut filing = Filing::new(&self.parts, &edition);
        let mut until = from;
        for event in &events {
            if filing.file(event)? == Filed::Waits {
                break;
            }
            until = event.position.plus(1);
        }
        if until == from {
            return Ok(Shelved::Nothing);
        }
        let counts = added_up(filing.counts);
        let shelving = Shelving { from, until, touches: filing.touches, counts };
        let stands = self.parts.conversions.shelve(shelving).await?;
        Ok(Shelved::Read(stands.since(from)))
    }
}

/// What became of one exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filed {
    /// It will be on the shelf, or belongs to nobody.
    Done,
    /// Nobody can tell yet whether it may be counted.
    Waits,
}

/// Exposures on their way to the shelf.
struct Filing<'a> {
    parts: &'a ShelfParts,
    edition: &'a Edition,
    keys: BTreeMap<PartnershipId, PartnerKeys>,
    touches: Vec<NewTouch>,
    counts: Vec<Count>,
}

impl<'a> Filing<'a> {
    fn new(parts: &'a ShelfParts, edition: &'a Edition) -> Self {
        Self { parts, edition, keys: BTreeMap::new(), touches: Vec::new(), counts: Vec::new() }
    }

    fn file(&mut self, event: &Event) -> Result<Filed, SealError> {
        let exposure = event.exposure.as_ref();
        let edition = self.edition;
        let Some(advertiser) = edition.advertiser(&exposure.advertiser) else {
            return Ok(Filed::Done);
        };
        let linked: Vec<&Partnership> = advertiser
            .measurement
            .iter()
            .filter_map(|id| edition.partnership(id))
            .filter(|partnership| partnership.terms.kind == Kind::ConversionTracking)
            .collect();
        let mut aliases = Vec::new();
        let mut may_be_told = false;
        for partnership in linked {
            let id = &partnership.terms.id;
            let root = &self.parts.keys;
            let keys = self.keys.entry(id.clone()).or_insert_with(|| root.partner(id));
            let judge = Judge {
                edition,
                partnership,
                settings: &self.parts.settings,
                keys,
                now: self.parts.clock.now(),
                boot: self.parts.clock.boot(),
                // Only messages have one.
                source: &Arc::from(""),
            };
            match judge.ask(exposure) {
                Asked::Undecided => return Ok(Filed::Waits),
                Asked::Permitted(_) => may_be_told = true,
                // A touch is judged again before it is told. Nobody is counted of whom nobody can tell.
                Asked::Withheld(_) | Asked::TooOld | Asked::Stopped => {}
            }
            aliases.extend(aliases_of(root, id, &exposure.advertiser, keys, exposure));
        }
        if may_be_told {
            self.counts.extend(line::of_exposure(exposure));
        }
        if !aliases.is_empty() {
            let text = serde_json::to_vec(exposure).map_err(|_write| SealError::Seal)?;
            let sealed = self.parts.keys.seal(&[&text], self.parts.dice.as_ref())?;
            self.touches.push(NewTouch {
                position: event.position,
                happened: exposure.happened,
                class: class_of(edition, exposure),
                aliases,
                people: people_of(&self.parts.keys, exposure),
                sealed,
            });
        }
        Ok(Filed::Done)
    }
}

/// Returns whose an exposure is, for the day on which they are to be forgotten.
pub(crate) fn people_of(keys: &Keys, exposure: &Exposure) -> Vec<Whose> {
    let RequestKeys { account, device, browser } = exposure.subject.keys();
    [account, device, browser].into_iter().flatten().map(|key| keys.whose(key)).collect()
}

/// Adds up what is counted in one place: a thousand exposures are of few campaigns.
fn added_up(counts: Vec<Count>) -> Vec<Count> {
    let mut sums: BTreeMap<(AdvertiserId, Day, String, String), i64> = BTreeMap::new();
    for Count { advertiser, day, line, measure, amount } in counts {
        let sum = sums.entry((advertiser, day, line, measure)).or_default();
        *sum = sum.saturating_add(amount);
    }
    let sums = sums.into_iter();
    sums.map(|((advertiser, day, line, measure), amount)| Count {
        advertiser,
        day,
        line,
        measure,
        amount,
    })
    .collect()
}

/// Returns the first day of a month.
fn month_of(at: UnixMillis) -> Day {
    let before = day_after(at, 0).get(8..).and_then(|day| day.parse().ok()).unwrap_or(1_i64) - 1;
    Day(Day::of(at).0.saturating_sub(before))
}

/// Returns by what an exposure is found by one partnership: its device and its browser, under every
/// key that holds.
fn aliases_of(
    root: &Keys,
    partnership: &PartnershipId,
    advertiser: &AdvertiserId,
    keys: &PartnerKeys,
    exposure: &Exposure,
) -> Vec<Alias> {
    let subject = &exposure.subject;
    // Why: without a device the advertising id is the all-zero one, which is everybody's.
    let ifa = subject.ifa.as_ref().filter(|_| subject.device.is_some());
    let ids = [ifa, subject.browser_id.as_ref()].into_iter().flatten();
    let hashes = ids.flat_map(|id| keys.device_ids(id.open()));
    hashes.map(|hash| alias_of(root, partnership, advertiser, &hash)).collect()
}

/// Returns by what a device or browser of that hash is known between a partnership and an advertiser.
pub(crate) fn alias_of(
    root: &Keys,
    partnership: &PartnershipId,
    advertiser: &AdvertiserId,
    hash: &str,
) -> Alias {
    root.alias("touch", partnership, advertiser.as_str(), hash)
}

/// The longest window, 30 days, before the oldest conversion that is taken, 37 days.
const TOUCHES_KEPT_FOR: Duration = Duration::from_hours(67 * 24);
/// Rows of each kind that are forgotten at once: more than come with a step, so that they are fewer after each.
const FORGOTTEN_MAX: usize = 2 * EVENTS_MAX;
/// For so long after its end people of a month are known by what they were then: what came before its end is written
/// down, and a clock that is a little off is right again.
const MONTH_GOES_ON_FOR: Duration = Duration::from_hours(2 * 24);
/// For so long a repeat is known, and later events are credited with an install.
const CONVERSIONS_KEPT_FOR: Duration = Duration::from_hours(180 * 24);
/// How long conversions are kept that were set aside: time to look into it, and no longer than a person may have to wait
/// whose digests in it are damaged, so that no erasure finds them.
const SET_ASIDE_KEPT_FOR: Duration = Duration::from_hours(30 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_with_its_first_day() {
        // 2026-03-01 and the days around it.
        let first = UnixMillis(1_772_323_200_000);
        let day = Duration::from_hours(24);
        assert_eq!(month_of(first), Day::of(first));
        assert_eq!(month_of(first.plus(day * 30)), Day::of(first));
        assert_eq!(month_of(first.plus(day * 31)), Day::of(first.plus(day * 31)));
        assert_eq!(month_of(first.minus(Duration::from_millis(1))), Day::of(first.minus(day * 28)));
    }
}
