//! What partners and advertisers say of an account, through the service.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use sluicegate_gate::{
    Activity, Choice, Country, ForSecurity, KeyKind, Setting, Source, SubjectKey,
    time::{BootMillis, Clock, UnixMillis},
};
use sluicegate_settings::{
    ACTIVITY_KEPT_FOR, ACTIVITY_MAX, Active, Actor, Change, Heard, LISTED_FOR_MAX, LISTS_MAX,
    ListName, ProfileWrite, Removal, Settings, memory::MemoryStore,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

#[derive(Debug)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }

    fn boot(&self) -> BootMillis {
        BootMillis(1)
    }
}

const ADA: SubjectKey = SubjectKey { kind: KeyKind::Account, hash: 1 };
const DAY: i64 = 24 * 60 * 60 * 1_000;

struct World {
    clock: Arc<Hands>,
    settings: Arc<Settings>,
}

impl World {
    async fn with(age: Option<u8>, country: &str) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(DAY)));
        let port = Arc::<Hands>::clone(&clock);
        let store = Arc::new(MemoryStore::new());
        let settings = Settings::open(store, port, Duration::from_secs(5)).await.unwrap();
        let world = Self { clock, settings };
        world.know(age, country).await;
        world
    }

    async fn know(&self, age: Option<u8>, country: &str) {
        let protection_age = age.map(|age| (Source::Declared, ForSecurity::new(age)));
        let country: Option<Country> = country.parse().ok();
        let write = ProfileWrite { country, protection_age, ..ProfileWrite::default() };
        self.settings.put_profile(ADA, write).await.unwrap();
    }

    fn pass(&self, millis: i64) -> UnixMillis {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
        self.clock.now()
    }

    async fn choose(&self, key: SubjectKey, value: Choice) {
        let change = Change {
            key,
            setting: Setting::PersonalizeAds,
            value,
            actor: Actor::Person,
            words: String::from("Share your data"),
            language: String::from("en"),
        };
        self.settings.change(change).await.unwrap();
    }

    async fn list(&self, audience: &str) {
        let now = self.pass(1);
        let heard = vec![Heard::Listed { list: list(audience), until: now.plus(LISTED_FOR_MAX) }];
        self.settings.hear(ADA, now, heard).await.unwrap();
    }

    async fn act(&self, at: UnixMillis) {
        let advertiser = "shop".parse().unwrap();
        let active = Active { advertiser, activity: Activity::Purchase, at };
        self.settings.hear(ADA, self.clock.now(), vec![Heard::Active(active)]).await.unwrap();
    }

    fn lists(&self) -> usize {
        let said = self.settings.elsewhere(ADA);
        said.map_or(0, |said| said.lists(self.clock.now()).count())
    }

    fn activity(&self) -> usize {
        let said = self.settings.elsewhere(ADA);
        said.map_or(0, |said| said.activity(self.clock.now()).count())
    }
}

fn list(audience: &str) -> ListName {
    ListName { partnership: "north".parse().unwrap(), audience: audience.parse().unwrap() }
}

#[tokio::test]
async fn nothing_is_kept_of_minors_of_unknown_ages_and_where_the_default_is_off() {
    for (age, country, kept) in
        [(Some(18), "USA", 1), (Some(17), "USA", 0), (None, "USA", 0), (Some(30), "BRA", 0)]
    {
        let world = World::with(age, country).await;
        world.list("runners").await;
        assert_eq!(world.lists(), kept, "{age:?} {country}");
    }
}

#[tokio::test]
async fn a_lower_age_and_a_stricter_country_empty_what_was_kept() {
    for (age, country) in [(Some(16), "USA"), (Some(30), "BRA")] {
        let world = World::with(Some(30), "USA").await;
        world.list("runners").await;
        world.act(world.clock.now()).await;
        assert_eq!((world.lists(), world.activity()), (1, 1));
        world.know(age, country).await;
        assert_eq!((world.lists(), world.activity()), (0, 0), "{country}");
        world.know(age, "USA").await;
        assert_eq!((world.lists(), world.activity()), (0, 0), "{country}");
    }
}

#[tokio::test]
async fn what_happened_while_the_setting_was_off_is_dropped_whenever_it_is_said() {
    let world = World::with(Some(30), "USA").await;
    world.choose(ADA, Choice::Off).await;
    let while_off = world.pass(1);
    world.pass(1);
    world.choose(ADA, Choice::On).await;
    world.pass(1);
    world.act(while_off).await;
    assert_eq!(world.activity(), 0);
    world.act(world.clock.now()).await;
    assert_eq!(world.activity(), 1);
}

#[tokio::test]
async fn what_happened_before_the_person_was_known_to_be_an_adult_is_dropped_whenever_it_is_said() {
    for age in [None, Some(17)] {
        let world = World::with(age, "USA").await;
        let before = world.pass(1);
        world.pass(1);
        world.know(Some(18), "USA").await;
        world.pass(1);
        world.act(before).await;
        let heard =
            vec![Heard::Listed { list: list("runners"), until: before.plus(LISTED_FOR_MAX) }];
        world.settings.hear(ADA, before, heard).await.unwrap();
        assert_eq!((world.lists(), world.activity()), (0, 0), "{age:?}");
        world.act(world.clock.now()).await;
        assert_eq!(world.activity(), 1);
    }
}

#[tokio::test]
async fn a_device_that_is_off_empties_nothing_of_the_account() {
    let world = World::with(Some(30), "USA").await;
    world.list("runners").await;
    world.choose(SubjectKey { kind: KeyKind::Device, hash: 9 }, Choice::Off).await;
    assert_eq!(world.lists(), 1);
}

