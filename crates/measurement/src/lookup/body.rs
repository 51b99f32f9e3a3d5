//! Conversions on their way in: read one by one, and kept.

use crate::{
    Event, FieldError, Keys, PartnerKeys, SealError,
    lookup::{
        Cap, Caps, Device, Durable, Entered, Entering, LookupError, LookupParts, NewConversion,
        Repeat, Sort,
        answer::Shape,
        conversion::{By, Conversion, Kind},
        store::ConversionId,
    },
    read::id_of,
    tree::{self, Node, Object},
};
use sluicegate_gate::{AdvertiserId, PartnershipId, Personal, time::UnixMillis};
use sluicegate_openrtb::json::{JsonError, Limits};
use sluicegate_register::{Advertiser, Edition, Partnership};
use std::collections::HashSet;

/// Conversions, or events, in one body at most.
pub const CONVERSIONS_MAX: usize = 500;
/// Size of a body at most: 1 MiB, 16 levels deep.
pub const LOOKUP_BODY: Limits = Limits { bytes: 1024 * 1024, depth: 16 };

/// A body was refused as a whole; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is not acceptable JSON.
    #[error("the body is not acceptable JSON: {0}")]
    Json(#[source] JsonError),
    /// It is neither an object nor a list of objects.
    #[error("neither one object nor a list")]
    Shape,
    /// It holds too many.
    #[error("more than {CONVERSIONS_MAX} in one body")]
    TooMany,
}

/// What became of one item of a body.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It is kept.
    Kept { kept: Box<Kept>, repeat: Repeat },
    /// Nothing of it was stored.
    Refused { id: Option<String>, status: u16, wrong: FieldError },
}

/// A conversion that is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) conversion: Conversion,
    pub(crate) id: ConversionId,
    pub(crate) name: String,
    pub(crate) advertiser: AdvertiserId,
    /// By what the device is known of which it was reported first.
    pub(crate) device: Device,
    pub(crate) earlier_install: Option<UnixMillis>,
}

/// Takes in what one partnership reports.
pub(crate) struct Entries<'a> {
    pub(crate) parts: &'a LookupParts,
    pub(crate) edition: &'a Edition,
    pub(crate) partnership: &'a Partnership,
    pub(crate) keys: PartnerKeys,
    pub(crate) by: By,
}

/// An item that was read, and what is kept of it.
struct Read {
    conversion: Conversion,
    advertiser: AdvertiserId,
    new: NewConversion,
}

impl Entries<'_> {
    pub(crate) async fn take_in(
        &self,
        body: &[u8],
    ) -> Result<(Shape, Vec<Entry>, Durable), LookupError> {
        let (shape, items) = items(body)?;
        let now = self.parts.clock.now();
        let mut read: Vec<Read> = Vec::new();
        let mut named = HashSet::new();
        let mut entries: Vec<Option<Entry>> = Vec::new();
        let is_rotating = self.keys.generations() > 1;
        for item in items {
            let id = match &item {
                Node::Object(object) => id_of(object),
                _ => None,
            };
            match self.read(item, now)? {
                Ok(one) if !named.insert(one.named(is_rotating)) => {
                    let wrong = FieldError { field: String::from("id"), problem: TWICE };
                    entries.push(Some(Entry::Refused { id, status: 400, wrong }));
                }
                Ok(one) => {
                    read.push(one);
                    entries.push(None);
                }
                Err(wrong) => entries.push(Some(Entry::Refused { id, status: 400, wrong })),
            }
        }
        let new = read.iter().map(|read| read.new.clone()).collect();
        let id = self.partnership.terms.id.clone();
        let store = &self.parts.conversions;
        let caps = self.parts.caps.shared_out(self.keys.generations());
        let Entering { entered, durable } = store.enter(id, now, caps, new).await?;
        let mut kept =
            read.into_iter().zip(entered).map(|(read, entered)| read.entry(entered, is_rotating));
        let entries = entries.into_iter().filter_map(|entry| entry.or_else(|| kept.next()));
        Ok((shape, entries.collect(), durable))
    }

    fn read(&self, item: Node<'_>, now: UnixMillis) -> Result<Result<Read, FieldError>, SealError> {
        let Node::Object(object) = item else {
            return Ok(Err(FieldError { field: String::from("$"), problem: "not an object" }));
        };
        let (conversion, advertiser) = match self.understand(object, now) {
            Ok(understood) => understood,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let keys = &self.parts.keys;
        let partnership = &self.partnership.terms.id;
        let text = serde_json::to_vec(&conversion).map_err(|_write| SealError::Seal)?;
        let content = content(keys, &conversion)?;
        let known_as = conversion.known_as.open();
        let new = NewConversion {
            id: conversion_id(keys, partnership, &conversion),
            content,
            alias: keys.alias("touch", partnership, advertiser.as_str(), known_as),
            installation: keys.alias("installation", partnership, &conversion.app_id, known_as),
            sort: match conversion.kind {
                Kind::Attributed(Event::Install | Event::Reinstall) => Sort::Install,
                Kind::Attributed(Event::ReEngagement) => Sort::Return,
                Kind::InApp(_) => Sort::InApp,
            },
            happened: conversion.at,
            sealed: keys.seal(&[&text], self.parts.dice.as_ref())?,
        };
        Ok(Ok(Read { conversion, advertiser, new }))
    }

    fn understand(
        &self,
        object: Object<'_>,
        now: UnixMillis,
    ) -> Result<(Conversion, AdvertiserId), FieldError> {
        let hash = |id: &str| self.keys.device_id(id);
        let conversion = Conversion::read(object, self.by, &hash, now)?;
        let owner = owner(self.edition, &conversion.app_id);
        let linked =
            owner.filter(|one| one.measurement.contains(&self.partnership.terms.id)).ok_or_else(
                || FieldError { field: String::from("properties.app_id"), problem: NOT_LINKED },
            )?;
        Ok((conversion, linked.id.clone()))
    }
}

