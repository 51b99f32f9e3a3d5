//! A shard of the settings view that has stopped: of the people in it nothing is told, and nobody else waits for them.

use crate::world::{AUDITOR, GAUGE, METER, Reply, World, id};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluicegate_gate::{Choice, Revision, SubjectKey, time::UnixMillis};
use sluicegate_ledger::SendError;
use sluicegate_measurement::{
    DeadReason, Journal as _, Letters, Position, Step,
    lookup::{Conversions as _, Shelved},
};
use sluicegate_settings::{
    ChangeRecord, Commit, CommitError, Heads, Order, Profile, SettingsStore, SettingsStoreError,
    ShardChange, ShardSnapshot, memory::MemoryStore, shard_of,
};
use std::time::Duration;

/// Choices, of which some can be named that are not there.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    inner: MemoryStore,
    shard: Mutex<Option<u16>>,
}

impl SettingsStore for Gaps {
    fn commit(&self, order: Order, at: UnixMillis) -> BoxFuture<'_, Result<Commit, CommitError>> {
        self.inner.commit(order, at)
    }

    fn heads(&self) -> BoxFuture<'_, Result<Heads, SettingsStoreError>> {
        Box::pin(async move {
            let Heads(mut heads) = self.inner.heads().await?;
            if let Some(shard) = *self.shard.lock() {
                heads[usize::from(shard)] += 1;
            }
            Ok(Heads(heads))
        })
    }

    fn shard(&self, shard: u16) -> BoxFuture<'_, Result<ShardSnapshot, SettingsStoreError>> {
        self.inner.shard(shard)
    }

    fn tail(
        &self,
        after: Vec<Revision>,
    ) -> BoxFuture<'_, Result<Vec<ShardChange>, SettingsStoreError>> {
        self.inner.tail(after)
    }

    fn profile(
        &self,
        account: SubjectKey,
    ) -> BoxFuture<'_, Result<Option<Profile>, SettingsStoreError>> {
        self.inner.profile(account)
    }

    fn unfinished_erasures(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(SubjectKey, UnixMillis)>, SettingsStoreError>> {
        self.inner.unfinished_erasures()
    }

    fn finish_erasures(
        &self,
        erasures: Vec<(SubjectKey, UnixMillis)>,
    ) -> BoxFuture<'_, Result<(), SettingsStoreError>> {
        self.inner.finish_erasures(erasures)
    }

    fn linked(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<SubjectKey>, SettingsStoreError>> {
        self.inner.linked(key)
    }

    fn history(
        &self,
        key: SubjectKey,
    ) -> BoxFuture<'_, Result<Vec<ChangeRecord>, SettingsStoreError>> {
        self.inner.history(key)
    }
}

impl World {
    /// Stops the shard of a person's account.
    async fn stop_shard_of(&self, person: u32) {
        *self.choices.shard.lock() = Some(shard_of(self.account(person)));
        self.settings.refresh().await.unwrap();
        assert_eq!(self.settings.stopped_shards(), 1);
    }

    /// Starts again, with a store of choices that is whole.
    async fn start_whole(&mut self) {
        *self.choices.shard.lock() = None;
        self.restart().await;
    }

    async fn open_all_and_run(&self) {
        for partner in [METER, GAUGE, AUDITOR] {
            let delivery = self.open(partner).await;
            assert_eq!(self.run(&delivery).await, Step::Idle);
        }
    }

    /// Returns whether nothing is left of the journal once it is trimmed.
    async fn is_trimmed(&self) -> bool {
        self.pass(Duration::from_secs(1)).await;
        self.deliveries.trim(Position(u64::MAX)).await.unwrap();
        self.journal.inner.read(Position::default(), 1).await.unwrap().is_empty()
    }

    async fn given_up(&self) -> Vec<(u64, DeadReason)> {
        let letters = self.deliveries.dead_letters(&id(METER), Letters::newest(100)).await.unwrap();
        letters.into_iter().map(|letter| (letter.position.0, letter.reason)).collect()
    }

    fn exposures(&self, people: &[u32]) -> Vec<Value> {
        (1..).zip(people).map(|(number, person)| self.exposure(number, *person)).collect()
    }
}

