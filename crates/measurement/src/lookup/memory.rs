//! Touches and conversions in memory, for tests and previews: nothing in it survives the process.

use crate::{
    ConversionType, Position,
    lookup::store::{
        Alias, Asking, Cap, Caps, Claim, ClaimToken, Conversions, Count, CountKey, Entered,
        FoundClaim, FoundTouch, Kept, LeftOut, NewConversion, NewTouch, Noted, Outcome, Search,
        Settled, Shelving,
    },
    report::{Budget, LeftOutCount, Release, Releases},
};
use futures_util::future::{FutureExt as _, ready};
use parking_lot::Mutex;
use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

/// Touches and conversions in memory. It keeps the whole contract of [`Conversions`] except durability.
#[derive(Debug, Default)]
pub struct MemoryConversions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    shelved: Position,
    touches: Vec<NewTouch>,
    conversions: Vec<Row>,
    counted: HashSet<CountKey>,
    counts: BTreeMap<(AdvertiserId, Day, String, String), i64>,
    left_out: BTreeMap<[u8; 16], LeftOut>,
    asking: BTreeMap<(Day, PartnershipId), (u64, u64, u64)>,
    budgets: BTreeMap<(AdvertiserId, String), Budget>,
    releases: BTreeMap<(AdvertiserId, Day, &'static str), Release>,
}

#[derive(Debug)]
struct Row {
    partnership: PartnershipId,
    accepted_at: UnixMillis,
    new: NewConversion,
    claim: Option<Claim>,
    outcome: Option<Outcome>,
}

impl State {
    fn add(&mut self, counts: Vec<Count>) {
        for Count { advertiser, day, line, measure, amount } in counts {
            *self.counts.entry((advertiser, day, line, measure)).or_default() += amount;
        }
    }

    fn shelve(&mut self, shelving: Shelving) -> Position {
        if shelving.from == self.shelved {
            self.touches.extend(shelving.touches);
            self.add(shelving.counts);
            self.shelved = shelving.until;
        }
        self.shelved
    }

    fn earlier_install(&self, new: &NewConversion) -> Option<UnixMillis> {
        let same = self.conversions.iter().map(|row| &row.new).filter(|row| {
            row.is_install && row.installation == new.installation && row.id != new.id
        });
        same.map(|row| row.happened).filter(|happened| *happened < new.happened).max()
    }

    fn enter(
        &mut self,
        partnership: &PartnershipId,
        at: UnixMillis,
        caps: Caps,
        new: NewConversion,
    ) -> Entered {
        let earlier_install = self.earlier_install(&new);
        if let Some(row) = self.conversions.iter().find(|row| row.new.id == new.id) {
            let same = row.new.content == new.content;
            return if same { Entered::Repeat { earlier_install } } else { Entered::Conflict };
        }
        let day = Day::of(at);
        let of_device = self
            .conversions
            .iter()
            .filter(|row| Day::of(row.accepted_at) == day && row.new.alias == new.alias);
        let of_device = u64::try_from(of_device.count()).unwrap_or(u64::MAX);
        let (asked, _, capped) = self.asking.entry((day, partnership.clone())).or_default();
        let cap = if *asked >= caps.per_day {
            Some(Cap::Partnership)
        } else if of_device >= caps.per_device_per_day {
            Some(Cap::Device)
        } else {
            None
        };
        if let Some(cap) = cap {
            *capped += 1;
            return Entered::Capped(cap);
        }
        *asked += 1;
        let partnership = partnership.clone();
        let row = Row { partnership, accepted_at: at, new, claim: None, outcome: None };
        self.conversions.push(row);
        Entered::Fresh { earlier_install }
    }

