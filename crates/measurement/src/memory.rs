//! A journal in memory, for tests and previews: nothing in it survives the process.

use crate::{
    Appended, DeadLetter, Fingerprint, Journal, JournalError, KeyStore, Known, Letters, NewPack,
    Pack, Position, Progress, SigningKey, Trim,
};
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use parking_lot::Mutex;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A journal in memory. It keeps the whole contract of [`Journal`] except durability.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    head: Position,
    packs: Vec<Pack>,
    /// When the pack that begins at a position was accepted.
    accepted: BTreeMap<Position, UnixMillis>,
    ids: HashMap<[u8; 12], ([u8; 4], UnixMillis)>,
    progress: BTreeMap<PartnershipId, Progress>,
    dead: Vec<(PartnershipId, DeadLetter)>,
    withheld: BTreeMap<PartnershipId, BTreeSet<Position>>,
    signing: BTreeMap<PartnershipId, Vec<SigningKey>>,
}

impl Kept {
    fn append(&mut self, pack: NewPack) -> Appended {
        let known: Vec<Known> = pack
            .events
            .iter()
            .enumerate()
            .filter_map(|(index, Fingerprint { id, .. })| {
                self.ids.get(id).map(|(content, _)| Known { index, content: *content })
            })
            .collect();
        if !known.is_empty() {
            return Appended::Known(known);
        }
        let first = self.head;
        let accepted =
            pack.events.iter().map(|event| (event.id, (event.content, pack.accepted_at)));
        self.ids.extend(accepted);
        self.head = first.plus(pack.events.len());
        self.accepted.insert(first, pack.accepted_at);
        self.packs.push(Pack { first, count: pack.events.len(), sealed: pack.sealed });
        Appended::At(first)
    }
}

impl Kept {
    fn commit(&mut self, partnership: PartnershipId, progress: Progress) {
        if let Some(unnoted) = &progress.lane.unnoted {
            self.withheld.entry(partnership.clone()).or_default().extend(unnoted.positions());
        }
        self.progress.insert(partnership, progress);
    }
}

fn done<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, JournalError>> {
    ready(Ok(value)).boxed()
}

impl Journal for MemoryJournal {
    fn append(&self, pack: NewPack) -> BoxFuture<'_, Result<Appended, JournalError>> {
        done(self.0.lock().append(pack))
    }

    fn read(
        &self,
        from: Position,
        packs_max: usize,
    ) -> BoxFuture<'_, Result<Vec<Pack>, JournalError>> {
        let kept = self.0.lock();
        let later = kept.packs.iter().filter(|pack| pack.first.plus(pack.count) > from);
        done(later.take(packs_max).cloned().collect())
    }

    fn accepted_since(
        &self,
        from: Position,
        since: UnixMillis,
    ) -> BoxFuture<'_, Result<Option<Position>, JournalError>> {
        let kept = self.0.lock();
        let is_meant = |pack: &&Pack| {
            let accepted = kept.accepted.get(&pack.first);
            pack.first.plus(pack.count) > from && accepted.is_none_or(|at| *at >= since)
        };
        done(kept.packs.iter().find(is_meant).map(|pack| pack.first.max(from)))
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, JournalError>> {
        done(self.0.lock().head)
    }

    fn progress(
        &self,
        partnership: PartnershipId,
    ) -> BoxFuture<'_, Result<Option<Progress>, JournalError>> {
        done(self.0.lock().progress.get(&partnership).cloned())
    }

    fn all_progress(&self) -> BoxFuture<'_, Result<Vec<(PartnershipId, Progress)>, JournalError>> {
        let kept = self.0.lock();
        done(kept.progress.iter().map(|(id, progress)| (id.clone(), progress.clone())).collect())
    }

    fn commit(
        &self,
        partnership: PartnershipId,
        progress: Progress,
        dead: Vec<DeadLetter>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        let mut kept = self.0.lock();
        let is_again = |letter: &DeadLetter| dead.iter().any(|new| new.position == letter.position);
        kept.dead.retain(|(of, letter)| *of != partnership || !is_again(letter));
        kept.dead.extend(dead.into_iter().map(|letter| (partnership.clone(), letter)));
        kept.commit(partnership, progress);
        done(())
    }

    fn revive(
        &self,
        partnership: PartnershipId,
        progress: Progress,
        events: Vec<Position>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        let mut kept = self.0.lock();
        kept.dead.retain(|(of, letter)| *of != partnership || !events.contains(&letter.position));
        kept.commit(partnership, progress);
        done(())
    }

    fn withheld(
        &self,
        partnership: PartnershipId,
        from: Position,
        until: Position,
    ) -> BoxFuture<'_, Result<Vec<Position>, JournalError>> {
        let kept = self.0.lock();
        let all = kept.withheld.get(&partnership).into_iter().flatten().copied();
        done(all.filter(|position| (from..until).contains(position)).collect())
    }

    fn dead_letters(
        &self,
        partnership: PartnershipId,
        letters: Letters,
    ) -> BoxFuture<'_, Result<Vec<DeadLetter>, JournalError>> {
        let kept = self.0.lock();
        let of = kept.dead.iter().filter(|(of, _)| *of == partnership).map(|(_, letter)| *letter);
        let mut found: Vec<DeadLetter> = of.filter(|letter| letters.include(letter)).collect();
        found.sort_by_key(|letter| std::cmp::Reverse(letter.position));
        found.truncate(letters.max);
        done(found)
    }

    fn rewrite(&self, first: Position, sealed: Vec<u8>) -> BoxFuture<'_, Result<(), JournalError>> {
        let mut kept = self.0.lock();
        if let Some(pack) = kept.packs.iter_mut().find(|pack| pack.first == first) {
            pack.sealed = sealed;
        }
        done(())
    }

    fn trim(&self, what: Trim) -> BoxFuture<'_, Result<(), JournalError>> {
        let mut kept = self.0.lock();
        kept.ids.retain(|_, (_, accepted_at)| *accepted_at >= what.ids_before);
        kept.packs.retain(|pack| pack.first.plus(pack.count) > what.packs_before);
        let first = kept.packs.first().map_or(what.packs_before, |pack| pack.first);
        let letters_from = first.min(what.packs_before);
        kept.dead.retain(|(_, letter)| letter.position >= letters_from);
        done(())
    }
}

impl KeyStore for MemoryJournal {
    fn signing_keys(
        &self,
    ) -> BoxFuture<'_, Result<Vec<(PartnershipId, SigningKey)>, JournalError>> {
        let kept = self.0.lock();
        let all = kept.signing.iter();
        done(all.flat_map(|(id, keys)| keys.iter().map(|key| (id.clone(), *key))).collect())
    }

    fn keep_signing_keys(
        &self,
        partnership: PartnershipId,
        mut keys: Vec<SigningKey>,
    ) -> BoxFuture<'_, Result<(), JournalError>> {
        keys.sort_by_key(|key| (key.scheme, key.number));
        self.0.lock().signing.insert(partnership, keys);
        done(())
    }
}