#[tokio::test]
async fn nobody_waits_for_people_whose_shard_has_stopped_and_after_a_start_they_are_judged() {
    let mut world = World::new().await;
    world.open_all_and_run().await;
    world.accept(&world.exposures(&[1, 2, 1, 3])).await;
    world.stop_shard_of(1).await;
    world.open_all_and_run().await;
    let told = |world: &World| -> usize {
        world.received_by(METER).iter().map(|one| one.records().len()).sum()
    };
    assert_eq!(told(&world), 2, "of the others, and nothing of the one");
    let stopped = DeadReason::ViewStopped;
    assert_eq!(world.given_up().await, [(2, stopped), (0, stopped)]);
    assert!(!world.is_trimmed().await);

    world.start_whole().await;
    world.open_all_and_run().await;
    assert_eq!((told(&world), world.given_up().await), (4, Vec::new()));
    let counters = world.counters(METER).await;
    assert_eq!((counters.tally.delivered, counters.tally.dead, counters.lag), (4, 0, 0));
    assert!(world.is_trimmed().await);
}

#[tokio::test]
async fn what_a_stopped_shard_left_and_what_is_new_have_turns() {
    let mut world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&world.exposures(&[1, 2])).await;
    world.stop_shard_of(1).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    world.start_whole().await;
    let mut new = world.exposure(7, 3);
    new["creative_id"] = json!("new");
    world.accept(&[new]).await;
    let meter = world.open(METER).await;
    let before = world.received_by(METER).len();
    assert_eq!(world.run(&meter).await, Step::Idle);
    let received = world.received_by(METER);
    let creatives: Vec<Vec<Value>> = received[before..]
        .iter()
        .map(|one| one.records().iter().map(|record| record["creative_id"].clone()).collect())
        .collect();
    assert_eq!(creatives, [[json!("new")], [json!("cr_7")]]);
}

#[tokio::test]
async fn what_was_turned_off_before_the_start_is_withheld_after_it() {
    let mut world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&world.exposures(&[1, 2])).await;
    world.stop_shard_of(1).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    world.start_whole().await;
    world.choose(1, Choice::Off).await;
    let meter = world.open(METER).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    let tally = world.counters(METER).await.tally;
    assert_eq!((tally.delivered, tally.withheld, tally.dead), (1, 1, 0));
}

#[tokio::test]
async fn what_still_cannot_be_decided_after_a_start_stands_in_nobodys_way() {
    let mut world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&world.exposures(&[1, 2])).await;
    world.stop_shard_of(1).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    world.restart().await;
    world.settings.refresh().await.unwrap();
    world.accept(&[world.exposure(7, 3)]).await;
    let meter = world.open(METER).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    assert_eq!(world.given_up().await, [(0, DeadReason::ViewStopped)]);
    assert_eq!(world.counters(METER).await.tally.delivered, 2);
    world.start_whole().await;
    let meter = world.open(METER).await;
    assert_eq!(world.run(&meter).await, Step::Idle);
    assert_eq!(world.counters(METER).await.tally.delivered, 3);
}

#[tokio::test]
async fn a_message_that_waits_goes_on_without_people_whose_shard_stopped_meanwhile() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&world.exposures(&[1, 2])).await;
    world.reply(&[Reply::Error(SendError::Timeout)]);
    let Step::Wait(wait) = meter.step().await.unwrap() else { panic!("it was tried") };
    world.stop_shard_of(1).await;
    world.pass(wait).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 1 });
    let letters = world.deliveries.dead_letters(&id(METER), Letters::newest(9)).await.unwrap();
    let kept: Vec<_> = letters.iter().map(|letter| (letter.position.0, letter.reached)).collect();
    assert_eq!(kept, [(0, true)], "bytes of it may have gone before");
}

#[tokio::test]
async fn a_view_that_is_too_old_gives_nothing_up() {
    let world = World::new().await;
    let meter = world.open(METER).await;
    world.accept(&world.exposures(&[1, 2])).await;
    world.pass_unseen(Duration::from_secs(6));
    assert!(matches!(meter.step().await.unwrap(), Step::Wait(_)));
    assert_eq!(world.given_up().await, []);
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(meter.step().await.unwrap(), Step::Delivered { events: 2 });
}

#[tokio::test]
async fn the_shelf_takes_touches_of_people_whose_shard_has_stopped_and_counts_none() {
    let mut world = World::new().await;
    let mut exposures = world.exposures(&[1, 2]);
    for exposure in &mut exposures {
        exposure["interaction_type"] = json!("click");
    }
    world.accept(&exposures).await;
    world.stop_shard_of(1).await;
    assert_eq!(world.shelf.step().await.unwrap(), Shelved::Read(2));
    assert_eq!(world.conversions.shelved().await.unwrap(), Position(2));
    assert_eq!(world.counted("clicks").await, 1);
    let install = world.install(METER, 1, 1);
    assert_eq!(world.report(METER, &install).await["attribution"], Value::Null);
    world.start_whole().await;
    assert!(world.report(METER, &install).await["attribution"].is_object(), "found after a start");
}
