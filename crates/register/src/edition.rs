//! Editions: the register, numbered, dated and hashed.

use crate::{
    Advertiser, CanonicalError, Deal, Inventory, Partnership, Recalling, Register, canonical,
};
use sha2::{Digest, Sha256};
use sluicegate_gate::{AdvertiserId, EditionHash, Kind, PartnershipId, time::UnixMillis};
use std::collections::BTreeMap;

/// An immutable version of the register. What the page shows and what is enforced are the same one.
#[derive(Clone, PartialEq, Eq)]
pub struct Edition {
    number: u32,
    published_at: UnixMillis,
    hash: EditionHash,
    canonical: String,
    register: Register,
    retired: Vec<Retired>,
}

/// A partnership that earlier editions had. Its id stays taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// The partnership.
    pub id: PartnershipId,
    /// Its kind, for ever.
    pub kind: Kind,
    /// The partner's id, for ever.
    pub partner: String,
    /// How it is told to forget or correct what it still has, as the last edition that listed it said. It is
    /// told of disclosures alone: no address for requests to delete, which name people, is kept.
    pub recall: Option<Recalling>,
}

/// A register cannot become the next edition.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It says what the previous edition says.
    #[error("nothing has changed since edition {0}")]
    Unchanged(u32),
    /// The time lies before the previous edition's.
    #[error("edition {0} was published later than this one would be")]
    BeforePrevious(u32),
    /// An id is used again for another kind of arrangement.
    #[error(
        "partnership `{partnership}` was {} and cannot become {}: give the new arrangement an id of its own",
        before.name(), after.name()
    )]
    KindChanged {
        /// The partnership.
        partnership: PartnershipId,
        /// Its kind when it was first listed.
        before: Kind,
        /// The kind in the files.
        after: Kind,
    },
    /// An id is used again for another partner.
    #[error(
        "partnership `{partnership}` was with `{before}` and cannot move to `{after}`: give the new arrangement an id of its own"
    )]
    PartnerChanged {
        /// The partnership.
        partnership: PartnershipId,
        /// The partner when it was first listed.
        before: String,
        /// The partner in the files.
        after: String,
    },
    /// An attestation bears a date that has not come yet.
    #[error("the linking attestation of `{0}` is signed on a day that has not come yet")]
    SignedInFuture(PartnershipId),
    /// There is no number left.
    #[error("there is no edition number left")]
    NumbersExhausted,
    /// The text could not be written.
    #[error("the edition could not be written")]
    Write(#[source] serde_json::Error),
}

impl Edition {
    /// Makes the next edition of a register: the next number, and for each partnership the time since
    /// which it has been listed without a break, and linked by each advertiser. One that had ended and goes on is listed
    /// anew.
    pub fn publish(
        mut register: Register,
        previous: Option<&Self>,
        at: UnixMillis,
    ) -> Result<Self, PublishError> {
        for partnership in &mut register.partnerships {
            let before = previous.and_then(|previous| previous.partnership(&partnership.terms.id));
            partnership.terms.listed_since = match before {
                // What happened after the end is as little the partner's as what happened before the listing.
                Some(before) if has_ended(before, at) && !has_ended(partnership, at) => at,
                Some(before) => before.terms.listed_since,
                None => at,
            };
            let signed = partnership.linking.as_ref().map(|linking| linking.signed_on.start());
            if signed.is_some_and(|signed| signed > at) {
                return Err(PublishError::SignedInFuture(partnership.terms.id.clone()));
            }
        }
        for advertiser in &mut register.advertisers {
            let before = previous.and_then(|previous| previous.advertiser(&advertiser.id));
            advertiser.linked_since = linked_since(advertiser, before, at);
        }
        let Some(previous) = previous else {
            return Self::assemble(1, at, register, Vec::new()).map_err(PublishError::Write);
        };
        if at < previous.published_at {
            return Err(PublishError::BeforePrevious(previous.number));
        }
        if register == previous.register {
            return Err(PublishError::Unchanged(previous.number));
        }
        let mut taken = previous.taken();
        for partnership in &register.partnerships {
            taken.iter().try_for_each(|taken| taken.allows(partnership))?;
        }
        taken.retain(|taken| register.partnerships.iter().all(|one| one.terms.id != taken.id));
        let number = previous.number.checked_add(1).ok_or(PublishError::NumbersExhausted)?;
        Self::assemble(number, at, register, taken).map_err(PublishError::Write)
    }

    /// Reads back what [`Self::canonical`] wrote. A text that would not be written exactly so again is
    /// refused, so that one edition has one hash.
    pub fn from_canonical(text: &str) -> Result<Self, CanonicalError> {
        canonical::read(text)
    }

