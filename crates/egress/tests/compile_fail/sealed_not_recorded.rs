//! What is sealed but not recorded cannot be sent.

use sluicegate_egress::Egress;
use sluicegate_gate::Envelope;
use sluicegate_ledger::Door;

async fn send(egress: &Egress, envelope: Envelope) {
    egress.send(envelope).await.unwrap();
}

fn main() {}
