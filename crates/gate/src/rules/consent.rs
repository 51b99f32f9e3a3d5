//! Rule 5, what the request's signals say by law: opt-outs, and legal bases.

use super::{Case, GdprScope};
use crate::{Categories, Category, Detail, Framework, Loss, Reason, SignalName, TcfParty, TcfUse};
use sluicegate_signals::{
    Gpc, LocationConsent, Mark, NoBasis, PublisherPurposes, TcString, TcfSection, Unreadable,
};

/// The special feature for exact geolocation, in Europe and in Canada.
const GEOLOCATION: u8 = 1;

/// Global Privacy Control, US Privacy and the laws of the United States.
pub(super) fn opted_out(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let signals = case.question.signals;
    if signals.gpc == Gpc::On {
        losses.push(Loss::of(Reason::Gpc));
    }
    let gpp = signals.gpp.read();
    let strings = [signals.us_privacy.read().copied(), gpp.and_then(|gpp| gpp.us_privacy)];
    let strings = || strings.iter().flatten();
    if strings().any(|string| string.opt_out_sale == Mark::Yes) {
        losses.push(Loss::of(Reason::UsPrivacyOptOut));
    }
    if strings().any(|string| string.notice == Mark::No) {
        losses.push(Loss::of(Reason::UsPrivacyNoNotice));
    }
    for (refusal, laws) in gpp.iter().flat_map(|gpp| gpp.us.iter()) {
        losses.push(Loss { detail: Detail::UsLaws(laws), ..Loss::of(Reason::UsLaw(refusal)) });
    }
}

/// A string that says nothing closes everything about the person. One that should say what the bases are closes
/// everything where they are needed: in scope of the regulation, and by a section of a framework that is in force.
pub(super) fn strings_readable(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let signals = case.question.signals;
    let strings = [
        (SignalName::UsPrivacy, signals.us_privacy.unreadable()),
        (SignalName::Gpp, signals.gpp.unreadable()),
        (SignalName::Tcf, signals.tcf.unreadable()),
    ];
    let unread = strings.into_iter().filter_map(|(name, why)| Some((name, why?)));
    for (name, why) in unread {
        let mut loss = unreadable(name, why);
        let needs_bases = match name {
            SignalName::Tcf => case.gdpr == GdprScope::In,
            SignalName::Gpp => {
                [signals.gpp.europe(), signals.gpp.canada()].contains(&TcfSection::InForce)
            }
            SignalName::UsPrivacy => false,
        };
        if needs_bases {
            loss.categories = Categories::ALL;
        }
        losses.push(loss);
    }
}

fn unreadable(name: SignalName, why: Unreadable) -> Loss {
    Loss { detail: Detail::Unreadable(name, why), ..Loss::of(Reason::SignalNotReadable) }
}

/// Bases under the Transparency and Consent Framework in Europe: of every string that is there.
pub(super) fn europe(case: &Case<'_>, losses: &mut Vec<Loss>) {
    if case.gdpr == GdprScope::Out {
        return;
    }
    let strings = strings_of_europe(case);
    let is_unreadable = case.question.signals.tcf.unreadable().is_some();
    if strings.iter().all(Option::is_none) && !is_unreadable {
        losses.push(Loss::of(Reason::ConsentStringMissing));
    }
    for string in strings.into_iter().flatten() {
        match &case.question.terms.tcf {
            TcfParty::Vendor(vendor) => {
                let bases = string.bases(vendor);
                let basis = |used: TcfUse| match used.purpose() {
                    Some(purpose) => bases.purpose(purpose),
                    None => bases.special_feature(GEOLOCATION),
                };
                lose(case, Framework::Europe, basis, losses);
            }
            TcfParty::Publisher => {
                lose(case, Framework::Europe, |used| for_publisher(string, used), losses);
            }
            TcfParty::Nobody => lose_everything(losses),
        }
    }
}

/// Whether every string of Europe that is there agrees to the exact place, and one is.
fn agreed_in_europe(case: &Case<'_>) -> bool {
    let mut strings = strings_of_europe(case).into_iter().flatten().peekable();
    strings.peek().is_some()
        && strings.all(|string| match &case.question.terms.tcf {
            TcfParty::Vendor(vendor) => string.bases(vendor).special_feature(GEOLOCATION).is_ok(),
            TcfParty::Publisher => for_publisher(string, TcfUse::Locate).is_ok(),
            TcfParty::Nobody => false,
        })
}

