//! The demo platform's own sign-in: a page with its people. A click signs a fresh token, as a real
//! platform's sign-in would, and sends the browser on to the gateway's pages.

#![expect(
    clippy::disallowed_types,
    reason = "it is the demo's platform, and no part of the gateway"
)]

use super::watch::{Guest, Watch};
use anyhow::Context;
use axum::{
    Router,
    extract::{Path, State},
    response::{Html, IntoResponse, Redirect},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    Signer, SigningKey,
    pkcs8::{EncodePublicKey, spki::der::pem::LineEnding},
};
use serde_json::json;
use std::{fmt::Write, net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;

/// How long a token holds, in seconds: the time of one click.
const TOKEN_HOLDS_S: i64 = 60;

/// Signs people in. `Debug` leaves the key out.
pub(super) struct Signer25519 {
    key: SigningKey,
    audience: String,
}

impl Signer25519 {
    /// Makes a key for one run of the demo.
    pub(super) fn new(seed: [u8; 32], audience: &str) -> Self {
        Self { key: SigningKey::from_bytes(&seed), audience: audience.to_owned() }
    }

    /// Returns the public key that the gateway checks tokens with.
    pub(super) fn public_key_pem(&self) -> anyhow::Result<String> {
        let key = self.key.verifying_key();
        key.to_public_key_pem(LineEnding::LF).context("a public key has a PEM form")
    }

    /// Says, signed, who the person is.
    fn token(&self, account: &str) -> anyhow::Result<String> {
        let now = jiff::Timestamp::now().as_second();
        let mut id = [0_u8; 16];
        getrandom::fill(&mut id).context("the operating system gives no randomness")?;
        let claims = json!({
            "sub": account,
            "aud": self.audience,
            "iat": now,
            "exp": now + TOKEN_HOLDS_S,
            "jti": hex::encode(id),
        });
        let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"EdDSA","typ":"JWT"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?));
        let signature = self.key.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

struct Platform {
    signer: Signer25519,
    gateway: SocketAddr,
    guests: Vec<Guest>,
}

impl Platform {
    fn guest(&self, account: &str) -> Option<&Guest> {
        self.guests.iter().find(|guest| guest.person.id == account)
    }
}

/// Takes an address for the page. Whoever asks there waits until it is served.
pub(super) async fn bind() -> anyhow::Result<TcpListener> {
    Ok(match TcpListener::bind(("127.0.0.1", 9100)).await {
        Ok(listener) => listener,
        Err(_taken) => TcpListener::bind(("127.0.0.1", 0)).await?,
    })
}

/// Serves the page until the program ends.
pub(super) fn serve(
    listener: TcpListener,
    signer: Signer25519,
    gateway: SocketAddr,
    guests: Vec<Guest>,
) {
    let platform = Arc::new(Platform { signer, gateway, guests });
    let router = Router::new()
        .route("/", get(page))
        .route("/sign-in/{account}", get(sign_in))
        .route("/watch/{account}/{partner}", get(watch))
        .with_state(platform);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::warn!("the demo platform's page ended: {error}");
        }
    });
}

async fn sign_in(
    State(platform): State<Arc<Platform>>,
    Path(account): Path<String>,
) -> impl IntoResponse {
    match platform.guest(&account).and_then(|guest| platform.signer.token(&guest.person.id).ok()) {
        Some(token) => Redirect::to(&format!("http://{}/signin?token={token}", platform.gateway))
            .into_response(),
        None => http::StatusCode::NOT_FOUND.into_response(),
    }
}

/// Sends the browser on to the partner's own page, which knows the device by the partner's id of it.
async fn watch(
    State(platform): State<Arc<Platform>>,
    Path((account, partner)): Path<(String, String)>,
) -> impl IntoResponse {
    let watches = platform.guest(&account).map_or(&[][..], |guest| &guest.watches);
    match watches.iter().find(|watch| watch.slug == partner) {
        Some(watch) => Redirect::to(&watch.url).into_response(),
        None => http::StatusCode::NOT_FOUND.into_response(),
    }
}

async fn page(State(platform): State<Arc<Platform>>) -> Html<String> {
    let featured = platform.guests.iter().filter(|guest| !guest.person.about.is_empty());
    let rows: String = featured.map(row).collect();
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Demo Platform: sign in</title><style>{STYLE}</style>\
         <main><h1>Demo Platform</h1><p>These are the demo's people. Sign in as one of them to see and \
         change what leaves about them. Beside that, watch one of their devices at a partner.</p><ul>{rows}</ul></main></html>"
    ))
}

/// Returns the person's entry. Ids, descriptions and names are the demo's own.
fn row(guest: &Guest) -> String {
    let (id, about) = (&guest.person.id, guest.person.about);
    let mut row = format!("<li><a href=\"/sign-in/{id}\">Sign in as {id}</a> <span>{about}</span>");
    for Watch { slug, partner, .. } in &guest.watches {
        // Writing to a string cannot fail.
        let _written = write!(
            row,
            "<a class=\"watch\" href=\"/watch/{id}/{slug}\" target=\"_blank\">\
             Watch {id}'s device at {partner}</a>",
        );
    }
    row.push_str("</li>");
    row
}

const STYLE: &str = ":root{color-scheme:light dark;font:1.05rem/1.5 system-ui,sans-serif}\
body{margin:0}main{max-width:40rem;margin:0 auto;padding:2rem 1.25rem}\
ul{list-style:none;padding:0}li{padding:.9rem 0;border-top:1px solid #8886}\
a{font-weight:600}span{display:block;opacity:.8}.watch{display:block;font-weight:400;padding-top:.35rem}";
