//! The person, as far as the grants open it. There is no field for a name, an e-mail address, a phone
//! number or a handle.

use super::Brand;
use crate::{grammar, written::Written};
use sluicegate_gate::{Category, Grant, Told, mark};
use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

/// `user`.
#[derive(Default)]
pub struct OutUser<'b> {
    id: Option<String>,
    consent: Option<String>,
    /// The elements of `data`.
    data: Vec<OutData>,
    told: Vec<Told>,
    brand: Brand<'b>,
}

impl fmt::Debug for OutUser<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OutUser").field("told", &self.told).finish_non_exhaustive()
    }
}

struct OutData {
    name: String,
    segments: Vec<Cow<'static, str>>,
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
            self.id = Some(pairwise.to_owned());
        }
    }

    /// Sets the string of the Transparency and Consent Framework, as it may be passed on.
    pub(super) fn consent(&mut self, _grant: Grant<'b, mark::Plumbing>, text: &str) {
        self.tell(Category::Plumbing, "user.consent", text);
        self.consent = Some(text.to_owned());
    }

    /// Sets gender and age band as the grant carries them, in segments of the audience taxonomy.
    pub fn demographics(&mut self, grant: Grant<'b, mark::Demographic>, platform_domain: &str) {
        let known = grant.demographics();
        let gender = known.gender.map(|gender| gender.value.segment());
        let ages = known.age_band.map_or(&[][..], |band| band.value.segments());
        let ids = ages.iter().copied().chain(gender).map(Cow::Borrowed);
        let ids: Vec<Cow<'static, str>> = ids.collect();
        if ids.is_empty() {
            return;
        }
        for (index, id) in ids.iter().enumerate() {
            self.tell(Category::Demographic, segment_field(0, index), id);
        }
        self.add(platform_domain, SEGTAX, ids);
    }

    /// Sets the lists of this partner itself that the grant carries, one object for each taxonomy. A list
    /// of few people is as good as an id, so that it takes the grant for one too.
    pub fn lists(
        &mut self,
        grant: Grant<'b, mark::Demographic>,
        _identifier: Grant<'b, mark::DeviceIdentifier>,
        platform_domain: &str,
    ) {
        let mut by_taxonomy: BTreeMap<u16, Vec<Cow<'static, str>>> = BTreeMap::new();
        for segment in grant.segments().iter() {
            let id = Cow::Owned(segment.id.to_string());
            by_taxonomy.entry(segment.taxonomy).or_default().push(id);
        }
        for (taxonomy, segments) in by_taxonomy {
            let place = self.data.len();
            for (index, id) in segments.iter().enumerate() {
                self.tell(Category::Demographic, segment_field(place, index), id);
            }
            self.add(platform_domain, taxonomy, segments);
        }
    }

    fn add(&mut self, name: &str, segtax: u16, segments: Vec<Cow<'static, str>>) {
        self.data.push(OutData { name: name.to_owned(), segments, segtax });
    }

    pub(super) fn write(&self, out: &mut Written) {
        if let Some(id) = &self.id {
            out.text("id", id);
        }
        if let Some(consent) = &self.consent {
            out.text("consent", consent);
        }
        if !self.data.is_empty() {
            out.list("data", |list| {
                self.data.iter().for_each(|data| list.element(|out| data.write(out)));
            });
        }
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

impl OutData {
    fn write(&self, out: &mut Written) {
        out.text("name", &self.name);
        out.list("segment", |list| {
            for id in &self.segments {
                list.element(|segment| segment.text("id", id));
            }
        });
        out.object("ext", |ext| ext.integer("segtax", self.segtax));
    }
}

/// Where a segment stands. The usual places need not be written out each time.
fn segment_field(place: usize, index: usize) -> Cow<'static, str> {
    match FIRST_SEGMENTS.get(index).filter(|_| place == 0) {
        Some(field) => Cow::Borrowed(field),
        None => Cow::Owned(format!("user.data[{place}].segment[{index}].id")),
    }
}

const FIRST_SEGMENTS: [&str; 4] = [
    "user.data[0].segment[0].id",
    "user.data[0].segment[1].id",
    "user.data[0].segment[2].id",
    "user.data[0].segment[3].id",
];
