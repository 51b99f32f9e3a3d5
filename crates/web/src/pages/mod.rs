//! The pages: rendered here, without scripts, for the person they are about and for everyone.
//!
//! Every sentence stands in the catalogues of the languages (see `language`); the messages that several pages
//! share are named in `words`. Each template is filled from a typed context that pure functions build out of what the settings,
//! the ledger and the register say.

mod answer;
mod arrangements;
mod assets;
mod cards;
mod cookies;
mod data;
mod device;
mod elsewhere;
mod fields;
mod guard;
mod history;
mod holder;
mod language;
mod layout;
mod next;
mod notes;
mod outgoing;
mod partners;
mod recalled;
mod settings;
mod shared;
mod sign_in;
mod sign_out;
mod span;
mod supply_chain;
mod switch;
#[cfg(test)]
mod tests;
mod token;
mod when;
mod words;

pub use cookies::CookieRule;
pub use next::{Next, NextMessage, NextMessages};
pub use sign_in::SignIn;
pub use token::{TokenKey, TokenKeyError};

pub(crate) use answer::{page as answer_page, protected};
pub(crate) use assets::stylesheet;

use crate::{csrf::Csrf, session::Sessions};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use guard::Asker;
use layout::{Layout, Place};
use sluicegate_gate::time::{Clock, Dice};
use sluicegate_ledger::Ledger;
use sluicegate_recall::RecallStore;
use sluicegate_register::Current;
use sluicegate_settings::{Keyring, Settings};
use std::{sync::Arc, time::Duration};

/// How long the body of a form may be, in bytes.
const FORM_BYTES_MAX: usize = 8 * 1024;

/// What the pages need.
#[derive(Clone, Debug)]
pub struct PagesState {
    /// Choices, links and profiles.
    pub settings: Arc<Settings>,
    /// The edition in force.
    pub current: Arc<Current>,
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
    /// The longest time a change may take to be in force at every sending point.
    pub takes_effect_within: Duration,
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
    used: sign_in::Used,
    notes: notes::Notes,
}

/// Returns the routes of all pages. Sessions live as long as the pages.
pub fn router(pages: Arc<Pages>) -> Router {
    let visited = Router::new()
        .route("/settings", get(settings::show).post(settings::change))
        .route("/settings/data", get(data::show).post(data::correct))
        .route("/settings/data.json", get(data::json))
        .route("/settings/data/noted", post(data::edit))
        .route("/settings/data/removals", post(elsewhere::remove))
        .route("/settings/shared", get(shared::show))
        .route("/settings/shared.json", get(shared::json))
        .route("/settings/history", get(history::show))
        .route("/settings/shared.csv", get(shared::csv))
        .route("/device", get(device::show).post(device::change))
        .route("/device/shared", get(device::shared))
        .route("/device/shared.json", get(device::shared_json))
        .route("/device/shared.csv", get(device::shared_csv))
        .route("/device/history", get(device::history))
        .route("/partners", get(partners::show))
        .route("/signin", get(sign_in::sign_in))
        .route("/signout", post(sign_out::sign_out))
        .layer(middleware::from_fn_with_state(Arc::clone(&pages), answer::visit));
    let same_for_everyone = Router::new()
        .route("/partners.json", get(partners::json))
        .route("/sellers.json", get(supply_chain::sellers))
        .route("/ads.txt", get(supply_chain::ads_txt))
        .route("/app-ads.txt", get(supply_chain::ads_txt))
        .route("/assets/site.css", get(assets::sheet))
        .route("/assets/site.js", get(assets::script_file))
        .route("/assets/icon.svg", get(assets::icon_file));
    visited
        .merge(same_for_everyone)
        .layer(middleware::from_fn(answer::harden))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(pages)
}

impl crate::api::Sessions for Pages {
    fn account(&self, headers: &http::HeaderMap) -> Option<sluicegate_gate::SubjectKey> {
        // Why: only a page renews a cookie, because only a page sends the new one back.
        let cookie = cookies::read(headers, self.parts.sign_in.cookies.name())?;
        let account = self.sessions.peek(cookie).map(|session| session.account)?;
        (account.kind == sluicegate_gate::KeyKind::Account).then_some(account)
    }

    fn browser(&self, headers: &http::HeaderMap) -> Option<sluicegate_gate::SubjectKey> {
        let number = self.parts.sign_in.cookies.read_browser(headers)?;
        Some(self.parts.keyring.browser(number))
    }
}

impl Pages {
    /// Takes the parts; nobody is signed in yet.
    pub fn new(state: PagesState) -> Arc<Self> {
        Arc::new(Self {
            sessions: Sessions::new(Arc::clone(&state.clock), Arc::clone(&state.dice)),
            csrf: Csrf::new(state.dice.as_ref()),
            used: sign_in::Used::default(),
            notes: notes::Notes::default(),
            parts: state,
        })
    }

    /// Returns what a token of a device must name as its audience.
    fn device_audience(&self) -> String {
        format!("{}/device", self.parts.sign_in.audience.trim_end_matches('/'))
    }

    fn layout(&self, place: Place, asker: Asker) -> Layout {
        Layout { platform: self.parts.platform.clone(), place, asker }
    }
}
