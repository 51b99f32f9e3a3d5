//! Rules about Rust files: size, headers, who may build what leaves, and who may ask the gate.

use super::{
    File, Finding,
    code::{bare, line_at, without_tests, words},
};

/// Checks one file; files of other kinds have no findings.
pub(super) fn check(file: &File) -> Vec<Finding> {
    if !file.is_rust() {
        return Vec::new();
    }
    let code = bare(&file.text);
    let mut findings = Vec::new();
    findings.extend(header(file));
    findings.extend(tests_that_do_not_count(file, &code));
    if !file.is_test() {
        let shipped = without_tests(&code);
        findings.extend(length(file, &shipped));
        findings.extend(borrowed_modules(file, &shipped));
        findings.extend(builders(file, &shipped));
        findings.extend(deciders(file, &shipped));
    }
    findings
}

/// A crate opens with what it is for.
fn header(file: &File) -> Option<Finding> {
    let is_root = file.path.ends_with("src/lib.rs") || file.path.ends_with("src/main.rs");
    let opens_with = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    (is_root && !opens_with.starts_with("//! "))
        .then(|| Finding::fault(file, 1, "a crate opens with a header that says what it is for"))
}

/// Every test runs, and none passes by failing.
fn tests_that_do_not_count(file: &File, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for attribute in ["ignore", "should_panic"] {
        for position in words(code, attribute) {
            let (before, _) = code.split_at(position);
            if before.trim_end().ends_with("#[") {
                let message = format!("no test carries `{attribute}`");
                findings.push(Finding::fault(file, line_at(code, position), message));
            }
        }
    }
    findings
}

/// A module is where its name says: taken from elsewhere, it would pass by the floors.
fn borrowed_modules(file: &File, shipped: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for position in words(shipped, "path") {
        let (before, _) = shipped.split_at(position);
        if before.trim_end().ends_with("#[") {
            let message = "a module is not taken from elsewhere with `path`";
            findings.push(Finding::fault(file, line_at(shipped, position), message));
        }
    }
    findings
}

/// A file stays below the limit, tests, comments and empty lines aside.
fn length(file: &File, shipped: &str) -> Option<Finding> {
    let lines = shipped.lines().filter(|line| !line.trim().is_empty()).count();
    (lines > CODE_LINES_MAX).then(|| {
        let message = format!("{lines} lines of code; the limit is {CODE_LINES_MAX}");
        Finding::fault(file, 0, message)
    })
}

/// Only the crates that write payloads may say what a payload is.
fn builders(file: &File, shipped: &str) -> Vec<Finding> {
    if !is_judged(file) || BUILDERS.contains(&file.package()) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for position in words(shipped, "impl") {
        let (_, block) = shipped.split_at(position);
        let head = block.split(['{', ';']).next().unwrap_or_default();
        if let Some(name) = implemented(head).filter(|name| BUILDING.contains(&name.as_str())) {
            let message = format!("this crate cannot implement `{name}`");
            findings.push(Finding::fault(file, line_at(shipped, position), message));
        }
    }
    findings.extend(renamed(file, shipped, &BUILDING));
    findings
}

/// Only the paths that send may ask the gate.
fn deciders(file: &File, shipped: &str) -> Vec<Finding> {
    if !is_judged(file) || DECIDERS.contains(&file.package()) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for position in words(shipped, "decide") {
        let (before, after) = shipped.split_at(position);
        let before = before.trim_end();
        let is_call = after.strip_prefix("decide").is_some_and(|rest| rest.starts_with('('));
        let is_ours = before.ends_with('.') || before.ends_with("fn");
        let names_the_gates = before.ends_with("gate::");
        if names_the_gates || (is_call && !is_ours) {
            let message = "this crate cannot ask the gate to decide";
            findings.push(Finding::fault(file, line_at(shipped, position), message));
        }
    }
    findings.extend(renamed(file, shipped, &["decide"]));
    findings
}

/// A name that is guarded does not travel under another.
fn renamed(file: &File, shipped: &str, names: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for position in words(shipped, "use") {
        let (_, rest) = shipped.split_at(position);
        let import = rest.split(';').next().unwrap_or_default();
        if !import.contains("gate::") {
            continue;
        }
        for name in names {
            if words(import, name).any(|at| is_renamed(import, at, name)) {
                let message = format!("`{name}` keeps its name");
                findings.push(Finding::fault(file, line_at(shipped, position), message));
            }
        }
    }
    findings
}

fn is_renamed(import: &str, at: usize, name: &str) -> bool {
    let (_, rest) = import.split_at(at);
    let after = rest.strip_prefix(name).unwrap_or_default();
    after.trim_start().starts_with("as ")
}

/// Returns the last name of the trait that an `impl` head implements. The payload trait is told from
/// others of its name by the brand that follows it.
fn implemented(head: &str) -> Option<String> {
    let rest = head.strip_prefix("impl")?.trim_start();
    let rest = if rest.starts_with('<') { rest.split_at(angle_end(rest)).1 } else { rest };
    let (path, _) = split_at_for(rest)?;
    let path = path.trim();
    let (names, arguments) = path.split_at(path.find('<').unwrap_or(path.len()));
    let name = names.trim().rsplit("::").next().unwrap_or_default().trim();
    (name != "Body" || arguments.starts_with('<')).then(|| String::from(name))
}

