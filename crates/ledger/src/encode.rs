//! From messages handed in to the rows of a batch. Runs on the writer; whoever hands in a message has just written
//! it, and hashes it.

use crate::{
    Day, OutlineRow, Someone, ToldRow, TotalRow,
    halves::in_halves,
    hashed::Hashed,
    keys::{Keeper, KeyFault, Place, SubjectSecret},
    marks::{Marks, ToldMark},
    outline::Kinds,
    pack::{NewItem, NewMessage},
    sets::{self, Set, Sets},
    values,
    writer::Record,
};
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    Categories, Envelope, Item, KeyKind, PartnershipId, Path, Stamp, SubjectKey, time::UnixMillis,
};
use std::{collections::HashMap, hash::BuildHasherDefault, sync::Arc};

/// The secrets of the subjects of one batch.
pub(crate) type Ring = Hashed<SubjectKey, Arc<SubjectSecret>>;

/// What the rows of a batch are made with.
#[derive(Debug)]
pub(crate) struct Tools<'a> {
    pub(crate) ring: &'a Ring,
    pub(crate) marks: Marks<'a>,
    pub(crate) sets: &'a mut Sets,
    pub(crate) kinds: &'a mut Kinds,
}

/// Rows of many messages; equal sets of values are merged.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) messages: Vec<NewMessage>,
    pub(crate) outlines: Vec<OutlineRow>,
    pub(crate) told: Vec<ToldRow>,
    /// Which of them have no values yet.
    unsealed: Vec<Unsealed>,
    /// Where in them each set is, by its mark.
    sets: Hashed<u128, usize>,
    /// Room for the marks of a message, and for bytes to be hashed.
    marks: Vec<ToldMark>,
    bytes: Vec<u8>,
    totals: HashMap<(PartnershipId, Day, Path), TotalRow>,
}

/// A set of values that is to be sealed.
#[derive(Debug)]
struct Unsealed {
    /// Its row.
    row: usize,
    mark: u128,
    secret: Arc<SubjectSecret>,
    envelope: Arc<Envelope>,
    /// Which item of the message.
    item: usize,
    day: Day,
}

/// A set of values as the store knows it.
type SealedSet = ([u8; 16], Vec<u8>);

/// Returns the keys whose pages show a disclosure: the account where there is one, else device and
/// browser.
pub(crate) fn owners(
    keys: impl Iterator<Item = SubjectKey> + Clone,
) -> impl Iterator<Item = SubjectKey> {
    let with_account = keys.clone().any(|key| key.kind == KeyKind::Account);
    keys.filter(move |key| (key.kind == KeyKind::Account) == with_account)
}

/// Returns the owners of every disclosure in a message.
pub(crate) fn owners_of(envelope: &Envelope) -> impl Iterator<Item = SubjectKey> {
    envelope.items().iter().filter_map(|item| item.stamp.as_ref()).flat_map(owners_in)
}

fn owners_in(stamp: &Stamp) -> impl Iterator<Item = SubjectKey> {
    owners(stamp.keys.iter().map(|stamped| stamped.key))
}

impl Rows {
    /// Adds a message. On failure nothing of it is added.
    pub(crate) fn add(
        &mut self,
        Record { envelope, at, sha256, .. }: &Record,
        tools: &mut Tools<'_>,
    ) -> Result<(), KeyFault> {
        let at = *at;
        // The keys are looked for first, so that a message is in with all of its parts or not at all.
        if owners_of(envelope).any(|owner| !tools.ring.contains_key(&owner)) {
            return Err(KeyFault);
        }
        let mut marks = std::mem::take(&mut self.marks);
        marks.clear();
        marks.extend(envelope.items().iter().map(|item| tools.marks.of(&item.told)));
        for (which, mark) in marks.iter().enumerate() {
            self.tell(envelope, (which, mark), at, tools)?;
        }
        self.count(envelope, at);
        self.outlines.push(outline(envelope, at, &marks, tools));
        self.marks = marks;
        self.messages.push(message(envelope, at, *sha256));
        Ok(())
    }

    /// Makes room for that many messages.
    pub(crate) fn with_capacity(messages: usize) -> Self {
        Self {
            messages: Vec::with_capacity(messages),
            outlines: Vec::with_capacity(messages),
            told: Vec::with_capacity(messages),
            sets: Hashed::with_capacity_and_hasher(messages, BuildHasherDefault::new()),
            ..Self::default()
        }
    }

    pub(crate) fn totals(&mut self) -> Vec<TotalRow> {
        std::mem::take(&mut self.totals).into_values().collect()
    }

