//! The edition in force.

use crate::Edition;
use arc_swap::ArcSwapOption;
use std::sync::Arc;

/// The edition in force. Readers never wait for a writer; without an edition nothing may leave.
#[derive(Debug, Default)]
pub struct Current(ArcSwapOption<Edition>);

impl Current {
    /// Returns a holder without an edition.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the edition in force. One decision uses what one call returned throughout.
    pub fn load(&self) -> Option<Arc<Edition>> {
        self.0.load_full()
    }

    /// Puts an edition in force from the next [`Self::load`] on.
    pub fn replace(&self, edition: Arc<Edition>) {
        self.0.store(Some(edition));
    }
}
