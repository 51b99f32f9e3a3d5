//! Texts of the register, which are in English where nobody wrote them in the page's language.

use super::message::{Speak, Value, escaped};
use askama::filters::HtmlSafe;
use std::fmt;

/// A text of the register. Displayed, it is markup that says so where it is the original and not in the page's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    text: String,
    is_original: bool,
}

impl Registered {
    /// Takes a text, which is the original or in the page's language.
    pub(crate) fn new(text: impl Into<String>, is_original: bool) -> Self {
        Self { text: text.into(), is_original }
    }

    /// Returns the text alone.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the language of an original, for where an element cannot stand around it.
    pub(crate) fn lang(&self) -> Option<&'static str> {
        self.is_original.then_some("en")
    }

    /// Puts words before it that are in no language, such as a name.
    pub(crate) fn after(self, name: &str) -> Self {
        Self { text: format!("{name}: {}", self.text), ..self }
    }
}

impl fmt::Display for Registered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lang = if self.is_original { " lang=\"en\"" } else { "" };
        write!(formatter, "<bdi{lang}>{}</bdi>", escaped(&self.text))
    }
}

impl HtmlSafe for Registered {}

impl Speak for Registered {
    fn value(&self) -> Value {
        if self.is_original {
            Value::Original(self.clone())
        } else {
            Value::Text(self.text.clone())
        }
    }
}
