//! The advertising id cannot be set without a grant.

use sluicegate_openrtb::write::{OutRequest, Shared};

fn set(out: &mut OutRequest<'_>, shared: &Shared<'_>) {
    out.device().identifying(shared);
}

fn main() {}
