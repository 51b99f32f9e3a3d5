//! Postbacks that Apple's devices send. Those signed by Apple itself are public test data, read in place.

use crate::{lookup::Counted as Asked, world::World};
use serde_json::Value;
use sluicegate_gate::AdvertiserId;
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    apple::{CountError, Counted, PostbackError, Postbacks, PostbacksParts, Says, Signer, read},
    lookup::{Conversions as _, CountsOf, Left, MemoryConversions},
};
use sluicegate_register::Current;
use std::{collections::BTreeSet, io::Write as _, path::PathBuf, sync::Arc, time::Duration};

/// The example of Apple's documentation, signed by the key for generated postbacks.
const EXAMPLE: &str = r#"{"jws-string":"eyJraWQiOiJhcHBsZS1kZXZlbG9wbWVudC1pZGVudGlmaWVyXC8xIiwiYWxnIjoiRVMyNTYifQ.eyJwb3N0YmFjay1pZGVudGlmaWVyIjoiODU1NDZFQjctRkQzOS00NEJDLTg5OTAtQzk4QTRBQzM2QTQ5IiwicHVibGlzaGVyLWl0ZW0taWRlbnRpZmllciI6MCwibWFya2V0cGxhY2UtaWRlbnRpZmllciI6ImNvbS5hcHBsZS5BcHBTdG9yZSIsImltcHJlc3Npb24tdHlwZSI6ImFwcC1pbXByZXNzaW9uIiwiYWQtbmV0d29yay1pZGVudGlmaWVyIjoiZGV2ZWxvcG1lbnQuYWRhdHRyaWJ1dGlvbmtpdCIsImRpZC13aW4iOnRydWUsInBvc3RiYWNrLXNlcXVlbmNlLWluZGV4IjowLCJjb252ZXJzaW9uLXR5cGUiOiJyZS1lbmdhZ2VtZW50Iiwic291cmNlLWlkZW50aWZpZXIiOiIxMjM0IiwiYWR2ZXJ0aXNlZC1pdGVtLWlkZW50aWZpZXIiOjEwNzM4MDI3NzU2fQ.bAdNwKd6OfHK9tofvjjua4X_JPcFTxXPQSspD9gZkinw97pY7R1aI-LSjl-oxZZF3_K2H5JK5TSEBee4_1U4oQ","conversion-value":24,"ad-interaction-type":"click","country-code":"US"}"#;

/// Returns a public sample. Where nobody names the folder and it is not beside the clone this says so; a folder that is
/// named or there has all of them.
fn sample(name: &str) -> Option<Vec<u8>> {
    let named = std::env::var_os("SLUICEGATE_SHARED_DATA").map(PathBuf::from);
    let is_required = named.is_some();
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = named.unwrap_or_else(default).join("skadnetwork-postbacks");
    if !is_required && !folder.is_dir() {
        // Where it cannot be written nobody reads it.
        drop(writeln!(std::io::stderr(), "skipped: the public postback {name} is not here"));
        return None;
    }
    let read = std::fs::read(folder.join(name));
    assert!(read.is_ok(), "the public postback {name} is not in the folder of shared data");
    read.ok()
}

#[test]
fn apples_own_example_of_adattributionkit_is_apples() {
    let found = read(EXAMPLE.as_bytes()).unwrap();
    assert_eq!((found.signer, found.says), (Signer::Development, Says::ReEngaged));
    assert_eq!((found.app, found.source.as_str()), (10_738_027_756, "1234"));
    for (from, to) in [(".eyJwb3N0", ".eyJwb3N1"), ("4oQ\"", "4oA\""), ("bAdN", "bAdO")] {
        let changed = EXAMPLE.replace(from, to);
        assert_ne!(changed, EXAMPLE);
        assert!(read(changed.as_bytes()).is_err(), "{from}");
    }
}

