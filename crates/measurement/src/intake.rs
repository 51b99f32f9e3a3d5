//! Taking exposures in: read, checked one by one, and durable before the answer.

use crate::{
    Appended, Erasing, Fingerprint, Journal, JournalError, Keys, NewPack, SealError,
    exposure::Exposure,
    fields::FieldError,
    items::{Form, Item, ItemsError, whole},
    read::{id_of, read},
    reader::EVENTS_MAX,
    tree,
};
use serde::Serialize;
use sluicegate_gate::time::{Clock, Dice, UnixMillis};
use sluicegate_openrtb::json::{JsonError, Limits};
use sluicegate_settings::{Keyring, apart};
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
    time::Duration,
};
use tokio::sync::OwnedRwLockReadGuard;

/// Exposures in one body at most.
pub const ITEMS_MAX: usize = 10_000;
/// Size of a body at most: 32 MiB, 32 levels deep. Ten thousand exposures with every id and a consent string are less
/// than half of it.
pub const BODY: Limits = Limits { bytes: 32 * 1024 * 1024, depth: 32 };
/// For at least this long a repeated id is known again, where a journal has room for as many.
pub const REPEATS_KNOWN_FOR: Duration = Duration::from_hours(48);

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One item, a list of them, or an object that holds nothing but the list.
    Json,
    /// One item per line; empty lines are passed over.
    Ndjson,
}

/// What became of one exposure of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemResult {
    /// Its place in the body, from 0.
    pub index: usize,
    /// Its id, where it has a proper one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What became of it.
    pub status: ItemStatus,
    /// Which field is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What became of an exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemStatus {
    /// It is durable and will be judged.
    Accepted,
    /// The same was accepted before; nothing was stored.
    Duplicate,
    /// Nothing of it was stored.
    Refused,
}

/// A body was refused as a whole; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It is not acceptable JSON.
    #[error("the body is not acceptable JSON: {0}")]
    Json(#[source] JsonError),
    /// It is no exposure, list of exposures or `{"exposures": [...]}`.
    #[error("not an exposure, a list of exposures or an object with `exposures`")]
    Shape {
        /// Where, `$` being the body.
        field: &'static str,
    },
    /// It has a field beside the list.
    #[error("unknown field beside the list")]
    Beside {
        /// Which.
        field: String,
    },
    /// It holds too many exposures.
    #[error("more than 10,000 exposures in one body")]
    TooMany,
    /// A pack could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The journal could not take them. The same body may be sent again.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl From<ItemsError> for IntakeError {
    fn from(error: ItemsError) -> Self {
        match error {
            ItemsError::Json(error) => Self::Json(error),
            ItemsError::Shape(field) => Self::Shape { field },
            ItemsError::Beside(field) => Self::Beside { field },
            ItemsError::TooMany => Self::TooMany,
        }
    }
}

/// Takes exposures in.
#[derive(Debug)]
pub struct Intake {
    journal: Arc<dyn Journal>,
    keyring: Arc<Keyring>,
    keys: Keys,
    erasing: Erasing,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
}

impl Intake {
    /// Makes an intake that writes to a journal, and keeps nothing of what happened before somebody was erased.
    pub fn new(
        journal: Arc<dyn Journal>,
        keyring: Arc<Keyring>,
        (keys, erasing): (Keys, Erasing),
        clock: Arc<dyn Clock>,
        dice: Arc<dyn Dice>,
    ) -> Self {
        Self { journal, keyring, keys, erasing, clock, dice }
    }

    /// Takes a body in and says of each exposure, in order, what became of it. What is accepted is
    /// durable when this returns; a wrong exposure refuses only itself.
    ///
    /// A large body becomes several packs, one after the other. Where this fails on the way the first of them are
    /// kept; the same body again finds them, and goes on with the rest.
    pub async fn accept(
        &self,
        body: &[u8],
        format: Format,
    ) -> Result<Vec<ItemResult>, IntakeError> {
        let now = self.clock.now();
        let mut items = EXPOSURES.items(body, format)?.into_iter().enumerate();
        let mut results = Vec::with_capacity(items.len());
        while items.len() > 0 {
            let taking_in = self.erasing.taking_in().await;
            let mut fresh = self.read_pack(&mut items, &mut results, now);
            self.append(&mut fresh, &mut results, now, taking_in).await?;
        }
        Ok(results)
    }

    /// Reads on until a pack is full, and adds what became of each. A repeat of what an earlier pack of the same body
    /// holds is one that the journal knows.
    fn read_pack<'a>(
        &self,
        items: &mut impl ExactSizeIterator<Item = (usize, Item<'a>)>,
        results: &mut Vec<ItemResult>,
        now: UnixMillis,
    ) -> Vec<Fresh> {
        let most = items.len().min(EVENTS_MAX);
        let mut bytes: usize = 0;
        let mut fresh: Vec<Fresh> = Vec::with_capacity(most);
        let mut seen: HashMap<[u8; 12], usize> = HashMap::with_capacity(most);
        while fresh.len() < EVENTS_MAX
            && bytes < PACK_BYTES
            && let Some((index, item)) = items.next()
        {
            let mut result = ItemResult::accepted(index, id(&item));
            match self.read_one(item, index, now) {
                Err(wrong) => result.refuse(wrong),
                Ok(read) => match seen.entry(read.fingerprint.id) {
                    Entry::Vacant(free) => {
                        bytes = bytes.saturating_add(read.text.len());
                        free.insert(fresh.len());
                        fresh.push(read);
                    }
                    Entry::Occupied(first) => {
                        if let Some(first) = fresh.get_mut(*first.get()) {
                            result.repeat(first.fingerprint.content, &read.fingerprint);
                            first.repeats.push((index, read.fingerprint));
                        }
                    }
                },
            }
            results.push(result);
        }
        fresh
    }

