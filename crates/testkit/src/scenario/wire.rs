//! What stands in a message, field by field.

use super::ports::Message;
use serde_json::Value;
use sluicegate_gate::Path;
use std::collections::BTreeSet;

/// Paths of fields.
pub(crate) type Fields = BTreeSet<String>;

/// Returns every field of a message that says something about a person or a device: all that stands in
/// `device`, `user` and `regs` of a bid request, all but the record's own numbers in an exposure. What law applies
/// (`gdpr`, `gpp_sid` and the other flags) says nothing of a person; the strings do.
pub(crate) fn told_on_the_wire(message: &Message) -> Fields {
    let body = json(message);
    let mut fields = Fields::new();
    if message.path == Path::Exposures {
        for record in records(&body) {
            leaves(&record, String::new(), &mut fields);
        }
        for own in ["id", "disclosure_id", "retain_until", "gdpr"] {
            fields.remove(own);
        }
        fields.retain(|field| !field.starts_with("gpp_sid["));
        return fields;
    }
    for part in ["device", "user", "regs"] {
        if let Some(value) = body.get(part) {
            leaves(value, part.to_owned(), &mut fields);
        }
    }
    // Who says so, and in which taxonomy; and what law applies.
    for own in ["regs.coppa", "regs.gdpr", "regs.ext.gpc"] {
        fields.remove(own);
    }
    let says_who = |field: &str| field.ends_with("].name") || field.ends_with("].ext.segtax");
    fields.retain(|field| !(field.starts_with("user.data[") && says_who(field)));
    fields.retain(|field| !field.starts_with("regs.gpp_sid["));
    fields
}

fn leaves(value: &Value, path: String, into: &mut Fields) {
    match value {
        // Client hints count as one field.
        _ if path == "device.sua" => drop(into.insert(path)),
        Value::Object(map) => {
            for (key, inner) in map {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(inner, format!("{path}{dot}{key}"), into);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                leaves(inner, format!("{path}[{index}]"), into);
            }
        }
        _ => drop(into.insert(path)),
    }
}

/// Returns the body of a message.
pub(crate) fn json(message: &Message) -> Value {
    serde_json::from_slice(&message.body).unwrap_or_default()
}

/// Puts the fields of each group in its place.
pub(crate) fn one_by_one(told: &[String]) -> Vec<String> {
    let of = |named: &String| match GROUPS.iter().find(|(group, _)| group == named) {
        Some((_, fields)) => fields.iter().map(|field| (*field).to_owned()).collect(),
        None => vec![named.clone()],
    };
    told.iter().flat_map(of).collect()
}

/// Returns the exposures in a body.
pub(crate) fn records(body: &Value) -> Vec<Value> {
    body.pointer("/data/records").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// What is told of the default request and exposure, in groups.
const GROUPS: [(&str, &[&str]); 5] = [
    ("kind_of_device", &["device.geo.country", "device.ip", "device.lmt", "device.os"]),
    ("identifiers", &["device.ifa", "user.id"]),
    (
        "demographics",
        &["user.data[0].segment[0].id", "user.data[0].segment[1].id", "user.data[0].segment[2].id"],
    ),
    ("device_hash", &["ifa_type", "device_id_hash"]),
    (
        "what_was_seen",
        &[
            "interaction_type",
            "touch_type",
            "timestamp",
            "advertiser_id",
            "campaign_id",
            "line_item_id",
            "creative_id",
            "ad_format",
        ],
    ),
];
