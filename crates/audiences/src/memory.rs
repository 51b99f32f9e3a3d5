//! An inbox in memory: an aid for tests, with nothing durable about it.

use crate::{Batch, Inbox, InboxError, NewBatch, Put, Sender, WAITING_MAX};
use futures_util::future::{BoxFuture, FutureExt, ready};
use parking_lot::Mutex;
use sluicegate_gate::time::UnixMillis;
use std::collections::BTreeMap;

/// Keeps batches until it is dropped.
#[derive(Debug, Default)]
pub struct MemoryInbox(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    names: BTreeMap<(Sender, [u8; 16]), Named>,
    waiting: BTreeMap<u64, Batch>,
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

    fn waiting(&self, max: usize) -> BoxFuture<'_, Result<Vec<Batch>, InboxError>> {
        let waiting = self.0.lock().waiting.values().take(max).cloned().collect();
        ready(Ok(waiting)).boxed()
    }

    fn done(&self, number: u64) -> BoxFuture<'_, Result<(), InboxError>> {
        self.0.lock().waiting.remove(&number);
        ready(Ok(())).boxed()
    }

    fn trim(&self, before: UnixMillis) -> BoxFuture<'_, Result<(), InboxError>> {
        let mut kept = self.0.lock();
        let Kept { names, waiting, .. } = &mut *kept;
        names.retain(|_, named| named.at >= before || waiting.contains_key(&named.number));
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
