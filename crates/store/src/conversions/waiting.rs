//! What of conversions that are durable and not in their tables yet must be known: their ids, how many there are of
//! each device, installs, and claims. Whoever decides on something asks here first and the tables then: what is moved
//! in between is found in both.
//!
//! Bodies are added and taken out on the writer, in the order of what is written: what a job adds is known to the jobs
//! after it in the same transaction, and taken back if that is not committed. Only what is committed is moved.
//! Limits: about 370 bytes for each conversion, at most [`ITEMS_MAX`], beyond which whoever brings more moves
//! some first.

use super::body::Body;
use parking_lot::Mutex;
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{
    Alias, AppUse, Claim, ClaimToken, ConversionId, Device, NewConversion, Sort,
};
use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::Hash,
};

/// Conversions that wait at most, entered and settled: those of 25 seconds at 10,000 a second.
const ITEMS_MAX: usize = 500_000;
/// Conversions that are moved at once, and bodies: little enough that nobody waits for long.
const MOVED_ITEMS: usize = 128;
const MOVED_BODIES: usize = 64;

/// Conversions on their way to the tables.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    bodies: VecDeque<Known>,
    /// Bodies that are being moved: what was written of them is not committed yet.
    moving: Vec<Known>,
    /// Installs that are being moved.
    moving_installs: HashMap<Alias, Vec<Install>>,
    items: usize,
    ids: HashMap<ConversionId, Held>,
    of_devices: HashMap<(Alias, Sorted, Day), usize>,
    installs: HashMap<Alias, Vec<Install>>,
    /// The bodies with a claim.
    claims: HashMap<ClaimToken, Vec<i64>>,
    claimed: HashMap<ConversionId, usize>,
    /// The number of the last body that came.
    last: i64,
    /// How many conversions ever came, entered, settled and counted.
    came: u64,
    is_moving: bool,
}

/// Whether it is an event in an app, which is counted apart.
type Sorted = bool;

/// An install of an app on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Install {
    happened: UnixMillis,
    id: ConversionId,
    told: Option<Told>,
}

/// The claim of an install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    /// When the install was reported first.
    accepted_at: UnixMillis,
    /// The body with the claim.
    number: i64,
}

/// What is known of a conversion that waits.
#[derive(Clone, Copy, Debug)]
struct Held {
    content: [u8; 16],
    alias: Alias,
    unclaimed: Unclaimed,
}

impl Held {
    fn device(&self) -> Device {
        Device { alias: self.alias, installation: self.unclaimed.installation }
    }
}

/// A conversion without a claim in the tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unclaimed {
    pub(super) is_install: bool,
    pub(super) happened: UnixMillis,
    pub(super) accepted_at: UnixMillis,
    pub(super) installation: Alias,
}

/// Conversions without a claim that do not wait.
pub(super) type InTables = HashMap<ConversionId, Unclaimed>;

/// A claim that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WaitingClaim {
    /// When the install happened, and which it is.
    pub(super) install: (UnixMillis, ConversionId),
    /// When it was reported first.
    pub(super) accepted_at: UnixMillis,
    /// The body with the claim.
    pub(super) number: i64,
}

/// What one body adds to what must be known.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) number: i64,
    is_durable: bool,
    items: usize,
    first_claims: usize,
    ids: Vec<(ConversionId, Held)>,
    of_devices: Vec<(Alias, Sorted, Day)>,
    installs: Vec<(Alias, Install)>,
    claims: Vec<(ClaimToken, ConversionId)>,
}

/// What is known of one conversion by those that wait.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) kept: Option<([u8; 16], Device)>,
    pub(super) of_device: usize,
    pub(super) earlier_install: Option<UnixMillis>,
}

impl Waiting {
    /// Returns the number of the next body that is added: after those of all that are on the disk.
    pub(super) fn next(&self) -> i64 {
        self.0.lock().last.saturating_add(1)
    }

    /// Adds a body. Returns how many conversions have their first claim with it.
    pub(super) fn add(&self, number: i64, body: &Body, in_tables: &InTables) -> usize {
        let mut state = self.0.lock();
        let known = state.known(number, body, in_tables);
        state.put(&known);
        state.last = state.last.max(number);
        let items = u64::try_from(known.items).unwrap_or(u64::MAX);
        state.came = state.came.wrapping_add(items);
        let first_claims = known.first_claims;
        state.bodies.push_back(known);
        first_claims
    }

    /// Notes that a body is committed, and durable before anything that is written later; or takes it back.
    pub(super) fn kept(&self, number: i64, is_durable: bool) {
        let mut state = self.0.lock();
        let Some(at) = state.bodies.iter().rposition(|known| known.number == number) else {
            return;
        };
        if is_durable {
            if let Some(known) = state.bodies.get_mut(at) {
                known.is_durable = true;
            }
        } else if let Some(known) = state.bodies.remove(at) {
            state.take(&known);
        }
    }

