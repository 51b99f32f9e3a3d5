//! What the platform's own ad server may use of what partners and advertisers said of a person.

use crate::{
    Categories, Kind, Loss, PartnershipId, Question, Reason, TcfParty, Terms, Via, WhenWithheld,
    decide::FOR_SEGMENTS,
    rules::{self, Case},
    time::UnixMillis,
};

/// Whether the platform may use for itself what came from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnUse {
    /// It may.
    Open,
    /// It may not, for these reasons.
    Closed(Vec<Loss>),
}

/// Decides whether the platform's own ad server may use what came from elsewhere.
///
/// Every rule that protects a person's demographics and identifiers in a bid request holds, and "Personalize
/// ads" in place of the sharing setting, since nothing is shared. Legal bases are those that the person gave the platform itself. The terms of the question are to be
/// [`Terms::of_the_platform_itself`].
pub fn decide_own_use(question: &Question<'_>) -> OwnUse {
    let case = Case::of(question);
    let mut losses = rules::losses(&case);
    losses.retain(|loss| !loss.categories.and(FOR_SEGMENTS).is_empty());
    if !rules::personalizes(&case) {
        losses.push(Loss { categories: FOR_SEGMENTS, ..Loss::of(Reason::PersonalizeAdsOff) });
    }
    if losses.is_empty() { OwnUse::Open } else { OwnUse::Closed(losses) }
}

impl Terms {
    /// The platform as a processor of its own: the sharing setting does not apply, everything else does. The id
    /// only names it, and no way leads out under these terms.
    pub fn of_the_platform_itself(id: PartnershipId) -> Self {
        Self {
            id,
            kind: Kind::ServiceProvider,
            via: Via::None,
            categories: Categories::ALL,
            countries: Vec::new(),
            start: UnixMillis(i64::MIN),
            end: None,
            suspended: false,
            linking_attested_until: None,
            tcf: TcfParty::Publisher,
            when_withheld: WhenWithheld::Skip,
            listed_since: UnixMillis(i64::MIN),
        }
    }
}
