//! A report as CSV (RFC 4180).

use super::{Report, lines::COLUMNS};
use std::{collections::BTreeSet, fmt::Write};

/// Writes the exact lines, and after them the totals of the days, told apart by `basis`.
pub(super) fn of(report: &Report) -> String {
    let currencies: BTreeSet<&str> = report
        .lines
        .iter()
        .flat_map(|line| line.revenue_micros.keys().map(String::as_str))
        .collect();
    let mut text = String::from(
        "date,app_id,os,country,media_source,campaign_id,campaign_name,line_item_id,creative_id,window",
    );
    for column in COLUMNS {
        push(&mut text, column);
    }
    push(&mut text, "ctr");
    push(&mut text, "conversion_rate");
    for currency in &currencies {
        push(&mut text, &format!("revenue_{}", currency.to_ascii_lowercase()));
    }
    for currency in &currencies {
        push(&mut text, &format!("arpu_{}", currency.to_ascii_lowercase()));
    }
    for column in LAST {
        push(&mut text, column);
    }
    text.push_str("\r\n");
    let about = about(report);
    for line in &report.lines {
        text.push_str(&line.date);
        let names = [&line.app_id, &line.os, &line.country];
        for name in names {
            push(&mut text, name);
        }
        push(&mut text, MEDIA_SOURCE);
        let names = [
            &line.campaign_id,
            &line.campaign_name,
            &line.line_item_id,
            &line.creative_id,
            &line.window,
        ];
        for name in names {
            push(&mut text, name);
        }
        for column in COLUMNS {
            push(&mut text, &line.count(column).to_string());
        }
        push(&mut text, &line.click_rate());
        push(&mut text, &line.conversion_rate());
        for currency in &currencies {
            let micros = line.revenue_micros.get(*currency).copied().unwrap_or(0);
            push(&mut text, &amount(micros));
        }
        for currency in &currencies {
            let micros = line.revenue_by_user(currency);
            push(&mut text, &micros.map(amount).unwrap_or_default());
        }
        // Writing to a string cannot fail.
        let _written = write!(text, ",exact,,false,{about}\r\n");
    }
    text.push_str(&totals(report, currencies.len()));
    text
}

fn totals(report: &Report, currencies: usize) -> String {
    let Some(privacy) = &report.privacy else { return String::new() };
    let mut text = String::new();
    for total in &report.totals {
        text.push_str(&total.date);
        text.push_str(",,,,");
        text.push_str(MEDIA_SOURCE);
        text.push_str(",,,,,");
        for column in COLUMNS {
            let value = match column {
                "installs_total" => total.installs.to_string(),
                "re_attributions" => total.re_attributions.to_string(),
                "re_engagements" => total.re_engagements.to_string(),
                _ => String::new(),
            };
            push(&mut text, &value);
        }
        text.push_str(&",".repeat(2 + 2 * currencies));
        // Writing to a string cannot fail.
        let _written = write!(text, ",dp,{},true,{}\r\n", privacy.epsilon, about(report));
    }
    text
}

/// What every row says of the report.
fn about(report: &Report) -> String {
    format!("{},{}", report.data_through, report.report_version)
}

/// Adds a field. What could end it is quoted, and so is what a spreadsheet would take for a formula.
fn push(text: &mut String, value: &str) {
    text.push(',');
    let formula = value.starts_with(['=', '+', '@', '\t']);
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

/// Returns millionths as a plain decimal.
fn amount(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// The last columns.
const LAST: [&str; 5] =
    ["basis", "epsilon", "off_share_included", "data_through", "report_version"];
/// The platform, in the column where others name theirs.
const MEDIA_SOURCE: &str = "platform";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_field_or_begin_a_formula_is_quoted() {
        let mut text = String::new();
        for value in ["a", "a,b", "a\"b", "=1+1", "-3"] {
            push(&mut text, value);
        }
        assert_eq!(text, ",a,\"a,b\",\"a\"\"b\",\"'=1+1\",-3");
        assert_eq!((amount(-4_990_000), amount(1)), ("-4.990000".into(), "0.000001".into()));
    }
}
