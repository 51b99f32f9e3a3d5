//! What a partner gets of an exposure. Built field by field; every field takes the grant of its
//! category.

use crate::exposure::{AdFormat, IfaType, Interaction, Touch};
use serde::Serialize;
use sluicegate_gate::{
    AdvertiserId, Body, Category, DisclosureId, EncodeError, Family, Grant, Grants, Path, Told,
    ToldList, mark, time::UnixMillis,
};
use std::{fmt, marker::PhantomData, sync::Arc};

/// Batches of exposures, as Standard Webhooks messages of type `ad_exposure.batch`.
#[derive(Clone, Copy, Debug)]
pub struct Exposures;

/// One exposure in a batch, as the partner gets it.
///
/// There is no field for an account, an address or a user agent.
#[derive(Debug)]
pub struct ExposureRecord<'b> {
    wire: Wire,
    /// The wire as text, once it is written. It does not print.
    text: Option<Text>,
    disclosure: DisclosureId,
    made_at: UnixMillis,
    source: Arc<str>,
    told: Vec<Told>,
    brand: PhantomData<Grants<'b>>,
}

/// A record as the bytes that go.
struct Text(Vec<u8>);

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Text({} bytes)", self.0.len())
    }
}

/// What every record has; nothing of the person.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The exposure's id for this partnership only; partners know repeats by it.
    pub id: String,
    /// The id under which telling it is recorded.
    pub disclosure: DisclosureId,
    /// When the message was put together.
    pub made_at: UnixMillis,
    /// From where the message says that it comes.
    pub source: Arc<str>,
    /// The day on which the partner must have forgotten it, as `YYYY-MM-DD`.
    pub retain_until: String,
}

/// By what the partner can recognize the device or browser. It does not print.
#[derive(Clone, Default)]
pub struct DeviceIds {
    /// The kind of advertising id.
    pub ifa_type: Option<IfaType>,
    /// HMAC of the advertising id under the partnership's key, in hex.
    pub device_id_hash: Option<String>,
    /// The advertising id itself, where the partnership lists it.
    pub ifa: Option<String>,
    /// HMAC of the browser's id under the partnership's key, in hex.
    pub browser_id_hash: Option<String>,
}

impl fmt::Debug for DeviceIds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeviceIds([personal])")
    }
}

/// What the exposure said about privacy, as far as it may be passed on. It does not print.
#[derive(Clone, Default)]
pub struct Consent {
    /// Whether the General Data Protection Regulation applies, as was decided.
    pub gdpr: Option<u8>,
    /// The string of the Transparency and Consent Framework, as it may be passed on.
    pub tc_string: Option<String>,
    /// The string of the Global Privacy Platform, as it may be passed on.
    pub gpp_string: Option<String>,
    /// Its sections in force, in ascending order.
    pub gpp_sid: Vec<i64>,
    /// The US Privacy string.
    pub us_privacy: Option<String>,
}

impl fmt::Debug for Consent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Consent([personal])")
    }
}

/// What was seen, watched or done.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// What the device did.
    pub interaction: Interaction,
    /// The class of touch that it is of.
    pub touch: Touch,
    /// When.
    pub happened: UnixMillis,
    /// Who ran the ad.
    pub advertiser: AdvertiserId,
    /// The advertiser's campaign.
    pub campaign_id: String,
    /// The part of the campaign.
    pub line_item_id: String,
    /// The ad.
    pub creative_id: String,
    /// The app it was for: one of the advertiser's own.
    pub app_id: Option<String>,
    /// The form of the ad.
    pub ad_format: AdFormat,
    /// For how long it was in view.
    pub view_duration_ms: Option<u32>,
    /// How long the video is.
    pub video_duration_ms: Option<u32>,
    /// How much of it was in view, in percent.
    pub viewable_pct: Option<u8>,
}

impl<'b> ExposureRecord<'b> {
    /// Begins a record that tells nothing yet.
    pub fn begin(_of: &Grants<'b>, ticket: Ticket) -> Self {
        Self {
            disclosure: ticket.disclosure,
            made_at: ticket.made_at,
            source: ticket.source,
            wire: Wire {
                id: ticket.id,
                disclosure_id: ticket.disclosure.to_string(),
                retain_until: ticket.retain_until,
                consent: ConsentWire::default(),
                device: DeviceWire::default(),
                sighting: None,
            },
            text: None,
            told: Vec::with_capacity(TOLD),
            brand: PhantomData,
        }
    }

