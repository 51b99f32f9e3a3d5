//! The grant of one permit does not open a request that is built under another.

use sluicegate_gate::Grants;
use sluicegate_openrtb::write::{OutRequest, Shared};

fn set<'a, 'b>(out: &mut OutRequest<'b>, other: Grants<'a>, shared: &Shared<'_>) {
    let Some(grant) = other.device_identifier() else { return };
    out.device().identifying(grant, shared);
}

fn main() {}
