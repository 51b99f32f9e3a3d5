//! What ads cost: taken in, and set beside what they led to.

use crate::world::World;
use serde_json::{Value, json};
use sluicegate_gate::Choice;
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    Format, ItemStatus, PeopleOff,
    cost::{COSTS_MAX, CostError, CostIntake, Costs as _, MemoryCosts},
    report::{Budget, CostLine},
};
use std::{sync::Arc, time::Duration};

const DAY: Duration = Duration::from_hours(24);

fn cost() -> Value {
    json!({
        "advertiser_id": "demo-running-shoes", "campaign_id": "c_short", "line_item_id": "li_3",
        "date": "2026-03-01", "value": "12.50", "currency_code": "EUR",
    })
}

/// Returns a cost that differs in some fields; `null` leaves one out.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut cost = cost();
    for (field, value) in changes {
        cost[*field] = value.clone();
    }
    cost
}

impl World {
    fn cost_intake(&self) -> CostIntake {
        CostIntake::new(
            Arc::<MemoryCosts>::clone(&self.costs),
            Arc::<crate::world::Hands>::clone(&self.clock),
        )
    }

    /// Tells costs, of which each must be accepted.
    async fn tell(&self, costs: Value) {
        let body = costs.to_string();
        let results = self.cost_intake().accept(body.as_bytes(), Format::Json).await.unwrap();
        assert!(results.iter().all(|one| one.status == ItemStatus::Accepted), "{results:?}");
    }

    async fn cost_lines(&self) -> Vec<CostLine> {
        self.advertisers_report(&self.reports(PeopleOff::Excluded)).await.costs
    }

    async fn kept(&self) -> usize {
        let advertiser = "demo-running-shoes".parse().unwrap();
        self.costs.costs(advertiser, Day(0), Day(i64::MAX)).await.unwrap().len()
    }
}

#[tokio::test]
async fn one_a_list_a_wrapped_list_and_lines_are_all_read() {
    let world = World::new().await;
    let campaigns = ["a", "b", "c", "d"].map(|id| with(&[("campaign_id", json!(id))]));
    let [one, two, three, four] = campaigns;
    for body in [one, json!([two]), json!({ "costs": [three] })] {
        world.tell(body).await;
    }
    let lines = format!("{four}\r\n\n{{\n[]\n");
    let told = world.cost_intake().accept(lines.as_bytes(), Format::Ndjson).await.unwrap();
    let (accepted, refused) = (ItemStatus::Accepted, ItemStatus::Refused);
    let statuses: Vec<ItemStatus> = told.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [accepted, refused, refused]);
    assert_eq!(world.kept().await, 4);
}

#[tokio::test]
async fn a_field_that_is_wrong_is_named_and_nothing_of_the_cost_is_kept() {
    let world = World::new().await;
    let long = "a".repeat(65);
    let table = [
        ("advertiser_id", json!(null)),
        ("advertiser_id", json!("Demo")),
        ("campaign_id", json!(null)),
        ("campaign_id", json!("a".repeat(129))),
        ("line_item_id", json!(long)),
        ("line_item_id", json!("with space")),
        ("line_item_id", json!(7)),
        ("date", json!(null)),
        ("date", json!("2026-02-29")),
        ("date", json!("20260301")),
        ("date", json!("2026-03-01T00:00:00Z")),
        ("date", json!("2026-03-02")),
        ("date", json!("2025-01-24")),
        ("value", json!(null)),
        ("value", json!("-0.01")),
        ("value", json!("1.0000001")),
        ("value", json!("1e3")),
        ("value", json!("5.")),
        ("value", json!(".5")),
        ("value", json!("1000000000.000001")),
        ("value", json!({})),
        ("currency_code", json!(null)),
        ("currency_code", json!("eur")),
        ("currency_code", json!("EURO")),
        ("account_id", json!("person-1")),
        ("creative_id", json!("cr_7")),
    ];
    for (field, value) in table {
        let body = with(&[(field, value.clone())]).to_string();
        let told = world.cost_intake().accept(body.as_bytes(), Format::Json).await.unwrap();
        let named = (told[0].status, told[0].field.as_deref());
        assert_eq!(named, (ItemStatus::Refused, Some(field)), "{value}");
    }
    for absent in ["value", "currency_code"] {
        let body = with(&[(absent, json!(null))]).to_string();
        let told = world.cost_intake().accept(body.as_bytes(), Format::Json).await.unwrap();
        assert_eq!(
            (told[0].field.as_deref(), told[0].problem.as_deref()),
            (Some(absent), Some("missing"))
        );
    }
    assert_eq!(world.kept().await, 0);
    // The bounds themselves are taken.
    let bounds = [("date", json!("2025-01-25")), ("value", json!(1_000_000_000))];
    world.tell(json!([with(&bounds[..1]), with(&bounds[1..]), with(&[("value", json!(0))])])).await;
    assert_eq!(world.kept().await, 2);
}

#[tokio::test]
async fn a_body_that_holds_no_costs_or_too_many_is_refused_as_a_whole() {
    let world = World::new().await;
    let intake = world.cost_intake();
    let mut many = vec![cost(); COSTS_MAX + 1];
    let body = json!(many).to_string();
    let refused = intake.accept(body.as_bytes(), Format::Json).await.unwrap_err();
    assert!(matches!(refused, CostError::TooMany), "{refused}");
    for (body, field) in [(json!(7), "$"), (json!({ "costs": 7 }), "costs")] {
        let refused = intake.accept(body.to_string().as_bytes(), Format::Json).await.unwrap_err();
        assert!(
            matches!(refused, CostError::Shape { field: named } if named == field),
            "{refused}"
        );
    }
    for (beside, field) in [("x", "x"), ("ada@example.com", "?")] {
        let body = json!({ "costs": [cost()], beside: 1 }).to_string();
        let refused = intake.accept(body.as_bytes(), Format::Json).await.unwrap_err();
        assert!(format!("{refused:?}").contains(&format!("field: {field:?}")), "{refused:?}");
    }
    assert!(matches!(intake.accept(b"{", Format::Json).await, Err(CostError::Json(_))));
    assert_eq!(world.kept().await, 0);
    many.pop();
    world.tell(json!(many)).await;
    assert_eq!(world.kept().await, 1);
}