    /// Sets what the exposure said about privacy, so that the partner can do as it says.
    #[must_use]
    pub fn consent(mut self, _grant: Grant<'b, mark::Plumbing>, said: Consent) -> Self {
        let strings = [
            ("tc_string", &said.tc_string),
            ("gpp_string", &said.gpp_string),
            ("us_privacy", &said.us_privacy),
        ];
        for (field, value) in strings {
            self.told.extend(value.clone().map(|value| Told {
                category: Category::Plumbing,
                field: field.into(),
                value,
            }));
        }
        self.text = None;
        let Consent { gdpr, tc_string, gpp_string, gpp_sid, us_privacy } = said;
        self.wire.consent = ConsentWire { gdpr, tc_string, gpp_string, gpp_sid, us_privacy };
        self
    }

    /// Sets by what the device or browser can be recognized.
    #[must_use]
    pub fn device(mut self, _grant: Grant<'b, mark::DeviceIdentifier>, ids: DeviceIds) -> Self {
        let mut tell = |field: &'static str, value: Option<&str>| {
            self.told.extend(value.map(|value| Told {
                category: Category::DeviceIdentifier,
                field: field.into(),
                value: value.to_owned(),
            }));
        };
        tell("ifa_type", ids.ifa_type.map(IfaType::name));
        tell("device_id_hash", ids.device_id_hash.as_deref());
        tell("ifa", ids.ifa.as_deref());
        tell("browser_id_hash", ids.browser_id_hash.as_deref());
        self.text = None;
        self.wire.device = DeviceWire {
            ifa_type: ids.ifa_type,
            device_id_hash: ids.device_id_hash,
            ifa: ids.ifa,
            browser_id_hash: ids.browser_id_hash,
        };
        self
    }

    /// Sets what was seen.
    #[must_use]
    pub fn sighting(mut self, _grant: Grant<'b, mark::Exposure>, seen: Sighting) -> Self {
        let wire = SightingWire {
            interaction_type: seen.interaction,
            touch_type: seen.touch,
            timestamp: rfc3339(seen.happened),
            advertiser_id: seen.advertiser,
            campaign_id: seen.campaign_id,
            line_item_id: seen.line_item_id,
            creative_id: seen.creative_id,
            app_id: seen.app_id,
            ad_format: seen.ad_format,
            view_duration_ms: seen.view_duration_ms,
            video_duration_ms: seen.video_duration_ms,
            viewable_pct: seen.viewable_pct,
        };
        self.told.extend(wire.told());
        self.text = None;
        self.wire.sighting = Some(wire);
        self
    }

    /// Writes the record down, once, and returns how many bytes it takes in the message.
    pub fn write(&mut self) -> usize {
        let mut text = Vec::with_capacity(TEXT_BYTES);
        self.text = serde_json::to_writer(&mut text, &self.wire).is_ok().then_some(Text(text));
        self.text.as_ref().map_or(usize::MAX, |text| text.0.len())
    }

    /// Returns it as it was written down.
    pub(crate) fn text(&self) -> &[u8] {
        self.text.as_ref().map_or(&[], |text| &text.0)
    }
}

impl<'b> Body<'b> for ExposureRecord<'b> {
    fn disclosure(&self) -> DisclosureId {
        self.disclosure
    }

    fn told(&self) -> Vec<Told> {
        self.told.clone()
    }

    fn into_told(self) -> ToldList {
        self.told.into()
    }
}

impl Family for Exposures {
    type Of<'b> = ExposureRecord<'b>;
    const PATH: Path = Path::Exposures;

