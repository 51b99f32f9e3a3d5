//! What an advertiser is told of its ads.

use crate::world::{GAUGE, METER, World, id};
use serde_json::{Value, json};
use sluicegate_gate::{Choice, Setting, SubjectKey, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    PeopleOff,
    cost::MemoryCosts,
    lookup::{
        AMOUNT_MAX, Conversions as _, Count, CountKey, Counting, CountsOf, MemoryConversions,
        Shelved,
    },
    report::{Budget, LINES_MAX, Releases, Report, ReportError, ReportParts, Reports},
};
use sluicegate_settings::{Actor, Change};
use std::{sync::Arc, time::Duration};

const DAY: Duration = Duration::from_hours(24);

impl World {
    pub(crate) fn reports(&self, people_off: PeopleOff) -> Reports {
        self.reports_with(people_off, Budget::default())
    }

    pub(crate) fn reports_with(&self, people_off: PeopleOff, budget: Budget) -> Reports {
        Reports::new(ReportParts {
            conversions: Arc::<MemoryConversions>::clone(&self.conversions),
            costs: Arc::<MemoryCosts>::clone(&self.costs),
            releases: Arc::<MemoryConversions>::clone(&self.conversions),
            clock: Arc::<crate::world::Hands>::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            people_off,
            budget,
        })
    }

    pub(crate) fn today(&self) -> Day {
        Day::of(sluicegate_gate::time::Clock::now(self.clock.as_ref()))
    }

    pub(crate) async fn advertisers_report(&self, reports: &Reports) -> Report {
        let edition = self.current.load().unwrap();
        let advertiser = edition.advertiser(&"demo-running-shoes".parse().unwrap()).unwrap();
        let today = self.today();
        reports.report(advertiser, Day(today.0 - 9), today, None).await.unwrap()
    }

    /// A person clicks, and installs an hour later.
    pub(crate) async fn clicks_and_installs(&self, person: u32) {
        let mut exposure = self.exposure(person, person);
        exposure["interaction_type"] = json!("click");
        exposure["campaign_id"] = json!("c_short");
        self.accept(&[exposure]).await;
        while let Shelved::Read(_) = self.shelf.step().await.unwrap() {}
        self.pass(Duration::from_hours(1)).await;
        let now: UnixMillis = sluicegate_gate::time::Clock::now(self.clock.as_ref());
        let ifa = format!("38400000-8cf0-11bd-b23e-{person:012}");
        let install = json!({
            "data_set_id": "shoes", "id": format!("i-{person}"), "timestamp": now.0 / 1_000,
            "event_type": "install", "value": "1.50", "currency_code": "EUR",
            "user_data": { "device_id_hash": self.keys.partner(&id(METER)).device_id(&ifa) },
            "properties": { "app_id": "com.example.runningshoes" },
        });
        let body = install.to_string();
        let accepted = self.lookup.accept(&id(METER), body.as_bytes()).await.unwrap();
        self.lookup.answer(&accepted).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_told_is_counted_exactly_by_campaign_and_ad() {
    let world = World::new().await;
    for person in [1, 2] {
        world.clicks_and_installs(person).await;
    }
    let report = world.advertisers_report(&world.reports(PeopleOff::Excluded)).await;
    let [line] = report.lines.as_slice() else { panic!("{report:?}") };
    assert_eq!((line.campaign_name.as_str(), line.creative_id.as_str()), ("Short windows", "cr_7"));
    assert_eq!((line.os.as_str(), line.country.as_str()), ("android", "USA"));
    let of = |column| line.count(column);
    assert_eq!((of("clicks"), of("installs_click"), of("installs_total")), (2, 2, 2));
    assert_eq!(line.conversion_rate.as_deref(), Some("100.00"));
    assert_eq!(line.revenue_micros["EUR"], 3_000_000);
    assert!(report.totals.is_empty() && report.privacy.is_none());
    let csv = report.csv();
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].starts_with("date,app_id,os,country,media_source,campaign_id"), "{csv}");
    assert!(rows[0].contains(",creative_id,window,impressions,"), "{csv}");
    assert!(rows[1].contains(",cr_7,1d/2h/1h,"), "{csv}");
    assert!(rows[1].contains(",3.000000,,,,exact,,false,"), "{csv}");
    let columns = |row: &str| row.split(',').count();
    assert_eq!(columns(rows[0]), columns(rows[1]));
}

