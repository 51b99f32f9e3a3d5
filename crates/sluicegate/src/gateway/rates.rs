//! Exchange rates: read from the operator's file at the start, and again when it changes.

use anyhow::{Context, ensure};
use sluicegate_exchange::{RateBoard, Rates};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{io::AsyncReadExt, sync::watch};

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(30);
/// A file that is larger is not read.
const BYTES_MAX: u64 = 1 << 20;

/// Puts the rates of the file in force, now and whenever it says something else. A file that cannot be read leaves
/// those in force that were there: they end by their age.
#[derive(Clone, Debug)]
pub(super) struct RatesFile {
    path: String,
    seen: String,
}

impl RatesFile {
    pub(super) fn new(path: String) -> Self {
        Self { path, seen: String::new() }
    }

    /// Looks at the file, and says what is wrong with it.
    pub(super) async fn look(&mut self, board: &RateBoard) {
        match self.read(board).await {
            Ok(()) => {}
            Err(error) => tracing::error!(
                error.cause = format!("{error:#}"),
                "the exchange rates could not be read; those from before hold until they are too old"
            ),
        }
    }

    async fn read(&mut self, board: &RateBoard) -> anyhow::Result<()> {
        let text = text(Path::new(&self.path)).await.context("`exchange.rates_file`")?;
        if text == self.seen {
            return Ok(());
        }
        let rates = Rates::read(&text).context("`exchange.rates_file`")?;
        tracing::info!(rates.as_of = %rates.as_of(), "exchange rates were read");
        board.replace(rates);
        self.seen = text;
        Ok(())
    }

    /// Looks at the file again and again, until the gateway stops.
    pub(super) async fn keep(mut self, board: Arc<RateBoard>, mut stopped: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                _ = ticks.tick() => self.look(&board).await,
            }
        }
    }
}

async fn text(path: &Path) -> anyhow::Result<String> {
    let file = tokio::fs::File::open(path).await?;
    let mut text = String::new();
    file.take(BYTES_MAX + 1).read_to_string(&mut text).await?;
    ensure!(u64::try_from(text.len()).is_ok_and(|bytes| bytes <= BYTES_MAX), "larger than 1 MiB");
    Ok(text)
}
