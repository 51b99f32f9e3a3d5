//! The contract of a [`Journal`], run: any list of actions is done to a journal and to a plain list,
//! and after each the two must say the same.

use crate::{
    Again, Appended, Batch, DeadLetter, DeadReason, Fingerprint, Holding, Journal, JournalError,
    Known, Lane, Letters, NewPack, Position, Progress, Reached, Run, Source, Tally, Trim, Unnoted,
};
use sluicegate_gate::{DisclosureId, IdError, PartnershipId, Reason, time::UnixMillis};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// One thing done to a journal.
#[derive(Clone, Debug)]
pub enum Action {
    /// Appends events with these ids, of which the journal may know some.
    Append {
        /// The ids; repeats within the list are passed over.
        ids: Vec<u8>,
    },
    /// Reads on from a position.
    Read {
        /// From where.
        from: u64,
        /// How many packs.
        packs_max: usize,
    },
    /// Commits how far one of three partnerships has come.
    Commit {
        /// Which.
        partnership: u8,
        /// To where; this decides everything else in it, too.
        cursor: u64,
    },
    /// Commits as [`Self::Commit`] does, and takes what was given up at every other position with it.
    Revive {
        /// Which.
        partnership: u8,
        /// To where.
        cursor: u64,
    },
    /// Puts other contents in the place of a pack's, if one begins there.
    Rewrite {
        /// Where.
        first: u64,
    },
    /// Trims ids and packs.
    Trim {
        /// Ids accepted before this action.
        ids_before: i64,
        /// Packs before this position.
        packs_before: u64,
    },
}

/// A journal that does not keep the contract.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A name of a partnership did not parse.
    #[error(transparent)]
    Name(#[from] IdError),
    /// It says something else than the list.
    #[error("action {action}: {what}: the journal says {journal}, the list {list}")]
    Differs {
        /// The number of the action.
        action: usize,
        /// What was asked.
        what: &'static str,
        /// The journal's answer.
        journal: String,
        /// The right answer.
        list: String,
    },
}

/// Does the actions to an empty journal and to a list, and compares what they say.
pub async fn check<J: Journal>(journal: J, actions: &[Action]) -> Result<J, Broken> {
    let mut list = List::default();
    for (number, action) in actions.iter().enumerate() {
        list.now = UnixMillis(i64::try_from(number).unwrap_or(i64::MAX));
        let same = Same { number };
        match action {
            Action::Append { ids } => {
                let pack = list.pack(ids);
                if pack.events.is_empty() {
                    continue;
                }
                let appended = journal.append(pack.clone()).await?;
                let expected = list.append(&pack, &appended);
                same.or_broken("append", &appended, &expected)?;
            }
            Action::Read { from, packs_max } => {
                let read = journal.read(Position(*from), *packs_max).await?;
                let read: Vec<(u64, Vec<u8>)> =
                    read.into_iter().map(|pack| (pack.first.0, pack.sealed)).collect();
                same.or_broken("read", &read, &list.read(*from, *packs_max))?;
            }
            Action::Commit { partnership, cursor } => {
                let id = name(*partnership)?;
                let (progress, dead) = list.commit(&id, *cursor);
                journal.commit(id.clone(), progress, dead).await?;
            }
            Action::Revive { partnership, cursor } => {
                let id = name(*partnership)?;
                let (progress, events) = list.revive(&id, *cursor);
                journal.revive(id.clone(), progress, events).await?;
            }
            Action::Rewrite { first } => {
                list.rewrite(*first);
                journal.rewrite(Position(*first), REWRITTEN.to_vec()).await?;
            }
            Action::Trim { ids_before, packs_before } => {
                let (ids, packs) = (UnixMillis(*ids_before), Position(*packs_before));
                list.trim(ids, packs.0);
                journal.trim(Trim { ids_before: ids, packs_before: packs }).await?;
            }
        }
        list.compare(&journal, &same).await?;
    }
    Ok(journal)
}

struct Same {
    number: usize,
}

impl Same {
    fn or_broken<T: PartialEq + std::fmt::Debug>(
        &self,
        what: &'static str,
        journal: &T,
        list: &T,
    ) -> Result<(), Broken> {
        if journal == list {
            return Ok(());
        }
        Err(Broken::Differs {
            action: self.number,
            what,
            journal: format!("{journal:?}"),
            list: format!("{list:?}"),
        })
    }
}

fn name(partnership: u8) -> Result<PartnershipId, IdError> {
    format!("partnership-{}", partnership % 3).parse()
}

const MILLISECOND: Duration = Duration::from_millis(1);

/// Other contents of a pack.
const REWRITTEN: [u8; 3] = [7, 7, 7];

