//! All that is stored about one key, and how a change alters it.

use crate::key::revision_of;
use sluicegate_gate::{
    Choice, KeyStamp, Revision, Setting, Standing, SubjectKey, time::UnixMillis,
};
use std::time::Duration;

/// All that is stored about one key.
///
/// An erased person keeps this row with both settings `off`: it holds a keyed hash and no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// The key.
    pub key: SubjectKey,
    /// The version, in the key's shard, of the last change that touched it; 0 if none did.
    pub version: u64,
    /// Explicit choice for "Share your data".
    pub sharing: Option<Choice>,
    /// Explicit choice for "Personalize ads".
    pub personalize_ads: Option<Choice>,
    /// How many linked accounts have "Share your data" off.
    pub sharing_marks: u32,
    /// How many linked accounts have "Personalize ads" off.
    pub personalize_ads_marks: u32,
    /// Nothing that happened before this may ever be shared.
    ///
    /// It is set, and never set back, whenever
    /// - the last thing that closed sharing at this key (its own `off`, the last mark) is lifted,
    ///   whatever is left then: a device without a choice of its own counts as opened too;
    /// - a key without a choice gets its first explicit `on`. Where the default was `on` this holds
    ///   back a little more than needed: the store does not know which default applied;
    /// - the country of an account without a choice changes from an unknown one, or one whose default
    ///   is `off`, to one whose is not;
    /// - a device or browser is linked to an account: it takes over the account's, if that is later.
    ///
    /// It is the time of that change, unless the clock had been set back: then it comes after whatever the store
    /// knows to have happened before it ([`Moment::opens_after`]).
    pub open_since: Option<UnixMillis>,
    /// The latest time at which sharing is known to have been closed at this key. It is never opened at an earlier one.
    pub closed_at: Option<UnixMillis>,
}

/// When an order is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// By the clock.
    pub(crate) at: UnixMillis,
    /// The latest time at which an exposure was accepted, where the store has them: they happened no later.
    pub(crate) accepted: Option<UnixMillis>,
}

impl Moment {
    /// Returns from when on something may be shared that is opened now: from now, or, where the clock was set
    /// back, from when everything is over that happened before.
    fn opens_after(self, closed_at: Option<UnixMillis>) -> UnixMillis {
        let known = self.accepted.max(closed_at).filter(|known| *known > self.at);
        known.map_or(self.at, |known| known.plus(Duration::from_millis(1)))
    }
}

/// Whether sharing is open at one key alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Openness {
    /// Its own `off`, or a mark.
    Closed,
    /// No choice: the default holds.
    Undecided,
    /// An explicit `on` and no mark.
    Open,
}

impl KeyState {
    /// The state of a key that nobody said anything about.
    pub fn untouched(key: SubjectKey) -> Self {
        Self {
            key,
            version: 0,
            sharing: None,
            personalize_ads: None,
            sharing_marks: 0,
            personalize_ads_marks: 0,
            open_since: None,
            closed_at: None,
        }
    }

    /// Returns the last change that touched the key.
    pub fn revision(&self) -> Revision {
        revision_of(self.key, self.version)
    }

    /// Returns the state as the decision reads it.
    pub fn standing(&self) -> Standing {
        Standing {
            stamp: KeyStamp { key: self.key, revision: self.revision() },
            sharing: self.sharing,
            personalize_ads: self.personalize_ads,
            sharing_marked_off: self.sharing_marks > 0,
            personalize_ads_marked_off: self.personalize_ads_marks > 0,
            open_since: self.open_since,
        }
    }

    pub(crate) fn choose(self, setting: Setting, value: Choice, moment: Moment) -> Self {
        self.altered(moment, |state| match setting {
            Setting::Sharing => state.sharing = Some(value),
            Setting::PersonalizeAds => state.personalize_ads = Some(value),
        })
    }

    pub(crate) fn mark(self, setting: Setting, moment: Moment) -> Self {
        self.altered(moment, |state| {
            let marks = state.marks_mut(setting);
            *marks = marks.saturating_add(1);
        })
    }

    pub(crate) fn lift_mark(self, setting: Setting, moment: Moment) -> Self {
        self.altered(moment, |state| {
            let marks = state.marks_mut(setting);
            *marks = marks.saturating_sub(1);
        })
    }

    /// Sharing is opened now.
    pub(crate) fn opened(self, moment: Moment) -> Self {
        self.opened_from(moment.opens_after(self.closed_at))
    }

    /// Nothing from before that time is shared.
    pub(crate) fn opened_from(self, since: UnixMillis) -> Self {
        Self { open_since: self.open_since.max(Some(since)), ..self }
    }

    fn marks_mut(&mut self, setting: Setting) -> &mut u32 {
        match setting {
            Setting::Sharing => &mut self.sharing_marks,
            Setting::PersonalizeAds => &mut self.personalize_ads_marks,
        }
    }

