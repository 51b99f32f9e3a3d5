//! Everything the decision looks at, owned, so that a case can change one thing.

use sluicegate_gate::{
    AgeBand, Categories, Category, Decision, Demographics, Detail, EditionHash, ForSecurity,
    Gender, Identifier, KeyKind, KeyStamp, Kind, Membership, Opportunity, Question, Reason,
    Revision, Source, Sourced, Standing, SubjectKey, SubjectState, Surface, TcfParty, Terms, Via,
    ViewState, WhenWithheld, decide,
    time::{BootMillis, UnixMillis},
};
use sluicegate_signals::{GppReading, Ids, Lmt, Reading, Signals, TcString, Vendor};
use sluicegate_signals_encoder as encoder;
use std::time::Duration;

pub(crate) const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
pub(crate) const BOOT: BootMillis = BootMillis(1_000_000);

/// Everything the decision looks at, owned, so that a case can change one thing.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) terms: Terms,
    pub(crate) subject: SubjectState,
    pub(crate) memberships: Vec<Membership>,
    pub(crate) signals: Signals<'static>,
    pub(crate) country: Option<&'static str>,
    pub(crate) surface: Surface,
    pub(crate) identifier: Identifier,
    pub(crate) opportunity: Opportunity,
}

pub(crate) fn standing(kind: KeyKind, hash: u128) -> Standing {
    let key = SubjectKey { kind, hash };
    Standing::untouched(KeyStamp { key, revision: Revision { shard: 1, version: 4 } })
}

/// The partner as a vendor: consent for everything but measuring, which rests on legitimate interest.
pub(crate) fn vendor() -> Vendor {
    Vendor {
        id: VENDOR,
        consent: Ids::from_iter([1, 2, 4]),
        legitimate_interest: Ids::from_iter([7]),
        flexible: Ids::NONE,
        special_features: Ids::from_iter([1]),
    }
}

pub(crate) const VENDOR: u16 = 77;

/// Keeps a text for the rest of the test.
pub(crate) fn keep(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// The national section of a person who was told of everything, opted out of nothing, and consents to the exact
/// place; changed.
pub(crate) fn us(change: impl FnOnce(&mut encoder::UsSection)) -> GppReading<'static> {
    let mut section = encoder::UsSection::agreeing(encoder::UsSpecification::NationalV2);
    change(&mut section);
    GppReading::of(Some(keep(encoder::Gpp::new().with_us(&section).encode())), &[7])
}

/// The string of a person who agreed to everything the partner declared; changed.
pub(crate) fn tcf(change: impl FnOnce(&mut encoder::TcString)) -> Reading<TcString<'static>> {
    let mut string = encoder::TcString::agreeing(17_800_000_000, &[VENDOR]);
    change(&mut string);
    Reading::of(Some(keep(string.encode())), TcString::read_valid)
}

/// An adult in the United States who said nothing, with everything listed and every signal open.
pub(crate) fn open_world() -> World {
    let view = ViewState::Complete { as_of: BOOT, bound: Duration::from_secs(5) };
    World {
        terms: Terms {
            id: "north-bidding".parse().unwrap(),
            kind: Kind::RealTimeBidding,
            via: Via::Openrtb,
            categories: Categories::ALL,
            countries: Vec::new(),
            start: UnixMillis(0),
            end: None,
            suspended: false,
            linking_attested_until: Some(UnixMillis(NOW.0 + 1)),
            tcf: TcfParty::Vendor(vendor()),
            when_withheld: WhenWithheld::Skip,
            listed_since: UnixMillis(0),
        },
        subject: SubjectState {
            account: Some(standing(KeyKind::Account, 1)),
            device: Some(standing(KeyKind::Device, 2)),
            browser: None,
            account_country: Some("USA".parse().unwrap()),
            protection_age: Some(ForSecurity::new(30)),
            demographics: Demographics {
                gender: Some(Sourced { value: Gender::Male, source: Source::Declared }),
                age_band: Some(Sourced { value: AgeBand::From25To34, source: Source::Partner }),
            },
            view,
        },
        memberships: Vec::new(),
        signals: Signals { lmt: Lmt::Off, gpp: us(|_| {}), ..Signals::default() },
        country: Some("USA"),
        surface: Surface::App,
        identifier: Identifier::Present,
        opportunity: Opportunity::Bid,
    }
}

pub(crate) fn ask(world: &World) -> Decision {
    decide(&Question {
        terms: &world.terms,
        edition: EditionHash([7; 32]),
        subject: &world.subject,
        memberships: &world.memberships,
        signals: &world.signals,
        country: world.country.map(|country| country.parse().unwrap()),
        surface: world.surface,
        identifier: world.identifier,
        opportunity: world.opportunity,
        now: NOW,
        boot: BOOT,
    })
}

/// The categories told and the reasons that took something away.
pub(crate) fn answer(world: &World) -> (Categories, Vec<Reason>) {
    match ask(world) {
        Decision::Permit(permit) => {
            (permit.categories(), permit.losses().iter().map(|loss| loss.reason).collect())
        }
        Decision::Withheld(withheld) => {
            (Categories::NONE, withheld.losses.iter().map(|loss| loss.reason).collect())
        }
    }
}

pub(crate) fn details(world: &World) -> Vec<Detail> {
    match ask(world) {
        Decision::Permit(permit) => permit.losses().iter().map(|loss| loss.detail).collect(),
        Decision::Withheld(withheld) => withheld.losses.iter().map(|loss| loss.detail).collect(),
    }
}

#[track_caller]
pub(crate) fn check(change: impl FnOnce(&mut World), lost: &[Category], reasons: &[Reason]) {
    let mut world = open_world();
    change(&mut world);
    let universe = Categories::ALL.without(Categories::of(&[Category::Exposure]));
    let (told, why) = answer(&world);
    assert_eq!(why, reasons);
    assert_eq!(told, universe.without(Categories::of(lost)));
}

#[track_caller]
pub(crate) fn withheld(change: impl FnOnce(&mut World), reasons: &[Reason]) {
    let mut world = open_world();
    change(&mut world);
    assert_eq!(answer(&world), (Categories::NONE, reasons.to_vec()));
}

/// What every module of these tests uses.
pub(crate) mod prelude {
    pub(crate) use super::{
        BOOT, NOW, VENDOR, World, answer, ask, check, details, keep, open_world, tcf, us, withheld,
    };
    pub(crate) use sluicegate_gate::{
        AdvertiserLink, Categories, Category, Choice, Contextual, Decision, Detail, ForSecurity,
        Framework, Identifier, KeyKind, Kind, Opportunity, Reason, SignalName, Surface, TcfParty,
        TcfUse, Via, ViewState, WhenWithheld,
        time::{BootMillis, UnixMillis},
    };
    pub(crate) use sluicegate_signals::{
        Att, Coppa, Gdpr, GdprScope, Gpc, GppReading, Lmt, NoBasis, Reading, TcString, Unreadable,
        UsPrivacy, UsRefusal,
    };
    pub(crate) use sluicegate_signals_encoder as encoder;
    pub(crate) use std::time::Duration;
}
