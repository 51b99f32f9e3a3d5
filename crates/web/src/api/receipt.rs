//! The consent receipt that goes with a person's export: JSON-LD with the fields of ISO/IEC TS 27560:2023, named by
//! the Data Privacy Vocabulary (<https://w3id.org/dpv>).
//!
//! | section of the standard | here |
//! | --- | --- |
//! | receipt header | `id`, `issued`, `conformsTo`, `subject` |
//! | record | `record`: the setting, the state that counts, and every event that led to it: choices, and an account's that reach this key |
//! | notice | `notice` of the receipt: the edition of the public list; of an event: the words shown |
//! | processing | `processes`: one for each partnership that was told something, with `isLowerBound` where it may have been told more; `unread`: what does not read |
//! | party identification | `controller`, and `recipient` of a process |
//!
//! It says what was told, not that it was lawful: no legal basis is claimed. The context is in the document, so
//! that reading it needs nothing from the network.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use sluicegate_gate::{
    Category, Choice, PartnershipId, Setting, Standing, SubjectKey, time::UnixMillis,
};
use sluicegate_ledger::ExportRow;
use sluicegate_register::{Edition, Partnership};
use sluicegate_settings::{ChangeRecord, Event, ReadHistory};
use std::{collections::BTreeMap, ops::Range};

/// What a receipt is made of.
#[derive(Debug)]
pub(super) struct Receipt<'a> {
    pub(super) key: SubjectKey,
    pub(super) range: Range<UnixMillis>,
    pub(super) at: UnixMillis,
    pub(super) edition: &'a Edition,
    /// Those of the past in which partnerships were listed last that are in the records and no longer listed.
    pub(super) past: &'a [Edition],
    pub(super) standing: Standing,
    pub(super) history: ReadHistory,
    pub(super) records: &'a [ExportRow],
}

/// What one partnership was told.
#[derive(Debug, Default)]
struct Heard {
    categories: BTreeMap<&'static str, Category>,
    fields: BTreeMap<String, Category>,
    times: u64,
    first: Option<String>,
    last: Option<String>,
}

impl Receipt<'_> {
    /// Returns the document.
    pub(super) fn document(&self) -> Value {
        let publisher = &self.edition.inventory().publisher;
        let mut document = json!({
            "@context": context(),
            "type": "ConsentReceipt",
            "conformsTo": "ISO/IEC TS 27560:2023",
            "issued": rfc3339(self.at),
            "subject": {
                "id": format!("urn:sluicegate:key:{}:{:032x}", self.key.kind.name(), self.key.hash),
                "type": "DataSubject",
            },
            "controller": {
                "id": format!("https://{}/", publisher.domain),
                "type": "DataController",
                "name": publisher.name,
            },
            "notice": notice(self.edition),
            "period": {
                "from": rfc3339(self.range.start),
                "until": rfc3339(self.range.end),
            },
            "record": [self.record(Setting::Sharing), self.record(Setting::PersonalizeAds)],
            "processes": self.processes(),
        });
        if let (Some(unread), Some(fields)) = (self.unread(), document.as_object_mut()) {
            fields.insert(String::from("unread"), unread);
        }
        let digest = hex::encode(Sha256::digest(document.to_string().as_bytes()));
        if let Some(fields) = document.as_object_mut() {
            fields.insert(String::from("id"), json!(format!("urn:sluicegate:receipt:{digest}")));
        }
        document
    }

    /// Returns what holds for one setting, and how it came about.
    fn record(&self, setting: Setting) -> Value {
        let events = self.history.records.iter().filter_map(|change| event(setting, change));
        let mut record = Map::from_iter([
            (String::from("type"), json!("ConsentRecord")),
            (String::from("name"), json!(setting.name())),
            (String::from("events"), events.collect()),
        ]);
        // Where nobody chose the country's default holds, which is no event.
        let is_off = self.standing.is_marked_off(setting).then_some(Choice::Off);
        if let Some(holds) = is_off.or_else(|| self.standing.choice(setting)) {
            record.insert(String::from("status"), json!(status_of(holds)));
        }
        Value::Object(record)
    }

    /// Returns what records and processes lack, if anything: events, rows and files that do not read, and sets of values that do
    /// not open.
    fn unread(&self) -> Option<Value> {
        let (mut rows, mut files, mut values) = (0, Vec::new(), 0_u64);
        for record in self.records {
            match record {
                ExportRow::Unread { rows: unread, files: damaged, .. } => {
                    rows = *unread;
                    files.extend(damaged);
                }
                ExportRow::Disclosure { damaged: true, .. } => values = values.saturating_add(1),
                ExportRow::Disclosure { .. } | ExportRow::Withheld { .. } => {}
            }
        }
        let events = self.history.unread.len();
        (events > 0 || rows > 0 || !files.is_empty() || values > 0).then(|| {
            json!({
                "type": "sg:Unread",
                "description": "records and processes may lack something: it was damaged where it is kept",
                "changes": events,
                "rows": rows,
                "files": files,
                "values": values,
            })
        })
    }

    /// Returns whether more may have been told than is counted here: a row or a file that does not read does not say
    /// by whom it was got. Sets of values that do not open are counted.
    fn is_lower_bound(&self) -> bool {
        self.records.iter().any(|record| matches!(record, ExportRow::Unread { .. }))
    }

    fn processes(&self) -> Vec<Value> {
        let mut heard: BTreeMap<PartnershipId, Heard> = BTreeMap::new();
        for record in self.records {
            if let ExportRow::Disclosure {
                partnership, categories, told, count, first, last, ..
            } = record
            {
                let heard = heard.entry(partnership.clone()).or_default();
                heard.times = heard.times.saturating_add(*count);
                heard.categories.extend(categories.iter().map(|one| (one.name(), *one)));
                heard.fields.extend(told.iter().map(|one| (one.field.to_string(), one.category)));
                if heard.first.as_ref().is_none_or(|known| in_order(first) < in_order(known)) {
                    heard.first = Some(first.clone());
                }
                if heard.last.as_ref().is_none_or(|known| in_order(last) > in_order(known)) {
                    heard.last = Some(last.clone());
                }
            }
        }
        heard.iter().map(|(id, heard)| self.process(id, heard)).collect()
    }

    fn process(&self, id: &PartnershipId, heard: &Heard) -> Value {
        let personal: Vec<Value> = heard
            .categories
            .values()
            .map(|category| {
                let fields = heard.fields.iter().filter(|(_, of)| *of == category);
                json!({
                    // Why of the partnership: one name for all would give each the fields that another was told.
                    "id": format!("urn:sluicegate:partnership:{id}:category:{}", category.name()),
                    "type": "PersonalData",
                    "name": category.name(),
                    "fields": fields.map(|(field, _)| field).collect::<Vec<_>>(),
                })
            })
            .collect();
        let mut process = json!({
            "id": format!("urn:sluicegate:partnership:{id}"),
            "type": "Process",
            "personalData": personal,
            "times": heard.times,
            "first": heard.first,
            "last": heard.last,
            "isLowerBound": self.is_lower_bound(),
        });
        let Some(fields) = process.as_object_mut() else { return process };
        if let Some(known) = self.edition.partnership(id) {
            fields.extend(terms(known));
        } else if let Some((edition, known)) = self.last_listed(id) {
            fields.extend(terms(known));
            fields.insert(String::from("notice"), notice(edition));
        }
        process
    }

    fn last_listed(&self, id: &PartnershipId) -> Option<(&Edition, &Partnership)> {
        self.past.iter().find_map(|edition| Some((edition, edition.partnership(id)?)))
    }
}

