//! What was not recorded cannot be sent.

use sluicegate_gate::Envelope;
use sluicegate_ledger::Door;

fn send(door: &dyn Door, envelope: Envelope) {
    drop(door.send(envelope));
}

fn main() {}
