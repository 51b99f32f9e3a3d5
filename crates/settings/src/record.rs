//! The history that a person can read.

use crate::{Actor, Correction, NotedEdit, Removal};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{Choice, KeyKind, Revision, Setting, time::UnixMillis};
use std::time::Duration;

/// One thing that happened at one key. It never names another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRecord {
    /// The change it belongs to.
    pub revision: Revision,
    /// When it was made.
    pub at: UnixMillis,
    /// How long after its arrival it was in force at every gateway, to the millisecond; `None` where that was not
    /// measured, or was lost with the process that measured it.
    pub in_force_after: Option<Duration>,
    /// What happened.
    pub event: Event,
}

/// What happened at a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A choice was made at this key.
    Chosen {
        /// The setting.
        setting: Setting,
        /// The value.
        value: Choice,
        /// Who chose.
        actor: Actor,
        /// The words that were shown.
        words: String,
        /// The language they were in.
        language: String,
    },
    /// An account used on this device or in this browser has turned the setting off.
    MarkedOff {
        /// The setting.
        setting: Setting,
    },
    /// That account turned the setting on again, or is no longer used here.
    MarkLifted {
        /// The setting.
        setting: Setting,
    },
    /// An account and a device or browser were linked.
    Linked {
        /// What this key was linked with.
        with: KeyKind,
    },
    /// They no longer are.
    Unlinked {
        /// What this key was linked with.
        with: KeyKind,
    },
    /// The person edited their demographics. `Debug` leaves the value out.
    Corrected(Correction),
    /// The person edited a language or an interest. `Debug` leaves out which.
    Edited(NotedEdit),
    /// The person removed what others said of them. `Debug` leaves out what.
    Removed {
        /// What.
        removal: Removal,
        /// What it was called on the page.
        words: String,
    },
}

impl Event {
    /// Returns the event in words that are true without naming anyone.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Chosen { value: Choice::On, .. } => "turned on",
            Self::Chosen { value: Choice::Off, .. } => "turned off",
            Self::MarkedOff { .. } => "turned off by an account used on this device",
            Self::MarkLifted { .. } => "no longer turned off by an account used on this device",
            Self::Linked { with: KeyKind::Account } => "an account was used on this device",
            Self::Linked { with: KeyKind::Device } => "used on a device",
            Self::Linked { with: KeyKind::Browser } => "used in a browser",
            Self::Unlinked { with: KeyKind::Account } => {
                "an account is no longer used on this device"
            }
            Self::Unlinked { with: KeyKind::Device } => "no longer used on a device",
            Self::Unlinked { with: KeyKind::Browser } => "no longer used in a browser",
            Self::Corrected(_) => "demographic data edited",
            Self::Edited(_) => "a noted language or interest edited",
            Self::Removed { .. } => "something that others said removed",
        }
    }
}