/// The plain list: what a journal is, without being durable or fast.
#[derive(Default)]
struct List {
    now: UnixMillis,
    head: u64,
    packs: Vec<(u64, usize, Vec<u8>)>,
    /// When each pack was accepted, those that were trimmed, too.
    accepted: BTreeMap<u64, UnixMillis>,
    ids: BTreeMap<[u8; 12], ([u8; 4], UnixMillis)>,
    /// What need not be known any more, and may be.
    trimmed: BTreeMap<[u8; 12], [u8; 4]>,
    progress: BTreeMap<PartnershipId, Progress>,
    dead: BTreeMap<PartnershipId, Vec<DeadLetter>>,
    withheld: BTreeMap<PartnershipId, BTreeSet<Position>>,
    /// Before this position what was withheld need not be known.
    trimmed_before: u64,
}

impl List {
    fn pack(&self, ids: &[u8]) -> NewPack {
        let mut once: Vec<u8> = Vec::new();
        for id in ids {
            if !once.contains(id) {
                once.push(*id);
            }
        }
        let content = self.now.0.to_le_bytes().first().copied().unwrap_or_default();
        NewPack {
            events: once
                .iter()
                .map(|id| Fingerprint { id: [*id; 12], content: [content; 4] })
                .collect(),
            accepted_at: self.now,
            sealed: once,
        }
    }

    /// Appends as the journal did. Of ids that were trimmed, it may know any.
    fn append(&mut self, pack: &NewPack, journal: &Appended) -> Appended {
        let still = |index: usize| match journal {
            Appended::At(_) => false,
            Appended::Known(known) => known.iter().any(|known| known.index == index),
        };
        let known = |(index, event): (usize, &Fingerprint)| {
            let kept = self.ids.get(&event.id).map(|(content, _)| *content);
            let trimmed = self.trimmed.get(&event.id).copied().filter(|_| still(index));
            kept.or(trimmed).map(|content| Known { index, content })
        };
        let known: Vec<Known> = pack.events.iter().enumerate().filter_map(known).collect();
        if !known.is_empty() {
            return Appended::Known(known);
        }
        let first = self.head;
        self.accepted.insert(first, pack.accepted_at);
        self.packs.push((first, pack.events.len(), pack.sealed.clone()));
        for event in &pack.events {
            self.ids.insert(event.id, (event.content, pack.accepted_at));
            self.trimmed.remove(&event.id);
            self.head += 1;
        }
        Appended::At(Position(first))
    }

    fn read(&self, from: u64, packs_max: usize) -> Vec<(u64, Vec<u8>)> {
        let later = self
            .packs
            .iter()
            .filter(|(first, count, _)| Position(*first).plus(*count) > Position(from));
        later.take(packs_max).map(|(first, _, sealed)| (*first, sealed.clone())).collect()
    }

    fn accepted_since(&self, from: u64, since: UnixMillis) -> Option<Position> {
        let is_meant = |(first, count, _): &&(u64, usize, Vec<u8>)| {
            Position(*first).plus(*count) > Position(from)
                && self.accepted.get(first).is_some_and(|at| *at >= since)
        };
        self.packs.iter().find(is_meant).map(|(first, ..)| Position(from.max(*first)))
    }

    fn commit(&mut self, id: &PartnershipId, cursor: u64) -> (Progress, Vec<DeadLetter>) {
        let progress = self.progress(cursor);
        let letter = DeadLetter {
            position: Position(self.head + u64::try_from(self.now.0).unwrap_or_default()),
            reason: if cursor.is_multiple_of(2) {
                DeadReason::Refused
            } else {
                DeadReason::Unreachable
            },
            at: self.now,
            reached: cursor.is_multiple_of(3),
        };
        let dead: Vec<DeadLetter> =
            cursor.is_multiple_of(5).then_some(letter).into_iter().collect();
        self.withhold(id, &progress);
        self.progress.insert(id.clone(), progress.clone());
        self.dead.entry(id.clone()).or_default().extend(&dead);
        (progress, dead)
    }

    /// Asks for what was given up in different ways.
    fn letters(&self) -> [Letters; 4] {
        let now = self.now.0;
        [
            Letters::newest(2),
            Letters { reason: Some(DeadReason::Unreachable), ..Letters::newest(2) },
            Letters { before: Some(Position(self.head)), ..Letters::newest(9) },
            Letters {
                from: Some(UnixMillis(now / 4)),
                to: Some(UnixMillis(now / 2)),
                ..Letters::newest(9)
            },
        ]
    }

    fn revive(&mut self, id: &PartnershipId, cursor: u64) -> (Progress, Vec<Position>) {
        let progress = self.progress(cursor);
        self.withhold(id, &progress);
        self.progress.insert(id.clone(), progress.clone());
        let dead = self.dead.entry(id.clone()).or_default();
        let events: Vec<Position> = dead.iter().step_by(2).map(|letter| letter.position).collect();
        dead.retain(|letter| !events.contains(&letter.position));
        (progress, events)
    }

