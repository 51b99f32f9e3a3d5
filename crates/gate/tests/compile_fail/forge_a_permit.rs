//! A permit comes out of the decision and from nowhere else.

use sluicegate_gate::{Permit, Stamp};

fn forge(stamp: Stamp, granted: Permit) -> Permit {
    Permit { stamp, ..granted }
}

fn main() {}
