//! The site, app or screen around the ad, by its registered names only.

use crate::written::Written;
use serde::Serialize;

/// Registered inventory as it stands in every request for it: written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenContext(pub(super) Written);

impl From<&Context> for WrittenContext {
    fn from(context: &Context) -> Self {
        Self(Written::of_object(context))
    }
}

/// Registered inventory. The caller fills it from the register and never from a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// A site.
    Site(SiteContext),
    /// An app.
    App(AppContext),
    /// A public screen.
    Dooh(DoohContext),
}

/// A registered site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SiteContext {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// The route template of the page, without query or handle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Its content categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cat: Vec<String>,
    /// The taxonomy of the categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cattax: Option<u16>,
    /// 1 if the site has a privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacypolicy: Option<u8>,
    /// Who publishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Publisher>,
}

/// A registered app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AppContext {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its bundle.
    pub bundle: String,
    /// Its domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Where it is in a store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storeurl: Option<String>,
    /// Its content categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cat: Vec<String>,
    /// The taxonomy of the categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cattax: Option<u16>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ver: Option<String>,
    /// 1 if people pay for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid: Option<u8>,
    /// 1 if the app has a privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacypolicy: Option<u8>,
    /// Who publishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Publisher>,
}

/// A registered public screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DoohContext {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The kinds of its venue.
    pub venuetype: Vec<String>,
    /// The taxonomy of these kinds.
    pub venuetypetax: u16,
    /// Who publishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Publisher>,
    /// The domain of who runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

/// The registered publisher.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Publisher {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
}
