//! `regs`: what the request said about privacy, and what was decided of it.

use crate::{dsa::Dsa, written::Written};
use sluicegate_gate::{Category, Told};
use sluicegate_signals::{Coppa, GdprScope, Gpc, PassedOn, Signals};
use std::{borrow::Cow, fmt};

/// The flags: nothing of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OutFlags {
    coppa: Option<u8>,
    gdpr: Option<u8>,
    gpc: Option<&'static str>,
    dsa: Option<Dsa>,
}

/// The flags with the consent strings, which are about a person.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct OutRegs {
    flags: OutFlags,
    us_privacy: Option<String>,
    gpp: Option<String>,
    gpp_sid: Vec<i64>,
}

impl OutFlags {
    pub(super) fn of(signals: &Signals<'_>, scope: GdprScope) -> Self {
        Self {
            coppa: (signals.coppa == Coppa::On).then_some(1),
            gdpr: signals.gdpr.passed_on(scope),
            gpc: (signals.gpc == Gpc::On).then_some("1"),
            dsa: None,
        }
    }

    /// Adds what is asked for under the Digital Services Act.
    pub(super) fn dsa(&mut self, dsa: Option<&Dsa>) {
        if let Some(dsa) = dsa {
            self.dsa = Some(dsa.clone());
        }
    }

    pub(super) fn says_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn write(&self, out: &mut Written) {
        if let Some(coppa) = self.coppa {
            out.integer("coppa", coppa);
        }
        if let Some(gdpr) = self.gdpr {
            out.integer("gdpr", gdpr);
        }
        if self.gpc.is_none() && self.dsa.is_none() {
            return;
        }
        out.object("ext", |ext| {
            if let Some(gpc) = self.gpc {
                ext.text("gpc", gpc);
            }
            if let Some(dsa) = &self.dsa {
                ext.object("dsa", |fields| fields.join(&Written::of_object(dsa)));
            }
        });
    }
}

impl OutRegs {
    pub(super) fn of(flags: OutFlags, strings: PassedOn<'_>) -> Self {
        Self {
            flags,
            us_privacy: strings.us_privacy.map(|string| string.to_string()),
            gpp: strings.gpp.map(Cow::into_owned),
            gpp_sid: strings.gpp_sid,
        }
    }

    pub(super) fn dsa(&mut self, dsa: Option<&Dsa>) {
        self.flags.dsa(dsa);
    }

    pub(super) fn says_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn write(&self, out: &mut Written) {
        self.flags.write(out);
        if let Some(us_privacy) = &self.us_privacy {
            out.text("us_privacy", us_privacy);
        }
        if let Some(gpp) = &self.gpp {
            out.text("gpp", gpp);
        }
        out.integers("gpp_sid", &self.gpp_sid);
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
