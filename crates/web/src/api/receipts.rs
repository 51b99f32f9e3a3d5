//! Gathers what a consent receipt is made of, for operators and for the person.

use super::receipt::Receipt;
use serde_json::Value;
use sluicegate_gate::{PartnershipId, SubjectKey, time::UnixMillis};
use sluicegate_ledger::ExportRow;
use sluicegate_register::{Edition, EditionStore, EditionStoreError};
use sluicegate_settings::{Settings, SettingsStoreError};
use std::{collections::BTreeSet, ops::Range};

/// Where it is gathered from.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    /// What was chosen.
    pub(crate) settings: &'a Settings,
    /// The edition in force.
    pub(crate) edition: &'a Edition,
    /// Those before it.
    pub(crate) editions: &'a dyn EditionStore,
    /// When the receipt is made.
    pub(crate) at: UnixMillis,
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptError {
    #[error("what was chosen could not be read")]
    Settings(#[from] SettingsStoreError),
    #[error("the editions of the register could not be read")]
    Editions(#[from] EditionStoreError),
}

/// Returns the receipt of a key for the records of a range of time.
pub(crate) async fn receipt(
    sources: &Sources<'_>,
    key: SubjectKey,
    range: Range<UnixMillis>,
    records: &[ExportRow],
) -> Result<Value, ReceiptError> {
    let receipt = Receipt {
        key,
        range,
        at: sources.at,
        edition: sources.edition,
        past: &last_listings(sources, records).await?,
        standing: sources.settings.standing(key),
        history: sources.settings.history(key).await?,
        records,
    };
    Ok(receipt.document())
}

/// Returns the last editions that listed each partnership that is in the records, and not listed now. The newest is first. One
/// that does not read speaks for nobody.
async fn last_listings(
    sources: &Sources<'_>,
    records: &[ExportRow],
) -> Result<Vec<Edition>, EditionStoreError> {
    let mut wanted: BTreeSet<&PartnershipId> = records
        .iter()
        .filter_map(|record| match record {
            ExportRow::Disclosure { partnership, .. } => Some(partnership),
            ExportRow::Withheld { .. } | ExportRow::Unread { .. } => None,
        })
        .filter(|id| sources.edition.partnership(id).is_none())
        .collect();
    let mut found = Vec::new();
    for number in (1..sources.edition.number()).rev() {
        if wanted.is_empty() {
            break;
        }
        let edition = match sources.editions.get(number).await {
            Err(EditionStoreError::Corrupt(number)) => {
                tracing::error!(
                    edition.number = number,
                    "an edition does not read; a receipt goes without it"
                );
                None
            }
            edition => edition?,
        };
        let Some(edition) = edition else { continue };
        let before = wanted.len();
        wanted.retain(|id| edition.partnership(id).is_none());
        if wanted.len() < before {
            found.push(edition);
        }
    }
    Ok(found)
}