#[tokio::test]
async fn revenue_is_shared_among_those_who_used_the_app_that_day() {
    let world = World::new().await;
    for person in [1, 2] {
        world.clicks_and_installs(person).await;
    }
    let now = sluicegate_gate::time::Clock::now(world.clock.as_ref()).0 / 1_000;
    for (number, person, value) in [(1, 1, "4"), (2, 1, "2"), (3, 2, "0.5")] {
        let ifa = format!("38400000-8cf0-11bd-b23e-{person:012}");
        let event = json!({
            "data_set_id": "adv_42:running", "id": format!("event_{number}"),
            "timestamp": now, "event_type": "purchase", "value": value, "currency_code": "USD",
            "user_data": { "device_id_hash": world.keys.partner(&id(METER)).device_id(&ifa) },
            "properties": { "app_id": "com.example.runningshoes" },
        });
        world.lookup.events(&id(METER), event.to_string().as_bytes()).await.unwrap();
    }
    let report = world.advertisers_report(&world.reports(PeopleOff::Excluded)).await;
    let line = report.lines.iter().find(|line| line.count("events") == 3).unwrap();
    assert_eq!((line.count("unique_users"), line.count("loyal_users")), (2, 0));
    assert_eq!(line.arpu_micros["USD"], 3_250_000);
    assert_eq!(line.arpu_micros.get("JPY"), None);
    assert!(report.csv().contains(",6.500000,"), "{}", report.csv());
    assert!(report.csv().contains(",3.250000,,,exact,"), "{}", report.csv());
}

#[tokio::test]
async fn a_number_never_shrinks_when_somebody_turns_off() {
    let world = World::new().await;
    for person in [1, 2] {
        world.clicks_and_installs(person).await;
    }
    let reports = world.reports(PeopleOff::Excluded);
    let before = world.advertisers_report(&reports).await.lines;
    world.choose(1, Choice::Off).await;
    assert_eq!(world.advertisers_report(&reports).await.lines, before);
}

#[tokio::test]
async fn who_is_off_is_in_no_line_and_changes_totals_by_noise_only() {
    let world = World::new().await;
    for person in 1..=40 {
        world.choose(person, Choice::Off).await;
    }
    for person in 1..=12 {
        world.clicks_and_installs(person).await;
    }
    let reports = world.reports_with(PeopleOff::InTotals, Budget::of_thousandths(10_000).unwrap());
    let report = world.advertisers_report(&reports).await;
    assert!(report.lines.is_empty(), "{report:?}");
    // The day is not over: nothing of it is told.
    assert_eq!(report.totals.len(), 9);
    world.pass(DAY).await;
    let report = world.advertisers_report(&reports).await;
    let yesterday = report.totals.last().unwrap();
    assert_eq!(yesterday.date, "2026-03-01");
    // Epsilon 10/3 for a kind: noise beyond 6 is rarer than one in 10,000,000.
    assert!((yesterday.installs - 12).abs() <= 6, "{yesterday:?}");
    let privacy = report.privacy.as_ref().unwrap();
    assert_eq!((privacy.epsilon, privacy.delta), (10.0, 0.0));
    // Asked again, by another gateway with another seed, it is the same number.
    assert_eq!(world.advertisers_report(&reports).await.totals, report.totals);
    let csv = report.csv();
    let dp = csv.lines().filter(|row| row.contains(",dp,10")).count();
    assert_eq!(dp, 9);
    let columns = |row: &str| row.split(',').count();
    assert!(csv.lines().all(|row| columns(row) == columns(csv.lines().next().unwrap())), "{csv}");
}

