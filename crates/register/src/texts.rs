//! The register's texts for people in other languages than the one they were written in.

use crate::Partnership;
use serde::{Deserialize, Serialize};

/// The texts of one partnership in one language. They are part of the edition: one date and one hash hold for all
/// languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// The language, as a tag like `de`.
    #[serde(rename = "id")]
    pub language: String,
    /// A heading for people.
    pub title: String,
    /// What the arrangement is, for people.
    pub summary: String,
    /// What the data is used for, for people: as many as in the original, in the same order.
    pub purposes: Vec<String>,
}

impl Partnership {
    /// Returns the texts in a language; `None` where only the original is there.
    pub fn texts(&self, language: &str) -> Option<&Texts> {
        self.texts.iter().find(|texts| texts.language == language)
    }
}
