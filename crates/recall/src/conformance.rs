//! The contract of a [`RecallStore`], run: any series of calls gives what the store in memory gives.

use crate::{
    Accepting, Aside, Cause, Deferred, Deleting, Item, Owed, Owing, Pack, Reach, RecallStore,
    RecallStoreError, Sent, memory::MemoryRecalls,
};
use sluicegate_gate::{
    DisclosureId, KeyKind, PartnershipId, Revision, SubjectKey, time::UnixMillis,
};
use sluicegate_ledger::{IdentifierKind, RecallKind, Vouched};

/// One call. Small numbers stand for people, partnerships, disclosures and messages.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Somebody is owed disclosures `from..from + count`; a partnership of odd number cannot be told of the
    /// last person's.
    Owe {
        /// Who.
        person: u8,
        /// By whom.
        partnership: u8,
        /// Why: an index into [`Cause::ALL`].
        cause: u8,
        /// The first disclosure.
        from: u8,
        /// How many.
        count: u8,
    },
    /// A change of somebody is set aside, or taken up again.
    Aside {
        /// Whose.
        person: u8,
        /// Which.
        version: u8,
        /// 0 set aside, else taken up.
        taken_up: u8,
    },
    /// Two people turn out to be one.
    Join {
        /// One.
        person: u8,
        /// The other.
        other: u8,
    },
    /// A message is made.
    Pack {
        /// For whom.
        partnership: u8,
        /// What it says: an index into [`RecallKind::ALL`].
        kind: u8,
        /// How many ids at most.
        ids_max: u8,
    },
    /// An attempt at a message ended.
    Settle {
        /// Which, of those made.
        message: u8,
        /// 0 acknowledged, 1 taken, 2 failed, 3 unmade, else not tried.
        sent: u8,
    },
    /// A partner says that it is done.
    Acknowledge {
        /// Which message.
        message: u8,
        /// Who says so.
        partnership: u8,
    },
    /// A partnership lapses.
    Lapse(u8),
    /// It may go on.
    Lift(u8),
    /// It cannot be told any more.
    WriteOff(u8),
    /// An erasure is accepted; by the id of a request, if there is one.
    Accept {
        /// Whose.
        person: u8,
        /// By which request.
        request: Option<u8>,
    },
    /// It has begun as it was last asked for, or as it was asked for before.
    Begun {
        /// Whose.
        person: u8,
        /// 0 as it was last asked for.
        before: u8,
    },
    /// Its partners are owed the message, and one is asked to delete.
    Erase(u8),
    /// What they are told of is destroyed.
    Destroyed(u8),
    /// It ends as it was last asked for, or as it was asked for before.
    Erased {
        /// Whose.
        person: u8,
        /// 0 as it was last asked for.
        before: u8,
    },
    /// A request to delete is put off, or ends with or without an acknowledgement.
    Delete {
        /// Which, of those that wait.
        place: u8,
        /// 0 put off, 1 accepted, else given up.
        ended: u8,
    },
    /// What was settled before a time is forgotten.
    Trim(u8),
}

