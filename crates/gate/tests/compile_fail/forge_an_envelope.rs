//! An envelope is made by sealing and from nowhere else.

use bytes::Bytes;
use sluicegate_gate::{DisclosureId, EditionHash, Envelope, PartnershipId, Path, time::BootMillis};

fn forge(partnership: PartnershipId, body: Bytes) -> Envelope {
    Envelope {
        partnership,
        edition: EditionHash([0; 32]),
        deadline: BootMillis(0),
        items: Vec::new(),
        body,
        message: DisclosureId(0),
        path: Path::BidRequest,
        url: None,
    }
}

fn main() {}
