//! The pages: rendered here, without scripts, for the person they are about and for everyone.
//!
//! Every sentence stands in the catalogues of the languages (see `language`); the messages that several pages
//! share are named in `words`. Each template is filled from a typed context that pure functions build out of what the settings,
//! the ledger and the register say.

pub(crate) mod answer;
mod arrangements;
pub(crate) mod assets;
mod cards;
mod colours;
mod cookies;
mod data;
mod device;
mod elsewhere;
mod fields;
mod guard;
mod held;
mod history;
mod holder;
pub(crate) mod language;
pub(crate) mod layout;
mod look;
pub(crate) mod lost;
mod next;
mod notes;
mod oidc;
mod once;
mod outgoing;
mod partners;
mod recalled;
pub(crate) mod report;
mod settings;
mod shared;
mod sign_in;
mod sign_out;
mod signing_in;
mod span;
mod supply_chain;
mod switch;
#[cfg(test)]
mod tests;
mod token;
mod when;
mod words;

pub use colours::{Colour, ColourError, OwnColours, Scheme, TooClose};
pub use cookies::CookieRule;
pub use look::{Look, LookError, OWN_FILE_BYTES_MAX, OwnLook};
pub use next::{Next, NextMessage, NextMessages};
pub use oidc::{ClientError, ProviderRules};
pub use sign_in::SignIn;
pub use token::{TokenKey, TokenKeyError};

pub(crate) use assets::stylesheet;
pub(crate) use elsewhere::removal_words;
pub(crate) use settings::linked_now;

use crate::{
    csrf::Csrf,
    limits::{Act, Limits, Peer, Rates},
    session::Sessions,
};
use axum::{
    Router, middleware,
    routing::{get, post},
};
use guard::Asker;
use layout::{Layout, Place};
use partners::Archive;
use sluicegate_gate::{
    SubjectKey,
    time::{BootMillis, Clock, Dice},
};
use sluicegate_ledger::Ledger;
use sluicegate_recall::RecallStore;
use sluicegate_register::{Current, EditionStore, Feedback};
use sluicegate_settings::{Keyring, Settings};
use std::{sync::Arc, time::Duration};

/// What the pages need.
#[derive(Clone, Debug)]
pub struct PagesState {
    /// Choices, links and profiles.
    pub settings: Arc<Settings>,
    /// The edition in force.
    pub current: Arc<Current>,
    /// All editions.
    pub editions: Arc<dyn EditionStore>,
    /// What readers say of the page of partners.
    pub feedback: Arc<dyn Feedback>,
    /// What left and what was withheld.
    pub ledger: Arc<Ledger>,
    /// How far partners are with what they are told to forget or correct.
    pub recalls: Arc<dyn RecallStore>,
    /// Makes an account's key out of the id in a sign-in token.
    pub keyring: Arc<Keyring>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Chance, for sessions and the key of the forms.
    pub dice: Arc<dyn Dice>,
    /// The platform's name.
    pub platform: String,
    /// The platform's domain.
    pub domain: String,
    /// The origin under which browsers find the pages; without one, links in feeds are relative.
    pub public_url: Option<String>,
    /// How the pages fit into the platform.
    pub look: Arc<Look>,
    /// How often one client may ask.
    pub rates: Rates,
    /// The longest time a change may take to be in force at every sending point.
    pub takes_effect_within: Duration,
    /// For how many days what left, and what was held back, is kept at least.
    pub keep_days: u32,
    /// How people arrive.
    pub sign_in: SignIn,
    /// What the next message to each partner would say.
    pub next: Arc<dyn Next>,
}

/// The pages with what they keep: who is signed in, and which sign-in tokens were used.
#[derive(Debug)]
pub struct Pages {
    parts: PagesState,
    sessions: Sessions,
    csrf: Csrf,
    used: once::Once,
    /// Since when it is remembered what was used.
    began: BootMillis,
    limits: Limits,
    archive: Archive,
    provider: Option<oidc::Provider>,
    notes: notes::Notes,
}

/// Returns the routes of all pages, and what is answered where there is none. Sessions live as long as the pages.
pub fn router(pages: Arc<Pages>) -> Router {
    let visited = Router::new()
        .route("/", get(lost::front))
        .route("/settings", get(settings::show).post(settings::change))
        .route("/settings/data", get(data::show).post(data::correct))
        .route("/settings/data.json", get(data::json))
        .route("/settings/receipt.jsonld", get(data::receipt))
        .route("/settings/data/noted", post(data::edit))
        .route("/settings/data/removals", post(elsewhere::remove))
        .route("/settings/shared", get(shared::show))
        .route("/settings/shared.json", get(shared::json))
        .route("/settings/history", get(history::show))
        .route("/settings/shared.csv", get(shared::csv))
        .route("/device", get(device::show).post(device::change))
        .route("/device/signout", post(device::leave))
        .route("/device/shared", get(device::shared))
        .route("/device/shared.json", get(device::shared_json))
        .route("/device/shared.csv", get(device::shared_csv))
        .route("/device/history", get(device::history))
        .route("/signin", get(sign_in::sign_in).post(signing_in::confirm))
        .route("/signin/callback", get(oidc::callback))
        .route("/signedout", get(oidc::show_signed_out))
        .route("/signout", post(sign_out::sign_out))
        .merge(partners::visited())
        .method_not_allowed_fallback(lost::other_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&pages), answer::limit))
        .layer(middleware::from_fn_with_state(Arc::clone(&pages), answer::visit));
    let same_for_everyone = Router::new()
        .merge(partners::same_for_everyone())
        .route("/sellers.json", get(supply_chain::sellers))
        .route("/ads.txt", get(supply_chain::ads_txt))
        .route("/app-ads.txt", get(supply_chain::ads_txt))
        .layer(middleware::from_fn(held::spare))
        .layer(middleware::from_fn_with_state(Arc::clone(&pages), answer::limit));
    let files = Router::new()
        .route("/assets/site.css", get(assets::sheet))
        .route("/assets/theme.css", get(assets::theme))
        .route("/assets/site.js", get(assets::script_file))
        .route("/assets/icon.svg", get(assets::icon_file))
        .route("/assets/logo", get(assets::logo))
        .route("/assets/font.woff2", get(assets::font));
    // The identity provider calls for many people at once: it has a limit of its own.
    let provider = Router::new().route("/signin/backchannel-logout", post(oidc::end));
    let nowhere = Router::new()
        .fallback(lost::nothing_here)
        .layer(middleware::from_fn_with_state(Arc::clone(&pages), answer::visit));
    let path = pages.parts.look.path().to_owned();
    let routes = visited
        .merge(nowhere)
        .merge(provider)
        .merge(same_for_everyone)
        .merge(files)
        .method_not_allowed_fallback(lost::method_not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&pages), answer::harden))
        .with_state(pages);
    if path.is_empty() {
        return routes;
    }
    Router::new().nest(&path, routes).fallback(lost::no_such_address)
}

