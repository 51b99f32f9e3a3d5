//! `GET /reports/{advertiser}`: the advertiser's report as a page, without scripts.
//!
//! The browser asks for the advertiser's key as a password.

use super::{
    answer::{page, protected},
    look::Look,
};
use crate::api::{
    Desk, Scope,
    report::{Asked, as_csv, as_json, make, unknown},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use sluicegate_gate::AdvertiserId;
use sluicegate_measurement::report::{Report, ReportLine};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Debug, Template)]
#[template(path = "report.html")]
pub(crate) struct ReportPage {
    pub(crate) look: Arc<Look>,
    pub(crate) report: Report,
    pub(crate) name: String,
    pub(crate) figures: Vec<(&'static str, String)>,
    pub(crate) chart: Option<Chart>,
    pub(crate) campaigns: Vec<CampaignRow>,
}

/// Installs by day, as bars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) bars: Vec<Bar>,
    pub(crate) width: usize,
    pub(crate) most: i64,
}

/// One day's bar, in the units of the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) date: String,
    /// The day of the month.
    pub(crate) day: String,
    pub(crate) count: i64,
    pub(crate) x: usize,
    pub(crate) y: i64,
    pub(crate) height: i64,
}

/// What one campaign led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CampaignRow {
    pub(crate) campaign: String,
    pub(crate) impressions: i64,
    pub(crate) clicks: i64,
    pub(crate) installs_click: i64,
    pub(crate) installs_engaged_view: i64,
    pub(crate) installs_view: i64,
    pub(crate) installs_total: i64,
    pub(crate) assists: i64,
    pub(crate) rejected: i64,
    pub(crate) events: i64,
    pub(crate) revenue: String,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Response {
    protected(
        &desk.look,
        match opened(&desk, &headers, &id, span).await {
            Ok(report) => {
                let edition = desk.current.load();
                let known = id.parse().ok().and_then(|id| edition.as_ref()?.advertiser(&id));
                let name = known.map_or_else(|| id.clone(), |one| one.name.clone());
                page(&ReportPage::of(Arc::clone(&desk.look), report, name))
            }
            Err(refusal) => refusal,
        },
    )
}

/// The same lines as CSV, where a browser sends the password along.
pub(crate) async fn csv(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Response {
    let opened = opened(&desk, &headers, &id, span).await;
    protected(&desk.look, opened.map_or_else(|refusal| refusal, |report| as_csv(&report)))
}

/// The same as JSON.
pub(crate) async fn json(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Response {
    let opened = opened(&desk, &headers, &id, span).await;
    protected(&desk.look, opened.map_or_else(|refusal| refusal, as_json))
}

/// Makes the report for whoever has the key; a browser is asked for it.
async fn opened(
    desk: &Desk,
    headers: &HeaderMap,
    id: &str,
    span: Asked,
) -> Result<Report, Response> {
    let id: AdvertiserId = id.parse().map_err(|_not_an_id| unknown().into_response())?;
    if !desk.admits(headers, &Scope::Advertiser(id.clone())) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"reports\", charset=\"UTF-8\"")];
        return Err((StatusCode::UNAUTHORIZED, challenge, KEY_NEEDED).into_response());
    }
    make(desk, &id, span).await.map_err(IntoResponse::into_response)
}

impl ReportPage {
    pub(crate) fn of(look: Arc<Look>, report: Report, name: String) -> Self {
        let sum = |column: &str| report.lines.iter().map(|line| line.count(column)).sum::<i64>();
        let figures = vec![
            ("Impressions", sum("impressions").to_string()),
            ("Clicks", sum("clicks").to_string()),
            ("Installs", sum("installs_total").to_string()),
            ("Events in the app", sum("events").to_string()),
            ("Revenue", revenue(report.lines.iter())),
        ];
        let chart = Chart::of(&report);
        let campaigns = campaigns(&report.lines);
        Self { look, report, name, figures, chart, campaigns }
    }
}

impl Chart {
    /// Draws every day of the report; nothing where nothing was installed.
    fn of(report: &Report) -> Option<Self> {
        let (first, last) = (report.from.parse().ok()?, report.to.parse().ok()?);
        let days =
            std::iter::successors(Some(first), |day: &jiff::civil::Date| day.tomorrow().ok());
        let days = days.take_while(|day| *day <= last).take(DAYS_DRAWN_MAX);
        let mut days: BTreeMap<String, i64> = days.map(|day| (day.to_string(), 0)).collect();
        for line in &report.lines {
            *days.entry(line.date.clone()).or_default() += line.count("installs_total");
        }
        let most = days.values().copied().max().filter(|most| *most > 0)?;
        let bars: Vec<Bar> = days
            .into_iter()
            .enumerate()
            .map(|(place, (date, count))| {
                let height = count.saturating_mul(BAR_HEIGHT) / most;
                Bar {
                    day: date.get(8..).unwrap_or_default().to_owned(),
                    date,
                    count,
                    x: place * BAR_STEP,
                    y: BAR_HEIGHT - height,
                    height,
                }
            })
            .collect();
        let width = (bars.len() * BAR_STEP).max(BAR_STEP * 14);
        Some(Self { bars, width, most })
    }
}

