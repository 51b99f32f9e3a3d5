//! Rules 2 to 4: what people chose, and whether the gateway knows it.

use super::Case;
use crate::{
    Categories, Category, Choice, Detail, Loss, Membership, Opportunity, Reason, Setting, Standing,
    SubjectState, ViewState,
};

/// Rule 2: the view is complete and its age within the bound.
pub(super) fn view_fresh(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let reason = match case.question.subject.view {
        ViewState::Incomplete => Reason::ViewIncomplete,
        ViewState::Complete { as_of, bound } if case.question.boot > as_of.plus(bound) => {
            Reason::ViewTooOld
        }
        ViewState::Complete { .. } => return,
    };
    losses.push(Loss::of(reason));
}

/// Rule 3: the effective choice is `on`, and no linked key says `off`.
pub(super) fn sharing_on(case: &Case<'_>, losses: &mut Vec<Loss>) {
    if !case.question.terms.kind.is_controlled() {
        return;
    }
    let subject = case.question.subject;
    let before = losses.len();
    for standing in subject.standings() {
        if standing.sharing == Some(Choice::Off) {
            losses.push(Loss::of(Reason::SharingOff(standing.stamp.key.kind)));
        }
    }
    if subject.standings().any(|standing| standing.sharing_marked_off) {
        losses.push(Loss::of(Reason::SharingOffOnLinkedAccount));
    }
    // Without a key nobody's choice can be looked up: that is not the same as nobody having chosen (P2).
    let is_nobody = subject.standings().next().is_none();
    if losses.len() == before && (is_nobody || !is_on(Setting::Sharing, case)) {
        let detail = Detail::Law(case.jurisdiction.law);
        losses.push(Loss { detail, ..Loss::of(Reason::SharingOffByDefault) });
    }
}

/// Rule 3 for what already happened: nothing from before sharing was last turned on.
pub(super) fn happened_while_shareable(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let Opportunity::Exposure { happened, .. } = case.question.opportunity else { return };
    let too_early = |standing: &Standing| standing.open_since.is_some_and(|since| happened < since);
    let controlled = case.question.terms.kind.is_controlled();
    if controlled && case.question.subject.standings().any(too_early) {
        losses.push(Loss::of(Reason::HappenedWhileOff));
    }
}

/// Rule 4: without personalization a bidding partner gets nothing to recognize the person by, and no
/// attribute that came from a partner or from activity off the platform.
pub(super) fn personalize_ads_on(case: &Case<'_>, losses: &mut Vec<Loss>) {
    if !depersonalized(case) {
        return;
    }
    let demographics = case.question.subject.demographics;
    let is_known = !demographics.is_empty() || own_memberships(case).next().is_some();
    let mut loss = Loss::of(Reason::PersonalizeAdsOff);
    if is_known && demographics.from_here().is_empty() {
        loss.categories = loss.categories.or(Categories::of(&[Category::Demographic]));
    }
    losses.push(loss);
}

/// Returns whether demographics from partners, and from activity off the platform, may be told.
pub(crate) fn keeps_values_from_elsewhere(case: &Case<'_>) -> bool {
    !depersonalized(case) && !personalize_ads_off(case.question.subject)
}

/// Returns the lists that this partner itself put the subject on and that have not run out.
pub(crate) fn own_memberships<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Membership> {
    let question = case.question;
    let is_own = |membership: &&Membership| membership.is_of(&question.terms.id, question.now);
    question.memberships.iter().filter(is_own)
}

/// Returns whether "Personalize ads" is on, by choice or by default, and nobody who may speak said `off`.
pub(crate) fn personalizes(case: &Case<'_>) -> bool {
    !personalize_ads_off(case.question.subject) && is_on(Setting::PersonalizeAds, case)
}

/// Returns whether rule 4 holds: the setting applies, and is off by choice or by default.
fn depersonalized(case: &Case<'_>) -> bool {
    case.is_bid() && case.question.terms.kind.is_controlled() && !personalizes(case)
}

fn personalize_ads_off(subject: &SubjectState) -> bool {
    subject.standings().any(|standing| {
        standing.personalize_ads == Some(Choice::Off) || standing.personalize_ads_marked_off
    })
}

/// Returns whether someone who may speak for this subject said `on`, or the default is `on`. A device's
/// or browser's `on` never speaks for an account.
fn is_on(setting: Setting, case: &Case<'_>) -> bool {
    let subject = case.question.subject;
    let says_on = |standing: &Standing| standing.choice(setting) == Some(Choice::On);
    let spoken = match &subject.account {
        Some(account) => says_on(account),
        None => subject.standings().any(says_on),
    };
    spoken || case.jurisdiction.default == Choice::On
}
