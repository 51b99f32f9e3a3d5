//! A demo partner that measures for advertisers, and shows everything it was told.
//!
//! It takes signed batches of events in two arrangements: as measurement partner of advertisers, and
//! as the platform's own auditor. The lists are kept apart, as the contracts are.

mod book;
mod desk;
mod page;

use anyhow::{Context, Result};
use axum::http::StatusCode;
use clap::Parser;
use desk::{Desk, Faults};
use partner_kit::{record::Recorder, webhook::Secret};
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
    let desk = Desk::new(arguments.name, arguments.secret, faults, partner_kit::now);
    partner_kit::serve(listener, desk::router(Arc::new(desk), recorder)).await?;
    Ok(())
}
