//! What may be passed on of the signals of a request.

use crate::{Gdpr, GdprScope, InForce, Signals, TcString, UsPrivacy};
use std::{borrow::Cow, fmt};

/// What may be passed on: of the strings, those that were read to their last bit, and those as they came but for the
/// times of day that they were made at, which tell people apart.
///
/// It does not print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PassedOn<'a> {
    /// `regs.gdpr`: 1 where the regulation applies, whatever the request says; 0 where it does not and the request
    /// says so too.
    pub gdpr: Option<u8>,
    /// `user.consent`.
    pub tcf: Option<Cow<'a, str>>,
    /// `regs.gpp`.
    pub gpp: Option<Cow<'a, str>>,
    /// `regs.gpp_sid`: only beside a string, in ascending order and each once.
    pub gpp_sid: Vec<i64>,
    /// `regs.us_privacy`.
    pub us_privacy: Option<UsPrivacy>,
}

impl fmt::Debug for PassedOn<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PassedOn([personal])")
    }
}

impl<'a> Signals<'a> {
    /// Returns what may be passed on. `gpp_sid` are the sections in force as the request names them, and `scope` is
    /// what was decided from all that is known.
    pub fn passed_on(&self, gpp_sid: &[i64], scope: GdprScope) -> PassedOn<'a> {
        let gpp = self.gpp.read().and_then(InForce::passed_on);
        PassedOn {
            gdpr: self.gdpr.passed_on(scope),
            tcf: self.tcf.read().and_then(TcString::passed_on),
            gpp_sid: if gpp.is_some() { ascending(gpp_sid) } else { Vec::new() },
            gpp,
            us_privacy: self.us_privacy.read().copied(),
        }
    }
}

impl Gdpr {
    /// Returns the number to pass on. A 0 where the regulation applies would be an invitation to ignore the consent
    /// string beside it.
    pub fn passed_on(self, scope: GdprScope) -> Option<u8> {
        match (scope, self) {
            (GdprScope::In, _) | (GdprScope::Out, Self::InScope) => Some(1),
            (GdprScope::Out, Self::OutOfScope) => Some(0),
            (GdprScope::Out, Self::Unsaid) => None,
        }
    }
}

/// Why: the order of the ids and how often each comes mean nothing, and would be room for a message about a person.
fn ascending(ids: &[i64]) -> Vec<i64> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}
