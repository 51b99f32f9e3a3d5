//! A demo partner that bids, and shows everything it was told.
//!
//! It stands for the system through which advertisers buy ads. Prices are made up from a seed, and
//! are higher where the request tells more about the person: that is why the data has a value.

mod bid;
mod desk;
mod fields;
mod money;
mod page;

use anyhow::{Context, Result};
use clap::Parser;
use desk::Desk;
use money::{Micros, Share};
use partner_kit::{record::Recorder, webhook::Secret};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

/// A demo bidder that speaks OpenRTB 2.6.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address and port; port 0 lets the operating system choose
    #[arg(long, default_value = "127.0.0.1:9101")]
    listen: SocketAddr,
    /// Name on the page and of the seat
    #[arg(long, default_value = "Demo Bidder North")]
    name: String,
    /// Price around which it bids, per thousand
    #[arg(long, default_value = "1.20")]
    price_cpm: Micros,
    /// Seed of the prices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Currency of the prices, three letters
    #[arg(long, default_value = "USD")]
    currency: String,
    /// Share of requests that it does not bid on, 0 to 1
    #[arg(long, default_value = "0.2")]
    no_bid_share: Share,
    /// Wait before each answer, in milliseconds
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// File to which every received request is appended, one JSON object a line
    #[arg(long)]
    record: Option<PathBuf>,
    /// Secret of event batches and recalls, `whsec_..`; may be given twice. Without one, any is taken
    #[arg(long, hide_default_value = true)]
    secret: Vec<Secret>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let recorder = match &arguments.record {
        Some(path) => Recorder::to(path).context("the record file cannot be opened")?,
        None => Recorder::default(),
    };
    let (listener, at) =
        partner_kit::listen(arguments.listen).await.context("the port cannot be opened")?;
    let terms = bid::Terms {
        price: arguments.price_cpm,
        seed: arguments.seed,
        currency: arguments.currency,
        no_bid_share: arguments.no_bid_share,
        notices: format!("http://{at}"),
        seat: bid::seat(&arguments.name),
    };
    let delay = Duration::from_millis(arguments.delay_ms);
    let desk = Desk::new(arguments.name, terms, delay, arguments.secret, partner_kit::now);
    partner_kit::serve(listener, desk::router(Arc::new(desk), recorder)).await?;
    Ok(())
}
