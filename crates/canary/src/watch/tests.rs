//! What is expected of a run, and a leak while a path is opened.

use super::*;
use crate::memory::MemoryPaths;
use futures_util::future::BoxFuture;
use sluicegate_gate::Secret;
use sluicegate_register::Register;
use sluicegate_settings::Keyring;
use sluicegate_testkit::{ManualClock, sample::Sample};

async fn watching(store: Arc<dyn ClosedPaths>) -> Arc<Watch> {
    let keyring = Keyring::new(Secret::new([5; 16]));
    let canaries = Canaries::new(&Secret::new([6; 32]), &keyring);
    Watch::open(canaries, store, ManualClock::at(UnixMillis(1)), Duration::from_mins(1))
        .await
        .unwrap()
}

/// A bidder that may link data for a time, and a site to show its ads on.
fn edition() -> Edition {
    let bidder = Sample {
        id: "north",
        kind: "real_time_bidding",
        categories: vec!["plumbing", "device_identifier"],
        url: String::from("https://north.example/bids"),
        more: "",
    };
    let (name, text) = bidder.file();
    let bidder = (name, text.replace("2099-01-01", "2026-06-01"));
    let inventory = "[publisher]\nid = \"publisher\"\nname = \"Publisher\"\ndomain = \"publisher.example\"\n\
                     [[site]]\nid = \"news\"\nname = \"News\"\ndomain = \"news.example\"\nprivacy_policy = true\n";
    let files = [bidder, (String::from("inventory.toml"), inventory.to_owned())];
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
    let elsewhere = Run { told: BTreeSet::from([Path::Exposures]), ..blind.clone() };
    let unseen = watch.unseen(&elsewhere, &before);
    assert_eq!(unseen, Some(Path::BidRequest), "broken from the start, and told by another path");
    assert_eq!(watch.unseen(&seeing, &before), None);
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
