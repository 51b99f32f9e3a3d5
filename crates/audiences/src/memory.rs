//! An inbox in memory: an aid for tests, with nothing durable about it.

use crate::{Aside, Batch, Inbox, InboxError, NewBatch, Old, Put, Sender, WAITING_MAX, Waiting};
use futures_util::future::{BoxFuture, FutureExt, ready};
use parking_lot::Mutex;
use sluicegate_gate::{SubjectKey, time::UnixMillis};
use std::collections::BTreeMap;

/// Keeps batches until it is dropped.
#[derive(Debug, Default)]
pub struct MemoryInbox(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    names: BTreeMap<(Sender, [u8; 16]), Named>,
    waiting: BTreeMap<u64, Batch>,
    aside: BTreeMap<u64, (UnixMillis, Batch)>,
}

#[derive(Debug)]
struct Named {
    number: u64,
    content: [u8; 16],
    at: UnixMillis,
}

impl Inbox for MemoryInbox {
    fn put(&self, batch: NewBatch) -> BoxFuture<'_, Result<Put, InboxError>> {
        ready(Ok(self.0.lock().put(batch))).boxed()
    }

    fn waiting(&self, max: usize) -> BoxFuture<'_, Result<Vec<Waiting>, InboxError>> {
        let kept = self.0.lock();
        let waiting = kept.waiting.values().take(max).cloned().map(Waiting::Batch).collect();
        ready(Ok(waiting)).boxed()
    }

    fn done(&self, number: u64) -> BoxFuture<'_, Result<(), InboxError>> {
        self.0.lock().waiting.remove(&number);
        ready(Ok(())).boxed()
    }

    fn set_aside(&self, number: u64, aside: Aside) -> BoxFuture<'_, Result<(), InboxError>> {
        let mut kept = self.0.lock();
        if let Some(batch) = kept.waiting.remove(&number) {
            let items = aside.items.unwrap_or_else(|| batch.items.clone());
            kept.aside.insert(number, (aside.at, Batch { items, ..batch }));
        }
        ready(Ok(())).boxed()
    }

    fn count_set_aside(&self) -> BoxFuture<'_, Result<u64, InboxError>> {
        let count = u64::try_from(self.0.lock().aside.len()).unwrap_or(u64::MAX);
        ready(Ok(count)).boxed()
    }

    fn erase(&self, account: SubjectKey) -> BoxFuture<'_, Result<(), InboxError>> {
        let mut kept = self.0.lock();
        kept.aside.retain(|_, (_, batch)| {
            let before = batch.items.len();
            batch.items.retain(|item| item.account() != Some(account));
            batch.items.len() == before || !batch.items.is_empty()
        });
        ready(Ok(())).boxed()
    }

    fn trim(&self, before: Old) -> BoxFuture<'_, Result<(), InboxError>> {
        let mut kept = self.0.lock();
        let Kept { names, waiting, aside, .. } = &mut *kept;
        names.retain(|_, named| named.at >= before.names || waiting.contains_key(&named.number));
        aside.retain(|_, (at, _)| *at >= before.set_aside);
        ready(Ok(())).boxed()
    }
}

impl Kept {
    fn put(&mut self, batch: NewBatch) -> Put {
        let NewBatch { sender, name, content, at, items } = batch;
        if let Some(known) = self.names.get(&(sender.clone(), name)) {
            return if known.content == content { Put::Repeated } else { Put::Conflicting };
        }
        if self.waiting.values().filter(|one| one.sender == sender).count() >= WAITING_MAX {
            return Put::Full;
        }
        let number = self.next;
        self.next += 1;
        self.names.insert((sender.clone(), name), Named { number, content, at });
        self.waiting.insert(number, Batch { number, sender, at, items });
        Put::Taken
    }
}
