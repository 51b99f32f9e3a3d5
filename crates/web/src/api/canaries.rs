//! `GET /v1/canaries`: how the continuous probe is doing. `POST /v1/canaries/{path}/reopen`: an operator, having
//! found and mended what was wrong, opens a path again.

use super::{Desk, Scope};
use crate::{
    path::Path,
    problem::{Kind, Problem},
};
use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use sluicegate_canary::Watch;
use sluicegate_gate::{Path as Way, time::UnixMillis};
use sluicegate_settings::apart;
use std::fmt::Write;

/// How the probe is doing.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    /// Whether anything must be looked at: a path is closed, or the probe has not ended well for too long.
    pub(crate) alarm: bool,
    /// Whether no run has ended well for too long.
    pub(crate) overdue: bool,
    /// Runs that ended well since the start.
    pub(crate) runs: u64,
    /// Runs that did not.
    pub(crate) failures: u64,
    /// Times that something about the canary that said no came to a door.
    pub(crate) leaks: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run_ms: Option<UnixMillis>,
    paths: Vec<Standings>,
}

/// How one path is doing.
#[derive(Debug, Serialize)]
struct Standings {
    path: Way,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_since_ms: Option<UnixMillis>,
    /// Whether a restart would find it closed, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<bool>,
    /// Whether the last run saw the canary that said yes there: whether the probe can see on this path.
    seen: bool,
}

pub(super) fn standing(watch: &Watch) -> Standing {
    let standing = watch.standing();
    let paths: Vec<Standings> = standing
        .paths
        .iter()
        .map(|one| Standings {
            path: one.path,
            closed_since_ms: one.closed_since,
            kept: one.closed_since.map(|_since| one.is_kept),
            seen: one.seen,
        })
        .collect();
    Standing {
        alarm: standing.overdue || paths.iter().any(|one| one.closed_since_ms.is_some()),
        overdue: standing.overdue,
        runs: standing.runs,
        failures: standing.failures,
        leaks: standing.leaks,
        last_run_ms: standing.last_run,
        paths,
    }
}

impl Standing {
    /// Returns how many paths are closed.
    pub(crate) fn closed(&self) -> usize {
        self.paths.iter().filter(|one| one.closed_since_ms.is_some()).count()
    }
}

/// Writes it in the Prometheus text format.
pub(super) fn gauges(watch: &Watch) -> String {
    let standing = standing(watch);
    let mut text = String::new();
    let single = [
        (
            "overdue",
            "gauge",
            "Whether no run of the canaries ended well for too long.",
            u64::from(standing.overdue),
        ),
        ("runs_total", "counter", "Runs of the canaries that ended well.", standing.runs),
        ("failures_total", "counter", "Runs of the canaries that did not.", standing.failures),
        (
            "leaks_total",
            "counter",
            "Times that something about the canary that said no came to a door.",
            standing.leaks,
        ),
    ];
    for (name, kind, help, value) in single {
        // Writing to a string cannot fail.
        let _written = writeln!(
            text,
            "# HELP sluicegate_canary_{name} {help}\n# TYPE sluicegate_canary_{name} {kind}\n\
             sluicegate_canary_{name} {value}"
        );
    }
    for (name, help) in [
        ("closed", "Whether a path is closed."),
        ("seen", "Whether the last run saw the canary that said yes on a path."),
    ] {
        let _written = writeln!(
            text,
            "# HELP sluicegate_canary_{name} {help}\n# TYPE sluicegate_canary_{name} gauge"
        );
        for one in &standing.paths {
            let value = if name == "closed" { one.closed_since_ms.is_some() } else { one.seen };
            let (path, value) = (one.path.name(), u64::from(value));
            let _written = writeln!(text, "sluicegate_canary_{name}{{path=\"{path}\"}} {value}");
        }
    }
    text
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Json<Standing>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    Ok(Json(standing(&desk.watch)))
}

/// Gives the canary its choices again, too, where they were lost: they are what the next run is measured by.
pub(crate) async fn reopen(
    State(desk): State<Desk>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let path = Way::from_name(&path).ok_or_else(|| Problem::new(Kind::NotFound, "no such path"))?;
    // Apart: a caller that hangs up must not leave it open after a restart and closed until then.
    let was_closed = apart(async move {
        let canaries = desk.watch.canaries();
        canaries.establish_again(&desk.settings).await.map_err(|error| Problem::inside(&error))?;
        desk.watch.reopen(path).await.map_err(|error| Problem::inside(&error))
    });
    if was_closed.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Kind::Conflict, "this path is not closed"))
    }
}
