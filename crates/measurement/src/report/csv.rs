//! A report as CSV (RFC 4180).

use super::{
    ConvertedLine, CostLine, DayTotal, Micros, Report, ReportLine,
    lines::{COLUMNS, MEDIA_SOURCE},
};
use crate::RejectReason;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// Writes the exact lines, after them what ads cost, and after that the totals of the days, told apart by `basis`.
/// A row has nothing in the columns that it says nothing of, so that each column can be added up within a basis.
pub(super) fn of(report: &Report) -> String {
    let currencies = Currencies::of(report);
    let mut text = currencies.header();
    for line in &report.lines {
        currencies.line(&mut text, line);
        end(&mut text, "exact,,false", report, Some(&line.cut));
    }
    for line in &report.costs {
        currencies.cost(&mut text, line);
        end(&mut text, "exact,,false", report, Some(&line.cut));
    }
    if let Some(privacy) = &report.privacy {
        for total in &report.totals {
            currencies.total(&mut text, total);
            let basis = format!("dp,{},true", privacy.epsilon);
            end(&mut text, &basis, report, Some(&total.cut));
        }
    }
    text
}

/// Writes the conversions by the days since their touch.
pub(super) fn of_conversions(report: &Report) -> String {
    let mut text = String::from(
        "date,app_id,media_source,campaign_id,campaign_name,window,conversion_type,attributed_touch_type,\
         days_post_attribution,conversions",
    );
    push_all(&mut text, LAST);
    text.push_str("\r\n");
    for line in &report.conversions {
        let ConvertedLine {
            date, app_id, media_source, campaign_id, campaign_name, window, ..
        } = line;
        text.push_str(date);
        push_all(&mut text, [app_id.as_str(), media_source, campaign_id, campaign_name, window]);
        push(&mut text, line.conversion_type.name());
        push(&mut text, line.attributed_touch_type.name());
        push(&mut text, &line.days_post_attribution.to_string());
        push(&mut text, &line.conversions.to_string());
        end(&mut text, "exact,,false", report, None);
    }
    text
}

/// The currencies of a report. Each has columns of its own, in the order of the alphabet.
struct Currencies<'r> {
    revenue: BTreeSet<&'r str>,
    cost: BTreeSet<&'r str>,
}

impl<'r> Currencies<'r> {
    fn of(report: &'r Report) -> Self {
        let revenue = report.lines.iter().flat_map(|line| line.revenue_micros.keys());
        let cost = report.costs.iter().flat_map(|line| line.cost_micros.keys());
        Self {
            revenue: revenue.map(String::as_str).collect(),
            cost: cost.map(String::as_str).collect(),
        }
    }

    fn header(&self) -> String {
        let mut text = String::from("date");
        push_all(&mut text, NAMES);
        push_all(&mut text, COLUMNS);
        for (prefix, reasons) in REASONS {
            for reason in reasons {
                push(&mut text, &format!("{prefix}_{}", reason.name()));
            }
        }
        push_all(&mut text, ["ctr", "conversion_rate"]);
        let of_money = [
            ("revenue", &self.revenue),
            ("arpu", &self.revenue),
            ("cost", &self.cost),
            ("ecpi", &self.cost),
        ];
        for (name, currencies) in of_money {
            for currency in currencies {
                push(&mut text, &format!("{name}_{}", currency.to_ascii_lowercase()));
            }
        }
        push_all(&mut text, ["roi", "roas"]);
        push_all(&mut text, LAST);
        push(&mut text, "cut");
        text.push_str("\r\n");
        text
    }

    fn line(&self, text: &mut String, line: &ReportLine) {
        text.push_str(&line.date);
        push_all(text, [&line.app_id, &line.os, &line.country].map(String::as_str));
        push(text, MEDIA_SOURCE);
        push_all(text, [&line.campaign_id, &line.campaign_name].map(String::as_str));
        push_all(text, [&line.line_item_id, &line.creative_id, &line.window].map(String::as_str));
        for column in COLUMNS {
            push(text, &line.count(column).to_string());
        }
        reasons(text, TOUCHES, &line.rejected_touches_by_reason);
        reasons(text, INSTALLS, &line.rejected);
        push(text, line.ctr.as_deref().unwrap_or_default());
        push(text, line.conversion_rate.as_deref().unwrap_or_default());
        for currency in &self.revenue {
            let micros = line.revenue_micros.get(*currency).copied();
            push(text, &amount(micros.unwrap_or(0)));
        }
        money(text, &self.revenue, &line.arpu_micros);
        blank(text, 2 * self.cost.len() + 2);
    }

