//! The live summary: a few calm lines that say what went out and what did not.

use super::super::print;
use crate::gateway::{Figures, Gateway};
use std::{fmt::Write, io::IsTerminal, time::Duration};

/// How often a terminal is refreshed, and how often a plain log gets a block.
const TERMINAL_EVERY: Duration = Duration::from_secs(2);
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Prints until it is dropped.
pub(crate) async fn run(gateway: &Gateway) -> anyhow::Result<()> {
    let is_terminal = std::io::stdout().is_terminal();
    let mut ticks = tokio::time::interval(if is_terminal { TERMINAL_EVERY } else { LOG_EVERY });
    ticks.tick().await;
    let mut height = 0;
    loop {
        ticks.tick().await;
        let block = block(&gateway.figures().await?);
        let up =
            if is_terminal && height > 0 { format!("\x1b[{height}A\x1b[J") } else { String::new() };
        print(format_args!("{up}{block}"))?;
        height = block.lines().count();
    }
}

/// Prints the figures once more, at the end.
pub(crate) async fn last(gateway: &Gateway) -> anyhow::Result<()> {
    print(block(&gateway.figures().await?))
}

fn block(figures: &Figures) -> String {
    let exchange = &figures.exchange;
    let mut text = format!(
        "requests {}   asked {}   bids {}   won {}   rendered {}\n",
        exchange.requests, exchange.asked, exchange.bids, exchange.won, exchange.rendered,
    );
    text.push_str("  told about people\n");
    for (partnership, count) in &figures.disclosures {
        // Writing to a string cannot fail.
        let _written = writeln!(text, "    {:<28} {count}", partnership.as_str());
    }
    text.push_str("  withheld, by reason\n");
    let mut reasons: Vec<_> = figures.withheld.iter().collect();
    reasons.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
    for (reason, count) in reasons.into_iter().take(8) {
        let _written = writeln!(text, "    {:<60} {count}", reason.words());
    }
    text.push_str("  exposures delivered\n");
    for delivery in &figures.deliveries {
        let _written = writeln!(
            text,
            "    {:<28} {}   withheld {}   waiting {}",
            delivery.partnership.as_str(),
            delivery.tally.delivered,
            delivery.tally.withheld,
            delivery.lag,
        );
    }
    let (acknowledged, open) = figures.recalls;
    let _written =
        writeln!(text, "  called back: {acknowledged} messages acknowledged, {open} open");
    let canaries = &figures.canaries;
    let closed = canaries.paths.iter().filter(|path| path.closed_since.is_some()).count();
    let watched = canaries.paths.iter().filter(|path| path.seen).count();
    let _written = writeln!(
        text,
        "  canaries: {} runs, {watched} paths watched, {} leaks, {closed} paths closed",
        canaries.runs, canaries.leaks,
    );
    text
}
