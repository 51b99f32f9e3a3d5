//! Whether the gateway lives, may be sent requests, and what it counts.

use super::{
    Desk, Scope, audiences, bills, canaries,
    deliveries::standings,
    lookups::{self, Lookups},
    recalls,
    standing::{self, Standing},
};
use crate::problem::Problem;
use axum::{Json, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use sluicegate_gate::{Path, time::UnixMillis};
use sluicegate_ledger::{
    SetAside,
    log::book::{LogFailure, LogStanding},
};
use sluicegate_measurement::lookup::ConversionsError;
use sluicegate_register::Day;
use sluicegate_settings::Settings;
use std::{fmt::Write, time::Duration};

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// How the view of the choices is doing.
#[derive(Clone, Copy, Debug)]
struct ViewHealth {
    age: Option<Duration>,
    is_fresh: bool,
    stopped_shards: usize,
}

impl ViewHealth {
    fn of(settings: &Settings) -> Self {
        Self {
            age: settings.view_age(),
            is_fresh: settings.is_fresh(),
            stopped_shards: settings.stopped_shards(),
        }
    }

    fn is_whole(self) -> bool {
        self.is_fresh && self.stopped_shards == 0
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Readiness {
    ready: bool,
    /// How old the view of the choices is; absent where it was never complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    view_age_ms: Option<u128>,
    /// How many parts of the view are closed until a restart.
    stopped_shards: usize,
    /// The bound past which nothing leaves.
    takes_effect_within_ms: u128,
    /// Whether what leaves can be recorded.
    ledger_open: bool,
    /// Whether there is too little room on the disk for what is to be recorded.
    disk_full: bool,
    /// The edition in force; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<u32>,
}

impl Readiness {
    fn of(desk: &super::Api, view: ViewHealth) -> Self {
        let edition = desk.current.load().map(|edition| edition.number());
        let (ledger_open, disk_full) = (desk.ledger.can_record(), desk.disk.is_full());
        Self {
            ready: view.is_whole() && ledger_open && !disk_full && edition.is_some(),
            view_age_ms: view.age.map(|age| age.as_millis()),
            stopped_shards: view.stopped_shards,
            takes_effect_within_ms: desk.takes_effect_within.as_millis(),
            ledger_open,
            disk_full,
            edition,
        }
    }
}

/// 200 while the whole view is fresh, what leaves can be recorded, now and next, and an edition is in force; 503 otherwise, when
/// something, or everything, does not leave.
pub(crate) async fn readyz(State(desk): State<Desk>) -> impl IntoResponse {
    let body = Readiness::of(&desk, ViewHealth::of(&desk.settings));
    let status = if body.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body))
}

/// Figures in the Prometheus text format. They name partnerships and reasons, never people.
pub(crate) async fn metrics(State(desk): State<Desk>) -> impl IntoResponse {
    let mut text = gauges(ViewHealth::of(&desk.settings));
    text.push_str(&desk.disk.free_bytes().map(gauge_of_disk).unwrap_or_default());
    let deliveries = standings(&desk).await.map(|standings| standing::gauges(&standings));
    text.push_str(&deliveries.unwrap_or_else(|error| unknown(&error)));
    let bills = bills::standings(&desk).await.map(|standings| bills::gauges(&standings));
    text.push_str(&bills.unwrap_or_else(|error| unknown(&error)));
    let recalls = recalls::standings(&desk).await.map(|standings| recalls::gauges(&standings));
    text.push_str(&recalls.unwrap_or_else(|error| unknown(&error)));
    let set_aside = desk.recalls.set_aside().await.map(recalls::gauge_of_set_aside);
    text.push_str(&set_aside.unwrap_or_else(|error| unknown(&error)));
    text.push_str(&canaries::gauges(&desk.watch));
    let asked = asked_today(&desk).await.map(|asked| lookups::gauges(&asked));
    text.push_str(&asked.unwrap_or_else(|error| unknown(&error)));
    let set_aside = desk.conversions.set_aside().await.map(lookups::gauge_of_set_aside);
    text.push_str(&set_aside.unwrap_or_else(|error| unknown(&error)));
    let set_aside = desk.uploads.set_aside().await.map(audiences::gauge_of_set_aside);
    text.push_str(&set_aside.unwrap_or_else(|error| unknown(&error)));
    let set_aside = desk.ledger.set_aside().await.map(gauges_of_ledger);
    text.push_str(&set_aside.unwrap_or_else(|error| unknown(&error)));
    text.push_str(&desk.figures.render());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

/// The other figures are needed most while the store fails; the gap in these shows.
fn unknown(error: &dyn std::error::Error) -> String {
    tracing::error!(error.cause = %error, "some figures are not known");
    String::new()
}

async fn asked_today(desk: &Desk) -> Result<Vec<Lookups>, ConversionsError> {
    let asking = desk.conversions.asking(sluicegate_ledger::Day::of(desk.clock.now())).await?;
    Ok(asking.into_iter().map(Lookups::from).collect())
}

fn gauges(view: ViewHealth) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _age = match view.age {
        Some(age) => writeln!(
            text,
            "# HELP sluicegate_view_age_seconds Age of the view of the choices.\n\
             # TYPE sluicegate_view_age_seconds gauge\nsluicegate_view_age_seconds {}",
            age.as_secs_f64()
        ),
        None => Ok(()),
    };
    let _stopped = writeln!(
        text,
        "# HELP sluicegate_view_stopped_shards Parts of the view that are closed until a restart.\n\
         # TYPE sluicegate_view_stopped_shards gauge\nsluicegate_view_stopped_shards {}",
        view.stopped_shards
    );
    text
}

fn gauge_of_disk(free_bytes: u64) -> String {
    format!(
        "# HELP sluicegate_disk_free_bytes Room on the disk of the data directory.\n\
         # TYPE sluicegate_disk_free_bytes gauge\nsluicegate_disk_free_bytes {free_bytes}\n"
    )
}

/// Writes how much of what the ledger keeps is set aside.
fn gauges_of_ledger(set_aside: SetAside) -> String {
    let SetAside { keys, told, outlines, files } = set_aside;
    let mut text = String::new();
    for (what, words, count) in [
        ("keys", "Commits whose new keys of people could not be kept in place.", keys),
        ("told", "Rows of what people were told of that do not read.", told),
        ("outlines", "Rows of outlines that do not read.", outlines),
        ("files", "Files of old records, or rows that name them, that are damaged.", files),
    ] {
        let name = format!("sluicegate_{what}_set_aside");
        // Writing to a string cannot fail.
        let _written = writeln!(text, "# HELP {name} {words}\n# TYPE {name} gauge\n{name} {count}");
    }
    text
}

#[derive(Debug, Serialize)]
pub(crate) struct Status {
    edition: Option<u32>,
    edition_hash: Option<String>,
    view_age_ms: Option<u128>,
    /// How many of the 256 parts of the view are closed until a restart.
    stopped_shards: usize,
    /// Times during which messages may have left without a record: the process or the disk failed
    /// before the record was kept.
    uncertain_windows: Vec<Window>,
    /// How the log over the record stands.
    log: Log,
    /// The exchange rates, where there are some.
    exchange_rates: Option<ExchangeRates>,
    /// The partnerships that get events.
    deliveries: Vec<Standing>,
    /// The partnerships that are told of billable events.
    bills: Vec<bills::Standing>,
    /// How the canaries are doing.
    canaries: canaries::Standing,
    /// What partnerships are owed a message about.
    recalls: Vec<recalls::Standing>,
    /// What partnerships asked today, in UTC.
    lookups: Vec<Lookups>,
    /// Bodies of conversions that could not be kept in place.
    conversions_set_aside: u64,
    /// Batches of lists and activity of which something could not be applied.
    audiences_set_aside: u64,
    /// Changes of people that do not read, so that it is not known what partners are to be told of them.
    changes_set_aside: usize,
    /// Commits whose new keys of people could not be kept in place.
    keys_set_aside: u64,
    /// Rows of what was told that do not read.
    told_set_aside: u64,
    /// Rows of outlines that do not read.
    outlines_set_aside: u64,
    /// Files of old records that are damaged.
    files_set_aside: u64,
}

/// What the log has of the record, and what keeps it from having more.
#[derive(Debug, Serialize)]
struct Log {
    entries: u64,
    /// Packs that it lacks, at most.
    behind_packs: u64,
    /// Why it cannot be written, while it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing: Option<LogFailing>,
    /// Packs that could not be read when it took them in, since the start.
    unreadable_packs: Vec<u64>,
    /// It was empty at the start, and packs were recorded.
    began_anew: bool,
    /// With how many entries it was signed without the head that was signed before, for good.
    signed_anew: Vec<u64>,
    /// Rows beyond the head, which are not the log's.
    added_entries: Vec<u64>,
    /// Why entries cannot be compared any further, while they cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_comparing: Option<String>,
    /// Entries that were compared with what was signed since the start.
    compared_entries: u64,
    /// Those that are missing or were changed, and could not be made anew.
    changed_entries: Vec<u64>,
    /// Those that were, and were made anew as they were signed.
    mended_entries: Vec<u64>,
}

#[derive(Debug, Serialize)]
struct LogFailing {
    cause: String,
    /// The first pack that it lacks.
    pack: u64,
    /// The sheet that it should write.
    sheet: u64,
}

impl From<LogStanding> for Log {
    fn from(log: LogStanding) -> Self {
        let failing = log.failing.map(|failure| {
            let LogFailure { cause, pack, sheet } = failure;
            LogFailing { cause, pack, sheet }
        });
        Self {
            entries: log.entries,
            behind_packs: log.behind,
            failing,
            unreadable_packs: log.unreadable,
            began_anew: log.began_anew,
            signed_anew: log.signed_anew,
            added_entries: log.added_entries,
            not_comparing: log.not_comparing,
            compared_entries: log.compared,
            changed_entries: log.changed_entries,
            mended_entries: log.mended_entries,
        }
    }
}

/// Of which day they are, and whether they are young enough to count.
#[derive(Debug, Serialize)]
struct ExchangeRates {
    as_of: Day,
    in_force: bool,
}

/// From when until when, by which path.
#[derive(Debug, Serialize)]
struct Window {
    path: Path,
    from_ms: UnixMillis,
    until_ms: UnixMillis,
}

/// What an operator's command shows.
pub(crate) async fn status(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Json<Status>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let windows = desk.ledger.uncertain_windows().await.map_err(|error| Problem::inside(&error))?;
    let deliveries = standings(&desk).await.map_err(|error| Problem::inside(&error))?;
    let bills = bills::standings(&desk).await.map_err(|error| Problem::inside(&error))?;
    let recalls = recalls::standings(&desk).await.map_err(|error| Problem::inside(&error))?;
    let lookups = asked_today(&desk).await.map_err(|error| Problem::inside(&error))?;
    let conversions = desk.conversions.set_aside().await;
    let audiences = desk.uploads.set_aside().await;
    let changes = desk.recalls.set_aside().await;
    let of_ledger = desk.ledger.set_aside().await.map_err(|error| Problem::inside(&error))?;
    let edition = desk.current.load();
    Ok(Json(Status {
        edition: edition.as_ref().map(|edition| edition.number()),
        edition_hash: edition.as_ref().map(|edition| edition.hash().to_string()),
        view_age_ms: desk.settings.view_age().map(|age| age.as_millis()),
        stopped_shards: desk.settings.stopped_shards(),
        log: desk.book.standing().into(),
        exchange_rates: exchange_rates(&desk),
        uncertain_windows: windows.into_iter().map(window).collect(),
        deliveries,
        bills,
        canaries: canaries::standing(&desk.watch),
        recalls,
        lookups,
        conversions_set_aside: conversions.map_err(|error| Problem::inside(&error))?,
        audiences_set_aside: audiences.map_err(|error| Problem::inside(&error))?,
        changes_set_aside: changes.map_err(|error| Problem::inside(&error))?,
        keys_set_aside: of_ledger.keys,
        told_set_aside: of_ledger.told,
        outlines_set_aside: of_ledger.outlines,
        files_set_aside: of_ledger.files,
    }))
}

fn exchange_rates(desk: &super::Api) -> Option<ExchangeRates> {
    let board = desk.exchange.rates();
    let as_of = board.as_of()?;
    Some(ExchangeRates { as_of, in_force: board.is_in_force(desk.clock.now()) })
}

fn window(window: sluicegate_ledger::UncertainWindow) -> Window {
    Window { path: window.path, from_ms: window.from, until_ms: window.until }
}

#[derive(Debug, Serialize)]
pub(crate) struct Gpc {
    gpc: bool,
    #[serde(rename = "lastUpdate")]
    last_update: &'static str,
}

/// W3C Global Privacy Control, `/.well-known/gpc.json`: this gateway abides by the signal.
pub(crate) async fn gpc() -> Json<Gpc> {
    Json(Gpc { gpc: true, last_update: "2026-11-23" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_ledger_set_aside_is_counted() {
        let text = gauges_of_ledger(SetAside { keys: 1, told: 2, outlines: 3, files: 4 });
        for line in
            ["keys_set_aside 1", "told_set_aside 2", "outlines_set_aside 3", "files_set_aside 4"]
        {
            assert!(text.contains(&format!("\nsluicegate_{line}\n")), "{text}");
        }
    }

    #[test]
    fn a_stopped_shard_is_neither_whole_nor_unseen() {
        let view = ViewHealth { age: Some(Duration::ZERO), is_fresh: true, stopped_shards: 0 };
        assert!(view.is_whole());
        assert!(!ViewHealth { is_fresh: false, ..view }.is_whole());
        let stopped = ViewHealth { stopped_shards: 1, ..view };
        assert!(!stopped.is_whole());
        assert!(gauges(stopped).contains("\nsluicegate_view_stopped_shards 1\n"));
        assert!(gauges(view).contains("\nsluicegate_view_stopped_shards 0\n"));
    }
}
