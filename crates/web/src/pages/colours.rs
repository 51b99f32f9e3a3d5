//! The platform's own colours on the pages: read, joined with the style sheet's, and refused where people
//! could not read what is written in them.
//!
//! The measure is the contrast of WCAG 2.2: 4.5 for text (1.4.3), 3 for the edges of controls (1.4.11).

use std::{collections::BTreeMap, fmt, str::FromStr};

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// The text is no colour.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a colour like `#0b5563`")]
pub struct ColourError;

/// Light or dark: what the reader's system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The colours that a platform may set for one scheme. What is not set is the style sheet's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnColours {
    /// Links, buttons, and what is chosen.
    pub accent: Option<Colour>,
    /// Text.
    pub ink: Option<Colour>,
    /// Behind everything.
    pub paper: Option<Colour>,
    /// Behind what stands on a card.
    pub card: Option<Colour>,
}

/// Two colours that do not differ enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooClose {
    /// In which scheme.
    pub scheme: Scheme,
    /// What is written or drawn, as the style sheet calls it.
    pub front: &'static str,
    /// What it stands on.
    pub back: &'static str,
    /// Their contrast in hundredths.
    pub contrast: u32,
    /// What it must be at least, in hundredths.
    pub least: u32,
}

/// The colours of one scheme by the names of the style sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Palette(BTreeMap<String, Colour>);

/// What stands on what in the style sheet, and the contrast that it must have in hundredths.
const PAIRS: [(&str, &str, u32); 19] = [
    ("ink", "paper", TEXT),
    ("ink", "card", TEXT),
    ("ink", "sunken", TEXT),
    ("soft", "paper", TEXT),
    ("soft", "card", TEXT),
    ("soft", "sunken", TEXT),
    ("accent", "paper", TEXT),
    ("accent", "card", TEXT),
    ("accent", "sunken", TEXT),
    ("accent-over", "paper", TEXT),
    ("accent-over", "card", TEXT),
    ("accent-over", "sunken", TEXT),
    ("accent-ink", "accent", TEXT),
    ("accent-ink", "accent-over", TEXT),
    ("on-ink", "on", TEXT),
    ("off-ink", "off", TEXT),
    ("note-ink", "note", TEXT),
    ("edge", "paper", EDGE),
    ("edge", "card", EDGE),
];
const TEXT: u32 = 450;
const EDGE: u32 = 300;

impl Palette {
    /// Reads the colours of a scheme out of the style sheet.
    pub(crate) fn of_sheet(sheet: &str, scheme: Scheme) -> Self {
        let mut blocks = sheet.split(":root {").skip(1);
        let block = match scheme {
            Scheme::Light => blocks.next(),
            Scheme::Dark => blocks.nth(1),
        };
        let block = block.and_then(|block| block.split('}').next()).unwrap_or_default();
        let colour = |line: &str| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(": ")?;
            Some((name.to_owned(), value.trim_end_matches(';').parse().ok()?))
        };
        Self(block.lines().filter_map(colour).collect())
    }

    /// Returns the palette with the platform's colours in it, and with those that go with them.
    pub(crate) fn with(&self, own: &OwnColours) -> Self {
        let mut all = self.clone();
        let OwnColours { accent, ink, paper, card } = *own;
        for (name, colour) in [("accent", accent), ("ink", ink), ("paper", paper), ("card", card)] {
            all.set(name, colour);
        }
        let (ink_now, paper_now, card_now) = (all.get("ink"), all.get("paper"), all.get("card"));
        if ink.or(paper).or(card).is_some() {
            all.set("sunken", Some(card_now.mixed(ink_now, 5)));
            all.set("line", Some(paper_now.mixed(ink_now, 15)));
            all.set("edge", Some(ink_now.mixed(paper_now, 40)));
            all.set("soft", Some(ink_now.mixed(paper_now, 25)));
        }
        if let Some(accent) = accent {
            let over = accent.mixed(ink_now, 30);
            all.set("accent-over", Some(over));
            let least = |ink: Colour| contrast(ink, accent).min(contrast(ink, over));
            let (white, black) = (Colour([255; 3]), Colour([0; 3]));
            let best = if least(white) >= least(black) { white } else { black };
            all.set("accent-ink", Some(best));
        }
        all
    }

    /// Returns the pairs that people could not tell apart well enough.
    pub(crate) fn too_close(&self, scheme: Scheme) -> Vec<TooClose> {
        let measured = PAIRS.iter().map(|(front, back, least)| {
            let contrast = contrast(self.get(front), self.get(back));
            TooClose { scheme, front, back, contrast, least: *least }
        });
        measured.filter(|pair| pair.contrast < pair.least).collect()
    }

    /// Returns what differs from another palette, as declarations of a style sheet.
    pub(crate) fn beside(&self, other: &Self) -> String {
        let changed = self.0.iter().filter(|(name, colour)| other.0.get(*name) != Some(colour));
        let parts = changed.flat_map(|(name, colour)| {
            [
                String::from("--"),
                name.clone(),
                String::from(":"),
                colour.to_string(),
                String::from(";"),
            ]
        });
        parts.collect()
    }

    fn get(&self, name: &str) -> Colour {
        self.0.get(name).copied().unwrap_or(Colour([128; 3]))
    }

    fn set(&mut self, name: &str, colour: Option<Colour>) {
        if let Some(colour) = colour {
            self.0.insert(name.to_owned(), colour);
        }
    }
}

