//! Which settings an account's `off` closes at a key that is linked to it.

use sluicegate_gate::{Choice, Setting};

/// The marks of one account at one linked key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// The account has "Share your data" off.
    pub sharing: bool,
    /// The account has "Personalize ads" off.
    pub personalize_ads: bool,
}

impl Marked {
    /// Returns what an account with these explicit choices marks.
    pub fn by(sharing: Option<Choice>, personalize_ads: Option<Choice>) -> Self {
        Self {
            sharing: sharing == Some(Choice::Off),
            personalize_ads: personalize_ads == Some(Choice::Off),
        }
    }

    /// Returns whether the setting is marked.
    pub fn has(self, setting: Setting) -> bool {
        match setting {
            Setting::Sharing => self.sharing,
            Setting::PersonalizeAds => self.personalize_ads,
        }
    }

    /// Returns these marks after the account chose `value` for a setting.
    #[must_use]
    pub fn after(self, setting: Setting, value: Choice) -> Self {
        let marked = value == Choice::Off;
        match setting {
            Setting::Sharing => Self { sharing: marked, ..self },
            Setting::PersonalizeAds => Self { personalize_ads: marked, ..self },
        }
    }

    /// Iterates over the settings that are marked.
    pub fn settings(self) -> impl Iterator<Item = Setting> {
        Setting::ALL.into_iter().filter(move |setting| self.has(*setting))
    }
}
