//! Touches and conversions in memory, for tests and previews: nothing in it survives the process.

use crate::{
    ConversionType, Position, Touch,
    lookup::{
        Durable, Entering, Recurring, Standing, day_of_said,
        line::campaign_of,
        stand,
        store::{
            Active, Alias, AppUse, Asking, Cap, Caps, Claim, ClaimToken, ConversionId, Conversions,
            Count, CountKey, Counting, CountsOf, Device, Entered, Erased, Erasure, Found,
            FoundClaim, FoundTouch, Kept, Left, LeftOut, NewConversion, NewTouch, Noted, Old,
            Outcome, Search, Settled, Shelving, Sort, ToldElsewhere, Whose, add_up,
        },
    },
    report::{Budget, LeftOutCount, Release, Releases},
};
use futures_util::future::{FutureExt as _, ready};
use parking_lot::Mutex;
use sluicegate_gate::{AdvertiserId, PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    time::Duration,
};

/// Touches and conversions in memory. It keeps the whole contract of [`Conversions`] except durability.
#[derive(Debug, Default)]
pub struct MemoryConversions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    shelved: Position,
    touches: Vec<NewTouch>,
    conversions: Vec<Row>,
    counted: BTreeMap<CountKey, UnixMillis>,
    series: BTreeMap<CountKey, Vec<Standing>>,
    counts: BTreeMap<(AdvertiserId, Day, String, String), i64>,
    /// By each digest of a person, of which one counts.
    left_out: BTreeMap<[u8; 16], (LeftOut, bool)>,
    /// How many of them are known by nothing any more.
    unnamed: u128,
    asking: BTreeMap<(Day, PartnershipId), Asking>,
    erasing: BTreeMap<Whose, Position>,
    /// Until when what happened is nobody's, and noted when, by [`Self::ran`].
    gone: BTreeMap<Whose, (UnixMillis, Duration)>,
    /// How long calls that forget have seen time pass, and the time of the last.
    ran: Duration,
    forgot_at: Option<UnixMillis>,
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
    active_days: u32,
}

impl Row {
    fn is_install_of(&self, installation: Alias) -> bool {
        let links = self.claim.iter().flat_map(|claim| &claim.installations);
        let mut all = links.chain(std::iter::once(&self.new.installation));
        self.new.sort == Sort::Install && all.any(|one| *one == installation)
    }
}

impl State {
    fn add(&mut self, counts: Vec<Count>) {
        for Count { advertiser, day, line, measure, amount } in counts {
            let sum = self.counts.entry((advertiser, day, line, measure)).or_default();
            *sum = add_up(*sum, amount);
        }
    }

    /// Adds a report to its series, and has all of it stand as it then does. Of a place that was taken back nothing is left
    /// where that makes it zero.
    fn count_recurring(&mut self, conversion: ConversionId, recurring: Recurring) {
        let series = self.series.entry(recurring.series).or_default();
        let new = Standing::new(conversion, recurring);
        if series.iter().any(|one| (one.happened, one.conversion) == (new.happened, conversion)) {
            return;
        }
        let changes = stand(series, vec![new]);
        let taken_back = changes.iter().filter(|one| one.amount < 0);
        let taken_back: Vec<Count> = taken_back.cloned().collect();
        self.add(changes);
        for Count { advertiser, day, line, measure, amount: _ } in taken_back {
            let place = (advertiser, day, line, measure);
            if self.counts.get(&place) == Some(&0) {
                self.counts.remove(&place);
            }
        }
    }

    /// Forgets to which series conversions belong that are not kept any more.
    fn forget_series(&mut self) {
        let kept: BTreeSet<ConversionId> = self.conversions.iter().map(|row| row.new.id).collect();
        for series in self.series.values_mut() {
            series.retain(|one| kept.contains(&one.conversion));
        }
        self.series.retain(|_, series| !series.is_empty());
    }

