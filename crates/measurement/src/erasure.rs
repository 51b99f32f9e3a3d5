//! Erasing a person from what is kept of exposures and conversions.
//!
//! ```text
//! begin ──► erase ──► touches, conversions: gone, durable ──► journal, pack by pack: blank in the background
//!   │         └── until then nothing of the person gets from the journal on the shelf
//!   └── until then every delivery reads blank what was accepted before
//! ```
//!
//! A pack of the journal is sealed as a whole, so a person's exposures in it are replaced by ones that say
//! when an ad was shown and to nobody. They keep their places, and each delivery withholds them for
//! want of an id, whatever the kind of its partnership. What reports count are numbers, and stay. A crash on the way
//! begins the pass anew.
//!
//! What happened before and is reported after the erasure takes a place in the journal as such a one. For that a keyed
//! digest of each key and the time of the erasure are kept until the intake refuses what happened before for its age,
//! and for as long as that takes while the gateway runs, whatever its clock is set to meanwhile.
//!
//! Whoever erases a person begins here, and then turns sharing off: that changes the person's keys, so the door lets
//! out nothing that was decided before.

use crate::{
    ConversionType, Erasing, Journal, JournalError, Keys, Pack, Position, SealError,
    erasing::{Begun, EVERYTHING, blank},
    exposure::Exposure,
    lookup::{Alias, Conversions, ConversionsError, Erased, Erasure, Whose, alias_of, left_out_as},
    record::day_after,
};
use sluicegate_gate::{
    AdvertiserId, Kind, PartnershipId, Personal, SubjectKey,
    time::{Clock, Dice},
};
use sluicegate_register::{Edition, EditionStore, EditionStoreError, Partnership};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};
use tokio::sync::Mutex;

/// What erasing needs. Clones share everything.
#[derive(Clone, Debug)]
pub struct ErasureParts {
    /// Every edition: between which partnerships and advertisers a device may be known.
    pub editions: Arc<dyn EditionStore>,
    /// Where exposures wait.
    pub journal: Arc<dyn Journal>,
    /// Where touches and conversions are kept.
    pub conversions: Arc<dyn Conversions>,
    /// The keys.
    pub keys: Keys,
    /// Who is being erased: what deliveries have, too.
    pub erasing: Erasing,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
}

/// Erases people.
#[derive(Debug)]
pub struct Eraser {
    parts: ErasureParts,
    pass: Mutex<Option<Pass>>,
    links: Mutex<Links>,
}

/// Who ever measured for whom. What was reported then is kept when an edition ends it.
#[derive(Debug, Default)]
struct Links {
    /// Up to which edition they were read.
    read: u32,
    pairs: BTreeSet<(AdvertiserId, PartnershipId)>,
    advertisers: BTreeSet<AdvertiserId>,
}

impl Links {
    fn add(&mut self, edition: &Edition) {
        for advertiser in edition.advertisers() {
            self.advertisers.insert(advertiser.id.clone());
            let linked = advertiser.measurement.iter().filter_map(|id| edition.partnership(id));
            let linked = linked.filter(|one| one.terms.kind == Kind::ConversionTracking);
            let pair = |one: &Partnership| (advertiser.id.clone(), one.terms.id.clone());
            self.pairs.extend(linked.map(pair));
        }
    }
}

/// One way through the journal.
#[derive(Debug)]
struct Pass {
    people: BTreeMap<Whose, Position>,
    next: Position,
}

/// Who is to be erased. It does not print.
#[derive(Clone, Default)]
pub struct Person {
    /// Every key of the person.
    pub keys: Vec<SubjectKey>,
    /// Advertising and browser ids of the person, where they are known: with them conversions of a device are
    /// found that no touch of the person leads to.
    pub ids: Vec<Personal<String>>,
}

/// What a step in the background did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// It read on in the journal.
    Read,
    /// Nothing is to be done, or the shelf has to get further first.
    Nothing,
}

/// A person could not be erased, or not everywhere yet. It may be asked for again.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The store of touches and conversions failed.
    #[error(transparent)]
    Conversions(#[from] ConversionsError),
    /// The editions of the register could not be read.
    #[error(transparent)]
    Editions(#[from] EditionStoreError),
    /// A pack did not open, or could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Person([personal])")
    }
}

impl Eraser {
    /// Goes on with erasures of which the journal is not clear yet. To be called before anything is delivered.
    pub async fn open(parts: ErasureParts) -> Result<Self, ConversionsError> {
        for (person, until) in parts.conversions.erasing().await? {
            parts.erasing.until(&[person], until);
        }
        let gone = parts.conversions.gone().await?;
        parts.erasing.gone(&gone, parts.clock.boot());
        Ok(Self { parts, pass: Mutex::default(), links: Mutex::default() })
    }

    /// Keeps everything of a person from partnerships of every kind, for as long as what this returns lives, and after
    /// [`Self::erase`] whatever was accepted before that.
    pub fn begin(&self, person: &Person) -> Begun {
        self.parts.erasing.begin(self.whose(person))
    }

    /// Erases a person's touches and conversions, durably, and has the journal cleared by later steps.
    ///
    /// Where it fails what was accepted before, or is until then, is kept from partnerships all the same, until it is
    /// asked for again.
    pub async fn erase(&self, person: &Person) -> Result<Erased, EraseError> {
        let parts = &self.parts;
        let people = self.whose(person);
        parts.erasing.until(&people, EVERYTHING);
        // Why before the head: whatever comes after it was blanked where it had to be.
        parts.erasing.close(&people, parts.clock.boot()).await;
        let until = parts.journal.head().await?;
        parts.erasing.until(&people, until);
        let (aliases, left_out) = self.digests(person).await?;
        let at = parts.clock.now();
        let erasure = Erasure { people: people.clone(), aliases, until, left_out, at };
        let erased = parts.conversions.erase(erasure).await?;
        let gone: Vec<_> = people.into_iter().map(|person| (person, erased.until)).collect();
        parts.erasing.gone(&gone, parts.clock.boot());
        Ok(erased)
    }

