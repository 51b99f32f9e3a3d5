//! What a bid request told: every value by its field, and what kind of data it is.

use serde_json::Value;

/// A kind of data, as a partner would sort it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// By which the device or person can be met again.
    DeviceIdentifier,
    /// Gender, age, interests.
    Demographic,
    /// Where the device is, finely.
    PreciseLocation,
    /// What sort of device, and roughly where.
    CoarseDevice,
    /// The site or app.
    Context,
    /// What the exchange of messages needs.
    Plumbing,
}

impl Kind {
    /// All, the most telling first.
    pub(crate) const ALL: [Self; 6] = [
        Self::DeviceIdentifier,
        Self::Demographic,
        Self::PreciseLocation,
        Self::CoarseDevice,
        Self::Context,
        Self::Plumbing,
    ];

    /// Returns the name on the page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DeviceIdentifier => "Device identifier",
            Self::Demographic => "Demographic",
            Self::PreciseLocation => "Precise location",
            Self::CoarseDevice => "Coarse device",
            Self::Context => "Context",
            Self::Plumbing => "Plumbing",
        }
    }

    /// Returns whether data of this kind is about a person or their device.
    pub(crate) fn is_personal(self) -> bool {
        match self {
            Self::DeviceIdentifier
            | Self::Demographic
            | Self::PreciseLocation
            | Self::CoarseDevice => true,
            Self::Context | Self::Plumbing => false,
        }
    }

    /// Returns the kind of a field. What is unknown about a device or a user counts as telling the
    /// most.
    fn of(path: &str, value: &str) -> Self {
        let mut parts = path.splitn(3, ['.', '[']);
        let object = parts.next().unwrap_or_default();
        let field = parts.next().unwrap_or_default();
        match (object, field) {
            ("site" | "app" | "dooh", _) => Self::Context,
            ("user", "consent") => Self::Plumbing,
            ("user", "data" | "gender" | "yob" | "keywords" | "kwarray" | "geo") => {
                Self::Demographic
            }
            ("device", "geo") => Self::of_place(parts.next().unwrap_or_default()),
            ("device", "ip") if value.ends_with(".0") => Self::CoarseDevice,
            ("device", "ipv6") if value.ends_with("::") => Self::CoarseDevice,
            ("device", "ext") => Self::of_extension(parts.next().unwrap_or_default()),
            ("device", field) if COARSE.contains(&field) => Self::CoarseDevice,
            ("user" | "device", _) => Self::DeviceIdentifier,
            _ => Self::Plumbing,
        }
    }

    fn of_place(field: &str) -> Self {
        match field {
            "country" | "region" | "metro" | "utcoffset" | "type" => Self::CoarseDevice,
            _ => Self::PreciseLocation,
        }
    }

    fn of_extension(field: &str) -> Self {
        if field == "atts" { Self::CoarseDevice } else { Self::DeviceIdentifier }
    }
}

/// One value that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// What kind of data it is.
    pub(crate) kind: Kind,
    /// Where it stood, as `imp[0].banner.w`.
    pub(crate) path: String,
    /// The value as text.
    pub(crate) value: String,
}

/// Lists the values of a request, at most 400, each cut at 200 characters.
pub(crate) fn list(request: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    collect(request, "", &mut fields);
    fields
}

fn collect(value: &Value, path: &str, fields: &mut Vec<Field>) {
    if fields.len() >= FIELDS_MAX {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                collect(member, &format!("{path}{dot}{name}"), fields);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{path}[{index}]"), fields);
            }
        }
        Value::String(text) => push(fields, path, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => push(fields, path, &value.to_string()),
    }
}

fn push(fields: &mut Vec<Field>, path: &str, text: &str) {
    let kind = Kind::of(path, text);
    let cut = |text: &str| text.chars().take(CHARACTERS_MAX).collect::<String>();
    let is_segment = path.starts_with("user.data[") && path.ends_with("].id");
    let meaning = AUDIENCES.iter().find(|(id, _)| is_segment && *id == text);
    let value = match meaning {
        Some((id, words)) => format!("{id} ({words})"),
        None => cut(text),
    };
    fields.push(Field { kind, path: cut(path), value });
}