#[tokio::test]
async fn a_person_counts_once_a_month_however_often_they_install() {
    let world = World::new().await;
    world.choose(1, Choice::Off).await;
    for _ in 0..3 {
        // The same person, a day later each time: another device's report would be the same account.
        world.clicks_and_installs_again(1).await;
    }
    assert_eq!(world.left_out().await, [1]);
}

fn ifa(person: u32) -> String {
    format!("38400000-8cf0-11bd-b23e-{person:012}")
}

impl World {
    /// How many people are in totals only, by day and kind.
    async fn left_out(&self) -> Vec<u64> {
        let advertiser = "demo-running-shoes".parse().unwrap();
        let store = self.conversions.as_ref();
        let left_out = Releases::left_out(store, advertiser, Day(0), Day(i64::MAX));
        left_out.await.unwrap().iter().map(|one| one.people).collect()
    }

    async fn turn_off(&self, key: SubjectKey) {
        let change = Change {
            key,
            setting: Setting::Sharing,
            value: Choice::Off,
            actor: Actor::Person,
            words: String::from("Share your data"),
            language: String::from("en"),
        };
        self.settings.change(change).await.unwrap();
    }

    async fn clicks_and_installs_again(&self, person: u32) {
        let number = u32::try_from(self.today().0 % 10_000).unwrap();
        let mut exposure = self.exposure(number * 100 + person, person);
        exposure["interaction_type"] = json!("click");
        self.accept(&[exposure]).await;
        while let Shelved::Read(_) = self.shelf.step().await.unwrap() {}
        self.pass(Duration::from_hours(1)).await;
        let now: UnixMillis = sluicegate_gate::time::Clock::now(self.clock.as_ref());
        let ifa = format!("38400000-8cf0-11bd-b23e-{person:012}");
        let install: Value = json!({
            "data_set_id": "shoes", "id": format!("again-{number}"), "timestamp": now.0 / 1_000,
            "event_type": "re_engagement",
            "user_data": { "device_id_hash": self.keys.partner(&id(METER)).device_id(&ifa) },
            "properties": { "app_id": "com.example.runningshoes" },
        });
        let accepted =
            self.lookup.accept(&id(METER), install.to_string().as_bytes()).await.unwrap();
        self.lookup.answer(&accepted).await.unwrap();
        self.pass(DAY).await;
    }
}

#[tokio::test]
async fn who_is_off_counts_once_signed_in_and_signed_out_and_on_another_device() {
    // What each ad named: the account, and which device.
    for ads in [
        [(true, 7), (false, 7), (true, 8), (false, 8)],
        [(false, 7), (true, 7), (false, 7), (true, 8)],
        [(true, 8), (true, 7), (false, 8), (false, 7)],
    ] {
        let world = World::new().await;
        world.choose(1, Choice::Off).await;
        for device in [7, 8] {
            world.turn_off(world.keyring.device(&ifa(device))).await;
        }
        for (number, (signed_in, device)) in (1..).zip(ads) {
            let mut exposure = world.exposure(number, device);
            exposure["account_id"] = if signed_in { json!("u_1") } else { json!(null) };
            exposure["interaction_type"] = json!("click");
            world.accept(&[exposure]).await;
            world.shelve().await;
            world.pass(Duration::from_hours(1)).await;
            // All of one kind: an install after another on the device would be of another.
            let mut back = world.install(METER, number, device);
            back["event_type"] = json!("re_engagement");
            assert!(world.report(METER, &back).await["attribution"].is_null());
        }
        assert_eq!(world.left_out().await, [1], "{ads:?}");
    }
}

#[tokio::test]
async fn whom_nothing_joined_counts_for_each_key_and_the_report_says_so() {
    let world = World::new().await;
    for device in [7, 8] {
        world.turn_off(world.keyring.device(&ifa(device))).await;
        let mut exposure = world.exposure(device, device);
        exposure["account_id"] = json!(null);
        exposure["interaction_type"] = json!("click");
        world.accept(&[exposure]).await;
        world.shelve().await;
        world.pass(Duration::from_hours(1)).await;
        world.report(METER, &world.install(METER, device, device)).await;
    }
    assert_eq!(world.left_out().await.iter().sum::<u64>(), 2);
    let report = world.advertisers_report(&world.reports(PeopleOff::InTotals)).await;
    let unit = report.privacy.unwrap().unit;
    assert!(unit.contains("keys that nothing joined") && unit.contains("each"), "{unit}");
}

