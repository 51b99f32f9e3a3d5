//! What is printed.

use crate::harness::Pair;
use anyhow::Context;
use std::fs;

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) pair: Pair,
    pub(crate) goal: Goal,
    /// Sentences below the table.
    pub(crate) notes: Vec<String>,
}

/// What a line should reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// The subject's processor time by the floor's: wished for, and acceptable.
    Ratio { wished: f64, acceptable: f64 },
    /// Processor time of an operation, in nanoseconds.
    Processor { below_ns: f64 },
    /// Time of an operation by the clock on the wall, in nanoseconds.
    Wall { below_ns: f64 },
    /// Operations in a second by the clock on the wall.
    Rate { at_least: f64 },
    /// None is set: watched for changes.
    Watched,
}

/// Says on what the numbers were taken.
pub(crate) fn machine() -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let text = fs::read_to_string("/proc/cpuinfo").context("this needs Linux")?;
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = fs::read_to_string("/proc/loadavg").context("this needs Linux")?;
    let load = load.split(' ').next().unwrap_or_default();
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    Ok(format!("{model}, {cores} processors; load average before the run: {load}"))
}

/// Returns the table with everything that is to be said below it.
pub(crate) fn render(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let mut out = String::new();
    for line in &lines {
        let padded = line.iter().enumerate().map(|(column, cell)| {
            let widths = lines.iter().filter_map(|line| line.get(column));
            let width = widths.map(|cell| cell.chars().count()).max().unwrap_or(0);
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        out.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    for row in rows {
        for note in &row.notes {
            out.extend(["\n", row.name, ": ", note]);
        }
    }
    out.push_str(LEGEND);
    out
}

const HEAD: [&str; 8] =
    ["", "ratio", "quartiles", "subject", "floor", "subject/s", "floor/s", "goal"];

const LEGEND: &str = "

ratio, subject, floor: processor time of one operation, all threads; medians of alternating rounds.
subject/s, floor/s: operations a second by the clock on the wall, which other work on the machine moves.
";

fn cells(row: &Row) -> [String; 8] {
    let Pair { floor, subject, ratio } = row.pair;
    [
        row.name.to_owned(),
        format!("{:.2}", ratio.median),
        format!("{:.2}-{:.2}", ratio.lower, ratio.upper),
        time(subject.processor),
        time(floor.processor),
        rate(per_second(subject.wall)),
        rate(per_second(floor.wall)),
        goal(row),
    ]
}

fn goal(row: &Row) -> String {
    let Pair { subject, ratio, .. } = row.pair;
    let verdict = |reached| if reached { "reached" } else { "missed" };
    match row.goal {
        Goal::Ratio { wished, acceptable } => {
            let found = if ratio.median <= wished {
                "reached"
            } else if ratio.median <= acceptable {
                "acceptable"
            } else {
                "missed"
            };
            format!("ratio {wished:.1}, at most {acceptable:.1}: {found}")
        }
        Goal::Processor { below_ns } => {
            format!("below {}: {}", time(below_ns), verdict(subject.processor < below_ns))
        }
        Goal::Wall { below_ns } => {
            let found = time(subject.wall);
            format!("{found} of {}: {}", time(below_ns), verdict(subject.wall < below_ns))
        }
        Goal::Rate { at_least } => {
            format!("{}/s: {}", rate(at_least), verdict(per_second(subject.wall) >= at_least))
        }
        Goal::Watched => String::from("-"),
    }
}

fn per_second(nanoseconds: f64) -> f64 {
    1e9 / nanoseconds
}

/// Writes nanoseconds with three digits.
pub(crate) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        small if small < 1e3 => three_digits(small, "ns"),
        middle if middle < 1e6 => three_digits(middle / 1e3, "us"),
        large => three_digits(large / 1e6, "ms"),
    }
}

fn rate(per_second: f64) -> String {
    match per_second {
        small if small < 1e3 => three_digits(small, ""),
        middle if middle < 1e6 => three_digits(middle / 1e3, "k"),
        large => three_digits(large / 1e6, "M"),
    }
}

fn three_digits(value: f64, unit: &str) -> String {
    let digits = match value {
        ones if ones < 10.0 => 2,
        tens if tens < 100.0 => 1,
        _ => 0,
    };
    let gap = if unit.is_empty() { "" } else { " " };
    format!("{value:.digits$}{gap}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{Sample, Spread};

    #[test]
    fn numbers_have_three_digits_and_a_unit() {
        let times = [0.5, 12.34, 999.0, 1_500.0, 65_400.0, 2_000_000.0].map(time);
        assert_eq!(times, ["0.50 ns", "12.3 ns", "999 ns", "1.50 us", "65.4 us", "2.00 ms"]);
        assert_eq!([950.0, 100_000.0, 1_840_000.0].map(rate), ["950", "100 k", "1.84 M"]);
    }

    #[test]
    fn a_goal_says_whether_it_was_reached() {
        let side = |processor| Sample { processor, wall: processor };
        let row = |ratio: f64, goal| Row {
            name: "one",
            pair: Pair {
                floor: side(500.0),
                subject: side(500.0 * ratio),
                ratio: Spread { lower: ratio, median: ratio, upper: ratio },
            },
            goal,
            notes: vec![String::from("a note")],
        };
        let of_two = Goal::Ratio { wished: 1.5, acceptable: 2.0 };
        let ends = [1.4, 1.9, 2.1].map(|ratio| goal(&row(ratio, of_two)));
        for (end, word) in ends.iter().zip(["reached", "acceptable", "missed"]) {
            assert!(end.ends_with(word), "{end}");
        }
        let text = render(&[row(1.9, Goal::Processor { below_ns: 1e3 })]);
        assert!(text.contains("below 1.00 us: reached") && text.contains("one: a note"), "{text}");
        assert!(goal(&row(2.1, Goal::Rate { at_least: 1e6 })).ends_with("missed"));
    }
}
