//! Notices: urls that a partner gave, called by the gateway. There is no body and no field for a
//! person.

use bytes::Bytes;
use sluicegate_gate::{DisclosureId, EncodeError, NoPerson, Path};
use std::fmt;

/// What a notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// The bid won.
    Win,
    /// The ad was shown and is billable.
    Billing,
    /// The bid lost.
    Loss,
}

/// A notice to the partner that bid.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    disclosure: DisclosureId,
    kind: NoticeKind,
    url: String,
}

impl Notice {
    /// Makes a notice of the partner's url, its macros already replaced.
    pub fn new(disclosure: DisclosureId, kind: NoticeKind, url: String) -> Self {
        Self { disclosure, kind, url }
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Notice")
            .field("disclosure", &self.disclosure)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl NoPerson for Notice {
    fn disclosure(&self) -> DisclosureId {
        self.disclosure
    }

    fn path(&self) -> Path {
        match self.kind {
            NoticeKind::Win => Path::WinNotice,
            NoticeKind::Billing => Path::BillingNotice,
            NoticeKind::Loss => Path::LossNotice,
        }
    }

    fn url(&self) -> Option<String> {
        Some(self.url.clone())
    }

    fn encode(&self) -> Result<Bytes, EncodeError> {
        Ok(Bytes::new())
    }
}
