//! What an explanation says, and that it leaves no trace.

use crate::{
    editions::edition_with,
    world::{AUDITOR, GAUGE, METER, World, id},
};
use serde_json::{Value, json};
use sluicegate_gate::{Category, Choice, Reason, Told};
use sluicegate_measurement::{ExplainError, Journal as _, Position, Verdict};
use std::{sync::Arc, time::Duration};

impl World {
    fn explained(&self, exposure: &Value, partnership: &str) -> Verdict {
        let body = serde_json::to_vec(exposure).unwrap();
        let only = id(partnership);
        let explained = self.deliveries.explain(&body, &self.keyring, Some(&only)).unwrap();
        assert_eq!(explained.len(), 1);
        assert_eq!(explained[0].partnership, only);
        explained[0].verdict.clone()
    }

    /// Everything that a delivery would have changed.
    async fn traces(&self) -> String {
        self.ledger.flush().await.unwrap();
        let person = self.ledger.person(self.account(1), self.clock_range()).await.unwrap();
        format!(
            "{:?} {:?} {:?} {:?} {} {person:?}",
            self.journal.inner.head().await.unwrap(),
            self.journal.inner.read(Position::default(), 10).await.unwrap(),
            self.deliveries.counters().await.unwrap(),
            self.records.messages().len(),
            self.received().len(),
        )
    }
}

fn reasons(verdict: &Verdict) -> Vec<Reason> {
    match verdict {
        Verdict::Withheld { losses } => losses.iter().map(|loss| loss.reason).collect(),
        Verdict::Told(_) | Verdict::TooOld => panic!("{verdict:?}"),
    }
}

/// What a record on the wire tells, less its ids and dates.
fn told_on_the_wire(record: &Value) -> Vec<(String, String)> {
    let told = record.as_object().unwrap().iter();
    let told = told
        .filter(|(field, _)| !["id", "disclosure_id", "retain_until"].contains(&field.as_str()));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    told.map(|(field, value)| (field.clone(), text(value))).collect()
}

fn sorted(told: &[Told]) -> Vec<(String, String)> {
    let mut told: Vec<_> =
        told.iter().map(|told| (told.field.to_string(), told.value.clone())).collect();
    told.sort();
    told
}

#[tokio::test]
async fn an_explanation_tells_what_a_delivery_then_sends() {
    for form in ["hmac", "raw"] {
        let world = World::new().await;
        world.current.replace(Arc::new(edition_with(25, form, "")));
        let mut exposure = world.exposure(1, 1);
        exposure["browser_id"] = json!("browser-1");
        for partnership in [METER, GAUGE, AUDITOR] {
            let delivery = world.open(partnership).await;
            let Verdict::Told(preview) = world.explained(&exposure, partnership) else {
                panic!("{partnership} would be told nothing")
            };
            exposure["id"] = json!(format!("exp_of_{partnership}"));
            world.accept(std::slice::from_ref(&exposure)).await;
            world.run(&delivery).await;
            let sent = world.received_by(partnership).remove(0).records().remove(0);
            let mut sent = told_on_the_wire(&sent);
            sent.sort();
            assert_eq!(sorted(&preview.told), sent);
            let previewed: Value = serde_json::from_slice(&preview.bytes).unwrap();
            let record = &previewed["data"]["records"][0];
            let mut previewed = told_on_the_wire(record);
            previewed.sort();
            assert_eq!(previewed, sent);
            let kinds = [Category::DeviceIdentifier, Category::Exposure];
            assert!(preview.told.iter().all(|told| kinds.contains(&told.category)));
        }
    }
}

#[tokio::test]
async fn an_explanation_gives_the_reasons_that_a_delivery_notes() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    let mut exposure = world.exposure(1, 1);
    exposure["advertiser_id"] = json!("demo-garden-planner");
    exposure["device"]["lmt"] = json!(1);
    world.choose(1, Choice::Off).await;
    let explained = reasons(&world.explained(&exposure, METER));
    world.accept(&[exposure]).await;
    world.run(&meter).await;
    world.ledger.flush().await.unwrap();
    let person = world.ledger.person(world.account(1), world.clock_range()).await.unwrap();
    let mut noted: Vec<_> = person.withheld.iter().map(|withheld| withheld.reason).collect();
    let mut said = explained;
    said.sort();
    noted.sort();
    assert_eq!(said, noted);
    assert!(said.contains(&Reason::AdvertiserNotLinked), "{said:?}");
    assert!(said.contains(&Reason::LimitAdTracking), "{said:?}");
}

#[tokio::test]
async fn an_explanation_changes_nothing() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&[world.exposure(1, 1)]).await;
    world.run(&meter).await;
    world.accept(&[world.exposure(2, 1)]).await;
    let before = world.traces().await;
    for choice in [Choice::On, Choice::Off] {
        world.choose(1, choice).await;
        let body = serde_json::to_vec(&world.exposure(3, 1)).unwrap();
        let all = world.deliveries.explain(&body, &world.keyring, None).unwrap();
        let asked: Vec<_> = all.iter().map(|one| one.partnership.as_str()).collect();
        assert_eq!(asked.len(), 3, "{asked:?}");
        assert!(world.deliveries.explain(b"{}", &world.keyring, None).is_err());
    }
    assert_eq!(world.traces().await, before);
    // What was explained is not known to the intake: it is taken as new.
    world.accept(&[world.exposure(3, 1)]).await;
}

#[tokio::test]
async fn a_view_that_is_too_old_is_a_reason() {
    let world = World::new().await;
    world.pass_unseen(Duration::from_secs(6));
    let explained = world.explained(&world.exposure(1, 1), METER);
    assert!(reasons(&explained).contains(&Reason::ViewTooOld), "{explained:?}");
}

#[tokio::test]
async fn what_the_intake_would_refuse_is_refused_with_the_same_field() {
    let world = World::new().await;
    let mut exposure = world.exposure(1, 1);
    exposure["device"]["ifa"] = json!("nonsense");
    let many = json!([world.exposure(1, 1)]);
    for (wrong, field) in [(exposure, "device.ifa"), (many, "$")] {
        let body = serde_json::to_vec(&wrong).unwrap();
        match world.deliveries.explain(&body, &world.keyring, None) {
            Err(ExplainError::Field(error)) => assert_eq!(error.field, field),
            other => panic!("{other:?}"),
        }
    }
}