    fn shelve(&mut self, shelving: Shelving) -> Position {
        if shelving.from == self.shelved {
            let erasing = &self.erasing;
            let is_erased = |touch: &NewTouch| {
                let until = touch.people.iter().filter_map(|whose| erasing.get(whose)).max();
                until.is_some_and(|until| touch.position < *until)
            };
            self.touches.extend(shelving.touches.into_iter().filter(|touch| !is_erased(touch)));
            self.add(shelving.counts);
            self.shelved = shelving.until;
        }
        self.shelved
    }

    fn earlier_install(&self, on: Device, new: &NewConversion) -> Option<UnixMillis> {
        let same = self
            .conversions
            .iter()
            .filter(|row| row.is_install_of(on.installation) && row.new.id != new.id);
        same.map(|row| row.new.happened).filter(|happened| *happened < new.happened).max()
    }

    fn repeat(&self, kept: &NewConversion, new: &NewConversion) -> Entered {
        if kept.content != new.content {
            return Entered::Conflict;
        }
        let instead = Some(kept.device()).filter(|_| kept.installation != new.installation);
        Entered::Repeat { instead, earlier_install: self.earlier_install(kept.device(), new) }
    }

    fn enter(
        &mut self,
        partnership: &PartnershipId,
        at: UnixMillis,
        caps: Caps,
        new: NewConversion,
    ) -> Entered {
        if let Some(row) = self.conversions.iter().find(|row| row.new.id == new.id) {
            return self.repeat(&row.new, &new);
        }
        let earlier_install = self.earlier_install(new.device(), &new);
        let day = Day::of(at);
        let in_app = new.sort == Sort::InApp;
        let of_device = self.conversions.iter().filter(|row| {
            Day::of(row.accepted_at) == day
                && row.new.alias == new.alias
                && (row.new.sort == Sort::InApp) == in_app
        });
        let of_device = u64::try_from(of_device.count()).unwrap_or(u64::MAX);
        let asking = self.asked(day, partnership);
        let (reported, capped, [most, most_of_device]) = if in_app {
            let most = [caps.events_per_day, caps.events_per_device_per_day];
            (&mut asking.events, &mut asking.events_capped, most)
        } else {
            (&mut asking.asked, &mut asking.capped, [caps.per_day, caps.per_device_per_day])
        };
        let cap = if *reported >= most {
            Some(Cap::Partnership)
        } else if of_device >= most_of_device {
            Some(Cap::Device)
        } else {
            None
        };
        if let Some(cap) = cap {
            *capped += 1;
            return Entered::Capped(cap);
        }
        *reported += 1;
        let partnership = partnership.clone();
        let (claim, outcome) = (None, None);
        let row = Row { partnership, accepted_at: at, new, claim, outcome, active_days: 0 };
        self.conversions.push(row);
        Entered::Fresh { earlier_install }
    }

    fn asked(&mut self, day: Day, partnership: &PartnershipId) -> &mut Asking {
        let nothing = || Asking {
            partnership: partnership.clone(),
            asked: 0,
            claimed: 0,
            capped: 0,
            events: 0,
            events_capped: 0,
        };
        self.asking.entry((day, partnership.clone())).or_insert_with(nothing)
    }

    fn search(&self, search: &Search, of_class_max: usize) -> Found {
        let within = search.from..=search.until;
        let is_found = |touch: &&NewTouch| {
            touch.aliases.contains(&search.alias) && within.contains(&touch.happened)
        };
        let latest = |class: &Touch| {
            let of_class = |touch: &&NewTouch| touch.class == *class;
            let mut found: Vec<&NewTouch> =
                self.touches.iter().filter(of_class).filter(is_found).collect();
            found.sort_by_key(|touch| Reverse((touch.happened, touch.position)));
            found.truncate(of_class_max);
            found
        };
        let mut found: Vec<&NewTouch> = Touch::ALL.iter().flat_map(latest).collect();
        found.sort_by_key(|touch| touch.position);
        let copy = |touch: &NewTouch| FoundTouch {
            position: touch.position,
            sealed: touch.sealed.clone(),
        };
        let touches: Vec<FoundTouch> = found.into_iter().map(copy).collect();
        let instead = self.touches.first().filter(|_| touches.is_empty()).map(copy);
        Found { touches, instead }
    }

