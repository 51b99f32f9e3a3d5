//! `GET /reports/{advertiser}`: the advertiser's report as a page, without scripts.
//!
//! The browser asks for the advertiser's key as a password.

mod apple;
mod chart;
mod closed;
mod days;
mod rejections;

use super::{
    answer::{page, protected},
    look::Look,
};
use crate::{
    api::{
        Desk, Scope,
        report::{Asked, Turn, as_conversions_csv, as_csv, as_json, make, unknown},
    },
    path::Path,
};
use apple::AppleRow;
use askama::Template;
use axum::{extract::State, response::Response};
use chart::Chart;
use closed::Closed;
use days::{DayRow, Days};
use http::HeaderMap;
use rejections::RejectionRow;
use sluicegate_gate::AdvertiserId;
use sluicegate_measurement::{
    ConversionType, Touch,
    lookup::{add_up, is_cut},
    report::{CostLine, Micros, Report, ReportLine, Worth},
};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Debug, Template)]
#[template(path = "report.html")]
pub(crate) struct ReportPage {
    pub(crate) look: Arc<Look>,
    pub(crate) report: Report,
    pub(crate) name: String,
    pub(crate) days: Days,
    pub(crate) figures: Vec<(&'static str, String)>,
    pub(crate) chart: Option<Chart>,
    pub(crate) by_day: Vec<DayRow>,
    pub(crate) campaigns: Vec<CampaignRow>,
    pub(crate) apple: Vec<AppleRow>,
    pub(crate) rejections: Vec<RejectionRow>,
    pub(crate) costs: Vec<CostRow>,
    pub(crate) days_since: Vec<DaysRow>,
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

/// What one campaign cost, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CostRow {
    pub(crate) campaign: String,
    pub(crate) cost: String,
    pub(crate) installs_total: i64,
    pub(crate) cost_per_install: String,
    pub(crate) revenue: String,
    pub(crate) roas: String,
    pub(crate) roi: String,
}

/// Conversions that came so many whole days after their touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaysRow {
    pub(crate) days: u32,
    pub(crate) by_click: i64,
    pub(crate) by_engaged_view: i64,
    pub(crate) by_view: i64,
    pub(crate) re_attributions: i64,
    pub(crate) re_engagements: i64,
}

