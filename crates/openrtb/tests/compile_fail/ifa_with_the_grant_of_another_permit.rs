//! The grant of one permit does not open a request that is built under another.

use sluicegate_gate::{Grants, Personal};
use sluicegate_openrtb::write::OutRequest;

fn set<'a, 'b>(out: &mut OutRequest<'b>, other: Grants<'a>, ifa: &Personal<String>) {
    let Some(grant) = other.device_identifier() else { return };
    out.device().ifa(grant, ifa, None);
}

fn main() {}
