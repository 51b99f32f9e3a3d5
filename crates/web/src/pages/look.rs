//! How the pages fit into a platform: where they live, whose frames they may stand in, and the platform's
//! own colours, logo and font. Everything is served from here, and checked before the program starts.

use super::{
    assets,
    colours::{OwnColours, Palette, Scheme, TooClose},
};
use crate::api::TAKEN;
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Bytes of a logo or a font.
pub const OWN_FILE_BYTES_MAX: usize = 1 << 20;

/// What a platform sets.
#[derive(Clone, Debug, Default)]
pub struct OwnLook {
    /// Where the pages live below the host, for example `/privacy`; empty for the root.
    pub path: String,
    /// Origins whose pages may show ours in a frame.
    pub frame_ancestors: Vec<String>,
    /// Colours in the light.
    pub light: OwnColours,
    /// Colours in the dark.
    pub dark: OwnColours,
    /// The logo: SVG, PNG or WebP.
    pub logo: Option<Bytes>,
    /// The font: WOFF2.
    pub font: Option<Bytes>,
}

/// A look that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// The path is none that pages can live under.
    #[error(
        "not empty and not a path like `/privacy`: small letters, digits and `-`, without a slash at the end"
    )]
    Path,
    /// Something else is there.
    #[error("the gateway itself has `{0}`: take another name, like `/privacy`")]
    Taken(String),
    /// An origin is none.
    #[error("`{0}` is not an origin like `https://www.platform.example`")]
    Ancestor(String),
    /// Colours that people could not tell apart.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Contrast(Vec<TooClose>),
    /// The logo is no picture that we serve.
    #[error("neither SVG nor PNG nor WebP, or larger than 1 MiB")]
    Logo,
    /// The font is none that we serve.
    #[error("not a WOFF2 font, or larger than 1 MiB")]
    Font,
}

/// A look that was checked.
#[derive(Clone, Debug, Default)]
pub struct Look {
    path: String,
    frame_ancestors: Vec<String>,
    pub(crate) theme: Option<OwnFile>,
    pub(crate) logo: Option<OwnFile>,
    pub(crate) font: Option<OwnFile>,
}

/// One file of the platform's, as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnFile {
    pub(crate) kind: &'static str,
    pub(crate) content: Bytes,
    address: String,
}

impl OwnFile {
    fn new(path: &str, kind: &'static str, content: Bytes) -> Self {
        let hash = hex::encode(Sha256::digest(&content));
        let address = format!("{path}?v={}", hash.get(..16).unwrap_or(&hash));
        Self { kind, content, address }
    }
}

impl Look {
    /// Checks a look.
    pub fn new(own: OwnLook) -> Result<Self, LookError> {
        let OwnLook { path, frame_ancestors, light, dark, logo, font } = own;
        if !is_path(&path) {
            return Err(LookError::Path);
        }
        if let Some(taken) = taken(&path) {
            return Err(LookError::Taken(taken));
        }
        if let Some(wrong) = frame_ancestors.iter().find(|origin| !is_origin(origin)) {
            return Err(LookError::Ancestor(wrong.clone()));
        }
        let logo = logo.map(logo_file).transpose()?;
        let font = font.map(font_file).transpose()?;
        let theme = theme(light, dark, font.as_ref())?;
        Ok(Self { path, frame_ancestors, theme, logo, font })
    }

    /// Returns where the pages live below the host; empty for the root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns whose frames the pages may stand in, for the content security policy.
    pub(crate) fn ancestors(&self) -> String {
        if self.frame_ancestors.is_empty() {
            return String::from("'none'");
        }
        format!("'self' {}", self.frame_ancestors.join(" "))
    }

    /// Returns the address of the platform's style sheet beside ours.
    pub(crate) fn theme(&self) -> Option<String> {
        self.theme.as_ref().map(|file| file.address.clone())
    }

    /// Returns the address of the platform's logo, else of our icon.
    pub(crate) fn icon(&self) -> String {
        self.logo.as_ref().map_or(assets::icon(), |file| file.address.as_str()).to_owned()
    }

