//! The demo ends in good order when it is asked to: nothing of it runs on, and its data is whole.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use sluicegate_store::Sqlite;
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};

/// How often the same is looked at at most.
const LOOKS_MAX: usize = 1_000_000;
/// A variable in the environment of everything that a demo starts.
const MARK: &str = "SLUICEGATE_TEST_OF_THE_DEMO";

/// The demo, on data of its own.
struct Demo {
    process: Child,
    data: PathBuf,
    mark: String,
}

impl Demo {
    fn start(dir: &Path) -> Self {
        let build =
            ["build", "--quiet", "--package", "partner-bidder", "--package", "partner-measurement"];
        assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
        let (data, mark) = (dir.join("data"), dir.display().to_string());
        let process = Command::new(env!("CARGO_BIN_EXE_sluicegate"))
            .args(["demo", "--listen", "127.0.0.1:0", "--rate", "5", "--data-dir"])
            .arg(&data)
            .env_remove("CARGO")
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { process, data, mark }
    }

    /// Reads what it prints until all of it runs. Returns the addresses of its partners.
    fn partners(&mut self) -> Vec<String> {
        let lines = BufReader::new(self.process.stdout.take().unwrap()).lines();
        let mut partners = Vec::new();
        for line in lines.map_while(Result::ok) {
            if line.contains("Ctrl-C stops everything") {
                return partners;
            }
            let address = line
                .trim_start()
                .strip_prefix("What Demo ")
                .and_then(|rest| rest.split("http://").nth(1));
            partners.extend(address.map(|address| address.trim_end_matches('/').to_owned()));
        }
        panic!("it does not run")
    }

    /// Sends a signal and waits for the end.
    fn end(mut self, signal: &str) -> ExitStatus {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let ended = self.process.wait().unwrap();
        assert_eq!(started(&self.mark), Vec::<String>::new(), "nothing runs on");
        ended
    }
}

/// Returns the programs that run with this mark in their environment.
fn started(mark: &str) -> Vec<String> {
    let mark = format!("{MARK}={mark}");
    let has = |folder: &Path| {
        let environment = fs::read(folder.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|one| one == mark.as_bytes())
    };
    let processes = fs::read_dir("/proc").unwrap().map_while(Result::ok).map(|one| one.path());
    let named = |folder: PathBuf| fs::read_to_string(folder.join("comm")).unwrap_or_default();
    processes.filter(|folder| has(folder)).map(named).collect()
}

#[test]
fn whoever_ends_the_demo_ends_its_partners_and_its_data_is_whole() {
    for signal in ["-TERM", "-INT"] {
        let dir = tempfile::tempdir().unwrap();
        let mut demo = Demo::start(dir.path());
        let (partners, data) = (demo.partners(), demo.data.clone());
        assert_eq!(partners.len(), 3, "{partners:?}");
        assert!(partners.iter().all(|address| TcpStream::connect(address).is_ok()));
        assert_eq!(started(&demo.mark).len(), 4);
        assert_eq!(demo.end(signal).code(), Some(0), "{signal}");
        assert!(partners.iter().all(|address| TcpStream::connect(address).is_err()));
        // Closed, each database is one file.
        for file in ["sluicegate.sqlite3", "keys.sqlite3"] {
            assert!(data.join(file).exists() && !data.join(format!("{file}-wal")).exists());
        }
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { Sqlite::open(&data).await.unwrap().close().await });
    }
}

#[test]
fn a_demo_that_is_ended_while_it_starts_leaves_nothing_running() {
    let dir = tempfile::tempdir().unwrap();
    let demo = Demo::start(dir.path());
    // The gateway is there, and the first partner: the others are on their way.
    let is_begun = |_: &usize| started(&demo.mark).len() > 1;
    (0..LOOKS_MAX).inspect(|_| thread::yield_now()).find(is_begun).unwrap();
    assert_eq!(demo.end("-TERM").code(), Some(0));
}
