//! Rule 5, what protects without anybody choosing: age, and the device's own settings.

use super::Case;
use crate::{Detail, Identifier, Loss, Reason, Surface};
use sluicegate_signals::{Att, Coppa, Lmt};

/// The age from which a person is an adult, in years.
const ADULT: u8 = 18;

/// COPPA, and the protection age.
pub(super) fn children(case: &Case<'_>, losses: &mut Vec<Loss>) {
    if case.question.signals.coppa == Coppa::On {
        losses.push(Loss::of(Reason::Coppa));
    }
    match &case.question.subject.protection_age {
        Some(age) if age.is_under(case.jurisdiction.child_below) => {
            let detail = Detail::Law(case.jurisdiction.child_law);
            losses.push(Loss { detail, ..Loss::of(Reason::Child) });
        }
        Some(age) if age.is_under(ADULT) => losses.push(Loss::of(Reason::AgeUnder18)),
        Some(_) => {}
        None => losses.push(Loss::of(Reason::AgeUnknown)),
    }
}

/// The device: limited ad tracking, app tracking not authorized, no id.
pub(super) fn tracking(case: &Case<'_>, losses: &mut Vec<Loss>) {
    match (case.question.signals.lmt, case.question.surface) {
        (Lmt::On, _) => losses.push(Loss::of(Reason::LimitAdTracking)),
        (Lmt::Absent, Surface::App) => losses.push(Loss::of(Reason::LimitAdTrackingUnsaid)),
        (Lmt::Absent, Surface::Web) | (Lmt::Off, _) => {}
    }
    match case.question.signals.att {
        Att::NotDetermined | Att::Restricted | Att::Denied => {
            losses.push(Loss::of(Reason::TrackingNotAuthorized));
        }
        Att::Absent | Att::Authorized => {}
    }
    if case.question.identifier == Identifier::AllZero {
        losses.push(Loss::of(Reason::ZeroIdentifier));
    }
}