    fn settle(&mut self, partnership: &PartnershipId, at: UnixMillis, settled: Vec<Settled>) {
        let told = settled.iter().filter(|one| one.claim.is_some());
        let told: BTreeSet<ConversionId> = told.map(|one| one.conversion).collect();
        for one in settled {
            let is_claimed = |row: &Row| row.new.id == one.conversion && row.claim.is_some();
            if let Some(left_out) = one.left_out
                && !told.contains(&one.conversion)
                && !self.conversions.iter().any(is_claimed)
            {
                self.leave_out(&left_out);
            }
            if let Some(claim) = one.claim {
                self.claim_once(partnership, at, one.conversion, claim);
            }
            let is_kept = self.conversions.iter().any(|row| row.new.id == one.conversion);
            if let Some(rejections) = one.rejections.filter(|_| is_kept) {
                self.count_recurring(one.conversion, rejections);
            }
        }
    }

    fn leave_out(&mut self, left_out: &LeftOut) {
        let is_known = left_out.named().any(|person| self.left_out.contains_key(person));
        for (number, person) in left_out.named().enumerate() {
            let counts = number == 0 && !is_known;
            self.left_out.entry(*person).or_insert_with(|| (left_out.clone(), counts));
        }
    }

    fn claim_once(
        &mut self,
        partnership: &PartnershipId,
        at: UnixMillis,
        conversion: ConversionId,
        claim: Claim,
    ) {
        let row = self.conversions.iter_mut().find(|row| row.new.id == conversion);
        let Some(row) = row.filter(|row| row.claim.is_none()) else { return };
        let recurring = claim.recurring.clone();
        row.claim = Some(claim);
        self.asked(Day::of(at), partnership).claimed += 1;
        self.count_recurring(conversion, recurring);
    }

    fn count_once(&mut self, once: CountKey, at: UnixMillis, counts: Vec<Count>) {
        if let Entry::Vacant(free) = self.counted.entry(once) {
            free.insert(at);
            self.add(counts);
        }
    }

    fn use_app(&mut self, active: Active) {
        let of_claim =
            |row: &&mut Row| row.claim.as_ref().is_some_and(|claim| claim.token == active.claim);
        let Some(row) = self.conversions.iter_mut().find(of_claim) else { return };
        let Entry::Vacant(free) = self.counted.entry(active.of_day()) else { return };
        if row.active_days == active.days {
            return;
        }
        free.insert(active.day.start());
        row.active_days += 1;
        if row.active_days == active.days {
            self.count_once(active.once, active.day.start(), active.counts);
        }
    }

    fn forget(&mut self, old: Old, rows_max: usize) -> Left {
        self.touches.sort_by_key(|touch| (touch.happened, touch.position));
        let touches = self.touches.partition_point(|touch| touch.happened < old.touches);
        self.touches.drain(..touches.min(rows_max));
        self.conversions.sort_by_key(|row| (row.accepted_at, row.new.id));
        let conversions = self.conversions.partition_point(|row| row.accepted_at < old.conversions);
        self.conversions.drain(..conversions.min(rows_max));
        self.forget_series();
        let mut counted: Vec<(UnixMillis, CountKey)> =
            self.counted.iter().map(|(key, at)| (*at, *key)).collect();
        counted.retain(|(at, _)| *at < old.conversions);
        counted.sort_unstable();
        for (_, key) in counted.iter().take(rows_max) {
            self.counted.remove(key);
        }
        let beside = self.left_out_before(old.left_out, false);
        for (_, person) in beside.iter().take(rows_max) {
            self.left_out.remove(person);
        }
        let named = self.left_out_before(old.left_out, true);
        for (_, person) in named.iter().take(rows_max) {
            if let Some((one, counts)) = self.left_out.remove(person) {
                self.unnamed += 1;
                let nobody = (u128::MAX - self.unnamed).to_be_bytes();
                self.left_out.insert(nobody, (LeftOut { people: Vec::new(), ..one }, counts));
            }
        }
        self.ran = self.ran.saturating_add(old.passed(self.forgot_at.replace(old.now)));
        let ran = self.ran;
        let is_over = |noted: Duration| ran.saturating_sub(noted) > old.remembered;
        let gone =
            self.gone.iter().filter(|(_, (at, noted))| *at < old.erasures && is_over(*noted));
        let mut gone: Vec<(UnixMillis, Whose)> =
            gone.map(|(whose, (at, _))| (*at, *whose)).collect();
        gone.sort_unstable();
        for (_, whose) in gone.iter().take(rows_max) {
            self.gone.remove(whose);
        }
        let lengths = [touches, conversions, counted.len(), beside.len(), named.len(), gone.len()];
        if lengths.iter().any(|rows| *rows >= rows_max) { Left::More } else { Left::Nothing }
    }