    fn search(&self, search: &Search, touches_max: usize) -> Vec<FoundTouch> {
        let within = search.from..=search.until;
        let mut found: Vec<&NewTouch> = self
            .touches
            .iter()
            .filter(|touch| {
                touch.aliases.contains(&search.alias) && within.contains(&touch.happened)
            })
            .collect();
        found.sort_by_key(|touch| Reverse((touch.happened, touch.position)));
        let found = found.into_iter().take(touches_max);
        found
            .map(|touch| FoundTouch { position: touch.position, sealed: touch.sealed.clone() })
            .collect()
    }

    fn settle(&mut self, partnership: &PartnershipId, at: UnixMillis, settled: Settled) {
        let is_claimed = |row: &Row| row.new.id == settled.conversion && row.claim.is_some();
        // What was told once is counted already.
        if let Some(left_out) = settled.left_out
            && !self.conversions.iter().any(is_claimed)
        {
            self.left_out.entry(left_out.person).or_insert(left_out);
        }
        let Some(claim) = settled.claim else { return };
        let row = self.conversions.iter_mut().find(|row| row.new.id == settled.conversion);
        let Some(row) = row.filter(|row| row.claim.is_none()) else { return };
        let (once, counts) = (claim.once, claim.counts.clone());
        row.claim = Some(claim);
        self.asking.entry((Day::of(at), partnership.clone())).or_default().1 += 1;
        self.count_once(once, counts);
    }

    fn count_once(&mut self, once: CountKey, counts: Vec<Count>) {
        if self.counted.insert(once) {
            self.add(counts);
        }
    }

    fn claim(&self, installation: Alias) -> Option<FoundClaim> {
        let of_app = self.conversions.iter().filter(|row| row.new.installation == installation);
        let claimed = of_app.filter(|row| row.claim.is_some() && row.new.is_install);
        let latest = claimed.max_by_key(|row| (row.new.happened, row.new.id))?;
        let claim = latest.claim.as_ref()?;
        Some(FoundClaim {
            advertiser: claim.advertiser.clone(),
            line: claim.line.clone(),
            sealed: claim.sealed.clone(),
        })
    }

    fn note(&mut self, partnership: &PartnershipId, token: ClaimToken, outcome: Outcome) -> Noted {
        let row = self.conversions.iter_mut().find(|row| {
            row.partnership == *partnership
                && row.claim.as_ref().is_some_and(|claim| claim.token == token)
        });
        let Some(row) = row else { return Noted::Unknown };
        match row.outcome {
            Some(kept) if kept == outcome => return Noted::Repeat,
            Some(_) => return Noted::Conflict,
            None => row.outcome = Some(outcome),
        }
        if let (Outcome::Rejected(reason), Some(claim)) = (outcome, &row.claim) {
            let count = Count {
                advertiser: claim.advertiser.clone(),
                day: claim.day,
                line: claim.line.clone(),
                measure: format!("rejected:{}", reason.name()),
                amount: 1,
            };
            self.add(vec![count]);
        }
        Noted::Kept
    }
}

impl MemoryConversions {
    fn done<T: Send + 'static>(&self, work: impl FnOnce(&mut State) -> T) -> Kept<'_, T> {
        ready(Ok(work(&mut self.0.lock()))).boxed()
    }
}

