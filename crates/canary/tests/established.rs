//! The canaries get their choices once: that some were lost is for the next run to find.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use sluicegate_canary::{Canaries, Canary, Established, memory::MemoryEstablished};
use sluicegate_gate::{Choice, Secret, Setting, time::UnixMillis};
use sluicegate_settings::{Keyring, Settings, memory::MemoryStore};
use sluicegate_testkit::ManualClock;
use std::{sync::Arc, time::Duration};

fn canaries() -> Canaries {
    Canaries::new(&Secret::new([6; 32]), &Keyring::new(Secret::new([5; 16])))
}

/// Settings in which nobody has chosen anything.
async fn untouched() -> Arc<Settings> {
    let clock = ManualClock::at(UnixMillis(1_772_323_200_000));
    let store = Arc::new(MemoryStore::new());
    Settings::open(store, clock, Duration::from_secs(5)).await.unwrap()
}

fn choices(settings: &Settings, canary: &Canary) -> Vec<Option<Choice>> {
    let choices = |key| Setting::ALL.map(|setting| settings.standing(key).choice(setting));
    canary.keys.into_iter().flat_map(choices).collect()
}

fn are_all(settings: &Settings, canary: &Canary, choice: Option<Choice>) -> bool {
    choices(settings, canary).into_iter().all(|one| one == choice)
}

#[tokio::test]
async fn choices_that_were_lost_over_a_restart_stay_lost_until_an_operator_gives_them_back() {
    let (canaries, kept) = (canaries(), MemoryEstablished::default());
    let settings = untouched().await;
    canaries.establish(&settings, &kept).await.unwrap();
    assert!(are_all(&settings, &canaries.off, Some(Choice::Off)));
    assert!(are_all(&settings, &canaries.on, Some(Choice::On)));
    assert!(are_all(&settings, &canaries.unasked, None));
    // The store of the choices came back empty.
    let settings = untouched().await;
    canaries.establish(&settings, &kept).await.unwrap();
    for canary in [&canaries.off, &canaries.on, &canaries.unasked] {
        assert!(are_all(&settings, canary, None), "a run finds it");
    }
    canaries.establish_again(&settings).await.unwrap();
    assert!(are_all(&settings, &canaries.off, Some(Choice::Off)));
    assert!(are_all(&settings, &canaries.on, Some(Choice::On)));
    assert!(are_all(&settings, &canaries.unasked, None));
}

#[tokio::test]
async fn an_installation_from_before_and_one_that_was_cut_off_get_what_is_missing_once() {
    let (canaries, settings) = (canaries(), untouched().await);
    canaries.establish(&settings, &MemoryEstablished::default()).await.unwrap();
    let [account, device, browser] = canaries.off.keys;
    let before = settings.standing(account);
    let kept = MemoryEstablished::default();
    canaries.establish(&settings, &kept).await.unwrap();
    assert_eq!(settings.standing(account), before, "what is there stays");
    assert_eq!(kept.established().await.unwrap().len(), 6, "and is noted");
    // A version that knew fewer of them: only those that are new get theirs.
    let (settings, kept) = (untouched().await, MemoryEstablished::default());
    kept.establish(vec![account, device]).await.unwrap();
    canaries.establish(&settings, &kept).await.unwrap();
    assert_eq!(settings.standing(account).choice(Setting::Sharing), None);
    assert_eq!(settings.standing(device).choice(Setting::Sharing), None);
    assert_eq!(settings.standing(browser).choice(Setting::Sharing), Some(Choice::Off));
    assert!(are_all(&settings, &canaries.on, Some(Choice::On)));
}
