//! Logs: readable lines or JSON on the standard error stream, never with personal data.

use anyhow::anyhow;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` has no say: what is logged is a matter of the configuration.
pub(crate) fn start(level: &str, format: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(format!("{level},sqlx=warn,hyper=warn,rustls=warn"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        "json" => builder.json().flatten_event(true).try_init(),
        _ => builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    started.map_err(|error| anyhow!("logging could not be started: {error}"))
}
