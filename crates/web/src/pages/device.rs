//! `GET /device` and `POST /device`, with `/device/shared`, `/device/history` and `/device/signout`: the same switches
//! without an account, for a browser or a device.
//!
//! A browser has no number before somebody chooses something in it: only then it gets a cookie, and only the
//! choice hangs on that. A device is shown where its app opens `/device?token=…` with a token of the platform
//! whose audience ends in `/device` and whose `sub` is the advertising id.

use super::{
    Pages,
    answer::{Refusal, page, refuse, see_other, set_cookie},
    guard::Asked,
    history,
    holder::{Holder, HolderForm},
    language::{Language, Message},
    layout::{Layout, Place},
    settings::{Effect, Saved, asks_not_to_share, saved_at, seconds, turned},
    shared,
    sign_in::{self, SignInFault},
    switch::{self, Switch, Turn},
    token::TokenFault,
};
use crate::{
    limits::Act,
    session::{Arrival, Note},
};
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use sluicegate_gate::{Choice, Identifier, KeyKind, Setting, Standing, SubjectKey};
use sluicegate_settings::ReadHistory;
use std::sync::Arc;

#[derive(Debug, Template)]
#[template(path = "device.html")]
pub(super) struct DevicePage {
    pub(super) layout: Layout,
    pub(super) kind: KeyKind,
    /// Whether anything is kept under a key of its own.
    pub(super) is_known: bool,
    pub(super) saved: Option<Saved>,
    pub(super) gpc: bool,
    pub(super) is_fresh: bool,
    pub(super) closed: Vec<&'static str>,
    pub(super) switches: Vec<Switch>,
    pub(super) within_s: u64,
    pub(super) sign_in_url: Option<String>,
    /// What does not read, and so is not on the page. What the switches say stands elsewhere.
    pub(super) missing: Vec<&'static str>,
}

/// Shows the switches, or takes the token of a device.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    holder: Holder,
    asked: Asked,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if let Some(token) = query.as_deref().and_then(token) {
        return match asked.pass(&pages, Act::SignIn) {
            Ok(()) => arrived(&pages, holder, &headers, &token),
            Err(wait) => refuse(&pages, holder.asker, Refusal::too_many(wait)),
        };
    }
    let mut response = page(&made(&pages, &holder, &headers).await);
    if let Some(cookie) = &holder.fresh_form {
        set_cookie(response.headers_mut(), &pages.parts.sign_in.cookies.form(cookie));
    }
    if let Some(browser) = &holder.browser {
        set_cookie(response.headers_mut(), &pages.parts.sign_in.cookies.browser(browser));
    }
    response
}

async fn made(pages: &Pages, holder: &Holder, headers: &HeaderMap) -> DevicePage {
    let parts = &pages.parts;
    let language = holder.asker.language;
    let standing = holder.key.map(|key| parts.settings.standing(key));
    let (history, damage) = match holder.key {
        Some(key) => history::read(pages, key).await,
        None => (ReadHistory::default(), None),
    };
    let closed = Setting::ALL.into_iter().filter(|setting| is_closed(standing, *setting));
    let closed = closed.map(|setting| match setting {
        Setting::Sharing => "device-closed-sharing",
        Setting::PersonalizeAds => "device-closed-personalize-ads",
    });
    DevicePage {
        missing: damage.into_iter().collect(),
        kind: holder.kind(),
        is_known: holder.key.is_some(),
        saved: holder.take_note(pages).and_then(|(key, note)| {
            let (saved, next) = saved_at(pages, key, language, note)?;
            if let Some(next) = next {
                pages.notes.leave(key, next);
            }
            Some(in_words_that_hold(language, standing, note, saved))
        }),
        gpc: asks_not_to_share(headers),
        is_fresh: parts.settings.is_fresh(),
        closed: closed.collect(),
        switches: Setting::ALL
            .map(|setting| of_key(language, setting, standing, &history, &parts.platform))
            .into(),
        within_s: seconds(parts.takes_effect_within),
        sign_in_url: pages.sign_in_url(),
        layout: pages.layout(Place::Device, holder.asker.clone()),
    }
}

/// Changes a switch, and leads back to the page. A browser that has no number gets one here.
pub(crate) async fn change(
    State(pages): State<Arc<Pages>>,
    HolderForm { holder, content: turn }: HolderForm<Turn>,
) -> Response {
    let (key, fresh) = holder.key_to_choose(&pages);
    match turned(&pages, key, holder.asker.language, turn).await {
        Some(note) => {
            pages.notes.leave(key, note);
            let mut response = see_other("/device");
            if let Some(browser) = fresh {
                set_cookie(response.headers_mut(), &pages.parts.sign_in.cookies.browser(&browser));
            }
            response
        }
        None => refuse(&pages, holder.asker, Refusal::Failed),
    }
}

/// Shows what left without an account.
pub(crate) async fn shared(
    State(pages): State<Arc<Pages>>,
    holder: Holder,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(key) = holder.key else { return see_other("/device") };
    let layout = pages.layout(Place::Device, holder.asker.clone());
    match shared::made(&pages, layout, key, &headers, query.as_deref()).await {
        Ok(shared) => page(&shared),
        Err(refusal) => refuse(&pages, holder.asker, refusal),
    }
}

