//! All that is stored about one key, and how a change alters it.

use crate::key::revision_of;
use sluicegate_gate::{
    Choice, KeyStamp, Revision, Setting, Standing, SubjectKey, time::UnixMillis,
};

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
    pub open_since: Option<UnixMillis>,
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

    pub(crate) fn choose(self, setting: Setting, value: Choice, at: UnixMillis) -> Self {
        self.altered(at, |state| match setting {
            Setting::Sharing => state.sharing = Some(value),
            Setting::PersonalizeAds => state.personalize_ads = Some(value),
        })
    }

    pub(crate) fn mark(self, setting: Setting, at: UnixMillis) -> Self {
        self.altered(at, |state| {
            let marks = state.marks_mut(setting);
            *marks = marks.saturating_add(1);
        })
    }

    pub(crate) fn lift_mark(self, setting: Setting, at: UnixMillis) -> Self {
        self.altered(at, |state| {
            let marks = state.marks_mut(setting);
            *marks = marks.saturating_sub(1);
        })
    }

    pub(crate) fn opened(self, at: UnixMillis) -> Self {
        let since = self.open_since.map_or(at, |since| since.max(at));
        Self { open_since: Some(since), ..self }
    }

    fn marks_mut(&mut self, setting: Setting) -> &mut u32 {
        match setting {
            Setting::Sharing => &mut self.sharing_marks,
            Setting::PersonalizeAds => &mut self.personalize_ads_marks,
        }
    }

    fn altered(self, at: UnixMillis, alter: impl FnOnce(&mut Self)) -> Self {
        let mut after = self;
        alter(&mut after);
        match (self.openness(), after.openness()) {
            (Openness::Closed, Openness::Undecided | Openness::Open)
            | (Openness::Undecided, Openness::Open) => after.opened(at),
            (Openness::Closed | Openness::Undecided | Openness::Open, Openness::Closed)
            | (Openness::Undecided | Openness::Open, Openness::Undecided)
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

    fn key() -> KeyState {
        KeyState::untouched(SubjectKey { kind: KeyKind::Device, hash: 1 })
    }

    #[test]
    fn on_off_on_opens_from_the_last_on() {
        let sharing = Setting::Sharing;
        let on = key().choose(sharing, Choice::On, T(10));
        assert_eq!(on.open_since, Some(T(10)));
        assert_eq!(on.choose(sharing, Choice::On, T(15)).open_since, Some(T(10)));
        let off = on.choose(sharing, Choice::Off, T(20));
        assert_eq!(off.open_since, Some(T(10)));
        assert_eq!(off.choose(sharing, Choice::On, T(30)).open_since, Some(T(30)));
    }

    #[test]
    fn lifting_the_last_mark_opens_from_then_on_even_without_a_choice() {
        let marked = key().mark(Setting::Sharing, T(1)).mark(Setting::Sharing, T(2));
        let one_left = marked.lift_mark(Setting::Sharing, T(3));
        assert_eq!((one_left.sharing_marks, one_left.open_since), (1, None));
        assert_eq!(one_left.lift_mark(Setting::Sharing, T(4)).open_since, Some(T(4)));
    }

    #[test]
    fn an_on_under_a_mark_opens_nothing_until_the_mark_goes() {
        let marked = key().mark(Setting::Sharing, T(1)).choose(Setting::Sharing, Choice::On, T(2));
        assert_eq!(marked.open_since, None);
        assert_eq!(marked.lift_mark(Setting::Sharing, T(9)).open_since, Some(T(9)));
    }

    #[test]
    fn a_clock_that_went_back_does_not_reopen_the_past() {
        let on = key().choose(Setting::Sharing, Choice::On, T(100));
        let again = on.choose(Setting::Sharing, Choice::Off, T(110)).choose(
            Setting::Sharing,
            Choice::On,
            T(50),
        );
        assert_eq!(again.open_since, Some(T(100)));
    }

    #[test]
    fn personalization_does_not_move_what_sharing_opened() {
        let chosen = key()
            .choose(Setting::PersonalizeAds, Choice::Off, T(1))
            .choose(Setting::PersonalizeAds, Choice::On, T(2))
            .mark(Setting::PersonalizeAds, T(3))
            .lift_mark(Setting::PersonalizeAds, T(4));
        assert_eq!(chosen.open_since, None);
    }
}
