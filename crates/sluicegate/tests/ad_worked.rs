//! The example of the help page, with real programs: a device sees an ad for an app, the measurement
//! partner is told, the app's install is reported to the partner, and the partner and the platform tell the
//! advertiser that the ad worked. With the setting off the same install can no longer be credited.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{choice, demo_register, exposure, now_ms, webhook_secrets, welcome},
};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

const KEY: &str = "sg_test_measurement";
const ADVERTISER_KEY: &str = "sg_test_advertiser";
const PERSON: &str = "person-1";
const DEVICE: &str = "44444444-5555-4666-8777-888888888888";
const REPORT: &str = "/v1/advertisers/demo-running-shoes/report";
const PAGE: &str = "/reports/demo-running-shoes";
/// How often the same is looked at at most.
const LOOKS_MAX: usize = 20_000;

/// The reference measurement partner, as a program of its own.
struct Partner {
    process: Child,
    origin: String,
}

impl Partner {
    fn start(gateway: &Program) -> Self {
        let binary =
            PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")).with_file_name("partner-measurement");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "partner-measurement"])
            .status()
            .unwrap();
        assert!(built.success());
        let key = gateway.verb(&["keys", "device", "demo-measurement", "--unlisted"]).unwrap();
        let secret = format!("whsec_{}", "c2VjcmV0".repeat(4));
        let platform = gateway.origin().trim_start_matches("http://").to_owned();
        let mut process = Command::new(binary)
            .args(["--listen", "127.0.0.1:0", "--secret", &secret, "--platform", &platform])
            .args(["--partnership", "demo-measurement", "--api-key", KEY])
            .args(["--device-key", key.trim()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let origin = first.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, origin }
    }

    fn get(&self, path: &str) -> String {
        let mut answer = ureq::get(format!("{}{path}", self.origin)).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    fn received(&self) -> Value {
        serde_json::from_str(&self.get("/received")).unwrap()
    }

    /// The app is opened for the first time, and its library says so.
    fn app_is_installed(&self, at_ms: u64) -> Value {
        let body = json!({
            "id": "install-1", "app_id": "com.example.runningshoes",
            "advertising_id": DEVICE, "at_ms": at_ms,
        });
        let mut answer = ureq::post(format!("{}/installs", self.origin))
            .header("content-type", "application/json")
            .send(body.to_string())
            .unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn api_key(scope: &str, of: &str, key: &str) -> String {
    let field = if scope == "partner" { "partnership" } else { scope };
    let hash = hex::encode(Sha256::digest(key.as_bytes()));
    format!(
        "[[api_key]]\nname = \"{of}\"\nscope = \"{scope}\"\n{field} = \"{of}\"\nsha256 = \"{hash}\"\n"
    )
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS_MAX {
        if let Some(seen) = look() {
            return seen;
        }
        thread::yield_now();
    }
    panic!("never: {what}");
}

/// The gateway and the partner, with the demo's register in force.
fn start(dir: &std::path::Path) -> (Program, Partner) {
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.to_owned(),
        more: format!(
            "[measurement]\nidle_ms = 10\n{}{}{}",
            api_key("partner", "demo-measurement", KEY),
            api_key("advertiser", "demo-running-shoes", ADVERTISER_KEY),
            webhook_secrets(&["demo-measurement"])
        ),
    };
    let program = Program::start(&setup).unwrap();
    let partner = Partner::start(&program);
    let [north, south, unused] =
        [(); 3].map(|()| RecordingPartner::start(|_| Reply::status(204)).unwrap());
    let mut files = demo_register(&north, &south, &unused).unwrap();
    for (_, text) in &mut files {
        *text = text.replace(&unused.origin(), &partner.origin);
    }
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, PERSON).unwrap();
    (program, partner)
}

/// Gets a path with a key.
fn look(program: &Program, path: &str, key: &str) -> (u16, String) {
    ask(program, path, &format!("Bearer {key}"))
}

/// Gets a path as a browser does that was told a password for the reports.
fn browse(program: &Program, path: &str, key: &str) -> (u16, String) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    assert!(path.starts_with("/reports/"), "a browser sends it nowhere else: {path}");
    ask(program, path, &format!("Basic {}", STANDARD.encode(format!("any:{key}"))))
}

fn ask(program: &Program, path: &str, authorization: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.get(format!("{}{path}", program.origin()));
    let mut answer = request.header("authorization", authorization).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Returns the installs in the platform's report.
fn installs(program: &Program) -> i64 {
    let (status, text) = look(program, REPORT, ADVERTISER_KEY);
    assert_eq!(status, 200, "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    let lines = report["lines"].as_array().unwrap();
    lines.iter().map(|line| line["installs_total"].as_i64().unwrap_or(0)).sum()
}

/// The platform tells what the campaign cost today, twice: what is told last stands, and a wrong one refuses only
/// itself.
fn tell_costs(program: &Program) {
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let cost = |value: &str| {
        json!({
            "advertiser_id": "demo-running-shoes", "campaign_id": "autumn",
            "date": today, "value": value, "currency_code": "EUR",
        })
    };
    assert_eq!(program.post("/v1/costs", &cost("7")).unwrap().status, 202);
    let answer = program.post("/v1/costs", &json!([cost("10.00"), cost("-1")])).unwrap();
    let results = json!({ "results": [
        { "index": 0, "status": "accepted" },
        { "index": 1, "status": "refused", "field": "value", "problem": "below zero" },
    ] });
    assert_eq!((answer.status, answer.json()), (202, results));
    let body = cost("1").to_string();
    for (key, status) in [(None, 401), (Some(KEY), 403), (Some(ADVERTISER_KEY), 403)] {
        assert_eq!(program.send("/v1/costs", key, body.as_bytes()).unwrap().status, status);
    }
}

fn the_report_has_cost_and_days(program: &Program) {
    let report: Value = serde_json::from_str(&look(program, REPORT, ADVERTISER_KEY).1).unwrap();
    let cost = &report["costs"][0];
    assert_eq!(cost["cost_micros"], json!({ "EUR": 10_000_000 }), "{report}");
    assert_eq!((&cost["roas"], &cost["roi"]), (&json!("0.00"), &json!("-100.00")));
    let converted = &report["conversions"][0];
    assert_eq!(converted["conversion_type"], "install", "{report}");
    let place = (&converted["attributed_touch_type"], &converted["days_post_attribution"]);
    assert_eq!((place, &converted["conversions"]), ((&json!("click"), &json!(0)), &json!(1)));
    let (_, csv) = look(program, &format!("{REPORT}.csv"), ADVERTISER_KEY);
    let header = csv.lines().next().unwrap();
    assert!(header.contains(",cost_eur,ecpi_eur,roi,roas,basis,epsilon,"), "{header}");
    let days = "/v1/advertisers/demo-running-shoes/conversions.csv";
    let (status, csv) = look(program, days, ADVERTISER_KEY);
    assert!(status == 200 && csv.contains(",install,click,0,1,exact,,false,"), "{csv}");
    assert_eq!(look(program, days, KEY).0, 403);
}

#[test]
#[expect(clippy::cognitive_complexity, reason = "one story")]
fn the_ad_worked_and_with_the_setting_off_nobody_can_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let (program, partner) = start(dir.path());

    // The device sees an ad for the app, and the person clicks.
    let mut click = exposure("seen-1", PERSON, DEVICE, "creative-1");
    (click["interaction_type"], click["campaign_id"]) = (json!("click"), json!("autumn"));
    assert_eq!(program.post("/v1/exposures", &click).unwrap().status, 202);
    until("the partner gets the exposure", || {
        let received = partner.received();
        (received["events"]["counts"]["records"] == 1).then_some(())
    });

    // The app is installed; the partner may credit the ad. The install is dated in whole seconds.
    let at_ms = now_ms() + 2_000;
    let credited = until("the install is credited", || {
        let said = partner.app_is_installed(at_ms);
        said["credited"].is_object().then_some(said)
    });
    let ad = json!({ "advertiser": "demo-running-shoes", "campaign": "autumn", "touch": "click" });
    assert_eq!(credited["credited"], ad);
    let page = partner.get("/");
    assert!(page.contains("The ad worked") && page.contains("autumn"), "{page}");

    tell_costs(&program);

    // The platform's report says the same to the advertiser, and to nobody else.
    assert_eq!(installs(&program), 1);
    assert_eq!(partner.received()["installs"]["credited"], 1);
    assert_eq!(look(&program, REPORT, KEY).0, 403);
    let (status, page) = look(&program, PAGE, ADVERTISER_KEY);
    assert!(status == 200 && page.contains("Did the ads of Demo Running Shoes work?"), "{page}");
    assert!(page.contains("10.00 EUR") && page.contains("By days since the touch"), "{page}");
    the_report_has_cost_and_days(&program);
    assert_eq!(look(&program, PAGE, "nobody").0, 401);
    let links: Vec<String> = page
        .split("href=\"")
        .filter_map(|rest| {
            rest.split('"').next().filter(|link| link.contains(".csv") || link.contains(".json"))
        })
        .map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
        .collect();
    assert_eq!(links.len(), 3, "lines as CSV and JSON, and conversions by days");
    for link in links {
        let (status, text) = browse(&program, &link, ADVERTISER_KEY);
        assert!(status == 200 && text.contains("autumn"), "{link}: {status} {text}");
        assert_eq!(browse(&program, &link, "nobody").0, 401);
    }
    let (status, text) = look(&program, &format!("{REPORT}?until=2026-11-26"), ADVERTISER_KEY);
    assert!(status == 400 && text.contains("urn:sluicegate:problem"), "{text}");
    assert_eq!(program.look(PAGE).unwrap().status, 200, "operators read every report");

    // The person turns sharing off: the same install can no longer be credited.
    let off = program.post("/v1/choices", &choice(PERSON, "sharing", "off")).unwrap();
    assert_eq!(off.status, 200);
    assert_eq!(partner.app_is_installed(at_ms), json!({ "credited": null }));
    assert_eq!(partner.received()["installs"]["credited"], 0);
    let page = partner.get("/");
    assert!(page.contains("No install was credited to an ad yet"), "{page}");
    // What was counted stays counted: a number that shrank would say who turned off.
    assert_eq!(installs(&program), 1);
}