    /// Returns by what people who are in totals only are known by earlier days: by what they count, or beside it.
    fn left_out_before(&self, day: Day, counting: bool) -> Vec<(Day, [u8; 16])> {
        let is_old = |(_, (one, counts)): &(&[u8; 16], &(LeftOut, bool))| {
            *counts == counting && one.day < day && !one.people.is_empty()
        };
        let old = self.left_out.iter().filter(is_old);
        let mut old: Vec<(Day, [u8; 16])> =
            old.map(|(person, (one, _))| (one.day, *person)).collect();
        old.sort_unstable();
        old
    }

    fn erase(&mut self, erasure: Erasure) -> Erased {
        let Erasure { people, mut aliases, until, left_out, at } = erasure;
        let is_theirs = |touch: &NewTouch| touch.people.iter().any(|whose| people.contains(whose));
        aliases.extend(
            self.touches.iter().filter(|touch| is_theirs(touch)).flat_map(|touch| &touch.aliases),
        );
        let (touches, conversions) = (self.touches.len(), self.conversions.len());
        self.touches.retain(|touch| !is_theirs(touch));
        let is_of_them = |claim: &Claim| claim.people.iter().any(|whose| people.contains(whose));
        self.conversions.retain(|row| {
            !aliases.contains(&row.new.alias) && !row.claim.as_ref().is_some_and(is_of_them)
        });
        self.forget_series();
        let latest =
            people.iter().filter_map(|whose| self.gone.get(whose)).fold(at, |a, (b, _)| a.max(*b));
        for whose in people {
            let kept = self.erasing.entry(whose).or_default();
            *kept = until.max(*kept);
            self.gone.insert(whose, (latest, self.ran));
        }
        for (person, instead) in left_out {
            if let Some(row) = self.left_out.remove(&person) {
                self.left_out.insert(instead, row);
            }
        }
        let gone = |before: usize, after: usize| u64::try_from(before - after).unwrap_or(u64::MAX);
        Erased {
            touches: gone(touches, self.touches.len()),
            conversions: gone(conversions, self.conversions.len()),
            until: latest,
        }
    }

    fn erased(&mut self, people: Vec<(Whose, Position)>) {
        for (whose, until) in people {
            if self.erasing.get(&whose).is_some_and(|kept| *kept <= until) {
                self.erasing.remove(&whose);
            }
        }
    }

    fn claim(&self, asked: AppUse) -> Option<FoundClaim> {
        let of_app = self.conversions.iter().filter(|row| row.is_install_of(asked.installation));
        let of_app = of_app.filter(|row| row.new.happened <= asked.at);
        let (claimed, others): (Vec<&Row>, Vec<&Row>) = of_app.partition(|row| row.claim.is_some());
        let latest = claimed.into_iter().max_by_key(|row| (row.new.happened, row.new.id))?;
        let later = others.into_iter().map(|row| row.new.happened);
        let later = later.filter(|happened| *happened > latest.new.happened);
        let claim = latest.claim.as_ref()?;
        Some(FoundClaim {
            happened: latest.new.happened,
            accepted_at: latest.accepted_at,
            outcome: latest.outcome,
            advertiser: claim.advertiser.clone(),
            line: claim.line.clone(),
            sealed: claim.sealed.clone(),
            token: claim.token,
            unclaimed: later.max(),
        })
    }

