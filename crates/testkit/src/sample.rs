//! Registers for tests: the demo's own, moved to other addresses, and single partners.

use crate::{Program, RecordingPartner};
use anyhow::ensure;
use serde_json::{Value, json};
use std::{
    fmt::Write,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

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
        if bids {
            text.push_str("[partnership.bidding]\nseats = [\"seat-1\", \"seat-2\"]\n");
        }
        (format!("{id}.toml"), text)
    }
}

/// Returns the lines of a configuration that give each of these partnerships a secret to sign with.
pub fn webhook_secrets(partnerships: &[&str]) -> String {
    let secret = format!("whsec_{}", "c2VjcmV0".repeat(4));
    let section = |id: &&str| format!("[partnership.{id}]\nwebhook_secrets = [\"{secret}\"]\n");
    partnerships.iter().map(section).collect()
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
    let moved =
        files.into_iter().map(|(name, text)| (name, sluicegate_register::rebase(&text, &origins)));
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

/// Returns the time of day in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the running program reads the same clock")]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}

/// Returns an exposure that happened now, of an advertiser of the demo. The creative tells it apart in what
/// partners get.
pub fn exposure(id: &str, account: &str, device: &str, creative: &str) -> Value {
    json!({
        "id": id, "timestamp_ms": now_ms(), "interaction_type": "impression", "impression_id": "imp-1",
        "advertiser_id": "demo-running-shoes", "campaign_id": "campaign-1", "line_item_id": "line-1",
        "creative_id": creative, "placement": "feed-top", "ad_format": "banner", "account_id": account,
        "device": { "ifa": device, "ifa_type": "gaid", "os": "android", "lmt": 0 }, "country": "USA",
    })
}

/// Returns a person's choice for a setting of an account.
pub fn choice(account: &str, setting: &str, value: &str) -> Value {
    json!({
        "key": { "account": account }, "setting": setting, "value": value, "words": "Share your data",
        "language": "en",
    })
}

/// Makes an adult of an account, with demographics, who has turned everything on.
pub fn welcome(program: &Program, account: &str) -> anyhow::Result<()> {
    let profile = json!({
        "account": account, "country": "USA", "protection_age": { "years": 30, "source": "declared" },
        "gender": { "value": "male", "source": "declared" },
        "age_band": { "value": "25-34", "source": "declared" },
    });
    let written = program.post("/v1/profiles", &profile)?;
    ensure!(written.status == 204, "{written:?}");
    for setting in ["sharing", "personalize_ads"] {
        let chosen = program.post("/v1/choices", &choice(account, setting, "on"))?;
        ensure!(chosen.status == 200, "{chosen:?}");
    }
    Ok(())
}

/// Returns the creatives of all exposures that came in at a path, in the order in which they came.
pub fn creatives(heard: &[crate::Heard], path: &str) -> Vec<String> {
    let bodies = heard.iter().filter(|one| one.path() == path).map(crate::Heard::json);
    let records = bodies.flat_map(|body| {
        body.pointer("/data/records").and_then(Value::as_array).cloned().unwrap_or_default()
    });
    records
        .filter_map(|record| record.get("creative_id").and_then(Value::as_str).map(str::to_owned))
        .collect()
}
