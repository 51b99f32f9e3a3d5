//! What partners and advertisers said of an account: the lists it was put on, and what its person did off
//! the platform.
//!
//! "Personalize ads" governs all of it. What is said while it is off is dropped, and so is what happened
//! while it was off, whenever that is said; turning it off empties it. Of someone who is not known to be
//! an adult nothing is kept. What the person removed is not taken in again.

use crate::{Profile, profile::ADULT};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    Activity, AdvertiserId, AudienceId, Choice, Jurisdiction, PartnershipId, time::UnixMillis,
};
use std::{collections::BTreeSet, fmt, time::Duration};

/// How many lists an account can be on at once; one more is dropped.
pub const LISTS_MAX: usize = 64;
/// How many kinds of activity with advertisers are kept of one account; the oldest makes room.
pub const ACTIVITY_MAX: usize = 64;
/// For how long someone can be put on a list without being put on it again.
pub const LISTED_FOR_MAX: Duration = Duration::from_hours(24 * 90);
/// For how long activity is kept, from when it happened.
pub const ACTIVITY_KEPT_FOR: Duration = Duration::from_hours(24 * 30);
/// A list of a partner, by its name in the register.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListName {
    /// Whose list it is.
    pub partnership: PartnershipId,
    /// Which of its lists.
    pub audience: AudienceId,
}

/// That a partner put the person on a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// The list.
    pub list: ListName,
    /// Since when, without a break.
    pub since: UnixMillis,
    /// Until when.
    pub until: UnixMillis,
}

/// What the person did with an advertiser.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Active {
    /// The advertiser.
    pub advertiser: AdvertiserId,
    /// What.
    pub activity: Activity,
    /// When it happened last.
    pub at: UnixMillis,
}

/// One thing that is said of an account. `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub enum Heard {
    /// A partner puts the person on a list.
    Listed {
        /// The list.
        list: ListName,
        /// Until when.
        until: UnixMillis,
    },
    /// A partner takes the person off a list.
    Unlisted(ListName),
    /// The person did something with an advertiser.
    Active(Active),
}

/// What the person has removed. `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// Being on one list.
    List(ListName),
    /// All activity with one advertiser.
    Activity(AdvertiserId),
    /// Every list and all activity there is.
    Everything,
}

/// Everything said of an account that is kept, and what the person does not want kept. `Debug` leaves it
/// out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FromElsewhere {
    /// What was said or happened before is not kept: "Personalize ads" was last turned on then.
    not_before: Option<UnixMillis>,
    lists: Vec<Listed>,
    activity: Vec<Active>,
    removed_lists: BTreeSet<ListName>,
    removed_advertisers: BTreeSet<AdvertiserId>,
}

impl FromElsewhere {
    /// Iterates over the lists that hold at that time, in the order of their names.
    pub fn lists(&self, now: UnixMillis) -> impl Iterator<Item = &Listed> {
        self.lists.iter().filter(move |listed| now < listed.until)
    }

    /// Iterates over the activity that is kept at that time, by advertiser.
    pub fn activity(&self, now: UnixMillis) -> impl Iterator<Item = &Active> {
        self.activity.iter().filter(move |active| now < active.until())
    }

    /// Returns the lists on which the person cannot be put again.
    pub fn removed_lists(&self) -> &BTreeSet<ListName> {
        &self.removed_lists
    }

    /// Returns the advertisers whose word about the person is not taken any more.
    pub fn removed_advertisers(&self) -> &BTreeSet<AdvertiserId> {
        &self.removed_advertisers
    }

    pub(crate) fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether there is anything that could be used.
    pub(crate) fn says_something(&self) -> bool {
        !self.lists.is_empty() || !self.activity.is_empty()
    }

    /// Iterates over the names of all lists, those that have run out among them.
    pub fn names(&self) -> impl Iterator<Item = &ListName> {
        self.all_lists().map(|listed| &listed.list)
    }

    /// Iterates over all lists, those that have run out among them.
    pub(crate) fn all_lists(&self) -> impl Iterator<Item = &Listed> {
        self.lists.iter()
    }

    /// Returns whether something has run out.
    pub(crate) fn is_stale(&self, now: UnixMillis) -> bool {
        self.lists.iter().any(|listed| listed.until <= now)
            || self.activity.iter().any(|active| active.until() <= now)
    }

    fn forget_stale(&mut self, now: UnixMillis) {
        self.lists.retain(|listed| now < listed.until);
        self.activity.retain(|active| now < active.until());
    }

    /// Takes in what was said at `said`.
    fn hear(&mut self, heard: &Heard, said: UnixMillis) {
        let is_before = |at| self.not_before.is_some_and(|not_before| at < not_before);
        match heard {
            Heard::Unlisted(list) => self.lists.retain(|listed| listed.list != *list),
            _ if is_before(said) => {}
            Heard::Listed { list, .. } if self.removed_lists.contains(list) => {}
            Heard::Listed { list, until } => self.enlist(list, said, *until),
            Heard::Active(active) if self.removed_advertisers.contains(&active.advertiser) => {}
            Heard::Active(active) if is_before(active.at) => {}
            Heard::Active(active) => self.note(active),
        }
    }

