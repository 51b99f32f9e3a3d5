//! What can be asked of the store: one order is one transaction.

use crate::{Correction, Heard, NotedEdit, ProfileWrite, Removal};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{Choice, KeyKind, Setting, SubjectKey, time::UnixMillis};

/// Longest text that is kept of the words a person was shown, in bytes.
pub const WORDS_BYTES_MAX: usize = 2_000;
/// Longest language tag, in bytes.
pub const LANGUAGE_BYTES_MAX: usize = 35;

/// Who made a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The person, on our pages or through the platform's own.
    Person,
    /// The browser, by Global Privacy Control. It can only turn off.
    Gpc,
    /// The operator of the gateway.
    Operator,
    /// A legal duty. It can only turn off.
    Law,
}

impl Actor {
    /// All actors.
    pub const ALL: [Self; 4] = [Self::Person, Self::Gpc, Self::Operator, Self::Law];

    /// Returns the name on every wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Gpc => "gpc",
            Self::Operator => "operator",
            Self::Law => "law",
        }
    }

    fn may_turn_on(self) -> bool {
        match self {
            Self::Person | Self::Operator => true,
            Self::Gpc | Self::Law => false,
        }
    }
}

/// A choice at one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The account, device or browser.
    pub key: SubjectKey,
    /// The setting.
    pub setting: Setting,
    /// The value chosen.
    pub value: Choice,
    /// Who chose.
    pub actor: Actor,
    /// The words that were shown beside the switch; not blank, and at most [`WORDS_BYTES_MAX`].
    pub words: String,
    /// The language they were in, as a tag like `en`; at most [`LANGUAGE_BYTES_MAX`].
    pub language: String,
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A choice is made.
    Choose(Change),
    /// An account is used on a device or in a browser.
    Link {
        /// The account.
        account: SubjectKey,
        /// The device or browser.
        key: SubjectKey,
    },
    /// An account is no longer used there.
    Unlink {
        /// The account.
        account: SubjectKey,
        /// The device or browser.
        key: SubjectKey,
    },
    /// The platform writes what it knows of an account.
    WriteProfile {
        /// The account.
        account: SubjectKey,
        /// What it knows.
        write: ProfileWrite,
    },
    /// The person edits their demographics.
    Correct {
        /// The account.
        account: SubjectKey,
        /// The edit.
        correction: Correction,
    },
    /// The person edits one language or interest.
    Edit {
        /// The account.
        account: SubjectKey,
        /// The edit.
        edit: NotedEdit,
    },
    /// Partners or advertisers say something of an account.
    Hear {
        /// The account.
        account: SubjectKey,
        /// When it was said.
        said: UnixMillis,
        /// What, in order.
        heard: Vec<Heard>,
    },
    /// The person removes some of it.
    Remove {
        /// The account.
        account: SubjectKey,
        /// What.
        removal: Removal,
        /// What it was called on the page; at most [`WORDS_BYTES_MAX`].
        words: String,
    },
    /// Everything that is known of a key is erased; what stays is `off`, for both settings.
    Erase {
        /// The account, device or browser.
        key: SubjectKey,
    },
    /// What has run out of it is forgotten.
    ForgetStale {
        /// The account.
        account: SubjectKey,
    },
}

/// An order that is wrong in itself. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The key given as an account is not one.
    #[error("the key is not an account")]
    NotAnAccount,
    /// An account was given where a device or browser belongs.
    #[error("the key is neither a device nor a browser")]
    NotADeviceOrBrowser,
    /// Global Privacy Control and legal duties can only turn off.
    #[error("this actor can only turn a setting off")]
    CannotTurnOn,
    /// There are no words: they are the proof of what was chosen.
    #[error("the words shown are empty or blank")]
    WordsBlank,
    /// The words shown are too long.
    #[error("the words shown are longer than {WORDS_BYTES_MAX} bytes")]
    WordsTooLong,
    /// The language tag is too long.
    #[error("the language is longer than {LANGUAGE_BYTES_MAX} bytes")]
    LanguageTooLong,
    /// The language is no tag of BCP 47: letters, and after hyphens letters and digits, at most eight each.
    #[error("the language is not a tag like `en` or `pt-BR`")]
    NotALanguage,
}

impl Order {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Choose(change) => change.check(),
            Self::Erase { .. } => Ok(()),
            Self::Link { account, key } | Self::Unlink { account, key } => {
                check_account(*account)?;
                if key.kind == KeyKind::Account {
                    Err(Refusal::NotADeviceOrBrowser)
                } else {
                    Ok(())
                }
            }
            Self::WriteProfile { account, .. }
            | Self::Correct { account, .. }
            | Self::Edit { account, .. }
            | Self::Hear { account, .. }
            | Self::ForgetStale { account } => check_account(*account),
            Self::Remove { account, words, .. } => {
                if words.len() > WORDS_BYTES_MAX {
                    return Err(Refusal::WordsTooLong);
                }
                check_account(*account)
            }
        }
    }
}

impl Change {
    fn check(&self) -> Result<(), Refusal> {
        if self.value == Choice::On && !self.actor.may_turn_on() {
            return Err(Refusal::CannotTurnOn);
        }
        if self.words.trim().is_empty() {
            return Err(Refusal::WordsBlank);
        }
        if self.words.len() > WORDS_BYTES_MAX {
            return Err(Refusal::WordsTooLong);
        }
        if self.language.len() > LANGUAGE_BYTES_MAX {
            return Err(Refusal::LanguageTooLong);
        }
        if !is_language_tag(&self.language) {
            return Err(Refusal::NotALanguage);
        }
        Ok(())
    }
}

/// Whether the text has the shape of a language tag (RFC 5646, section 2.1), whatever it may mean, or of a locale, which
/// has underscores: an `off` is not refused for that. A private one begins with a single `x`.
fn is_language_tag(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let is_primary = |part: &str| {
        let fits = (2..=8).contains(&part.len()) || part.eq_ignore_ascii_case("x");
        fits && part.bytes().all(|letter| letter.is_ascii_alphabetic())
    };
    let is_further = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|letter| letter.is_ascii_alphanumeric())
    };
    parts.next().is_some_and(is_primary) && parts.all(is_further) && text != "x"
}

fn check_account(key: SubjectKey) -> Result<(), Refusal> {
    if key.kind == KeyKind::Account { Ok(()) } else { Err(Refusal::NotAnAccount) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_tag() {
        for tag in ["en", "pt-BR", "zh-Hant-TW", "en_US", "de-CH-1996", "x-house", "sl-rozaj-biske"]
        {
            assert!(is_language_tag(tag), "{tag}");
        }
        for other in
            ["", "!!!", "e", "en_", "en-", "-en", "x", "english language", "123", "ninelette"]
        {
            assert!(!is_language_tag(other), "{other}");
        }
    }
}
