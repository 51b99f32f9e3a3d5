//! The file of one partner: the company, and its partnerships.

use super::{
    audiences,
    bidding::{self, unsaid},
    recalling, rules,
    section::Section,
    texts,
    values::{
        contact, day, endpoint, filled, flag, host, host_of, identifier, list, one_of, page,
        parsed, text, whole,
    },
};
use crate::{
    Audience, Bidding, Compression, Day, DeviceIdForm, Endpoint, LinkingAttestation, Partner,
    Partnership, Recalling, Role, Texts, limits, partnership::tcf_party,
};
use sluicegate_gate::{
    AdvertiserId, AudienceId, Categories, Category, Country, Kind, PartnershipId, Terms, Via,
    WhenWithheld, time::UnixMillis,
};
use std::time::Duration;

const KINDS: [(&str, Kind); 4] = [
    ("real_time_bidding", Kind::RealTimeBidding),
    ("conversion_tracking", Kind::ConversionTracking),
    ("service_provider", Kind::ServiceProvider),
    ("other", Kind::Other),
];
const VIAS: [(&str, Via); 3] =
    [("openrtb", Via::Openrtb), ("events", Via::Events), ("none", Via::None)];
const ROLES: [(&str, Role); 2] = [("controller", Role::Controller), ("processor", Role::Processor)];
const WHEN_WITHHELD: [(&str, WhenWithheld); 2] =
    [("skip", WhenWithheld::Skip), ("contextual", WhenWithheld::Contextual)];
const DEVICE_IDS: [(&str, DeviceIdForm); 2] =
    [("hmac", DeviceIdForm::PerPartnerHmac), ("raw", DeviceIdForm::Raw)];

const COMPRESSIONS: [(&str, Compression); 2] =
    [("none", Compression::None), ("gzip", Compression::Gzip)];

/// What one partner's file says, as far as it could be read.
pub(super) struct PartnerFile {
    pub(super) partner_id: Option<String>,
    pub(super) partnerships: Vec<(Outline, Option<Partnership>)>,
}

/// What other files refer to.
#[derive(Clone)]
pub(super) struct Outline {
    pub(super) id: Option<PartnershipId>,
    pub(super) kind: Option<Kind>,
    pub(super) via: Option<Via>,
    /// The vendor it names, still to be looked up.
    pub(super) tcf_vendor_id: Option<u16>,
    /// The advertisers for whom lists are kept, each by its list.
    pub(super) audiences_for: Vec<(AudienceId, AdvertiserId)>,
}

/// The fields of a partnership, as far as they could be read.
pub(super) struct Draft {
    pub(super) id: Option<PartnershipId>,
    pub(super) kind: Option<Kind>,
    pub(super) via: Option<Via>,
    pub(super) categories: Option<Categories>,
    pub(super) countries: Vec<Country>,
    pub(super) start: Option<Day>,
    pub(super) end: Option<Day>,
    pub(super) suspended: bool,
    pub(super) when_withheld: WhenWithheld,
    pub(super) linking: Part<LinkingAttestation>,
    pub(super) endpoint: Part<Endpoint>,
    /// Those of the endpoint's fields that belong to one way only and are given.
    pub(super) endpoint_fields: Vec<&'static str>,
    pub(super) bidding: Part<Bidding>,
    pub(super) recall: Part<Recalling>,
    pub(super) device_id: Option<DeviceIdForm>,
    pub(super) audiences: Option<Vec<Audience>>,
    words: Words,
}

/// A table within a partnership.
pub(super) enum Part<T> {
    /// It is not there.
    Absent,
    /// It is there and wrong, which has been reported.
    Wrong,
    /// It has been read.
    Read(T),
}

impl<'r> Part<Section<'r>> {
    fn of(section: &mut Section<'r>, name: &str) -> Self {
        if section.has(name) {
            section.section(name).map_or(Self::Wrong, Self::Read)
        } else {
            Self::Absent
        }
    }
}