impl Caps {
    /// Returns what may be reported of a device under each of its ids, where it has so many: together no more than under
    /// one. Nobody knows which of them are one device's.
    fn shared_out(self, ids: u64) -> Self {
        let each = |most: u64| most.checked_div(ids).unwrap_or(most).max(most.min(1));
        Self {
            per_device_per_day: each(self.per_device_per_day),
            events_per_device_per_day: each(self.events_per_device_per_day),
            ..self
        }
    }
}

impl Read {
    /// Returns what no two in a body have in common.
    fn named(&self, is_rotating: bool) -> (ConversionId, [u8; 16], Option<Device>) {
        let NewConversion { id, content, .. } = self.new;
        (id, content, Some(self.new.device()).filter(|_| !is_rotating))
    }

    /// While keys rotate a device has two ids, and nobody can tell whether they are one device's: what comes again under
    /// another id is of the device that it was of at first.
    fn entry(self, entered: Entered, is_rotating: bool) -> Entry {
        let refused = |status, field: &str, problem| Entry::Refused {
            id: Some(self.conversion.id.clone()),
            status,
            wrong: FieldError { field: field.to_owned(), problem },
        };
        let (instead, earlier_install) = match entered {
            Entered::Fresh { earlier_install } => (None, earlier_install),
            Entered::Repeat { instead: Some(_), .. } if !is_rotating => {
                return refused(409, "id", CONFLICT);
            }
            Entered::Repeat { instead, earlier_install } => (instead, earlier_install),
            Entered::Conflict => return refused(409, "id", CONFLICT),
            Entered::Capped(Cap::Partnership) => return refused(429, "id", FULL),
            Entered::Capped(Cap::Device) => return refused(429, "user_data", FULL_OF_DEVICE),
        };
        let repeat = Repeat::of(entered).unwrap_or(Repeat::First);
        let kept = Kept {
            name: format!("cv_{}", hex::encode(self.new.id.0)),
            device: instead.unwrap_or_else(|| self.new.device()),
            id: self.new.id,
            conversion: self.conversion,
            advertiser: self.advertiser,
            earlier_install,
        };
        Entry::Kept { kept: Box::new(kept), repeat }
    }
}

/// Returns the digest of everything in it but whose it is.
fn content(keys: &Keys, conversion: &Conversion) -> Result<[u8; 16], SealError> {
    let nobody = Personal::new(String::new());
    let of_nobody = Conversion { known_as: nobody, ..conversion.clone() };
    let text = serde_json::to_vec(&of_nobody).map_err(|_write| SealError::Seal)?;
    Ok(keys.digest("conversion content", &text))
}

fn conversion_id(
    keys: &Keys,
    partnership: &PartnershipId,
    conversion: &Conversion,
) -> ConversionId {
    let alias = keys.alias("conversion", partnership, &conversion.data_set_id, &conversion.id);
    ConversionId(alias.0)
}

/// Returns whose app it is.
fn owner<'e>(edition: &'e Edition, app: &str) -> Option<&'e Advertiser> {
    edition.advertisers().iter().find(|one| one.apps.iter().any(|own| own.id == app))
}

fn items(body: &[u8]) -> Result<(Shape, Vec<Node<'_>>), BodyError> {
    match tree::parse(body, &LOOKUP_BODY).map_err(BodyError::Json)? {
        Node::List(list) if list.len() > CONVERSIONS_MAX => Err(BodyError::TooMany),
        Node::List(list) => Ok((Shape::Many, list)),
        one @ Node::Object(_) => Ok((Shape::One, vec![one])),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Fraction(_) | Node::Text(_) => {
            Err(BodyError::Shape)
        }
    }
}

const NOT_LINKED: &str = "not an app of an advertiser that has linked this partnership";
const TWICE: &str = "stands in this body before";
const CONFLICT: &str = "accepted before under this id with other content";
const FULL: &str = "the partnership has reported its number for the day";
const FULL_OF_DEVICE: &str = "too many of one device in a day";