pub(crate) async fn show(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Response {
    shown(&desk, &headers, &id, span, |days, report| {
        let edition = desk.current.load();
        let known = id.parse().ok().and_then(|id| edition.as_ref()?.advertiser(&id));
        let name = known.map_or_else(|| id.clone(), |one| one.name.clone());
        page(&ReportPage::of(Arc::clone(&desk.look), days.of(&report), report, name))
    })
    .await
}

/// The same lines as CSV, where a browser sends the password along.
pub(crate) async fn csv(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Response {
    shown(&desk, &headers, &id, span, |_days, report| as_csv(&report)).await
}

/// The conversions by the days since their touch.
pub(crate) async fn conversions_csv(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Response {
    shown(&desk, &headers, &id, span, |_days, report| as_conversions_csv(&report)).await
}

/// The same as JSON.
pub(crate) async fn json(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    span: Asked,
    headers: HeaderMap,
) -> Response {
    shown(&desk, &headers, &id, span, |_days, report| as_json(report)).await
}

/// Makes the report for whoever has the key and shows it, or says why there is none.
async fn shown(
    desk: &Desk,
    headers: &HeaderMap,
    id: &str,
    span: Asked,
    show: impl FnOnce(Days, Report) -> Response,
) -> Response {
    let days = Days::asked(desk, id, &span);
    let opened = opened(desk, headers, id, span).await;
    protected(
        &desk.look,
        match opened {
            Ok((report, turn)) => turn.until_sent(show(days, report)).await,
            Err(closed) => closed.response(&desk.look, headers, days),
        },
    )
}

/// Makes the report for whoever has the key; a browser is asked for it.
async fn opened(
    desk: &Desk,
    headers: &HeaderMap,
    id: &str,
    span: Asked,
) -> Result<(Report, Turn), Closed> {
    let id: AdvertiserId = id.parse().map_err(|_not_an_id| Closed::Problem(unknown()))?;
    if !desk.admits(headers, &Scope::Advertiser(id.clone())) {
        return Err(Closed::NoKey);
    }
    make(desk, &id, span).await.map_err(Closed::Problem)
}

impl ReportPage {
    pub(crate) fn of(look: Arc<Look>, days: Days, report: Report, name: String) -> Self {
        let sum = |column: &str| report.lines.iter().map(|line| line.count(column)).sum::<i64>();
        let mut figures = vec![
            ("Impressions", sum("impressions").to_string()),
            ("Clicks", sum("clicks").to_string()),
            ("Installs", sum("installs_total").to_string()),
            ("Events in the app", sum("events").to_string()),
            ("Revenue", money(&sums(report.lines.iter().map(|line| &line.revenue_micros)))),
            ("Cost", money(&sums(report.costs.iter().map(|line| &line.cost_micros)))),
        ];
        let (apple, rejections) = (apple::by_campaign(&report), rejections::by_reason(&report));
        if !apple.is_empty() {
            figures.insert(3, ("Installs by Apple’s postbacks", sum("apple_installs").to_string()));
        }
        let (chart, by_day) = (Chart::of(&report), days::by_day(&report));
        let (campaigns, costs) = (campaigns(&report), costs(&report));
        let days_since = days_since(&report);
        Self {
            look,
            report,
            name,
            days,
            figures,
            chart,
            by_day,
            campaigns,
            apple,
            rejections,
            costs,
            days_since,
        }
    }
}

fn campaigns(report: &Report) -> Vec<CampaignRow> {
    let row = |(id, lines): (&str, Vec<&ReportLine>)| {
        let sum = |column: &str| lines.iter().map(|line| line.count(column)).sum();
        CampaignRow {
            campaign: campaign(id, lines.first().map(|line| line.campaign_name.as_str())),
            impressions: sum("impressions"),
            clicks: sum("clicks"),
            installs_click: sum("installs_click"),
            installs_engaged_view: sum("installs_engaged_view"),
            installs_view: sum("installs_view"),
            installs_total: sum("installs_total"),
            assists: sum("assists"),
            rejected: sum("rejected_installs"),
            events: sum("events"),
            revenue: money(&revenue(&lines)),
        }
    };
    let of_others = |line: &&ReportLine| !apple::is_postbacks(line);
    by_campaign(report.lines.iter().filter(of_others)).into_iter().map(row).collect()
}

/// Sets what each campaign cost beside what came of it on all days of the report.
fn costs(report: &Report) -> Vec<CostRow> {
    let lines = by_campaign(report.lines.iter());
    let mut costs: BTreeMap<&str, Vec<&CostLine>> = BTreeMap::new();
    for cost in &report.costs {
        costs.entry(&cost.campaign_id).or_default().push(cost);
    }
    let row = |(id, costs): (&str, Vec<&CostLine>)| {
        let lines = lines.get(id).map(Vec::as_slice).unwrap_or_default();
        let cost = sums(costs.iter().map(|cost| &cost.cost_micros));
        let revenue = revenue(lines);
        let installs_total = lines.iter().map(|line| line.count("installs_total")).sum();
        let worth = Worth::of(&cost, &revenue, installs_total);
        CostRow {
            campaign: campaign(id, costs.first().map(|cost| cost.campaign_name.as_str())),
            cost: money(&cost),
            installs_total,
            cost_per_install: money(&worth.ecpi_micros),
            revenue: money(&revenue),
            roas: share(worth.roas),
            roi: share(worth.roi),
        }
    };
    costs.into_iter().map(row).collect()
}

fn by_campaign<'r>(
    lines: impl Iterator<Item = &'r ReportLine>,
) -> BTreeMap<&'r str, Vec<&'r ReportLine>> {
    let mut by_campaign: BTreeMap<&str, Vec<&ReportLine>> = BTreeMap::new();
    for line in lines {
        by_campaign.entry(&line.campaign_id).or_default().push(line);
    }
    by_campaign
}

/// Returns a campaign's name with its id, where it has one.
fn campaign(id: &str, name: Option<&str>) -> String {
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} ({id})"),
        None => id.to_owned(),
    }
}

fn revenue(lines: &[&ReportLine]) -> Micros {
    sums(lines.iter().map(|line| &line.revenue_micros))
}

/// Adds up conversions by the days since their touch, from none to the most that there are.
fn days_since(report: &Report) -> Vec<DaysRow> {
    let Some(most) = report.conversions.iter().map(|line| line.days_post_attribution).max() else {
        return Vec::new();
    };
    let row = |days: u32| {
        let mut row = DaysRow { days, ..DaysRow::default() };
        for line in report.conversions.iter().filter(|line| line.days_post_attribution == days) {
            let place = match (line.conversion_type, line.attributed_touch_type) {
                (ConversionType::Install, Touch::Click) => &mut row.by_click,
                (ConversionType::Install, Touch::EngagedView) => &mut row.by_engaged_view,
                (ConversionType::Install, Touch::Impression) => &mut row.by_view,
                (ConversionType::ReAttribution, _) => &mut row.re_attributions,
                (ConversionType::ReEngagement, _) => &mut row.re_engagements,
            };
            *place = place.saturating_add(line.conversions);
        }
        row
    };
    (0..=most).map(row).collect()
}