    fn cost(&self, text: &mut String, line: &CostLine) {
        text.push_str(&line.date);
        push_all(text, ["", "", "", MEDIA_SOURCE]);
        push_all(text, [&line.campaign_id, &line.campaign_name].map(String::as_str));
        push_all(text, [line.line_item_id.as_str(), "", line.window.as_str()]);
        blank(text, COLUMNS.len() + TOUCHES.len() + INSTALLS.len() + 2 + 2 * self.revenue.len());
        money(text, &self.cost, &line.cost_micros);
        money(text, &self.cost, &line.ecpi_micros);
        push(text, line.roi.as_deref().unwrap_or_default());
        push(text, line.roas.as_deref().unwrap_or_default());
    }

    fn total(&self, text: &mut String, total: &DayTotal) {
        text.push_str(&total.date);
        push_all(text, ["", "", "", MEDIA_SOURCE, "", "", "", "", ""]);
        for column in COLUMNS {
            let value = match column {
                "installs_total" => total.installs.to_string(),
                "re_attributions" => total.re_attributions.to_string(),
                "re_engagements" => total.re_engagements.to_string(),
                _ => String::new(),
            };
            push(text, &value);
        }
        blank(text, TOUCHES.len() + INSTALLS.len() + 2 + 2 * self.revenue.len());
        money(text, &self.cost, &total.cost_micros);
        money(text, &self.cost, &total.ecpi_micros);
        blank(text, 2);
    }
}

/// Ends a row with what it is, what every row says of the report, and where there is money with the currencies of which
/// there was more.
fn end(text: &mut String, basis: &str, report: &Report, cut: Option<&[String]>) {
    // Writing to a string cannot fail.
    let _written = write!(text, ",{basis},{},{}", report.data_through, report.report_version);
    if let Some(cut) = cut {
        push(text, &cut.join(" "));
    }
    text.push_str("\r\n");
}

/// Adds a number for each reason.
fn reasons(text: &mut String, reasons: &[RejectReason], rejected: &BTreeMap<String, i64>) {
    for reason in reasons {
        push(text, &rejected.get(reason.name()).copied().unwrap_or(0).to_string());
    }
}

/// Adds an amount in each currency; nothing where there is none.
fn money(text: &mut String, currencies: &BTreeSet<&str>, micros: &Micros) {
    for currency in currencies {
        push(text, &micros.get(*currency).copied().map(amount).unwrap_or_default());
    }
}

fn blank(text: &mut String, fields: usize) {
    text.push_str(&",".repeat(fields));
}

fn push_all<'v>(text: &mut String, values: impl IntoIterator<Item = &'v str>) {
    for value in values {
        push(text, value);
    }
}

/// Adds a field. What could end it is quoted, and so is what a spreadsheet would take for a formula.
fn push(text: &mut String, value: &str) {
    text.push(',');
    let is_negative = value.starts_with('-') && value.bytes().skip(1).all(is_of_amount);
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_negative;
    if formula || value.contains([',', '"', '\r', '\n']) {
        text.push('"');
        if formula {
            text.push('\'');
        }
        text.push_str(&value.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(value);
    }
}

fn is_of_amount(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

/// Returns millionths as a plain decimal.
fn amount(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The names of a line, after the day.
const NAMES: [&str; 9] = [
    "app_id",
    "os",
    "country",
    "media_source",
    "campaign_id",
    "campaign_name",
    "line_item_id",
    "creative_id",
    "window",
];
/// Why touches are rejected here, and why partners reject installs.
const REASONS: [(&str, &[RejectReason]); 2] =
    [("rejected_touches", TOUCHES), ("rejected_installs", INSTALLS)];
const TOUCHES: &[RejectReason] = &[RejectReason::CtitAnomalies, RejectReason::ClickFlood];
const INSTALLS: &[RejectReason] = RejectReason::ALL;
/// The last columns.
const LAST: [&str; 5] =
    ["basis", "epsilon", "off_share_included", "data_through", "report_version"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_field_or_begin_a_formula_is_quoted() {
        let mut text = String::new();
        for value in ["a", "a,b", "a\"b", "=1+1", "-3", "-1+1", "-0.5"] {
            push(&mut text, value);
        }
        assert_eq!(text, ",a,\"a,b\",\"a\"\"b\",\"'=1+1\",-3,\"'-1+1\",-0.5");
        assert_eq!((amount(-4_990_000), amount(1)), ("-4.990000".into(), "0.000001".into()));
    }
}
