//! What a reader is told of a change.

use crate::sample::{APRIL, Files, edit, edited, files, first, read};
use sluicegate_register::{Diff, Edition};

fn diff(files: &Files) -> Diff {
    let first = first();
    let second = Edition::publish(read(files), Some(&first), APRIL).unwrap();
    Diff::between(&first, &second)
}

fn changed() -> Files {
    let mut files = edited(
        "demo-bidder-north.toml",
        &[
            ("timeout_ms = 200", "timeout_ms = 150"),
            ("retention_days = 30", "retention_days = 60\ncountries = [\"US\", \"CAN\"]"),
            ("\"coarse_device\", ", ""),
            ("expires_on = 2099-01-01", "expires_on = 2027-01-01"),
        ],
    );
    edit(
        &mut files,
        "advertisers.toml",
        &[(
            "name = \"Demo Garden Planner\"\n\n",
            "name = \"Demo Garden Planner\"\nmeasurement = [\"demo-measurement\"]\n\n",
        )],
    );
    edit(&mut files, "inventory.toml", &[("id = \"app-video\"", "id = \"app-reward\"")]);
    files.remove(1);
    files
}

#[test]
fn a_change_reads_from_and_to() {
    insta::assert_snapshot!(diff(&changed()), @r"
    Edition 1 to edition 2 of 2026-04-01

    Scope of the sharing setting
      ! `demo-bidder-south` left the scope of the setting

    Partnerships
      ~ demo-bidder-north: Buying ads through Demo Bidder North
          categories: plumbing, context, coarse_device, device_identifier, demographic -> plumbing, context, device_identifier, demographic
          countries: (nothing) -> USA, CAN
          endpoint.timeout_ms: 200 -> 150
          linking.expires_on: 2099-01-01 -> 2027-01-01
          retention_days: 30 -> 60
      - demo-bidder-south: Buying ads through Demo Bidder South

    Advertisers
      ~ demo-garden-planner: Demo Garden Planner
          measurement: (nothing) -> demo-measurement

    Inventory
      + placement app-reward: Before a video in the app
      - placement app-video: Before a video in the app
    ");
}

#[test]
fn the_public_is_shown_neither_endpoints_nor_evidence_nor_advertisers() {
    let mut files = changed();
    edit(&mut files, "demo-bidder-north.toml", &[("attestations/", "signed/")]);
    edit(&mut files, "demo-measurement.toml", &[("concurrency = 4", "concurrency = 5")]);
    insta::assert_snapshot!(diff(&files).public(), @r"
    Edition 1 to edition 2 of 2026-04-01

    Scope of the sharing setting
      ! `demo-bidder-south` left the scope of the setting

    Partnerships
      ~ demo-bidder-north: Buying ads through Demo Bidder North
          categories: plumbing, context, coarse_device, device_identifier, demographic -> plumbing, context, device_identifier, demographic
          countries: (nothing) -> USA, CAN
          linking.expires_on: 2099-01-01 -> 2027-01-01
          retention_days: 30 -> 60
      - demo-bidder-south: Buying ads through Demo Bidder South
    ");
}

#[test]
fn an_arrangement_moved_out_of_the_scope_of_the_setting_is_said_to_have_left_it() {
    let moved = edited(
        "demo-measurement.toml",
        &[
            ("id = \"demo-measurement\"\ntitle", "id = \"demo-measurement-services\"\ntitle"),
            ("kind = \"conversion_tracking\"", "kind = \"service_provider\""),
        ],
    );
    let mut files = moved;
    edit(&mut files, "advertisers.toml", &[("measurement = [\"demo-measurement\"]\n", "")]);
    insta::assert_snapshot!(diff(&files), @r"
    Edition 1 to edition 2 of 2026-04-01

    Scope of the sharing setting
      ! `demo-measurement` left the scope of the setting, and `demo-measurement-services` with the same partner is new outside it

    Partnerships
      - demo-measurement: Measuring ads with Demo Measurement
      + demo-measurement-services: Measuring ads with Demo Measurement

    Advertisers
      ~ demo-running-shoes: Demo Running Shoes
          measurement: demo-measurement -> (nothing)
    ");
}

#[test]
fn an_edition_does_not_differ_from_itself() {
    let diff = Diff::between(&first(), &first());
    assert!(diff.is_empty());
    insta::assert_snapshot!(diff, @r"
    Edition 1 to edition 1 of 2026-03-01

    Nothing changed.
    ");
}

#[test]
fn every_field_of_a_partnership_can_be_seen_to_change() {
    let renamed =
        edited("demo-bidder-north.toml", &[("Demo Bidder North", "Demo Bidder Far North")]);
    insta::assert_snapshot!(diff(&renamed), @r"
    Edition 1 to edition 2 of 2026-04-01

    Partnerships
      ~ demo-bidder-north: Buying ads through Demo Bidder Far North
          partner.legal_name: Demo Bidder North (fictional) -> Demo Bidder Far North (fictional)
          partner.name: Demo Bidder North -> Demo Bidder Far North
          texts[ar].title: شراء الإعلانات عبر Demo Bidder North -> شراء الإعلانات عبر Demo Bidder Far North
          texts[de].title: Anzeigen kaufen über Demo Bidder North -> Anzeigen kaufen über Demo Bidder Far North
          texts[es].title: Comprar anuncios a través de Demo Bidder North -> Comprar anuncios a través de Demo Bidder Far North
          texts[ja].title: Demo Bidder North を通じた広告の購入 -> Demo Bidder Far North を通じた広告の購入
          title: Buying ads through Demo Bidder North -> Buying ads through Demo Bidder Far North
      ~ demo-bidder-north-invoices: Checking the invoices of Demo Bidder Far North
          partner.legal_name: Demo Bidder North (fictional) -> Demo Bidder Far North (fictional)
          partner.name: Demo Bidder North -> Demo Bidder Far North
          title: Checking the invoices of Demo Bidder North -> Checking the invoices of Demo Bidder Far North
    ");
    assert!(!diff(&files_with_other_device_ids()).public().is_empty());
}

fn files_with_other_device_ids() -> Files {
    let mut files = files();
    edit(&mut files, "demo-measurement.toml", &[("\"hmac\"", "\"raw\"")]);
    files
}