impl Conversions for MemoryConversions {
    fn shelved(&self) -> Kept<'_, Position> {
        self.done(|state| state.shelved)
    }

    fn shelve(&self, shelving: Shelving) -> Kept<'_, Position> {
        self.done(|state| state.shelve(shelving))
    }

    fn enter(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        caps: Caps,
        conversions: Vec<NewConversion>,
    ) -> Kept<'_, Vec<Entered>> {
        self.done(|state| {
            let new = conversions.into_iter();
            new.map(|new| state.enter(&partnership, at, caps, new)).collect()
        })
    }

    fn touches(&self, searches: Vec<Search>, touches_max: usize) -> Kept<'_, Vec<Vec<FoundTouch>>> {
        self.done(|state| searches.iter().map(|search| state.search(search, touches_max)).collect())
    }

    fn settle(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        settled: Vec<Settled>,
    ) -> Kept<'_, ()> {
        self.done(|state| settled.into_iter().for_each(|one| state.settle(&partnership, at, one)))
    }

    fn claims(&self, installations: Vec<Alias>) -> Kept<'_, Vec<Option<FoundClaim>>> {
        self.done(|state| installations.into_iter().map(|one| state.claim(one)).collect())
    }

    fn count(&self, counts: Vec<(CountKey, Vec<Count>)>) -> Kept<'_, ()> {
        self.done(|state| {
            for (once, counts) in counts {
                state.count_once(once, counts);
            }
        })
    }

    fn note(
        &self,
        partnership: PartnershipId,
        token: ClaimToken,
        outcome: Outcome,
    ) -> Kept<'_, Noted> {
        self.done(|state| state.note(&partnership, token, outcome))
    }

    fn counted(&self, advertiser: AdvertiserId, from: Day, to: Day) -> Kept<'_, Vec<Count>> {
        self.done(|state| {
            let all = state
                .counts
                .iter()
                .filter(|((of, day, ..), _)| *of == advertiser && (from..=to).contains(day));
            let count = |((advertiser, day, line, measure), amount): (&(_, _, _, _), &i64)| Count {
                advertiser: AdvertiserId::clone(advertiser),
                day: *day,
                line: String::clone(line),
                measure: String::clone(measure),
                amount: *amount,
            };
            all.map(count).collect()
        })
    }

    fn asking(&self, day: Day) -> Kept<'_, Vec<Asking>> {
        self.done(|state| {
            let of_day = state.asking.iter().filter(|((of, _), _)| *of == day);
            let asking = of_day.map(|((_, partnership), (asked, claimed, capped))| Asking {
                partnership: partnership.clone(),
                asked: *asked,
                claimed: *claimed,
                capped: *capped,
            });
            asking.collect()
        })
    }

    fn forget(&self, touches_before: UnixMillis, conversions_before: UnixMillis) -> Kept<'_, ()> {
        self.done(|state| {
            state.touches.retain(|touch| touch.happened >= touches_before);
            state.conversions.retain(|row| row.accepted_at >= conversions_before);
        })
    }
}

impl Releases for MemoryConversions {
    fn left_out(
        &self,
        advertiser: AdvertiserId,
        from: Day,
        to: Day,
    ) -> Kept<'_, Vec<LeftOutCount>> {
        self.done(|state| {
            let mut counts: BTreeMap<(Day, &str), (ConversionType, u64)> = BTreeMap::new();
            let days = from..=to;
            let of = state.left_out.values();
            for one in of.filter(|one| one.advertiser == advertiser && days.contains(&one.day)) {
                let count =
                    counts.entry((one.day, one.counts_as.name())).or_insert((one.counts_as, 0));
                count.1 += 1;
            }
            let counts = counts.into_iter();
            let count = |((day, _), (counts_as, people))| LeftOutCount { day, counts_as, people };
            counts.map(count).collect()
        })
    }

    fn budget(&self, advertiser: AdvertiserId, month: String, budget: Budget) -> Kept<'_, Budget> {
        self.done(|state| *state.budgets.entry((advertiser, month)).or_insert(budget))
    }

    fn release(&self, advertiser: AdvertiserId, releases: Vec<Release>) -> Kept<'_, ()> {
        self.done(|state| {
            for release in releases {
                let key = (advertiser.clone(), release.day, release.counts_as.name());
                state.releases.entry(key).or_insert(release);
            }
        })
    }

    fn released(&self, advertiser: AdvertiserId, from: Day, to: Day) -> Kept<'_, Vec<Release>> {
        self.done(|state| {
            let of = state
                .releases
                .iter()
                .filter(|((of, day, _), _)| *of == advertiser && (from..=to).contains(day));
            of.map(|(_, release)| *release).collect()
        })
    }
}
