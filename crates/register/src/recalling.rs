//! How a partner is told to forget or correct what it got.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// How a partner is told to forget or correct what it got, and by when it must have said that it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalling {
    /// Where the messages go; https unless the host is this machine.
    pub url: Url,
    /// How far back what was told is called back, in days.
    pub window_days: u32,
    /// For how many hours a message may stay without acknowledgement; past that the partnership is suspended.
    pub lapse_hours: u32,
    /// What acknowledges a message.
    pub acknowledge: Acknowledge,
    /// Where the partner publishes how it takes requests to delete (`dsrdelete.json` of the IAB Tech Lab's
    /// Data Deletion Request Framework 1.0), if it does.
    pub dsrdelete_url: Option<Url>,
}

impl Recalling {
    /// Returns how far back what was told is called back.
    pub fn window(&self) -> Duration {
        Duration::from_hours(u64::from(self.window_days) * 24)
    }

    /// Returns for how long a message may stay without acknowledgement.
    pub fn lapse(&self) -> Duration {
        Duration::from_hours(u64::from(self.lapse_hours))
    }
}

/// What acknowledges a message that calls something back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acknowledge {
    /// Its answer: the partner has done it when it answers with 2xx.
    #[default]
    Answer,
    /// A call of the partner's, later, when it has done it.
    Call,
}
