//! The advertising id cannot be set without a grant.

use sluicegate_gate::Personal;
use sluicegate_openrtb::write::OutRequest;

fn set(out: &mut OutRequest<'_>, ifa: &Personal<String>) {
    out.device().ifa(ifa, None);
}

fn main() {}