impl Colour {
    /// Returns this colour with so many parts of a hundred of another.
    fn mixed(self, other: Self, parts: u16) -> Self {
        let mut mixed = self.0;
        for (own, other) in mixed.iter_mut().zip(other.0) {
            let sum = u16::from(*own) * (100 - parts) + u16::from(other) * parts;
            *own = u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// Returns the relative luminance, WCAG 2.2, from 0 to 1.
    fn luminance(self) -> f64 {
        let linear = |value: u8| {
            let part = f64::from(value) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// Returns the contrast ratio in hundredths, rounded down: 100 to 2100.
fn contrast(one: Colour, other: Colour) -> u32 {
    let (one, other) = (one.luminance(), other.luminance());
    let ratio = (one.max(other) + 0.05) / (one.min(other) + 0.05);
    // Why: no float is turned into a whole number without `as`; there are 2,001 of them to try.
    let reached = (100..=2100).rev().find(|hundredths| f64::from(*hundredths) <= ratio * 100.0);
    reached.unwrap_or(100)
}

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, ColourError> {
        let digits = text.strip_prefix('#').ok_or(ColourError)?;
        let mut colour = [0; 3];
        hex::decode_to_slice(digits, &mut colour).map_err(|_not_hex| ColourError)?;
        Ok(Self(colour))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{}", hex::encode(self.0))
    }
}

impl fmt::Display for TooClose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let ratio = |hundredths: u32| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        write!(
            formatter,
            "in {scheme}, `{}` on `{}` has a contrast of {} where WCAG 2.2 AA needs {}",
            self.front,
            self.back,
            ratio(self.contrast),
            ratio(self.least),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = include_str!("../../assets/site.css");

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn the_contrast_is_the_one_of_the_standard() {
        assert_eq!(contrast(colour("#000000"), colour("#ffffff")), 2100);
        assert_eq!(contrast(colour("#ffffff"), colour("#ffffff")), 100);
        // Published examples: #767676 on white is 4.54, #777777 is 4.47, #949494 is 3.03.
        assert_eq!(contrast(colour("#767676"), colour("#ffffff")), 454);
        assert_eq!(contrast(colour("#777777"), colour("#ffffff")), 447);
        assert_eq!(contrast(colour("#ffffff"), colour("#949494")), 303);
    }

    #[test]
    fn the_sheets_own_colours_can_be_read_on_each_other() {
        for scheme in [Scheme::Light, Scheme::Dark] {
            let palette = Palette::of_sheet(SHEET, scheme);
            assert!(palette.0.len() >= 15, "{palette:?}");
            assert_eq!(palette.too_close(scheme), []);
        }
        assert_ne!(
            Palette::of_sheet(SHEET, Scheme::Light).get("paper"),
            Palette::of_sheet(SHEET, Scheme::Dark).get("paper")
        );
    }

    #[test]
    fn every_colour_of_a_pair_is_in_the_sheet() {
        for scheme in [Scheme::Light, Scheme::Dark] {
            let palette = Palette::of_sheet(SHEET, scheme);
            for (front, back, _) in PAIRS {
                assert!(palette.0.contains_key(front) && palette.0.contains_key(back), "{front}");
            }
        }
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_named_with_its_ground() {
        let sheet = Palette::of_sheet(SHEET, Scheme::Light);
        let pale = OwnColours { accent: Some(colour("#8fd3ff")), ..OwnColours::default() };
        let faults = sheet.with(&pale).too_close(Scheme::Light);
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let named =
            "in light, `accent` on `card` has a contrast of 1.62 where WCAG 2.2 AA needs 4.50";
        assert!(said.iter().any(|one| one == named), "{said:?}");
    }

    #[test]
    fn any_accent_that_can_be_read_has_a_button_that_can_be_read() {
        for scheme in [Scheme::Light, Scheme::Dark] {
            let sheet = Palette::of_sheet(SHEET, scheme);
            for step in 0..=4_096_u32 {
                let [_, red, green, blue] = (step * 4_095).to_be_bytes();
                let own = OwnColours {
                    accent: Some(Colour([red, green, blue])),
                    ..OwnColours::default()
                };
                let faults = sheet.with(&own).too_close(scheme);
                let is_ink = |fault: &TooClose| fault.front == "accent-ink";
                let others = faults.iter().filter(|fault| !is_ink(fault)).count();
                assert!(others > 0 || !faults.iter().any(is_ink), "{own:?} {faults:?}");
            }
        }
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        for wrong in ["", "#", "0b5563", "#0b556", "#0b55633", "#0b556g", "red", "#fff;}"] {
            assert_eq!(wrong.parse::<Colour>(), Err(ColourError), "{wrong}");
        }
        assert_eq!(colour("#0B5563").to_string(), "#0b5563");
    }
}
