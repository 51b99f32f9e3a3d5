//! What is remembered against a list: nothing is known that was never accepted, and nothing accepted lately is
//! forgotten.

use super::*;
use proptest::prelude::*;
use sqlx::Connection as _;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Action {
    /// Hours later, events with these ids are accepted, as far as they are not known.
    Accept { hours: u64, ids: Vec<u8> },
    /// The same, and then the commit fails.
    Lose { ids: Vec<u8> },
    /// What is older than that many hours may be forgotten.
    Trim { hours: u64 },
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let ids = || prop::collection::vec(any::<u8>(), 0..9);
    let action = prop_oneof![
        4 => (0..9_u64, ids()).prop_map(|(hours, ids)| Action::Accept { hours, ids }),
        1 => ids().prop_map(|ids| Action::Lose { ids }),
        1 => (0..60_u64).prop_map(|hours| Action::Trim { hours }),
    ];
    prop::collection::vec(action, 0..40)
}

/// The id decides everything but the content, which is when it was accepted.
fn fingerprint(id: u8, now: UnixMillis) -> Fingerprint {
    let [.., a, b, c, d] = now.0.to_be_bytes();
    Fingerprint { id: [id; 12], content: [a, b, c, d] }
}

/// Those of the ids that are not known, each once.
fn fresh(ids: &Ids, list: &[u8], now: UnixMillis) -> Vec<Fingerprint> {
    let mut once = list.to_vec();
    once.sort_unstable();
    once.dedup();
    let events: Vec<_> = once.iter().map(|id| fingerprint(*id, now)).collect();
    let known: Vec<usize> = ids.known(&events).iter().map(|known| known.index).collect();
    let kept = events.into_iter().enumerate().filter(|(index, _)| !known.contains(index));
    kept.map(|(_, event)| event).collect()
}

/// Events of which none is like another.
fn numbered(from: usize, count: usize) -> Vec<Fingerprint> {
    let event = |number: usize| {
        let mut id = [0; 12];
        id[..8].copy_from_slice(&number.to_le_bytes());
        id[8..].copy_from_slice(&number.to_le_bytes()[..4]);
        Fingerprint { id, content: [0; 4] }
    };
    (from..from + count).map(event).collect()
}

#[tokio::test]
async fn a_start_reads_no_more_than_is_remembered() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::migrate!("./migrations").run(&mut connection).await.unwrap();
    for pack in 0..30 {
        let first = pack * 100;
        sqlx::query("INSERT INTO exposure_ids (first_event, accepted_at, ids) VALUES (?1, 7, ?2)")
            .bind(i64::try_from(first).unwrap())
            .bind(write(&numbered(first, 100)))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE exposure_head SET next_event = 3_000")
        .execute(&mut connection)
        .await
        .unwrap();
    // What is too old to be remembered is not even read.
    sqlx::query("UPDATE exposure_ids SET ids = x'00' WHERE first_event = 1_900")
        .execute(&mut connection)
        .await
        .unwrap();
    let ids = Ids::load_most(&mut connection, 1_000).await.unwrap();
    assert!((900..=1_000).contains(&ids.count()), "{}", ids.count());
    let known: Vec<usize> =
        ids.known(&numbered(0, 3_000)).iter().map(|known| known.index).collect();
    assert!(known.into_iter().eq(2_000..3_000));
    assert!(
        Ids::load_most(&mut connection, 1_100).await.is_err(),
        "damage is found where it is read"
    );
}

proptest! {
    #[test]
    fn what_was_accepted_since_the_trim_is_known_with_its_content(actions in actions()) {
        let shared = Arc::new(Mutex::new(Ids::new(1_000)));
        let mut list: BTreeMap<[u8; 12], (Fingerprint, UnixMillis)> = BTreeMap::new();
        let mut floor = UnixMillis(0);
        let mut now = UnixMillis(1_000);
        for action in actions {
            match action {
                Action::Accept { hours, ids: numbers } => {
                    now = now.plus(Duration::from_hours(hours)).plus(Duration::from_millis(1));
                    let events = fresh(&shared.lock(), &numbers, now);
                    shared.lock().remember(&events, now);
                    list.extend(events.iter().map(|event| (event.id, (*event, now))));
                }
                Action::Lose { ids: numbers } => {
                    let remembering = Remembering::new(&shared);
                    let settling = remembering.clone();
                    let events = fresh(&shared.lock(), &numbers, now);
                    remembering.remember(events, now);
                    settling.take_back();
                }
                Action::Trim { hours } => {
                    floor = floor.max(now.minus(Duration::from_hours(hours)));
                    shared.lock().forget_before(floor);
                }
            }
            for id in 0..=255 {
                let known = shared.lock().known(&[fingerprint(id, now)]);
                let kept = list.get(&[id; 12]);
                match known.first() {
                    Some(known) => {
                        prop_assert_eq!(Some(known.content), kept.map(|(event, _)| event.content));
                    }
                    None => prop_assert!(kept.is_none_or(|(_, at)| *at < floor)),
                }
            }
        }
    }

    #[test]
    fn beyond_the_limit_the_oldest_are_forgotten(packs in prop::collection::vec(1..5_u8, 1..60)) {
        let mut ids = Ids::new(20);
        for (pack, count) in (0..).zip(&packs) {
            let event = |number: u8| Fingerprint { id: [number, pack, 0, 0, 0, 0, 0, 0, 0, 0, number, pack], content: [0; 4] };
            let events: Vec<_> = (0..*count).map(event).collect();
            ids.remember(&events, UnixMillis(0).plus(SLICE * u32::from(pack)));
            prop_assert!(ids.count() <= 20);
            prop_assert_eq!(ids.known(&events).len(), events.len());
        }
    }

    #[test]
    fn beyond_the_limit_the_oldest_are_forgotten_also_of_one_moment(packs in prop::collection::vec(1..50_usize, 1..60)) {
        let mut ids = Ids::new(400);
        let mut all = Vec::new();
        for count in packs {
            let events = numbered(all.len(), count);
            ids.remember(&events, UnixMillis(0));
            all.extend(events);
            prop_assert!(ids.count() <= 400, "{}", ids.count());
            // A slice takes 50, and a pack more than that; what is left is what came last.
            let known: Vec<usize> = ids.known(&all).iter().map(|known| known.index).collect();
            prop_assert!(known.len() >= all.len().min(400 - 50 - 50), "{} of {}", known.len(), all.len());
            prop_assert!(known.iter().copied().eq(all.len() - known.len()..all.len()));
        }
    }

    #[test]
    fn the_ids_of_a_pack_read_back(events in prop::collection::vec(any::<([u8; 12], [u8; 4])>(), 0..50)) {
        let events: Vec<_> =
            events.into_iter().map(|(id, content)| Fingerprint { id, content }).collect();
        prop_assert_eq!(read(&write(&events)), Ok(events));
    }
}
