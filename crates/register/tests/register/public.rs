//! What the public is shown.

use crate::sample::{files, first, read};
use sluicegate_gate::Kind;
use sluicegate_register::{Register, rebase};

#[test]
fn kinds_come_in_the_order_of_the_page_and_say_what_the_setting_controls() {
    let public = first().public();
    let groups: Vec<_> = public
        .groups
        .iter()
        .map(|group| (group.kind, group.controlled_by_setting, group.partnerships.len()))
        .collect();
    assert_eq!(
        groups,
        [
            (Kind::RealTimeBidding, true, 2),
            (Kind::ConversionTracking, true, 1),
            (Kind::ServiceProvider, false, 1),
            (Kind::Other, false, 1),
        ]
    );
    assert_eq!(public.last_updated.to_string(), "2026-03-01");
    assert_eq!(public.hash, first().hash().to_string());
}

#[test]
fn nothing_internal_is_in_it() {
    let json = serde_json::to_string(&first().public()).unwrap();
    for internal in
        ["127.0.0.1", "endpoint", "evidence", "attestations", "timeout", "running", "placement"]
    {
        assert!(!json.contains(internal), "{internal}");
    }
    insta::assert_json_snapshot!(first().public().groups[1], @r#"
    {
      "kind": "conversion_tracking",
      "controlled_by_setting": true,
      "partnerships": [
        {
          "id": "demo-measurement",
          "partner": {
            "id": "demo-measurement",
            "name": "Demo Measurement",
            "legal_name": "Demo Measurement (fictional)",
            "country": "GBR",
            "privacy_url": "https://measurement.example/privacy",
            "contact": "privacy@measurement.example"
          },
          "title": "Measuring ads with Demo Measurement",
          "summary": "Advertisers who chose this partner learn through it which ads a device saw or interacted with, and whether their app was installed later.",
          "role": "controller",
          "purposes": [
            "Telling the advertiser who ran an ad whether it worked"
          ],
          "categories": [
            "plumbing",
            "device_identifier",
            "exposure"
          ],
          "via": "events",
          "device_id": "hmac",
          "countries": [],
          "retention_days": 180,
          "start": "2025-01-01",
          "end": null,
          "suspended": false,
          "when_withheld": null,
          "tcf_vendor_id": 60003,
          "linking": null,
          "recall_window_days": 30,
          "listed_since": "2026-03-01",
          "audiences": []
        }
      ]
    }
    "#);
}

#[test]
fn the_demo_can_move_its_partners_to_other_ports() {
    let origins = [("http://127.0.0.1:9101", "http://127.0.0.1:40001")];
    let moved: Vec<(String, String)> =
        files().into_iter().map(|(name, text)| (name, rebase(&text, &origins))).collect();
    let ports = |register: &Register| -> Vec<Option<u16>> {
        let endpoints = register.partnerships().iter().filter_map(|one| one.endpoint.as_ref());
        endpoints.map(|endpoint| endpoint.url.port()).collect()
    };
    let (before, after) = (ports(&read(&files())), ports(&read(&moved)));
    let expected: Vec<_> = before
        .into_iter()
        .map(|port| if port == Some(9101) { Some(40001) } else { port })
        .collect();
    assert_eq!(after, expected);
}