    fn enlist(&mut self, list: &ListName, said: UnixMillis, until: UnixMillis) {
        let until = until.min(said.plus(LISTED_FOR_MAX));
        match self.lists.binary_search_by(|listed| listed.list.cmp(list)) {
            Ok(place) => {
                if let Some(listed) = self.lists.get_mut(place) {
                    // Why: what had run out by then was a stay of its own, forgotten or not.
                    if listed.until <= said {
                        listed.since = said;
                    }
                    listed.until = until;
                }
            }
            Err(place) if self.lists.len() < LISTS_MAX => {
                self.lists.insert(place, Listed { list: list.clone(), since: said, until });
            }
            Err(_full) => {}
        }
    }

    fn note(&mut self, active: &Active) {
        let is_same = |known: &&mut Active| {
            known.advertiser == active.advertiser && known.activity == active.activity
        };
        if let Some(known) = self.activity.iter_mut().find(is_same) {
            known.at = known.at.max(active.at);
            return;
        }
        if self.activity.len() >= ACTIVITY_MAX {
            let oldest = (0_usize..).zip(&self.activity).min_by_key(|(_, known)| known.at);
            if let Some((place, _)) = oldest {
                self.activity.remove(place);
            }
        }
        self.activity.push(active.clone());
        self.activity.sort_by(|one, other| one.place().cmp(&other.place()));
    }

    fn remove(&mut self, removal: &Removal) {
        match removal {
            Removal::List(list) => {
                self.lists.retain(|listed| listed.list != *list);
                self.removed_lists.insert(list.clone());
            }
            Removal::Activity(advertiser) => {
                self.activity.retain(|active| active.advertiser != *advertiser);
                self.removed_advertisers.insert(advertiser.clone());
            }
            Removal::Everything => {
                self.removed_lists.extend(self.lists.drain(..).map(|listed| listed.list));
                let advertisers = self.activity.drain(..).map(|active| active.advertiser);
                self.removed_advertisers.extend(advertisers);
            }
        }
    }
}

impl Active {
    /// Returns until when it is kept.
    pub fn until(&self) -> UnixMillis {
        self.at.plus(ACTIVITY_KEPT_FOR)
    }

    fn place(&self) -> (&AdvertiserId, Activity) {
        (&self.advertiser, self.activity)
    }
}

/// Whether what others say of an account is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is.
    Open,
    /// "Personalize ads" is off.
    Off,
    /// The person is not known to be an adult.
    NotAdult,
}

/// Whether what others say of an account is kept: what it chose, else the default of its country; never of
/// anyone not known to be an adult.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Personalization(pub(crate) Choice);

impl Personalization {
    pub(crate) fn of(chosen: Option<Choice>, profile: &Profile) -> Self {
        Self(match profile.keeping(chosen) {
            Keeping::Open => Choice::On,
            Keeping::Off | Keeping::NotAdult => Choice::Off,
        })
    }
}

impl Profile {
    /// Returns the profile after something was said of the account.
    #[must_use]
    pub(crate) fn told(
        mut self,
        heard: &[Heard],
        said: UnixMillis,
        personalization: Personalization,
    ) -> Self {
        for one in heard {
            if personalization.0 == Choice::On || matches!(one, Heard::Unlisted(_)) {
                self.elsewhere.hear(one, said);
            }
        }
        self
    }

    /// Returns the profile after the person removed something.
    #[must_use]
    pub(crate) fn without(mut self, removal: &Removal) -> Self {
        self.elsewhere.remove(removal);
        self
    }

    /// Returns the profile without what has run out.
    #[must_use]
    pub(crate) fn fresh(mut self, now: UnixMillis) -> Self {
        self.elsewhere.forget_stale(now);
        self
    }

    /// Returns the profile after personalization may have changed: off, it keeps nothing from elsewhere; on
    /// again, it takes in only what is said and happens from then on.
    #[must_use]
    pub(crate) fn settled(
        mut self,
        before: Personalization,
        after: Personalization,
        at: UnixMillis,
    ) -> Self {
        if after.0 == Choice::Off {
            self.elsewhere.lists.clear();
            self.elsewhere.activity.clear();
        }
        if before.0 == Choice::Off && after.0 == Choice::On {
            let since = self.elsewhere.not_before.map_or(at, |since| since.max(at));
            self.elsewhere.not_before = Some(since);
        }
        self
    }

    /// Returns whether what others say of the account is kept, given what it chose for "Personalize ads".
    pub fn keeping(&self, chosen: Option<Choice>) -> Keeping {
        let choice = chosen.unwrap_or_else(|| Jurisdiction::of(self.country).default);
        match (choice, self.is_adult()) {
            (Choice::Off, _) => Keeping::Off,
            (Choice::On, true) => Keeping::Open,
            (Choice::On, false) => Keeping::NotAdult,
        }
    }

    /// Returns whether every source that gives an age agrees that the person is 18 or older, and one does.
    pub fn is_adult(&self) -> bool {
        self.protection_age().is_some_and(|age| !age.is_under(ADULT))
    }
}

macro_rules! silent {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "([personal])"))
            }
        })*
    };
}
silent!(Listed, Active, Heard, Removal, FromElsewhere);