    fn altered(self, moment: Moment, alter: impl FnOnce(&mut Self)) -> Self {
        let mut after = self;
        alter(&mut after);
        match (self.openness(), after.openness()) {
            (Openness::Closed, Openness::Undecided | Openness::Open)
            | (Openness::Undecided, Openness::Open) => after.opened(moment),
            (Openness::Closed | Openness::Undecided | Openness::Open, Openness::Closed) => {
                Self { closed_at: after.closed_at.max(Some(moment.at)), ..after }
            }
            (Openness::Undecided | Openness::Open, Openness::Undecided)
            | (Openness::Open, Openness::Open) => after,
        }
    }

    fn openness(&self) -> Openness {
        match self.sharing {
            _ if self.sharing_marks > 0 => Openness::Closed,
            Some(Choice::Off) => Openness::Closed,
            Some(Choice::On) => Openness::Open,
            None => Openness::Undecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::KeyKind;

    const T: fn(i64) -> UnixMillis = UnixMillis;

    fn at(at: i64) -> Moment {
        Moment { at: T(at), accepted: None }
    }

    fn key() -> KeyState {
        KeyState::untouched(SubjectKey { kind: KeyKind::Device, hash: 1 })
    }

    #[test]
    fn on_off_on_opens_from_the_last_on() {
        let sharing = Setting::Sharing;
        let on = key().choose(sharing, Choice::On, at(10));
        assert_eq!(on.open_since, Some(T(10)));
        assert_eq!(on.choose(sharing, Choice::On, at(15)).open_since, Some(T(10)));
        let off = on.choose(sharing, Choice::Off, at(20));
        assert_eq!(off.open_since, Some(T(10)));
        assert_eq!(off.choose(sharing, Choice::On, at(30)).open_since, Some(T(30)));
    }

    #[test]
    fn lifting_the_last_mark_opens_from_then_on_even_without_a_choice() {
        let marked = key().mark(Setting::Sharing, at(1)).mark(Setting::Sharing, at(2));
        let one_left = marked.lift_mark(Setting::Sharing, at(3));
        assert_eq!((one_left.sharing_marks, one_left.open_since), (1, None));
        assert_eq!(one_left.lift_mark(Setting::Sharing, at(4)).open_since, Some(T(4)));
    }

    #[test]
    fn an_on_under_a_mark_opens_nothing_until_the_mark_goes() {
        let marked =
            key().mark(Setting::Sharing, at(1)).choose(Setting::Sharing, Choice::On, at(2));
        assert_eq!(marked.open_since, None);
        assert_eq!(marked.lift_mark(Setting::Sharing, at(9)).open_since, Some(T(9)));
    }

    #[test]
    fn a_clock_that_went_back_does_not_reopen_the_past() {
        let on = key().choose(Setting::Sharing, Choice::On, at(100));
        let again = on.choose(Setting::Sharing, Choice::Off, at(110)).choose(
            Setting::Sharing,
            Choice::On,
            at(50),
        );
        assert_eq!(again.open_since, Some(T(111)));
    }

    #[test]
    fn whatever_the_clock_says_nothing_opens_before_it_was_closed() {
        let off = key().choose(Setting::Sharing, Choice::Off, at(100));
        assert_eq!(off.choose(Setting::Sharing, Choice::On, at(40)).open_since, Some(T(101)));
        assert_eq!(off.choose(Setting::Sharing, Choice::On, at(120)).open_since, Some(T(120)));
        // Closed again by a clock that was set back: the later time stands.
        let marked =
            off.mark(Setting::Sharing, at(50)).choose(Setting::Sharing, Choice::On, at(60));
        assert_eq!(marked.open_since, None);
        assert_eq!(marked.lift_mark(Setting::Sharing, at(70)).open_since, Some(T(101)));
    }

    #[test]
    fn what_was_accepted_before_it_opens_has_happened_before() {
        let off = key().choose(Setting::Sharing, Choice::Off, at(100));
        let met = |moment, accepted| Moment { at: T(moment), accepted: Some(T(accepted)) };
        let on = |moment| off.choose(Setting::Sharing, Choice::On, moment).open_since;
        assert_eq!(on(met(40, 600)), Some(T(601)));
        assert_eq!(on(met(700, 600)), Some(T(700)));
        let first = key().choose(Setting::Sharing, Choice::On, met(40, 600));
        assert_eq!(first.open_since, Some(T(601)), "a default may have been off");
    }

    #[test]
    fn personalization_does_not_move_what_sharing_opened() {
        let chosen = key()
            .choose(Setting::PersonalizeAds, Choice::Off, at(1))
            .choose(Setting::PersonalizeAds, Choice::On, at(2))
            .mark(Setting::PersonalizeAds, at(3))
            .lift_mark(Setting::PersonalizeAds, at(4));
        assert_eq!(chosen.open_since, None);
    }
}
