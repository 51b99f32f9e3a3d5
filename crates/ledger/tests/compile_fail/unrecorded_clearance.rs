//! Only the ledger says that something is recorded.

use sluicegate_gate::Envelope;
use sluicegate_ledger::Cleared;
use std::sync::Arc;

fn claim(envelope: Arc<Envelope>) -> Cleared {
    Cleared::recorded(envelope)
}

fn main() {}
