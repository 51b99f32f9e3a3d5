//! What is known beyond the reason: which string, which law, which missing basis.

use crate::Category;
use sluicegate_signals::{NoBasis, Unreadable, UsLaws};
use std::fmt;

/// What more is known about a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Nothing.
    Nothing,
    /// Which string could not be read, and what is wrong with it.
    Unreadable(SignalName, Unreadable),
    /// The law that decides here.
    Law(&'static str),
    /// All laws of the United States that say so.
    UsLaws(UsLaws),
    /// Under which framework a basis is missing, and why.
    Basis(Framework, NoBasis),
}

/// A consent string by the field that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignalName {
    /// `regs.us_privacy`.
    UsPrivacy,
    /// `regs.gpp`, with `regs.gpp_sid`.
    Gpp,
    /// `user.consent`.
    Tcf,
}

impl SignalName {
    /// Returns the field of `OpenRTB` 2.6.
    pub fn field(self) -> &'static str {
        match self {
            Self::UsPrivacy => "regs.us_privacy",
            Self::Gpp => "regs.gpp",
            Self::Tcf => "user.consent",
        }
    }
}

/// A framework of legal bases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framework {
    /// TCF Europe.
    Europe,
    /// TCF Canada.
    Canada,
}

/// What a partner does with data that needs a legal basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TcfUse {
    /// Be asked to choose an ad: purpose 2.
    Ask,
    /// Measure how ads did: purpose 7.
    Measure,
    /// Use what is stored on the device: purpose 1.
    Identify,
    /// Choose ads by a profile: purpose 4.
    Profile,
    /// Learn the exact place: special feature 1.
    Locate,
}

impl TcfUse {
    /// Returns the purpose; the exact place is a special feature.
    pub fn purpose(self) -> Option<u8> {
        match self {
            Self::Ask => Some(2),
            Self::Measure => Some(7),
            Self::Identify => Some(1),
            Self::Profile => Some(4),
            Self::Locate => None,
        }
    }

    /// Returns the category that it is needed for; `None` where without it nothing is told.
    pub(crate) fn category(self) -> Option<Category> {
        match self {
            Self::Ask | Self::Measure => None,
            Self::Identify => Some(Category::DeviceIdentifier),
            Self::Profile => Some(Category::Demographic),
            Self::Locate => Some(Category::PreciseLocation),
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Unreadable(signal, why) => {
                write!(formatter, "`{}`: {why}", signal.field())
            }
            Self::Law(law) => formatter.write_str(law),
            Self::UsLaws(laws) => write!(formatter, "{laws}"),
            Self::Basis(Framework::Europe, why) => formatter.write_str(why.words()),
            Self::Basis(Framework::Canada, why) => {
                write!(formatter, "{} (TCF Canada: express consent)", why.words())
            }
        }
    }
}