    fn withhold(&mut self, id: &PartnershipId, progress: &Progress) {
        if let Some(unnoted) = &progress.lane.unnoted {
            self.withheld.entry(id.clone()).or_default().extend(unnoted.positions());
        }
    }

    fn progress(&self, cursor: u64) -> Progress {
        let batch = (cursor % 2 == 1).then(|| Batch {
            message: DisclosureId(u128::from(cursor) << 64),
            made_at: self.now,
            source: if cursor % 4 == 1 { Source::Journal } else { Source::Requeued },
            waiting: vec![Position(cursor), Position(cursor + 2)],
            events: 1,
            body: Some(u64::MAX),
            until: Position(cursor + 3),
            attempt: 4,
            reached: match cursor % 8 {
                1 => Reached::Never,
                3 => Reached::Before(Position(cursor + 1)),
                _ => Reached::Perhaps,
            },
        });
        let tally =
            Tally { delivered: cursor, withheld: 1, unconfirmed: 2, dead: 3, attempts: cursor + 4 };
        let held_since = cursor.is_multiple_of(3).then_some(self.now);
        let run = Run { from: Position(cursor), events: 2 };
        let again = [
            Again::Requeued { runs: vec![run], reached: cursor.is_multiple_of(2) },
            Again::Replayed {
                from: UnixMillis(-1),
                to: self.now,
                next: Position(cursor),
                until: Position(cursor + 1),
            },
        ];
        let lane = Lane {
            held_for: Holding::Failing,
            not_before: cursor.is_multiple_of(5).then_some(UnixMillis(7)),
            failing_since: held_since,
            failed_at: held_since,
            withdrawn: cursor.is_multiple_of(7).then_some(Position(cursor)),
            again: again.into_iter().take(usize::try_from(cursor % 3).unwrap_or(0)).collect(),
            replayed: tally,
            endpoint: None,
            noted: cursor,
            unnoted: cursor.is_multiple_of(2).then(|| {
                let reasons: &[Reason] = &[Reason::Gpc];
                let withheld = [cursor, cursor + 1, cursor + 2_000].map(Position);
                Unnoted::of(cursor, self.now, withheld.map(|position| (position, reasons)))
            }),
            stopped_from: cursor.is_multiple_of(3).then_some(Position(cursor)),
        };
        Progress { cursor: Position(cursor), tally, held_since, batch, lane }
    }

    fn rewrite(&mut self, first: u64) {
        for (_, _, sealed) in self.packs.iter_mut().filter(|(at, ..)| *at == first) {
            *sealed = REWRITTEN.to_vec();
        }
    }

    fn trim(&mut self, ids_before: UnixMillis, packs_before: u64) {
        let trimmed = self.ids.extract_if(.., |_, (_, accepted_at)| *accepted_at < ids_before);
        self.trimmed.extend(trimmed.map(|(id, (content, _))| (id, content)));
        self.packs
            .retain(|(first, count, _)| Position(*first).plus(*count) > Position(packs_before));
        self.trimmed_before = self.trimmed_before.max(packs_before);
        let first = self.packs.first().map_or(packs_before, |(first, ..)| *first);
        let letters_from = Position(first.min(packs_before));
        for dead in self.dead.values_mut() {
            dead.retain(|letter| letter.position >= letters_from);
        }
    }

    async fn compare<J: Journal>(&self, journal: &J, same: &Same) -> Result<(), Broken> {
        same.or_broken("head", &journal.head().await?, &Position(self.head))?;
        for from in [0, self.head / 2, self.head] {
            for since in [UnixMillis(0), UnixMillis(self.now.0 / 2), self.now.plus(MILLISECOND)] {
                let found = journal.accepted_since(Position(from), since).await?;
                same.or_broken("accepted since", &found, &self.accepted_since(from, since))?;
            }
        }
        let all: Vec<_> = self.progress.clone().into_iter().collect();
        same.or_broken("all progress", &journal.all_progress().await?, &all)?;
        for partnership in 0..3 {
            let id = name(partnership)?;
            let progress = journal.progress(id.clone()).await?;
            same.or_broken("progress", &progress, &self.progress.get(&id).cloned())?;
            for asked in self.letters() {
                let all = self.dead.get(&id).into_iter().flatten().rev();
                let right: Vec<DeadLetter> =
                    all.filter(|letter| asked.include(letter)).take(asked.max).copied().collect();
                let dead = journal.dead_letters(id.clone(), asked).await?;
                same.or_broken("dead letters", &dead, &right)?;
            }
            let from = Position(self.trimmed_before);
            for until in [from.plus(1), from.plus(1_500), Position(u64::MAX)] {
                let all = self.withheld.get(&id).into_iter().flatten().copied();
                let list: Vec<_> = all.filter(|at| (from..until).contains(at)).collect();
                let withheld = journal.withheld(id.clone(), from, until).await?;
                same.or_broken("withheld", &withheld, &list)?;
            }
        }
        Ok(())
    }
}