    fn note(
        &mut self,
        partnership: &PartnershipId,
        at: UnixMillis,
        (token, outcome): (ClaimToken, Outcome),
    ) -> Noted {
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
                day: day_of_said(claim.day, at),
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
    ) -> Kept<'_, Entering> {
        self.done(|state| {
            let new = conversions.into_iter();
            let entered = new.map(|new| state.enter(&partnership, at, caps, new)).collect();
            Entering { entered, durable: Durable::already() }
        })
    }

    fn touches(&self, searches: Vec<Search>, of_class_max: usize) -> Kept<'_, Vec<Found>> {
        self.done(|state| {
            searches.iter().map(|search| state.search(search, of_class_max)).collect()
        })
    }

    fn settle(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        settled: Vec<Settled>,
    ) -> Kept<'_, ()> {
        self.done(|state| state.settle(&partnership, at, settled))
    }

    fn claims(&self, uses: Vec<AppUse>) -> Kept<'_, Vec<Option<FoundClaim>>> {
        self.done(|state| uses.into_iter().map(|one| state.claim(one)).collect())
    }

    fn claims_elsewhere(&self, uses: Vec<AppUse>) -> Kept<'_, Vec<Option<ToldElsewhere>>> {
        let claim = |state: &State, one| state.claim(one).map(ToldElsewhere::from);
        self.done(move |state| uses.into_iter().map(|one| claim(state, one)).collect())
    }

    fn count(&self, countings: Vec<Counting>) -> Kept<'_, ()> {
        self.done(|state| {
            for Counting { once, at, counts, active } in countings {
                state.count_once(once, at, counts);
                if let Some(active) = active {
                    state.use_app(active);
                }
            }
        })
    }

    fn note(
        &self,
        partnership: PartnershipId,
        at: UnixMillis,
        token: ClaimToken,
        outcome: Outcome,
    ) -> Kept<'_, Noted> {
        self.done(move |state| state.note(&partnership, at, (token, outcome)))
    }

    fn lines(&self, of: CountsOf, max: usize) -> Kept<'_, usize> {
        self.done(|state| {
            let all = state.counts.keys().filter(|place| is_of(&of, place));
            let lines: BTreeSet<(Day, &str)> =
                all.map(|(_, day, line, _)| (*day, line.as_str())).collect();
            lines.len().min(max)
        })
    }

    fn counted(&self, of: CountsOf) -> Kept<'_, Vec<Count>> {
        self.done(|state| {
            let all = state.counts.iter().filter(|(place, _)| is_of(&of, place));
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
            of_day.map(|(_, asking)| asking.clone()).collect()
        })
    }

    fn forget(&self, old: Old, rows_max: usize) -> Kept<'_, Left> {
        self.done(|state| state.forget(old, rows_max))
    }

    fn erase(&self, erasure: Erasure) -> Kept<'_, Erased> {
        self.done(|state| state.erase(erasure))
    }

    fn gone(&self) -> Kept<'_, Vec<(Whose, UnixMillis)>> {
        self.done(|state| state.gone.iter().map(|(whose, (at, _))| (*whose, *at)).collect())
    }

    fn erasing(&self) -> Kept<'_, Vec<(Whose, Position)>> {
        self.done(|state| state.erasing.iter().map(|(whose, until)| (*whose, *until)).collect())
    }

    fn erased(&self, people: Vec<(Whose, Position)>) -> Kept<'_, ()> {
        self.done(|state| state.erased(people))
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
            let of = state.left_out.values().filter(|(_, counts)| *counts).map(|(one, _)| one);
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

/// Returns whether something is counted that is asked for.
fn is_of(of: &CountsOf, (advertiser, day, line, _): &(AdvertiserId, Day, String, String)) -> bool {
    let is_campaign = |campaign: &String| campaign_of(line) == *campaign;
    *advertiser == of.advertiser
        && (of.from..=of.to).contains(day)
        && of.campaign.as_ref().is_none_or(is_campaign)
}
