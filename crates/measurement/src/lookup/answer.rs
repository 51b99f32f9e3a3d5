//! What a partner is answered. A touch is built field by field with the grants of its permit; what is
//! no touch has no field for a person, and looks the same whatever the reason.

use crate::{Interaction, Touch, fields::FieldError};
use serde::Serialize;
use sluicegate_gate::{
    AdvertiserId, Body, Category, DisclosureId, EncodeError, Family, Grant, Grants, NoPerson, Path,
    Told, mark, time::UnixMillis,
};
use std::{marker::PhantomData, sync::Arc};

/// Answers to conversions in which a touch is told.
#[derive(Clone, Copy, Debug)]
pub struct Touches;

/// One touch in an answer, and the answer around it.
#[derive(Debug)]
pub struct TouchAnswer<'b> {
    frame: Arc<Frame>,
    place: usize,
    disclosure: DisclosureId,
    wire: Option<AttributionWire>,
    told: Vec<Told>,
    brand: PhantomData<Grants<'b>>,
}

/// An answer in which no touch is told.
#[derive(Debug)]
pub(crate) struct NoTouch {
    pub(crate) frame: Arc<Frame>,
    pub(crate) message: DisclosureId,
}

/// What an answer says beside the touches: nothing of a person.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) shape: Shape,
    pub(crate) lines: Vec<Line>,
}

/// How the conversions came, and so how they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As one object.
    One,
    /// As a list.
    Many,
}

/// What became of one conversion, its touch aside.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    /// It is kept.
    Kept {
        /// Our name for it.
        conversion: String,
        /// Whether it was known.
        repeat: Repeat,
    },
    /// It is not.
    Refused {
        /// Its id, where it has a proper one.
        id: Option<String>,
        /// The HTTP status it would have alone.
        status: u16,
        /// What is wrong with it.
        wrong: FieldError,
    },
}

/// Whether a conversion was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It came for the first time.
    First,
    /// It had come before.
    Again,
}

/// A touch, as far as it may be told.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) claim_token: String,
    pub(crate) touch: Touch,
    pub(crate) interaction: Interaction,
    pub(crate) happened: UnixMillis,
    pub(crate) view_duration_ms: Option<u32>,
    pub(crate) advertiser: AdvertiserId,
    pub(crate) campaign_id: String,
    pub(crate) line_item_id: String,
    pub(crate) creative_id: String,
    pub(crate) assists: usize,
    pub(crate) retain_until: String,
}

impl<'b> TouchAnswer<'b> {
    /// Begins an answer that tells nothing yet.
    pub(crate) fn begin(
        _of: Grants<'b>,
        frame: Arc<Frame>,
        place: usize,
        disclosure: DisclosureId,
    ) -> Self {
        Self { frame, place, disclosure, wire: None, told: Vec::new(), brand: PhantomData }
    }

    /// Sets the touch. It is about a device that the partner named, so both grants are needed.
    #[must_use]
    pub(crate) fn touch(
        mut self,
        _device: Grant<'b, mark::DeviceIdentifier>,
        _exposure: Grant<'b, mark::Exposure>,
        touch: Finding,
    ) -> Self {
        let wire = AttributionWire {
            claim_token: touch.claim_token,
            disclosure_id: self.disclosure.to_string(),
            touch_type: touch.touch,
            touch_time_ms: touch.happened.0,
            interaction_type: touch.interaction,
            view_duration_ms: touch.view_duration_ms,
            campaign_id: touch.campaign_id,
            line_item_id: touch.line_item_id,
            creative_id: touch.creative_id,
            assists: touch.assists,
            permitted_use: "measurement",
            permitted_recipients: [touch.advertiser],
            retain_until: touch.retain_until,
        };
        self.told = wire.told();
        self.wire = Some(wire);
        self
    }
}

impl<'b> Body<'b> for TouchAnswer<'b> {
    fn disclosure(&self) -> DisclosureId {
        self.disclosure
    }

    fn told(&self) -> Vec<Told> {
        self.told.clone()
    }
}

impl Family for Touches {
    type Of<'b> = TouchAnswer<'b>;
    const PATH: Path = Path::Touches;