    fn tell(
        &mut self,
        envelope: &Arc<Envelope>,
        (which, mark): (usize, &ToldMark),
        at: UnixMillis,
        tools: &mut Tools<'_>,
    ) -> Result<(), KeyFault> {
        let Some(item) = envelope.items().get(which) else { return Ok(()) };
        let Some(stamp) = &item.stamp else { return Ok(()) };
        for subject in owners_in(stamp) {
            let secret = tools.ring.get(&subject).ok_or(KeyFault)?;
            let set = Set {
                key: secret.id,
                partnership: envelope.partnership(),
                path: envelope.path(),
                day: Day::of(at),
                categories: stamp.categories,
                values: mark.values,
            };
            let mark = set.mark(tools.marks.marker(), &mut self.bytes);
            if let Some(row) = self.sets.get(&mark).and_then(|kept| self.told.get_mut(*kept)) {
                row.count += 1;
                row.first = row.first.min(at);
                row.last = row.last.max(at);
                row.edition = envelope.edition();
                continue;
            }
            let row = self.told.len();
            let known = tools.sets.digest(mark);
            if known.is_none() {
                let (secret, envelope) = (Arc::clone(secret), Arc::clone(envelope));
                let day = set.day;
                self.unsealed.push(Unsealed { row, mark, secret, envelope, item: which, day });
            }
            self.sets.insert(mark, row);
            self.told.push(set.row(known.unwrap_or_default(), envelope.edition(), at));
        }
        Ok(())
    }

    /// Seals the values of the rows that have none, and notes their sets.
    pub(crate) async fn seal(
        &mut self,
        keeper: &Arc<Keeper>,
        sets: &mut Sets,
    ) -> Result<(), KeyFault> {
        let unsealed = std::mem::take(&mut self.unsealed);
        let places: Vec<(usize, u128)> = unsealed.iter().map(|one| (one.row, one.mark)).collect();
        let keeper = Arc::clone(keeper);
        let work =
            move |some: Vec<Unsealed>| some.iter().map(|one| one.seal(&keeper)).collect::<Vec<_>>();
        let sealed = in_halves(unsealed, work).await.map_err(|_gone| KeyFault)?;
        for ((row, mark), sealed) in places.into_iter().zip(sealed) {
            let (digest, sealed) = sealed?;
            sets.seal(mark, digest);
            let row = self.told.get_mut(row).ok_or(KeyFault)?;
            (row.digest, row.sealed) = (digest, Some(sealed));
        }
        Ok(())
    }

    fn count(&mut self, envelope: &Envelope, at: UnixMillis) {
        let disclosures = envelope.items().iter().filter(|item| item.stamp.is_some()).count();
        let index = (envelope.partnership().clone(), Day::of(at), envelope.path());
        let row = self.totals.entry(index).or_insert_with(|| TotalRow {
            partnership: envelope.partnership().clone(),
            day: Day::of(at),
            path: envelope.path(),
            messages: 0,
            disclosures: 0,
            withheld: 0,
        });
        row.messages += 1;
        row.disclosures += u64::try_from(disclosures).unwrap_or(u64::MAX);
    }
}

impl Unsealed {
    /// Writes the values, and seals them.
    fn seal(&self, keeper: &Keeper) -> Result<SealedSet, KeyFault> {
        let Self { secret, envelope, day, .. } = self;
        let item = envelope.items().get(self.item).ok_or(KeyFault)?;
        let stamp = item.stamp.as_ref().ok_or(KeyFault)?;
        let written = values::write(&item.told);
        let plain = written.written();
        let digest = sets::digest(secret, envelope.path(), stamp.categories, plain)?;
        let partnership = envelope.partnership();
        let place = Place { key: secret.id, partnership, day: day.0, digest: &digest };
        Ok((digest, secret.seal(keeper.roll(), &place, plain)?))
    }
}

/// Returns the SHA-256 of the bytes that are sent.
pub(crate) fn sha256(envelope: &Envelope) -> [u8; 32] {
    let digest = match envelope.url() {
        Some(url) => Sha256::new().chain_update(url),
        None => Sha256::new(),
    };
    digest.chain_update(envelope.body()).finalize().into()
}

fn message(envelope: &Envelope, at: UnixMillis, sha256: [u8; 32]) -> NewMessage {
    let categories = envelope
        .items()
        .iter()
        .filter_map(|item| item.stamp.as_ref())
        .fold(Categories::NONE, |all, stamp| all.or(stamp.categories));
    NewMessage {
        message: envelope.message(),
        at,
        path: envelope.path(),
        partnership: envelope.partnership().clone(),
        edition: envelope.edition(),
        categories,
        sha256,
        items: envelope.items().iter().map(item_row).collect(),
    }
}

fn outline(
    envelope: &Envelope,
    at: UnixMillis,
    marks: &[ToldMark],
    tools: &mut Tools<'_>,
) -> OutlineRow {
    let stamps = || envelope.items().iter().filter_map(|item| item.stamp.as_ref());
    let categories = stamps().fold(Categories::NONE, |all, stamp| all.or(stamp.categories));
    let kind = tools.kinds.of(envelope, categories, (tools.marks.marker(), marks));
    let people = owners_of(envelope)
        .filter_map(|owner| Some(Someone::new(owner.kind, tools.ring.get(&owner)?.id)));
    OutlineRow {
        at,
        kind,
        disclosures: u32::try_from(stamps().count()).unwrap_or(u32::MAX),
        people: people.collect(),
    }
}

fn item_row(item: &Item) -> NewItem {
    let keys = item
        .stamp
        .as_ref()
        .map(|stamp| stamp.keys.iter().map(|stamped| (stamped.key, stamped.revision)).collect());
    NewItem { disclosure: item.disclosure, keys: keys.unwrap_or_default() }
}
