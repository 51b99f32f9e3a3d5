//! The bidder's page: what it was told, sorted by kind.

use crate::{
    desk::{Desk, Told},
    fields::Kind,
};
use axum::response::{IntoResponse, Response};
use partner_kit::{
    page::{Figure, JustNow, Page, escape, time_of_day},
    watch::{Watch, Watched},
};

/// Returns the page as it stands now, with the device that is watched.
pub(crate) fn of(desk: &Desk, watched: Option<Watched>) -> Response {
    let now_ms = (desk.clock)();
    let heard = desk.heard.lock();
    let figures = vec![
        Figure::new("Requests", &heard.requests),
        Figure::new("Bids", &heard.answered),
        Figure::new("Wins", &heard.wins_count),
        Figure::new("Billed", &heard.bills_count),
        Figure::new("Distinct device ids", &heard.devices.count()),
        Figure::new("Invoice records", &heard.invoice_records),
        Figure::new("Disclosures called back", &heard.called_back),
    ];
    let now = heard.just_now.sum(now_ms);
    let watch = watched.map(|watched| Watch {
        words: "bid requests",
        sighting: heard.sightings.of(&watched.id, now_ms),
        outside_words: "invoice events",
        outside: heard.invoice_sightings.of(&watched.outside, now_ms),
        watched,
        now_ms,
    });
    let latest: Vec<String> = heard.latest.iter().rev().map(request).collect();
    drop(heard);
    let body = if latest.is_empty() {
        String::from("<p class=\"empty\">Nothing was received yet.</p>\n")
    } else {
        latest.concat()
    };
    Page {
        name: &desk.name,
        role: "Advertisers buy ads through this partner. It is asked for bids.",
        watch,
        now: JustNow {
            personal: now.personal,
            of: Some(now.all),
            words: "requests carried personal data",
        },
        figures,
        body: format!("<h2>The last 20 requests, newest first</h2>\n{body}"),
    }
    .into_response()
}

fn request(told: &Told) -> String {
    let class = if told.is_personal() { "personal" } else { "impersonal" };
    let title = if told.is_personal() { "with personal data" } else { "without personal data" };
    let groups: Vec<String> = Kind::ALL.into_iter().map(|kind| group(told, kind)).collect();
    format!(
        "<article class=\"{class}\">\n<h3>{} {title}</h3>\n{}</article>\n",
        time_of_day(told.at_ms),
        groups.concat()
    )
}

fn group(told: &Told, kind: Kind) -> String {
    let fields: Vec<String> = told
        .fields
        .iter()
        .filter(|field| field.kind == kind)
        .map(|field| {
            let (path, value) = (escape(&field.path), escape(&field.value));
            format!("<div><dt>{path}</dt><dd>{value}</dd></div>\n")
        })
        .collect();
    let (name, count) = (kind.name(), fields.len());
    let list = format!("<dl class=\"fields\">\n{}</dl>\n", fields.concat());
    match kind {
        _ if fields.is_empty() => String::new(),
        Kind::Plumbing => {
            format!("<details><summary>{name}, {count} fields</summary>\n{list}</details>\n")
        }
        _ => {
            let class = if kind.is_personal() { " class=\"personal\"" } else { "" };
            format!("<h4{class}>{name}</h4>\n{list}")
        }
    }
}