    /// Reads on, at most 16 packs, and blanks what is in them of people who were erased. One step at a time.
    pub async fn step(&self) -> Result<Cleared, EraseError> {
        let mut pass = self.pass.lock().await;
        let going = if let Some(going) = pass.take() {
            going
        } else {
            let people = self.parts.conversions.erasing().await?;
            if people.is_empty() {
                return Ok(Cleared::Nothing);
            }
            Pass { people: people.into_iter().collect(), next: Position::default() }
        };
        let (going, cleared) = self.go_on(going).await?;
        *pass = going;
        Ok(cleared)
    }

    async fn go_on(&self, mut pass: Pass) -> Result<(Option<Pass>, Cleared), EraseError> {
        let parts = &self.parts;
        let until = pass.people.values().max().copied().unwrap_or_default();
        let packs = parts.journal.read(pass.next, PACKS_MAX).await?;
        let ahead: Vec<&Pack> = packs.iter().filter(|pack| pack.first < until).collect();
        if ahead.is_empty() {
            // Why: the shelf may hold a pack open that it read before it was blanked.
            if parts.conversions.shelved().await? < until {
                return Ok((Some(pass), Cleared::Nothing));
            }
            let people = pass.people.iter().map(|(person, until)| (*person, *until)).collect();
            parts.conversions.erased(people).await?;
            parts.erasing.end(&pass.people);
            return Ok((None, Cleared::Read));
        }
        for pack in ahead {
            if let Some(sealed) = self.blanked(pack, &pass.people)? {
                parts.journal.rewrite(pack.first, sealed).await?;
            }
            pass.next = pack.first.plus(pack.count);
        }
        Ok((Some(pass), Cleared::Read))
    }

    /// Returns a pack without these people; `None` if it has none of them.
    fn blanked(
        &self,
        pack: &Pack,
        people: &BTreeMap<Whose, Position>,
    ) -> Result<Option<Vec<u8>>, EraseError> {
        let keys = &self.parts.keys;
        let text = keys.open(&pack.sealed)?;
        let mut exposures: Vec<Exposure> =
            serde_json::from_slice(&text).map_err(|_opaque| SealError::Open)?;
        if !blank(keys, pack.first, exposures.iter_mut(), |person| people.get(person).copied()) {
            return Ok(None);
        }
        let text = serde_json::to_vec(&exposures).map_err(|_write| SealError::Seal)?;
        Ok(Some(keys.seal(&[&text], self.parts.dice.as_ref())?))
    }

    fn whose(&self, person: &Person) -> Vec<Whose> {
        person.keys.iter().map(|key| self.parts.keys.whose(*key)).collect()
    }

    /// Returns by what the person is known where conversions are kept: the aliases of the person's devices, and the
    /// digests among those in totals.
    async fn digests(&self, person: &Person) -> Result<(Vec<Alias>, LeftOut), EraseError> {
        let mut links = self.links.lock().await;
        for summary in self.parts.editions.list().await? {
            if summary.number <= links.read {
                continue;
            }
            match self.parts.editions.get(summary.number).await {
                Ok(edition) => edition.iter().for_each(|edition| links.add(edition)),
                // Why: it will never read, and holds up no erasure.
                Err(error @ EditionStoreError::Corrupt(_)) => tracing::error!(
                    error.cause = %error,
                    "conversions of links that only this edition has are not found when somebody is erased"
                ),
                Err(error) => return Err(error.into()),
            }
            links.read = summary.number;
        }
        Ok((self.aliases(person, &links), self.left_out(person, &links)))
    }

    /// Returns by what each partnership may have named the person's devices.
    fn aliases(&self, person: &Person, links: &Links) -> Vec<Alias> {
        let keys = &self.parts.keys;
        let mut aliases = Vec::new();
        for (advertiser, partnership) in &links.pairs {
            let ids = person.ids.iter();
            let hashes = ids.flat_map(|id| keys.every_device_id(partnership, id.open()));
            aliases.extend(hashes.map(|hash| alias_of(keys, partnership, advertiser, &hash)));
        }
        aliases
    }

    /// Returns what the person is among those in totals, this month and in the 12 before, and what stands in
    /// its place: one more unknown person, so that no number changes.
    fn left_out(&self, person: &Person, links: &Links) -> LeftOut {
        let now = self.parts.clock.now();
        let days = (0..=MONTHS_DAYS).step_by(28).map(|days| Duration::from_hours(24 * days));
        let months = days.map(|ago| day_after(now.minus(ago), 0));
        let months: BTreeSet<String> =
            months.filter_map(|day| day.get(..7).map(str::to_owned)).collect();
        let mut digests = Vec::new();
        for advertiser in &links.advertisers {
            for month in &months {
                for counts_as in ConversionType::ALL {
                    let digest = |key: &SubjectKey| {
                        left_out_as(&self.parts.keys, advertiser, month, *counts_as, key.hash)
                    };
                    digests.extend(person.keys.iter().map(digest));
                }
            }
        }
        digests.into_iter().map(|digest| (digest, self.parts.dice.roll().to_be_bytes())).collect()
    }
}

/// Digests among those in totals, and what stands in their place.
type LeftOut = Vec<([u8; 16], [u8; 16])>;

/// Packs looked at in one step.
const PACKS_MAX: usize = 16;
/// Thirteen months.
const MONTHS_DAYS: u64 = 396;
