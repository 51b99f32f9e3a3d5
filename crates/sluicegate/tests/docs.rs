//! The documents say what the program is: the rules are those it decides by, every link leads somewhere.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use sluicegate_gate::Reason;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

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
fn the_page_of_the_rules_is_what_the_program_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_sluicegate")).arg("rules").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let written = std::fs::read_to_string(root().join("docs/what-leaves-when.md")).unwrap();
    assert!(written == printed, "run `sluicegate rules > docs/what-leaves-when.md`");
    for reason in Reason::ALL {
        assert!(printed.contains(&format!("| `{}` |", reason.code())), "{}", reason.code());
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

/// The addresses of the routes that a source makes.
fn routes(source: &str) -> impl Iterator<Item = &str> {
    let calls = source.split(".route(").skip(1);
    calls.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
}

#[test]
fn every_address_that_the_gateway_answers_stands_in_the_documents() {
    let written = std::fs::read_to_string(root().join("docs/interfaces.md")).unwrap();
    let mut missing = Vec::new();
    let mut all = 0;
    for source in ["api.rs", "pages/mod.rs", "pages/partners/mod.rs"] {
        let source = std::fs::read_to_string(root().join("crates/web/src").join(source)).unwrap();
        for route in routes(&source) {
            all += 1;
            let is_there = |end: &str| written.contains(&format!(" {route}{end}"));
            if !is_there("`") && !is_there("?") {
                missing.push(route.to_owned());
            }
        }
    }
    assert!(all > 100, "the routes are found: {all}");
    assert!(missing.is_empty(), "in no document:\n{}", missing.join("\n"));
}
