//! What partners were told to forget or correct, and how far they are: a section of a page.

use super::{
    Pages,
    arrangements::Teller,
    language::{Message, Registered},
    when::Moment,
};
use sluicegate_gate::SubjectKey;
use sluicegate_recall::{Cause, Standing};

/// How far one partner is.
#[derive(Clone, Debug)]
pub(super) struct Recalled {
    /// The partner's name.
    pub(super) partner: String,
    /// The partnership's title.
    pub(super) title: Registered,
    /// What it is told to do.
    pub(super) asked: Message,
    /// When the person changed it.
    pub(super) since: Moment,
    /// Of how many messages that had gone to it.
    pub(super) ids: u64,
    /// How far it is, in words.
    pub(super) state: Message,
}

/// How far a partner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It said that it is done.
    Done(Moment),
    /// It has all of the messages, and has not said that it is done.
    Sent(Moment),
    /// Not everything has reached it yet.
    Waiting,
    /// It cannot be called back.
    Unreachable,
}

/// Returns how far partners are with what they are told about a person, if that can be read.
pub(super) async fn standing(pages: &Pages, key: SubjectKey) -> Option<Vec<Standing>> {
    let standing = pages.parts.recalls.standing(vec![key]).await;
    let told = |error| {
        tracing::error!(error = %error, "what partners are told could not be read for a page");
    };
    standing.map_err(told).ok()
}

/// Returns the lines of the section, the latest first.
pub(super) fn recalled(standing: &[Standing], teller: &Teller<'_>) -> Vec<Recalled> {
    standing.iter().map(|one| line(one, teller)).collect()
}

fn line(one: &Standing, teller: &Teller<'_>) -> Recalled {
    let (_, partner, title) = teller.named(&one.partnership);
    Recalled {
        partner,
        title,
        asked: teller.language.say(match one.cause {
            Cause::Off | Cause::Erased => "recalled-forget",
            Cause::Corrected => "recalled-correct",
        }),
        since: Moment::of(one.since),
        ids: one.ids,
        state: match state(one) {
            State::Done(at) => teller.language.say("recalled-done").with("when", at.full()),
            State::Sent(at) => teller.language.say("recalled-sent").with("when", at.full()),
            State::Waiting => teller.language.say("recalled-waiting"),
            State::Unreachable => teller.language.say("recalled-unreachable"),
        },
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
    use sluicegate_gate::{KeyKind, time::UnixMillis};

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
