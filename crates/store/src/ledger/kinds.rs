//! Kinds of messages: few, each written once and named by its id in outlines.
//!
//! Which fields a message tells is part of its kind, and which of those that may be told are there whoever asks
//! decides. So kinds can be many, up to the bound that the ledger sets ([`sluicegate_ledger::Kind`]); outlines are kept for
//! good, and so are the kinds that they name.

use super::{blob, outlines::KindId};
use crate::{StoreError, statements::Statements};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{Categories, Path};
use sluicegate_ledger::{Fields, Kind};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Kinds remembered at most, some 2 MiB.
const KNOWN_MAX: usize = 65_536;

pub(super) type Kinds = HashMap<KindId, Arc<Kind>>;

/// Which kinds are known to be durable. What is forgotten is written once more, and ignored.
#[derive(Debug, Default)]
pub(crate) struct KnownKinds(Mutex<HashSet<KindId>>);

impl KnownKinds {
    /// Returns those that are not known.
    pub(super) fn unknown(&self, kinds: HashMap<KindId, Arc<Kind>>) -> Vec<(KindId, Arc<Kind>)> {
        let known = self.0.lock();
        kinds.into_iter().filter(|(id, _)| !known.contains(id)).collect()
    }

    pub(super) fn add(&self, kinds: &[KindId]) {
        let mut known = self.0.lock();
        for kind in kinds {
            if known.len() >= KNOWN_MAX {
                known.clear();
            }
            known.insert(*kind);
        }
    }
}

/// A kind as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    path: String,
    partnership: String,
    edition: String,
    program: String,
    categories: u8,
    fields: Fields,
}

pub(super) fn insert(
    statements: &mut Statements,
    kinds: &[(KindId, Arc<Kind>)],
) -> Result<(), StoreError> {
    if !kinds.is_empty() {
        statements.are_rare();
    }
    for (id, kind) in kinds {
        let kept = Kept {
            path: kind.path.name().to_owned(),
            partnership: kind.partnership.as_str().to_owned(),
            edition: kind.edition.to_string(),
            program: kind.program.as_ref().to_owned(),
            categories: kind.categories.bits(),
            fields: kind.fields.clone(),
        };
        let text = serde_json::to_string(&kept)
            .map_err(|_unwritable| StoreError::Corrupt("a kind of message"))?;
        statements
            .add("INSERT OR IGNORE INTO ledger_kind (id, kind) VALUES (?, ?)")
            .bind(blob(*id))?
            .bind(text)?;
    }
    Ok(())
}

/// Reads all kinds that read. Outlines that name another do not read in whole.
pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Kinds, StoreError> {
    let rows = sqlx::query("SELECT id, kind FROM ledger_kind").fetch_all(connection).await?;
    let mut kinds = Kinds::with_capacity(rows.len());
    for row in &rows {
        let Some((id, kind)) = read(row) else {
            let id = row.try_get::<&[u8], _>("id").ok().and_then(|id| id.try_into().ok());
            let id = id.map(|id| format!("{:032x}", u128::from_be_bytes(id)));
            tracing::error!(kind.id = id, "a kind of message does not read; it is left out");
            continue;
        };
        kinds.insert(id, Arc::new(kind));
    }
    Ok(kinds)
}

fn read(row: &SqliteRow) -> Option<(KindId, Kind)> {
    let id = row.try_get::<&[u8], _>("id").ok()?;
    let id = u128::from_be_bytes(id.try_into().ok()?);
    let kept: Kept = serde_json::from_str(row.try_get("kind").ok()?).ok()?;
    let kind = Kind {
        path: Path::from_name(&kept.path)?,
        partnership: kept.partnership.parse().ok()?,
        edition: kept.edition.parse().ok()?,
        program: kept.program.into(),
        categories: Categories::from_bits(kept.categories),
        fields: kept.fields,
    };
    (kind.id() == id).then_some((id, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(program: usize) -> (KindId, Arc<Kind>) {
        let kind = Kind {
            path: Path::BidRequest,
            partnership: "north".parse().unwrap(),
            edition: sluicegate_gate::EditionHash([0; 32]),
            program: program.to_string().into(),
            categories: Categories::NONE,
            fields: Fields::default(),
        };
        (kind.id(), Arc::new(kind))
    }

    #[test]
    fn however_many_kinds_there_are_so_many_are_remembered_and_the_others_are_written_again() {
        let (known, kinds) = (KnownKinds::default(), HashMap::from([kind(1), kind(2)]));
        assert_eq!(known.unknown(kinds.clone()).len(), 2);
        known.add(&[kind(1).0, kind(2).0]);
        assert_eq!(known.unknown(kinds.clone()).len(), 0);
        let others: Vec<KindId> = (0..3 * KNOWN_MAX).map(|number| kind(number + 3).0).collect();
        known.add(&others);
        assert!(known.0.lock().len() <= KNOWN_MAX);
        assert_eq!(known.unknown(kinds).len(), 2);
    }
}