impl<T> Part<T> {
    /// Returns whether it is there, right or wrong.
    pub(super) fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Part<U> {
        match self {
            Self::Absent => Part::Absent,
            Self::Wrong => Part::Wrong,
            Self::Read(part) => read(part).map_or(Part::Wrong, Part::Read),
        }
    }

    /// Returns what has been read. What is wrong has been reported, so no register comes of it.
    fn read(self) -> Option<T> {
        match self {
            Self::Absent | Self::Wrong => None,
            Self::Read(part) => Some(part),
        }
    }
}

/// The fields that nothing else depends on.
struct Words {
    title: Option<String>,
    summary: Option<String>,
    role: Option<Role>,
    purposes: Option<Vec<String>>,
    texts: Option<Vec<Texts>>,
    retention_days: Option<u32>,
    tcf_vendor_id: Option<u16>,
}

pub(super) fn read(mut file: Section<'_>) -> PartnerFile {
    let drafts: Vec<Draft> = file.sections("partnership").into_iter().map(draft).collect();
    if drafts.is_empty() && !file.has("partnership") {
        file.complain("partnership", "is missing: a partner has at least one [[partnership]]");
    }
    let id = file.required("id", identifier);
    let name = file.required("name", text(limits::NAME_CHARS_MAX));
    let legal_name = file.required("legal_name", text(limits::NAME_CHARS_MAX));
    let country = file.required("country", parsed::<Country>);
    let privacy_url = file.required("privacy_url", page);
    let contact = file.required("contact", contact);
    file.finish();
    let partner_id = id.clone();
    let partner = || {
        Some(Partner {
            id: id.clone()?,
            name: name.clone()?,
            legal_name: legal_name.clone()?,
            country: country?,
            privacy_url: privacy_url.clone()?,
            contact: contact.clone()?,
        })
    };
    let finish = |draft: Draft| {
        let tcf_vendor_id = draft.words.tcf_vendor_id;
        let audiences = draft.audiences.iter().flatten();
        let audiences_for = audiences
            .filter_map(|audience| Some((audience.id.clone(), audience.advertiser.clone()?)));
        let outline = Outline {
            id: draft.id.clone(),
            kind: draft.kind,
            via: draft.via,
            tcf_vendor_id,
            audiences_for: audiences_for.collect(),
        };
        (outline, partner().and_then(|partner| draft.finish(partner)))
    };
    PartnerFile { partner_id, partnerships: drafts.into_iter().map(finish).collect() }
}

fn draft(mut section: Section<'_>) -> Draft {
    let linking = Part::of(&mut section, "linking").and_then(linking);
    let bidding = Part::of(&mut section, "bidding").and_then(|table| Some(bidding::read(table)));
    let recall = Part::of(&mut section, "recall").and_then(recalling::read);
    let endpoint = Part::of(&mut section, "endpoint");
    let given = |name: &&str| matches!(&endpoint, Part::Read(endpoint) if endpoint.has(name));
    let endpoint_fields =
        ["batch_events", "notice_hosts", "compression"].into_iter().filter(given).collect();
    let categories = section.required("categories", filled(Category::ALL.len(), category));
    let draft = Draft {
        id: section.required("id", parsed),
        kind: section.required("kind", one_of(&KINDS)),
        via: section.required("via", one_of(&VIAS)),
        categories: categories.map(|categories| categories.into_iter().collect()),
        countries: section
            .optional("countries", filled(limits::LIST_MAX, parsed))
            .unwrap_or_default(),
        start: section.required("start", day),
        end: section.optional("end", day),
        suspended: section.optional("suspended", flag).unwrap_or_default(),
        when_withheld: section
            .optional("when_withheld", one_of(&WHEN_WITHHELD))
            .unwrap_or_default(),
        linking,
        endpoint: endpoint.and_then(endpoint_of),
        endpoint_fields,
        bidding,
        recall,
        device_id: section.optional("device_id", one_of(&DEVICE_IDS)),
        audiences: audiences::read(&mut section),
        words: words(&mut section),
    };
    for (field, problem) in rules::complaints(&draft) {
        section.complain(field, problem);
    }
    section.finish();
    draft
}

