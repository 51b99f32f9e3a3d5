//! Who may depend on whom: the floors of the house, and which room holds which foreign library.

use super::{File, Finding};
use std::collections::BTreeMap;

/// Checks every manifest.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let renames = renames(files);
    files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"))
        .flat_map(|file| manifest(file, &renames))
        .collect()
}

fn manifest(file: &File, renames: &BTreeMap<String, String>) -> Vec<Finding> {
    let parsed: toml::Table = match file.text.parse() {
        Ok(parsed) => parsed,
        Err(error) => return vec![Finding::fault(file, 0, format!("cannot be read: {error}"))],
    };
    let owner = file.package();
    let mut findings = Vec::new();
    if file.path.starts_with("crates/") && floor(owner).is_none() && owner != "testkit" {
        findings.push(Finding::fault(file, 0, "the crate has no floor; give it one in xtask"));
    }
    for (key, used) in dependencies(&parsed) {
        let name = renames.get(&key).unwrap_or(&key);
        let problem = match used {
            Used::Shipped => between_floors(owner, name).or_else(|| foreign(owner, name)),
            Used::Tests => in_tests(owner, name),
        };
        findings.extend(problem.map(|problem| Finding::fault(file, 0, problem)));
    }
    findings
}

/// Whether a dependency is part of what ships, or only of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Used {
    Shipped,
    Tests,
}

/// Lists what a manifest depends on, those behind a `[target]` included.
fn dependencies(manifest: &toml::Table) -> Vec<(String, Used)> {
    let by_target = manifest.get("target").and_then(toml::Value::as_table);
    let targets = by_target.into_iter().flat_map(toml::Table::values);
    let mut found = Vec::new();
    for table in targets.filter_map(toml::Value::as_table).chain([manifest]) {
        for (section, used) in SECTIONS {
            let listed = table.get(section).and_then(toml::Value::as_table);
            for (key, value) in listed.into_iter().flatten() {
                let renamed = value.get("package").and_then(toml::Value::as_str);
                found.push((String::from(renamed.unwrap_or(key)), used));
            }
        }
    }
    found
}

/// Returns the packages that the root manifest gives another name.
fn renames(files: &[File]) -> BTreeMap<String, String> {
    let root = files.iter().find(|file| file.path == "Cargo.toml");
    let parsed = root.and_then(|file| file.text.parse::<toml::Table>().ok()).unwrap_or_default();
    let listed = parsed
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(toml::Value::as_table);
    listed
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| {
            let package = value.get("package").and_then(toml::Value::as_str)?;
            Some((key.clone(), String::from(package)))
        })
        .collect()
}

/// Returns what is wrong with a crate of ours depending on another.
fn between_floors(owner: &str, name: &str) -> Option<String> {
    let other = ours(name)?;
    if matches!(owner, "partners" | "xtask") {
        return Some(format!("`{owner}` stands alone and cannot use `{name}`"));
    }
    let own = floor(owner)?;
    match floor(other) {
        None => Some(format!("`{name}` is for tests only")),
        Some(below) if below < own => None,
        Some(same) if same == own => {
            Some(format!("`{name}` is on the same floor ({own}); name a port instead"))
        }
        Some(above) => Some(format!("`{name}` is on floor {above}, above this crate's {own}")),
    }
}

/// Returns what is wrong with the tests of a crate using another.
fn in_tests(owner: &str, name: &str) -> Option<String> {
    let is_program = ours(name) == Some("sluicegate") && owner != "sluicegate";
    let is_exempt = matches!(owner, "testkit" | "bench");
    (is_program && !is_exempt)
        .then(|| String::from("the tests of a lower floor cannot use the program"))
}

/// Returns what is wrong with a crate using a foreign library that has one home.
fn foreign(owner: &str, name: &str) -> Option<String> {
    if matches!(owner, "partners" | "bench" | "testkit" | "xtask") {
        return None;
    }
    let (home, _) = HOMES.iter().find(|(_, names)| names.contains(&name))?;
    // The program serves what `web` routes, and calls the local socket and, in the demo, itself.
    let is_wiring = owner == "sluicegate" && matches!(*home, "egress" | "web");
    (*home != owner && !is_wiring).then(|| format!("only `{home}` may depend on `{name}`"))
}

/// Returns the folder of a package of ours.
fn ours(package: &str) -> Option<&str> {
    match package {
        "sluicegate" => Some("sluicegate"),
        _ => package.strip_prefix("sluicegate-"),
    }
}

