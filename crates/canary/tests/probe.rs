//! A probe that does not run, does not end or sees nothing is an alarm, and never a run that ended well.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use futures_util::future::{BoxFuture, pending, ready};
use sha2::Digest;
use sluicegate_canary::{
    BlindDoor, Canaries, Probe, ProbeParts, Walk, WalkFailed, Watch, countries, memory::MemoryPaths,
};
use sluicegate_gate::{
    Country, Path, Secret,
    time::{Clock, UnixMillis},
};
use sluicegate_register::{Current, Edition, Register};
use sluicegate_settings::{Keyring, Settings, memory::MemoryStore};
use sluicegate_testkit::{ManualClock, sample::Sample};
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_mins(1);
/// Three times the interval, and what a run may take beside.
const PATIENCE: Duration = Duration::from_secs(3 * 60 + 10);
const TIME_MAX: Duration = Duration::from_secs(5);
/// 2026-03-01.
const START: UnixMillis = UnixMillis(1_772_323_200_000);

/// How a walk ends. In none of them does the twin that has everything on come to the door.
#[derive(Clone, Copy, Debug)]
enum Ends {
    Well,
    Badly,
    Never,
}

impl Walk for Ends {
    fn walk(&self, _door: Arc<BlindDoor>) -> BoxFuture<'_, Result<(), WalkFailed>> {
        match self {
            Self::Well => Box::pin(ready(Ok(()))),
            Self::Badly => {
                let failed = WalkFailed { at: "an auction", cause: "no answer".into() };
                Box::pin(ready(Err(failed)))
            }
            Self::Never => Box::pin(pending()),
        }
    }
}

/// Another edition comes while it walks.
#[derive(Debug)]
struct MeetsAnother {
    current: Arc<Current>,
    next: Arc<Edition>,
}

impl Walk for MeetsAnother {
    fn walk(&self, door: Arc<BlindDoor>) -> BoxFuture<'_, Result<(), WalkFailed>> {
        let hash = || door.current().load().map(|edition| edition.hash());
        let before = hash();
        self.current.replace(Arc::clone(&self.next));
        assert_eq!(hash(), before, "it goes on under the one that it began with");
        Box::pin(ready(Ok(())))
    }
}

struct World {
    clock: Arc<ManualClock>,
    watch: Arc<Watch>,
    settings: Arc<Settings>,
    current: Arc<Current>,
}

impl World {
    /// Without an edition there is nobody to tell, and so nothing to see.
    async fn new() -> Self {
        let clock = ManualClock::at(START);
        let clocks = || -> Arc<dyn Clock> { Arc::<ManualClock>::clone(&clock) };
        let keyring = Keyring::new(Secret::new([5; 16]));
        let canaries = Canaries::new(&Secret::new([6; 32]), &keyring);
        let store = Arc::new(MemoryPaths::default());
        let watch = Watch::open(canaries, store, clocks(), EVERY).await.unwrap();
        let choices = Arc::new(MemoryStore::new());
        let settings = Settings::open(choices, clocks(), Duration::from_secs(5)).await.unwrap();
        Self { clock, watch, settings, current: Arc::new(Current::new()) }
    }

    fn list_a_partner(&self) {
        self.list_a_partner_that_serves("");
    }

    fn list_a_partner_that_serves(&self, countries: &str) {
        self.current.replace(Self::edition_with_a_partner(countries));
    }

    fn edition_with_a_partner(countries: &str) -> Arc<Edition> {
        let bidder = Sample {
            id: "north",
            kind: "real_time_bidding",
            categories: vec!["plumbing", "device_identifier"],
            url: String::from("https://north.example/bids"),
            more: countries,
        };
        let inventory = "[publisher]\nid = \"publisher\"\nname = \"Publisher\"\ndomain = \"publisher.example\"\n";
        let files = [bidder.file(), (String::from("inventory.toml"), inventory.to_owned())];
        Arc::new(Edition::publish(Register::read(&files).unwrap(), None, START).unwrap())
    }

    async fn run(&self, walk: impl Walk + 'static) -> bool {
        let probe = Probe::new(ProbeParts {
            watch: Arc::clone(&self.watch),
            walk: Arc::new(walk),
            settings: Arc::clone(&self.settings),
            current: Arc::clone(&self.current),
            clock: Arc::<ManualClock>::clone(&self.clock),
            time_max: TIME_MAX,
        });
        probe.run().await
    }

    fn is_overdue(&self) -> bool {
        self.watch.look();
        self.watch.standing().overdue
    }
}