#[tokio::test]
async fn what_runs_out_is_gone_at_once_and_forgotten_without_being_asked_for() {
    let world = World::with(Some(30), "USA").await;
    let now = world.pass(1);
    let heard = vec![Heard::Listed { list: list("runners"), until: UnixMillis(now.0 + 10) }];
    world.settings.hear(ADA, now, heard).await.unwrap();
    world.act(now).await;
    assert_eq!((world.lists(), world.activity()), (1, 1));
    assert_eq!(world.settings.members(&list("runners")), 1);
    world.pass(10);
    assert_eq!((world.lists(), world.activity()), (0, 1));
    assert_eq!(world.settings.members(&list("runners")), 0);
    assert_eq!(world.settings.forget_stale(10).await.unwrap(), 1);
    assert_eq!(world.settings.members(&list("runners")), 0);
    world.pass(i64::try_from(ACTIVITY_KEPT_FOR.as_millis()).unwrap());
    assert_eq!(world.activity(), 0);
    assert_eq!(world.settings.forget_stale(10).await.unwrap(), 1);
    assert!(world.settings.elsewhere(ADA).is_none());
    assert_eq!(world.settings.forget_stale(10).await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_is_listed_again_after_a_break_is_on_the_list_since_then() {
    let world = World::with(Some(30), "USA").await;
    let listed_for_ten = async || {
        let now = world.clock.now();
        let heard = vec![Heard::Listed { list: list("runners"), until: UnixMillis(now.0 + 10) }];
        world.settings.hear(ADA, now, heard).await.unwrap();
        let said = world.settings.elsewhere(ADA).unwrap();
        said.lists(now).map(|listed| listed.since).next()
    };
    let first = world.pass(1);
    assert_eq!(listed_for_ten().await, Some(first));
    world.pass(9);
    assert_eq!(listed_for_ten().await, Some(first), "without a break");
    let again = world.pass(10);
    assert_eq!(listed_for_ten().await, Some(again), "nobody forgot the first stay yet");
}

#[tokio::test]
async fn removing_one_or_all_holds_against_everything_said_later() {
    let world = World::with(Some(30), "USA").await;
    world.list("runners").await;
    world.list("cooks").await;
    world.act(world.clock.now()).await;
    let remove = async |removal| {
        world.settings.remove(ADA, removal, String::from("shown")).await.unwrap();
    };
    remove(Removal::List(list("runners"))).await;
    world.list("runners").await;
    assert_eq!((world.lists(), world.activity()), (1, 1));
    remove(Removal::Everything).await;
    world.list("cooks").await;
    world.act(world.clock.now()).await;
    assert_eq!((world.lists(), world.activity()), (0, 0));
    world.choose(ADA, Choice::Off).await;
    world.choose(ADA, Choice::On).await;
    for audience in ["runners", "cooks"] {
        world.list(audience).await;
    }
    assert_eq!(world.lists(), 0, "off and on again is no way around it");
    world.list("gardeners").await;
    assert_eq!(world.lists(), 1);
}

#[tokio::test]
async fn what_is_kept_of_one_account_is_bounded() {
    let world = World::with(Some(30), "USA").await;
    for number in 0..=LISTS_MAX {
        world.list(&format!("list-{number}")).await;
    }
    assert_eq!(world.lists(), LISTS_MAX);
    let now = world.clock.now();
    for number in 0..=ACTIVITY_MAX {
        let advertiser = format!("shop-{number}").parse().unwrap();
        let at = UnixMillis(now.0 - i64::try_from(number).unwrap());
        let active = Active { advertiser, activity: Activity::Visit, at };
        world.settings.hear(ADA, now, vec![Heard::Active(active)]).await.unwrap();
    }
    assert_eq!(world.activity(), ACTIVITY_MAX);
}

/// Things said, in any order, with the setting turned in between.
#[derive(Clone, Copy, Debug)]
enum Step {
    List(u8),
    Unlist(u8),
    Remove(u8),
    Turn(Choice),
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3_u8).prop_map(Step::List),
        1 => (0..3_u8).prop_map(Step::Unlist),
        1 => (0..3_u8).prop_map(Step::Remove),
        2 => prop_oneof![Just(Choice::On), Just(Choice::Off)].prop_map(Step::Turn),
        1 => (1..100 * DAY).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn after_any_steps_what_is_kept_is_what_a_list_of_rules_says(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::with(Some(30), "USA").await;
            let mut on = true;
            let mut listed: [Option<UnixMillis>; 3] = [None; 3];
            let mut removed = [false; 3];
            for step in steps {
                match step {
                    Step::List(which) => {
                        world.list(&format!("list-{which}")).await;
                        let place = usize::from(which);
                        if on && !removed[place] {
                            listed[place] = Some(world.clock.now().plus(LISTED_FOR_MAX));
                        }
                    }
                    Step::Unlist(which) => {
                        let heard = vec![Heard::Unlisted(list(&format!("list-{which}")))];
                        world.settings.hear(ADA, world.clock.now(), heard).await.unwrap();
                        listed[usize::from(which)] = None;
                    }
                    Step::Remove(which) => {
                        let removal = Removal::List(list(&format!("list-{which}")));
                        world.settings.remove(ADA, removal, String::new()).await.unwrap();
                        listed[usize::from(which)] = None;
                        removed[usize::from(which)] = true;
                    }
                    Step::Turn(value) => {
                        world.choose(ADA, value).await;
                        on = value == Choice::On;
                        if !on {
                            listed = [None; 3];
                        }
                    }
                    Step::Pass(millis) => {
                        world.pass(millis);
                    }
                }
                let now = world.clock.now();
                let expected = listed.iter().flatten().filter(|until| now < **until).count();
                assert_eq!(world.lists(), expected, "{step:?}");
            }
        });
    }
}
