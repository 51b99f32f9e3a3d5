//! No address of a real machine in fixtures: documentation ranges and loopback only.

use super::{File, Finding};
use std::net::Ipv4Addr;

/// Checks one file. A public address in fixture data is a fault; any other address that is not for
/// documentation, there or in Rust tests, is a warning.
pub(super) fn check(file: &File) -> Vec<Finding> {
    let is_data = is_fixture(file);
    let is_test_code = file.is_rust() && file.is_test();
    if !is_data && !is_test_code {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for address in addresses(line).filter(|address| !is_for_examples(*address)) {
            let message = format!("`{address}` is not an address for documentation");
            findings.push(if is_data && !is_nobodys(address) {
                Finding::fault(file, number + 1, message)
            } else {
                Finding::warning(file, number + 1, message)
            });
        }
    }
    findings
}

/// Returns whether the file is data that the tests or the demo read.
fn is_fixture(file: &File) -> bool {
    let is_folder = |part| matches!(part, "scenarios" | "fixtures" | "samples" | "examples");
    !file.is_rust() && file.path.split('/').any(is_folder)
}

/// Returns the addresses in a line. What follows a product's name and a slash is a version.
fn addresses(line: &str) -> impl Iterator<Item = Ipv4Addr> + '_ {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let mut position = 0;
    line.split(move |c| !is_part(c)).filter_map(move |piece| {
        let start = position;
        position += piece.len() + 1;
        let before = line.get(..start).unwrap_or_default();
        let is_version = before.ends_with('/') && !before.ends_with("//");
        if is_version { None } else { piece.trim_end_matches('.').parse().ok() }
    })
}

fn is_for_examples(address: Ipv4Addr) -> bool {
    address.is_documentation()
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
}

/// Returns whether the address cannot be anybody's on the internet.
fn is_nobodys(address: Ipv4Addr) -> bool {
    address.is_private() || address.is_link_local() || address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::super::{Weight, tests::file};
    use super::*;

    fn weights(path: &str, text: &str) -> Vec<Weight> {
        check(&file(path, text)).into_iter().map(|finding| finding.weight).collect()
    }

    #[test]
    fn a_real_address_in_a_fixture_is_a_fault() {
        let real = Ipv4Addr::from(0x0808_0404).to_string();
        let text = format!("ip = \"{real}\"\nurl = \"http://{real}:80/\"\n");
        assert_eq!(weights("scenarios/a.toml", &text), [Weight::Fault; 2]);
        assert_eq!(weights("crates/web/tests/a.rs", &text), [Weight::Warning; 2]);
        assert_eq!(weights("crates/web/src/a.rs", &text), []);
    }

    #[test]
    fn a_private_address_in_a_fixture_is_a_warning() {
        assert_eq!(weights("scenarios/a.toml", "ip = \"10.0.0.1\"\n"), [Weight::Warning]);
    }

    #[test]
    fn addresses_for_documentation_and_versions_are_fine() {
        let text =
            "192.0.2.1 198.51.100.7, \"203.0.113.9\" 127.0.0.1 Browser/126.0.0.0 1.2.3 2.6.2.1.7\n";
        assert_eq!(weights("scenarios/a.toml", text), []);
    }
}
