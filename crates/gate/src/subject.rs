//! Who a request is about, as far as the view knows.

use crate::{Country, Demographics, ForSecurity, time::BootMillis, time::UnixMillis};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The two settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// "Share your data with {platform}'s business partners".
    Sharing,
    /// "Personalize ads".
    PersonalizeAds,
}

impl Setting {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sharing, Self::PersonalizeAds];

    /// Returns the name on every wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sharing => "sharing",
            Self::PersonalizeAds => "personalize_ads",
        }
    }
}

/// A person's explicit value for a setting at one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// May be shared; may be personalized.
    On,
    /// Must not.
    Off,
}

/// What a choice can hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// An account of the platform.
    Account,
    /// A device, by its advertising id.
    Device,
    /// A browser, by our first-party cookie id.
    Browser,
}

impl KeyKind {
    /// Returns the name on every wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Device => "device",
            Self::Browser => "browser",
        }
    }
}

/// A key as the gateway keeps it: its kind and a 128-bit keyed hash of the value, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectKey {
    /// Account, device or browser.
    pub kind: KeyKind,
    /// Keyed hash of kind and value.
    pub hash: u128,
}

/// Which change a state includes: the shard, and the gap-free number of the change within it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct Revision {
    /// The shard the key belongs to.
    pub shard: u16,
    /// The number of the change in commit order; 0 is before the first.
    pub version: u64,
}

/// A key with the last change that touched it: what "these keys unchanged" is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyStamp {
    /// The key.
    pub key: SubjectKey,
    /// The last change that touched it; version 0 if none did.
    pub revision: Revision,
}

/// What is known of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The key, and the last change that touched it.
    pub stamp: KeyStamp,
    /// Explicit choice for "Share your data".
    pub sharing: Option<Choice>,
    /// Explicit choice for "Personalize ads".
    pub personalize_ads: Option<Choice>,
    /// Whether another account's `off` for sharing reaches this key.
    pub sharing_marked_off: bool,
    /// Whether another account's `off` for personalization reaches this key.
    pub personalize_ads_marked_off: bool,
    /// When sharing was last opened here after having been closed. What happened before is never shared.
    pub open_since: Option<UnixMillis>,
}

impl Standing {
    /// The standing of a key nobody ever said anything about.
    pub fn untouched(stamp: KeyStamp) -> Self {
        Self {
            stamp,
            sharing: None,
            personalize_ads: None,
            sharing_marked_off: false,
            personalize_ads_marked_off: false,
            open_since: None,
        }
    }

    /// Returns the explicit choice for a setting.
    pub fn choice(&self, setting: Setting) -> Option<Choice> {
        match setting {
            Setting::Sharing => self.sharing,
            Setting::PersonalizeAds => self.personalize_ads,
        }
    }

    /// Returns whether another account's `off` for the setting reaches this key.
    pub fn is_marked_off(&self, setting: Setting) -> bool {
        match setting {
            Setting::Sharing => self.sharing_marked_off,
            Setting::PersonalizeAds => self.personalize_ads_marked_off,
        }
    }
}

/// How far the view can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewState {
    /// A shard of the subject is not loaded, has a gap, or could not be verified.
    Incomplete,
    /// Everything committed up to `as_of` is applied; nothing may leave past `as_of + bound`.
    Complete {
        /// The boot-clock time up to which the view is proven fresh.
        as_of: BootMillis,
        /// `takes_effect_within`.
        bound: Duration,
    },
}

/// Everything the view knows about the subject of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectState {
    /// The account, where the request is tied to one.
    pub account: Option<Standing>,
    /// The device, where the request carries an advertising id.
    pub device: Option<Standing>,
    /// The browser, where the request carries our cookie.
    pub browser: Option<Standing>,
    /// The account's country.
    pub account_country: Option<Country>,
    /// The lowest age any source gives, in years.
    pub protection_age: Option<ForSecurity<u8>>,
    /// Demographics in use.
    pub demographics: Demographics,
    /// How far all of this can be trusted.
    pub view: ViewState,
}

impl SubjectState {
    /// A subject without any key.
    pub fn nobody(view: ViewState) -> Self {
        Self {
            account: None,
            device: None,
            browser: None,
            account_country: None,
            protection_age: None,
            demographics: Demographics::NONE,
            view,
        }
    }

    /// Iterates over the keys known for the request: account, device, browser.
    pub fn standings(&self) -> impl Iterator<Item = &Standing> {
        [&self.account, &self.device, &self.browser].into_iter().flatten()
    }
}
