//! `GET /effectiveness` and `/effectiveness.json`: whether the switch works, in numbers, for everyone: how many choices
//! were made, how long they took to be in force, which were late or failed, what was withheld and why, how far partners
//! are with forgetting, and how the continuous probe is doing.
//!
//! It is made once a minute at most, whoever asks. It is about the last 30 days, in UTC; recalls and the probe are as they stand. Nothing in it is about one person, partner or message.

use super::{Desk, Entry, canaries, recalls};
use crate::{
    pages::{
        answer::{moved, page as show, protected},
        layout::Layout,
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::header;
use serde::Serialize;
use sluicegate_gate::time::{BootMillis, UnixMillis};
use sluicegate_ledger::{Day, Totals, UncertainWindow};
use sluicegate_settings::{Effect, EffectRow};
use std::{collections::BTreeMap, ops::Range, sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// How long the report is kept, as its header says.
const KEPT_FOR: Duration = Duration::from_mins(1);
/// Days that the report is about.
const DAYS: i64 = 30;

/// The report.
#[derive(Debug, Serialize)]
pub(crate) struct Effectiveness {
    from: String,
    to: String,
    promised_ms: u64,
    changes: Changes,
    /// How long choices took to be in force at every gateway; nothing where there was none.
    took_effect_ms: Option<TookEffect>,
    told: u64,
    withheld_times: u64,
    withheld: Vec<Withheld>,
    /// Stretches of time in which records may be missing: of at most 50 ms after a crash, and longer ones.
    uncertain_windows: usize,
    /// Those of them that are longer, since the rows of open windows were not as the ledger had left them.
    uncertain_windows_of_changed_rows: usize,
    recalls: Recalls,
    canaries: canaries::Standing,
}

impl Effectiveness {
    /// Says in how many stretches of time records may be missing, and why.
    fn uncertain(&self) -> Option<String> {
        let changed = self.uncertain_windows_of_changed_rows;
        let why = match changed {
            0 => String::new(),
            _ => format!(
                ", of which {changed} longer ones, where what was kept of them had been changed or lost"
            ),
        };
        (self.uncertain_windows > 0).then(|| format!("{}{why}", self.uncertain_windows))
    }
}

/// How far all partners together are with what they are told to forget or correct.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Recalls {
    /// Disclosures in no message yet.
    waiting: u64,
    /// Messages made and not acknowledged, sent or not.
    open: u64,
    /// Messages acknowledged.
    acknowledged: u64,
    /// Disclosures that cannot be called back: the register names no address, or the record is damaged.
    unreachable: u64,
    /// Partnerships suspended because they did not acknowledge in time.
    lapsed: u64,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Changes {
    made: u64,
    turned_off: u64,
    turned_on: u64,
    by: BTreeMap<&'static str, u64>,
    late: u64,
    failed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct TookEffect {
    p50: u64,
    p99: u64,
    max: u64,
}

#[derive(Debug, Serialize)]
struct Withheld {
    reason: &'static str,
    words: &'static str,
    count: u64,
}

#[derive(Debug, Template)]
#[template(path = "effectiveness.html")]
struct EffectivenessPage {
    layout: Layout,
    report: Arc<Effectiveness>,
}

/// The report that was made last, and when.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<(Arc<Effectiveness>, BootMillis)>>);

pub(crate) async fn json(State(desk): State<Desk>) -> Result<Response, Problem> {
    let headers =
        [(header::CACHE_CONTROL, "public, max-age=60"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    Ok((headers, Json(&*report(&desk).await?)).into_response())
}

/// Shows the report in the frame of the other public pages. The frame is in the reader's language.
pub(crate) async fn page(State(desk): State<Desk>, request: Request) -> Response {
    let layout = Layout::for_everyone(&desk.platform, Arc::clone(&desk.look), &request);
    let shown = match report(&desk).await {
        Ok(report) => show(&EffectivenessPage { layout, report }),
        Err(problem) => problem.into_response(),
    };
    protected(&desk.look, moved(&desk.look, shown).await)
}

/// Returns the report: for everyone one that is at most [`KEPT_FOR`] old, which one makes while the others wait;
/// for operators on this machine one that is made now.
async fn report(desk: &Desk) -> Result<Arc<Effectiveness>, Problem> {
    match desk.entry {
        Entry::Local => Ok(Arc::new(make(desk).await?)),
        Entry::Network => {
            let mut kept = desk.report.0.lock().await;
            if let Some((report, made)) = &*kept
                && desk.clock.boot().since(*made) < KEPT_FOR
            {
                return Ok(Arc::clone(report));
            }
            let report = Arc::new(make(desk).await?);
            *kept = Some((Arc::clone(&report), desk.clock.boot()));
            Ok(report)
        }
    }
}

async fn make(desk: &Desk) -> Result<Effectiveness, Problem> {
    let today = Day::of(desk.clock.now());
    let first = Day(today.0 - DAYS + 1);
    let range = first.start()..Day(today.0 + 1).start();
    let effects = desk.settings.effects(desk.effects.as_ref(), range.clone()).await;
    let effects = effects.map_err(|error| Problem::inside(&error))?;
    let totals = desk.ledger.totals(range.clone()).await;
    let totals = totals.map_err(|error| Problem::inside(&error))?;
    let windows = desk.ledger.uncertain_windows().await.map_err(|error| Problem::inside(&error))?;
    let uncertain = Uncertain::of(&windows, &range);
    let promised = desk.takes_effect_within;
    let promised_ms = u64::try_from(promised.as_millis()).unwrap_or(u64::MAX);
    Ok(Effectiveness {
        from: date(first),
        to: date(today),
        promised_ms,
        changes: changes(&effects, promised),
        took_effect_ms: took_effect(&effects),
        told: sum(totals.counts.iter().map(|row| row.disclosures)),
        withheld_times: sum(totals.counts.iter().map(|row| row.withheld)),
        withheld: withheld(&totals),
        uncertain_windows: uncertain.windows,
        uncertain_windows_of_changed_rows: uncertain.of_changed_rows,
        recalls: recalled(
            &recalls::standings(desk).await.map_err(|error| Problem::inside(&error))?,
        ),
        canaries: canaries::standing(&desk.watch),
    })
}

/// Adds up what is no part of the record, and so can be any number.
fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

/// How many windows there are in which records may be missing.
#[derive(Debug, PartialEq, Eq)]
struct Uncertain {
    windows: usize,
    of_changed_rows: usize,
}

impl Uncertain {
    /// Counts those that reach into a time: one can begin long before it.
    fn of(windows: &[UncertainWindow], range: &Range<UnixMillis>) -> Self {
        let is_in = |one: &&UncertainWindow| one.from < range.end && one.until >= range.start;
        let within = || windows.iter().filter(is_in);
        let of_changed_rows = within().filter(|one| one.is_of_changed_rows()).count();
        Self { windows: within().count(), of_changed_rows }
    }
}

fn recalled(standings: &[recalls::Standing]) -> Recalls {
    let mut all = Recalls::default();
    for one in standings {
        all.waiting = all.waiting.saturating_add(one.waiting);
        all.open = all.open.saturating_add(one.open);
        all.acknowledged = all.acknowledged.saturating_add(one.acknowledged);
        all.unreachable = all.unreachable.saturating_add(one.unreachable);
        all.lapsed += u64::from(one.lapsed_at_ms.is_some());
    }
    all
}

fn changes(effects: &[EffectRow], promised: Duration) -> Changes {
    let mut changes = Changes::default();
    for row in effects {
        let add = |to: &mut u64| *to = to.saturating_add(row.count);
        add(&mut changes.made);
        add(changes.by.entry(row.actor.name()).or_default());
        add(if row.turned_on { &mut changes.turned_on } else { &mut changes.turned_off });
        match row.effect {
            Effect::InForce(_) if row.effect.is_later_than(promised) => add(&mut changes.late),
            Effect::InForce(_) => {}
            Effect::Failed => add(&mut changes.failed),
        }
    }
    changes
}

/// Returns the smallest times within which half, 99 of 100 and all choices were in force.
fn took_effect(effects: &[EffectRow]) -> Option<TookEffect> {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for row in effects {
        if let Effect::InForce(took) = row.effect {
            let count = counts.entry(took).or_default();
            *count = count.saturating_add(row.count);
        }
    }
    let all: u128 = counts.values().map(|count| u128::from(*count)).sum();
    let within = |hundredths: u64| {
        let wanted = all * u128::from(hundredths);
        let mut seen = 0_u128;
        counts.iter().find_map(|(took, count)| {
            seen += u128::from(*count) * 100;
            (seen >= wanted).then_some(*took)
        })
    };
    Some(TookEffect { p50: within(50)?, p99: within(99)?, max: *counts.keys().next_back()? })
}

/// Adds up what was withheld by reason, the most frequent first.
fn withheld(totals: &Totals) -> Vec<Withheld> {
    let mut counts: BTreeMap<&'static str, Withheld> = BTreeMap::new();
    for row in &totals.withheld {
        let (reason, words) = (row.reason.code(), row.reason.words());
        let all = counts.entry(reason).or_insert(Withheld { reason, words, count: 0 });
        all.count = all.count.saturating_add(row.count);
    }
    let mut all: Vec<Withheld> = counts.into_values().collect();
    all.sort_by(|one, other| (other.count, one.reason).cmp(&(one.count, other.reason)));
    all
}

fn date(day: Day) -> String {
    sluicegate_register::Day::of(UnixMillis(day.start().0)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::Setting;
    use sluicegate_settings::Actor;

    fn row(effect: Effect, count: u64) -> EffectRow {
        let (setting, actor) = (Setting::Sharing, Actor::Person);
        EffectRow { day: UnixMillis(0), setting, turned_on: false, actor, effect, count }
    }

    #[test]
    fn the_times_are_those_within_which_so_many_were_in_force() {
        let rows =
            [row(Effect::InForce(2), 50), row(Effect::InForce(8), 49), row(Effect::Failed, 9)];
        let took =
            |rows: &[EffectRow]| took_effect(rows).map(|took| (took.p50, took.p99, took.max));
        assert_eq!(took(&rows), Some((2, 8, 8)));
        let slow = [&rows[..], &[row(Effect::InForce(700), 1)]].concat();
        assert_eq!(took(&slow), Some((2, 8, 700)));
        assert_eq!(took(&[row(Effect::InForce(7), 1)]), Some((7, 7, 7)));
        assert_eq!(took(&[row(Effect::Failed, 1)]), None);
    }

    #[test]
    fn late_and_failed_choices_are_counted_beside_all() {
        let rows = [
            row(Effect::InForce(5_000), 3),
            row(Effect::InForce(5_100), 2),
            EffectRow { turned_on: true, actor: Actor::Operator, ..row(Effect::Failed, 1) },
        ];
        let by = BTreeMap::from([("operator", 1), ("person", 5)]);
        let right = Changes { made: 6, turned_off: 5, turned_on: 1, by, late: 2, failed: 1 };
        assert_eq!(changes(&rows, Duration::from_secs(5)), right);
    }

    #[test]
    fn counts_that_were_altered_to_any_number_are_added_up_as_far_as_there_is_room() {
        let rows = [row(Effect::InForce(7), u64::MAX), row(Effect::InForce(9), u64::MAX)];
        assert_eq!(changes(&rows, Duration::from_secs(5)).made, u64::MAX);
        let took = took_effect(&rows).map(|took| (took.p50, took.p99));
        assert_eq!(took, Some((7, 9)));
        assert_eq!(sum([u64::MAX, 1].into_iter()), u64::MAX);
    }

    #[test]
    fn a_window_counts_where_it_reaches_into_the_time_however_early_it_begins() {
        let range = UnixMillis(1_000_000)..UnixMillis(2_000_000);
        let window = |from, until| UncertainWindow {
            path: sluicegate_gate::Path::BidRequest,
            from: UnixMillis(from),
            until: UnixMillis(until),
        };
        let windows = [
            window(0, 1_500_000),
            window(999_980, 1_000_010),
            window(1_999_990, 2_000_030),
            window(0, 50),
            window(2_000_000, 2_000_050),
        ];
        let right = Uncertain { windows: 3, of_changed_rows: 1 };
        assert_eq!(Uncertain::of(&windows, &range), right);
    }
}
