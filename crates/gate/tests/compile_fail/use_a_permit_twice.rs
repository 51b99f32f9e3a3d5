//! A permit is for one attempt: it cannot be copied, and sealing consumes it.

use sluicegate_gate::Permit;

fn twice(permit: Permit) -> (Permit, Permit) {
    (permit.clone(), permit)
}

fn main() {}