    /// Returns the address of a place of ours as a browser must ask for it.
    pub(crate) fn at(&self, place: &str) -> String {
        format!("{}{place}", self.path)
    }
}

fn is_path(path: &str) -> bool {
    let is_part = |part: &str| {
        (1..=40).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let below = path.strip_prefix('/').map(|below| below.split('/').all(is_part));
    path.is_empty() || (path.len() <= 100 && below == Some(true))
}

/// Returns what is there already: an interface, whatever follows, or one of the pages' own addresses.
fn taken(path: &str) -> Option<String> {
    let (_, below) = path.split_once('/')?;
    let (first, rest) = below.split_once('/').unwrap_or((below, ""));
    let is_taken = TAKEN.contains(&first) || (rest.is_empty() && PLACES.contains(&first));
    is_taken.then(|| format!("/{first}"))
}

/// With what addresses of pages begin, without those that no path can have.
const PLACES: [&str; 7] =
    ["assets", "device", "partners", "settings", "signedout", "signin", "signout"];

fn is_origin(text: &str) -> bool {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    is_web && url::Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == *text)
}

fn logo_file(content: Bytes) -> Result<OwnFile, LookError> {
    let is_svg = || {
        let text = std::str::from_utf8(&content).ok().map(str::trim_start);
        text.is_some_and(|text| text.starts_with("<svg") || text.starts_with("<?xml"))
    };
    let is_webp = || content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP");
    let kind = if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if is_webp() {
        "image/webp"
    } else if is_svg() {
        "image/svg+xml"
    } else {
        return Err(LookError::Logo);
    };
    if content.len() > OWN_FILE_BYTES_MAX {
        return Err(LookError::Logo);
    }
    Ok(OwnFile::new("/assets/logo", kind, content))
}

fn font_file(content: Bytes) -> Result<OwnFile, LookError> {
    if !content.starts_with(b"wOF2") || content.len() > OWN_FILE_BYTES_MAX {
        return Err(LookError::Font);
    }
    Ok(OwnFile::new("/assets/font.woff2", "font/woff2", content))
}

/// Writes the style sheet that stands beside ours; none where nothing differs.
fn theme(
    light: OwnColours,
    dark: OwnColours,
    font: Option<&OwnFile>,
) -> Result<Option<OwnFile>, LookError> {
    let mut faults = Vec::new();
    let mut own = |scheme, colours: &OwnColours| {
        let sheet = Palette::of_sheet(assets::SHEET, scheme);
        let palette = sheet.with(colours);
        faults.extend(palette.too_close(scheme));
        palette.beside(&sheet)
    };
    let (light, dark) = (own(Scheme::Light, &light), own(Scheme::Dark, &dark));
    if !faults.is_empty() {
        return Err(LookError::Contrast(faults));
    }
    let light = in_scheme("light", &light);
    let dark = in_scheme("dark", &dark);
    // Beside this sheet, wherever the pages live.
    let font = font.map(|font| font.address.trim_start_matches("/assets/")).map(|place| {
        format!(
            "@font-face{{font-family:\"Own\";src:url(\"{place}\") format(\"woff2\");font-display:swap}}\n\
             body{{font-family:\"Own\",system-ui,sans-serif}}\n"
        )
    });
    let text = [light, dark, font.unwrap_or_default()].concat();
    let is_empty = text.is_empty();
    let file = OwnFile::new("/assets/theme.css", "text/css; charset=utf-8", Bytes::from(text));
    Ok((!is_empty).then_some(file))
}

