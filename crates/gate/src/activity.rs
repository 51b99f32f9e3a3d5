//! What people do off the platform, as far as advertisers' tags may say it.

use serde::{Deserialize, Serialize};

/// What a person did with an advertiser. The list is closed: there is no room for a page, a product, a
/// price or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Visited the site.
    Visit,
    /// Looked at something that is sold there.
    ViewProduct,
    /// Put something into the cart.
    AddToCart,
    /// Signed up.
    SignUp,
    /// Bought something.
    Purchase,
    /// Opened the app.
    OpenApp,
}

impl Activity {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::Visit,
        Self::ViewProduct,
        Self::AddToCart,
        Self::SignUp,
        Self::Purchase,
        Self::OpenApp,
    ];

    /// Returns the name on every wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::ViewProduct => "view_product",
            Self::AddToCart => "add_to_cart",
            Self::SignUp => "sign_up",
            Self::Purchase => "purchase",
            Self::OpenApp => "open_app",
        }
    }
}
