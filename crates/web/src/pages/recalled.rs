//! What partners were told to forget or correct, and how far they are: a section of a page.

use super::when::Moment;
use sluicegate_recall::{Cause, Standing};
use sluicegate_register::Edition;

/// How far one partner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recalled {
    /// The partner's name, or the id of a partnership that is listed no more.
    pub(super) partner: String,
    /// What it is told to do.
    pub(super) asked: &'static str,
    /// When the person changed it.
    pub(super) since: Moment,
    /// Of how many messages that had gone to it.
    pub(super) ids: u64,
    /// How far it is, in words.
    pub(super) state: State,
}

/// How far a partner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It said that it is done.
    Done(Moment),
    /// It has all of the messages, and has not said that it is done.
    Sent(Moment),
    /// Not everything has reached it yet.
    Waiting,
    /// It takes no such messages.
    Unreachable,
}

/// Returns the lines of the section, the latest first.
pub(super) fn recalled(standing: &[Standing], edition: Option<&Edition>) -> Vec<Recalled> {
    standing.iter().map(|one| line(one, edition)).collect()
}

fn line(one: &Standing, edition: Option<&Edition>) -> Recalled {
    let listed = edition.and_then(|edition| edition.partnership(&one.partnership));
    Recalled {
        partner: listed
            .map_or_else(|| one.partnership.to_string(), |listed| listed.partner.name.clone()),
        asked: match one.cause {
            Cause::Off | Cause::Erased => "Forget what it got before you turned sharing off",
            Cause::Corrected => "Stop using the demographic data that you corrected",
        },
        since: Moment::of(one.since),
        ids: one.ids,
        state: state(one),
    }
}

fn state(one: &Standing) -> State {
    if !one.reachable {
        return State::Unreachable;
    }
    match (one.acknowledged_at, one.delivered_at) {
        (Some(at), _) if one.acknowledged >= one.ids => State::Done(Moment::of(at)),
        (_, Some(at)) if one.delivered >= one.ids => State::Sent(Moment::of(at)),
        _ => State::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::{KeyKind, SubjectKey, time::UnixMillis};

    #[test]
    fn a_partner_is_done_only_when_it_acknowledged_everything() {
        let at = |millis| Some(UnixMillis(millis));
        let one = Standing {
            subject: SubjectKey { kind: KeyKind::Account, hash: 1 },
            partnership: "north".parse().unwrap(),
            cause: Cause::Off,
            since: UnixMillis(0),
            ids: 2,
            reachable: true,
            delivered: 0,
            delivered_at: None,
            acknowledged: 0,
            acknowledged_at: None,
        };
        assert_eq!(state(&one), State::Waiting);
        let half = Standing { delivered: 1, delivered_at: at(1), ..one.clone() };
        assert_eq!(state(&half), State::Waiting);
        let sent = Standing { delivered: 2, ..half };
        assert!(matches!(state(&sent), State::Sent(_)));
        let partly = Standing { acknowledged: 1, acknowledged_at: at(2), ..sent };
        assert!(matches!(state(&partly), State::Sent(_)));
        let done = Standing { acknowledged: 2, ..partly };
        assert!(matches!(state(&done), State::Done(_)));
        assert_eq!(state(&Standing { reachable: false, ..one }), State::Unreachable);
    }
}
