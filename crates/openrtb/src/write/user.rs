//! The person, as far as the grants open it. There is no field for a name, an e-mail address, a phone
//! number or a handle.

use super::{Brand, device::Hidden};
use crate::grammar;
use serde::Serialize;
use sluicegate_gate::{Category, Grant, Told, mark};
use std::{borrow::Cow, collections::BTreeMap, marker::PhantomData};

/// `user`.
#[derive(Debug, Default, Serialize)]
pub struct OutUser<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<Hidden<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    data: Vec<Hidden<OutData>>,
    #[serde(skip)]
    told: Vec<Told>,
    #[serde(skip)]
    brand: Brand<'b>,
}

#[derive(Serialize)]
struct OutData {
    name: String,
    segment: Vec<OutSegment>,
    ext: OutDataExt,
}

#[derive(Serialize)]
struct OutSegment {
    id: Cow<'static, str>,
}

#[derive(Serialize)]
struct OutDataExt {
    segtax: u16,
}

/// IAB Audience Taxonomy 1.1.
const SEGTAX: u16 = 4;

impl<'b> OutUser<'b> {
    pub(super) fn new() -> Self {
        Self { brand: PhantomData, ..Self::default() }
    }

    /// Sets the id by which this partner alone knows the person: 8 to 64 letters, digits, `-` and `_`.
    /// Anything else is left out.
    pub fn id(&mut self, _grant: Grant<'b, mark::DeviceIdentifier>, pairwise: &str) {
        if grammar::pairwise(pairwise) {
            self.tell(Category::DeviceIdentifier, "user.id", pairwise);
            self.id = Some(Hidden(pairwise.to_owned()));
        }
    }

    /// Sets the string of the Transparency and Consent Framework, as it came: nobody may alter one.
    pub(super) fn consent(&mut self, _grant: Grant<'b, mark::Plumbing>, text: &str) {
        self.tell(Category::Plumbing, "user.consent", text);
        self.consent = Some(Hidden(text.to_owned()));
    }

    /// Sets gender and age band as the grant carries them, in segments of the audience taxonomy.
    pub fn demographics(&mut self, grant: Grant<'b, mark::Demographic>, platform_domain: &str) {
        let known = grant.demographics();
        let gender = known.gender.map(|gender| gender.value.segment());
        let ages = known.age_band.map_or(&[][..], |band| band.value.segments());
        let ids: Vec<&'static str> = ages.iter().copied().chain(gender).collect();
        if ids.is_empty() {
            return;
        }
        for (index, id) in ids.iter().enumerate() {
            self.tell(Category::Demographic, format!("user.data[0].segment[{index}].id"), id);
        }
        let segment = ids.into_iter().map(|id| OutSegment { id: Cow::Borrowed(id) }).collect();
        self.add(platform_domain, SEGTAX, segment);
    }

    /// Sets the lists of this partner itself that the grant carries, one object for each taxonomy. A list
    /// of few people is as good as an id, so that it takes the grant for one too.
    pub fn lists(
        &mut self,
        grant: Grant<'b, mark::Demographic>,
        _identifier: Grant<'b, mark::DeviceIdentifier>,
        platform_domain: &str,
    ) {
        let mut by_taxonomy: BTreeMap<u16, Vec<OutSegment>> = BTreeMap::new();
        for segment in grant.segments().iter() {
            let id = Cow::Owned(segment.id.to_string());
            by_taxonomy.entry(segment.taxonomy).or_default().push(OutSegment { id });
        }
        for (taxonomy, segments) in by_taxonomy {
            let place = self.data.len();
            for (index, segment) in segments.iter().enumerate() {
                let field = format!("user.data[{place}].segment[{index}].id");
                self.tell(Category::Demographic, field, &segment.id);
            }
            self.add(platform_domain, taxonomy, segments);
        }
    }

    fn add(&mut self, name: &str, segtax: u16, segment: Vec<OutSegment>) {
        let name = name.to_owned();
        self.data.push(Hidden(OutData { name, segment, ext: OutDataExt { segtax } }));
    }

    pub(super) fn told(&self) -> &[Told] {
        &self.told
    }

    pub(super) fn into_told(self) -> Vec<Told> {
        self.told
    }

    fn tell(&mut self, category: Category, field: impl Into<Cow<'static, str>>, value: &str) {
        let field = field.into();
        self.told.retain(|told| told.field != field);
        self.told.push(Told { category, field, value: value.to_owned() });
    }
}
