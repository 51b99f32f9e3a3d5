//! `GET /assets/…`: the style sheet, the script and the icon, built in.

use super::{Pages, look::OwnFile};
use crate::problem::{Kind, Problem};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

pub(crate) const SHEET: &str = include_str!("../../assets/site.css");
const SCRIPT: &str = include_str!("../../assets/site.js");
const ICON: &str = include_str!("../../assets/icon.svg");
/// The query carries a hash of the content, so what is behind an address never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

static SHEET_ADDRESS: LazyLock<String> = LazyLock::new(|| address("/assets/site.css", SHEET));
static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| address("/assets/site.js", SCRIPT));
static ICON_ADDRESS: LazyLock<String> = LazyLock::new(|| address("/assets/icon.svg", ICON));

/// Returns the address of the style sheet.
pub(crate) fn stylesheet() -> &'static str {
    SHEET_ADDRESS.as_str()
}

/// Returns the address of the script.
pub(crate) fn script() -> &'static str {
    SCRIPT_ADDRESS.as_str()
}

/// Returns the address of the icon.
pub(crate) fn icon() -> &'static str {
    ICON_ADDRESS.as_str()
}

/// Serves the platform's own style sheet.
pub(crate) async fn theme(State(pages): State<Arc<Pages>>) -> Response {
    own(pages.parts.look.theme.as_ref())
}

/// Serves the platform's own logo.
pub(crate) async fn logo(State(pages): State<Arc<Pages>>) -> Response {
    own(pages.parts.look.logo.as_ref())
}

/// Serves the platform's own font.
pub(crate) async fn font(State(pages): State<Arc<Pages>>) -> Response {
    own(pages.parts.look.font.as_ref())
}

fn own(file: Option<&OwnFile>) -> Response {
    let Some(file) = file else { return not_set().into_response() };
    let headers = [(header::CONTENT_TYPE, file.kind), (header::CACHE_CONTROL, FOREVER)];
    (headers, file.content.clone()).into_response()
}

fn not_set() -> Problem {
    Problem::new(Kind::NotFound, "the platform has set none")
}

/// Serves the style sheet.
pub(crate) async fn sheet() -> Response {
    serve("text/css; charset=utf-8", SHEET)
}

/// Serves the script.
pub(crate) async fn script_file() -> Response {
    serve("text/javascript; charset=utf-8", SCRIPT)
}

/// Serves the icon.
pub(crate) async fn icon_file() -> Response {
    serve("image/svg+xml", ICON)
}

fn serve(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOREVER)], content).into_response()
}

fn address(path: &str, content: &str) -> String {
    let hash = hex::encode(Sha256::digest(content.as_bytes()));
    format!("{path}?v={}", hash.get(..16).unwrap_or(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_changes_with_the_content() {
        assert!(stylesheet().starts_with("/assets/site.css?v="));
        assert_ne!(address("/a", "one"), address("/a", "two"));
    }

    #[test]
    fn the_sheet_loads_nothing_and_knows_no_left_and_right() {
        for word in ["url(", "@import", "-left", "-right", "left:", "right:", "text-align: left"] {
            assert!(!SHEET.contains(word), "{word}");
        }
        assert!(SHEET.contains("prefers-color-scheme: dark"));
    }
}
