//! Answers to partners' own calls: what was recorded, asked about once more when its first byte goes.

use crate::{
    Egress,
    body::{LastLook, OutgoingBody},
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sluicegate_canary::Scope;
use sluicegate_gate::Path;
use sluicegate_ledger::{Cleared, SendError};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// The body of an answer. If it is no longer in force when its first byte is about to go, it fails, and
/// the connection breaks off with no byte of it.
#[derive(Debug)]
pub struct AnswerBody(OutgoingBody);

impl Egress {
    /// Returns what answers a partner's own call, unless it is no longer in force. What is to be sent
    /// elsewhere answers nobody.
    pub fn answer(&self, cleared: Cleared) -> Result<AnswerBody, SendError> {
        if cleared.path() != Path::Touches {
            return Err(SendError::NoEndpoint);
        }
        let edition = self.parts().current.load();
        let scope = Scope::of(edition.as_deref(), cleared.partnership());
        if !self.parts().watch.lets_out(&cleared, scope) {
            return Err(SendError::PathClosed);
        }
        let body = cleared.body().clone();
        let look = LastLook::new(self.parts(), cleared);
        look.ask()?;
        Ok(AnswerBody(OutgoingBody::new(body, Arc::new(look))))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = SendError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SendError>>> {
        let body = Pin::new(&mut self.0);
        body.poll_frame(context).map(|frame| frame.map(|frame| frame.map_err(SendError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