/// Writes declarations that hold in one scheme alone.
fn in_scheme(scheme: &str, declarations: &str) -> String {
    if declarations.is_empty() {
        return String::new();
    }
    format!("@media (prefers-color-scheme:{scheme}){{:root{{{declarations}}}}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

    fn own() -> OwnLook {
        OwnLook::default()
    }

    #[test]
    fn without_anything_set_the_pages_look_as_they_are() {
        let look = Look::new(own()).unwrap();
        assert_eq!((look.theme(), look.path(), look.ancestors()), (None, "", "'none'".to_owned()));
        assert_eq!(look.icon(), assets::icon());
    }

    #[test]
    fn paths_are_plain_and_origins_are_origins() {
        for good in ["", "/privacy", "/a/b-2"] {
            let look = Look::new(OwnLook { path: good.to_owned(), ..own() }).unwrap();
            assert_eq!(look.at("/settings"), format!("{good}/settings"));
        }
        for wrong in
            ["/", "privacy", "/privacy/", "/Privacy", "/../x", "/a//b", "//evil.example", "/a?b"]
        {
            let refused = Look::new(OwnLook { path: wrong.to_owned(), ..own() }).unwrap_err();
            assert_eq!(refused, LookError::Path, "{wrong}");
        }
        for wrong in
            ["*", "https:", "https://a.example/", "platform.example", "https://a.example; x"]
        {
            let frame_ancestors = vec![wrong.to_owned()];
            let refused = Look::new(OwnLook { frame_ancestors, ..own() }).unwrap_err();
            assert_eq!(refused, LookError::Ancestor(wrong.to_owned()));
        }
        let frame_ancestors = vec![String::from("https://www.platform.example")];
        let look = Look::new(OwnLook { frame_ancestors, ..own() }).unwrap();
        assert_eq!(look.ancestors(), "'self' https://www.platform.example");
    }

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let logo = |bytes: &'static [u8]| {
            let look = Look::new(OwnLook { logo: Some(Bytes::from_static(bytes)), ..own() });
            look.map(|look| look.logo.unwrap().kind)
        };
        assert_eq!(logo(SVG), Ok("image/svg+xml"));
        assert_eq!(logo(b"\x89PNG\r\n\x1a\n...."), Ok("image/png"));
        assert_eq!(logo(b"RIFF....WEBPVP8 "), Ok("image/webp"));
        for wrong in [&b""[..], b"<html><script>", b"GIF89a", b"RIFF....WAVE"] {
            assert_eq!(logo(wrong), Err(LookError::Logo));
        }
        let font = |bytes: Vec<u8>| Look::new(OwnLook { font: Some(bytes.into()), ..own() });
        assert!(font(b"wOF2....".to_vec()).is_ok());
        assert_eq!(font(b"OTTO....".to_vec()).unwrap_err(), LookError::Font);
        let large = [b"wOF2".to_vec(), vec![0; OWN_FILE_BYTES_MAX]].concat();
        assert_eq!(font(large).unwrap_err(), LookError::Font);
    }

    #[test]
    fn the_theme_says_only_what_differs_and_its_address_changes_with_it() {
        let with = |accent: &str, path: &str| {
            let light = OwnColours { accent: accent.parse().ok(), ..OwnColours::default() };
            Look::new(OwnLook { light, path: path.to_owned(), ..own() }).unwrap()
        };
        let look = with("#7a1f5c", "/privacy");
        let sheet = String::from_utf8(look.theme.clone().unwrap().content.to_vec()).unwrap();
        assert!(
            sheet.contains("--accent:#7a1f5c;") && sheet.contains("--accent-over:#"),
            "{sheet}"
        );
        assert!(
            !sheet.contains("--paper") && !sheet.contains("(prefers-color-scheme:dark){:root{-")
        );
        assert!(look.theme().unwrap().starts_with("/assets/theme.css?v="));
        assert_ne!(look.theme(), with("#1f5c7a", "/privacy").theme());
    }

    #[test]
    fn colours_that_cannot_be_read_are_refused_with_what_is_wrong() {
        let light = OwnColours { ink: "#999999".parse().ok(), ..OwnColours::default() };
        let refused = Look::new(OwnLook { light, ..own() }).unwrap_err().to_string();
        assert!(refused.contains("in light, `ink` on `card` has a contrast of 2.84"), "{refused}");
    }
}