    fn encode(
        _message: DisclosureId,
        bodies: &[TouchAnswer<'static>],
    ) -> Result<bytes::Bytes, EncodeError> {
        let first = bodies.first().ok_or_else(|| EncodeError(String::from("an empty answer")))?;
        let touch = |place: usize| {
            let body = bodies.iter().find(|body| body.place == place)?;
            body.wire.as_ref()
        };
        first.frame.write(&touch)
    }
}

impl NoPerson for NoTouch {
    fn disclosure(&self) -> DisclosureId {
        self.message
    }

    fn path(&self) -> Path {
        Path::Touches
    }

    fn url(&self) -> Option<String> {
        None
    }

    fn encode(&self) -> Result<bytes::Bytes, EncodeError> {
        self.frame.write(&|_place| None)
    }
}

impl Frame {
    fn write<'w>(
        &'w self,
        touch: &dyn Fn(usize) -> Option<&'w AttributionWire>,
    ) -> Result<bytes::Bytes, EncodeError> {
        let lines = self.lines.iter().enumerate();
        let lines: Vec<LineWire<'w>> = lines.map(|(place, line)| line.wire(place, touch)).collect();
        let text = match (self.shape, lines.as_slice()) {
            (Shape::One, [one]) => serde_json::to_vec(&one.bare()),
            (Shape::One | Shape::Many, _) => serde_json::to_vec(&ResultsWire { results: lines }),
        };
        text.map(bytes::Bytes::from).map_err(|error| EncodeError(error.to_string()))
    }
}

impl Line {
    fn wire<'a>(
        &'a self,
        index: usize,
        touch: &dyn Fn(usize) -> Option<&'a AttributionWire>,
    ) -> LineWire<'a> {
        match self {
            Self::Kept { conversion, repeat } => LineWire::Kept {
                index,
                status: 200,
                kept: KeptWire {
                    conversion_id: conversion,
                    duplicate: *repeat == Repeat::Again,
                    attribution: touch(index),
                },
            },
            Self::Refused { id, status, wrong } => LineWire::Refused {
                index,
                status: *status,
                id: id.as_deref(),
                field: &wrong.field,
                problem: wrong.problem,
            },
        }
    }
}

#[derive(Serialize)]
struct ResultsWire<'a> {
    results: Vec<LineWire<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum LineWire<'a> {
    Kept {
        index: usize,
        status: u16,
        #[serde(flatten)]
        kept: KeptWire<'a>,
    },
    Refused {
        index: usize,
        status: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        field: &'a str,
        problem: &'static str,
    },
}

impl<'a> LineWire<'a> {
    /// Returns what is answered to a conversion alone. One alone that is refused is a problem document.
    fn bare(&self) -> Option<KeptWire<'a>> {
        match self {
            Self::Kept { kept, .. } => Some(*kept),
            Self::Refused { .. } => None,
        }
    }
}

#[derive(Clone, Copy, Serialize)]
struct KeptWire<'a> {
    conversion_id: &'a str,
    duplicate: bool,
    /// Always there; null when nothing is told.
    attribution: Option<&'a AttributionWire>,
}

/// Closed, and only written: nothing is copied into it.
#[derive(Debug, Serialize)]
struct AttributionWire {
    claim_token: String,
    disclosure_id: String,
    touch_type: Touch,
    touch_time_ms: i64,
    interaction_type: Interaction,
    #[serde(skip_serializing_if = "Option::is_none")]
    view_duration_ms: Option<u32>,
    campaign_id: String,
    line_item_id: String,
    creative_id: String,
    assists: usize,
    permitted_use: &'static str,
    permitted_recipients: [AdvertiserId; 1],
    retain_until: String,
}

impl AttributionWire {
    fn told(&self) -> Vec<Told> {
        let [advertiser] = &self.permitted_recipients;
        let values = [
            ("touch_type", Some(self.touch_type.name().to_owned())),
            ("touch_time_ms", Some(self.touch_time_ms.to_string())),
            ("interaction_type", Some(self.interaction_type.name().to_owned())),
            ("view_duration_ms", self.view_duration_ms.map(|number| number.to_string())),
            ("permitted_recipients", Some(advertiser.to_string())),
            ("campaign_id", Some(self.campaign_id.clone())),
            ("line_item_id", Some(self.line_item_id.clone())),
            ("creative_id", Some(self.creative_id.clone())),
            ("assists", Some(self.assists.to_string())),
        ];
        let told = values.into_iter().filter_map(|(field, value)| {
            Some(Told { category: Category::Exposure, field: field.into(), value: value? })
        });
        told.collect()
    }
}
