//! What came in one arrangement, bounded: records once each, and counts by advertiser and interaction.

use bytes::Bytes;
use partner_kit::{
    memory::{Count, JustNow, Known, Latest},
    recall::Disclosures,
    record::Kept,
    watch::Sightings,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The book of one arrangement.
#[derive(Debug)]
pub(crate) struct Book {
    /// Batches taken, repeats included.
    pub(crate) batches: u64,
    /// Batches that had come before.
    pub(crate) repeated: u64,
    /// Records that had come before in another batch.
    pub(crate) records_repeated: u64,
    /// Messages that are no exposures, as recalls.
    pub(crate) other_messages: u64,
    /// Records by what they are about.
    pub(crate) tallies: BTreeMap<About, u64>,
    /// The latest records.
    pub(crate) latest: Latest<Entry>,
    /// How many records came just now. All of them are about a device.
    pub(crate) just_now: JustNow,
    /// Ids of the records that came.
    pub(crate) records: Known,
    /// Records by the ids in them.
    pub(crate) sightings: Sightings,
    messages: Known,
    bodies: Latest<Kept>,
    disclosures: Disclosures,
}

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct About {
    /// Who ran the ad.
    pub(crate) advertiser: String,
    /// The campaign.
    pub(crate) campaign: String,
    /// What happened, as `click`.
    pub(crate) interaction: String,
}

/// One record.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// When it came, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// What it is about.
    pub(crate) about: About,
    /// Under which disclosure it came.
    disclosure: String,
    /// Its fields and their values, at most 40.
    pub(crate) fields: Vec<(String, String)>,
}

/// The message cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl Book {
    /// Opens an empty book.
    pub(crate) fn new() -> Self {
        Self {
            batches: 0,
            repeated: 0,
            records_repeated: 0,
            other_messages: 0,
            tallies: BTreeMap::new(),
            latest: Latest::new(SHOWN_MAX),
            just_now: JustNow::default(),
            records: Known::new(RECORDS_MAX),
            sightings: Sightings::default(),
            messages: Known::new(MESSAGES_MAX),
            bodies: Latest::new(KEPT_MAX),
            disclosures: Disclosures::new(RECORDS_MAX),
        }
    }

    /// Enters a message. A message that came before changes nothing but the count of repeats; a record
    /// that came before is not counted again. Nothing is entered of a message that cannot be read.
    pub(crate) fn enter(
        &mut self,
        at_ms: i64,
        path: &'static str,
        id: &str,
        body: &Bytes,
    ) -> Result<(), Unreadable> {
        let message: Value = serde_json::from_slice(body).map_err(|_not_json| Unreadable)?;
        let is_exposure = !text(&message, "type").starts_with("disclosure.");
        let records = if is_exposure { records(&message)? } else { Vec::new() };
        self.batches += 1;
        if !self.messages.insert(id) {
            self.repeated += 1;
            return Ok(());
        }
        self.bodies.push(Kept::new(at_ms, path, body));
        self.other_messages += u64::from(!is_exposure);
        for (record_id, record) in records {
            self.record(at_ms, record_id, record);
        }
        Ok(())
    }

    fn record(&mut self, at_ms: i64, id: &str, record: &Value) {
        if !self.records.insert(id) {
            self.records_repeated += 1;
            return;
        }
        self.just_now.add(at_ms, Count { all: 1, personal: 1 });
        let ids = ["device_id_hash", "browser_id_hash", "ifa"];
        let ids: Vec<&str> = ids.iter().filter_map(|field| record.get(field)?.as_str()).collect();
        self.sightings.add(at_ms, ids.iter().copied());
        let disclosure = text(record, "disclosure_id");
        let too_old = self.disclosures.add(&disclosure, ids);
        self.sightings.forget(&too_old);
        let about = About {
            advertiser: text(record, "advertiser_id"),
            campaign: text(record, "campaign_id"),
            interaction: text(record, "interaction_type"),
        };
        let is_full = self.tallies.len() >= TALLIES_MAX && !self.tallies.contains_key(&about);
        let counted = if is_full { About::others() } else { about.clone() };
        *self.tallies.entry(counted).or_insert(0) += 1;
        self.latest.push(Entry { at_ms, about, disclosure, fields: fields(record) });
    }

    /// Forgets what came with these disclosures. What was counted of everybody together stays, and so do the ids of
    /// messages and records, by which a repeat is known and nobody else.
    pub(crate) fn forget(&mut self, disclosures: &BTreeSet<String>) {
        let ids = self.disclosures.take(disclosures);
        self.sightings.forget(&ids);
        self.latest.take(|entry| disclosures.contains(&entry.disclosure));
        self.bodies.take(|kept| kept.names(disclosures));
    }

    /// Returns how many different records came, as far as ids are remembered.
    pub(crate) fn count(&self) -> u64 {
        self.tallies.values().sum()
    }

    /// Returns the book as JSON.
    pub(crate) fn json(&self, now_ms: i64) -> Value {
        let tallies: Vec<Value> = self
            .tallies
            .iter()
            .map(|(about, count)| json!({ "about": about, "count": count }))
            .collect();
        json!({
            "counts": {
                "batches": self.batches,
                "batches_repeated": self.repeated,
                "records": self.count(),
                "records_repeated": self.records_repeated,
                "other_messages": self.other_messages,
            },
            "last_10_seconds": self.just_now.sum(now_ms),
            "tallies": tallies,
            "record_ids": self.records.iter().collect::<Vec<_>>(),
            "bodies": self.bodies.iter().collect::<Vec<_>>(),
        })
    }
}

impl About {
    fn others() -> Self {
        let others = || String::from("(others)");
        Self { advertiser: others(), campaign: others(), interaction: others() }
    }
}

