//! A demo partner that measures for advertisers, and shows everything it was told.
//!
//! It takes signed batches of events in two arrangements: as measurement partner of advertisers, and
//! as the platform's own auditor. The lists are kept apart, as the contracts are.

mod book;
mod desk;
mod installs;
mod page;
mod platform;

use anyhow::{Context, Result};
use axum::http::StatusCode;
use clap::Parser;
use desk::{Desk, Faults};
use partner_kit::{record::Recorder, webhook::Secret};
use platform::Platform;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};

/// A demo measurement partner that takes Standard Webhooks.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address and port; port 0 lets the operating system choose
    #[arg(long, default_value = "127.0.0.1:9103")]
    listen: SocketAddr,
    /// Name on the page
    #[arg(long, default_value = "Demo Measurement")]
    name: String,
    /// Secret of the batches, `whsec_..`; given twice while it rotates
    #[arg(long, required = true)]
    secret: Vec<Secret>,
    /// Where the platform answers, on this machine; with the three below
    #[arg(long, requires_all = ["partnership", "api_key", "device_key"])]
    platform: Option<SocketAddr>,
    /// The partnership's id with the platform
    #[arg(long)]
    partnership: Option<String>,
    /// The key that the platform gave for its interface
    #[arg(long)]
    api_key: Option<String>,
    /// The key behind device ids, in hexadecimal digits
    #[arg(long)]
    device_key: Option<String>,
    /// File to which every received request is appended, one JSON object a line
    #[arg(long)]
    record: Option<PathBuf>,
    /// Fails this many batches before it takes one
    #[arg(long)]
    fail_first: Option<u64>,
    /// Status of the failures, 503 unless said; without a number of failures every batch fails
    #[arg(long)]
    status: Option<StatusCode>,
}

impl Arguments {
    fn platform(&self) -> Result<Option<Platform>> {
        let Some(at) = self.platform else { return Ok(None) };
        let device_key = hex::decode(self.device_key.as_deref().unwrap_or_default());
        Ok(Some(Platform {
            at,
            partnership: self.partnership.clone().unwrap_or_default(),
            api_key: self.api_key.clone().unwrap_or_default(),
            device_key: device_key.context("`--device-key` is not hexadecimal")?,
        }))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let recorder = match &arguments.record {
        Some(path) => Recorder::to(path).context("the record file cannot be opened")?,
        None => Recorder::default(),
    };
    let faults = Faults::of(arguments.fail_first, arguments.status);
    let (listener, _at) =
        partner_kit::listen(arguments.listen).await.context("the port cannot be opened")?;
    let platform = arguments.platform()?;
    let desk = Desk::new(arguments.name, arguments.secret, faults, partner_kit::now, platform);
    partner_kit::serve(listener, desk::router(Arc::new(desk), recorder)).await?;
    Ok(())
}
