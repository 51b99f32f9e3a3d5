//! Reservation windows: when a bid request may go before its own record is on the disk.
//!
//! A window is usable only after its row is durable, and only until its end by the boot clock. It is
//! closed, in the store too, once every record handed in under it is durable; a window under which a
//! record was lost is declared uncertain instead. What a dead process leaves open is declared when
//! the ledger opens again.

use crate::{RecordError, WindowRow};
use parking_lot::Mutex;
use sluicegate_gate::{
    Path,
    time::{BootMillis, UnixMillis},
};
use std::{collections::HashMap, time::Duration};

/// How far ahead a window reaches.
pub(crate) const LENGTH: Duration = Duration::from_millis(50);
/// While traffic flows, the next window is asked for when this much is left.
const RENEW_WITH_LEFT: Duration = Duration::from_millis(30);
/// A window with less left is not used: the message could hardly go in time.
const USABLE_WITH_LEFT: Duration = Duration::from_millis(10);

#[derive(Debug)]
struct Window {
    row: WindowRow,
    until: BootMillis,
    /// Records handed to the writer under it.
    handed: u64,
    /// Records of it that are durable or lost.
    settled: u64,
    /// Whether a record was lost.
    torn: bool,
}

/// What the next batch says about windows.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) reserved: Vec<WindowRow>,
    pub(crate) closed: Vec<u128>,
    pub(crate) uncertain: Vec<WindowRow>,
    opening: Vec<(Path, Window)>,
}

/// How many records of each window a batch holds.
pub(crate) type Counts = HashMap<u128, u64>;

/// Both clocks, read together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) now: UnixMillis,
    pub(crate) boot: BootMillis,
}

#[derive(Debug, Default)]
struct Windows {
    closed: bool,
    bid: Option<Window>,
    contextual: Option<Window>,
    /// No longer usable, not yet closed in the store.
    retired: Vec<Window>,
}

impl Windows {
    fn slot(&mut self, path: Path) -> Option<&mut Option<Window>> {
        match path {
            Path::BidRequest => Some(&mut self.bid),
            Path::ContextualBidRequest => Some(&mut self.contextual),
            Path::WinNotice
            | Path::BillingNotice
            | Path::LossNotice
            | Path::Exposures
            | Path::Touches
            | Path::Recall
            | Path::DeletionRequest => None,
        }
    }

