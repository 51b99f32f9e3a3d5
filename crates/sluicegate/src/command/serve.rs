//! `sluicegate serve`.

use crate::{
    config::{Checked, Config},
    gateway::Gateway,
    telemetry,
};
use std::path::PathBuf;
use tokio::signal::unix::{Signal, SignalKind, signal};

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
        let mut stop = Stop::listen()?;
        let mut gateway = tokio::select! {
            started = Box::pin(Gateway::start(checked)) => started?,
            // Why: nothing is served yet, and what a start does is done again by the next.
            () = stop.asked() => return Ok(()),
        };
        super::print(format_args!("listening on http://{}", gateway.address()))?;
        over(&mut stop, &mut gateway).await;
        tracing::info!("stopping");
        Box::pin(gateway.stop()).await
    }
}

/// Returns once somebody asks to stop, or nobody is answered any more: whoever sees to it that the program runs
/// starts one that answers.
async fn over(stop: &mut Stop, gateway: &mut Gateway) {
    tokio::select! {
        () = stop.asked() => {}
        () = gateway.unserved() => {}
    }
}

/// The terminal, or the service manager, that may ask to stop.
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// From now on whoever asks does not end the process at once.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        Ok(Self { interrupt: interrupt?, terminate: terminate? })
    }

    /// Returns once somebody asks, or has asked already.
    pub(super) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