#[tokio::test]
async fn a_month_keeps_the_budget_it_began_with() {
    let world = World::new().await;
    world.pass(DAY).await;
    let first = world.reports_with(PeopleOff::InTotals, Budget::of_thousandths(500).unwrap());
    let epsilon = world.advertisers_report(&first).await.privacy.unwrap().epsilon;
    let raised = world.reports_with(PeopleOff::InTotals, Budget::of_thousandths(9_000).unwrap());
    assert_eq!(
        (epsilon, world.advertisers_report(&raised).await.privacy.unwrap().epsilon),
        (0.5, 0.5)
    );
}

#[tokio::test]
async fn a_range_is_one_to_ninety_two_days() {
    let world = World::new().await;
    let reports = world.reports(PeopleOff::Excluded);
    let edition = world.current.load().unwrap();
    let advertiser = edition.advertiser(&"demo-running-shoes".parse().unwrap()).unwrap();
    for (from, to) in [(5, 4), (0, 92)] {
        let refused = reports.report(advertiser, Day(from), Day(to), None).await.unwrap_err();
        assert!(matches!(refused, ReportError::Range), "{refused}");
    }
}

#[tokio::test]
async fn more_lines_than_a_report_holds_are_refused_and_as_many_as_it_holds_are_told() {
    let world = World::new().await;
    let reports = world.reports(PeopleOff::Excluded);
    let (edition, today) = (world.current.load().unwrap(), world.today());
    let advertiser = edition.advertiser(&"demo-running-shoes".parse().unwrap()).unwrap();
    let count = |line: usize, measure: &str| Count {
        advertiser: advertiser.id.clone(),
        day: today,
        line: format!("[\"\",\"\",\"\",\"c_{line}\",\"\",\"\"]"),
        measure: measure.to_owned(),
        amount: 1,
    };
    let add = async |number, counts| {
        let once = CountKey([number; 16]);
        let counting = Counting { once, at: UnixMillis(0), counts, active: None };
        world.conversions.count(vec![counting]).await.unwrap();
    };
    let all = |measure| (0..LINES_MAX).map(|line| count(line, measure)).collect();
    add(1, all("clicks")).await;
    add(2, all("impressions")).await;
    assert_eq!(
        reports.report(advertiser, today, today, None).await.unwrap().lines.len(),
        LINES_MAX
    );
    add(3, vec![count(LINES_MAX, "clicks")]).await;
    let refused = reports.report(advertiser, today, today, None).await.unwrap_err();
    assert!(matches!(refused, ReportError::TooManyLines), "{refused}");
    let of_one = reports.report(advertiser, today, today, Some("c_7")).await.unwrap();
    assert_eq!((of_one.campaign_id.as_deref(), of_one.lines.len()), (Some("c_7"), 1));
    assert_eq!(of_one.lines[0].campaign_id, "c_7");
    let wrong = reports.report(advertiser, today, today, Some("c 7")).await.unwrap_err();
    assert!(matches!(wrong, ReportError::Campaign), "{wrong}");
    let before = Day(today.0 - 1);
    assert!(reports.report(advertiser, before, before, None).await.unwrap().lines.is_empty());
}

#[tokio::test]
async fn a_report_reaches_four_hundred_days_back_and_draws_nothing_of_before() {
    let world = World::new().await;
    let reports = world.reports(PeopleOff::InTotals);
    let edition = world.current.load().unwrap();
    let advertiser = edition.advertiser(&"demo-running-shoes".parse().unwrap()).unwrap();
    let first = Day(world.today().0 - 400);
    assert_eq!(reports.earliest(), first);
    let before = Day(first.0 - 1);
    for to in [before, first] {
        let refused = reports.report(advertiser, before, to, None).await.unwrap_err();
        assert!(matches!(refused, ReportError::TooLongAgo), "{refused}");
    }
    let all = async || {
        let store = world.conversions.as_ref();
        Releases::released(store, advertiser.id.clone(), Day(0), world.today()).await.unwrap().len()
    };
    assert_eq!(all().await, 0);
    reports.report(advertiser, first, first, None).await.unwrap();
    assert_eq!(all().await, 3);
}

