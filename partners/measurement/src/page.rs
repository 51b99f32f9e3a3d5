//! The measurement partner's page: which ads were seen, by advertiser and interaction.

use crate::{
    book::{Book, Entry},
    desk::Desk,
    installs::{Install, Installs},
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
    let (installs, credited) = books.installs.counts();
    let figures = vec![
        Figure::new("Installs reported by apps", &installs),
        Figure::new("Of them the ad worked for", &credited),
        Figure::new("Exposures", &books.advertisers.count()),
        Figure::new("Batches", &books.advertisers.batches),
        Figure::new("Repeated batches", &books.advertisers.repeated),
        Figure::new("Disclosures called back", &books.called_back),
        Figure::new("Refused signatures", &books.refused),
        Figure::new("Records as auditor", &books.auditor.count()),
    ];
    let now = books.advertisers.just_now.sum(now_ms);
    let on_watched = watched.as_ref().map(|watched| watched.id.clone());
    let watch = watched.map(|watched| Watch {
        words: "exposures",
        sighting: books.advertisers.sightings.of(&watched.id, now_ms),
        outside_words: "audit records",
        outside: books.auditor.sightings.of(&watched.outside, now_ms),
        watched,
        now_ms,
    });
    let body = format!(
        "<h2>Did the ads work?</h2>\n{}{}<h2>By advertiser and interaction</h2>\n{}<h2>The last 20 exposures, newest first</h2>\n{}\
         <h2>As the platform's auditor, outside the sharing setting</h2>\n{}{}",
        installed(&books.installs, on_watched.as_deref()),
        worked(&books.installs),
        tallies(&books.advertisers, "Exposures by advertiser and interaction"),
        latest(&books.advertisers),
        tallies(&books.auditor, "Audit records by advertiser and interaction"),
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

/// Says of the watched device whether its install is credited to an ad.
fn installed(installs: &Installs, watched: Option<&str>) -> String {
    let Some(watched) = watched else { return String::new() };
    let line = |install: &Install| {
        let app = escape(&install.app_id);
        match &install.credited {
            Some(credited) => format!(
                "<p>On the watched device <strong>{app}</strong> was installed. The ad worked: a {} of campaign {}.</p>\n",
                escape(&credited.to.touch),
                escape(&credited.to.campaign)
            ),
            None => format!(
                "<p>On the watched device <strong>{app}</strong> was installed. No ad may be credited with it.</p>\n"
            ),
        }
    };
    installs.on(watched).map(line).collect::<Vec<String>>().concat()
}

fn worked(installs: &Installs) -> String {
    let credits = installs.credits();
    if credits.is_empty() {
        return String::from("<p class=\"empty\">No install was credited to an ad yet.</p>\n");
    }
    let rows: Vec<String> = credits
        .into_iter()
        .take(ROWS_MAX)
        .map(|(credit, count)| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"number-cell\">{count}</td></tr>\n",
                escape(&credit.advertiser),
                escape(&credit.campaign),
                escape(&credit.touch),
            )
        })
        .collect();
    table(
        "Installs for which an ad worked",
        ["Advertiser", "Campaign", "Touch"],
        "The ad worked",
        &rows,
    )
}

/// What is wider than the screen scrolls by itself, for the keyboard too, and so has a name.
fn table<const N: usize>(name: &str, words: [&str; N], number: &str, rows: &[String]) -> String {
    let words = words.map(|word| format!("<th scope=\"col\">{word}</th>"));
    format!(
        "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\"><table><thead><tr>{}\
         <th scope=\"col\" class=\"number-cell\">{number}</th></tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
        words.concat(),
        rows.concat()
    )
}

fn tallies(book: &Book, name: &str) -> String {
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
    table(name, ["Advertiser", "Interaction"], "Records", &rows)
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
