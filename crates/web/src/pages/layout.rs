//! What every page has around it: the name, the way to the other pages, the way out.

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
    /// `/partners`
    Partners,
    /// None of them.
    Elsewhere,
}

impl Place {
    /// In the order of the navigation.
    const ALL: [Self; 5] =
        [Self::Settings, Self::Data, Self::Shared, Self::History, Self::Partners];

    fn href(self) -> &'static str {
        match self {
            Self::Settings | Self::Elsewhere => "/settings",
            Self::Data => "/settings/data",
            Self::Shared => "/settings/shared",
            Self::History => "/settings/history",
            Self::Partners => "/partners",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Settings | Self::Elsewhere => "Settings",
            Self::Data => "Your data",
            Self::Shared => "What was shared",
            Self::History => "History",
            Self::Partners => "Partners",
        }
    }
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The platform's name.
    pub(crate) platform: String,
    /// Where this page is.
    pub(crate) place: Place,
    /// The token that this page's forms carry; `None` when nobody is signed in.
    pub(crate) csrf: Option<String>,
}

/// A link of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Where it leads.
    pub(crate) href: &'static str,
    /// What it says.
    pub(crate) name: &'static str,
    /// Whether it is this page.
    pub(crate) is_here: bool,
}

impl Layout {
    /// Returns the links of the navigation: signed out, only to what everyone may read.
    pub(crate) fn links(&self) -> Vec<Link> {
        let signed_in = self.csrf.is_some();
        Place::ALL
            .into_iter()
            .filter(|place| signed_in || matches!(place, Place::Settings | Place::Partners))
            .map(|place| Link {
                href: place.href(),
                name: place.name(),
                is_here: place == self.place,
            })
            .collect()
    }

    /// Returns the token, or nothing when nobody is signed in.
    pub(crate) fn token(&self) -> &str {
        self.csrf.as_deref().unwrap_or_default()
    }
}