#[tokio::test]
async fn a_probe_that_does_not_run_in_time_is_an_alarm_until_a_run_ends_well() {
    let world = World::new().await;
    world.clock.advance(PATIENCE);
    assert!(!world.is_overdue(), "not a moment too early");
    world.clock.advance(Duration::from_millis(1));
    assert!(world.is_overdue(), "none ever ran");
    assert!(world.run(Ends::Well).await);
    assert!(!world.is_overdue());
    assert_eq!(world.watch.standing().last_run, Some(world.clock.now()));
    world.clock.advance(PATIENCE + Duration::from_millis(1));
    assert!(world.is_overdue(), "it stopped");
}

#[tokio::test(start_paused = true)]
async fn runs_that_fail_or_never_end_do_not_put_the_alarm_off() {
    let world = World::new().await;
    for (ends, failures) in [(Ends::Badly, 1), (Ends::Never, 2)] {
        world.clock.advance(EVERY * 2);
        assert!(!world.run(ends).await, "{ends:?}");
        let standing = world.watch.standing();
        assert_eq!((standing.runs, standing.failures), (0, failures), "{ends:?}");
    }
    assert!(world.is_overdue(), "they ran, and none ended well");
}

#[tokio::test]
async fn a_run_in_which_the_twin_that_said_yes_is_not_seen_is_void() {
    let world = World::new().await;
    assert!(world.run(Ends::Well).await, "nobody is listed, and so nobody is to be seen");
    world.list_a_partner();
    let before = world.watch.standing();
    world.clock.advance(PATIENCE + Duration::from_millis(1));
    assert!(!world.run(Ends::Well).await, "a blind probe proves nothing");
    let after = world.watch.standing();
    assert_eq!((after.runs, after.failures), (before.runs, before.failures + 1));
    assert_eq!(after.last_run, before.last_run);
    assert!(world.is_overdue(), "and nothing proves that choices hold");
    let is_open = Path::ALL.into_iter().all(|path| !world.watch.is_closed(path));
    assert!(is_open, "it closes nothing: nobody was harmed");
}

#[tokio::test]
async fn a_run_that_meets_another_edition_is_judged_by_the_one_that_it_began_with() {
    let world = World::new().await;
    let current = Arc::clone(&world.current);
    let next = World::edition_with_a_partner("");
    let walk = MeetsAnother { current, next };
    assert!(world.run(walk).await, "nobody was listed, and so nobody was to be seen");
    assert!(!world.run(Ends::Well).await, "the next run begins with the new one");
}

#[tokio::test]
async fn canaries_speak_from_where_a_choice_must_be_on_first_too() {
    for (served, from) in [
        ("", ["BRA", "DEU", "USA"].as_slice()),
        ("countries = [\"USA\", \"CAN\"]", &["CAN", "USA"]),
        ("countries = [\"FRA\", \"DEU\", \"BRA\"]", &["BRA", "FRA"]),
        ("countries = [\"ISL\"]", &["ISL"]),
        ("countries = [\"USA\"]", &["USA"]),
    ] {
        let world = World::new().await;
        world.list_a_partner_that_serves(served);
        let edition = world.current.load().unwrap();
        let countries = countries(&edition, START);
        let found: Vec<&str> = countries.iter().map(Country::alpha3).collect();
        assert_eq!(found, from, "{served}");
    }
}

#[tokio::test]
async fn a_partner_that_serves_only_where_a_choice_must_be_on_first_is_expected_to_be_told() {
    let world = World::new().await;
    world.list_a_partner_that_serves("countries = [\"BRA\"]");
    assert!(!world.run(Ends::Well).await, "nobody was seen");
}

#[test]
fn what_gives_a_canary_away_is_found_as_it_is_and_hashed_as_the_field_does() {
    let keyring = Keyring::new(Secret::new([5; 16]));
    let canaries = Canaries::new(&Secret::new([6; 32]), &keyring);
    let off = &canaries.off;
    let upper = off.device.to_ascii_uppercase();
    let bare = off.device.replace('-', "");
    for text in [&off.account, &off.device, &off.browser, &off.address, &off.marker, &upper, &bare]
    {
        let md5 = hex::encode(md5::Md5::digest(text));
        let sha1 = hex::encode(sha1::Sha1::digest(text));
        let sha256 = hex::encode(sha2::Sha256::digest(text));
        for form in [text.clone(), md5, sha1.to_ascii_uppercase(), sha256] {
            let body = format!("{{\"x\":\"{form}\"}}");
            assert!(off.is_in(body.as_bytes()), "{form}");
            assert!(!canaries.on.is_in(body.as_bytes()), "{form}");
        }
    }
}