    /// Takes the first bodies out, to be moved: at least one, if there is any that is durable. Returns their
    /// numbers.
    pub(super) fn begin(&self) -> Vec<i64> {
        let mut state = self.0.lock();
        let (mut numbers, mut items) = (Vec::new(), 0);
        while items < MOVED_ITEMS
            && numbers.len() < MOVED_BODIES
            && state.bodies.front().is_some_and(|known| known.is_durable)
            && let Some(known) = state.bodies.pop_front()
        {
            state.take(&known);
            items += known.items;
            numbers.push(known.number);
            put_installs(&mut state.moving_installs, &known.installs);
            state.moving.push(known);
        }
        numbers
    }

    /// Notes that bodies are moved, or puts them back.
    pub(super) fn end(&self, numbers: &[i64], is_moved: bool) {
        let mut state = self.0.lock();
        let ended = state.moving.extract_if(.., |known| numbers.contains(&known.number));
        let ended: Vec<Known> = ended.collect();
        for known in &ended {
            take_installs(&mut state.moving_installs, &known.installs);
        }
        if is_moved {
            return;
        }
        for known in ended.into_iter().rev() {
            state.put(&known);
            state.bodies.push_front(known);
        }
    }

    /// Returns what those that wait say of a conversion. The app is the one on the device that it was reported of first.
    pub(super) fn beside(
        &self,
        id: ConversionId,
        device: (Alias, Sorted, Day),
        (installation, happened): (Alias, UnixMillis),
    ) -> Beside {
        let state = self.0.lock();
        let kept = state.ids.get(&id).map(|held| (held.content, held.device()));
        let installation = kept.map_or(installation, |(_, device)| device.installation);
        let installs = state.installs.get(&installation).into_iter().flatten();
        let earlier = installs.filter(|one| one.happened < happened && one.id != id);
        Beside {
            kept,
            of_device: state.of_devices.get(&device).copied().unwrap_or_default(),
            earlier_install: earlier.map(|one| one.happened).max(),
        }
    }

    /// Returns of which device a conversion that waits was reported.
    pub(super) fn device(&self, id: ConversionId) -> Option<Device> {
        self.0.lock().ids.get(&id).map(Held::device)
    }

    /// Returns whether a conversion waits.
    pub(super) fn has(&self, id: ConversionId) -> bool {
        self.0.lock().ids.contains_key(&id)
    }

    /// Returns for each the claim of the latest install that happened no later, among those that are durable and that
    /// the tables may not have yet; and when the latest did of those entered without one.
    pub(super) fn claims(
        &self,
        uses: &[AppUse],
    ) -> Vec<(Option<WaitingClaim>, Option<UnixMillis>)> {
        let state = self.0.lock();
        uses.iter().map(|asked| (state.claim(*asked), state.unclaimed(*asked))).collect()
    }

    /// Returns the first body with a claim that the tables may not have yet.
    pub(super) fn body_of(&self, token: ClaimToken) -> Option<i64> {
        let state = self.0.lock();
        let moving = state.moving.iter();
        let mut moving = moving.filter(|known| known.claims.iter().any(|(of, _)| *of == token));
        let moving = moving.next().map(|known| known.number);
        moving.or_else(|| state.claims.get(&token)?.iter().min().copied())
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.lock().items >= ITEMS_MAX
    }

    /// Returns the number of the last body that is not in the tables, if there is any.
    pub(super) fn last(&self) -> Option<i64> {
        let state = self.0.lock();
        state.moving.iter().chain(&state.bodies).map(|known| known.number).max()
    }

    /// Returns the number of the first body that is not in the tables, if there is any.
    pub(super) fn first(&self) -> Option<i64> {
        let state = self.0.lock();
        state.moving.iter().chain(state.bodies.front()).map(|known| known.number).min()
    }

    /// Returns how many conversions ever came.
    pub(super) fn came(&self) -> u64 {
        self.0.lock().came
    }

    /// Returns whether somebody is to begin to move bodies; whoever is told so does.
    pub(super) fn is_to_be_moved(&self) -> bool {
        let mut state = self.0.lock();
        let begins = !state.is_moving && !state.bodies.is_empty();
        state.is_moving |= begins;
        begins
    }

    /// Notes that nobody moves bodies any more; false if there are some, and it is to go on.
    pub(super) fn rests(&self) -> bool {
        let mut state = self.0.lock();
        state.is_moving = !state.bodies.is_empty();
        !state.is_moving
    }

    /// Notes that nobody moves bodies any more.
    pub(super) fn stops(&self) {
        self.0.lock().is_moving = false;
    }
}

impl State {
    fn known(&self, number: i64, body: &Body, in_tables: &InTables) -> Known {
        let mut known = Known { number, ..Known::default() };
        match body {
            Body::Entered(by, fresh) => {
                known.items = fresh.len();
                for new in fresh {
                    known.enter(by.at, new);
                }
            }
            Body::Settled(_, _, settled) => {
                known.items = settled.len();
                for one in settled {
                    let Some(claim) = &one.claim else { continue };
                    let here = self.ids.get(&one.conversion).map(|held| held.unclaimed);
                    let of = here.or_else(|| in_tables.get(&one.conversion).copied());
                    // Why: of what nobody reported yet it is no claim, and must not be in the way of one that is.
                    let Some(of) = of else { continue };
                    // What is claimed already is found by what it was found by then.
                    let is_first = !self.claimed.contains_key(&one.conversion)
                        && known.claims.iter().all(|(_, of)| *of != one.conversion);
                    known.claims.push((claim.token, one.conversion));
                    if is_first {
                        known.tell(one.conversion, of, claim);
                    }
                }
            }
            Body::Counted(all) => known.items = all.len(),
        }
        known
    }