/// Returns what happened to a setting, if it was about that.
fn event(setting: Setting, change: &ChangeRecord) -> Option<Value> {
    let (of, mut event) = match &change.event {
        Event::Chosen { setting, value, actor, words, language } => (
            *setting,
            json!({
                "status": status_of(*value),
                "by": actor.name(),
                "notice": { "type": "ConsentNotice", "words": words, "language": language },
            }),
        ),
        Event::MarkedOff { setting } => (
            *setting,
            json!({ "status": status_of(Choice::Off), "description": change.event.words() }),
        ),
        // What holds then is what was chosen at this key, or what another account chose.
        Event::MarkLifted { setting } => (*setting, json!({ "description": change.event.words() })),
        Event::Linked { .. }
        | Event::Unlinked { .. }
        | Event::Corrected(_)
        | Event::Edited(_)
        | Event::Removed { .. } => return None,
    };
    let fields = event.as_object_mut()?;
    fields.insert(String::from("at"), json!(rfc3339(change.at)));
    let revision = format!("{}.{}", change.revision.shard, change.revision.version);
    fields.insert(String::from("revision"), json!(revision));
    (of == setting).then_some(event)
}

fn notice(edition: &Edition) -> Value {
    json!({
        "id": format!("urn:sluicegate:edition:{}", edition.hash()),
        "type": "PrivacyNotice",
        "version": edition.number().to_string(),
        "issued": rfc3339(edition.published_at()),
    })
}

