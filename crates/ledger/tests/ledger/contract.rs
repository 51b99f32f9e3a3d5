//! The store in memory keeps the contract of the port.

use sluicegate_ledger::{conformance, memory::MemoryStore};

#[tokio::test]
async fn the_store_in_memory_keeps_the_contract() {
    conformance::check(&MemoryStore::default()).await.unwrap();
}