impl World {
    async fn told(&self) -> (Value, Vec<Vec<String>>) {
        let report = self.advertisers_report(&self.reports(PeopleOff::Excluded)).await;
        let csv = report.csv();
        let rows = csv.lines().map(|row| row.split(',').map(str::to_owned).collect());
        (serde_json::to_value(&report).unwrap(), rows.collect())
    }

    async fn seen(&self, number: u32, person: u32, interaction: &str) {
        let mut exposure = self.exposure(number, person);
        exposure["interaction_type"] = json!(interaction);
        self.accept(&[exposure]).await;
        self.shelve().await;
    }
}

/// Returns the sum of a column of a CSV.
fn sum(rows: &[Vec<String>], column: &str) -> i64 {
    let place = rows[0].iter().position(|name| name == column);
    let place = place.unwrap_or_else(|| panic!("{column}: {:?}", rows[0]));
    rows[1..].iter().map(|row| row[place].parse().unwrap_or(0)).sum()
}

#[tokio::test]
async fn what_an_ad_for_no_app_led_to_stands_beside_the_app_of_the_conversion() {
    let world = World::new().await;
    let mut exposure = world.exposure(1, 7);
    (exposure["app_id"], exposure["interaction_type"]) = (json!(null), json!("click"));
    world.accept(&[exposure]).await;
    world.shelve().await;
    world.pass(Duration::from_hours(1)).await;
    let answer = world.report(METER, &world.install(METER, 1, 7)).await;
    let mut event = world.event(METER, 2, 7);
    (event["value"], event["currency_code"]) = (json!("5"), json!("EUR"));
    world.happened(METER, &event).await;
    let claim = answer["attribution"]["claim_token"].as_str().unwrap();
    let rejected = br#"{"outcome":"rejected","reject_reason":"bots"}"#;
    world.lookup.note(&id(METER), claim, rejected).await.unwrap();
    let (json, rows) = world.told().await;
    let [ad, app] = json["lines"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert_eq!((&ad["app_id"], &ad["clicks"]), (&json!(""), &json!(1)));
    assert_eq!(app["app_id"], "com.example.runningshoes");
    for column in ["installs_click", "events", "unique_users", "rejected_installs"] {
        assert_eq!(app[column], 1, "{column}: {app}");
    }
    assert_eq!(app["revenue_micros"]["EUR"], 5_000_000);
    assert_eq!(json["conversions"][0]["app_id"], "com.example.runningshoes");
    assert_eq!((rows[1][1].as_str(), rows[2][1].as_str()), ("", "com.example.runningshoes"));
    assert_eq!(sum(&rows, "rejected_installs_bots"), 1);
}

#[tokio::test]
async fn touches_that_led_to_nothing_are_counted_by_reason_whatever_else_wins() {
    let world = World::new().await;
    // A click after the store began to install, and a view before.
    world.seen(1, 7, "impression").await;
    world.pass(Duration::from_mins(10)).await;
    world.seen(2, 7, "click").await;
    world.pass(Duration::from_mins(1)).await;
    // More clicks than a person makes, and nothing else.
    for number in 100..151 {
        world.seen(number, 8, "click").await;
    }
    world.pass(Duration::from_mins(1)).await;
    for partner in [METER, GAUGE] {
        let mut injected = world.install(partner, 1, 7);
        injected["properties"]["install_begin_time"] = json!(world.now_s() - 5 * 60);
        let answer = world.report(partner, &injected).await;
        assert_eq!(answer["attribution"]["touch_type"], "engaged_view");
        assert!(
            world.report(partner, &world.install(partner, 2, 8)).await["attribution"].is_null()
        );
    }
    let (json, rows) = world.told().await;
    let [line] = json["lines"].as_array().unwrap().as_slice() else { panic!("{json}") };
    let right = json!({ "ctit_anomalies": 1, "click_flood": 51 });
    assert_eq!((&line["rejected_touches_by_reason"], &line["rejected"]), (&right, &json!({})));
    assert_eq!(
        (&line["rejected_touches"], &line["installs_engaged_view"]),
        (&json!(52), &json!(1))
    );
    assert_eq!(sum(&rows, "rejected_touches_ctit_anomalies"), 1);
    assert_eq!(sum(&rows, "rejected_touches_click_flood"), 51);
    // Of whom it may not be told nothing is counted.
    world.choose(9, Choice::Off).await;
    for number in 200..251 {
        world.seen(number, 9, "click").await;
    }
    world.report(METER, &world.install(METER, 3, 9)).await;
    assert_eq!(sum(&world.told().await.1, "rejected_touches"), 52);
}

#[tokio::test]
async fn a_sum_that_is_cut_says_so_and_stays_cut() {
    let world = World::new().await;
    world.clicks_and_installs(1).await;
    let (before, _) = world.told().await;
    assert_eq!(before["lines"][0]["cut"], json!([]));
    for (number, amount) in [(1, AMOUNT_MAX), (2, -5_000_000)] {
        let store = world.conversions.as_ref();
        let counted = store.counted(CountsOf::all(
            "demo-running-shoes".parse().unwrap(),
            Day(0),
            world.today(),
        ));
        let counted = counted.await.unwrap();
        let revenue = counted.iter().find(|count| count.measure == "revenue_micros:EUR").unwrap();
        let counts = vec![Count { amount, ..revenue.clone() }];
        let once = CountKey([number; 16]);
        let counting = Counting { once, at: UnixMillis(0), counts, active: None };
        store.count(vec![counting]).await.unwrap();
        let (json, rows) = world.told().await;
        let line = &json["lines"][0];
        assert_eq!(
            (&line["cut"], &line["revenue_micros"]["EUR"]),
            (&json!(["EUR"]), &json!(AMOUNT_MAX))
        );
        assert_eq!(
            (rows[0].last().unwrap().as_str(), rows[1].last().unwrap().as_str()),
            ("cut", "EUR")
        );
    }
}

#[tokio::test]
async fn every_count_is_on_every_line() {
    let world = World::new().await;
    world.clicks_and_installs(1).await;
    let (json, rows) = world.told().await;
    let line = json["lines"][0].as_object().unwrap();
    let first = rows[0].iter().position(|name| name == "impressions").unwrap();
    let last = rows[0].iter().position(|name| name == "apple_later_postbacks").unwrap();
    for column in &rows[0][first..=last] {
        assert!(line[column.as_str()].is_i64(), "{column}");
    }
}

#[tokio::test]
async fn whoever_was_in_totals_only_is_known_by_nothing_once_the_month_is_over_and_counts_still() {
    let world = World::new().await;
    world.turn_off(world.account(1)).await;
    world.clicks_and_installs_again(1).await;
    assert_eq!(world.left_out().await, [1]);
    let known = || format!("{:?}", world.conversions);
    let before = known();
    let name = before.split("left_out: {").nth(1).unwrap().split(':').next().unwrap();
    world.shelf.forget().await.unwrap();
    assert!(known().contains(name), "while the month goes on nobody counts twice");
    world.pass(Duration::from_hours(24 * 33)).await;
    world.shelf.forget().await.unwrap();
    assert!(!known().contains(name));
    assert_eq!(world.left_out().await, [1]);
}

#[tokio::test]
async fn a_flood_of_days_ago_is_found_and_counted() {
    let world = World::new().await;
    for number in 0..51 {
        world.seen(number, 7, "click").await;
    }
    world.pass(DAY * 3).await;
    world.seen(60, 7, "click").await;
    world.pass(Duration::from_mins(1)).await;
    assert!(world.report(METER, &world.install(METER, 1, 7)).await["attribution"].is_null());
    assert_eq!(sum(&world.told().await.1, "rejected_touches_click_flood"), 52);
}
