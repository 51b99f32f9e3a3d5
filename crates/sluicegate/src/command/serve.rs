//! `sluicegate serve`.

use crate::{
    config::{Checked, Config},
    gateway::Gateway,
    telemetry,
};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The configuration file; without it, the defaults and the environment
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let file = Config::read(self.config.as_deref(), std::env::vars_os())?;
        let checked = Checked::try_from(file)?;
        telemetry::start(&checked.file.log.level, &checked.file.log.format)?;
        let gateway = Gateway::start(checked).await?;
        super::print(format_args!("listening on http://{}", gateway.address()))?;
        stop_asked().await?;
        tracing::info!("stopping");
        gateway.stop().await;
        Ok(())
    }
}

/// Returns when the terminal or the service manager asks to stop.
pub(super) async fn stop_asked() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