fn strings_of_europe<'a>(case: &Case<'a>) -> [Option<&'a TcString<'a>>; 2] {
    let signals = case.question.signals;
    [signals.tcf.read(), signals.gpp.read().and_then(|gpp| gpp.tcf_europe.as_ref())]
}

/// What a processor may do: what the person agreed to for the platform itself.
fn for_publisher(string: &TcString<'_>, used: TcfUse) -> Result<(), NoBasis> {
    let Some(purpose) = used.purpose() else {
        let opted_in = string.core.special_feature_opt_ins.contains(GEOLOCATION);
        return opted_in.then_some(()).ok_or(NoBasis::PurposeRefused);
    };
    string.publisher.ok_or(NoBasis::NotAsked)?.purpose(purpose)
}

fn lose_everything(losses: &mut Vec<Loss>) {
    if losses.iter().all(|loss| loss.reason != Reason::NotAVendor) {
        losses.push(Loss::of(Reason::NotAVendor));
    }
}

/// Express consent under the framework in Canada, where its section is in force. Purpose 1 is not used there.
pub(super) fn canada(case: &Case<'_>, losses: &mut Vec<Loss>) {
    let Some(string) = case.question.signals.gpp.read().and_then(|gpp| gpp.tcf_canada) else {
        return;
    };
    match &case.question.terms.tcf {
        TcfParty::Vendor(vendor) => {
            let bases = string.bases(vendor.id);
            let basis = |used: TcfUse| match used.purpose() {
                Some(1) => Ok(()),
                Some(purpose) => bases.purpose(purpose),
                None => bases.special_feature(GEOLOCATION),
            };
            lose(case, Framework::Canada, basis, losses);
        }
        TcfParty::Publisher => {
            let own = string.publisher();
            let basis = |used: TcfUse| match used.purpose() {
                Some(1) => Ok(()),
                Some(purpose) => expressly(own, purpose),
                // The part for the platform itself does not speak of special features.
                None => Err(NoBasis::NotAsked),
            };
            lose(case, Framework::Canada, basis, losses);
        }
        TcfParty::Nobody => lose_everything(losses),
    }
}

/// Implied consent for the platform itself is written where Europe has legitimate interest; it does not count.
fn expressly(own: Option<PublisherPurposes>, purpose: u8) -> Result<(), NoBasis> {
    let agreed = own.ok_or(NoBasis::NotAsked)?.consent;
    if agreed.contains(purpose) { Ok(()) } else { Err(NoBasis::PurposeRefused) }
}

/// Takes away what has no basis: all of it where the partner may not be asked or told at all.
fn lose(
    case: &Case<'_>,
    framework: Framework,
    basis: impl Fn(TcfUse) -> Result<(), NoBasis>,
    losses: &mut Vec<Loss>,
) {
    let uses: &[TcfUse] = if case.is_bid() {
        &[TcfUse::Ask, TcfUse::Identify, TcfUse::Profile, TcfUse::Locate]
    } else {
        &[TcfUse::Measure, TcfUse::Identify]
    };
    for used in uses {
        let reason = Reason::NoBasis(*used);
        let concerned = used.category().is_none_or(|category| case.concerns(category));
        let is_new = losses.iter().all(|loss| loss.reason != reason);
        if !concerned || !is_new {
            continue;
        }
        if let Err(why) = basis(*used) {
            losses.push(Loss { detail: Detail::Basis(framework, why), ..Loss::of(reason) });
        }
    }
}

/// The exact place: only where a signal says so. Said only to whom it concerns. Every law of the United States that is in
/// force has to allow it. Where none is, the frameworks count: where bases are needed their own rule has said it already;
/// elsewhere a string that agrees counts too, so that scope never opens anything.
pub(super) fn location(case: &Case<'_>, losses: &mut Vec<Loss>) {
    if !case.is_bid() || !case.concerns(Category::PreciseLocation) {
        return;
    }
    let gpp = case.question.signals.gpp.read();
    let allowed = match gpp.map_or(LocationConsent::NoLaw, |gpp| gpp.location) {
        LocationConsent::Given => true,
        LocationConsent::NotGiven => false,
        LocationConsent::NoLaw => {
            case.gdpr == GdprScope::In
                || gpp.is_some_and(|gpp| gpp.tcf_canada.is_some())
                || agreed_in_europe(case)
        }
    };
    if !allowed {
        losses.push(Loss::of(Reason::LocationNotAllowed));
    }
}
