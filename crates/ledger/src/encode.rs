//! From messages handed in to the rows of a batch. Runs on the writer, never on a caller.

use crate::{
    Day, ItemRow, MessageRow, ToldRow, TotalRow,
    keys::{Keeper, KeyFault, Place, SubjectSecret},
};
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    Categories, Envelope, Item, KeyKind, PartnershipId, Path, Stamp, SubjectKey, time::UnixMillis,
};
use std::{collections::HashMap, sync::Arc};

/// The secrets of the subjects of one batch.
pub(crate) type Ring = HashMap<SubjectKey, Arc<SubjectSecret>>;

/// Rows of many messages; equal sets of values are merged.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) messages: Vec<MessageRow>,
    told: HashMap<(SubjectKey, PartnershipId, Day, [u8; 16]), ToldRow>,
    totals: HashMap<(PartnershipId, Day, Path), TotalRow>,
}

/// Returns the keys whose pages show a disclosure: the account where there is one, else device and
/// browser.
pub(crate) fn owners(keys: &[SubjectKey]) -> impl Iterator<Item = SubjectKey> {
    let with_account = keys.iter().any(|key| key.kind == KeyKind::Account);
    keys.iter().copied().filter(move |key| (key.kind == KeyKind::Account) == with_account)
}

/// Returns the owners of every disclosure in a message.
pub(crate) fn owners_of(envelope: &Envelope) -> impl Iterator<Item = SubjectKey> {
    envelope.items().iter().filter_map(|item| item.stamp.as_ref()).flat_map(|stamp| {
        let keys: Vec<SubjectKey> = stamp.keys.iter().map(|stamped| stamped.key).collect();
        owners(&keys).collect::<Vec<_>>()
    })
}

impl Rows {
    /// Adds a message. On failure nothing of it is added.
    pub(crate) fn add(
        &mut self,
        envelope: &Envelope,
        at: UnixMillis,
        ring: &Ring,
        keeper: &Keeper,
    ) -> Result<(), KeyFault> {
        // The keys are looked for first, so that a message is in with all of its parts or not at all.
        if owners_of(envelope).any(|owner| !ring.contains_key(&owner)) {
            return Err(KeyFault);
        }
        for item in envelope.items() {
            self.tell(envelope, item, at, ring, keeper)?;
        }
        self.count(envelope, at);
        self.messages.push(message(envelope, at, keeper));
        Ok(())
    }

    pub(crate) fn told(&mut self) -> Vec<ToldRow> {
        std::mem::take(&mut self.told).into_values().collect()
    }

    pub(crate) fn totals(&mut self) -> Vec<TotalRow> {
        std::mem::take(&mut self.totals).into_values().collect()
    }

    fn tell(
        &mut self,
        envelope: &Envelope,
        item: &Item,
        at: UnixMillis,
        ring: &Ring,
        keeper: &Keeper,
    ) -> Result<(), KeyFault> {
        let Some(stamp) = &item.stamp else { return Ok(()) };
        let mut told: Vec<_> = item.told.iter().collect();
        told.sort_unstable();
        told.dedup();
        let plain = serde_json::to_vec(&told).map_err(|_unwritable| KeyFault)?;
        let keys: Vec<SubjectKey> = stamp.keys.iter().map(|stamped| stamped.key).collect();
        for subject in owners(&keys) {
            let secret = ring.get(&subject).ok_or(KeyFault)?;
            self.merge(&Set { envelope, stamp, subject, at, plain: &plain }, secret, keeper)?;
        }
        Ok(())
    }

    fn merge(
        &mut self,
        set: &Set<'_>,
        secret: &SubjectSecret,
        keeper: &Keeper,
    ) -> Result<(), KeyFault> {
        let partnership = set.envelope.partnership();
        let path = set.envelope.path();
        let categories = set.stamp.categories;
        let digest =
            secret.digest(&[path.name().as_bytes(), &[0, categories.bits()], set.plain])?;
        let day = Day::of(set.at);
        let index = (set.subject, partnership.clone(), day, digest);
        if let Some(row) = self.told.get_mut(&index) {
            row.count += 1;
            row.first = row.first.min(set.at);
            row.last = row.last.max(set.at);
            row.edition = set.envelope.edition();
            return Ok(());
        }
        let place = Place { subject: set.subject, partnership, day: day.0, digest: &digest };
        let row = ToldRow {
            subject: set.subject,
            partnership: partnership.clone(),
            day,
            digest,
            key_id: secret.id,
            path,
            categories,
            edition: set.envelope.edition(),
            sealed: secret.seal(keeper.roll(), &place, set.plain)?,
            count: 1,
            first: set.at,
            last: set.at,
        };
        self.told.insert(index, row);
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

/// One set of values told about one subject.
struct Set<'a> {
    envelope: &'a Envelope,
    stamp: &'a Stamp,
    subject: SubjectKey,
    at: UnixMillis,
    plain: &'a [u8],
}

fn message(envelope: &Envelope, at: UnixMillis, keeper: &Keeper) -> MessageRow {
    let categories = envelope
        .items()
        .iter()
        .filter_map(|item| item.stamp.as_ref())
        .fold(Categories::NONE, |all, stamp| all.or(stamp.categories));
    let digest = match envelope.url() {
        Some(url) => Sha256::new().chain_update(url).chain_update(envelope.body()),
        None => Sha256::new().chain_update(envelope.body()),
    };
    MessageRow {
        message: envelope.message(),
        at,
        path: envelope.path(),
        partnership: envelope.partnership().clone(),
        edition: envelope.edition(),
        categories,
        sha256: digest.finalize().into(),
        salt: keeper.roll().to_be_bytes(),
        items: envelope.items().iter().map(item_row).collect(),
    }
}

fn item_row(item: &Item) -> ItemRow {
    let keys = item
        .stamp
        .as_ref()
        .map(|stamp| stamp.keys.iter().map(|stamped| (stamped.key, stamped.revision)).collect());
    ItemRow { disclosure: item.disclosure, keys: keys.unwrap_or_default() }
}