/// Gives the same as JSON.
pub(crate) async fn shared_json(
    State(pages): State<Arc<Pages>>,
    holder: Holder,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(key) = holder.key else { return see_other("/device") };
    let made = shared::as_json(&pages, key, query.as_deref()).await;
    made.unwrap_or_else(|refusal| refuse(&pages, holder.asker, refusal))
}

/// Gives the same as CSV.
pub(crate) async fn shared_csv(
    State(pages): State<Arc<Pages>>,
    holder: Holder,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(key) = holder.key else { return see_other("/device") };
    let made = shared::as_csv(&pages, key, query.as_deref()).await;
    made.unwrap_or_else(|refusal| refuse(&pages, holder.asker, refusal))
}

/// Shows every change of the switches here.
pub(crate) async fn history(
    State(pages): State<Arc<Pages>>,
    holder: Holder,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(key) = holder.key else { return see_other("/device") };
    let layout = pages.layout(Place::Device, holder.asker.clone());
    match history::made(&pages, layout, key, query.as_deref()).await {
        Some(history) => page(&history),
        None => refuse(&pages, holder.asker, Refusal::Failed),
    }
}

fn token(query: &str) -> Option<String> {
    let mut fields = url::form_urlencoded::parse(query.as_bytes());
    fields.find_map(|(name, value)| (name == "token").then(|| value.into_owned()))
}

/// Opens a session for the device that a token names.
fn arrived(pages: &Pages, holder: Holder, headers: &HeaderMap, token: &str) -> Response {
    match named(pages, token) {
        Ok(device) => sign_in::opened(pages, headers, device, Arrival::Token),
        // Why: as where an account signs in, coming twice by one's own link is no reason for an error page.
        Err((Some(device), SignInFault::Used)) if holder.key == Some(device) => {
            see_other("/device")
        }
        Err((_, fault)) => {
            tracing::info!(sign_in.fault = %fault, "a device's token was refused");
            refuse(pages, holder.asker, Refusal::SignInLink)
        }
    }
}

/// Reads a device's token and uses it up; a fault comes with the device, where the token names one.
fn named(pages: &Pages, token: &str) -> Result<SubjectKey, (Option<SubjectKey>, SignInFault)> {
    let audience = pages.device_audience();
    let claims = sign_in::checked(pages, token, &audience).map_err(|fault| (None, fault))?;
    if Identifier::of_advertising_id(Some(&claims.sub)) != Identifier::Present {
        return Err((None, TokenFault::Name.into()));
    }
    let device = pages.parts.keyring.device(&claims.sub);
    sign_in::used_up(pages, &claims).map_err(|fault| (Some(device), fault))?;
    Ok(device)
}

/// Handles `POST /device/signout`: ends the session of a device.
pub(crate) async fn leave(
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    _form: HolderForm<()>,
) -> Response {
    let rule = pages.parts.sign_in.cookies;
    if let Some(cookie) = rule.read_device(&headers) {
        pages.sessions.close(cookie);
    }
    let mut response = see_other("/device");
    set_cookie(response.headers_mut(), &rule.remove_device());
    response
}

/// Returns whether an account that is used here keeps a setting off.
fn is_closed(standing: Option<Standing>, setting: Setting) -> bool {
    standing.is_some_and(|standing| standing.is_marked_off(setting))
}

/// Of an `on` that opens nothing the page says what was chosen, and not that it holds.
fn in_words_that_hold(
    language: Language,
    standing: Option<Standing>,
    note: Note,
    saved: Saved,
) -> Saved {
    let Note::Setting { setting, choice: Choice::On, .. } = note else { return saved };
    if !is_closed(standing, setting) {
        return saved;
    }
    Saved { state: language.say("device-closed-chosen"), ..saved }
}

fn of_key(
    language: Language,
    setting: Setting,
    standing: Option<Standing>,
    history: &ReadHistory,
    platform: &str,
) -> Switch {
    let choice: Option<Choice> = standing.and_then(|standing| standing.choice(setting));
    let chosen = || switch::chosen(language, setting, history, platform);
    if !is_closed(standing, setting) {
        let default = || vec![language.say("device-default").with("platform", platform)];
        let basis = choice.map_or_else(default, |_choice| chosen());
        return Switch::new(language, setting, choice, basis, platform);
    }
    let basis = match choice {
        Some(Choice::Off) => chosen(),
        Some(Choice::On) => [vec![language.say("device-closed-own")], chosen()].concat(),
        None => vec![language.say("device-closed-unchosen")],
    };
    Switch::new(language, setting, choice, basis, platform).closed()
}

impl DevicePage {
    fn heading(&self) -> Message {
        self.layout.say(match self.kind {
            KeyKind::Device => "device-title-device",
            KeyKind::Account | KeyKind::Browser => "device-title-browser",
        })
    }

    fn lead(&self) -> Message {
        self.layout.say(match self.kind {
            KeyKind::Device => "device-lead-device",
            KeyKind::Account | KeyKind::Browser => "device-lead-browser",
        })
    }

    fn is_browser(&self) -> bool {
        self.kind == KeyKind::Browser
    }

    fn saved_words(&self, saved: &Saved) -> Message {
        self.layout.say("saved-state").with("state", &saved.state).with("saved", saved.at.clock())
    }
}
