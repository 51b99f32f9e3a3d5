//! The advertising id cannot be set with the grant for coarse device data.

use sluicegate_gate::{Grants, Personal};
use sluicegate_openrtb::write::OutRequest;

fn set<'b>(out: &mut OutRequest<'b>, grants: Grants<'b>, ifa: &Personal<String>) {
    let Some(grant) = grants.coarse_device() else { return };
    out.device().ifa(grant, ifa, None);
}

fn main() {}
