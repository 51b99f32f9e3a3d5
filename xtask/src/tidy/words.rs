//! Rules about any text: nothing left for later, no path of somebody's machine, scenarios by name.

use super::{File, Finding, code, has_ending};

/// Checks one file.
pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for word in LEFT_FOR_LATER {
            if code::words(line, word).next().is_some() {
                let message = format!("`{word}`: do it, or write it down where work is kept");
                findings.push(Finding::fault(file, number + 1, message));
            }
        }
        if let Some(path) = MACHINE_PATHS.iter().find(|path| names_a_folder(line, path)) {
            let message = format!("`{path}` is a path of one machine");
            findings.push(Finding::fault(file, number + 1, message));
        }
    }
    findings.extend(scenario_name(file));
    findings
}

/// Returns whether the line names a folder at the root of a machine, not a path inside an address.
fn names_a_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(position, _)| {
        let (before, _) = line.split_at(position);
        let inside =
            |c: char| c.is_alphanumeric() || matches!(c, '.' | '}' | '-' | '_' | ':' | '*');
        !before.ends_with(inside)
    })
}

/// A scenario is found by its ending; under another name it would never run.
fn scenario_name(file: &File) -> Option<Finding> {
    let is_scenario = file.path.starts_with("scenarios/") && !file.path.ends_with("/README.md");
    (is_scenario && !has_ending(&file.path, "toml"))
        .then(|| Finding::fault(file, 0, "a scenario ends in `.toml`"))
}

const LEFT_FOR_LATER: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
const MACHINE_PATHS: [&str; 3] =
    [concat!("/", "root/"), concat!("/", "home/"), concat!("/", "work/")];

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    fn faults(path: &str, text: &str) -> usize {
        check(&file(path, text)).len()
    }

    #[test]
    fn nothing_is_left_for_later() {
        for word in LEFT_FOR_LATER {
            assert_eq!(faults("docs/a.md", &format!("a line\n{word}: later\n")), 1);
            assert_eq!(faults("docs/a.md", &format!("{word}LIST\n")), 0);
        }
    }

    #[test]
    fn no_path_of_one_machine_is_written_down() {
        for path in MACHINE_PATHS {
            assert_eq!(faults("docs/a.md", &format!("see {path}main\n")), 1);
            assert_eq!(faults("docs/a.md", &format!("https://news.example{path}a\n")), 0);
        }
    }

    #[test]
    fn a_scenario_under_another_name_is_a_fault() {
        assert_eq!(faults("scenarios/bids/a.json", "{}"), 1);
        assert_eq!(faults("scenarios/bids/a.toml", ""), 0);
        assert_eq!(faults("scenarios/README.md", ""), 0);
    }
}
