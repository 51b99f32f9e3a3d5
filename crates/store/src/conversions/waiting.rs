//! What of conversions that are durable and not in their tables yet must be known: their ids, how many there are of
//! each device, installs, and claims.
//!
//! Bodies are added and taken out on the writer, in the order of what is written: what a job adds is known to the jobs
//! after it in the same transaction, and taken back if that is not committed. Only what is committed is moved.
//! Limits: about 300 bytes for each conversion, at most [`ITEMS_MAX`], beyond which whoever brings more moves
//! some first.

use super::body::{Body, What};
use parking_lot::Mutex;
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{Alias, ClaimToken, ConversionId, Sort};
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
    items: usize,
    ids: HashMap<ConversionId, Held>,
    of_devices: HashMap<(Alias, Sorted, Day), usize>,
    installs: HashMap<Alias, Vec<Install>>,
    claims: HashMap<ClaimToken, usize>,
    claimed: HashMap<ConversionId, usize>,
    /// The number of the last body that came.
    last: i64,
    /// How many bodies ever came.
    came: u64,
    is_moving: bool,
}

/// Whether it is an event in an app, which is counted apart.
type Sorted = bool;
/// When an install happened, and which it is.
type Install = (UnixMillis, ConversionId);

/// What is known of a conversion that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) content: [u8; 16],
    install: Option<UnixMillis>,
}

/// What one body adds to what must be known.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) number: i64,
    is_durable: bool,
    items: usize,
    ids: Vec<(ConversionId, Held)>,
    of_devices: Vec<(Alias, Sorted, Day)>,
    installs: Vec<(Alias, Install)>,
    claims: Vec<(ClaimToken, ConversionId)>,
}

/// What is known of one conversion by those that wait.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) content: Option<[u8; 16]>,
    pub(super) of_device: usize,
    pub(super) earlier_install: Option<UnixMillis>,
}

impl Waiting {
    /// Returns the number of the next body that is added: after those of all that are on the disk.
    pub(super) fn next(&self) -> i64 {
        self.0.lock().last.saturating_add(1)
    }

    /// Adds a body. `installs` says of conversions that do not wait when they happened, if they are installs.
    pub(super) fn add(
        &self,
        number: i64,
        body: &Body,
        installs: &HashMap<ConversionId, UnixMillis>,
    ) {
        let mut state = self.0.lock();
        let known = state.known(number, body, installs);
        state.put(&known);
        state.last = state.last.max(number);
        state.came = state.came.wrapping_add(1);
        state.bodies.push_back(known);
    }

    /// Notes that a body is durable, or takes it back.
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
            state.moving.push(known);
        }
        numbers
    }

    /// Notes that bodies are moved, or puts them back.
    pub(super) fn end(&self, numbers: &[i64], is_moved: bool) {
        let mut state = self.0.lock();
        let ended = state.moving.extract_if(.., |known| numbers.contains(&known.number));
        let ended: Vec<Known> = ended.collect();
        if is_moved {
            return;
        }
        for known in ended.into_iter().rev() {
            state.put(&known);
            state.bodies.push_front(known);
        }
    }

    /// Returns what those that wait say of a conversion.
    pub(super) fn beside(
        &self,
        id: ConversionId,
        device: (Alias, Sorted, Day),
        (installation, happened): (Alias, UnixMillis),
    ) -> Beside {
        let state = self.0.lock();
        let installs = state.installs.get(&installation).into_iter().flatten();
        let earlier = installs.filter(|(at, of)| *at < happened && *of != id);
        Beside {
            content: state.ids.get(&id).map(|held| held.content),
            of_device: state.of_devices.get(&device).copied().unwrap_or_default(),
            earlier_install: earlier.map(|(at, _)| *at).max(),
        }
    }

    /// Returns whether a conversion waits.
    pub(super) fn has(&self, id: ConversionId) -> bool {
        self.0.lock().ids.contains_key(&id)
    }

    /// Returns whether the tables may not have an install yet.
    pub(super) fn has_install_of(&self, installation: Alias) -> bool {
        let state = self.0.lock();
        let mut moving = state.moving.iter().flat_map(|known| &known.installs);
        state.installs.contains_key(&installation) || moving.any(|(app, _)| *app == installation)
    }

    /// Returns whether the tables may not have a claim yet.
    pub(super) fn has_claim(&self, token: ClaimToken) -> bool {
        let state = self.0.lock();
        let mut moving = state.moving.iter().flat_map(|known| &known.claims);
        state.claims.contains_key(&token) || moving.any(|(claim, _)| *claim == token)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().bodies.is_empty()
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

    /// Returns how many bodies ever came.
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
    fn known(
        &self,
        number: i64,
        body: &Body,
        installs: &HashMap<ConversionId, UnixMillis>,
    ) -> Known {
        let mut known = Known { number, ..Known::default() };
        match &body.what {
            What::Entered(fresh) => {
                let day = Day::of(body.at);
                known.items = fresh.len();
                for new in fresh {
                    let install = (new.sort == Sort::Install).then_some(new.happened);
                    known.ids.push((new.id, Held { content: new.content, install }));
                    known.of_devices.push((new.alias, new.sort == Sort::InApp, day));
                    let install = install.map(|happened| (new.installation, (happened, new.id)));
                    known.installs.extend(install);
                }
            }
            What::Settled(settled) => {
                known.items = settled.len();
                for one in settled {
                    let Some(claim) = &one.claim else { continue };
                    let is_first = !self.claimed.contains_key(&one.conversion)
                        && known.claims.iter().all(|(_, of)| *of != one.conversion);
                    known.claims.push((claim.token, one.conversion));
                    let here = self.ids.get(&one.conversion).and_then(|held| held.install);
                    let at = here.or_else(|| installs.get(&one.conversion).copied());
                    // What is claimed already is found by what it was found by then.
                    if let Some(at) = at.filter(|_| is_first) {
                        let install = (at, one.conversion);
                        let apps = claim.installations.iter();
                        known.installs.extend(apps.map(|app| (*app, install)));
                    }
                }
            }
        }
        known
    }

    fn put(&mut self, known: &Known) {
        self.items += known.items;
        self.ids.extend(known.ids.iter().copied());
        for device in &known.of_devices {
            *self.of_devices.entry(*device).or_default() += 1;
        }
        for (installation, install) in &known.installs {
            self.installs.entry(*installation).or_default().push(*install);
        }
        for (claim, conversion) in &known.claims {
            *self.claims.entry(*claim).or_default() += 1;
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
        for (installation, install) in &known.installs {
            take_one(&mut self.installs, *installation, |all| {
                if let Some(at) = all.iter().position(|one| one == install) {
                    all.swap_remove(at);
                }
                all.is_empty()
            });
        }
        for (claim, conversion) in &known.claims {
            take_one(&mut self.claims, *claim, one_less);
            take_one(&mut self.claimed, *conversion, one_less);
        }
    }
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
