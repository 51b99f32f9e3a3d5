//! Requests to delete what a partner has under an identifier: only under one that it got from here.

use super::RecallError;
use crate::{Cleared, KeyRow, Ledger, ReadError, keys::Keeper, person};
use bytes::Bytes;
use sluicegate_gate::{
    DisclosureId, EditionHash, EncodeError, KeyKind, NoPerson, PartnershipId, Path, SubjectKey,
    seal_no_person,
    time::{BootMillis, UnixMillis},
};
use std::{collections::BTreeSet, fmt, ops::Range};
use subtle::ConstantTimeEq;

/// What an identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentifierKind {
    /// An advertising id as it is.
    AdvertisingId,
    /// The id by which only this partner knows the person (`user.id` of bid requests).
    UserId,
    /// The id by which only this partner knows the device (in exposures).
    DeviceId,
    /// The id by which only this partner knows the browser (in exposures).
    BrowserId,
}

impl IdentifierKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AdvertisingId, Self::UserId, Self::DeviceId, Self::BrowserId];

    /// Returns the name used in records and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::AdvertisingId => "ifa",
            Self::UserId => "user_id",
            Self::DeviceId => "device_id",
            Self::BrowserId => "browser_id",
        }
    }

    /// Returns the identifier of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Returns which identifier a field of an outgoing object holds.
    fn of_field(field: &str) -> Option<Self> {
        match field {
            "device.ifa" | "ifa" => Some(Self::AdvertisingId),
            "user.id" => Some(Self::UserId),
            "device_id_hash" => Some(Self::DeviceId),
            "browser_id_hash" => Some(Self::BrowserId),
            _ => None,
        }
    }
}

/// An identifier that a partner was told, with the ledger's mark that it was. `Debug` leaves the value out.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToldIdentifier {
    /// Who was told.
    pub partnership: PartnershipId,
    /// What it is.
    pub identifier: IdentifierKind,
    /// The value that was told.
    pub value: String,
    /// The mark.
    pub mark: [u8; 16],
}

impl fmt::Debug for ToldIdentifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ToldIdentifier")
            .field("partnership", &self.partnership)
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}

impl ToldIdentifier {
    fn new(
        keeper: &Keeper,
        partnership: PartnershipId,
        identifier: IdentifierKind,
        value: String,
    ) -> Option<Self> {
        let mark = mark(keeper, &partnership, identifier, &value)?;
        Some(Self { partnership, identifier, value, mark })
    }

    fn is_genuine(&self, keeper: &Keeper) -> bool {
        mark(keeper, &self.partnership, self.identifier, &self.value)
            .is_some_and(|mark| bool::from(mark.ct_eq(&self.mark)))
    }
}

fn mark(
    keeper: &Keeper,
    partnership: &PartnershipId,
    identifier: IdentifierKind,
    value: &str,
) -> Option<[u8; 16]> {
    let name = partnership.as_str();
    let length = u64::try_from(name.len()).ok()?.to_be_bytes();
    keeper.mark(&[
        b"identifier",
        &length,
        name.as_bytes(),
        identifier.name().as_bytes(),
        b"\0",
        value.as_bytes(),
    ])
}

/// A request to delete, to be cleared for one attempt.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// The id of the message.
    pub message: DisclosureId,
    /// The edition in force.
    pub edition: EditionHash,
    /// Past this the attempt does not begin.
    pub deadline: BootMillis,
    /// Where the partner takes such requests.
    pub url: String,
    /// Under which identifier.
    pub told: ToldIdentifier,
}

impl Ledger {
    /// Returns the identifiers of a subject that each partner was told in a range of time, as far as they
    /// can still be read: what is damaged is passed over, and named in the log.
    pub async fn told_identifiers(
        &self,
        subject: SubjectKey,
        range: Range<UnixMillis>,
    ) -> Result<Vec<ToldIdentifier>, ReadError> {
        let rows = self.store().keys(vec![subject]).await?;
        match rows.into_iter().find(|row| row.subject == subject) {
            Some(row) => Ok(self.told_under(&row, &range).await?.into_iter().collect()),
            None => Ok(Vec::new()),
        }
    }

    /// Returns the identifiers that rows tell about the accounts with which a device or browser came, in the same way:
    /// some are its own, others the account's or those of another device.
    pub async fn told_beside(
        &self,
        subject: SubjectKey,
        range: Range<UnixMillis>,
    ) -> Result<Vec<ToldIdentifier>, ReadError> {
        if subject.kind == KeyKind::Account {
            return Ok(Vec::new());
        }
        self.flush().await?;
        self.meet().await?;
        let met = self.store().met(vec![subject]).await?;
        let keys = met.into_iter().map(|(_, key)| key).collect();
        let mut told = BTreeSet::new();
        for row in self.store().owners(keys).await? {
            told.extend(self.told_under(&row, &range).await?);
        }
        Ok(told.into_iter().collect())
    }

    /// Returns the identifiers that were told under a key.
    async fn told_under(
        &self,
        row: &KeyRow,
        range: &Range<UnixMillis>,
    ) -> Result<BTreeSet<ToldIdentifier>, ReadError> {
        let mut told = BTreeSet::new();
        let Some(secret) = told_of(self.keeper().unwrap(row)) else { return Ok(told) };
        let (rows, unread) = self.told_that_reads(secret.id, range.start).await?;
        if unread.iter().any(|days| *days.start() < range.end) {
            tracing::error!("what a person was told under does not read in whole; {NOBODY_ASKED}");
        }
        let rows = rows.into_iter().filter(|row| row.first < range.end);
        for row in rows {
            for value in told_of(person::opened(&row, &secret)).unwrap_or_default() {
                let Some(identifier) = IdentifierKind::of_field(&value.field) else { continue };
                let partnership = row.partnership.clone();
                let one = ToldIdentifier::new(self.keeper(), partnership, identifier, value.value);
                told.insert(one.ok_or(ReadError::Unreadable)?);
            }
        }
        Ok(told)
    }

    /// Records a request to delete, and clears it for one attempt. `write` is given the identifier, which
    /// this ledger told that partner before, and returns the message.
    pub async fn deletion(
        &self,
        deletion: Deletion,
        write: impl FnOnce(&ToldIdentifier) -> Result<Bytes, EncodeError>,
    ) -> Result<Cleared, RecallError> {
        if !deletion.told.is_genuine(self.keeper()) {
            return Err(RecallError::NotRecorded);
        }
        let Deletion { message, edition, deadline, url, told } = deletion;
        let request = Request { message, url, body: write(&told)? };
        let sealed = seal_no_person(told.partnership, edition, deadline, &request)?;
        Ok(self.record(sealed.into_envelope()).await?)
    }
}

const NOBODY_ASKED: &str = "nobody is asked to delete it";

/// Says that something does not open.
fn told_of<T, E: std::error::Error>(opened: Result<T, E>) -> Option<T> {
    let altered = |error| {
        tracing::error!(
            error.cause = %error,
            "what was told of a person does not open; {NOBODY_ASKED}"
        );
    };
    opened.map_err(altered).ok()
}

struct Request {
    message: DisclosureId,
    url: String,
    body: Bytes,
}

impl NoPerson for Request {
    fn disclosure(&self) -> DisclosureId {
        self.message
    }

    fn path(&self) -> Path {
        Path::DeletionRequest
    }

    fn url(&self) -> Option<String> {
        Some(self.url.clone())
    }

    fn encode(&self) -> Result<Bytes, EncodeError> {
        Ok(self.body.clone())
    }
}
