//! Permits as the gate gives them, and the parts of a projection.

use sluicegate_gate::{
    AgeBand, Categories, Category, Choice, Decision, Demographics, DisclosureId, EditionHash,
    ForSecurity, Gender, Identifier, KeyKind, KeyStamp, Kind, Opportunity, Permit, Preview,
    Question, Revision, Source, Sourced, Standing, SubjectKey, SubjectState, Surface, TcfParty,
    Terms, Via, ViewState, WhenWithheld, decide,
    time::{BootMillis, UnixMillis},
};
use sluicegate_openrtb::{
    money::Currency,
    request::{BidRequest, Compared, Deal, Listed},
    write::{
        BidRequestFamily, Context, Lot, LotImp, OutRequest, Platform, Projection, Shared,
        SiteContext, WrittenContext,
    },
};
use sluicegate_signals::{GppReading, Lmt, Signals};
use sluicegate_signals_encoder::{Gpp, UsSection, UsSpecification};
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
    time::Duration,
};

/// Every set of categories that a bid request may be built with, without the empty ones.
pub(crate) fn category_sets() -> Vec<Categories> {
    let personal: Vec<Category> = Categories::PERSONAL.iter().collect();
    (1_u32..1 << personal.len())
        .map(|bits| {
            let chosen = personal.iter().enumerate().filter(|(index, _)| bits & (1 << index) != 0);
            chosen.map(|(_, category)| *category).collect::<Categories>().or(Categories::IMPERSONAL)
        })
        .collect()
}

/// A permit for as many of the categories as the gate gives; `None` if it withholds.
pub(crate) fn permit(categories: Categories) -> Option<Permit> {
    match decision(categories, "USA", &signals()) {
        Decision::Permit(permit) => Some(permit),
        Decision::Withheld(_) => None,
    }
}

/// What the gate decides about a processor of the platform, in that country.
pub(crate) fn decision(categories: Categories, country: &str, signals: &Signals<'_>) -> Decision {
    let terms = Terms {
        id: "north-bids".parse().unwrap(),
        kind: Kind::RealTimeBidding,
        via: Via::Openrtb,
        categories,
        countries: Vec::new(),
        start: UnixMillis(0),
        end: None,
        suspended: false,
        linking_attested_until: Some(UnixMillis(10_000)),
        tcf: TcfParty::Publisher,
        when_withheld: WhenWithheld::Contextual,
        listed_since: UnixMillis(0),
    };
    let stamp = KeyStamp {
        key: SubjectKey { kind: KeyKind::Account, hash: 7 },
        revision: Revision::default(),
    };
    let account = Standing {
        sharing: Some(Choice::On),
        personalize_ads: Some(Choice::On),
        ..Standing::untouched(stamp)
    };
    let view = ViewState::Complete { as_of: BootMillis(0), bound: Duration::from_secs(5) };
    let subject = SubjectState {
        account: Some(account),
        protection_age: Some(ForSecurity::new(30)),
        demographics: Demographics {
            gender: Some(Sourced { value: Gender::Male, source: Source::Declared }),
            age_band: Some(Sourced { value: AgeBand::From25To34, source: Source::Declared }),
        },
        ..SubjectState::nobody(view)
    };
    let question = Question {
        terms: &terms,
        edition: EditionHash([1; 32]),
        subject: &subject,
        memberships: &[],
        signals,
        country: Some(country.parse().unwrap()),
        surface: Surface::App,
        identifier: Identifier::Present,
        opportunity: Opportunity::Bid,
        now: UnixMillis(1_000),
        boot: BootMillis(100),
    };
    decide(&question)
}

/// An open device, and a law that allows the exact place.
pub(crate) fn signals() -> Signals<'static> {
    static GPP: LazyLock<String> = LazyLock::new(|| {
        Gpp::new().with_us(&UsSection::agreeing(UsSpecification::NationalV2)).encode()
    });
    Signals { lmt: Lmt::Off, gpp: GppReading::of(Some(&GPP), &[7]), ..Signals::default() }
}

/// What stands beside the request in a projection.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) signals: Signals<'static>,
    pub(crate) context: Arc<WrittenContext>,
    pub(crate) placements: BTreeSet<String>,
    pub(crate) platform: Platform,
}

impl Surroundings {
    pub(crate) fn new() -> Self {
        let site = SiteContext {
            id: String::from("site-1"),
            name: String::from("Example News"),
            domain: String::from("news.example"),
            ..SiteContext::default()
        };
        Self {
            signals: Signals { lmt: Lmt::Off, ..Signals::default() },
            context: Arc::new(WrittenContext::from(&Context::Site(site))),
            placements: BTreeSet::from([String::from("home-top")]),
            platform: Platform {
                domain: String::from("platform.example"),
                seller_id: String::from("1"),
            },
        }
    }

    pub(crate) fn projection<'a>(&'a self, request: &'a BidRequest) -> Projection<'a> {
        Projection {
            shared: Box::leak(Box::new(Shared::of(request, request.country()))),
            lot: Box::leak(Box::new(whole(request))),
            signals: &self.signals,
            context: Some(&self.context),
            placements: &self.placements,
            platform: &self.platform,
            disclosure: DisclosureId(0xabc),
            pairwise_user_id: Some("pairwise-0123456789"),
            tmax_ms: Some(120),
        }
    }
}

/// The deal with those of its seats that the register lists.
fn registered(deal: &Deal) -> Deal {
    let mut deal = deal.clone();
    let registered = ["s", "s1"].into_iter().filter(|seat| deal.seats.holds(seat));
    deal.seats = Listed::of(registered.map(str::to_owned), Compared::Exactly);
    deal
}

/// Everything, to a partner that can do everything and for which the register lists every deal and no seat.
fn whole(request: &BidRequest) -> Lot {
    let imps = request.imps.iter().enumerate().map(|(index, imp)| LotImp {
        index,
        formats: imp.formats,
        banner: imp.banner.clone(),
        floor: imp.floor,
        lengths: imp.lengths.clone(),
        deals: imp.deals.iter().map(registered).collect(),
    });
    Lot {
        imps: imps.collect(),
        currency: Currency::USD,
        currencies: request.currencies.clone(),
        allowed_seats: Vec::new(),
        blocked_seats: Vec::new(),
        are_all_imps: request.all_imps,
        is_decided_upstream: request.source.decided_upstream,
    }
}

/// What a partner with these categories would get; `None` if the gate withholds.
pub(crate) fn preview(categories: Categories, request: &BidRequest) -> Option<Preview> {
    let surroundings = Surroundings::new();
    let projection = surroundings.projection(request);
    let permit = permit(categories)?;
    Some(
        permit
            .preview::<BidRequestFamily>(|grants| OutRequest::build(grants, &projection))
            .expect("it can be written"),
    )
}
