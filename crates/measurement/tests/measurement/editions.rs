//! The registers of these tests: two measurement partners of one advertiser, and a service provider.

use crate::world::{AUDITOR, GAUGE, METER, START};
use sluicegate_gate::time::UnixMillis;
use sluicegate_register::{Edition, Register};

/// The demo's kind of register: two measurement partners of one advertiser, and a service provider.
pub(crate) fn edition(batch_events: u32) -> Edition {
    edition_with(batch_events, "hmac", "")
}

pub(crate) fn edition_with(batch_events: u32, device_id: &str, more: &str) -> Edition {
    publish(batch_events, device_id, more, START)
}

/// The same register, listed later.
pub(crate) fn edition_at(listed: UnixMillis) -> Edition {
    publish(25, "hmac", "", listed)
}

fn publish(batch_events: u32, device_id: &str, more: &str, at: UnixMillis) -> Edition {
    let register =
        Register::read(&files(batch_events, device_id, more)).unwrap_or_else(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"))
        });
    Edition::publish(register, None, at).unwrap()
}

pub(crate) fn files(batch_events: u32, device_id: &str, more: &str) -> Vec<(String, String)> {
    let endpoint = (batch_events, device_id);
    vec![
        partner(METER, "conversion_tracking", endpoint, more),
        partner(GAUGE, "conversion_tracking", endpoint, ""),
        partner(AUDITOR, "service_provider", endpoint, ""),
        (String::from("advertisers.toml"), ADVERTISERS.to_owned()),
        (String::from("inventory.toml"), INVENTORY.to_owned()),
    ]
}

/// The same register with other text in the file of one of the partners.
pub(crate) fn edition_changed(from: &str, to: &str) -> Edition {
    let mut files = files(25, "hmac", "");
    let (_, text) = &mut files[0];
    assert!(text.contains(from), "{text}");
    *text = text.replace(from, to);
    let register = Register::read(&files);
    let problems = |problems: Vec<_>| format!("{problems:?}");
    Edition::publish(register.map_err(problems).unwrap(), None, START).unwrap()
}

/// The same register without one of the partners, and with nobody linked to it.
pub(crate) fn without_meter() -> Register {
    let files: Vec<_> = files(25, "hmac", "")
        .into_iter()
        .filter(|(name, _)| !name.starts_with(METER))
        .map(|(name, text)| (name, text.replace("\"demo-meter\", ", "")))
        .collect();
    Register::read(&files).unwrap()
}

pub(crate) fn edition_without_meter() -> Edition {
    Edition::publish(without_meter(), None, START).unwrap()
}

/// The file of one partner.
pub(crate) fn partner(
    name: &str,
    kind: &str,
    (batch_events, device_id): (u32, &str),
    more: &str,
) -> (String, String) {
    let text = format!(
        r#"
            id = "{name}"
            name = "Demo {name}"
            legal_name = "Demo {name} (fictional)"
            country = "GBR"
            privacy_url = "https://{name}.example/privacy"
            contact = "privacy@{name}.example"
            [[partnership]]
            id = "{name}"
            title = "Measuring ads"
            summary = "Measures ads."
            kind = "{kind}"
            via = "events"
            role = "processor"
            purposes = ["Measuring ads"]
            categories = ["plumbing", "device_identifier", "exposure"]
            retention_days = 90
            start = 2025-01-01
            device_id = "{device_id}"
            {more}
            [partnership.endpoint]
            url = "https://{name}.example/events"
            timeout_ms = 10_000
            concurrency = 4
            per_second = 1_000
            batch_events = {batch_events}
            "#
    );
    (format!("{name}.toml"), text)
}

const ADVERTISERS: &str = r#"
[[advertiser]]
id = "demo-running-shoes"
name = "Demo Running Shoes"
measurement = ["demo-meter", "demo-gauge"]

[[advertiser.app]]
id = "com.example.runningshoes"
name = "Demo Running Shoes Shop"
store_url = "https://store.example/apps/com.example.runningshoes"

[[advertiser.app]]
id = "525463029"
name = "Demo Running Shoes for iOS"
store_url = "https://store.example/apps/525463029"

[[advertiser.campaign]]
id = "c_short"
name = "Short windows"
click_days = 1
engaged_view_hours = 2
view_hours = 1

[[advertiser]]
id = "demo-garden-planner"
name = "Demo Garden Planner"
measurement = ["demo-gauge"]

[[advertiser.app]]
id = "com.example.gardenplanner"
name = "Demo Garden Planner"
store_url = "https://store.example/apps/com.example.gardenplanner"
"#;

const INVENTORY: &str =
    r#"publisher = { id = "demo-publisher", name = "Demo", domain = "publisher.example" }"#;