/// Runs the same calls against a store and in memory, and compares everything that can be read after each.
/// Returns whether they agree.
pub async fn check(store: &dyn RecallStore, actions: &[Action]) -> Result<bool, RecallStoreError> {
    let model = MemoryRecalls::default();
    let mut made = Vec::new();
    for (step, action) in actions.iter().enumerate() {
        let at = UnixMillis(1_000 * i64::try_from(step).unwrap_or_default() + 10_000);
        let seed = u128::try_from(step).unwrap_or_default();
        let ours = act(store, *action, at, seed, &made).await?;
        let theirs = act(&model, *action, at, seed, &made).await?;
        if ours != theirs {
            return Ok(false);
        }
        if let (Action::Pack { .. }, Done::Count(1..)) = (action, ours) {
            made.push(DisclosureId(seed));
        }
        if !same(store, &model, at, &made).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[derive(Debug, PartialEq, Eq)]
enum Done {
    Nothing,
    Flag(bool),
    Count(usize),
}

#[expect(clippy::cognitive_complexity, clippy::too_many_lines, reason = "one arm for each call")]
async fn act(
    store: &dyn RecallStore,
    action: Action,
    at: UnixMillis,
    seed: u128,
    made: &[DisclosureId],
) -> Result<Done, RecallStoreError> {
    let message = |number: u8| made.get(usize::from(number) % made.len().max(1)).copied();
    Ok(match action {
        Action::Owe { person, partnership, cause, from, count } => {
            let owing = owing(Some(subject(person)), partnership, cause, (from, count), (at, seed));
            let reached = vec![Revision { shard: u16::from(person), version: at.0.unsigned_abs() }];
            store.owe(Owed { owing: vec![owing], reached, ..Owed::default() }).await?;
            Done::Nothing
        }
        Action::Aside { person, version, taken_up } => {
            let revision = Revision { shard: u16::from(person), version: u64::from(version) };
            let one = vec![Aside { subject: subject(person), revision }];
            let owed = match taken_up {
                0 => Owed { set_aside: one, ..Owed::default() },
                _ => Owed { taken_up: one, ..Owed::default() },
            };
            store.owe(owed).await?;
            Done::Nothing
        }
        Action::Join { person, other } => {
            store.join(vec![vec![subject(person), subject(other)]]).await?;
            Done::Nothing
        }
        Action::Pack { partnership, kind, ids_max } => {
            let kind = RecallKind::ALL.get(usize::from(kind) % 2).copied();
            let pack = Pack {
                message: DisclosureId(seed),
                partnership: named(partnership),
                kind: kind.unwrap_or(RecallKind::Recalled),
                made_at: at,
                ids_max: usize::from(ids_max),
            };
            Done::Count(store.pack(pack).await?)
        }
        Action::Settle { message: number, sent } => {
            let next_at = UnixMillis(at.0 + 5_000);
            let sent = match sent {
                0 => Sent::Acknowledged { at },
                1 => Sent::Taken { at, next_at },
                2 => Sent::Failed { at, next_at },
                3 => Sent::Unmade { next_at },
                _ => Sent::NotTried { next_at },
            };
            if let Some(message) = message(number) {
                store.settle(message, sent).await?;
            }
            Done::Nothing
        }
        Action::Acknowledge { message: number, partnership } => {
            let id = message(number).unwrap_or(DisclosureId(u128::MAX));
            Done::Flag(store.acknowledge(named(partnership), id, at).await?)
        }
        Action::Lapse(partnership) => Done::Flag(store.lapse(named(partnership), at).await?),
        Action::Lift(partnership) => Done::Flag(store.lift(named(partnership), at).await?),
        Action::WriteOff(partnership) => {
            store.write_off(named(partnership)).await?;
            Done::Nothing
        }
        Action::Accept { person, request: None } => {
            let id = seed.is_multiple_of(2).then(|| seed.to_be_bytes().to_vec());
            store.accept_erasure(Accepting { subject: subject(person), id, at }).await?;
            Done::Nothing
        }
        Action::Accept { person, request: Some(request) } => {
            let accepting = Accepting { subject: subject(person), id: None, at };
            Done::Flag(store.accept_request([request; 32], accepting).await?)
        }
        Action::Erase(person) => {
            let owed = Owed {
                owing: vec![owing(None, 0, 2, (person, 2), (at, seed))],
                deleting: vec![deleting(person, at, seed)],
                erased: Some(subject(person)),
                id_of_erased: seed.is_multiple_of(3).then(|| seed.to_be_bytes().to_vec()),
                ..Owed::default()
            };
            store.owe(owed).await?;
            Done::Nothing
        }
        Action::Begun { person, before } => {
            let asked_at = asked_at(store, person, before).await?;
            store.begun(subject(person), asked_at).await?;
            Done::Nothing
        }
        Action::Destroyed(person) => {
            store.destroyed(subject(person)).await?;
            Done::Nothing
        }
        Action::Erased { person, before } => {
            let asked_at = asked_at(store, person, before).await?;
            store.erased(subject(person), asked_at).await?;
            Done::Nothing
        }
        Action::Delete { place, ended } => {
            let mut due = Vec::new();
            for partnership in store.asked_to_delete().await? {
                due.extend(
                    store.due_deletions(partnership, UnixMillis(i64::MAX), usize::MAX).await?,
                );
            }
            if let Some(one) = due.get(usize::from(place) % due.len().max(1)) {
                match ended {
                    0 => {
                        let counts_from = UnixMillis(one.counts_from.0 + 1_000);
                        let failures = one.failures + 1;
                        let deferred = Deferred { failures, next_at: at, counts_from };
                        store.defer_deletion(one.id, deferred).await?;
                    }
                    1 => store.end_deletion(one.id, at, Some([7; 32])).await?,
                    _ => store.end_deletion(one.id, at, None).await?,
                }
            }
            Done::Nothing
        }
        Action::Trim(second) => {
            store.trim(UnixMillis(1_000 * i64::from(second) + 10_000)).await?;
            Done::Nothing
        }
    })
}

/// Returns when an erasure was last asked for, or a time so much before that.
async fn asked_at(
    store: &dyn RecallStore,
    person: u8,
    before: u8,
) -> Result<UnixMillis, RecallStoreError> {
    let erasing = store.erasing_of(subject(person)).await?;
    let at = erasing.map_or(UnixMillis(0), |one| one.at);
    Ok(UnixMillis(at.0 - i64::from(before)))
}

#[expect(clippy::cognitive_complexity, reason = "one comparison for each reading call")]
async fn same(
    store: &dyn RecallStore,
    model: &dyn RecallStore,
    at: UnixMillis,
    made: &[DisclosureId],
) -> Result<bool, RecallStoreError> {
    let everybody: Vec<SubjectKey> = (0..8).map(subject).collect();
    let mut same = store.reached().await? == model.reached().await?
        && store.set_aside().await? == model.set_aside().await?
        && store.waiting().await? == model.waiting().await?
        && store.figures().await? == model.figures().await?
        && store.lapsed().await? == model.lapsed().await?
        && store.erasing().await? == model.erasing().await?
        && store.standing(everybody.clone()).await? == model.standing(everybody).await?
        && store.asked_to_delete().await? == model.asked_to_delete().await?;
    for person in (0..8).map(subject) {
        same &= store.erasing_of(person).await? == model.erasing_of(person).await?;
    }
    for partnership in (0..3).map(named) {
        same &= store.due_deletions(partnership.clone(), at, 3).await?
            == model.due_deletions(partnership.clone(), at, 3).await?;
        same &= store.open_messages(partnership.clone()).await?
            == model.open_messages(partnership).await?;
    }
    for message in made {
        same &= store.disclosures(*message).await? == model.disclosures(*message).await?;
    }
    Ok(same)
}

fn subject(person: u8) -> SubjectKey {
    let kind = if person.is_multiple_of(2) { KeyKind::Account } else { KeyKind::Device };
    SubjectKey { kind, hash: u128::from(person) }
}

/// Names that fit the grammar by construction.
fn named(number: u8) -> PartnershipId {
    let names = ["meter", "north", "south"];
    let name = names.get(usize::from(number) % names.len()).copied().unwrap_or_default();
    #[expect(clippy::expect_used, reason = "the three names fit the grammar")]
    name.parse().expect("a name")
}

fn owing(
    subject: Option<SubjectKey>,
    partnership: u8,
    cause: u8,
    (from, count): (u8, u8),
    (at, seed): (UnixMillis, u128),
) -> Owing {
    let cause = Cause::ALL.get(usize::from(cause) % 3).copied().unwrap_or(Cause::Off);
    let item = |number: u8| Item {
        vouched: Vouched {
            partnership: named(partnership),
            disclosure: DisclosureId(u128::from(number)),
            mark: [number; 16],
        },
        place: u64::try_from(seed.wrapping_mul(7_919).wrapping_add(u128::from(number) * 31) % 97)
            .unwrap_or_default(),
    };
    let reach = if count == 0 {
        Reach::Unreachable(3)
    } else {
        Reach::Told((from..from.saturating_add(count)).map(item).collect())
    };
    Owing { subject, partnership: named(partnership), cause, since: at, reach }
}

fn deleting(person: u8, at: UnixMillis, seed: u128) -> Deleting {
    Deleting {
        id: DisclosureId(seed),
        partnership: named(person),
        identifier: IdentifierKind::UserId,
        sealed: vec![person; 5],
        mark: [person; 16],
        made_at: at,
        failures: 0,
        next_at: at,
        counts_from: at,
    }
}
