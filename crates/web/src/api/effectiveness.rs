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
use std::{collections::BTreeMap, sync::Arc, time::Duration};
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
    /// Stretches of at most 50 ms in which records may be missing, after a crash.
    uncertain_windows: usize,
    recalls: Recalls,
    canaries: canaries::Standing,
}

/// How far all partners together are with what they are told to forget or correct.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Recalls {
    /// Disclosures in no message yet.
    waiting: u64,
    /// Messages without acknowledgement.
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
    let in_range = |window: &&UncertainWindow| range.contains(&window.from);
    let promised = desk.takes_effect_within.as_millis();
    let promised_ms = u64::try_from(promised).unwrap_or(u64::MAX);
    Ok(Effectiveness {
        from: date(first),
        to: date(today),
        promised_ms,
        changes: changes(&effects, promised_ms),
        took_effect_ms: took_effect(&effects),
        told: totals.counts.iter().map(|row| row.disclosures).sum(),
        withheld_times: totals.counts.iter().map(|row| row.withheld).sum(),
        withheld: withheld(&totals),
        uncertain_windows: windows.iter().filter(in_range).count(),
        recalls: recalled(
            &recalls::standings(desk).await.map_err(|error| Problem::inside(&error))?,
        ),
        canaries: canaries::standing(&desk.watch),
    })
}

fn recalled(standings: &[recalls::Standing]) -> Recalls {
    let mut all = Recalls::default();
    for one in standings {
        all.waiting += one.waiting;
        all.open += one.open;
        all.acknowledged += one.acknowledged;
        all.unreachable += one.unreachable;
        all.lapsed += u64::from(one.lapsed_at_ms.is_some());
    }
    all
}

fn changes(effects: &[EffectRow], promised_ms: u64) -> Changes {
    let mut changes = Changes::default();
    for row in effects {
        changes.made += row.count;
        *changes.by.entry(row.actor.name()).or_default() += row.count;
        if row.turned_on {
            changes.turned_on += row.count;
        } else {
            changes.turned_off += row.count;
        }
        match row.effect {
            Effect::InForce(took) if took > promised_ms => changes.late += row.count,
            Effect::InForce(_) => {}
            Effect::Failed => changes.failed += row.count,
        }
    }
    changes
}

/// Returns the smallest times within which half, 99 of 100 and all choices were in force.
fn took_effect(effects: &[EffectRow]) -> Option<TookEffect> {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for row in effects {
        if let Effect::InForce(took) = row.effect {
            *counts.entry(took).or_default() += row.count;
        }
    }
    let all: u64 = counts.values().sum();
    let within = |hundredths: u64| {
        let wanted = u128::from(all) * u128::from(hundredths);
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
        counts.entry(reason).or_insert(Withheld { reason, words, count: 0 }).count += row.count;
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
        assert_eq!(changes(&rows, 5_000), right);
    }
}
