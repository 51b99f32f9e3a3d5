//! The store in memory keeps the promises of the port.

use sluicegate_settings::{conformance, memory::MemoryStore};
use std::sync::Arc;

#[tokio::test]
async fn the_store_in_memory_conforms() {
    for case in conformance::CASES {
        case.run(Arc::new(MemoryStore::new())).await.expect(case.promise);
    }
}

#[tokio::test]
async fn the_store_in_memory_counts_what_became_of_choices() {
    conformance::effects_add_up(&MemoryStore::new()).await.expect("the contract");
}

#[tokio::test]
async fn the_store_in_memory_keeps_how_long_changes_took() {
    conformance::history_has_times(&MemoryStore::new()).await.expect("the contract");
}
