//! `sluicegate register`.

use super::{Running, print};
use crate::local;
use anyhow::{Context, bail};
use clap::Subcommand;
use serde_json::{Value, json};
use sluicegate_gate::time::UnixMillis;
use sluicegate_register::VENDOR_LIST;
use sluicegate_register::{Diff, Edition, Register as Files};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// Say everything that is wrong with the register's files
    Check {
        /// The folder with the TOML files
        dir: PathBuf,
    },
    /// Publish the files as the next edition of the running gateway
    Publish {
        /// The folder with the TOML files
        dir: PathBuf,
        #[command(flatten)]
        running: Running,
    },
    /// Show what differs between two folders of files
    Diff {
        /// The earlier folder
        before: PathBuf,
        /// The later folder
        after: PathBuf,
    },
}

impl Register {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Check { dir } => {
                let files = read(&dir)?;
                check(&files)?;
                print(format_args!("{}: in order, {} files", dir.display(), files.len()))?;
                say_what_is_left_out(&dir)
            }
            Self::Publish { dir, running } => publish(&dir, &running.data_dir).await,
            Self::Diff { before, after } => diff(&before, &after),
        }
    }
}

/// Reads the TOML files of a folder, and the vendor list where there is one, by name.
pub(crate) fn read(dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let unreadable = || format!("cannot read the folder `{}`", dir.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let name = name_of(&path);
        if is_read(&path) {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            files.push((name, text));
        }
    }
    if files.is_empty() {
        match left_out(dir)? {
            None => bail!("the folder `{}` has no TOML files", dir.display()),
            Some(others) => bail!("the folder `{}` has no TOML files; {others}", dir.display()),
        }
    }
    files.sort();
    Ok(files)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_read(path: &Path) -> bool {
    name_of(path) == VENDOR_LIST || path.extension().is_some_and(|extension| extension == "toml")
}

/// Returns in words what is in a folder and not read, if anything: a partner in a file of another name would be
/// missing without a word. What is hidden is nobody's mistake.
fn left_out(dir: &Path) -> anyhow::Result<Option<String>> {
    let unreadable = || format!("cannot read the folder `{}`", dir.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let name = name_of(&path);
        if !is_read(&path) && !name.starts_with('.') {
            names.push(format!("`{name}`"));
        }
    }
    names.sort();
    let words = || format!("not read, as the name does not end in `.toml`: {}", names.join(", "));
    Ok((!names.is_empty()).then(words))
}

fn say_what_is_left_out(dir: &Path) -> anyhow::Result<()> {
    left_out(dir)?.map_or(Ok(()), print)
}

fn check(files: &[(String, String)]) -> anyhow::Result<Files> {
    match Files::read(files) {
        Ok(register) => Ok(register),
        Err(problems) => {
            let lines: Vec<String> =
                problems.iter().map(|problem| format!("  {problem}")).collect();
            bail!("the register has {} problem(s):\n{}", lines.len(), lines.join("\n"))
        }
    }
}

async fn publish(dir: &Path, data_dir: &Path) -> anyhow::Result<()> {
    let files = read(dir)?;
    check(&files)?;
    let files: serde_json::Map<String, Value> =
        files.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
    let body = json!({ "files": files });
    let answer = local::call(data_dir, "POST", "/v1/register/editions", Some(&body)).await?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = answer.get("number").and_then(Value::as_u64).unwrap_or_default();
    print(format_args!("edition {number} is in force\nhash {}", text("hash")))?;
    say_what_is_left_out(dir)?;
    let changes = answer.get("changes").and_then(Value::as_array).cloned().unwrap_or_default();
    changes.iter().filter_map(Value::as_str).try_for_each(print)
}

fn diff(before: &Path, after: &Path) -> anyhow::Result<()> {
    let edition = |dir: &Path, at| -> anyhow::Result<Edition> {
        let register = check(&read(dir)?).with_context(|| format!("in `{}`", dir.display()))?;
        Ok(Edition::publish(register, None, UnixMillis(at))?)
    };
    // Any one moment does: both are compared as if published then.
    let moment = jiff::Timestamp::now().as_millisecond();
    let changes = Diff::between(&edition(before, moment)?, &edition(after, moment)?);
    if changes.is_empty() {
        return print("no difference");
    }
    // Why: the first line names editions, and these folders are none yet.
    let text = changes.to_string();
    let lines: Vec<&str> = text.trim_end().lines().skip(1).collect();
    print(format_args!("{} -> {}\n{}", before.display(), after.display(), lines.join("\n")))
}