    /// Writes the message. Its id travels in the headers, so the same records make the same bytes.
    fn encode(
        _message: DisclosureId,
        bodies: &[ExposureRecord<'static>],
    ) -> Result<bytes::Bytes, EncodeError> {
        let first = bodies.first().ok_or_else(|| EncodeError(String::from("an empty batch")))?;
        let head = HeadWire {
            kind: "ad_exposure.batch",
            source: &first.source,
            timestamp: rfc3339(first.made_at),
        };
        let unwritable = |error: serde_json::Error| EncodeError(error.to_string());
        let bytes: usize = bodies.iter().map(|record| record.text().len() + 1).sum();
        let mut text = Vec::with_capacity(TEXT_BYTES + bytes);
        serde_json::to_writer(&mut text, &head).map_err(unwritable)?;
        // The head is an object with fields: in place of its end comes the data.
        text.pop();
        text.extend_from_slice(br#","data":{"records":["#);
        for (index, record) in bodies.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            match &record.text {
                Some(written) => text.extend_from_slice(&written.0),
                None => serde_json::to_writer(&mut text, &record.wire).map_err(unwritable)?,
            }
        }
        text.extend_from_slice(b"]}}");
        Ok(text.into())
    }
}

/// Closed, and only written: nothing is copied into it.
#[derive(Debug, Serialize)]
struct Wire {
    id: String,
    disclosure_id: String,
    retain_until: String,
    #[serde(flatten)]
    consent: ConsentWire,
    #[serde(flatten)]
    device: DeviceWire,
    #[serde(flatten)]
    sighting: Option<SightingWire>,
}

#[derive(Default, Serialize)]
struct ConsentWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    gdpr: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tc_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gpp_string: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gpp_sid: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    us_privacy: Option<String>,
}

impl fmt::Debug for ConsentWire {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ConsentWire([personal])")
    }
}

#[derive(Default, Serialize)]
struct DeviceWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    ifa_type: Option<IfaType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ifa: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser_id_hash: Option<String>,
}

impl fmt::Debug for DeviceWire {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeviceWire([personal])")
    }
}

#[derive(Debug, Serialize)]
struct SightingWire {
    interaction_type: Interaction,
    touch_type: Touch,
    timestamp: String,
    advertiser_id: AdvertiserId,
    campaign_id: String,
    line_item_id: String,
    creative_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<String>,
    ad_format: AdFormat,
    #[serde(skip_serializing_if = "Option::is_none")]
    view_duration_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_duration_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    viewable_pct: Option<u8>,
}

impl SightingWire {
    fn told(&self) -> impl Iterator<Item = Told> {
        [
            ("interaction_type", Some(self.interaction_type.name().to_owned())),
            ("touch_type", Some(self.touch_type.name().to_owned())),
            ("timestamp", Some(self.timestamp.clone())),
            ("advertiser_id", Some(self.advertiser_id.to_string())),
            ("campaign_id", Some(self.campaign_id.clone())),
            ("line_item_id", Some(self.line_item_id.clone())),
            ("creative_id", Some(self.creative_id.clone())),
            ("app_id", self.app_id.clone()),
            ("ad_format", Some(self.ad_format.name().to_owned())),
            ("view_duration_ms", self.view_duration_ms.map(|number| number.to_string())),
            ("video_duration_ms", self.video_duration_ms.map(|number| number.to_string())),
            ("viewable_pct", self.viewable_pct.map(|number| number.to_string())),
        ]
        .into_iter()
        .filter_map(|(field, value)| {
            let value = value?;
            Some(Told { category: Category::Exposure, field: field.into(), value })
        })
    }
}

/// Everything of a message but its records.
#[derive(Serialize)]
struct HeadWire<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    source: &'a str,
    timestamp: String,
}

/// About as many values as a record tells, and as many bytes as it takes.
const TOLD: usize = 16;
const TEXT_BYTES: usize = 640;

/// Returns the time as `2026-01-31T12:00:00.000Z`.
fn rfc3339(time: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(time.0)
        .map_or_else(|_out_of_range| String::new(), |time| format!("{time:.3}"))
}

/// Returns the day that many days after a time, as `2026-01-31`.
pub(crate) fn day_after(time: UnixMillis, days: u32) -> String {
    let later = time.plus(std::time::Duration::from_hours(24 * u64::from(days)));
    rfc3339(later).get(..10).unwrap_or_default().to_owned()
}
