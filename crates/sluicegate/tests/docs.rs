//! The documents say what the program is: every reason is explained, every link leads somewhere.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use sluicegate_gate::Reason;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// README.md and every Markdown file in docs and its folders.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The targets of the inline links and images of a Markdown text.
fn links(text: &str) -> Vec<&str> {
    let ends = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(target, _)| target).collect()
}

/// The places that a Markdown text can be linked at: its headings, and anchors written out.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let words: String = line.trim_start_matches('#').trim().chars().filter(kept).collect();
        words.to_lowercase().replace(' ', "-")
    });
    let written = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    headings.chain(written.map(|(id, _)| id.to_owned())).collect()
}

#[test]
fn every_reason_stands_in_the_privacy_officers_table_with_its_words_and_rule() {
    let text = std::fs::read_to_string(root().join("docs/privacy-officers.md")).unwrap();
    for reason in Reason::ALL {
        let begins = format!("| `{}` | {} |", reason.code(), reason.words());
        let ends = format!("| {} |", reason.rule());
        let stands = text.lines().any(|line| line.starts_with(&begins) && line.ends_with(&ends));
        assert!(stands, "docs/privacy-officers.md needs the row `{begins} … {ends}`");
    }
    let known = |code: &str| Reason::from_code(code).is_some();
    let table = text.split("## Reasons").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    for (code, _) in rows {
        assert!(known(code), "docs/privacy-officers.md explains `{code}`, which is no reason");
    }
}

#[test]
fn every_link_within_the_documents_leads_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => document.clone(),
                file => document.parent().unwrap().join(file),
            };
            let leads = if place.is_empty() {
                target.exists()
            } else {
                let there = std::fs::read_to_string(&target).unwrap_or_default();
                anchors(&there).iter().any(|anchor| anchor == place)
            };
            if !leads {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}
