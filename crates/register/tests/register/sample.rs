//! The register of the demo, and ways to change it.

use sluicegate_gate::time::UnixMillis;
use sluicegate_register::{Edition, Problem, Register};

/// A time in the days of the sample: 2026-03-01.
pub(crate) const MARCH: UnixMillis = UnixMillis(1_772_323_200_000);
/// A month later.
pub(crate) const APRIL: UnixMillis = UnixMillis(1_775_001_600_000);

pub(crate) type Files = Vec<(String, String)>;

pub(crate) fn files() -> Files {
    [
        (
            "demo-bidder-north.toml",
            include_str!("../../../../demo/register/demo-bidder-north.toml"),
        ),
        (
            "demo-bidder-south.toml",
            include_str!("../../../../demo/register/demo-bidder-south.toml"),
        ),
        ("demo-measurement.toml", include_str!("../../../../demo/register/demo-measurement.toml")),
        (
            "demo-delivery-auditor.toml",
            include_str!("../../../../demo/register/demo-delivery-auditor.toml"),
        ),
        ("advertisers.toml", include_str!("../../../../demo/register/advertisers.toml")),
        ("inventory.toml", include_str!("../../../../demo/register/inventory.toml")),
        ("vendor-list.json", include_str!("../../../../demo/register/vendor-list.json")),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .to_vec()
}

/// Returns the sample with its deals.
pub(crate) fn files_with_deals() -> Files {
    let deals = include_str!("../../../../demo/register/deals.toml");
    let mut files = files();
    files.push((String::from("deals.toml"), deals.to_owned()));
    files
}

/// Returns the sample with text replaced in one file. What is replaced must be there.
pub(crate) fn edited(file: &str, replacements: &[(&str, &str)]) -> Files {
    let mut files = files();
    edit(&mut files, file, replacements);
    files
}

pub(crate) fn edit(files: &mut Files, file: &str, replacements: &[(&str, &str)]) {
    let (_, text) = files.iter_mut().find(|(name, _)| name == file).unwrap();
    for (old, new) in replacements {
        assert!(text.contains(old), "{file} has no {old}");
        *text = text.replace(old, new);
    }
}

pub(crate) fn read(files: &Files) -> Register {
    Register::read(files).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

pub(crate) fn first() -> Edition {
    Edition::publish(read(&files()), None, MARCH).unwrap()
}

/// Returns the problems of files as lines.
pub(crate) fn problems(files: &Files) -> String {
    lines(&Register::read(files).unwrap_err())
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