    fn claim(&self, AppUse { installation, at }: AppUse) -> Option<WaitingClaim> {
        let waiting = self.installs.get(&installation).into_iter().flatten();
        let waiting = waiting.filter(|one| one.told.is_some_and(|told| self.is_durable(told)));
        let moving = self.moving_installs.get(&installation).into_iter().flatten();
        let told = waiting.chain(moving).filter(|one| one.happened <= at);
        let told = told.filter_map(|one| {
            let Told { accepted_at, number } = one.told?;
            Some(WaitingClaim { install: (one.happened, one.id), accepted_at, number })
        });
        told.max_by_key(|claim| claim.install)
    }

    fn unclaimed(&self, AppUse { installation, at }: AppUse) -> Option<UnixMillis> {
        let waiting = self.installs.get(&installation).into_iter().flatten();
        let moving = self.moving_installs.get(&installation).into_iter().flatten();
        let unclaimed = waiting.chain(moving).filter(|one| one.told.is_none());
        unclaimed.map(|one| one.happened).filter(|happened| *happened <= at).max()
    }

    fn is_durable(&self, told: Told) -> bool {
        let found = self.bodies.binary_search_by_key(&told.number, |known| known.number);
        found.ok().and_then(|at| self.bodies.get(at)).is_some_and(|known| known.is_durable)
    }

    fn put(&mut self, known: &Known) {
        self.items += known.items;
        self.ids.extend(known.ids.iter().copied());
        for device in &known.of_devices {
            *self.of_devices.entry(*device).or_default() += 1;
        }
        put_installs(&mut self.installs, &known.installs);
        for (claim, conversion) in &known.claims {
            self.claims.entry(*claim).or_default().push(known.number);
            *self.claimed.entry(*conversion).or_default() += 1;
        }
    }

    fn take(&mut self, known: &Known) {
        self.items -= known.items;
        for (id, _) in &known.ids {
            self.ids.remove(id);
        }
        for device in &known.of_devices {
            take_one(&mut self.of_devices, *device, one_less);
        }
        take_installs(&mut self.installs, &known.installs);
        for (claim, conversion) in &known.claims {
            take_one(&mut self.claims, *claim, |all| take_from(all, &known.number));
            take_one(&mut self.claimed, *conversion, one_less);
        }
    }
}

impl Known {
    fn enter(&mut self, at: UnixMillis, new: &NewConversion) {
        let is_install = new.sort == Sort::Install;
        let NewConversion { happened, installation, .. } = *new;
        let unclaimed = Unclaimed { is_install, happened, accepted_at: at, installation };
        self.ids.push((new.id, Held { content: new.content, alias: new.alias, unclaimed }));
        self.of_devices.push((new.alias, new.sort == Sort::InApp, Day::of(at)));
        if is_install {
            self.installs.push((installation, Install { happened, id: new.id, told: None }));
        }
    }

    /// Adds the first claim of a conversion.
    fn tell(&mut self, id: ConversionId, of: Unclaimed, claim: &Claim) {
        self.first_claims += 1;
        if !of.is_install {
            return;
        }
        let told = Some(Told { accepted_at: of.accepted_at, number: self.number });
        let install = Install { happened: of.happened, id, told };
        let apps = claim.installations.iter().filter(|app| **app != of.installation);
        self.installs.extend(apps.map(|app| (*app, install)));
        self.installs.push((of.installation, install));
    }
}

fn put_installs(to: &mut HashMap<Alias, Vec<Install>>, installs: &[(Alias, Install)]) {
    for (installation, install) in installs {
        to.entry(*installation).or_default().push(*install);
    }
}

fn take_installs(from: &mut HashMap<Alias, Vec<Install>>, installs: &[(Alias, Install)]) {
    for (installation, install) in installs {
        take_one(from, *installation, |all| take_from(all, install));
    }
}

/// Takes one out, and returns whether nothing is left.
fn take_from<T: PartialEq>(all: &mut Vec<T>, one: &T) -> bool {
    if let Some(at) = all.iter().position(|other| other == one) {
        all.swap_remove(at);
    }
    all.is_empty()
}

/// Changes a value, and drops it if it says that nothing is left.
fn take_one<K: Eq + Hash, V>(map: &mut HashMap<K, V>, key: K, take: impl FnOnce(&mut V) -> bool) {
    if let Entry::Occupied(mut entry) = map.entry(key)
        && take(entry.get_mut())
    {
        entry.remove();
    }
}

fn one_less(count: &mut usize) -> bool {
    *count = count.saturating_sub(1);
    *count == 0
}