fn words(section: &mut Section<'_>) -> Words {
    let title = section.required("title", text(limits::NAME_CHARS_MAX));
    let summary = section.required("summary", text(limits::SUMMARY_CHARS_MAX));
    let role = section.required("role", one_of(&ROLES));
    let purposes: Option<Vec<String>> =
        section.required("purposes", filled(limits::LIST_MAX, text(limits::LINE_CHARS_MAX)));
    Words {
        title,
        summary,
        role,
        texts: texts::read(section, purposes.as_ref().map(Vec::len)),
        purposes,
        retention_days: section.required("retention_days", whole(limits::RETENTION_DAYS)),
        tcf_vendor_id: section.optional("tcf_vendor_id", whole(limits::TCF_VENDOR_ID)),
    }
}

fn category(value: &toml::Value) -> Result<Category, String> {
    one_of(&Category::ALL.map(|category| (category.name(), category)))(value)
}

fn linking(mut section: Section<'_>) -> Option<LinkingAttestation> {
    let evidence = section.required("evidence", text(limits::LINE_CHARS_MAX));
    let signed_on = section.required("signed_on", day);
    let expires_on = section.required("expires_on", day);
    section.finish();
    Some(LinkingAttestation { evidence: evidence?, signed_on: signed_on?, expires_on: expires_on? })
}

fn endpoint_of(mut section: Section<'_>) -> Option<Endpoint> {
    let url = section.required("url", endpoint);
    let timeout_ms = section.required("timeout_ms", whole(limits::TIMEOUT_MS));
    let concurrency = section.required("concurrency", whole(limits::CONCURRENCY));
    let per_second = section.required("per_second", whole(limits::PER_SECOND));
    let batch_events = section.optional("batch_events", whole(limits::BATCH_EVENTS));
    let more_hosts = section.optional("notice_hosts", list(limits::NOTICE_HOSTS_MAX, host));
    let compression = section.optional("compression", one_of(&COMPRESSIONS));
    section.finish();
    let url = url?;
    let own = host_of(&url);
    let mut notice_hosts = more_hosts.unwrap_or_default();
    notice_hosts.retain(|host| *host != own);
    notice_hosts.insert(0, own);
    Some(Endpoint {
        url,
        timeout: Duration::from_millis(timeout_ms?),
        concurrency: concurrency?,
        per_second: per_second?,
        notice_hosts,
        batch_events: batch_events.unwrap_or(limits::BATCH_EVENTS_DEFAULT),
        compression: compression.unwrap_or_default(),
    })
}

impl Draft {
    /// Returns the partnership, unless a field is missing; that has been reported.
    /// The vendor list is another file: whoever has all files fills in what the vendor declared.
    fn finish(self, partner: Partner) -> Option<Partnership> {
        let role = self.words.role?;
        let linking = self.linking.read();
        let bidding = self.bidding.read();
        let recall = self.recall.read();
        let bids = self.via == Some(Via::Openrtb);
        let attested_until = linking.as_ref().map(|linking| linking.expires_on.start());
        Some(Partnership {
            terms: Terms {
                id: self.id?,
                kind: self.kind?,
                via: self.via?,
                categories: self.categories?,
                countries: self.countries,
                start: self.start?.start(),
                end: self.end.map(Day::start),
                suspended: self.suspended,
                linking_attested_until: attested_until,
                tcf: tcf_party(role, None),
                when_withheld: self.when_withheld,
                // Until it is published nothing is old enough to be shared.
                listed_since: UnixMillis(i64::MAX),
            },
            partner,
            title: self.words.title?,
            summary: self.words.summary?,
            role,
            purposes: self.words.purposes?,
            texts: self.words.texts?,
            retention_days: self.words.retention_days?,
            tcf_vendor: None,
            linking,
            endpoint: self.endpoint.read(),
            device_id: self.device_id.unwrap_or_default(),
            audiences: self.audiences?,
            bidding: bids.then(|| bidding.unwrap_or_else(unsaid)),
            recall,
        })
    }
}
