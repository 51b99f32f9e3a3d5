//! Plays every file in `scenarios/`.

use sluicegate_gate::{Category, Reason};
use sluicegate_signals_encoder::UsSpecification;
use sluicegate_testkit::scenario;
use std::{collections::BTreeSet, io::Write as _};

/// There are at least so many; one that is lost is missed.
const SCENARIOS_MIN: usize = 150;
const SEED: u64 = 2_026;

#[tokio::test]
async fn every_scenario_ends_as_it_says() {
    let mut files: Vec<_> = std::fs::read_dir(scenario::folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let (mut failures, mut titles) = (Vec::new(), BTreeSet::new());
    let (mut reasons, mut categories) = (BTreeSet::new(), BTreeSet::new());
    let mut laws = BTreeSet::new();
    for path in &files {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let ran = scenario::run(&text, SEED).await;
        let named = |law: &UsSpecification| text.contains(&format!("\n{} = {{", law.prefix()));
        laws.extend(UsSpecification::ALL.into_iter().filter(named).map(UsSpecification::prefix));
        failures.extend(ran.differences.iter().map(|line| format!("scenarios/{file}: {line}")));
        if !titles.insert(ran.title.clone()) {
            failures.push(format!("scenarios/{file}: another scenario has the same title"));
        }
        reasons.extend(ran.reasons);
        categories.extend(ran.categories);
    }
    let played = format!("{} scenarios played (seed {SEED})", files.len());
    writeln!(std::io::stdout(), "{played}").unwrap();
    assert!(failures.is_empty(), "{played}, and these differ:\n{}", failures.join("\n"));
    assert!(files.len() >= SCENARIOS_MIN, "{played}, fewer than {SCENARIOS_MIN}");
    let never: Vec<_> = Reason::ALL.iter().filter(|one| !reasons.contains(one.code())).collect();
    assert!(never.is_empty(), "no scenario has {never:?}");
    let never: Vec<_> = Category::ALL.iter().filter(|one| !categories.contains(one)).collect();
    assert!(never.is_empty(), "no partner receives {never:?} in any scenario");
    let all_laws = UsSpecification::ALL.into_iter().map(UsSpecification::prefix);
    let never: Vec<_> = all_laws.filter(|law| !laws.contains(law)).collect();
    assert!(never.is_empty(), "no scenario has a section of {never:?}");
}

#[tokio::test]
async fn a_scenario_with_an_unknown_key_is_refused() {
    let text = "title = \"t\"\nwhy = \"w\"\nstep = [{ at = 0, expects = {} }]\n";
    let ran = scenario::run(text, SEED).await;
    assert!(ran.differences.join("\n").contains("unknown field `expects`"), "{ran:?}");
}

#[tokio::test]
async fn a_scenario_that_is_wrong_says_where_and_how() {
    let text = r#"
        title = "t"
        why = "w"
        [[step]]
        at = 3
        bid_request = { device = "phone-a" }
        [step.expect]
        demo-bidder-north = { told = ["device.ifa", "device.make"], lost = ["gpc", "age_unknown"] }
        demo-bidder-south = { withheld = ["coppa"] }
    "#;
    let all = scenario::run(text, SEED).await.differences.join("\n");
    for line in [
        "step 1, bid request at 3 s: demo-bidder-north: lost: missing [\"gpc\"], not expected []",
        "demo-bidder-north: told: missing [\"device.make\"], not expected [\"device.geo.country\"",
        "demo-bidder-south: withheld: missing [\"coppa\"]",
        "demo-bidder-south: bid requests about the person: expected 0, got 1",
    ] {
        assert!(all.contains(line), "{line}\nis not in\n{all}");
    }
}

#[tokio::test]
async fn a_marked_text_that_leaves_is_found_although_no_scenario_asks() {
    let text = r#"
        title = "t"
        why = "w"
        [[step]]
        at = 0
        bid_request = { device = "phone-a", request = { device = { make = "marker" } } }
        [step.expect]
        demo-bidder-north = {}
    "#;
    let all = scenario::run(text, SEED).await.differences.join("\n");
    for line in [
        "demo-bidder-north: received `marker`",
        "demo-bidder-south: received `marker`",
        "demo-bidder-south: expected nothing, but received a bid_request",
    ] {
        assert!(all.contains(line), "{line}\nis not in\n{all}");
    }
}

#[tokio::test]
async fn a_change_to_what_the_sample_register_does_not_have_is_refused() {
    let text = r#"
        title = "t"
        why = "w"
        register = { partnership = { nobody = { suspended = true } } }
        step = [{ at = 0, expect = { demo-measurement = {} } }]
    "#;
    let ran = scenario::run(text, SEED).await;
    assert!(ran.differences.join("\n").contains("has no `partnership.nobody`"), "{ran:?}");
}

#[tokio::test]
async fn consent_in_words_that_mean_nothing_is_refused() {
    let table = [
        ("gpp = { usca = { SaleOptIn = 1 } }", "`usca` has no `SaleOptIn`"),
        (
            "gpp = { usca = { TargetedAdvertisingOptOut = 1 } }",
            "has no `TargetedAdvertisingOptOut`",
        ),
        ("gpp = { usva = { gpc = true } }", "`usva` has no `gpc`"),
        ("gpp = { usxx = {} }", "no section of `gpp` is called `usxx`"),
        ("gpp = { usca = { SaleOptOut = 'given' } }", "`SaleOptOut` cannot be `given`"),
        ("gpp = { usca = { SensitiveDataProcessing = { 10 = 1 } } }", "has no entry 10"),
        ("tcf = { vendors = ['nobody'] }", "`nobody` has no vendor id in the sample register"),
        ("tcf = { purpose = [1] }", "unknown field `purpose`"),
    ];
    for (consent, why) in table {
        let text = format!(
            "title = 't'\nwhy = 'w'\n[[step]]\nat = 0\nbid_request = {{ device = 'phone-a', {consent} }}\n\
             expect = {{ demo-bidder-north = {{}} }}\n"
        );
        let all = scenario::run(&text, SEED).await.differences.join("\n");
        assert!(all.contains(why), "{why}\nis not in\n{all}");
    }
}