/// Returns the records of a message with their ids: those of a batch, or the one that it is.
fn records(message: &Value) -> Result<Vec<(&str, &Value)>, Unreadable> {
    let data = message.get("data").ok_or(Unreadable)?;
    let listed = match data.get("records") {
        Some(records) => records.as_array().ok_or(Unreadable)?.as_slice(),
        None => std::slice::from_ref(data),
    };
    let with_id = |record| Some((Value::get(record, "id")?.as_str()?, record));
    listed.iter().map(|record| with_id(record).ok_or(Unreadable)).collect()
}

/// Returns the text of a field, at most 64 characters of it.
fn text(object: &Value, field: &str) -> String {
    let text = object.get(field).and_then(Value::as_str).unwrap_or_default();
    text.chars().take(NAME_CHARACTERS_MAX).collect()
}

fn fields(record: &Value) -> Vec<(String, String)> {
    let cut = |text: &str| text.chars().take(VALUE_CHARACTERS_MAX).collect();
    let members = record.as_object().into_iter().flatten().take(FIELDS_MAX);
    members
        .map(|(name, value)| match value {
            Value::String(text) => (cut(name), cut(text)),
            _ => (cut(name), cut(&value.to_string())),
        })
        .collect()
}

const SHOWN_MAX: usize = 20;
const KEPT_MAX: usize = 200;
const RECORDS_MAX: usize = 100_000;
const MESSAGES_MAX: usize = 10_000;
const TALLIES_MAX: usize = 1_000;
const FIELDS_MAX: usize = 40;
const NAME_CHARACTERS_MAX: usize = 64;
const VALUE_CHARACTERS_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use partner_kit::watch::Sighting;

    fn batch(ids: &[&str]) -> Bytes {
        let record = |id: &&str| json!({"id": id, "advertiser_id": "adv-1", "campaign_id": "c-1", "interaction_type": "click"});
        let records: Vec<Value> = ids.iter().map(record).collect();
        json!({"type": "ad_exposure.batch", "data": {"records": records}}).to_string().into()
    }

    fn enter(book: &mut Book, id: &str, body: &Bytes) -> Result<(), Unreadable> {
        book.enter(0, "/events", id, body)
    }

    #[test]
    fn a_record_counts_once_however_often_it_comes() {
        let mut book = Book::new();
        enter(&mut book, "m-1", &batch(&["a", "b"])).unwrap();
        enter(&mut book, "m-1", &batch(&["a", "b"])).unwrap();
        enter(&mut book, "m-2", &batch(&["b", "c"])).unwrap();
        assert_eq!(
            (book.count(), book.batches, book.repeated, book.records_repeated),
            (3, 3, 1, 1)
        );
        assert_eq!(book.json(0)["record_ids"], json!(["a", "b", "c"]));
    }

    #[test]
    fn exposures_are_counted_by_advertiser_campaign_and_interaction() {
        let mut book = Book::new();
        enter(&mut book, "m-1", &batch(&["a", "b"])).unwrap();
        let about = json!({"advertiser": "adv-1", "campaign": "c-1", "interaction": "click"});
        assert_eq!(book.json(0)["tallies"], json!([{ "about": about, "count": 2 }]));
    }

    #[test]
    fn a_device_is_seen_once_for_each_of_its_records_and_a_repeat_adds_nothing() {
        let mut book = Book::new();
        let record = |id: &str, device: &str| json!({"id": id, "device_id_hash": device});
        let records = json!([record("a", "c0ffee"), record("b", "c0ffee"), record("c", "other")]);
        let body = Bytes::from(json!({"data": {"records": records}}).to_string());
        book.enter(5_000, "/events", "m-1", &body).unwrap();
        book.enter(6_000, "/events", "m-1", &body).unwrap();
        book.enter(7_000, "/events", "m-2", &body).unwrap();
        let seen = Sighting { just_now: 2, all: 2, last_ms: Some(5_000) };
        assert_eq!(book.sightings.of("c0ffee", 8_000), seen);
    }

    #[test]
    fn one_record_may_come_alone_and_a_recall_is_no_record() {
        let mut book = Book::new();
        let one =
            Bytes::from_static(b"{\"type\":\"ad_exposure.recorded\",\"data\":{\"id\":\"a\"}}");
        let recall = Bytes::from_static(b"{\"type\":\"disclosure.recalled\",\"data\":{}}");
        enter(&mut book, "m-1", &one).unwrap();
        enter(&mut book, "m-2", &recall).unwrap();
        assert_eq!((book.count(), book.other_messages), (1, 1));
    }

    #[test]
    fn nothing_is_entered_of_a_message_that_cannot_be_read() {
        let mut book = Book::new();
        for body in [
            "",
            "[]",
            "{}",
            "{\"data\":{\"records\":3}}",
            "{\"data\":{\"records\":[{\"id\":\"a\"},{}]}}",
        ] {
            let body = Bytes::from(body);
            assert_eq!(enter(&mut book, "m-1", &body), Err(Unreadable), "{body:?}");
        }
        assert_eq!((book.count(), book.batches), (0, 0));
    }

    #[test]
    fn the_book_does_not_grow_with_the_number_of_campaigns() {
        let mut book = Book::new();
        for number in 0..TALLIES_MAX + 10 {
            let name = number.to_string();
            let record = json!({"id": name, "campaign_id": name});
            let body = json!({"data": {"records": [record]}}).to_string();
            enter(&mut book, &name, &body.into()).unwrap();
        }
        assert_eq!(book.tallies.len(), TALLIES_MAX + 1);
        assert_eq!(book.tallies.get(&About::others()), Some(&10));
    }
}