const FIELDS_MAX: usize = 400;
const CHARACTERS_MAX: usize = 200;

/// What the segments of IAB Audience Taxonomy 1.1 say about age and gender.
const AUDIENCES: [(&str, &str); 16] = [
    ("3", "aged 18-20"),
    ("4", "aged 21-24"),
    ("5", "aged 25-29"),
    ("6", "aged 30-34"),
    ("7", "aged 35-39"),
    ("8", "aged 40-44"),
    ("9", "aged 45-49"),
    ("10", "aged 50-54"),
    ("11", "aged 55-59"),
    ("12", "aged 60-64"),
    ("13", "aged 65-69"),
    ("14", "aged 70-74"),
    ("15", "aged 75 and over"),
    ("49", "female"),
    ("50", "male"),
    ("51", "other gender"),
];

/// Fields of `device` that say what sort of device it is, not which.
const COARSE: [&str; 22] = [
    "carrier",
    "connectiontype",
    "devicetype",
    "dnt",
    "h",
    "js",
    "langb",
    "language",
    "lmt",
    "make",
    "mccmnc",
    "model",
    "os",
    "osv",
    "ppi",
    "pxratio",
    "sua",
    "ua",
    "w",
    "geofetch",
    "hwv",
    "flashver",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kinds(request: &Value) -> Vec<(String, Kind)> {
        list(request).into_iter().map(|field| (field.path, field.kind)).collect()
    }

    #[test]
    fn every_value_is_sorted_by_what_it_tells() {
        for (request, path, kind) in [
            (json!({"id": "a"}), "id", Kind::Plumbing),
            (json!({"imp": [{"banner": {"w": 300}}]}), "imp[0].banner.w", Kind::Plumbing),
            (json!({"app": {"bundle": "b"}}), "app.bundle", Kind::Context),
            (json!({"device": {"os": "c"}}), "device.os", Kind::CoarseDevice),
            (json!({"device": {"ip": "192.0.2.0"}}), "device.ip", Kind::CoarseDevice),
            (json!({"device": {"ip": "192.0.2.7"}}), "device.ip", Kind::DeviceIdentifier),
            (json!({"device": {"ifa": "d"}}), "device.ifa", Kind::DeviceIdentifier),
            (json!({"device": {"unheard": 1}}), "device.unheard", Kind::DeviceIdentifier),
            (
                json!({"device": {"geo": {"country": "USA"}}}),
                "device.geo.country",
                Kind::CoarseDevice,
            ),
            (json!({"device": {"geo": {"lat": 1.5}}}), "device.geo.lat", Kind::PreciseLocation),
            (json!({"user": {"id": "e"}}), "user.id", Kind::DeviceIdentifier),
            (json!({"user": {"consent": "f"}}), "user.consent", Kind::Plumbing),
            (
                json!({"user": {"data": [{"segment": [{"id": "5"}]}]}}),
                "user.data[0].segment[0].id",
                Kind::Demographic,
            ),
        ] {
            assert_eq!(kinds(&request), [(String::from(path), kind)]);
        }
    }

    #[test]
    fn audience_segments_are_shown_with_their_meaning() {
        let request =
            json!({"user": {"data": [{"segment": [{"id": "50"}, {"id": "777"}]}]}, "id": "50"});
        let values: Vec<String> = list(&request).into_iter().map(|field| field.value).collect();
        assert_eq!(values, ["50", "50 (male)", "777"]);
    }

    #[test]
    fn what_is_listed_is_bounded() {
        let many = json!({"imp": vec!["x".repeat(1000); 1000]});
        let fields = list(&many);
        assert_eq!(fields.len(), FIELDS_MAX);
        assert!(fields.iter().all(|field| field.value.len() == CHARACTERS_MAX));
    }
}
