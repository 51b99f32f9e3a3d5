//! An envelope is made by sealing only.

use bytes::Bytes;
use sluicegate_gate::{DisclosureId, EditionHash, Envelope, PartnershipId, Path, time::BootMillis};

fn forge(partnership: PartnershipId) -> Envelope {
    Envelope {
        partnership,
        edition: EditionHash([0; 32]),
        deadline: BootMillis(u64::MAX),
        items: Vec::new(),
        body: Bytes::new(),
        message: DisclosureId(0),
        path: Path::BidRequest,
        url: None,
    }
}

fn main() {}
