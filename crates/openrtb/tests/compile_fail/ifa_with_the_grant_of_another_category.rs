//! The advertising id cannot be set with the grant for coarse device data.

use sluicegate_gate::Grants;
use sluicegate_openrtb::write::{OutRequest, Shared};

fn set<'b>(out: &mut OutRequest<'b>, grants: Grants<'b>, shared: &Shared<'_>) {
    let Some(grant) = grants.coarse_device() else { return };
    out.device().identifying(grant, shared);
}

fn main() {}
