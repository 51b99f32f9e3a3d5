//! The demo's partners: separate programs, started on free ports of this machine.

use anyhow::{Context, bail};
use std::{net::SocketAddr, path::PathBuf, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// One running partner.
#[derive(Debug)]
pub(crate) struct Partner {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    /// The origin that the sample register names, to be replaced by the real one.
    pub(crate) sample_origin: &'static str,
    process: Child,
}

/// What is started.
struct Program {
    name: &'static str,
    binary: &'static str,
    sample_origin: &'static str,
    arguments: &'static [&'static str],
}

const PROGRAMS: [Program; 3] = [
    Program {
        name: "Demo Bidder North",
        binary: "partner-bidder",
        sample_origin: "http://127.0.0.1:9101",
        arguments: &["--price-cpm", "1.20", "--seed", "1", "--no-bid-share", "0.2"],
    },
    Program {
        name: "Demo Bidder South",
        binary: "partner-bidder",
        sample_origin: "http://127.0.0.1:9102",
        arguments: &["--price-cpm", "1.10", "--seed", "2", "--no-bid-share", "0.3"],
    },
    Program {
        name: "Demo Measurement",
        binary: "partner-measurement",
        sample_origin: "http://127.0.0.1:9103",
        arguments: &[],
    },
];

impl Partner {
    /// Stops the program.
    pub(crate) async fn stop(mut self) {
        // A partner that is gone already is stopped.
        drop(self.process.kill().await);
    }

    /// Returns the origin it really listens on.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// What the measurement partner got from the platform, to ask it about installs.
pub(crate) struct MeasurementAccount<'a> {
    /// Where the gateway answers.
    pub(crate) gateway: SocketAddr,
    pub(crate) partnership: &'a str,
    pub(crate) api_key: &'a str,
    /// The key behind device ids, in hexadecimal digits.
    pub(crate) device_key: String,
}

/// Starts all partners, building their programs first where cargo started this one or they are missing.
pub(crate) async fn start(
    webhook_secret: &str,
    account: &MeasurementAccount<'_>,
) -> anyhow::Result<Vec<Partner>> {
    let folder = folder().await?;
    let mut started = Vec::new();
    for program in PROGRAMS {
        let mut command = Command::new(folder.join(program.binary));
        command.args(["--listen", listen_on(program.sample_origin).await.as_str()]);
        command.args(["--name", program.name]).args(program.arguments);
        command.args(["--secret", webhook_secret]);
        if program.binary == "partner-measurement" {
            command.args(["--platform", account.gateway.to_string().as_str()]);
            command.args(["--partnership", account.partnership, "--api-key", account.api_key]);
            command.args(["--device-key", account.device_key.as_str()]);
        }
        started.push(launch(&program, command).await?);
    }
    Ok(started)
}

/// Keeps the sample's own port where it is free, so that addresses stay the same from run to run.
async fn listen_on(sample_origin: &str) -> String {
    let sample = sample_origin.strip_prefix("http://").unwrap_or(sample_origin).to_owned();
    match tokio::net::TcpListener::bind(&sample).await {
        Ok(_free) => sample,
        Err(_taken) => String::from("127.0.0.1:0"),
    }
}

async fn launch(program: &Program, mut command: Command) -> anyhow::Result<Partner> {
    let mut process = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start `{}`", program.binary))?;
    let out = process.stdout.take().context("a started program has an output")?;
    let mut lines = BufReader::new(out).lines();
    let first = lines.next_line().await?.unwrap_or_default();
    let Some(address) = first.strip_prefix("listening on http://") else {
        bail!("`{}` did not say where it listens", program.binary);
    };
    let address = address.parse().context("a partner's address")?;
    // What it prints later is read, so that it never waits for us.
    tokio::spawn(async move { while let Ok(Some(_line)) = lines.next_line().await {} });
    Ok(Partner { name: program.name, address, sample_origin: program.sample_origin, process })
}

/// Returns the folder that holds the partners' programs: this program's own. Where cargo started this
/// program they are built first, since what lies there may be of another day; where they are missing too.
async fn folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    let folder = own.parent().context("a program lies in a folder")?.to_owned();
    let are_there = PROGRAMS.iter().all(|program| folder.join(program.binary).is_file());
    let cargo = match std::env::var_os("CARGO") {
        Some(cargo) => cargo,
        None if are_there => return Ok(folder),
        None => "cargo".into(),
    };
    let mut build = Command::new(cargo);
    build.args([
        "build",
        "--quiet",
        "--package",
        "partner-bidder",
        "--package",
        "partner-measurement",
    ]);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    if !are_there {
        super::super::print("building the demo's partners ...")?;
    }
    build.kill_on_drop(true);
    let built = build.status().await.context(
        "the demo's partners are not beside this program, and cargo is not there to build them",
    )?;
    if !built.success() {
        bail!("the demo's partners could not be built");
    }
    Ok(folder)
}