    pub(crate) fn assemble(
        number: u32,
        published_at: UnixMillis,
        register: Register,
        retired: Vec<Retired>,
    ) -> Result<Self, serde_json::Error> {
        let canonical = canonical::write(number, published_at, &register, &retired)?;
        let hash = EditionHash(Sha256::digest(canonical.as_bytes()).into());
        Ok(Self { number, published_at, hash, canonical, register, retired })
    }

    /// Returns the register that it is an edition of, for the next one to differ from.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Returns its number; the first edition has 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns when it was published.
    pub fn published_at(&self) -> UnixMillis {
        self.published_at
    }

    /// Returns the SHA-256 of [`Self::canonical`].
    pub fn hash(&self) -> EditionHash {
        self.hash
    }

    /// Returns its canonical JSON text. It holds the partners' endpoints and is not for the public.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Returns the partnerships, in the order of their ids.
    pub fn partnerships(&self) -> &[Partnership] {
        &self.register.partnerships
    }

    /// Returns one partnership.
    pub fn partnership(&self, id: &PartnershipId) -> Option<&Partnership> {
        let all = &self.register.partnerships;
        let place = all.binary_search_by(|one| one.terms.id.cmp(id)).ok()?;
        all.get(place)
    }

    /// Returns the advertisers, in the order of their ids.
    pub fn advertisers(&self) -> &[Advertiser] {
        &self.register.advertisers
    }

    /// Returns one advertiser.
    pub fn advertiser(&self, id: &AdvertiserId) -> Option<&Advertiser> {
        let all = &self.register.advertisers;
        let place = all.binary_search_by(|one| one.id.cmp(id)).ok()?;
        all.get(place)
    }

    /// Returns the inventory.
    pub fn inventory(&self) -> &Inventory {
        &self.register.inventory
    }

    /// Returns the deals, in the order of their ids.
    pub fn deals(&self) -> &[Deal] {
        &self.register.deals
    }

    /// Returns every partnership that is told to forget or correct what it has, and how: those that are listed,
    /// and those that no longer are.
    pub fn recallings(&self) -> impl Iterator<Item = (&PartnershipId, &Recalling)> {
        let listed = self.partnerships().iter().map(|one| (&one.terms.id, one.recall.as_ref()));
        let retired = self.retired.iter().map(|one| (&one.id, one.recall.as_ref()));
        listed.chain(retired).filter_map(|(id, recall)| Some((id, recall?)))
    }

    /// Returns how one partnership, listed or no longer, is told to forget or correct what it has.
    pub fn recalling(&self, id: &PartnershipId) -> Option<&Recalling> {
        match self.partnership(id) {
            Some(listed) => listed.recall.as_ref(),
            None => self.retired.iter().find(|one| one.id == *id)?.recall.as_ref(),
        }
    }

    /// Returns the partnerships that only earlier editions have.
    pub fn retired(&self) -> &[Retired] {
        &self.retired
    }

    /// Every id that was ever used up to this edition, in order.
    fn taken(&self) -> Vec<Retired> {
        let listed = self.partnerships().iter().map(|partnership| Retired {
            id: partnership.terms.id.clone(),
            kind: partnership.terms.kind,
            partner: partnership.partner.id.clone(),
            recall: partnership
                .recall
                .clone()
                .map(|recall| Recalling { dsrdelete_url: None, ..recall }),
        });
        let mut taken: Vec<Retired> = self.retired.iter().cloned().chain(listed).collect();
        taken.sort_by(|one, other| one.id.cmp(&other.id));
        taken
    }
}

/// Returns since when an advertiser has linked each partnership.
fn linked_since(
    advertiser: &Advertiser,
    before: Option<&Advertiser>,
    at: UnixMillis,
) -> BTreeMap<PartnershipId, UnixMillis> {
    let since = |linked: &PartnershipId| match before {
        Some(before) if before.measurement.contains(linked) => {
            before.linked_since.get(linked).copied()
        }
        Some(_) | None => Some(at),
    };
    let all = advertiser.measurement.iter();
    all.filter_map(|linked| Some((linked.clone(), since(linked)?))).collect()
}

fn has_ended(partnership: &Partnership, at: UnixMillis) -> bool {
    partnership.terms.end.is_some_and(|end| at >= end)
}

impl Retired {
    fn allows(&self, partnership: &Partnership) -> Result<(), PublishError> {
        let id = &partnership.terms.id;
        if self.id != *id {
            return Ok(());
        }
        if self.kind != partnership.terms.kind {
            return Err(PublishError::KindChanged {
                partnership: id.clone(),
                before: self.kind,
                after: partnership.terms.kind,
            });
        }
        if self.partner != partnership.partner.id {
            return Err(PublishError::PartnerChanged {
                partnership: id.clone(),
                before: self.partner.clone(),
                after: partnership.partner.id.clone(),
            });
        }
        Ok(())
    }
}

impl std::fmt::Debug for Edition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Edition")
            .field("number", &self.number)
            .field("published_at", &self.published_at)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}