/// Returns the position after the angle bracket that closes the first one.
fn angle_end(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (position, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' && depth <= 1 => return position + 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    text.len()
}

fn split_at_for(text: &str) -> Option<(&str, &str)> {
    let position = words(text, "for").find(|at| !text.split_at(*at).1.starts_with("for<"))?;
    Some(text.split_at(position))
}

/// The rules about the gate hold for what ships inside the house.
fn is_judged(file: &File) -> bool {
    file.path.starts_with("crates/") && !matches!(file.package(), "gate" | "testkit")
}

const CODE_LINES_MAX: usize = 600;
const BUILDING: [&str; 3] = ["Body", "Family", "NoPerson"];
const BUILDERS: [&str; 3] = ["ledger", "openrtb", "measurement"];
const DECIDERS: [&str; 2] = ["exchange", "measurement"];

#[cfg(test)]
mod tests {
    use super::super::tests::file;
    use super::*;

    fn faults(path: &str, text: &str) -> Vec<String> {
        check(&file(path, text)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_crate_root_without_a_header_is_a_fault() {
        assert_eq!(faults("crates/gate/src/lib.rs", "\nmod a;\n").len(), 1);
        assert_eq!(faults("crates/gate/src/lib.rs", "//! What it is for.\nmod a;\n"), [""; 0]);
        assert_eq!(faults("crates/gate/src/a.rs", "fn a() {}\n"), [""; 0]);
    }

    #[test]
    fn long_files_are_faults_and_their_tests_do_not_count() {
        let code = "let a = 1;\n".repeat(CODE_LINES_MAX);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{code}}}\n");
        assert_eq!(faults("crates/gate/src/a.rs", &format!("{code}// more\n\n{tests}")), [""; 0]);
        assert_eq!(faults("crates/gate/src/a.rs", &format!("{code}{code}")).len(), 1);
        assert_eq!(faults("crates/gate/tests/a.rs", &format!("{code}{code}")), [""; 0]);
    }

    #[test]
    fn skipped_and_inverted_tests_are_faults() {
        for attribute in ["#[ignore]", "#[ignore = \"slow\"]", "#[should_panic]"] {
            let text = format!("#[test]\n{attribute}\nfn a() {{}}\n");
            assert_eq!(faults("crates/gate/tests/a.rs", &text).len(), 1, "{attribute}");
        }
        assert_eq!(faults("crates/gate/tests/a.rs", "fn ignore() {} // #[ignore]\n"), [""; 0]);
    }

    #[test]
    fn a_module_taken_from_another_crate_is_a_fault() {
        let text = "#[path = \"../../store/src/sqlite.rs\"]\nmod sqlite;\n";
        assert_eq!(faults("crates/gate/src/a.rs", text).len(), 1);
        assert_eq!(faults("crates/gate/tests/a.rs", text), [""; 0]);
    }

    #[test]
    fn only_the_writing_crates_say_what_a_payload_is() {
        for head in [
            "impl<'b> Body<'b> for Out<'b>",
            "impl<'b, T: Into<Vec<u8>>> gate::Body<'b> for Out<'b, T>",
            "impl Family for Outs",
            "impl sluicegate_gate::NoPerson\n    for Notice",
        ] {
            let text = format!("{head} {{}}\n");
            assert_eq!(faults("crates/web/src/a.rs", &text).len(), 1, "{head}");
            assert_eq!(faults("crates/openrtb/src/a.rs", &text), [""; 0], "{head}");
            assert_eq!(faults("crates/measurement/src/a.rs", &text), [""; 0], "{head}");
        }
    }

    #[test]
    fn other_traits_and_bounds_of_those_names_are_fine() {
        for text in [
            "impl http_body::Body for AskOnce {}\n",
            "impl<'b, T: Body<'b>> Display for Out<'b, T> {}\n",
            "impl Body { fn a() {} }\n",
            "fn a<F: for<'b> Fn(&'b u8)>(f: impl Family) {}\n",
        ] {
            assert_eq!(faults("crates/egress/src/a.rs", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn only_the_paths_that_send_ask_the_gate() {
        for text in ["fn a() { decide(&q); }\n", "fn a() { gate::decide(&q); }\n"] {
            assert_eq!(faults("crates/web/src/a.rs", text).len(), 1, "{text}");
            assert_eq!(faults("crates/exchange/src/a.rs", text), [""; 0], "{text}");
            assert_eq!(faults("crates/web/tests/a.rs", text), [""; 0], "{text}");
        }
        assert_eq!(faults("crates/web/src/a.rs", "fn decide() { self.decide(); }\n"), [""; 0]);
    }

    #[test]
    fn a_guarded_name_does_not_travel_under_another() {
        let text = "use sluicegate_gate::{decide as ask, Body as B};\nfn a() { ask(&q); }\n";
        assert_eq!(faults("crates/web/src/a.rs", text).len(), 2);
    }
}
