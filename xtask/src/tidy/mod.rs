//! `cargo xtask tidy`: what the compiler does not check, as plain functions from text to faults.
//!
//! Each rule is a function with a test of its own. A fault names the file, the line where there is
//! one, and what to do. Warnings are listed and do not fail.

mod addresses;
mod code;
mod floors;
mod sources;
mod words;

use crate::steps::say;
use anyhow::{Context, Result, bail};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// Checks the whole workspace; fails when a rule is broken.
pub(crate) fn run(root: &Path) -> Result<()> {
    let files = read(root)?;
    let findings = examine(&files);
    say("== tidy");
    for finding in &findings {
        say(&finding.to_string());
    }
    let faults = findings.iter().filter(|finding| finding.weight == Weight::Fault).count();
    let warnings = findings.len() - faults;
    say(&format!("tidy: {} files, {faults} faults, {warnings} warnings", files.len()));
    if faults > 0 {
        bail!("tidy: {faults} faults");
    }
    Ok(())
}

/// Applies every rule to every file, in the order of the paths.
fn examine(files: &[File]) -> Vec<Finding> {
    let mut findings = floors::check(files);
    for file in files {
        findings.extend(sources::check(file));
        findings.extend(words::check(file));
        findings.extend(addresses::check(file));
    }
    findings.sort_by(|left, right| (&left.path, left.line).cmp(&(&right.path, right.line)));
    findings
}

/// A text file of the workspace.
#[derive(Debug)]
struct File {
    /// Path from the root, with forward slashes.
    path: String,
    /// The whole text.
    text: String,
}

impl File {
    /// Returns the crate under `crates/` that the file belongs to, or the other package by its path.
    fn package(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            Some("partners") => "partners",
            Some(first) => first,
            None => "",
        }
    }

    /// Returns whether the file is one of Rust.
    fn is_rust(&self) -> bool {
        has_ending(&self.path, "rs")
    }

    /// Returns whether the whole file is test code.
    fn is_test(&self) -> bool {
        let is_test_folder = |part| matches!(part, "tests" | "benches" | "fuzz");
        self.path.split('/').any(is_test_folder)
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
    }
}

/// Something that a rule found.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    weight: Weight,
    path: String,
    /// From 1; 0 speaks of the whole file.
    line: usize,
    message: String,
}

/// Whether a finding fails the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Fault,
    Warning,
}

impl Finding {
    fn fault(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self { weight: Weight::Fault, path: file.path.clone(), line, message: message.into() }
    }

    fn warning(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self { weight: Weight::Warning, ..Self::fault(file, line, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { weight, path, line, message } = self;
        let weight = match weight {
            Weight::Fault => "fault",
            Weight::Warning => "warning",
        };
        write!(formatter, "{weight}: {path}:{line}: {message}")
    }
}

/// Reads every text file of the workspace, sorted by path.
fn read(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(root)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
                folders.push(entry.path());
            } else if kind.is_file() && is_text(&name) {
                files.push(open(root, &entry.path())?);
            }
        }
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn open(root: &Path, path: &Path) -> Result<File> {
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let parts = path.strip_prefix(root)?.iter().map(|part| part.to_string_lossy());
    Ok(File { path: parts.collect::<Vec<_>>().join("/"), text })
}

fn is_text(name: &str) -> bool {
    !SKIPPED_FILES.contains(&name)
        && (name == "run" || TEXT_ENDINGS.iter().any(|ending| has_ending(name, ending)))
}

fn has_ending(path: &str, ending: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, last)| last == ending)
}

const SKIPPED_FOLDERS: [&str; 5] = [".git", "target", "node_modules", "python", "sluicegate-data"];
const SKIPPED_FILES: [&str; 2] = ["Cargo.lock", "package-lock.json"];
const TEXT_ENDINGS: [&str; 16] = [
    "css", "html", "js", "json", "md", "mjs", "ndjson", "py", "rs", "service", "sh", "sql",
    "stderr", "toml", "yaml", "yml",
];

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn file(path: &str, text: &str) -> File {
        File { path: String::from(path), text: String::from(text) }
    }

    #[test]
    fn every_text_file_is_read_once_and_build_output_never() {
        let root = tempfile::tempdir().unwrap();
        for path in ["b.rs", "crates/gate/a.md", "target/c.rs", ".ci/run", "picture.png"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        let files = read(root.path()).unwrap();
        let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, [".ci/run", "b.rs", "crates/gate/a.md"]);
        assert_eq!(files.last().map(File::package), Some("gate"));
    }

    #[test]
    fn findings_come_in_the_order_of_the_files() {
        let files = [
            file("crates/gate/src/lib.rs", "fn a() {}\n"),
            file("crates/gate/src/a.rs", concat!("// FIX", "ME\n// TO", "DO\n")),
        ];
        let lines: Vec<_> = examine(&files).iter().map(Finding::to_string).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].starts_with("fault: crates/gate/src/a.rs:1: "), "{lines:?}");
        assert!(lines[2].starts_with("fault: crates/gate/src/lib.rs:1: "), "{lines:?}");
    }
}
