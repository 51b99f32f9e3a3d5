//! The same facts, asked of the gate.

use crate::write::Strings;
use bytes::Bytes;
use sluicegate_gate::{
    AdvertiserLink, AgeBand, Body, Categories, Category, Choice, Contextual, Country, Decision,
    Demographics, DisclosureId, EditionHash, EncodeError, Family, ForSecurity, Gender, Identifier,
    KeyKind, KeyStamp, Kind, Loss, Membership, Opportunity, Path, Permit, Question, Revision,
    Segment, Segments, Source, Sourced, Standing, SubjectKey, SubjectState, Surface, TcfParty,
    Terms, Told, Via, ViewState, WhenWithheld, decide,
    time::{BootMillis, UnixMillis},
};
use sluicegate_signals::{Att, Coppa, Gdpr, Gpc, Ids, Lmt, Signals, Vendor};
use sluicegate_testkit::naive::{self, Facts, KeyFacts, Partner, Verdict, View};
use std::{cell::Cell, collections::BTreeSet, time::Duration};

const BOOT_MS: u64 = 1_000_000;

/// Decides, and says it in the naive reading's words.
pub(crate) fn gate(facts: &Facts) -> Verdict {
    let strings = Strings::of(&facts.signals);
    let signals = signals(&facts.signals, &strings);
    let decision = decide(&Question {
        terms: &terms(facts),
        edition: EditionHash([7; 32]),
        subject: &subject(facts),
        memberships: &memberships(facts),
        signals: &signals,
        country: country(facts.country),
        surface: if facts.surface == "app" { Surface::App } else { Surface::Web },
        identifier: match facts.identifier {
            "present" => Identifier::Present,
            "absent" => Identifier::Absent,
            _ => Identifier::AllZero,
        },
        opportunity: opportunity(facts.opportunity),
        now: UnixMillis(facts.now_ms),
        boot: BootMillis(BOOT_MS),
    });
    let codes =
        |losses: &[Loss]| losses.iter().map(|loss| loss.reason.code()).collect::<BTreeSet<_>>();
    match decision {
        Decision::Permit(permit) => {
            let told = permit.categories().iter().map(Category::name).collect();
            let reasons = codes(permit.losses());
            let (values, lists) = values(permit);
            Verdict { told, reasons, contextual: false, values, lists }
        }
        Decision::Withheld(withheld) => Verdict {
            told: BTreeSet::new(),
            reasons: codes(&withheld.losses),
            contextual: withheld.contextual != Contextual::Skipped,
            values: BTreeSet::new(),
            lists: BTreeSet::new(),
        },
    }
}

fn country(code: Option<&str>) -> Option<Country> {
    code.map(|code| code.parse().unwrap())
}

fn opportunity(opportunity: naive::Opportunity) -> Opportunity {
    match opportunity {
        naive::Opportunity::Bid => Opportunity::Bid,
        naive::Opportunity::Exposure { happened_ms, linked } => Opportunity::Exposure {
            happened: UnixMillis(happened_ms),
            advertiser: if linked { AdvertiserLink::Linked } else { AdvertiserLink::Missing },
        },
    }
}

fn terms(facts: &Facts) -> Terms {
    let listed = &facts.partnership;
    let kinds =
        [Kind::RealTimeBidding, Kind::ConversionTracking, Kind::ServiceProvider, Kind::Other];
    let categories: Categories =
        listed.categories.iter().filter_map(|name| Category::from_name(name)).collect();
    Terms {
        id: "north".parse().unwrap(),
        kind: kinds.into_iter().find(|kind| kind.name() == listed.kind).unwrap(),
        via: Via::Openrtb,
        categories,
        countries: listed.countries.iter().map(|code| code.parse().unwrap()).collect(),
        start: UnixMillis(listed.start_ms),
        end: listed.end_ms.map(UnixMillis),
        suspended: listed.suspended,
        linking_attested_until: listed.attested_until_ms.map(UnixMillis),
        tcf: match &listed.partner {
            Partner::Vendor { id, consent, interest, flexible, features } => {
                TcfParty::Vendor(Vendor {
                    id: *id,
                    consent: ids(consent),
                    legitimate_interest: ids(interest),
                    flexible: ids(flexible),
                    special_features: ids(features),
                })
            }
            Partner::Processor => TcfParty::Publisher,
            Partner::Neither => TcfParty::Nobody,
        },
        when_withheld: if listed.when_withheld == "contextual" {
            WhenWithheld::Contextual
        } else {
            WhenWithheld::Skip
        },
        listed_since: UnixMillis(listed.listed_since_ms),
    }
}

