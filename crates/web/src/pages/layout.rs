//! What every page has around it: the name, the way to the other pages, the way out, the languages.

use super::{
    answer::spoken,
    guard::Asker,
    language::{Language, Message, Time},
    look::Look,
    partners::feed_address,
    when::Written,
};
use axum::extract::Request;
use std::{borrow::Cow, sync::Arc};

/// A page that the navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `/settings`
    Settings,
    /// `/settings/data`
    Data,
    /// `/settings/shared`
    Shared,
    /// `/settings/history`
    History,
    /// `/device`
    Device,
    /// `/partners`
    Partners,
    /// None of them.
    Elsewhere,
}

impl Place {
    /// In the order of the navigation.
    const ALL: [Self; 6] =
        [Self::Settings, Self::Data, Self::Shared, Self::History, Self::Device, Self::Partners];

    fn href(self) -> &'static str {
        match self {
            Self::Settings | Self::Elsewhere => "/settings",
            Self::Data => "/settings/data",
            Self::Shared => "/settings/shared",
            Self::History => "/settings/history",
            Self::Device => "/device",
            Self::Partners => "/partners",
        }
    }

    /// Whether the navigation leads here.
    fn is_offered(self, is_signed_in: bool) -> bool {
        match self {
            Self::Settings | Self::Device | Self::Partners => true,
            Self::Data | Self::Shared | Self::History => is_signed_in,
            Self::Elsewhere => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Settings | Self::Elsewhere => "place-settings",
            Self::Data => "place-data",
            Self::Shared => "place-shared",
            Self::History => "place-history",
            Self::Device => "place-device",
            Self::Partners => "place-partners",
        }
    }
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// How the pages fit into the platform.
    pub(crate) look: Arc<Look>,
    /// The platform's name.
    pub(crate) platform: String,
    /// Where this page is.
    pub(crate) place: Place,
    /// For whom it is made.
    pub(crate) asker: Asker,
}

/// A link of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Where it leads.
    pub(crate) href: &'static str,
    /// What it says.
    pub(crate) name: Message,
    /// Whether it is this page.
    pub(crate) is_here: bool,
}

impl Layout {
    /// The frame of a page of the interfaces, which know nobody: the same for everyone but for its language. Such a page
    /// stays where it is when the pages are moved, and its links to other languages are relative.
    pub(crate) fn for_everyone(platform: &str, look: Arc<Look>, request: &Request) -> Self {
        let (language, _, here) = spoken(request);
        let here = here.rsplit('/').next().unwrap_or_default().to_owned();
        let asker = Asker { language, here, ..Asker::default() };
        Self { platform: platform.to_owned(), look, place: Place::Elsewhere, asker }
    }

    /// Begins a message in the page's language.
    pub(crate) fn say(&self, id: impl Into<Cow<'static, str>>) -> Message {
        self.asker.language.say(id)
    }

    /// Begins a message that names the platform.
    pub(crate) fn of_platform(&self, id: impl Into<Cow<'static, str>>) -> Message {
        self.say(id).with("platform", &self.platform)
    }

    /// Returns a time as an element that machines can read too.
    pub(crate) fn time(&self, written: Written) -> Time {
        self.asker.language.time(written)
    }

    /// Returns the page's language.
    pub(crate) fn language(&self) -> Language {
        self.asker.language
    }

    /// Returns the address of this page in another language.
    pub(crate) fn in_language(&self, language: Language) -> String {
        let here = &self.asker.here;
        let more = if here.contains('?') { '&' } else { '?' };
        format!("{here}{more}lang={}", language.tag())
    }

    /// Returns where the feed of the editions is in the page's language.
    pub(crate) fn feed(&self) -> String {
        feed_address(self.language())
    }

    /// Returns whether somebody is signed in.
    pub(crate) fn is_signed_in(&self) -> bool {
        self.asker.csrf.is_some()
    }

    /// Returns the links of the navigation: signed out, only to what everyone may use.
    pub(crate) fn links(&self) -> Vec<Link> {
        let is_signed_in = self.is_signed_in();
        Place::ALL
            .into_iter()
            .filter(|place| place.is_offered(is_signed_in))
            .map(|place| Link {
                href: place.href(),
                name: self.say(place.name()),
                is_here: place == self.place,
            })
            .collect()
    }

    /// Returns the token for the forms of what the page is about: a browser or a device, or else the account.
    pub(crate) fn form_token(&self) -> &str {
        self.asker.held.as_deref().unwrap_or(self.token())
    }

    /// Returns the token, or nothing when nobody is signed in.
    pub(crate) fn token(&self) -> &str {
        self.asker.csrf.as_deref().unwrap_or_default()
    }
}
