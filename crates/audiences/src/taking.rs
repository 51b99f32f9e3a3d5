//! What both kinds of batches share: checked by form, durable, and answered alike for everybody.

use crate::{
    Format, Inbox, InboxError, Item, NewBatch, Put, Sender,
    fields::{FieldError, Fields, wrong},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sluicegate_gate::time::UnixMillis;
use sluicegate_openrtb::json::JsonError;
use std::time::Duration;

/// For so long a repeated batch is known again.
pub const REPEATS_KNOWN_FOR: Duration = Duration::from_hours(48);

/// A batch that is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// What became of it.
    pub batch: BatchStatus,
    /// What became of each item, in order.
    pub results: Vec<ItemResult>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchStatus {
    /// It will be applied.
    Accepted,
    /// The same was accepted before; nothing was stored.
    Repeated,
}

/// What became of one item: by its form alone, whoever is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemResult {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// What became of it.
    pub status: ItemStatus,
    /// Which field is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemStatus {
    /// It is well formed. It says nothing about anybody.
    Accepted,
    /// Nothing of it was stored.
    Refused,
}

/// A batch was refused as a whole; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It is not acceptable JSON.
    #[error("not acceptable JSON: {0}")]
    Json(#[source] JsonError),
    /// It is not a batch.
    #[error("{problem}")]
    Shape {
        /// Where, `$` being the body.
        field: &'static str,
        /// What it must be.
        problem: &'static str,
    },
    /// It has a field that no batch has.
    #[error("an unknown field")]
    Unknown {
        /// Its name; `$` where that is long.
        field: String,
    },
    /// It holds too many items.
    #[error("more than {} items in one batch", crate::ITEMS_MAX)]
    TooMany,
    /// Another batch was taken under this name.
    #[error("another batch was taken under this name in the last 48 hours")]
    Conflicting,
    /// Earlier batches have not been applied yet.
    #[error("too many batches wait to be applied")]
    Full,
    /// There is no such partnership, or it may not say anything of people.
    #[error("this partnership lists no audiences")]
    NotListed,
    /// The partnership has not begun, has ended, is suspended, or its attestation has lapsed.
    #[error("the partnership is not in force")]
    NotInForce,
    /// The inbox could not take it. The same batch may be sent again.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

/// Reads a batch, makes it durable, and says of each item whether it is well formed.
pub(crate) async fn take(
    inbox: &dyn Inbox,
    sender: Sender,
    (body, format, list): (&[u8], Format, &'static str),
    at: UnixMillis,
    read_item: impl Fn(Fields) -> Result<Item, FieldError>,
) -> Result<Taken, TakeError> {
    let read = format.read(body, list)?;
    let mut results = Vec::with_capacity(read.items.len());
    let mut items = Vec::with_capacity(read.items.len());
    for (index, value) in read.items.into_iter().enumerate() {
        let item = value
            .map_err(|_not_json| wrong("$", "not acceptable JSON"))
            .and_then(Fields::of)
            .and_then(&read_item);
        results.push(ItemResult::of(index, item.as_ref().err()));
        items.extend(item);
    }
    let name = digest(&[sender.name().as_bytes(), &[0], read.batch.as_bytes()]);
    let batch = NewBatch { sender, name, content: digest(&[body]), at, items };
    let batch = match inbox.put(batch).await? {
        Put::Taken => BatchStatus::Accepted,
        Put::Repeated => BatchStatus::Repeated,
        Put::Conflicting => return Err(TakeError::Conflicting),
        Put::Full => return Err(TakeError::Full),
    };
    Ok(Taken { batch, results })
}

impl ItemResult {
    fn of(index: usize, wrong: Option<&FieldError>) -> Self {
        Self {
            index,
            status: if wrong.is_some() { ItemStatus::Refused } else { ItemStatus::Accepted },
            field: wrong.map(|wrong| wrong.field.clone().into_owned()),
            problem: wrong.map(|wrong| wrong.problem),
        }
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    let mut half = [0; 16];
    half.iter_mut().zip(hasher.finalize()).for_each(|(byte, digest)| *byte = digest);
    half
}
