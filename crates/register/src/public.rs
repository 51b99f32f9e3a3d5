//! What the public is shown of an edition.

use crate::{
    Audience, Day, DeviceIdForm, Edition, Partner, Partnership, Role, Texts, partnership::KINDS,
};
use serde::Serialize;
use sluicegate_gate::{
    AudienceId, Category, Country, Kind, PartnershipId, Via, WhenWithheld, time::UnixMillis,
};

/// An edition as the public page and its JSON show it: without endpoints, evidence, advertisers and
/// inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicEdition {
    /// Its number.
    pub number: u32,
    /// The hash that disclosures name. It covers also what is not public.
    pub hash: String,
    /// When it was published.
    pub published_at_ms: UnixMillis,
    /// The day it was published, in UTC.
    pub last_updated: Day,
    /// All four kinds in the page's order, also those without a partnership.
    pub groups: Vec<PublicGroup>,
}

/// The partnerships of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicGroup {
    /// The kind.
    pub kind: Kind,
    /// Whether the sharing setting controls it.
    pub controlled_by_setting: bool,
    /// The partnerships, by the name of the partner and then by id.
    pub partnerships: Vec<PublicPartnership>,
}

/// One partnership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicPartnership {
    /// Its id.
    pub id: PartnershipId,
    /// The partner.
    pub partner: Partner,
    /// A heading.
    pub title: String,
    /// What the arrangement is.
    pub summary: String,
    /// In whose name the partner uses the data.
    pub role: Role,
    /// What the data is used for.
    pub purposes: Vec<String>,
    /// Title, summary and purposes in other languages, by language.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Texts>,
    /// What it may be told at most.
    pub categories: Vec<Category>,
    /// The way data goes.
    pub via: Via,
    /// How device ids are written, where data goes as events.
    pub device_id: Option<DeviceIdForm>,
    /// The countries it serves; empty means every country.
    pub countries: Vec<Country>,
    /// For how many days the partner may keep what it got.
    pub retention_days: u32,
    /// The first day on which it is in force.
    pub start: Day,
    /// The first day on which it is no longer in force, if it ends.
    pub end: Option<Day>,
    /// Whether the platform has suspended it.
    pub suspended: bool,
    /// What happens to bid requests that may not tell anything of the person.
    pub when_withheld: Option<WhenWithheld>,
    /// The partner's id on the list of vendors of the Transparency and Consent Framework.
    pub tcf_vendor_id: Option<u16>,
    /// The promise to ask before linking data to a person.
    pub linking: Option<PublicLinking>,
    /// How far back it is told to forget what it got, in days; `None` where it takes no such messages.
    pub recall_window_days: Option<u32>,
    /// Since which day editions list it without a break.
    pub listed_since: Day,
    /// The lists that the partner may put people on.
    pub audiences: Vec<PublicAudience>,
}

/// A list that a partner may put people on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicAudience {
    /// Its id.
    pub id: AudienceId,
    /// What it is called.
    pub name: String,
    /// The taxonomy of the segment that stands for it in bid requests.
    pub segtax: u16,
    /// The number of that segment.
    pub segment: u32,
}

/// The dates of a promise to ask before linking data to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PublicLinking {
    /// The day it was signed.
    pub signed_on: Day,
    /// The first day on which it no longer holds; from then on nothing goes.
    pub expires_on: Day,
}

impl Edition {
    /// Returns what the public is shown.
    pub fn public(&self) -> PublicEdition {
        PublicEdition {
            number: self.number(),
            hash: self.hash().to_string(),
            published_at_ms: self.published_at(),
            last_updated: Day::of(self.published_at()),
            groups: KINDS.into_iter().map(|kind| group(self, kind)).collect(),
        }
    }
}

fn group(edition: &Edition, kind: Kind) -> PublicGroup {
    let of_kind = edition.partnerships().iter().filter(|one| one.terms.kind == kind);
    let mut partnerships: Vec<_> = of_kind.map(public).collect();
    partnerships
        .sort_by(|one, other| (&one.partner.name, &one.id).cmp(&(&other.partner.name, &other.id)));
    PublicGroup { kind, controlled_by_setting: kind.is_controlled(), partnerships }
}

impl PublicAudience {
    fn of(audience: &Audience) -> Self {
        let Audience { id, name, segtax, segment, advertiser: _ } = audience;
        Self { id: id.clone(), name: name.clone(), segtax: *segtax, segment: *segment }
    }
}

fn public(partnership: &Partnership) -> PublicPartnership {
    let terms = &partnership.terms;
    PublicPartnership {
        id: terms.id.clone(),
        partner: partnership.partner.clone(),
        title: partnership.title.clone(),
        summary: partnership.summary.clone(),
        role: partnership.role,
        purposes: partnership.purposes.clone(),
        texts: partnership.texts.clone(),
        categories: terms.categories.iter().collect(),
        via: terms.via,
        device_id: (terms.via == Via::Events).then_some(partnership.device_id),
        countries: terms.countries.clone(),
        retention_days: partnership.retention_days,
        start: Day::of(terms.start),
        end: terms.end.map(Day::of),
        suspended: terms.suspended,
        when_withheld: (terms.via == Via::Openrtb).then_some(terms.when_withheld),
        tcf_vendor_id: partnership.tcf_vendor.map(|listed| listed.vendor.id),
        linking: partnership.linking.as_ref().map(|linking| PublicLinking {
            signed_on: linking.signed_on,
            expires_on: linking.expires_on,
        }),
        recall_window_days: partnership.recall.as_ref().map(|recall| recall.window_days),
        listed_since: Day::of(terms.listed_since),
        audiences: partnership.audiences.iter().map(PublicAudience::of).collect(),
    }
}
