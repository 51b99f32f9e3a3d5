//! One clearance, one attempt.

use sluicegate_ledger::{Cleared, Door};

fn send_twice(door: &dyn Door, cleared: Cleared) {
    drop(door.send(cleared.clone()));
    drop(door.send(cleared));
}

fn main() {}