fn campaigns(lines: &[ReportLine]) -> Vec<CampaignRow> {
    let mut by_campaign: BTreeMap<&str, Vec<&ReportLine>> = BTreeMap::new();
    for line in lines {
        by_campaign.entry(&line.campaign_id).or_default().push(line);
    }
    let row = |(id, lines): (&str, Vec<&ReportLine>)| {
        let sum = |column: &str| lines.iter().map(|line| line.count(column)).sum();
        let name = lines.first().map(|line| line.campaign_name.as_str()).unwrap_or_default();
        CampaignRow {
            campaign: if name.is_empty() { id.to_owned() } else { format!("{name} ({id})") },
            impressions: sum("impressions"),
            clicks: sum("clicks"),
            installs_click: sum("installs_click"),
            installs_engaged_view: sum("installs_engaged_view"),
            installs_view: sum("installs_view"),
            installs_total: sum("installs_total"),
            assists: sum("assists"),
            rejected: sum("rejected_installs"),
            events: sum("events"),
            revenue: revenue(lines.iter().copied()),
        }
    };
    by_campaign.into_iter().map(row).collect()
}

/// Returns what came in, by currency, with two places.
fn revenue<'l>(lines: impl Iterator<Item = &'l ReportLine>) -> String {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (currency, micros) in lines.flat_map(|line| &line.revenue_micros) {
        *sums.entry(currency).or_default() += micros;
    }
    let words: Vec<String> = sums
        .into_iter()
        .map(|(currency, micros)| {
            let sign = if micros < 0 { "−" } else { "" };
            let cents = micros.unsigned_abs() / 10_000;
            format!("{sign}{}.{:02} {currency}", cents / 100, cents % 100)
        })
        .collect();
    if words.is_empty() { String::from("none") } else { words.join(", ") }
}

const KEY_NEEDED: &str =
    "This report is its advertiser's: give the advertiser's key as the password.\n";
/// Days in the chart at most: those of a report.
const DAYS_DRAWN_MAX: usize = 92;
/// Height of the longest bar.
const BAR_HEIGHT: i64 = 160;
/// From one bar to the next.
const BAR_STEP: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(date: &str, campaign: &str, installs: i64) -> ReportLine {
        ReportLine {
            date: date.to_owned(),
            campaign_id: campaign.to_owned(),
            campaign_name: String::from("<Autumn>"),
            counts: [(String::from("installs_total"), installs)].into(),
            revenue_micros: [(String::from("EUR"), installs * 4_990_000)].into(),
            ..ReportLine::default()
        }
    }

    fn report(lines: Vec<ReportLine>) -> Report {
        Report {
            advertiser_id: "shoes".parse().unwrap(),
            from: String::from("2026-11-01"),
            to: String::from("2026-11-28"),
            data_through: String::from("2026-10-20"),
            report_version: 2,
            lines,
            totals: Vec::new(),
            privacy: None,
            left_out: vec!["People who turned sharing off"],
        }
    }

    fn render(lines: Vec<ReportLine>) -> String {
        let name = String::from("Shoes & Co");
        ReportPage::of(Arc::default(), report(lines), name).render().unwrap()
    }

    #[test]
    fn bars_are_as_high_as_their_share_of_the_best_day() {
        let lines = vec![line("2026-11-01", "a", 2), line("2026-11-03", "a", 8)];
        let chart = Chart::of(&report(lines)).unwrap();
        let heights: Vec<(i64, i64)> = chart.bars.iter().map(|bar| (bar.y, bar.height)).collect();
        assert_eq!(heights[..3], [(120, 40), (160, 0), (0, 160)]);
        assert_eq!((heights.len(), chart.bars[2].day.as_str()), (28, "03"));
        assert_eq!(Chart::of(&report(vec![line("2026-11-01", "a", 0)])), None);
    }

    #[test]
    fn the_page_has_no_script_and_no_style_of_its_own_and_escapes_names() {
        let page = render(vec![line("2026-11-01", "a", 2), line("2026-11-02", "b", 1)]);
        assert!(!page.contains("<script") && !page.contains("style="), "{page}");
        assert!(page.contains("&#60;Autumn&#62; (a)") && page.contains("<svg"), "{page}");
        assert!(page.contains("14.97 EUR") && page.contains("People who turned sharing off"));
        assert!(!render(Vec::new()).contains("<svg"));
    }
}
