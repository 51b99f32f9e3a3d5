//! The platform's own sites, apps and placements, with the names that may be told to partners.

use serde::{Deserialize, Serialize};

/// Everything on which the platform shows ads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// Who publishes it.
    pub publisher: Publisher,
    /// The web sites.
    pub sites: Vec<Site>,
    /// The apps.
    pub apps: Vec<App>,
    /// The public screens.
    pub screens: Vec<Screen>,
    /// The places for ads.
    pub placements: Vec<Placement>,
}

impl Inventory {
    /// Returns the site of that id or domain.
    pub fn site(&self, id_or_domain: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.id == id_or_domain || site.domain == id_or_domain)
    }

    /// Returns the app of that id or bundle.
    pub fn app(&self, id_or_bundle: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id_or_bundle || app.bundle == id_or_bundle)
    }

    /// Returns the placement of that id.
    pub fn placement(&self, id: &str) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.id == id)
    }
}

/// Who publishes the sites and apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its domain, lower case.
    pub domain: String,
}

/// A web site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its domain, lower case; no two sites have the same.
    pub domain: String,
    /// What it is about: ids of the IAB Content Taxonomy 1.0 (`cattax` 1), for example `IAB12-2`.
    pub categories: Vec<String>,
    /// Whether it has a privacy policy.
    pub privacy_policy: bool,
    /// Its pages as route templates, for example `/article/{id}`: the only part of an address that is
    /// told.
    pub pages: Vec<String>,
}

/// An app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its bundle or store id; no two apps have the same.
    pub bundle: String,
    /// Its domain, lower case.
    pub domain: String,
    /// Its page in the store.
    pub store_url: String,
    /// What it is about: ids of the IAB Content Taxonomy 1.0 (`cattax` 1).
    pub categories: Vec<String>,
    /// Whether it has a privacy policy.
    pub privacy_policy: bool,
    /// Whether people pay for it.
    pub paid: bool,
}

/// A public screen, or several that are sold as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// Its identifier: the `dooh.id` of a request.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The kinds of its venue, in the taxonomy below.
    pub venue_types: Vec<String>,
    /// The taxonomy of the venue's kinds: 1 is `OpenOOH` 1.0.
    pub venue_taxonomy: u16,
    /// The domain of who runs it, lower case.
    pub domain: Option<String>,
}

/// A place for ads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// Its identifier: the `tagid` of a request.
    pub id: String,
    /// Its name.
    pub name: String,
}