/// What an edition says of a partnership.
fn terms(known: &Partnership) -> Vec<(String, Value)> {
    let partner = &known.partner;
    let purposes =
        known.purposes.iter().map(|words| json!({ "type": "Purpose", "description": words }));
    let recipient = json!({
        "id": format!("urn:sluicegate:partner:{}", partner.id),
        "type": "ThirdParty",
        "name": partner.legal_name,
        "country": partner.country.to_string(),
        "contact": partner.contact,
        "policy": { "id": partner.privacy_url },
    });
    [
        ("name", json!(known.title)),
        ("description", json!(known.summary)),
        ("purposes", purposes.collect()),
        ("recipient", recipient),
        (
            "storage",
            json!({
                "type": "StorageDuration",
                "duration": format!("P{}D", known.retention_days),
            }),
        ),
        ("isControlled", json!(known.is_controlled())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn status_of(value: Choice) -> &'static str {
    match value {
        Choice::On => "ConsentGiven",
        Choice::Off => "ConsentWithdrawn",
    }
}

/// What each name means.
fn context() -> Value {
    let iri = |name: &str| json!({ "@id": name, "@type": "@id" });
    let time = |name: &str| json!({ "@id": name, "@type": "xsd:dateTime" });
    let set = |name: &str| json!({ "@id": name, "@container": "@set" });
    let term = |name: &str| json!({ "@id": name, "@type": "@vocab" });
    let unread = [
        ("unread", json!("sg:unread")),
        ("changes", json!("sg:unreadChanges")),
        ("rows", json!("sg:unreadRows")),
        ("files", set("sg:unreadFile")),
        ("values", json!("sg:unreadValues")),
    ];
    let mut context = json!({
        "@vocab": "https://w3id.org/dpv#",
        "dct": "http://purl.org/dc/terms/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "sg": "urn:sluicegate:term:",
        "id": "@id",
        "type": "@type",
        "conformsTo": "dct:conformsTo",
        "issued": time("dct:issued"),
        "version": "dct:hasVersion",
        "language": "dct:language",
        "name": "dct:title",
        "description": "dct:description",
        "words": "dct:description",
        "subject": iri("hasDataSubject"),
        "controller": iri("hasDataController"),
        "notice": iri("hasNotice"),
        "period": "dct:temporal",
        "from": time("sg:from"),
        "until": time("sg:until"),
        "record": set("sg:record"),
        "status": term("hasConsentStatus"),
        "events": set("sg:event"),
        "at": time("isIndicatedAtTime"),
        "by": "isIndicatedBy",
        "revision": "sg:revision",
        "processes": set("hasProcess"),
        "purposes": set("hasPurpose"),
        "personalData": set("hasPersonalData"),
        "fields": set("sg:field"),
        "recipient": iri("hasRecipient"),
        "country": "hasCountry",
        "contact": "hasContact",
        "policy": iri("sg:privacyPolicy"),
        "storage": "hasStorageCondition",
        "duration": { "@id": "hasDuration", "@type": "xsd:duration" },
        "isControlled": "sg:isControlledBySetting",
        "times": "sg:times",
        "first": time("sg:first"),
        "last": time("sg:last"),
        "isLowerBound": "sg:isLowerBound",
    });
    if let Some(terms) = context.as_object_mut() {
        terms.extend(unread.map(|(name, term)| (name.to_owned(), term)));
    }
    context
}

/// Returns of a time in RFC 3339 and in UTC what sorts as times do: with the `Z`, half a second would come before none.
fn in_order(time: &str) -> &str {
    time.trim_end_matches('Z')
}

fn rfc3339(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_range| String::new(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use sluicegate_gate::{KeyStamp, Path, Revision, Told};
    use sluicegate_register::Register;

    fn disclosure(damaged: bool) -> ExportRow {
        let told = Told {
            category: Category::DeviceIdentifier,
            field: "user.id".into(),
            value: String::from("u"),
        };
        ExportRow::Disclosure {
            partnership: "north".parse().unwrap(),
            path: Path::BidRequest,
            categories: vec![Category::DeviceIdentifier],
            told: if damaged { Vec::new() } else { vec![told] },
            damaged,
            count: 2,
            first: String::from("2026-01-01T00:00:25Z"),
            last: String::from("2026-01-01T00:00:26Z"),
            edition: String::new(),
        }
    }

    fn processes(records: &[ExportRow]) -> Value {
        let text = "publisher = { id = \"case\", name = \"Case\", domain = \"reader.example\" }";
        let register = Register::read(&[(String::from("inventory.toml"), text.to_owned())]);
        let edition = Edition::publish(register.unwrap(), None, testing::START).unwrap();
        let stamp =
            KeyStamp { key: testing::account(), revision: Revision { shard: 0, version: 0 } };
        let receipt = Receipt {
            key: testing::account(),
            range: UnixMillis(0)..testing::START,
            at: testing::START,
            edition: &edition,
            past: &[],
            standing: Standing::untouched(stamp),
            history: ReadHistory::default(),
            records,
        };
        receipt.document()["processes"].clone()
    }

    #[test]
    fn how_often_somebody_was_told_is_said_to_be_a_lower_bound_where_a_file_or_row_does_not_read() {
        let whole = processes(&[disclosure(false), disclosure(true)]);
        assert_eq!((&whole[0]["times"], &whole[0]["isLowerBound"]), (&json!(4), &json!(false)));
        let gone = |rows, files| ExportRow::Unread { rows, files, words: "damaged" };
        for unread in [
            gone(1, Vec::new()),
            gone(0, vec![String::from("told/day=2026-01-01/part-000001.parquet")]),
        ] {
            let part = processes(&[disclosure(false), unread]);
            assert_eq!((&part[0]["times"], &part[0]["isLowerBound"]), (&json!(2), &json!(true)));
        }
    }

    #[test]
    fn times_with_and_without_a_fraction_sort_as_times_do() {
        let times = ["2026-01-01T00:00:25Z", "2026-01-01T00:00:25.09Z", "2026-01-01T00:00:25.9Z"];
        assert!(times.map(in_order).is_sorted());
        assert!(!times.is_sorted(), "as they stand they do not");
    }
}
