//! Which windows stand open in the store, under a mark that only this ledger can make.
//!
//! A dead process leaves its open windows behind as rows, and whoever deletes one of them would hide a time in
//! which records may be missing. So every commit has a mark: a MAC over its number and all windows that are open
//! after it, in the row that counts commits. Rows that do not go with their mark were changed by somebody else;
//! which, nobody can tell, so everything since the last record counts as uncertain then.

use crate::{
    LedgerBatch, LedgerStore, LedgerStoreError, PackRow, WindowRow,
    keys::Keeper,
    pack::{self, NewPack, Pack},
};
use sluicegate_gate::{Path, time::UnixMillis};
use std::time::Duration;

/// Packs that are looked through for the time of the last record.
const PACKS_BACK: u64 = 256;
/// What was recorded last may have waited so long before.
const WAITED_MAX: Duration = Duration::from_secs(1);

/// Where the store stands: how many commits it has, and how the latest is marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the latest commit; 0 before any.
    pub commit: u64,
    /// The mark that came with it; none where it came without.
    pub mark: Option<[u8; 16]>,
}

/// What stands open after a commit.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    commit: u64,
    open: Vec<WindowRow>,
}

impl Standing {
    pub(crate) async fn read(
        store: &dyn LedgerStore,
    ) -> Result<(Self, Option<[u8; 16]>), LedgerStoreError> {
        let open = store.open_windows().await?;
        let Head { commit, mark } = store.head().await?;
        Ok((Self { commit, open }, mark))
    }

    /// Marks a batch, and returns what stands open once it is committed.
    pub(crate) fn marked(&self, batch: &mut LedgerBatch, keeper: &Keeper) -> Self {
        let mut open = [self.open.as_slice(), &batch.reserved].concat();
        let gone = |id: u128| batch.closed.contains(&id) || batch.uncertain.contains(&id);
        open.retain(|window| !gone(window.id));
        let next = Self { commit: self.commit + 1, open };
        batch.mark = next.mark(keeper);
        next
    }

    fn mark(&self, keeper: &Keeper) -> Option<[u8; 16]> {
        let mut open: Vec<&WindowRow> = self.open.iter().collect();
        open.sort_unstable_by_key(|window| window.id);
        let mut bytes = self.commit.to_be_bytes().to_vec();
        for WindowRow { id, path, from, until } in open {
            bytes.extend(id.to_be_bytes());
            bytes.extend(from.0.to_be_bytes());
            bytes.extend(until.0.to_be_bytes());
            bytes.extend(path.name().as_bytes());
            bytes.push(0);
        }
        keeper.mark(&[b"open windows", &bytes])
    }

    /// Returns whether the rows are those that this ledger left: a new store, or one whose mark fits and that has
    /// no record beyond it.
    async fn is_as_left(
        &self,
        mark: Option<[u8; 16]>,
        store: &dyn LedgerStore,
        keeper: &Keeper,
    ) -> Result<bool, LedgerStoreError> {
        let is_new = self.commit == 0 && self.open.is_empty() && mark.is_none();
        let fits = is_new || (mark.is_some() && mark == self.mark(keeper));
        Ok(fits && store.packs(self.commit + 1, 1).await?.is_empty())
    }
}

/// Declares every window that a dead process left open: a row of the record says so from then on, in the same
/// commit, so that none is taken back or added later. Where the rows of windows are not as the ledger left them,
/// the whole time since the last record is declared, on each path that has windows.
pub(crate) async fn declare_open_windows(
    store: &dyn LedgerStore,
    keeper: &Keeper,
    now: UnixMillis,
) -> Result<Standing, LedgerStoreError> {
    let (standing, mark) = Standing::read(store).await?;
    let mut batch = LedgerBatch::default();
    if !standing.is_as_left(mark, store, keeper).await? {
        let from = last_record(store, standing.commit).await?;
        tracing::error!(
            since_ms = from.0,
            "the open windows are not as the ledger left them; all since the last record is declared"
        );
        let until = now.max(from.plus(WAITED_MAX));
        let row = |path| WindowRow { id: keeper.roll(), path, from, until };
        batch.reserved.extend([Path::BidRequest, Path::ContextualBidRequest].map(row));
    }
    let declared: Vec<&WindowRow> = standing.open.iter().chain(&batch.reserved).collect();
    let windows = declared.iter().map(|window| crate::UncertainWindow::of(window)).collect();
    batch.uncertain = declared.iter().map(|window| window.id).collect();
    batch.leaves = NewPack { windows, ..NewPack::default() }
        .write(&crate::encode::Ring::default(), keeper.roll())?;
    if batch.is_empty() {
        return Ok(standing);
    }
    let next = standing.marked(&mut batch, keeper);
    store.append(batch).await?;
    Ok(next)
}

/// Returns a time before which every record is there: that of the last one, less what it may have waited.
async fn last_record(store: &dyn LedgerStore, commit: u64) -> Result<UnixMillis, LedgerStoreError> {
    let (mut last, mut from) = (UnixMillis(0), commit.saturating_sub(PACKS_BACK));
    loop {
        let packs = store.packs(from, 64).await?;
        let Some(end) = packs.last() else { break };
        from = end.pack + 1;
        for PackRow { leaves, .. } in &packs {
            // A damaged pack says nothing; the log names it.
            let Ok(pack) = pack::read(leaves) else { continue };
            last = last.max(latest(&pack));
        }
    }
    Ok(UnixMillis(last.0.saturating_sub_unsigned(millis(WAITED_MAX)).max(0)))
}

fn latest(pack: &Pack) -> UnixMillis {
    let messages = pack.messages.iter().map(|message| message.at);
    let erasures = pack.erasures.iter().map(|erasure| erasure.at);
    let windows = pack.windows.iter().map(|window| window.until);
    messages.chain(erasures).chain(windows).max().unwrap_or(UnixMillis(0))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
