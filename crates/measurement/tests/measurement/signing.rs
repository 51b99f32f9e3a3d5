//! Which keys sign, and their rotation.

use crate::world::{Hands, METER, START, World, id};
use futures_util::{FutureExt as _, future::BoxFuture};
use sluicegate_gate::{PartnershipId, Secret, time::Clock as _};
use sluicegate_measurement::{
    JournalError, KeyStore, Keys, MemoryJournal, RotateError, Scheme, Signing, SigningKey,
    check_key_store,
};
use std::{sync::Arc, time::Duration};

const DAY: Duration = Duration::from_hours(24);

async fn signing<S: KeyStore + 'static>(store: &Arc<S>, clock: &Arc<Hands>) -> Arc<Signing> {
    let keys = Keys::new(Secret::new([9; 32]));
    let signing = Signing::open(Arc::<S>::clone(store), keys, Arc::<Hands>::clone(clock)).await;
    Arc::new(signing.unwrap())
}

/// A store that takes its time to say that it has kept something.
#[derive(Debug, Default)]
struct Slow(MemoryJournal);

impl KeyStore for Slow {
    fn signing_keys(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(PartnershipId, SigningKey)>, JournalError>> {
        self.0.signing_keys()
    }

    fn keep_signing_keys(
        &self,
        partnership: PartnershipId,
        keys: Vec<SigningKey>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        Box::pin(async move {
            self.0.keep_signing_keys(partnership, keys).await?;
            tokio::task::yield_now().await;
            Ok(())
        })
    }
}

/// Scheme and number of each key that signs now.
fn live(signing: &Signing, clock: &Hands) -> Vec<(Scheme, u32)> {
    let live = signing.live(&id(METER), clock.now()).into_iter();
    live.map(|live| (live.key.scheme, live.key.number)).collect()
}

#[tokio::test]
async fn the_keys_in_memory_keep_the_contract() {
    assert!(check_key_store(&MemoryJournal::default()).await.unwrap());
}

#[tokio::test]
async fn every_partnership_has_a_key_of_its_own_from_the_beginning_and_no_secret() {
    let world = World::new().await;
    let signing = signing(&Arc::<MemoryJournal>::default(), &world.clock).await;
    let seeds = ["demo-meter", "demo-gauge"].map(|partnership| {
        let live = signing.live(&id(partnership), START);
        assert_eq!(live.len(), 1);
        assert_eq!((live[0].key.scheme, live[0].key.number), (Scheme::V1a, 1));
        *live[0].seed.open()
    });
    assert_ne!(seeds[0], seeds[1]);
}

#[tokio::test]
async fn both_sign_during_the_overlap_and_there_are_never_three() {
    let world = World::new().await;
    let (store, clock) = (Arc::new(MemoryJournal::default()), &world.clock);
    let signing = signing(&store, clock).await;
    let before = *signing.live(&id(METER), clock.now())[0].seed.open();
    signing.rotate(&id(METER), Scheme::V1a, DAY, 0).await.unwrap();
    assert_eq!(live(&signing, clock), [(Scheme::V1a, 2), (Scheme::V1a, 1)]);
    let both = signing.live(&id(METER), clock.now());
    assert_eq!(*both[1].seed.open(), before, "the one before is still the same");
    assert_ne!(*both[0].seed.open(), before);
    let refused = signing.rotate(&id(METER), Scheme::V1a, DAY, 0).await;
    assert!(matches!(refused, Err(RotateError::ThreeLive)), "{refused:?}");
    world.pass(DAY).await;
    assert_eq!(live(&signing, clock), [(Scheme::V1a, 2)]);
    signing.rotate(&id(METER), Scheme::V1a, Duration::ZERO, 0).await.unwrap();
    assert_eq!(
        live(&signing, clock),
        [(Scheme::V1a, 3)],
        "without overlap the old one ends at once"
    );
}

#[tokio::test]
async fn a_shared_secret_is_there_once_it_is_issued_and_everything_survives_a_restart() {
    let world = World::new().await;
    let (store, clock) = (Arc::new(MemoryJournal::default()), &world.clock);
    let first = signing(&store, clock).await;
    first.rotate(&id(METER), Scheme::V1, DAY, 0).await.unwrap();
    assert_eq!(live(&first, clock), [(Scheme::V1, 1), (Scheme::V1a, 1)]);
    first.rotate(&id(METER), Scheme::V1, DAY, 0).await.unwrap();
    first.rotate(&id(METER), Scheme::V1a, DAY, 0).await.unwrap();
    let all = [(Scheme::V1, 2), (Scheme::V1, 1), (Scheme::V1a, 2), (Scheme::V1a, 1)];
    assert_eq!(live(&first, clock), all);
    let again = signing(&store, clock).await;
    assert_eq!(live(&again, clock), all);
    let seeds = |signing: &Signing| {
        let live = signing.live(&id(METER), clock.now()).into_iter();
        live.map(|live| *live.seed.open()).collect::<Vec<_>>()
    };
    assert_eq!(seeds(&again), seeds(&first));
}

#[tokio::test]
async fn without_overlap_every_key_before_stops_at_once_also_one_whose_overlap_runs() {
    let world = World::new().await;
    let (store, clock) = (Arc::new(MemoryJournal::default()), &world.clock);
    let first = signing(&store, clock).await;
    for _ in 0..2 {
        first.rotate(&id(METER), Scheme::V1, DAY * 7, 0).await.unwrap();
    }
    first.rotate(&id(METER), Scheme::V1a, DAY * 7, 0).await.unwrap();
    for scheme in Scheme::ALL {
        let new = first.rotate(&id(METER), scheme, Duration::ZERO, 0).await.unwrap();
        assert_eq!(new.number, 3, "no number comes twice");
    }
    let new = [(Scheme::V1, 3), (Scheme::V1a, 3)];
    assert_eq!(live(&first, clock), new);
    let again = signing(&store, clock).await;
    assert_eq!(live(&again, clock), new, "also after a restart");
    let earlier = again.live(&id(METER), START.minus(DAY));
    assert_eq!(earlier.len(), 2, "also where the clock goes back");
}

#[tokio::test]
async fn secrets_of_the_configuration_count_among_the_two_that_sign() {
    let world = World::new().await;
    let (store, clock) = (Arc::new(MemoryJournal::default()), &world.clock);
    let signing = signing(&store, clock).await;
    signing.rotate(&id(METER), Scheme::V1, DAY, 1).await.unwrap();
    for (overlap, configured) in [(DAY, 1), (DAY, 2), (Duration::ZERO, 2)] {
        let refused = signing.rotate(&id(METER), Scheme::V1, overlap, configured).await;
        assert!(matches!(refused, Err(RotateError::ThreeLive)), "{refused:?}");
    }
    signing.rotate(&id(METER), Scheme::V1, Duration::ZERO, 1).await.unwrap();
    assert_eq!(live(&signing, clock), [(Scheme::V1, 2), (Scheme::V1a, 1)]);
}

#[tokio::test]
async fn a_key_that_is_kept_signs_also_where_whoever_rotated_goes_away() {
    let world = World::new().await;
    let (store, clock) = (Arc::new(Slow::default()), &world.clock);
    let first = signing(&store, clock).await;
    let rotating = first.rotate(&id(METER), Scheme::V1a, Duration::ZERO, 0).now_or_never();
    assert!(rotating.is_none(), "it is on its way");
    while store.signing_keys().await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    assert_eq!(live(&first, clock), live(&*signing(&store, clock).await, clock));
}
