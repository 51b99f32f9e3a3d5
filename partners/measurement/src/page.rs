//! The measurement partner's page: which ads were seen, by advertiser and interaction.

use crate::{
    book::{Book, Entry},
    desk::Desk,
};
use axum::response::{IntoResponse, Response};
use partner_kit::{
    page::{Figure, JustNow, Page, escape, time_of_day},
    watch::{Watch, Watched},
};
use std::collections::BTreeMap;

/// Returns the page as it stands now, with the device that is watched.
pub(crate) fn of(desk: &Desk, watched: Option<Watched>) -> Response {
    let now_ms = (desk.clock)();
    let books = desk.books.lock();
    let figures = vec![
        Figure::new("Exposures", &books.advertisers.count()),
        Figure::new("Batches", &books.advertisers.batches),
        Figure::new("Repeated batches", &books.advertisers.repeated),
        Figure::new("Refused signatures", &books.refused),
        Figure::new("Records as auditor", &books.auditor.count()),
    ];
    let now = books.advertisers.just_now.sum(now_ms);
    let watch = watched.map(|watched| Watch {
        words: "exposures",
        sighting: books.advertisers.sightings.of(&watched.id, now_ms),
        outside_words: "audit records",
        outside: books.auditor.sightings.of(&watched.outside, now_ms),
        watched,
        now_ms,
    });
    let body = format!(
        "<h2>By advertiser and interaction</h2>\n{}<h2>The last 20 exposures, newest first</h2>\n{}\
         <h2>As the platform's auditor, outside the sharing setting</h2>\n{}{}",
        tallies(&books.advertisers),
        latest(&books.advertisers),
        tallies(&books.auditor),
        latest(&books.auditor),
    );
    drop(books);
    Page {
        name: &desk.name,
        role: "Advertisers have this partner measure which of their ads worked. It is told which devices saw them.",
        watch,
        now: JustNow { personal: now.personal, of: None, words: "exposures of a device to an ad came" },
        figures,
        body,
    }
    .into_response()
}

fn tallies(book: &Book) -> String {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (about, count) in &book.tallies {
        *counts.entry((&about.advertiser, &about.interaction)).or_insert(0) += count;
    }
    if counts.is_empty() {
        return String::from(NOTHING);
    }
    let rows: Vec<String> = counts
        .iter()
        .take(ROWS_MAX)
        .map(|((advertiser, interaction), count)| {
            let (advertiser, interaction) = (escape(advertiser), escape(interaction));
            format!(
                "<tr><td>{advertiser}</td><td>{interaction}</td>\
                 <td class=\"number-cell\">{count}</td></tr>\n"
            )
        })
        .collect();
    format!(
        "<div class=\"table\"><table><thead><tr><th scope=\"col\">Advertiser</th>\
         <th scope=\"col\">Interaction</th><th scope=\"col\" class=\"number-cell\">Records</th></tr>\
         </thead>\n<tbody>\n{}</tbody></table></div>\n",
        rows.concat()
    )
}

fn latest(book: &Book) -> String {
    let entries: Vec<String> = book.latest.iter().rev().map(entry).collect();
    entries.concat()
}

fn entry(entry: &Entry) -> String {
    let fields: Vec<String> = entry
        .fields
        .iter()
        .map(|(name, value)| {
            format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value))
        })
        .collect();
    format!(
        "<article class=\"personal\">\n<h3>{} {}</h3>\n<dl class=\"fields\">\n{}</dl>\n</article>\n",
        time_of_day(entry.at_ms),
        escape(&entry.about.interaction),
        fields.concat()
    )
}

const NOTHING: &str = "<p class=\"empty\">Nothing was received yet.</p>\n";
const ROWS_MAX: usize = 100;
