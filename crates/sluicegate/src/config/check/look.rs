//! How the pages fit into the platform: colours that can be read, files that are what they should be.

use super::Faults;
use crate::config::Config;
use sluicegate_web::pages::{
    Colour, Look, LookError, OWN_FILE_BYTES_MAX, OwnColours, OwnLook, TooClose,
};
use std::io::Read;

/// Reads and checks the look. What is wrong is named by its key, all at once.
pub(super) fn check(file: &Config, problems: &mut Faults) -> Option<Look> {
    let pages = &file.pages;
    let mut colour = |key: &str, text: &str| -> Option<Colour> {
        let read = (!text.is_empty()).then(|| text.parse::<Colour>())?;
        read.map_err(|error| problems.add(format!("pages.{key}"), error.to_string())).ok()
    };
    let light = OwnColours {
        accent: colour("accent", &pages.accent),
        ink: colour("ink", &pages.ink),
        paper: colour("paper", &pages.paper),
        card: colour("card", &pages.card),
    };
    let dark = OwnColours {
        accent: colour("accent_dark", &pages.accent_dark),
        ink: colour("ink_dark", &pages.ink_dark),
        paper: colour("paper_dark", &pages.paper_dark),
        card: colour("card_dark", &pages.card_dark),
    };
    let mut read = |key: &str, path: &str| {
        (!path.is_empty()).then(|| own_file(path)).and_then(|read| {
            read.map_err(|error| problems.add(format!("pages.{key}"), error.to_string())).ok()
        })
    };
    let logo = read("logo_file", &pages.logo_file);
    let font = read("font_file", &pages.font_file);
    let own = OwnLook { path: String::new(), frame_ancestors: Vec::new(), light, dark, logo, font };
    let path = OwnLook { path: pages.path.clone(), ..OwnLook::default() };
    let frames = OwnLook { frame_ancestors: pages.frame_ancestors.clone(), ..OwnLook::default() };
    // Why: each by itself first, so that one mistake does not hide another.
    for alone in [path, frames, own.clone()] {
        if let Err(error) = Look::new(alone) {
            problems.add(key_of(&error), error.to_string());
        }
    }
    let whole =
        OwnLook { path: pages.path.clone(), frame_ancestors: pages.frame_ancestors.clone(), ..own };
    Look::new(whole).ok()
}

fn key_of(error: &LookError) -> &'static str {
    match error {
        LookError::Path | LookError::Taken(_) => "pages.path",
        LookError::Ancestor(_) => "pages.frame_ancestors",
        LookError::Contrast(pairs) => pairs.first().map_or("pages", key_of_pair),
        LookError::Logo => "pages.logo_file",
        LookError::Font => "pages.font_file",
    }
}

fn key_of_pair(pair: &TooClose) -> &'static str {
    use sluicegate_web::pages::Scheme::{Dark, Light};
    match (pair.scheme, pair.front.starts_with("accent")) {
        (Light, true) => "pages.accent",
        (Light, false) => "pages.ink",
        (Dark, true) => "pages.accent_dark",
        (Dark, false) => "pages.ink_dark",
    }
}

/// Reads a file, and no more of it than may be served.
fn own_file(path: &str) -> std::io::Result<bytes::Bytes> {
    let limit = u64::try_from(OWN_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    Ok(content.into())
}

#[cfg(test)]
mod tests {
    use crate::config::{Checked, Config};

    fn refused(text: &str) -> String {
        let file = Config::parse(text, std::iter::empty()).unwrap();
        Checked::try_from(file).map_or_else(|problems| problems.to_string(), |_| String::new())
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_refused_with_its_contrast() {
        let said = refused("[pages]\naccent = \"#8fd3ff\"\nink_dark = \"#333333\"\n");
        assert!(said.contains("`pages.accent`: in light, `accent` on `paper`"), "{said}");
        assert!(said.contains("where WCAG 2.2 AA needs 4.50"), "{said}");
        assert!(said.contains("in dark, `ink` on"), "{said}");
        assert_eq!(refused("[pages]\naccent = \"#7a1f5c\"\naccent_dark = \"#f0b4da\"\n"), "");
    }

    #[test]
    fn pages_live_nowhere_among_the_interfaces() {
        for path in ["/metrics", "/healthz", "/effectiveness", "/v1/privacy", "/settings"] {
            let said = refused(&format!("[pages]\npath = \"{path}\"\n"));
            assert!(said.contains("`pages.path`: the gateway itself has "), "{path}: {said}");
        }
        for path in ["/privacy", "/settings/privacy"] {
            assert_eq!(refused(&format!("[pages]\npath = \"{path}\"\n")), "");
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_something_else_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let page = dir.path().join("page.html");
        std::fs::write(&page, "<html>").unwrap();
        let missing = dir.path().join("missing.woff2");
        let said = refused(&format!("[pages]\nlogo_file = {page:?}\nfont_file = {missing:?}\n"));
        assert!(said.contains("`pages.logo_file`: neither SVG nor PNG nor WebP"), "{said}");
        assert!(said.contains("`pages.font_file`: "), "{said}");
    }
}