#[test]
fn postbacks_of_skadnetwork_that_apple_signed_are_apples() {
    let all = [
        ("com.example-2.1.json", Says::InstalledAgain, "42"),
        ("com.example-2.2.json", Says::InstalledAgain, "42"),
        ("example123-3.0.json", Says::InstalledAgain, "42"),
        ("example123-3.0-nonwinning.json", Says::Assisted, "42"),
        ("com.example-4.0.json", Says::Installed, "5239"),
        ("com.example-4.0-coarse.json", Says::Installed, "39"),
    ];
    for (name, says, source) in all {
        let Some(body) = sample(name) else { continue };
        let found = read(&body).unwrap();
        assert_eq!((found.signer, found.says), (Signer::Production, says), "{name}");
        assert_eq!((found.app, found.source.as_str()), (525_463_029, source), "{name}");
        let mut changed: Value = serde_json::from_slice(&body).unwrap();
        changed["app-id"] = Value::from(525_463_028);
        assert_eq!(read(changed.to_string().as_bytes()), Err(PostbackError::Signature), "{name}");
    }
}

#[test]
fn what_is_no_postback_is_refused() {
    let all = [
        ("bad-signature.json", PostbackError::Signature),
        ("no-required-params.json", PostbackError::Field("fidelity-type")),
        ("version-from-future.json", PostbackError::Version),
    ];
    for (name, error) in all {
        let Some(body) = sample(name) else { continue };
        assert_eq!(read(&body), Err(error), "{name}");
    }
    for body in ["", "[]", "{}", "{\"jws-string\":\"a.b\"}", "{\"jws-string\":\"..\"}"] {
        assert!(read(body.as_bytes()).is_err(), "{body}");
    }
}

#[tokio::test]
async fn a_postback_that_comes_again_is_not_written_down_again() {
    let Some(body) = sample("com.example-4.0.json") else { return };
    let world = World::new().await;
    let asked = Asked::new(Arc::<MemoryConversions>::clone(&world.conversions));
    let postbacks = Postbacks::new(PostbacksParts {
        current: Arc::clone(&world.current),
        conversions: Arc::<Asked>::clone(&asked),
        keys: world.keys.clone(),
        clock: Arc::<crate::world::Hands>::clone(&world.clock),
        ad_networks: BTreeSet::from([String::from("com.example")]),
    });
    for _ in 0..3 {
        assert_eq!(postbacks.accept(&body).await.unwrap(), Counted::Yes);
    }
    assert_eq!(*asked.asked.lock(), ["count"]);
}

#[tokio::test]
async fn a_postback_counts_once_and_only_for_our_ad_network() {
    let world = World::new().await;
    let postbacks_in = |current: &Arc<Current>, networks: &[&str]| {
        Postbacks::new(PostbacksParts {
            current: Arc::clone(current),
            conversions: Arc::<MemoryConversions>::clone(&world.conversions),
            keys: world.keys.clone(),
            clock: Arc::<crate::world::Hands>::clone(&world.clock),
            ad_networks: networks.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>(),
        })
    };
    let postbacks = |networks: &[&str]| postbacks_in(&world.current, networks);
    let ours = postbacks(&["com.example", "development.adattributionkit"]);
    // Anybody can make postbacks of a device under development.
    assert_eq!(ours.accept(EXAMPLE.as_bytes()).await.unwrap(), Counted::No);
    let wrong = ours.accept(b"{}").await.unwrap_err();
    assert!(matches!(wrong, CountError::Postback(_)), "{wrong}");
    let Some(body) = sample("com.example-4.0.json") else { return };
    assert_eq!(postbacks(&["com.other"]).accept(&body).await.unwrap(), Counted::No);
    let early = postbacks_in(&Arc::default(), &["com.example"]);
    let refused = early.accept(&body).await.unwrap_err();
    assert!(matches!(refused, CountError::NoEdition), "{refused}");
    for _ in 0..2 {
        assert_eq!(ours.accept(&body).await.unwrap(), Counted::Yes);
    }
    // A copy that somebody kept for years.
    world.pass(Duration::from_hours(3 * 365 * 24)).await;
    while world.shelf.forget().await.unwrap() == Left::More {}
    assert_eq!(ours.accept(&body).await.unwrap(), Counted::Yes);
    let advertiser: AdvertiserId = "demo-running-shoes".parse().unwrap();
    let counts =
        world.conversions.counted(CountsOf::all(advertiser, Day(0), Day(i64::MAX))).await.unwrap();
    let counts: Vec<(&str, i64)> =
        counts.iter().map(|count| (count.measure.as_str(), count.amount)).collect();
    assert_eq!(counts, [("apple_installs", 1)]);
}
