//! The turn to make a connection.

use crate::idle::{Idle, Stream};
use std::{fmt, sync::Arc};

/// Leave to make one connection. Dropped, it goes to the message that has waited longest.
pub(crate) struct Turn<S: Stream>(Arc<Idle<S>>);

impl<S: Stream> Turn<S> {
    pub(crate) fn of(idle: &Arc<Idle<S>>) -> Self {
        Self(Arc::clone(idle))
    }
}

impl<S: Stream> Drop for Turn<S> {
    fn drop(&mut self) {
        self.0.pass_on();
    }
}

impl<S: Stream> fmt::Debug for Turn<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Turn")
    }
}