/// Adds up money, each currency for itself.
fn sums<'m>(all: impl Iterator<Item = &'m Micros>) -> Micros {
    let mut sums = Micros::new();
    for (currency, micros) in all.flatten() {
        let sum = sums.entry(currency.clone()).or_default();
        *sum = add_up(*sum, *micros);
    }
    sums
}

/// Returns money by currency, with two places.
fn money(sums: &Micros) -> String {
    let words: Vec<String> = sums
        .iter()
        .map(|(currency, micros)| {
            let sign = if *micros < 0 { "−" } else { "" };
            let cents = micros.unsigned_abs() / 10_000;
            let more = if is_cut(*micros) { " or more" } else { "" };
            format!("{sign}{}.{:02} {currency}{more}", cents / 100, cents % 100)
        })
        .collect();
    if words.is_empty() { String::from("none") } else { words.join(", ") }
}

/// Returns a percentage, or that there is none.
fn share(percent: Option<String>) -> String {
    percent
        .map_or_else(|| String::from("none"), |percent| format!("{} %", percent.replace('-', "−")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_measurement::report::ConvertedLine;

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
            campaign_id: None,
            report_version: 4,
            lines,
            conversions: Vec::new(),
            costs: Vec::new(),
            totals: Vec::new(),
            privacy: None,
            left_out: vec!["People who turned sharing off"],
        }
    }

    fn cost(campaign: &str, micros: i64) -> CostLine {
        CostLine {
            campaign_id: campaign.to_owned(),
            cost_micros: [(String::from("EUR"), micros)].into(),
            ..CostLine::default()
        }
    }

    fn converted(conversion_type: ConversionType, days: u32, conversions: i64) -> ConvertedLine {
        ConvertedLine {
            date: String::from("2026-11-02"),
            app_id: String::new(),
            media_source: "platform",
            campaign_id: String::from("a"),
            campaign_name: String::new(),
            window: String::new(),
            conversion_type,
            attributed_touch_type: Touch::Click,
            days_post_attribution: days,
            conversions,
            basis: "exact",
            off_share_included: false,
        }
    }

    fn render(lines: Vec<ReportLine>) -> String {
        let name = String::from("Shoes & Co");
        ReportPage::of(Arc::default(), Days::default(), report(lines), name).render().unwrap()
    }

    #[test]
    fn a_campaign_is_measured_by_what_it_cost_on_all_days() {
        let lines = vec![line("2026-11-01", "a", 2), line("2026-11-03", "a", 1)];
        let costs = vec![cost("a", 4_000_000), cost("a", 5_980_000), cost("b", 10_000)];
        let rows = super::costs(&Report { costs, ..report(lines) });
        let [a, b] = rows.as_slice() else { panic!("{rows:?}") };
        // 9.98 for three installs that brought in 14.97.
        assert_eq!((a.cost.as_str(), a.cost_per_install.as_str()), ("9.98 EUR", "3.32 EUR"));
        assert_eq!((a.roas.as_str(), a.roi.as_str()), ("150.00 %", "50.00 %"));
        // Nothing came of the other.
        assert_eq!((b.campaign.as_str(), b.cost.as_str()), ("b", "0.01 EUR"));
        assert_eq!((b.cost_per_install.as_str(), b.roi.as_str()), ("none", "−100.00 %"));
    }

    fn counted(campaign: &str, counts: &[(&str, i64)]) -> ReportLine {
        let counts = counts.iter().map(|(column, count)| ((*column).to_owned(), *count)).collect();
        ReportLine { campaign_name: String::new(), counts, ..line("2026-11-02", campaign, 0) }
    }

    #[test]
    fn what_apple_says_stands_by_itself_and_in_no_row_of_zeros() {
        let lines = vec![
            line("2026-11-01", "a", 2),
            counted("5239", &[("apple_installs", 7), ("apple_later_postbacks", 3)]),
            counted("5239", &[("apple_reinstalls", 2), ("apple_assists", 4)]),
            counted("17", &[("apple_re_engagements", 1)]),
        ];
        let rows: Vec<String> =
            campaigns(&report(lines.clone())).into_iter().map(|row| row.campaign).collect();
        assert_eq!(rows, ["<Autumn> (a)"]);
        let page = render(lines);
        assert!(page.contains("Counted by Apple’s postbacks"), "{page}");
        let row = "<th scope=\"row\">5239</th><td>7</td><td>2</td><td>0</td><td>4</td><td>3</td>";
        assert!(page.contains(row), "{page}");
        assert!(page.contains("<dt>Installs by Apple’s postbacks</dt><dd>7</dd>"), "{page}");
        assert!(!render(vec![line("2026-11-01", "a", 2)]).contains("Apple’s postbacks</"));
        let only = render(vec![counted("17", &[("apple_assists", 1)])]);
        assert!(
            only.contains("Nothing but Apple’s postbacks was counted in these days."),
            "{only}"
        );
    }

    #[test]
    fn what_was_rejected_stands_by_the_reason() {
        let rejected = |reason: &str, count| [(String::from(reason), count)].into();
        let lines = vec![
            ReportLine {
                rejected_touches_by_reason: rejected("click_flood", 51),
                ..line("2026-11-01", "a", 0)
            },
            ReportLine { rejected: rejected("bots", 2), ..line("2026-11-02", "b", 0) },
            ReportLine { rejected: rejected("click_flood", 1), ..line("2026-11-03", "b", 0) },
        ];
        let page = render(lines);
        for row in [
            "<th scope=\"row\"><code>bots</code></th><td>0</td><td>2</td>",
            "<th scope=\"row\"><code>click_flood</code></th><td>51</td><td>1</td>",
        ] {
            assert!(page.contains(row), "{row}: {page}");
        }
        assert!(!render(Vec::new()).contains("id=\"rejected\""));
    }

    #[test]
    fn a_sum_that_was_cut_says_that_there_was_more() {
        let most = sluicegate_measurement::lookup::AMOUNT_MAX;
        let of = |micros| [(String::from("EUR"), micros)].into();
        let all: [Micros; 3] = [of(most - 1), of(2), of(-5_000_000)];
        assert_eq!(money(&sums(all.iter())), "9000000000000.00 EUR or more");
        assert_eq!(money(&of(4_990_000)), "4.99 EUR");
    }

    #[test]
    fn days_on_which_nothing_followed_are_among_those_since_the_touch() {
        let conversions = vec![
            converted(ConversionType::Install, 0, 3),
            converted(ConversionType::Install, 2, 1),
            converted(ConversionType::Install, 2, 4),
            converted(ConversionType::ReEngagement, 2, 7),
        ];
        let report = Report { conversions, ..report(Vec::new()) };
        let rows = days_since(&report);
        let found: Vec<[i64; 2]> =
            rows.iter().map(|row| [row.by_click, row.re_engagements]).collect();
        assert_eq!(found, [[3, 0], [0, 0], [5, 7]]);
        let page = ReportPage::of(Arc::default(), Days::default(), report, String::from("a"));
        let page = page.render().unwrap();
        assert!(page.contains("<th scope=\"row\">2</th><td>5</td>"), "{page}");
        assert!(!render(Vec::new()).contains("days-since"));
    }

    #[test]
    fn bars_are_as_high_as_their_share_of_the_best_day() {
        let lines = vec![line("2026-11-01", "a", 2), line("2026-11-03", "a", 8)];
        let chart = Chart::of(&report(lines)).unwrap();
        let heights: Vec<(i64, i64)> = chart.bars.iter().map(|bar| (bar.y, bar.height)).collect();
        assert_eq!(heights[..3], [(120, 40), (160, 0), (0, 160)]);
        assert_eq!(heights.len(), 28);
        let days: Vec<&str> = chart.bars.iter().filter_map(|bar| bar.day.as_deref()).collect();
        assert_eq!(days, ["01", "04", "07", "10", "13", "16", "19", "22", "25", "28"]);
        assert_eq!(Chart::of(&report(vec![line("2026-11-01", "a", 0)])), None);
    }

    #[test]
    fn whoever_does_not_see_the_chart_reads_every_day_in_a_table() {
        let page = render(vec![line("2026-11-03", "a", 2), line("2026-11-05", "b", 35)]);
        let label = "from 2026-11-01 to 2026-11-28; the most are 35 on 2026-11-05";
        assert!(page.contains(label) && page.contains("<details>"), "{page}");
        assert_eq!(page.matches("<th scope=\"row\">2026-11-").count(), 28);
        let row = "<tr><th scope=\"row\">2026-11-05</th><td>0</td><td>0</td><td>35</td>";
        assert!(page.contains(row), "{page}");
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