#[tokio::test]
async fn a_cost_that_is_told_again_stands_in_place_of_the_one_before() {
    let world = World::new().await;
    world.tell(json!([cost(), with(&[("currency_code", json!("USD"))])])).await;
    world.tell(json!([with(&[("value", json!(1))]), with(&[("value", json!(2.25))])])).await;
    let [line] = &world.cost_lines().await[..] else { panic!("one line") };
    assert_eq!((line.cost_micros["EUR"], line.cost_micros["USD"]), (2_250_000, 12_500_000));
}

#[tokio::test]
async fn what_an_install_cost_is_of_the_installs_that_are_shown() {
    let world = World::new().await;
    for person in [1, 2, 3] {
        world.clicks_and_installs(person).await;
    }
    world.tell(cost()).await;
    let [line] = &world.cost_lines().await[..] else { panic!("one line") };
    assert_eq!((line.line_item_id.as_str(), line.installs_total, line.clicks), ("li_3", 3, 3));
    assert_eq!((line.campaign_name.as_str(), line.window.as_str()), ("Short windows", "1d/2h/1h"));
    // 12.50 for three installs that brought in 4.50.
    assert_eq!(line.ecpi_micros["EUR"], 4_166_666);
    assert_eq!((line.roas.as_deref(), line.roi.as_deref()), (Some("36.00"), Some("-64.00")));
    let csv = world.advertisers_report(&world.reports(PeopleOff::Excluded)).await.csv();
    let rows: Vec<Vec<&str>> = csv.lines().map(|row| row.split(',').collect()).collect();
    let [header, ads, costs] = rows.as_slice() else { panic!("{csv}") };
    let of = |row: &[&str], column: &str| {
        row[header.iter().position(|name| *name == column).unwrap()].to_owned()
    };
    assert_eq!((header.len(), header.len()), (ads.len(), costs.len()));
    let columns = ["cost_eur", "ecpi_eur", "roi", "roas", "installs_total", "line_item_id"];
    assert_eq!(columns.map(|column| of(ads, column)), ["", "", "", "", "3", "li_3"]);
    let right = ["12.500000", "4.166666", "-64.00", "36.00", "", "li_3"];
    assert_eq!(columns.map(|column| of(costs, column)), right);
    assert_eq!((of(costs, "basis"), of(costs, "report_version")), ("exact".into(), "4".into()));
}

#[tokio::test]
async fn a_campaign_of_which_the_whole_is_told_has_one_line_a_day() {
    let world = World::new().await;
    world.clicks_and_installs(1).await;
    let other = [("line_item_id", json!("li_9")), ("value", json!(1))];
    world.tell(json!([cost(), with(&other)])).await;
    let by_line_item = world.cost_lines().await;
    let installs: Vec<(&str, i64)> =
        by_line_item.iter().map(|line| (line.line_item_id.as_str(), line.installs_total)).collect();
    assert_eq!(installs, [("li_3", 1), ("li_9", 0)]);
    assert!(by_line_item[1].ecpi_micros.is_empty());
    world.tell(with(&[("line_item_id", json!(null)), ("value", json!(2))])).await;
    let [line] = &world.cost_lines().await[..] else { panic!("one line") };
    assert_eq!((line.line_item_id.as_str(), line.installs_total), ("", 1));
    assert_eq!(line.cost_micros["EUR"], 15_500_000);
}

#[tokio::test]
async fn costs_of_one_advertiser_are_in_no_report_of_another() {
    let world = World::new().await;
    world.tell(with(&[("advertiser_id", json!("demo-garden-planner"))])).await;
    assert!(world.cost_lines().await.is_empty());
}

#[tokio::test]
async fn what_a_day_cost_is_shared_by_the_noisy_number_that_is_shown() {
    let world = World::new().await;
    for person in 1..=12 {
        world.choose(person, Choice::Off).await;
        world.clicks_and_installs(person).await;
    }
    world.tell(json!([cost(), with(&[("campaign_id", json!("another"))])])).await;
    world.pass(DAY).await;
    let reports = world.reports_with(PeopleOff::InTotals, Budget::of_thousandths(10_000).unwrap());
    let report = world.advertisers_report(&reports).await;
    // No line has anything of people who are off; what the ads cost says nothing of them.
    assert!(report.lines.is_empty() && report.conversions.is_empty());
    assert!(
        report.costs.iter().all(|line| line.installs_total == 0 && line.ecpi_micros.is_empty())
    );
    let total = report.totals.last().unwrap();
    assert!((1..=18).contains(&total.installs), "{total:?}");
    assert_eq!(total.cost_micros["EUR"], 25_000_000);
    assert_eq!(total.ecpi_micros["EUR"], 25_000_000_i64.div_euclid(total.installs));
    assert_eq!((total.basis, total.off_share_included), ("dp", true));
    for total in report.totals.iter().filter(|total| total.installs <= 0) {
        assert!(total.ecpi_micros.is_empty(), "{total:?}");
    }
    let csv = report.csv();
    let columns = |row: &str| row.split(',').count();
    assert!(csv.lines().all(|row| columns(row) == columns(csv.lines().next().unwrap())), "{csv}");
    assert!(csv.lines().any(|row| row.contains(",dp,10,true,") && row.contains(",25.000000,")));
}
