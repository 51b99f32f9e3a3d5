//! A person's export as a table for people: RFC 4180, one line for each value told and each count withheld.

use crate::ExportRow;
use std::fmt::Write as _;

const HEAD: &str =
    "record,partnership,path,category,field,value,count,first,last,edition,reason,words\r\n";

/// What stands for values that were altered where they are kept.
const DAMAGED: &str = "the values are damaged and cannot be shown";

/// Writes rows as comma-separated values, with a head and CRLF line ends.
///
/// A text that a spreadsheet would take for a formula is led by an apostrophe.
pub fn csv(rows: &[ExportRow]) -> String {
    let mut text = HEAD.to_owned();
    for row in rows {
        match row {
            ExportRow::Disclosure {
                partnership,
                path,
                told,
                damaged,
                count,
                first,
                last,
                edition,
                ..
            } => {
                let (partnership, path) = (partnership.as_str(), path.name());
                let count = count.to_string();
                let mut line = |category: &str, field: &str, value: &str| {
                    let cells = [
                        "disclosure",
                        partnership,
                        path,
                        category,
                        field,
                        value,
                        &count,
                        first,
                        last,
                        edition,
                        "",
                        if *damaged { DAMAGED } else { "" },
                    ];
                    write_line(&mut text, &cells);
                };
                if told.is_empty() {
                    line("", "", "");
                }
                for one in told {
                    line(one.category.name(), &one.field, &one.value);
                }
            }
            ExportRow::Withheld { partnership, day, reason, words, count } => {
                let count = count.to_string();
                let partnership = partnership.as_str();
                let cells =
                    ["withheld", partnership, "", "", "", "", &count, day, "", "", reason, words];
                write_line(&mut text, &cells);
            }
            ExportRow::Unread { rows, files, words } => {
                let (rows, files) = (rows.to_string(), files.join(" "));
                let cells = ["unread", "", "", "", "", &files, &rows, "", "", "", "", words];
                write_line(&mut text, &cells);
            }
        }
    }
    text
}

fn write_line(text: &mut String, cells: &[&str]) {
    for (at, cell) in cells.iter().enumerate() {
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let apostrophe = if is_formula { "'" } else { "" };
        let comma = if at == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _written = write!(text, "{comma}\"{apostrophe}{}\"", cell.replace('"', "\"\""));
    }
    text.push_str("\r\n");
}
