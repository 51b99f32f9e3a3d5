//! What does not read is said to be missing, and takes no switch away.

use super::*;
use sluicegate_gate::{Choice, Setting};
use sluicegate_recall::memory::MemoryRecalls;
use sluicegate_settings::{Actor, Change, memory::MemoryStore};

const DAMAGED: &str = "Some of your history is missing here";

/// The pages over a store whose history can be damaged.
async fn world() -> (World, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let world = World::new().await;
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&world.clock);
    let same: Arc<MemoryStore> = Arc::clone(&store);
    let settings = Settings::open(same, clock, Duration::from_secs(5)).await.unwrap();
    let state = PagesState { settings, ..world.state.clone() };
    (World { router: router(Pages::new(state.clone())), state, ..world }, store)
}

async fn choose(world: &World, key: SubjectKey, value: Choice) {
    let change = Change {
        key,
        setting: Setting::Sharing,
        value,
        actor: Actor::Person,
        words: String::from("Sharing"),
        language: String::from("en"),
    };
    world.state.settings.change(change).await.unwrap();
}

#[tokio::test]
async fn a_change_that_does_not_read_takes_no_switch_away() {
    let (world, store) = world().await;
    let account = world.account();
    choose(&world, account, Choice::On).await;
    store.damage(Some(account), None);
    let cookie = world.sign_in().await;
    let page = world.get("/settings", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.words().contains(DAMAGED) && page.words().contains("Sharing is on"));
    let form = format!("csrf={}&setting=sharing&choice=off", page.csrf());
    assert_eq!(world.post("/settings", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    let standing = world.state.settings.standing(account);
    assert_eq!(standing.choice(Setting::Sharing), Some(Choice::Off));
    let history = world.get("/settings/history", &cookie).await;
    assert_eq!(history.status, StatusCode::OK);
    assert!(history.words().contains(DAMAGED) && !history.words().contains("Nothing was ever"));
}

#[tokio::test]
async fn a_change_in_a_browser_that_does_not_read_takes_no_switch_away() {
    let (world, store) = world().await;
    let looked = world.get("/device", "").await;
    let form = format!("csrf={}&setting=sharing&choice=on", looked.csrf());
    let browser = world.post("/device", &looked.cookie(), &form).await.cookie();
    let number = browser.strip_prefix("sluicegate-browser=").unwrap();
    store.damage(Some(world.state.keyring.browser(number)), None);
    let page = world.get("/device", &browser).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.words().contains(DAMAGED) && page.words().contains("Turn sharing off"));
}

#[tokio::test]
async fn what_partners_owe_may_not_read_and_the_switches_are_there() {
    let (world, _store) = world().await;
    let recalls = Arc::new(MemoryRecalls::default());
    recalls.damage_standing(world.account());
    let state = PagesState { recalls, ..world.state.clone() };
    let world = World { router: router(Pages::new(state.clone())), state, ..world };
    let cookie = world.sign_in().await;
    let page = world.get("/settings", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.words().contains("cannot be read at the moment"), "{}", page.text);
    assert!(page.words().contains("Turn sharing on"));
}
