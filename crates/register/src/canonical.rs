//! The canonical text of an edition: JSON with sorted keys, no white space, whole numbers only.
//!
//! Format 3. The hash of an edition is the SHA-256 of exactly these bytes, so the text of a format
//! never changes; a new field makes a new format, unless a text without it says what it always said. Days are
//! `2026-01-31`, times milliseconds since 1970, lists in the order of their ids.

use crate::{
    Acknowledge, Advertiser, Audience, Bidding, Compression, Day, Deal, DeviceIdForm, Edition,
    Endpoint, Inventory, LinkingAttestation, Partner, Partnership, Recalling, Register, Retired,
    Role, TcfVendor, Texts, partnership::tcf_party,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluicegate_gate::{
    Category, Country, Kind, PartnershipId, Terms, Via, WhenWithheld, time::UnixMillis,
};
use sluicegate_signals::{Ids, Vendor};
use std::time::Duration;
use url::Url;

/// The format that this program writes, and the only one that it reads.
const FORMAT: u32 = 3;

/// The text is not the canonical text of an edition.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// It is not JSON of that shape.
    #[error("not an edition")]
    Shape(#[source] serde_json::Error),
    /// It is of a format that this program does not know.
    #[error("an edition of format {0}, which this program does not read")]
    Format(u32),
    /// A value does not fit its field.
    #[error("an edition with a wrong value in `{0}`")]
    Value(&'static str),
    /// It says the same in other bytes, so its hash would differ.
    #[error("an edition that is not in canonical form")]
    NotCanonical,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EditionText {
    format: u32,
    number: u32,
    published_at_ms: i64,
    partnerships: Vec<PartnershipText>,
    advertisers: Vec<Advertiser>,
    inventory: Inventory,
    deals: Vec<Deal>,
    retired: Vec<RetiredText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetiredText {
    id: PartnershipId,
    kind: Kind,
    partner: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recall: Option<RecallText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartnershipText {
    id: PartnershipId,
    kind: Kind,
    via: Via,
    categories: Vec<Category>,
    countries: Vec<Country>,
    start: Day,
    end: Option<Day>,
    suspended: bool,
    when_withheld: WhenWithheld,
    listed_since_ms: i64,
    partner: Partner,
    title: String,
    summary: String,
    role: Role,
    purposes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    texts: Vec<Texts>,
    retention_days: u32,
    tcf_vendor: Option<VendorText>,
    linking: Option<LinkingAttestation>,
    endpoint: Option<EndpointText>,
    device_id: DeviceIdForm,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    audiences: Vec<Audience>,
    bidding: Option<Bidding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recall: Option<RecallText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecallText {
    url: String,
    window_days: u32,
    lapse_hours: u32,
    acknowledge: Acknowledge,
    dsrdelete_url: Option<String>,
}

/// A vendor by the names of the Global Vendor List.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VendorText {
    list_version: u16,
    id: u16,
    purposes: Vec<u8>,
    leg_int_purposes: Vec<u8>,
    flexible_purposes: Vec<u8>,
    special_features: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointText {
    url: String,
    timeout_ms: u64,
    concurrency: usize,
    per_second: u32,
    notice_hosts: Vec<String>,
    batch_events: usize,
    compression: Compression,
}

/// Returns the canonical text of an edition with this content.
pub(crate) fn write(
    number: u32,
    published_at: UnixMillis,
    register: &Register,
    retired: &[Retired],
) -> Result<String, serde_json::Error> {
    let text = EditionText {
        format: FORMAT,
        number,
        published_at_ms: published_at.0,
        partnerships: register.partnerships.iter().map(PartnershipText::of).collect(),
        advertisers: register.advertisers.clone(),
        inventory: register.inventory.clone(),
        deals: register.deals.clone(),
        retired: retired.iter().map(RetiredText::of).collect(),
    };
    let mut canonical = String::new();
    append(&serde_json::to_value(&text)?, &mut canonical)?;
    Ok(canonical)
}

/// Reads a canonical text back into the same edition.
pub(crate) fn read(canonical: &str) -> Result<Edition, CanonicalError> {
    let FormatOnly { format } = serde_json::from_str(canonical).map_err(CanonicalError::Shape)?;
    if format != FORMAT {
        return Err(CanonicalError::Format(format));
    }
    let text: EditionText = serde_json::from_str(canonical).map_err(CanonicalError::Shape)?;
    let partnerships = text.partnerships.into_iter().map(PartnershipText::into_partnership);
    let register = Register {
        partnerships: partnerships.collect::<Result<_, _>>()?,
        advertisers: text.advertisers,
        inventory: text.inventory,
        deals: text.deals,
    };
    let published_at = UnixMillis(text.published_at_ms);
    let retired = text.retired.into_iter().map(RetiredText::into_retired);
    let retired = retired.collect::<Result<_, _>>()?;
    let edition = Edition::assemble(text.number, published_at, register, retired)
        .map_err(CanonicalError::Shape)?;
    if edition.canonical() == canonical { Ok(edition) } else { Err(CanonicalError::NotCanonical) }
}

/// Returns a partnership as the canonical text has it.
pub(crate) fn partnership(partnership: &Partnership) -> Value {
    serde_json::to_value(PartnershipText::of(partnership)).unwrap_or_default()
}

/// Writes with sorted keys, whatever order the map of the JSON library has.
fn append(value: &Value, text: &mut String) -> Result<(), serde_json::Error> {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (place, (name, value)) in fields.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&serde_json::to_string(name)?);
                text.push(':');
                append(value, text)?;
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                append(value, text)?;
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&serde_json::to_string(value)?);
        }
    }
    Ok(())
}

impl PartnershipText {
    fn of(partnership: &Partnership) -> Self {
        let Partnership { terms, partner, title, summary, role, .. } = partnership;
        Self {
            id: terms.id.clone(),
            kind: terms.kind,
            via: terms.via,
            categories: terms.categories.iter().collect(),
            countries: terms.countries.clone(),
            start: Day::of(terms.start),
            end: terms.end.map(Day::of),
            suspended: terms.suspended,
            when_withheld: terms.when_withheld,
            listed_since_ms: terms.listed_since.0,
            partner: partner.clone(),
            title: title.clone(),
            summary: summary.clone(),
            role: *role,
            purposes: partnership.purposes.clone(),
            texts: partnership.texts.clone(),
            retention_days: partnership.retention_days,
            tcf_vendor: partnership.tcf_vendor.map(VendorText::of),
            linking: partnership.linking.clone(),
            endpoint: partnership.endpoint.as_ref().map(EndpointText::of),
            device_id: partnership.device_id,
            audiences: partnership.audiences.clone(),
            bidding: partnership.bidding.clone(),
            recall: partnership.recall.as_ref().map(RecallText::of),
        }
    }

    fn into_partnership(self) -> Result<Partnership, CanonicalError> {
        let tcf_vendor = self.tcf_vendor.map(VendorText::into_vendor).transpose()?;
        Ok(Partnership {
            terms: Terms {
                id: self.id,
                kind: self.kind,
                via: self.via,
                categories: self.categories.into_iter().collect(),
                countries: self.countries,
                start: self.start.start(),
                end: self.end.map(Day::start),
                suspended: self.suspended,
                linking_attested_until: self
                    .linking
                    .as_ref()
                    .map(|linking| linking.expires_on.start()),
                tcf: tcf_party(self.role, tcf_vendor),
                when_withheld: self.when_withheld,
                listed_since: UnixMillis(self.listed_since_ms),
            },
            partner: self.partner,
            title: self.title,
            summary: self.summary,
            role: self.role,
            purposes: self.purposes,
            texts: self.texts,
            retention_days: self.retention_days,
            tcf_vendor,
            linking: self.linking,
            endpoint: self.endpoint.map(EndpointText::into_endpoint).transpose()?,
            device_id: self.device_id,
            audiences: self.audiences,
            bidding: self.bidding,
            recall: self.recall.map(RecallText::into_recalling).transpose()?,
        })
    }
}

impl RetiredText {
    fn of(retired: &Retired) -> Self {
        let Retired { id, kind, partner, recall } = retired;
        let (id, kind, partner) = (id.clone(), *kind, partner.clone());
        Self { id, kind, partner, recall: recall.as_ref().map(RecallText::of) }
    }

    fn into_retired(self) -> Result<Retired, CanonicalError> {
        let Self { id, kind, partner, recall } = self;
        let recall = recall.map(RecallText::into_recalling).transpose()?;
        Ok(Retired { id, kind, partner, recall })
    }
}

impl VendorText {
    fn of(TcfVendor { list_version, vendor }: TcfVendor) -> Self {
        Self {
            list_version,
            id: vendor.id,
            purposes: vendor.consent.iter().collect(),
            leg_int_purposes: vendor.legitimate_interest.iter().collect(),
            flexible_purposes: vendor.flexible.iter().collect(),
            special_features: vendor.special_features.iter().collect(),
        }
    }

    fn into_vendor(self) -> Result<TcfVendor, CanonicalError> {
        let ids = |ids: &[u8]| {
            let known = ids.iter().all(|id| (1..=Ids::MAX).contains(id));
            known.then(|| ids.iter().copied().collect()).ok_or(CanonicalError::Value("tcf_vendor"))
        };
        let vendor = Vendor {
            id: self.id,
            consent: ids(&self.purposes)?,
            legitimate_interest: ids(&self.leg_int_purposes)?,
            flexible: ids(&self.flexible_purposes)?,
            special_features: ids(&self.special_features)?,
        };
        Ok(TcfVendor { list_version: self.list_version, vendor })
    }
}

impl RecallText {
    fn of(recall: &Recalling) -> Self {
        Self {
            url: recall.url.as_str().to_owned(),
            window_days: recall.window_days,
            lapse_hours: recall.lapse_hours,
            acknowledge: recall.acknowledge,
            dsrdelete_url: recall.dsrdelete_url.as_ref().map(|url| url.as_str().to_owned()),
        }
    }

    fn into_recalling(self) -> Result<Recalling, CanonicalError> {
        let read =
            |text: &str, name| Url::parse(text).map_err(|_not_a_url| CanonicalError::Value(name));
        Ok(Recalling {
            url: read(&self.url, "recall.url")?,
            window_days: self.window_days,
            lapse_hours: self.lapse_hours,
            acknowledge: self.acknowledge,
            dsrdelete_url: self
                .dsrdelete_url
                .as_deref()
                .map(|url| read(url, "recall.dsrdelete_url"))
                .transpose()?,
        })
    }
}

impl EndpointText {
    fn of(endpoint: &Endpoint) -> Self {
        Self {
            url: endpoint.url.as_str().to_owned(),
            timeout_ms: u64::try_from(endpoint.timeout.as_millis()).unwrap_or(u64::MAX),
            concurrency: endpoint.concurrency,
            per_second: endpoint.per_second,
            notice_hosts: endpoint.notice_hosts.clone(),
            batch_events: endpoint.batch_events,
            compression: endpoint.compression,
        }
    }

    fn into_endpoint(self) -> Result<Endpoint, CanonicalError> {
        Ok(Endpoint {
            url: Url::parse(&self.url)
                .map_err(|_not_a_url| CanonicalError::Value("endpoint.url"))?,
            timeout: Duration::from_millis(self.timeout_ms),
            concurrency: self.concurrency,
            per_second: self.per_second,
            notice_hosts: self.notice_hosts,
            batch_events: self.batch_events,
            compression: self.compression,
        })
    }
}
