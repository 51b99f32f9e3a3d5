//! Running other programs, one named step at a time.

use anyhow::{Context, Result, bail};
use std::{
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

/// Writes one line to standard output. A closed pipe is no reason to stop.
pub(crate) fn say(line: &str) {
    let mut out = io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        // Why: nobody reads on; the exit code still tells.
    }
}

/// Writes one line to standard error.
pub(crate) fn warn(line: &str) {
    if writeln!(io::stderr(), "{line}").is_err() {
        // Why: as above.
    }
}

/// Runs a program in the root folder with its output passed through; a failure names the step.
pub(crate) fn run(root: &Path, step: &str, program: &str, arguments: &[&str]) -> Result<()> {
    run_with(root, step, command(program, arguments))
}

/// Like [`run`], for a command that was prepared further.
pub(crate) fn run_with(root: &Path, step: &str, mut command: Command) -> Result<()> {
    say(&format!("== {step}"));
    let status = command
        .current_dir(root)
        .status()
        .with_context(|| format!("{step}: the program could not be started"))?;
    if !status.success() {
        bail!("{step}: failed ({status})");
    }
    Ok(())
}

/// Installs Debian packages.
pub(crate) fn install(root: &Path, packages: &[&str]) -> Result<()> {
    run_with(root, "package lists", as_root(root, "apt-get", &["update", "--quiet"]))?;
    let options = ["install", "--yes", "--quiet", "--no-install-recommends"];
    let mut install = as_root(root, "apt-get", &options);
    install.args(packages);
    run_with(root, &format!("install {}", packages.join(", ")), install)
}

/// Returns a command that changes the machine: whoever is not its administrator asks to be.
fn as_root(root: &Path, program: &str, arguments: &[&str]) -> Command {
    if answers(root, "sh", &["-c", "test \"$(id -u)\" -eq 0"]) {
        return command(program, arguments);
    }
    let mut asked = command("sudo", &[program]);
    asked.args(arguments);
    asked
}

/// What a program left behind.
pub(crate) struct Heard {
    /// Lines of standard output that the caller wanted to keep.
    pub(crate) kept: Vec<String>,
    /// Whether the program ended well.
    pub(crate) succeeded: bool,
}

/// Runs a program, passes its output through, and keeps the lines of standard output that `keep`
/// accepts.
pub(crate) fn hear(
    root: &Path,
    step: &str,
    mut command: Command,
    keep: fn(&str) -> bool,
) -> Result<Heard> {
    say(&format!("== {step}"));
    let mut child = command
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{step}: the program could not be started"))?;
    let output = child.stdout.take().context("standard output was not piped")?;
    let mut kept = Vec::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.with_context(|| format!("{step}: its output could not be read"))?;
        let line = String::from_utf8_lossy(&line);
        say(&line);
        if keep(&line) {
            kept.push(line.into_owned());
        }
    }
    let succeeded = child.wait()?.success();
    Ok(Heard { kept, succeeded })
}

/// Returns whether the program runs and ends well when called like this; its output is dropped.
pub(crate) fn answers(root: &Path, program: &str, arguments: &[&str]) -> bool {
    command(program, arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Returns the command of a program and its arguments.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}
