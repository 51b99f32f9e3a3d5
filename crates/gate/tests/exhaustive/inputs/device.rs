//! Inputs of rule 5 that the device and the request say with one number.

use super::Input;
use sluicegate_gate::{Identifier, Reason, Surface, TcfUse};
use sluicegate_signals::{Att, Coppa, Gdpr, Gpc, Lmt};

pub(super) fn inputs() -> Vec<Input> {
    vec![surface(), identifier(), lmt(), att(), gpc(), coppa(), gdpr()]
}

fn surface() -> Input {
    Input::new("surface", &[Reason::LimitAdTrackingUnsaid])
        .value("web", |world| world.surface = Surface::Web)
        .value("app", |world| world.surface = Surface::App)
        .closing("web", &["app"])
}

fn identifier() -> Input {
    Input::new("identifier", &[Reason::ZeroIdentifier])
        .value("present", |world| world.identifier = Identifier::Present)
        .value("absent", |world| world.identifier = Identifier::Absent)
        .value("all zero", |world| world.identifier = Identifier::AllZero)
        .closing("present", &["absent"])
        .closing("absent", &["all zero"])
}

fn lmt() -> Input {
    Input::new("lmt", &[Reason::LimitAdTracking, Reason::LimitAdTrackingUnsaid])
        .value("off", |world| world.signals.lmt = Lmt::Off)
        .value("absent", |world| world.signals.lmt = Lmt::Absent)
        .value("on", |world| world.signals.lmt = Lmt::On)
        .closing("off", &["absent"])
        .closing("absent", &["on"])
}

fn att() -> Input {
    Input::new("att", &[Reason::TrackingNotAuthorized])
        .value("authorized", |world| world.signals.att = Att::Authorized)
        .value("absent", |world| world.signals.att = Att::Absent)
        .value("not determined", |world| world.signals.att = Att::NotDetermined)
        .value("restricted", |world| world.signals.att = Att::Restricted)
        .value("denied", |world| world.signals.att = Att::Denied)
        .closing("authorized", &["absent"])
        .closing("absent", &["not determined", "restricted", "denied"])
}

fn gpc() -> Input {
    Input::new("gpc", &[Reason::Gpc])
        .value("absent", |world| world.signals.gpc = Gpc::Absent)
        .value("on", |world| world.signals.gpc = Gpc::On)
        .closing("absent", &["on"])
}

fn coppa() -> Input {
    Input::new("coppa", &[Reason::Coppa])
        .value("off", |world| world.signals.coppa = Coppa::Off)
        .value("on", |world| world.signals.coppa = Coppa::On)
        .closing("off", &["on"])
}

fn gdpr() -> Input {
    let reaches = [
        Reason::ConsentStringMissing,
        Reason::NotAVendor,
        Reason::NoBasis(TcfUse::Ask),
        Reason::NoBasis(TcfUse::Measure),
        Reason::NoBasis(TcfUse::Identify),
        Reason::NoBasis(TcfUse::Profile),
        Reason::NoBasis(TcfUse::Locate),
        Reason::LocationNotAllowed,
    ];
    Input::new("gdpr", &reaches)
        .value("out", |world| world.signals.gdpr = Gdpr::OutOfScope)
        .value("unsaid", |world| world.signals.gdpr = Gdpr::Unsaid)
        .value("in", |world| world.signals.gdpr = Gdpr::InScope)
        .closing("out", &["unsaid"])
        .closing("unsaid", &["in"])
}