    fn read_one(&self, item: Item<'_>, index: usize, now: UnixMillis) -> Result<Fresh, FieldError> {
        let mut exposure = read(item.object()?, &self.keyring, now)?;
        let write = |exposure: &Exposure| -> Result<Vec<u8>, FieldError> {
            let mut text = Vec::with_capacity(TEXT_BYTES);
            serde_json::to_writer(&mut text, exposure).map_err(|_write| whole("cannot be kept"))?;
            Ok(text)
        };
        let mut text = write(&exposure)?;
        let fingerprint = self.keys.fingerprint(exposure.id.as_bytes(), &text);
        // Why: it has happened. Dated ahead, what was seen while sharing was off would count as seen
        // after sharing was turned on a moment later.
        let is_ahead = exposure.happened > now;
        exposure.happened = exposure.happened.min(now);
        let is_blank = self.erasing.blank_late(&self.keys, &mut exposure);
        if is_ahead || is_blank {
            text = write(&exposure)?;
        }
        Ok(Fresh { index, fingerprint, text, repeats: Vec::new() })
    }

    /// Appends what is fresh. Ids that the journal knows are taken out, and the rest goes again: each
    /// round is smaller than the one before, and almost always there is one.
    async fn append(
        &self,
        fresh: &mut Vec<Fresh>,
        results: &mut [ItemResult],
        now: UnixMillis,
        mut taking_in: OwnedRwLockReadGuard<()>,
    ) -> Result<(), IntakeError> {
        while !fresh.is_empty() {
            let pack = NewPack {
                events: fresh.iter().map(|fresh| fresh.fingerprint).collect(),
                accepted_at: now,
                sealed: self.keys.seal(&list_of(fresh), self.dice.as_ref())?,
            };
            let journal = Arc::clone(&self.journal);
            // Why apart: whoever waits may go away while the pack is on its way, and until it has come an erasure waits.
            let appending = async move { (journal.append(pack).await, taking_in) };
            let (appended, held) = apart(appending).await;
            taking_in = held;
            let known = match appended? {
                Appended::At(_) => return Ok(()),
                Appended::Known(known) => known,
            };
            let taken: HashSet<usize> = known.iter().map(|known| known.index).collect();
            for known in known {
                let Some(repeat) = fresh.get(known.index) else { continue };
                let own = std::iter::once((repeat.index, repeat.fingerprint));
                for (index, fingerprint) in own.chain(repeat.repeats.iter().copied()) {
                    if let Some(result) = results.get_mut(index) {
                        result.repeat(known.content, &fingerprint);
                    }
                }
            }
            let before = fresh.len();
            let mut index = 0..;
            fresh.retain(|_| index.next().is_none_or(|index| !taken.contains(&index)));
            if fresh.len() == before {
                return Err(JournalError::Corrupt("an id is known that was not asked for").into());
            }
        }
        Ok(())
    }
}

impl ItemResult {
    pub(crate) fn accepted(index: usize, id: Option<String>) -> Self {
        Self { index, id, status: ItemStatus::Accepted, field: None, problem: None }
    }

    pub(crate) fn refuse(&mut self, wrong: FieldError) {
        self.status = ItemStatus::Refused;
        self.field = Some(wrong.field);
        self.problem = Some(wrong.problem.to_owned());
    }

    fn repeat(&mut self, first: [u8; 4], repeat: &Fingerprint) {
        if first == repeat.content {
            self.status = ItemStatus::Duplicate;
            (self.field, self.problem) = (None, None);
        } else {
            let problem = "accepted before under this id with other content";
            self.refuse(FieldError { field: String::from("id"), problem });
        }
    }
}

/// An exposure that was read, on its way into a pack.
struct Fresh {
    index: usize,
    fingerprint: Fingerprint,
    text: Vec<u8>,
    /// Where the same id stands again in the body.
    repeats: Vec<(usize, Fingerprint)>,
}

/// A body of exposures.
const EXPOSURES: Form = Form { list: "exposures", items_max: ITEMS_MAX, body: BODY };

/// Returns an item's id, where it has a proper one.
fn id(item: &Item<'_>) -> Option<String> {
    match item {
        Item::Object(object) => id_of(object),
        Item::NotAnObject | Item::NotJson(_) => None,
    }
}

/// A pack that has as many bytes of exposures is full, with however few: deliveries hold whole packs.
const PACK_BYTES: usize = 4 * 1024 * 1024;
/// About as many bytes as an exposure takes when it is kept.
const TEXT_BYTES: usize = 768;

/// Reads a body that is one exposure, and keeps nothing of it.
pub(crate) fn read_single(
    body: &[u8],
    keyring: &Keyring,
    now: UnixMillis,
) -> Result<Exposure, FieldError> {
    read(tree::parse(body, &BODY).map_or_else(Item::NotJson, Item::of).object()?, keyring, now)
}

/// Returns the list that a pack seals, part by part.
fn list_of(fresh: &[Fresh]) -> Vec<&[u8]> {
    let mut list: Vec<&[u8]> = Vec::with_capacity(fresh.len() * 2 + 1);
    for fresh in fresh {
        list.push(if list.is_empty() { b"[" } else { b"," });
        list.push(&fresh.text);
    }
    list.push(b"]");
    list
}
