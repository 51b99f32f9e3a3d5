//! What readers say of the page of partners: whether it helped, and how it could be better. Each opinion is
//! of one edition, so that an unclear change shows.

use futures_util::future::BoxFuture;
use serde::Serialize;
use sluicegate_gate::time::UnixMillis;
use std::fmt;

/// Remarks that are kept; beyond that the oldest goes.
pub const REMARKS_MAX: usize = 10_000;

/// Whether the page helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It did.
    Helpful,
    /// It did not.
    NotHelpful,
}

/// A reader's own words. They may hold anything, a name too, and do not print.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RemarkText(String);

/// What one reader said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The edition that the page showed.
    pub edition: u32,
    /// Whether it helped.
    pub verdict: Verdict,
    /// How it could be better.
    pub remark: Option<RemarkText>,
    /// When it came.
    pub at: UnixMillis,
}

/// How many said what of one edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OpinionCounts {
    /// The edition.
    pub edition: u32,
    /// Readers whom it helped.
    pub helpful: u64,
    /// Readers whom it did not help.
    pub not_helpful: u64,
}

/// One remark as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Its number; a later remark has a higher one.
    pub id: u64,
    /// The edition.
    pub edition: u32,
    /// Whether it helped.
    pub verdict: Verdict,
    /// When it came.
    #[serde(rename = "at_ms")]
    pub at: UnixMillis,
    /// The words.
    pub text: RemarkText,
}

/// Keeps what readers said. Each call is one whole transaction.
pub trait Feedback: Send + Sync + fmt::Debug {
    /// Counts an opinion and keeps its remark; durable when this returns.
    fn add(&self, opinion: Opinion) -> BoxFuture<'_, Result<(), FeedbackError>>;

    /// Returns the counts of every edition that somebody said something of, by number.
    fn counts(&self) -> BoxFuture<'_, Result<Vec<OpinionCounts>, FeedbackError>>;

    /// Returns the latest remarks first: at most `limit`, with a number below `before` where one is given.
    fn remarks(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Remark>, FeedbackError>>;

    /// Removes a remark, for example one with somebody's name in it; returns whether there was one. The
    /// counts stay.
    fn remove(&self, id: u64) -> BoxFuture<'_, Result<bool, FeedbackError>>;
}

/// Feedback could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// The store failed.
    #[error("the store of feedback failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is kept does not read back.
    #[error("kept feedback does not read back")]
    Corrupt,
}

impl RemarkText {
    /// Characters of a remark at most.
    pub const CHARACTERS_MAX: usize = 1_000;

    /// Takes what a reader wrote: line breaks stay, other control characters go, and so does what is
    /// beyond the limit. `None` where nothing is left.
    pub fn of(written: &str) -> Option<Self> {
        let unified = written.replace("\r\n", "\n").replace('\r', "\n");
        let kept = unified.trim().chars().filter(|c| *c == '\n' || !c.is_control());
        let text: String = kept.take(Self::CHARACTERS_MAX).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Returns the words, for the store and for operators.
    pub fn open(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RemarkText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RemarkText([personal])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_cut_and_cleaned_and_does_not_print() {
        let text = |written: &str| RemarkText::of(written).map(|text| text.open().to_owned());
        assert_eq!(text("  one\r\ntwo\u{7}\u{0} "), Some(String::from("one\ntwo")));
        assert_eq!(text(" \r\n\t"), None);
        let long = "é".repeat(5_000);
        assert_eq!(text(&long).unwrap().chars().count(), RemarkText::CHARACTERS_MAX);
        assert!(!format!("{:?}", RemarkText::of("somebody")).contains("somebody"));
    }
}
