//! What is expected of a run, and a leak while a path is opened.

use super::*;
use crate::memory::MemoryPaths;
use futures_util::future::BoxFuture;
use sluicegate_gate::Secret;
use sluicegate_register::Register;
use sluicegate_settings::Keyring;
use sluicegate_testkit::ManualClock;

async fn watching(store: Arc<dyn ClosedPaths>) -> Arc<Watch> {
    let keyring = Keyring::new(Secret::new([5; 16]));
    let canaries = Canaries::new(&Secret::new([6; 32]), &keyring);
    Watch::open(canaries, store, ManualClock::at(UnixMillis(1)), Duration::from_mins(1))
        .await
        .unwrap()
}

const LINKED_UNTIL: &str = "2026-06-01";

fn edition() -> Edition {
    let partner = format!(
        r#"
id = "north"
name = "Example North"
legal_name = "Example North (fictional)"
country = "USA"
privacy_url = "https://north.example/privacy"
contact = "privacy@north.example"
[[partnership]]
id = "north"
title = "A partnership"
summary = "For a test."
kind = "real_time_bidding"
via = "openrtb"
role = "controller"
purposes = ["Testing"]
categories = ["plumbing", "device_identifier"]
retention_days = 30
start = 2025-01-01
[partnership.linking]
evidence = "a file"
signed_on = 2025-01-01
expires_on = {LINKED_UNTIL}
[partnership.endpoint]
url = "https://north.example/bids"
timeout_ms = 1000
concurrency = 8
per_second = 1000
"#
    );
    let inventory =
        "[publisher]\nid = \"publisher\"\nname = \"Publisher\"\ndomain = \"publisher.example\"\n";
    let files = [("north.toml", partner.as_str()), ("inventory.toml", inventory)]
        .map(|(name, text)| (name.to_owned(), text.to_owned()));
    let published = UnixMillis(1_772_323_200_000);
    Edition::publish(Register::read(&files).unwrap(), None, published).unwrap()
}

#[tokio::test]
async fn what_nobody_may_be_told_any_more_is_missed_in_no_run() {
    let watch = watching(Arc::new(MemoryPaths::default())).await;
    let edition = edition();
    let (march, july) = (UnixMillis(1_772_323_200_000), UnixMillis(1_782_864_000_000));
    let (before, after) = (Takers::of(&edition, march), Takers::of(&edition, july));
    let blind =
        Run { at: march, seen: BTreeSet::new(), told: BTreeSet::new(), leaked: BTreeSet::new() };
    let seeing = Run { told: BTreeSet::from([Path::BidRequest]), ..blind.clone() };
    watch.ended(seeing.clone(), Some(before.clone()));
    assert_eq!(watch.unseen(&blind, &before), Some(Path::BidRequest), "a blind probe");
    assert_eq!(watch.unseen(&blind, &after), None, "the attestation ran out");
    watch.ended(seeing, None);
    watch.ended(blind.clone(), Some(after.clone()));
    assert_eq!(watch.unseen(&blind, &after), None, "what was told while that changed");
}

/// Somebody leaks while a path is opened.
#[derive(Debug, Default)]
struct Leaking {
    paths: MemoryPaths,
    watch: Mutex<Option<Arc<Watch>>>,
}

impl ClosedPaths for Leaking {
    fn closed(&self) -> BoxFuture<'_, Result<Vec<Closed>, ClosedPathsError>> {
        self.paths.closed()
    }

    fn close(&self, closed: Closed) -> BoxFuture<'_, Result<(), ClosedPathsError>> {
        self.paths.close(closed)
    }

    fn open(&self, path: Path) -> BoxFuture<'_, Result<(), ClosedPathsError>> {
        Box::pin(async move {
            self.paths.open(path).await?;
            let watch = self.watch.lock().clone();
            watch.inspect(|watch| watch.leaked(path));
            Ok(())
        })
    }
}

#[tokio::test]
async fn a_leak_while_a_path_is_opened_keeps_it_closed_also_after_a_restart() {
    let store = Arc::new(Leaking::default());
    let watch = watching(Arc::<Leaking>::clone(&store)).await;
    watch.leaked(Path::Exposures);
    watch.keep().await.unwrap();
    *store.watch.lock() = Some(Arc::clone(&watch));
    assert!(!watch.reopen(Path::Exposures).await.unwrap());
    assert!(watch.is_closed(Path::Exposures));
    watch.keep().await.unwrap();
    assert_eq!(store.closed().await.unwrap().len(), 1);
    *store.watch.lock() = None;
    assert!(watch.reopen(Path::Exposures).await.unwrap());
    assert!(!watch.is_closed(Path::Exposures));
    assert!(store.closed().await.unwrap().is_empty());
}