impl crate::api::Sessions for Pages {
    fn bearer(&self, token: &str) -> Option<SubjectKey> {
        let claims = sign_in::checked(self, token, &self.interface_audience()).ok()?;
        Some(self.parts.keyring.account(&claims.sub))
    }

    fn pass(&self, act: Act, account: SubjectKey) -> Result<(), Duration> {
        self.limits.pass_person(act, account)
    }

    fn pass_client(&self, act: Act, peer: Peer, headers: &http::HeaderMap) -> Result<(), Duration> {
        self.limits.pass(act, self.limits.client(peer, headers))
    }

    fn client(&self, peer: Peer, headers: &http::HeaderMap) -> std::net::IpAddr {
        Peer(self.limits.client(peer, headers)).network()
    }

    fn end_all(&self, key: SubjectKey) {
        self.sessions.close_all(key);
    }

    fn account(&self, headers: &http::HeaderMap) -> Option<SubjectKey> {
        // Why: only a page renews a cookie, because only a page sends the new one back; and an ad is no use of the
        // pages: it keeps nobody signed in.
        let cookie = cookies::read(headers, self.parts.sign_in.cookies.name())?;
        let account = self.sessions.peek(cookie).map(|session| session.account)?;
        (account.kind == sluicegate_gate::KeyKind::Account).then_some(account)
    }

    fn browser(&self, headers: &http::HeaderMap) -> Option<SubjectKey> {
        let number = self.parts.sign_in.cookies.read_browser(headers)?;
        Some(self.parts.keyring.browser(number))
    }
}

impl Pages {
    /// Takes the parts; nobody is signed in yet.
    pub fn new(state: PagesState) -> Arc<Self> {
        Arc::new(Self {
            limits: Limits::new(Arc::clone(&state.clock), state.dice.as_ref(), state.rates),
            archive: Archive::new(Arc::clone(&state.editions), Arc::clone(&state.current)),
            provider: state.sign_in.provider.clone().map(oidc::Provider::new),
            sessions: Sessions::new(Arc::clone(&state.clock), Arc::clone(&state.dice)),
            csrf: Csrf::new(state.dice.as_ref()),
            used: once::Once::default(),
            began: state.clock.boot(),
            notes: notes::Notes::default(),
            parts: state,
        })
    }

    fn layout(&self, place: Place, asker: Asker) -> Layout {
        let look = Arc::clone(&self.parts.look);
        Layout { platform: self.parts.platform.clone(), look, place, asker }
    }

    /// Returns what a token of a device must name as its audience.
    fn device_audience(&self) -> String {
        format!("{}/device", self.parts.sign_in.audience.trim_end_matches('/'))
    }

    /// Returns what a token for the settings interface must name as its audience.
    fn interface_audience(&self) -> String {
        format!("{}/v1/me", self.parts.sign_in.audience.trim_end_matches('/'))
    }

    /// Returns the address of one of our places as others must write it.
    fn absolute(&self, place: &str) -> String {
        let origin = self.parts.public_url.as_deref().unwrap_or_default();
        format!("{origin}{}", self.parts.look.at(place))
    }

    /// Returns the address of one of the interfaces' places, which are not where the pages are moved to. Where they are
    /// moved and no origin is known there is none to give.
    fn of_gateway(&self, place: &str) -> Option<String> {
        if self.parts.look.path().is_empty() {
            return Some(place.to_owned());
        }
        self.parts.public_url.as_ref().map(|origin| format!("{origin}{place}"))
    }

    /// Returns where people sign in: at the identity provider, else where the platform says.
    fn sign_in_url(&self) -> Option<String> {
        if self.provider.is_some() {
            return Some(String::from("/signin"));
        }
        self.parts.sign_in.url.as_ref().map(ToString::to_string)
    }

    fn opinion_token(&self, edition: u32) -> String {
        self.csrf.open_token(&format!("opinion {edition}"), self.parts.clock.now())
    }

    fn accepts_opinion(&self, edition: u32, token: &str) -> bool {
        self.csrf.accepts_open(&format!("opinion {edition}"), token, self.parts.clock.now())
    }
}
