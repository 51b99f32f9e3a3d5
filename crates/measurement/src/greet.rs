//! Asking an endpoint whether it is the partner's, before anything about anyone goes there.

use crate::{
    Delivery, EndpointCheck, EndpointSaid, Held, Step, StepError, delivery::State, judge::Judge,
};
use futures_util::future::BoxFuture;
use sluicegate_gate::PartnershipId;
use sluicegate_register::Endpoint;
use std::fmt;

/// The way to ask, as a port. Nothing about anyone is in the question.
pub trait Greeter: Send + Sync + fmt::Debug {
    /// Returns whether a partnership's endpoint must agree before anything goes there.
    fn must_agree(&self, partnership: &PartnershipId) -> bool;

    /// Asks the endpoint of a partnership whether it takes messages of this platform.
    fn greet(&self, partnership: &PartnershipId) -> BoxFuture<'_, EndpointSaid>;

    /// From now on no more messages a minute go there; `None` is as many as the register says.
    fn keep_to(&self, partnership: &PartnershipId, per_minute: Option<u32>);
}

impl Delivery {
    /// Makes sure that the endpoint has agreed; returns why nothing goes there if it has not. What it said
    /// is kept: an address that agreed is not asked again, also after a restart.
    pub(crate) async fn greet(
        &self,
        state: &mut State,
        judge: &Judge<'_>,
        endpoint: &Endpoint,
    ) -> Result<Option<Step>, StepError> {
        let Some(greeter) = &self.parts.greeter else { return Ok(None) };
        if !greeter.must_agree(&self.partnership) {
            return Ok(None);
        }
        let url = endpoint.url.as_str();
        let known = state.progress.lane.endpoint.as_ref().filter(|check| check.url == url);
        let said = match known.map(|check| (check.said, check.at..check.next_at)) {
            Some((said @ EndpointSaid::Agreed { .. }, _)) => said,
            // Outside of it, too, where the clock was set back.
            Some((EndpointSaid::Refused | EndpointSaid::Silent, pause))
                if pause.contains(&judge.now) =>
            {
                return Ok(Some(Step::Held(Held::NotAgreed)));
            }
            Some(_) | None => {
                let said = greeter.greet(&self.partnership).await;
                self.keep(state, url, said).await?;
                said
            }
        };
        match said {
            EndpointSaid::Agreed { per_minute } => {
                if state.keeps_to != Some(said) {
                    greeter.keep_to(&self.partnership, per_minute);
                    state.keeps_to = Some(said);
                }
                Ok(None)
            }
            EndpointSaid::Refused | EndpointSaid::Silent => Ok(Some(Step::Held(Held::NotAgreed))),
        }
    }

    async fn keep(
        &self,
        state: &mut State,
        url: &str,
        said: EndpointSaid,
    ) -> Result<(), StepError> {
        let at = self.parts.clock.now();
        let next_at = at.plus(self.parts.schedule.asks_again_after(said));
        let mut progress = state.progress.clone();
        progress.lane.endpoint = Some(EndpointCheck { url: url.to_owned(), said, at, next_at });
        Ok(self.commit(state, progress, Vec::new()).await?)
    }
}