fn floor(folder: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == folder).map(|(_, floor)| *floor)
}

/// The house, section 4 of the design. `testkit` has no floor: nothing that ships may use it.
const FLOORS: [(&str, u8); 16] = [
    ("signals", 0),
    ("signals-encoder", 0),
    ("gate", 1),
    ("openrtb", 2),
    ("register", 2),
    ("settings", 2),
    ("ledger", 2),
    ("exchange", 3),
    ("measurement", 3),
    ("audiences", 3),
    ("recall", 3),
    ("canary", 3),
    ("egress", 4),
    ("store", 4),
    ("web", 5),
    ("sluicegate", 6),
];

const SECTIONS: [(&str, Used); 3] = [
    ("dependencies", Used::Shipped),
    ("build-dependencies", Used::Shipped),
    ("dev-dependencies", Used::Tests),
];

/// Foreign libraries that have one home.
const HOMES: [(&str, &[&str]); 3] = [
    ("egress", &["hyper", "hyper-util", "hyper-rustls", "reqwest", "ureq", "isahc", "curl"]),
    ("store", &["sqlx", "rusqlite", "libsqlite3-sys", "tokio-postgres", "rdkafka"]),
    ("web", &["axum", "axum-extra", "actix-web", "warp", "poem"]),
];

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    fn faults(package: &str, manifest: &str) -> Vec<String> {
        let files = [
            file(
                "Cargo.toml",
                "[workspace.dependencies]\nweb-server = { package = \"axum\", version = \"0\" }\n",
            ),
            file(&format!("{package}/Cargo.toml"), manifest),
        ];
        check(&files).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn an_edge_downward_is_fine() {
        let manifest = "[dependencies]\nsluicegate-gate.workspace = true\nserde = \"1\"\n";
        assert_eq!(faults("crates/exchange", manifest), [""; 0]);
    }

    #[test]
    fn an_edge_upward_or_sideways_is_a_fault_wherever_it_is_written() {
        for section in ["dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
            let up = format!("[{section}]\nsluicegate-store.workspace = true\n");
            let sideways = format!("[{section}]\nx = {{ package = \"sluicegate-ledger\" }}\n");
            assert!(faults("crates/settings", &up)[0].contains("floor 4"), "{section}");
            assert!(faults("crates/settings", &sideways)[0].contains("same floor"), "{section}");
        }
    }

    #[test]
    fn tests_may_reach_anywhere_but_the_program() {
        let manifest = "[dev-dependencies]\nsluicegate-testkit.workspace = true\naxum = \"0\"\n";
        assert_eq!(faults("crates/gate", manifest), [""; 0]);
        let program = "[dev-dependencies]\nsluicegate = { path = \"../sluicegate\" }\n";
        assert_eq!(faults("crates/gate", program).len(), 1);
    }

    #[test]
    fn what_is_for_tests_does_not_ship() {
        let manifest = "[dependencies]\nsluicegate-testkit.workspace = true\n";
        assert_eq!(faults("crates/sluicegate", manifest).len(), 1);
    }

    #[test]
    fn a_crate_without_a_floor_is_a_fault() {
        assert_eq!(faults("crates/cellar", "[package]\n").len(), 1);
    }

    #[test]
    fn partners_stand_alone() {
        let manifest = "[dependencies]\nsluicegate-gate.workspace = true\naxum = \"0\"\n";
        assert_eq!(faults("partners/bidder", manifest).len(), 1);
    }

    #[test]
    fn a_foreign_library_stays_in_its_home_or_in_the_program_which_speaks_no_sql() {
        for (home, names) in HOMES {
            for name in names {
                let manifest = format!("[dependencies]\n{name} = \"1\"\n");
                assert_eq!(faults(&format!("crates/{home}"), &manifest), [""; 0], "{name}");
                let of_program = usize::from(home == "store");
                assert_eq!(faults("crates/sluicegate", &manifest).len(), of_program, "{name}");
                assert_eq!(faults("crates/exchange", &manifest).len(), 1, "{name}");
            }
        }
        let renamed = "[dependencies]\nweb-server.workspace = true\n";
        assert_eq!(faults("crates/exchange", renamed).len(), 1);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_a_fault() {
        assert_eq!(faults("crates/gate", "[dependencies").len(), 1);
    }
}
