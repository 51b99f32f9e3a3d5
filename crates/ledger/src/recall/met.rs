//! Which devices and browsers rows about accounts name, so that a device's rows are found without opening all.
//!
//! A row about an account has its device and browser sealed with the account's key. Nothing of that is written when
//! something is recorded. Whoever asks about a device first has the record read on from where it was read last,
//! once for everybody: a device and the key of an account that were met in one row are kept beside the keys, and go
//! with either of them. A device that goes was in what is read already; its row is the account's, and stays. So it is
//! met again where all is read from the start, because the file of keys or the record is another than before.

use super::damage::{self, warn_of};
use crate::{KeyId, Ledger, Met, MetUntil, NumberedPack, PackRow, ReadError, pack::PersonKey};
use sha2::{Digest as _, Sha256};
use sluicegate_gate::{KeyKind, SubjectKey};
use std::collections::{BTreeSet, HashMap};
use tokio::sync::MutexGuard;

/// Packs read at once.
const PACKS_MAX: usize = 256;
/// Keys kept open at most.
const KEYS_MAX: usize = 65_536;

impl Ledger {
    /// Reads on in the record, and keeps who was met in one row. A pack that is damaged is passed over: who was met
    /// in it nobody can tell.
    pub(super) async fn meet(&self) -> Result<(), ReadError> {
        let alone = self.meeting.lock().await;
        self.meet_alone(&alone).await
    }

    /// Reads on before a device or browser is erased: what is read later would have it met again. Nobody else reads on
    /// while what it returns is held.
    pub(crate) async fn meet_before_erasing(
        &self,
        subject: SubjectKey,
    ) -> Option<MutexGuard<'_, ()>> {
        if subject.kind == KeyKind::Account {
            return None;
        }
        let alone = self.meeting.lock().await;
        self.flush().await.ok();
        if let Err(error) = self.meet_alone(&alone).await {
            // Nothing holds up an erasure.
            tracing::error!(%error, "the record could not be read on before somebody was erased");
        }
        Some(alone)
    }

    async fn meet_alone(&self, _alone: &MutexGuard<'_, ()>) -> Result<(), ReadError> {
        let mut keys = Keys::default();
        let mut from = self.met_until().await?;
        loop {
            let packs = self.store().packs(from, PACKS_MAX).await?;
            let Some(last) = packs.last() else { return Ok(()) };
            let until = MetUntil { pack: last.pack, digest: digest(last) };
            from = last.pack.saturating_add(1);
            let (read, _damaged) = damage::that_read(packs);
            let pairs = keys.pairs(self, &read).await?;
            self.store().meet(Met { pairs, until }).await?;
            // Why: a record of a hundred million lines is read beside auctions.
            tokio::task::yield_now().await;
        }
    }

    /// Returns the first pack that is not read yet: all of them, where the record is another than that was read.
    async fn met_until(&self) -> Result<u64, ReadError> {
        let Some(until) = self.store().met_until().await? else { return Ok(0) };
        let last = self.store().packs(until.pack, 1).await?.pop();
        let is_same = |pack: &PackRow| (pack.pack, digest(pack)) == (until.pack, until.digest);
        Ok(if last.as_ref().is_some_and(is_same) { until.pack.saturating_add(1) } else { 0 })
    }
}

fn digest(pack: &PackRow) -> [u8; 32] {
    Sha256::digest(&pack.leaves).into()
}

/// Keys of accounts that are open; none where a key is destroyed.
#[derive(Default)]
struct Keys(HashMap<KeyId, Option<PersonKey>>);

impl Keys {
    /// Returns who is named beside an account in these packs.
    async fn pairs(
        &mut self,
        ledger: &Ledger,
        packs: &[NumberedPack],
    ) -> Result<Vec<(SubjectKey, KeyId)>, ReadError> {
        let about = || {
            packs.iter().flat_map(|pack| {
                let items = pack.pack.messages.iter().flat_map(|message| &message.items);
                items.flat_map(|item| &item.about).map(|about| (pack.number, about))
            })
        };
        let naming = about().filter(|(_, about)| about.may_name_others());
        let ids: BTreeSet<KeyId> = naming.map(|(_, about)| about.key).collect();
        self.open(ledger, ids).await?;
        let mut pairs = BTreeSet::new();
        for (pack, about) in about() {
            let Some(Some(key)) = self.0.get(&about.key) else { continue };
            match key.open(about) {
                Ok(decided) => {
                    pairs.extend(decided.others.into_iter().map(|(other, _)| (other, about.key)));
                }
                Err(_altered) => warn_of(pack),
            }
        }
        Ok(pairs.into_iter().collect())
    }

    async fn open(&mut self, ledger: &Ledger, ids: BTreeSet<KeyId>) -> Result<(), ReadError> {
        if self.0.len() > KEYS_MAX {
            self.0.clear();
        }
        let missing: Vec<KeyId> = ids.into_iter().filter(|id| !self.0.contains_key(id)).collect();
        self.0.extend(missing.iter().map(|id| (*id, None)));
        for row in ledger.store().owners(missing).await? {
            self.0.insert(row.id, ledger.opened(&row));
        }
        Ok(())
    }
}
