//! `regs`: what the request said about privacy, and what was decided of it.

use crate::dsa::Dsa;
use serde::Serialize;
use sluicegate_gate::{Category, Told};
use sluicegate_signals::{Coppa, GdprScope, Gpc, PassedOn, Signals};
use std::fmt;

/// The flags: nothing of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct OutFlags {
    #[serde(skip_serializing_if = "Option::is_none")]
    coppa: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gdpr: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ext: Option<OutRegsExt>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct OutRegsExt {
    #[serde(skip_serializing_if = "Option::is_none")]
    gpc: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dsa: Option<Dsa>,
}

/// The flags with the consent strings, which are about a person.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct OutRegs {
    #[serde(flatten)]
    flags: OutFlags,
    #[serde(skip_serializing_if = "Option::is_none")]
    us_privacy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gpp: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gpp_sid: Vec<i64>,
}

impl OutFlags {
    pub(super) fn of(signals: &Signals<'_>, scope: GdprScope) -> Self {
        Self {
            coppa: (signals.coppa == Coppa::On).then_some(1),
            gdpr: signals.gdpr.passed_on(scope),
            ext: (signals.gpc == Gpc::On)
                .then(|| OutRegsExt { gpc: Some("1"), ..OutRegsExt::default() }),
        }
    }

    /// Adds what is asked for under the Digital Services Act.
    pub(super) fn dsa(&mut self, dsa: Option<&Dsa>) {
        if let Some(dsa) = dsa {
            self.ext.get_or_insert_default().dsa = Some(dsa.clone());
        }
    }

    pub(super) fn says_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl OutRegs {
    pub(super) fn of(flags: OutFlags, strings: PassedOn<'_>) -> Self {
        Self {
            flags,
            us_privacy: strings.us_privacy.map(|string| string.to_string()),
            gpp: strings.gpp.map(str::to_owned),
            gpp_sid: strings.gpp_sid,
        }
    }

    pub(super) fn dsa(&mut self, dsa: Option<&Dsa>) {
        self.flags.dsa(dsa);
    }

    pub(super) fn says_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn told(&self) -> impl Iterator<Item = Told> {
        let strings = [("regs.us_privacy", &self.us_privacy), ("regs.gpp", &self.gpp)];
        strings.into_iter().filter_map(|(field, value)| {
            let field = field.into();
            Some(Told { category: Category::Plumbing, field, value: value.clone()? })
        })
    }
}

impl fmt::Debug for OutRegs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OutRegs").field("flags", &self.flags).finish_non_exhaustive()
    }
}
