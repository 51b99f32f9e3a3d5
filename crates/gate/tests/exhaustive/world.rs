//! Everything the decision looks at, owned, and the answer in a form that can be compared.

use crate::reasons::Reasons;
use sluicegate_gate::{
    Categories, Contextual, Country, Decision, Demographics, EditionHash, ForSecurity, Identifier,
    KeyKind, KeyStamp, Kind, Loss, Membership, Opportunity, Permit, Question, Revision, Standing,
    SubjectKey, SubjectState, Surface, TcfParty, Terms, Via, ViewState, WhenWithheld, decide,
    time::{BootMillis, UnixMillis},
};
use sluicegate_signals::{Lmt, Signals};
use std::time::Duration;

pub(crate) const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
pub(crate) const BOOT: BootMillis = BootMillis(1_000_000);
pub(crate) const BOUND: Duration = Duration::from_secs(5);
/// When the partnership was listed.
pub(crate) const LISTED: UnixMillis = UnixMillis(NOW.0 - 50_000);
/// When sharing was last turned on, where it was.
pub(crate) const OPENED: UnixMillis = UnixMillis(NOW.0 - 5_000);

/// Account, device, browser.
pub(crate) const KEYS: [KeyKind; 3] = [KeyKind::Account, KeyKind::Device, KeyKind::Browser];

/// Everything the decision looks at.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) terms: Terms,
    /// What is known at each of [`KEYS`].
    pub(crate) keys: [Option<Standing>; 3],
    /// At which of [`KEYS`] sharing was turned on lately.
    pub(crate) opened: [bool; 3],
    pub(crate) account_country: Option<Country>,
    pub(crate) age: Option<u8>,
    pub(crate) demographics: Demographics,
    pub(crate) memberships: Vec<Membership>,
    pub(crate) view: ViewState,
    pub(crate) signals: Signals<'static>,
    pub(crate) country: Option<Country>,
    pub(crate) surface: Surface,
    pub(crate) identifier: Identifier,
    pub(crate) opportunity: Opportunity,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) permitted: bool,
    /// What may be told; nothing where it is withheld.
    pub(crate) told: Categories,
    /// What all reasons together take away.
    pub(crate) lost: Categories,
    pub(crate) reasons: Reasons,
    pub(crate) contextual: bool,
}

impl Outcome {
    /// Returns whether the partner is asked at all, with or without the person.
    pub(crate) fn is_asked(self) -> bool {
        self.permitted || self.contextual
    }
}

/// A key nobody ever said anything about.
pub(crate) fn untouched(kind: KeyKind) -> Standing {
    let key = SubjectKey { kind, hash: 1 };
    Standing::untouched(KeyStamp { key, revision: Revision { shard: 1, version: 4 } })
}

impl World {
    /// A world in which everything still has to be said.
    pub(crate) fn new() -> Self {
        Self {
            terms: Terms {
                id: "north".parse().unwrap(),
                kind: Kind::RealTimeBidding,
                via: Via::Openrtb,
                categories: Categories::ALL,
                countries: Vec::new(),
                start: UnixMillis(0),
                end: None,
                suspended: false,
                linking_attested_until: Some(UnixMillis(NOW.0 + 60_000)),
                tcf: TcfParty::Nobody,
                when_withheld: WhenWithheld::Contextual,
                listed_since: LISTED,
            },
            keys: [None; 3],
            opened: [false; 3],
            account_country: None,
            age: Some(30),
            demographics: Demographics::NONE,
            memberships: Vec::new(),
            view: ViewState::Complete { as_of: BOOT, bound: BOUND },
            signals: Signals { lmt: Lmt::Off, ..Signals::default() },
            country: None,
            surface: Surface::App,
            identifier: Identifier::Present,
            opportunity: Opportunity::Bid,
        }
    }

    fn subject(&self) -> SubjectState {
        let key = |index: usize| {
            self.keys[index].map(|standing| Standing {
                open_since: self.opened[index].then_some(OPENED),
                ..standing
            })
        };
        SubjectState {
            account: key(0),
            device: key(1),
            browser: key(2),
            account_country: self.account_country,
            protection_age: self.age.map(ForSecurity::new),
            demographics: self.demographics,
            view: self.view,
        }
    }

    /// Asks.
    pub(crate) fn decide(&self) -> Decision {
        decide(&Question {
            terms: &self.terms,
            edition: EditionHash([7; 32]),
            subject: &self.subject(),
            memberships: &self.memberships,
            signals: &self.signals,
            country: self.country,
            surface: self.surface,
            identifier: self.identifier,
            opportunity: self.opportunity,
            now: NOW,
            boot: BOOT,
        })
    }

    /// Asks, and hands over the answer with its losses.
    pub(crate) fn answer(&self) -> (Outcome, Vec<Loss>, Option<Permit>) {
        let (told, contextual, losses, permit) = match self.decide() {
            Decision::Permit(permit) => {
                (permit.categories(), Contextual::Skipped, permit.losses().to_vec(), Some(permit))
            }
            Decision::Withheld(withheld) => {
                (Categories::NONE, withheld.contextual, withheld.losses, None)
            }
        };
        let outcome = Outcome {
            permitted: permit.is_some(),
            told,
            lost: losses.iter().fold(Categories::NONE, |lost, loss| lost.or(loss.categories)),
            reasons: losses.iter().map(|loss| loss.reason).collect(),
            contextual: contextual != Contextual::Skipped,
        };
        (outcome, losses, permit)
    }

    /// Asks for the outcome alone.
    pub(crate) fn ask(&self) -> Outcome {
        self.answer().0
    }
}