    fn retire_if(&mut self, condition: impl Fn(&Window) -> bool) {
        let Self { closed: _, bid, contextual, retired } = self;
        for slot in [bid, contextual] {
            retired.extend(slot.take_if(|window| condition(window)));
        }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Window> {
        self.bid.iter_mut().chain(&mut self.contextual).chain(&mut self.retired)
    }
}

/// The windows of this process, shared by callers and the writer.
#[derive(Debug, Default)]
pub(crate) struct Desk(Mutex<Windows>);

impl Desk {
    /// Hands a record in under the current window of its path, and returns when that window ends;
    /// `None` if there is none.
    ///
    /// The lock is held while `hand` runs, so that the writer never closes a window while a record
    /// under it is on the way.
    pub(crate) fn hand_in(
        &self,
        path: Path,
        boot: impl FnOnce() -> BootMillis,
        hand: impl FnOnce(u128) -> Result<(), RecordError>,
    ) -> Result<Option<BootMillis>, RecordError> {
        let mut windows = self.0.lock();
        if windows.closed {
            return Err(RecordError::Closed);
        }
        let slot = windows.slot(path).ok_or(RecordError::NotReservable(path))?;
        let boot = boot();
        match slot {
            Some(window) if boot.plus(USABLE_WITH_LEFT) <= window.until => {
                hand(window.row.id)?;
                window.handed += 1;
                Ok(Some(window.until))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Says what the next batch, which holds `counts` records, is to commit about windows. Paths in
    /// `wanted` get a next window unless theirs has time left.
    pub(crate) fn plan(
        &self,
        moment: Moment,
        counts: &Counts,
        wanted: &[Path],
        roll: impl Fn() -> u128,
    ) -> Plan {
        let mut windows = self.0.lock();
        let closed = windows.closed;
        windows.retire_if(|window| closed || window.until <= moment.boot);
        let mut plan = Plan::default();
        for window in &windows.retired {
            let settled = window.settled + counts.get(&window.row.id).copied().unwrap_or(0);
            match (settled == window.handed, window.torn) {
                (true, false) => plan.closed.push(window.row.id),
                (true, true) => plan.uncertain.push(window.row.clone()),
                (false, _) => {}
            }
        }
        for path in wanted.iter().copied().filter(|_| !closed) {
            let Some(slot) = windows.slot(path) else { continue };
            let lasts = |window: &Window| window.until.since(moment.boot) > RENEW_WITH_LEFT;
            if !slot.as_ref().is_some_and(lasts) {
                plan.open(path, moment, roll());
            }
        }
        plan
    }

    /// The batch is durable.
    pub(crate) fn succeeded(&self, plan: Plan, counts: &Counts) {
        let mut windows = self.0.lock();
        let closed = windows.closed;
        windows.settle(counts);
        let gone = |window: &Window| {
            plan.closed.contains(&window.row.id) || plan.uncertain.contains(&window.row)
        };
        windows.retired.retain(|window| !gone(window));
        for (path, window) in plan.opening {
            let slot = if closed { None } else { windows.slot(path) };
            let replaced = match slot {
                Some(slot) => slot.replace(window),
                None => Some(window),
            };
            windows.retired.extend(replaced);
        }
    }

    /// The batch was not kept: its records are lost, and nothing is reserved any more.
    pub(crate) fn failed(&self, plan: Plan, counts: &Counts) {
        let mut windows = self.0.lock();
        windows.settle(counts);
        for window in windows.all().filter(|window| counts.contains_key(&window.row.id)) {
            window.torn = true;
        }
        windows.retire_if(|_| true);
        // Nobody used them, but their rows may have reached the disk: they are closed with the next batch.
        windows.retired.extend(plan.opening.into_iter().map(|(_, window)| window));
    }

    /// One record of a window cannot be kept.
    pub(crate) fn tear(&self, id: u128) {
        for window in self.0.lock().all().filter(|window| window.row.id == id) {
            window.torn = true;
        }
    }

    /// Reserves nothing from now on.
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
    }

    /// Returns whether a window is not yet closed in the store.
    pub(crate) fn is_any_open(&self) -> bool {
        self.0.lock().all().next().is_some()
    }
}

impl Windows {
    fn settle(&mut self, counts: &Counts) {
        for window in self.all() {
            window.settled += counts.get(&window.row.id).copied().unwrap_or(0);
        }
    }
}

impl Plan {
    fn open(&mut self, path: Path, moment: Moment, id: u128) {
        if self.opening.iter().any(|(opening, _)| *opening == path) {
            return;
        }
        let until = moment.now.plus(LENGTH);
        let row = WindowRow { id, path, from: moment.now, until };
        self.reserved.push(row.clone());
        let until = moment.boot.plus(LENGTH);
        let window = Window { row, until, handed: 0, settled: 0, torn: false };
        self.opening.push((path, window));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: Path = Path::BidRequest;

    fn moment(boot: u64) -> Moment {
        Moment { now: UnixMillis(0), boot: BootMillis(boot) }
    }

    /// Opens window `id` at `boot`.
    fn open(desk: &Desk, id: u128, boot: u64) -> Plan {
        let plan = desk.plan(moment(boot), &Counts::new(), &[PATH], || id);
        assert_eq!(plan.reserved.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
        plan
    }

    fn uncertain(plan: &Plan) -> Vec<u128> {
        plan.uncertain.iter().map(|row| row.id).collect()
    }

    fn hand_in(desk: &Desk, boot: u64) -> Option<BootMillis> {
        desk.hand_in(PATH, || BootMillis(boot), |_| Ok(())).unwrap()
    }

    fn plan(desk: &Desk, boot: u64, counts: &Counts) -> Plan {
        desk.plan(moment(boot), counts, &[], || 0)
    }

    #[test]
    fn a_window_is_used_only_after_it_is_durable_and_well_before_its_end() {
        let desk = Desk::default();
        let opening = open(&desk, 1, 100);
        assert_eq!(hand_in(&desk, 100), None, "planned, not durable");
        desk.succeeded(opening, &Counts::new());
        assert_eq!(hand_in(&desk, 140), Some(BootMillis(150)));
        assert_eq!(hand_in(&desk, 141), None, "too little left");
        assert_eq!(hand_in(&desk, 151), None, "over");
    }

    #[test]
    fn a_window_stays_open_while_one_of_its_records_is_on_the_way() {
        let desk = Desk::default();
        desk.succeeded(open(&desk, 1, 100), &Counts::new());
        hand_in(&desk, 100);
        hand_in(&desk, 101);
        let one = Counts::from([(1, 1)]);
        let early = plan(&desk, 500, &one);
        assert!(early.closed.is_empty() && early.uncertain.is_empty());
        desk.succeeded(early, &one);
        let late = plan(&desk, 501, &one);
        assert_eq!(late.closed, [1]);
        desk.succeeded(late, &one);
        assert!(!desk.is_any_open());
    }

    #[test]
    fn a_window_with_a_lost_record_is_declared_once_its_others_are_settled() {
        let desk = Desk::default();
        desk.succeeded(open(&desk, 1, 100), &Counts::new());
        hand_in(&desk, 100);
        hand_in(&desk, 100);
        let one = Counts::from([(1, 1)]);
        desk.failed(plan(&desk, 101, &one), &one);
        assert_eq!(hand_in(&desk, 102), None, "nothing is reserved after a failure");
        let settled = plan(&desk, 103, &one);
        assert_eq!((settled.closed.len(), uncertain(&settled).as_slice()), (0, &[1][..]));
        desk.succeeded(settled, &one);
        assert!(!desk.is_any_open());
    }

    #[test]
    fn one_record_that_cannot_be_kept_tears_its_window() {
        let desk = Desk::default();
        desk.succeeded(open(&desk, 1, 100), &Counts::new());
        hand_in(&desk, 100);
        desk.tear(1);
        assert_eq!(uncertain(&plan(&desk, 150, &Counts::from([(1, 1)]))), [1]);
    }

    #[test]
    fn a_window_whose_row_failed_is_never_used_and_closed_later() {
        let desk = Desk::default();
        desk.failed(open(&desk, 1, 100), &Counts::new());
        assert_eq!(hand_in(&desk, 100), None);
        assert_eq!(plan(&desk, 101, &Counts::new()).closed, [1]);
    }

    #[test]
    fn a_record_that_finds_no_place_in_the_queue_does_not_hold_its_window() {
        let desk = Desk::default();
        desk.succeeded(open(&desk, 1, 100), &Counts::new());
        let refused = desk.hand_in(PATH, || BootMillis(100), |_| Err(RecordError::Busy));
        assert_eq!(refused, Err(RecordError::Busy));
        assert_eq!(plan(&desk, 150, &Counts::new()).closed, [1]);
    }

    #[test]
    fn a_closed_desk_hands_out_nothing_and_opens_nothing() {
        let desk = Desk::default();
        let opening = open(&desk, 1, 100);
        desk.close();
        desk.succeeded(opening, &Counts::new());
        let refused = desk.hand_in(PATH, || BootMillis(100), |_| Ok(()));
        assert_eq!(refused, Err(RecordError::Closed));
        let last = desk.plan(moment(100), &Counts::new(), &[PATH], || 2);
        assert_eq!((last.reserved.len(), last.closed.as_slice()), (0, &[1][..]));
    }
}
