//! Registers for tests: the demo's own, moved to other addresses, and single partners.

use crate::RecordingPartner;
use std::{fmt::Write, path::Path};

/// One partner with one partnership.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    /// The id of both.
    pub id: &'a str,
    /// `real_time_bidding`, `conversion_tracking`, `service_provider` or `other`.
    pub kind: &'a str,
    /// The categories.
    pub categories: Vec<&'a str>,
    /// Where it listens, with its path.
    pub url: String,
    /// More lines of the partnership.
    pub more: &'a str,
}

impl Sample<'_> {
    /// Returns the register's file of it.
    pub fn file(&self) -> (String, String) {
        let Sample { id, kind, categories, url, more } = self;
        let bids = *kind == "real_time_bidding";
        let via = if bids { "openrtb" } else { "events" };
        let mut text = format!(
            "id = \"{id}\"\nname = \"Test {id}\"\nlegal_name = \"Test {id} (fictional)\"\ncountry = \"USA\"\n\
             privacy_url = \"https://{id}.example/privacy\"\ncontact = \"privacy@{id}.example\"\n\
             [[partnership]]\nid = \"{id}\"\ntitle = \"A test\"\nsummary = \"A test.\"\nkind = \"{kind}\"\n\
             via = \"{via}\"\nrole = \"controller\"\npurposes = [\"Testing\"]\ncategories = {categories:?}\n\
             retention_days = 30\nstart = 2025-01-01\n{more}\n"
        );
        if bids {
            text.push_str(
                "[partnership.linking]\nevidence = \"test\"\nsigned_on = 2025-01-01\nexpires_on = 2099-01-01\n",
            );
        }
        // Writing to a string cannot fail.
        let _written = write!(
            text,
            "[partnership.endpoint]\nurl = \"{url}\"\ntimeout_ms = 20_000\nconcurrency = 256\nper_second = 100_000\n"
        );
        (format!("{id}.toml"), text)
    }
}

/// Returns the demo's files. The bidders and the measurement partner listen where these do.
pub fn demo_register(
    north: &RecordingPartner,
    south: &RecordingPartner,
    measurement: &RecordingPartner,
) -> anyhow::Result<Vec<(String, String)>> {
    let (north, south, measurement) = (north.origin(), south.origin(), measurement.origin());
    let origins = [
        ("http://127.0.0.1:9101", north.as_str()),
        ("http://127.0.0.1:9102", south.as_str()),
        ("http://127.0.0.1:9103", measurement.as_str()),
    ];
    let files = demo_files()?;
    let moved = files
        .into_iter()
        .map(|(name, text)| (name, sluicegate_register::rebase(&text, &origins)));
    Ok(moved.collect())
}

/// Returns the demo's files as they are.
pub fn demo_files() -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(demo_dir())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, std::fs::read_to_string(&path)?));
    }
    files.sort();
    Ok(files)
}

/// Returns the folder of the demo's register.
pub fn demo_dir() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/register")
}

/// Returns one of the demo's files.
pub fn demo_file(name: &str) -> anyhow::Result<(String, String)> {
    let text = std::fs::read_to_string(demo_dir().join(name))?;
    Ok((name.to_owned(), text))
}