fn ids(ids: &BTreeSet<u8>) -> Ids {
    ids.iter().copied().collect()
}

fn subject(facts: &Facts) -> SubjectState {
    let source = |name: &str| {
        let all = [Source::Declared, Source::Inferred, Source::Partner, Source::OffPlatform];
        all.into_iter().find(|source| source.name() == name).unwrap()
    };
    let Facts { demographics, .. } = facts;
    SubjectState {
        account: facts.account.map(|key| standing(KeyKind::Account, key)),
        device: facts.device.map(|key| standing(KeyKind::Device, key)),
        browser: facts.browser.map(|key| standing(KeyKind::Browser, key)),
        account_country: country(facts.account_country),
        protection_age: facts.age.map(ForSecurity::new),
        demographics: Demographics {
            gender: demographics
                .gender
                .map(|name| Sourced { value: Gender::Female, source: source(name) }),
            age_band: demographics
                .age_band
                .map(|name| Sourced { value: AgeBand::From35To44, source: source(name) }),
        },
        view: match facts.view {
            View::Incomplete => ViewState::Incomplete,
            View::Complete { age_ms, bound_ms } => ViewState::Complete {
                as_of: BootMillis(BOOT_MS - age_ms),
                bound: Duration::from_millis(bound_ms),
            },
        },
    }
}

fn memberships(facts: &Facts) -> Vec<Membership> {
    let membership = |list: &naive::List| Membership {
        partnership: if list.is_its_own { "north" } else { "south" }.parse().unwrap(),
        segment: Segment { taxonomy: 600, id: list.number },
        until: UnixMillis(list.until_ms),
    };
    facts.lists.iter().map(membership).collect()
}

fn standing(kind: KeyKind, key: KeyFacts) -> Standing {
    let choice = |said: &str| if said == "on" { Choice::On } else { Choice::Off };
    Standing {
        stamp: KeyStamp { key: SubjectKey { kind, hash: 1 }, revision: Revision::default() },
        sharing: key.sharing.map(choice),
        personalize_ads: key.personalize.map(choice),
        sharing_marked_off: key.sharing_marked,
        personalize_ads_marked_off: key.personalize_marked,
        open_since: key.open_since_ms.map(UnixMillis),
    }
}

fn signals<'a>(said: &naive::Signals, strings: &'a Strings) -> Signals<'a> {
    Signals {
        lmt: Lmt::read(said.lmt),
        att: Att::read(said.atts),
        gpc: Gpc::read(said.gpc.iter().map(|value| value.as_bytes())),
        coppa: Coppa::read(said.coppa),
        gdpr: Gdpr::read(said.gdpr),
        us_privacy: strings.us_privacy(),
        gpp: strings.gpp(),
        tcf: strings.tcf(),
    }
}

/// An object with nothing in it, for looking at the grants.
struct Nothing;

impl Body<'_> for Nothing {
    fn disclosure(&self) -> DisclosureId {
        DisclosureId(0)
    }

    fn told(&self) -> Vec<Told> {
        Vec::new()
    }
}

impl Family for Nothing {
    type Of<'b> = Self;
    const PATH: Path = Path::BidRequest;

    fn encode(_: DisclosureId, _: &[Self]) -> Result<Bytes, EncodeError> {
        Ok(Bytes::new())
    }
}

/// Returns which demographic values the permit opens, and which lists.
fn values(permit: Permit) -> (BTreeSet<&'static str>, BTreeSet<u32>) {
    let seen = Cell::new((Demographics::NONE, Segments::NONE));
    let preview = permit.preview::<Nothing>(|grants| {
        if let Some(grant) = grants.demographic() {
            seen.set((grant.demographics(), grant.segments()));
        }
        Nothing
    });
    preview.unwrap();
    let (Demographics { gender, age_band }, segments) = seen.get();
    let names = [gender.map(|_| "gender"), age_band.map(|_| "age_band")];
    let lists = segments.iter().map(|segment| segment.id).collect();
    (names.into_iter().flatten().collect(), lists)
}
