//! What would be told of an exposure, and why not: the same judge and the same record as a delivery,
//! and nothing is kept, noted or sent.

use crate::{Deliveries, FieldError, exposure::Exposure, intake::read_single, judge::Judge};
use sluicegate_gate::{EncodeError, KeyKind, Loss, PartnershipId, Preview, SubjectKey, Via};
use sluicegate_settings::Keyring;

/// What one partnership that gets events would be told of an exposure.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The partnership.
    pub partnership: PartnershipId,
    /// What would happen.
    pub verdict: Verdict,
}

/// What would happen with one partnership.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It would be told this; the preview also holds what was taken away.
    Told(Box<Preview>),
    /// It would not be told.
    Withheld {
        /// Why, as far as a rule takes something that an exposure tells.
        losses: Vec<Loss>,
    },
    /// It happened so long ago that the partner may not keep it any more.
    TooOld,
}

/// An exposure cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The intake would refuse it.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The message could not be written; it would not be sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl Deliveries {
    /// Explains one exposure, in the intake's JSON, for every partnership that gets events, or for one,
    /// in the register's order. Without an edition, and for a partnership that gets no events, the list
    /// is empty.
    ///
    /// Whether a delivery stands still because the partner answered 410 is not looked at.
    pub fn explain(
        &self,
        body: &[u8],
        keyring: &Keyring,
        only: Option<&PartnershipId>,
    ) -> Result<Vec<Explanation>, ExplainError> {
        let exposure = read_single(body, keyring, self.parts.clock.now())?;
        self.explain_exposure(&exposure, only)
    }

    /// Explains one exposure of somebody who is known by key, for one partnership.
    pub fn explain_known(
        &self,
        body: &[u8],
        keyring: &Keyring,
        known: SubjectKey,
        only: &PartnershipId,
    ) -> Result<Vec<Explanation>, ExplainError> {
        let mut exposure = read_single(body, keyring, self.parts.clock.now())?;
        let subject = &mut exposure.subject;
        match known.kind {
            KeyKind::Account => subject.account = Some(known.hash),
            KeyKind::Device => subject.device = Some(known.hash),
            KeyKind::Browser => subject.browser = Some(known.hash),
        }
        self.explain_exposure(&exposure, Some(only))
    }

    fn explain_exposure(
        &self,
        exposure: &Exposure,
        only: Option<&PartnershipId>,
    ) -> Result<Vec<Explanation>, ExplainError> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let Some(edition) = parts.current.load() else { return Ok(Vec::new()) };
        let listed = edition.partnerships().iter().filter(|one| one.terms.via == Via::Events);
        let asked = listed.filter(|one| only.is_none_or(|id| one.terms.id == *id));
        let explained = asked.map(|partnership| {
            let id = &partnership.terms.id;
            let judge = Judge {
                edition: &edition,
                partnership,
                settings: &parts.settings,
                keys: &parts.keys.partner(id),
                source: &parts.options.source_for(id),
                now,
                boot: parts.clock.boot(),
            };
            Ok(Explanation { partnership: id.clone(), verdict: judge.explain(exposure)? })
        });
        explained.collect()
    }
}
