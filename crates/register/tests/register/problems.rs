//! What is said about wrong files.

use crate::sample::{edit, edited, files, files_with_deals, problems, read};
use sluicegate_register::Register;

const NORTH: &str = "demo-bidder-north.toml";
const SOUTH: &str = "demo-bidder-south.toml";
const MEASUREMENT: &str = "demo-measurement.toml";

/// Checks that one edit of one file gives exactly these problems.
fn check(file: &str, replacements: &[(&str, &str)], expected: &str) {
    assert_eq!(problems(&edited(file, replacements)), expected);
}

#[test]
fn the_sample_has_no_problem_and_the_order_of_its_files_does_not_matter() {
    let mut reversed = files();
    reversed.reverse();
    assert_eq!(read(&files()), read(&reversed));
}

#[test]
fn all_problems_of_all_files_are_reported_at_once() {
    let mut wrong = edited(
        NORTH,
        &[
            ("country = \"USA\"", "country = \"Utopia\"\nphone = \"none\""),
            ("kind = \"other\"", "kind = \"others\""),
            ("timeout_ms = 200\n", "timeout_ms = 200.5\n"),
            ("signed_on = 2025-01-01", "signed_on = \"2025-01-01\""),
            ("retention_days = 90", "retention_days = -1"),
        ],
    );
    edit(&mut wrong, SOUTH, &[("http://127.0.0.1:9102", "http://bidder-south.example")]);
    edit(&mut wrong, "advertisers.toml", &[("\"demo-measurement\"", "\"demo-measurements\"")]);
    edit(&mut wrong, "inventory.toml", &[("domain = \"forum.example\"", "domain = \"Forum\"")]);
    insta::assert_snapshot!(problems(&wrong), @r"
    demo-bidder-north.toml: partnership[demo-bidder-north].linking.signed_on must be a date without quotation marks and without a time, such as 2026-01-31
    demo-bidder-north.toml: partnership[demo-bidder-north].endpoint.timeout_ms must be a whole number from 10 to 30000
    demo-bidder-north.toml: partnership[demo-bidder-north-invoices].kind must be one of real_time_bidding, conversion_tracking, service_provider, other
    demo-bidder-north.toml: partnership[demo-bidder-north-invoices].retention_days must be a whole number from 0 to 3650
    demo-bidder-north.toml: country is wrong: not an ISO 3166-1 country code in capitals, like `USA` or `US`
    demo-bidder-north.toml: phone is not a field that exists here
    demo-bidder-south.toml: partnership[demo-bidder-south].recall.url must be an https address, because its host is not this machine
    demo-bidder-south.toml: partnership[demo-bidder-south].endpoint.url must be an https address, because its host is not this machine
    inventory.toml: site[demo-forum].domain must be a domain name in lower case, such as news.example
    advertisers.toml: advertiser[demo-running-shoes].measurement names the partnership `demo-measurements`, which is not in the register
    ");
}

#[test]
fn a_field_that_does_not_exist_is_refused_at_every_depth() {
    let wrong = edited(
        MEASUREMENT,
        &[
            ("id = \"demo-measurement\"\nname", "idd = 1\nid = \"demo-measurement\"\nname"),
            ("device_id = \"hmac\"", "deviceid = \"hmac\""),
            ("batch_events = 500", "batch = 500"),
        ],
    );
    insta::assert_snapshot!(problems(&wrong), @r"
    demo-measurement.toml: partnership[demo-measurement].endpoint.batch is not a field that exists here
    demo-measurement.toml: partnership[demo-measurement].deviceid is not a field that exists here
    demo-measurement.toml: idd is not a field that exists here
    ");
}

#[test]
fn an_empty_partner_file_says_everything_that_is_missing() {
    let mut wrong = files();
    wrong.push((String::from("new.toml"), String::from("[[partnership]]\n[partnership.endpoint]")));
    insta::assert_snapshot!(problems(&wrong), @r"
    new.toml: partnership[1].categories is missing
    new.toml: partnership[1].id is missing
    new.toml: partnership[1].kind is missing
    new.toml: partnership[1].via is missing
    new.toml: partnership[1].start is missing
    new.toml: partnership[1].endpoint.url is missing
    new.toml: partnership[1].endpoint.timeout_ms is missing
    new.toml: partnership[1].endpoint.concurrency is missing
    new.toml: partnership[1].endpoint.per_second is missing
    new.toml: partnership[1].title is missing
    new.toml: partnership[1].summary is missing
    new.toml: partnership[1].role is missing
    new.toml: partnership[1].purposes is missing
    new.toml: partnership[1].retention_days is missing
    new.toml: id is missing
    new.toml: name is missing
    new.toml: legal_name is missing
    new.toml: country is missing
    new.toml: privacy_url is missing
    new.toml: contact is missing
    ");
}

#[test]
fn a_file_that_is_not_toml_is_named_with_its_line() {
    let mut wrong = files();
    wrong.push((String::from("new.toml"), String::from("id = \"a\"\nname = ")));
    wrong.push((String::from("notes.txt"), String::new()));
    insta::assert_snapshot!(problems(&wrong), @r"
    new.toml: line 2 is not TOML: string values must be quoted, expected literal string
    notes.txt: the name of a partner's file must end in .toml
    ");
}

#[test]
fn a_bidding_partner_without_a_linking_attestation_is_refused() {
    let (north, rest) = files()
        .swap_remove(0)
        .1
        .split_once("[partnership.linking]")
        .map(|(before, after)| {
            let (_, rest) = after.split_once("[partnership.endpoint]").unwrap();
            (before.to_owned(), rest.to_owned())
        })
        .unwrap();
    let mut wrong = files();
    wrong[0].1 = format!("{north}[partnership.endpoint]{rest}");
    assert_eq!(
        problems(&wrong),
        "demo-bidder-north.toml: partnership[demo-bidder-north].linking is missing: a bidding partner must promise to get consent before linking data to a person"
    );
}

#[test]
fn an_attestation_must_expire_after_it_was_signed() {
    check(
        NORTH,
        &[("expires_on = 2099-01-01", "expires_on = 2025-01-01")],
        "demo-bidder-north.toml: partnership[demo-bidder-north].linking.expires_on must be later than signed_on",
    );
}

#[test]
fn data_goes_by_a_way_that_fits_the_kind() {
    check(
        MEASUREMENT,
        &[
            ("via = \"events\"", "via = \"openrtb\""),
            ("device_id = \"hmac\"\n", ""),
            ("batch_events = 500\n", ""),
        ],
        "demo-measurement.toml: partnership[demo-measurement].via must be events or none for the kind conversion_tracking",
    );
    check(
        SOUTH,
        &[
            ("when_withheld = \"contextual\"\n", ""),
            ("via = \"openrtb\"", "via = \"events\""),
            ("\"demographic\"]", "\"device_identifier\", \"exposure\"]"),
        ],
        "demo-bidder-south.toml: partnership[demo-bidder-south].via must be openrtb or none for the kind real_time_bidding",
    );
}

#[test]
fn an_endpoint_is_there_exactly_where_data_goes() {
    check(
        "demo-delivery-auditor.toml",
        &[("via = \"events\"", "via = \"none\"")],
        "demo-delivery-auditor.toml: partnership[demo-delivery-auditor].endpoint must not be there where via is none",
    );
    check(
        "demo-delivery-auditor.toml",
        &[("[partnership.endpoint]", "[other]"), ("\nurl = ", "\naddress = ")],
        "demo-delivery-auditor.toml: partnership[demo-delivery-auditor].endpoint is missing: there must be one unless via is none\n\
         demo-delivery-auditor.toml: other is not a field that exists here",
    );
}

#[test]
fn plumbing_is_listed_wherever_data_goes() {
    check(
        SOUTH,
        &[("[\"plumbing\", ", "[")],
        "demo-bidder-south.toml: partnership[demo-bidder-south].categories must list plumbing, without which no message can be exchanged",
    );
}

#[test]
fn events_list_what_they_cannot_go_without() {
    check(
        MEASUREMENT,
        &[("\"device_identifier\", ", "")],
        "demo-measurement.toml: partnership[demo-measurement].categories must list exposure and device_identifier, or no event can ever go",
    );
}

#[test]
fn a_contextual_request_needs_context() {
    check(
        SOUTH,
        &[("\"context\", ", "")],
        "demo-bidder-south.toml: partnership[demo-bidder-south].categories must list context, because when_withheld is contextual",
    );
}

#[test]
fn unknown_and_repeated_categories_are_refused() {
    check(
        SOUTH,
        &[("\"demographic\"]", "\"email\"]")],
        "demo-bidder-south.toml: partnership[demo-bidder-south].categories must be one of plumbing, context, coarse_device, device_identifier, demographic, exposure, precise_location",
    );
    check(
        SOUTH,
        &[("\"demographic\"]", "\"context\"]")],
        "demo-bidder-south.toml: partnership[demo-bidder-south].categories names something twice",
    );
}

#[test]
fn an_endpoint_off_this_machine_is_https_and_holds_no_secret() {
    let old = "http://127.0.0.1:9102/openrtb2/bid";
    let field = "demo-bidder-south.toml: partnership[demo-bidder-south].endpoint.url";
    for (url, problem) in [
        ("http://192.0.2.7/bid", "must be an https address, because its host is not this machine"),
        (
            "http://localhost.example/",
            "must be an https address, because its host is not this machine",
        ),
        ("ftp://127.0.0.1/bid", "must be an https address, because its host is not this machine"),
        ("https://user:word@bidder-south.example/", "must not hold a user name or password"),
        ("https://bidder-south.example/#bid", "must not hold a fragment (#)"),
        ("data:text/plain,bid", "must be an address with a host"),
        ("bidder-south.example", "is not an address: relative URL without a base"),
    ] {
        check(SOUTH, &[(old, url)], &format!("{field} {problem}"));
    }
    for url in ["http://localhost:1/", "http://[::1]:1/", "http://127.9.9.9/", "https://192.0.2.7/"]
    {
        read(&edited(SOUTH, &[(old, url)]));
    }
}

#[test]
fn limits_are_named_in_the_problem() {
    let field = "demo-bidder-south.toml: partnership[demo-bidder-south]";
    for (old, new, problem) in [
        (
            "timeout_ms = 200",
            "timeout_ms = 30_001",
            "endpoint.timeout_ms must be a whole number from 10 to 30000",
        ),
        (
            "concurrency = 256",
            "concurrency = 0",
            "endpoint.concurrency must be a whole number from 1 to 1024",
        ),
        (
            "per_second = 20_000",
            "per_second = 1_000_001",
            "endpoint.per_second must be a whole number from 1 to 1000000",
        ),
        (
            "retention_days = 14",
            "retention_days = 3_651",
            "retention_days must be a whole number from 0 to 3650",
        ),
        (
            "tcf_vendor_id = 60_002",
            "tcf_vendor_id = 0",
            "tcf_vendor_id must be a whole number from 1 to 65535",
        ),
        (
            "retention_days = 14",
            "retention_days = 14\ncountries = []",
            "countries must have at least one entry",
        ),
        ("start = 2025-01-01", "start = 1925-01-01", "start must lie in the years 2000 to 2199"),
        (
            "start = 2025-01-01",
            "start = 2025-01-01T00:00:00Z",
            "start must be a date without quotation marks and without a time, such as 2026-01-31",
        ),
        (
            "start = 2025-01-01",
            "start = 2025-01-01\nend = 2025-01-01",
            "end must be later than start",
        ),
    ] {
        check(SOUTH, &[(old, new)], &format!("{field}.{problem}"));
    }
}

#[test]
fn text_stays_on_one_line_and_within_its_length() {
    let problem = "demo-bidder-south.toml: name must have 1 to 120 characters on one line, without white space around them";
    for name in ["", " South", "So\\nuth", "So\\u202Euth", &"x".repeat(121)] {
        let new = format!("\nname = \"{name}\"");
        check(SOUTH, &[("\nname = \"Demo Bidder South\"", &new)], problem);
    }
}

#[test]
fn fields_of_another_way_are_refused() {
    check(
        SOUTH,
        &[("per_second = 20_000", "per_second = 20_000\nbatch_events = 9")],
        "demo-bidder-south.toml: partnership[demo-bidder-south].endpoint.batch_events belongs only where via is events",
    );
    check(
        MEASUREMENT,
        &[("batch_events = 500", "notice_hosts = [\"notices.example\"]")],
        "demo-measurement.toml: partnership[demo-measurement].endpoint.notice_hosts belongs only where via is openrtb",
    );
    check(
        SOUTH,
        &[("start = 2025-01-01", "start = 2025-01-01\ndevice_id = \"raw\"")],
        "demo-bidder-south.toml: partnership[demo-bidder-south].device_id belongs only where via is events",
    );
}

#[test]
fn notice_hosts_begin_with_the_endpoints_own() {
    let more = "per_second = 20_000\nnotice_hosts = [\"notices.example\", \"[::1]:8443\", \"127.0.0.1:9102\"]";
    let register = read(&edited(SOUTH, &[("per_second = 20_000", more)]));
    let south =
        register.partnerships().iter().find(|one| one.terms.id.as_str() == "demo-bidder-south");
    let hosts = south
        .and_then(|south| south.endpoint.as_ref())
        .map(|endpoint| endpoint.notice_hosts.clone());
    assert_eq!(hosts.unwrap(), ["127.0.0.1:9102", "notices.example", "[::1]:8443"]);
    for host in [
        "Notices.example",
        "https://notices.example",
        "notices.example/win",
        "a@notices.example",
        "",
    ] {
        let wrong = format!("per_second = 20_000\nnotice_hosts = [\"{host}\"]");
        check(
            SOUTH,
            &[("per_second = 20_000", &wrong)],
            "demo-bidder-south.toml: partnership[demo-bidder-south].endpoint.notice_hosts must hold hosts in lower case, such as notices.north.example or [::1]:8443",
        );
    }
}

#[test]
fn ids_are_used_once() {
    let mut wrong = edited(SOUTH, &[("id = \"demo-bidder-south\"", "id = \"demo-bidder-north\"")]);
    edit(
        &mut wrong,
        "advertisers.toml",
        &[
            ("id = \"demo-garden-planner\"", "id = \"demo-running-shoes\""),
            ("id = \"com.example.gardenplanner\"", "id = \"com.example.runningshoes\""),
        ],
    );
    edit(
        &mut wrong,
        "inventory.toml",
        &[
            ("\"com.example.photos\"", "\"com.example.reader\""),
            ("\"forum.example\"", "\"news.example\""),
            ("\"app-video\"", "\"app-banner\""),
        ],
    );
    insta::assert_snapshot!(problems(&wrong), @r"
    demo-bidder-south.toml: id repeats `demo-bidder-north`, which demo-bidder-north.toml has already
    demo-bidder-south.toml: partnership[demo-bidder-north].id repeats `demo-bidder-north`, which demo-bidder-north.toml has already
    advertisers.toml: advertiser[demo-running-shoes].id repeats `demo-running-shoes`, which advertisers.toml has already
    advertisers.toml: advertiser[demo-running-shoes].app[com.example.runningshoes].id repeats `com.example.runningshoes`, which advertisers.toml has already
    inventory.toml: site[demo-forum].domain repeats `news.example`, which inventory.toml has already
    inventory.toml: app[demo-photos].bundle repeats `com.example.reader`, which inventory.toml has already
    inventory.toml: placement[app-banner].id repeats `app-banner`, which inventory.toml has already
    ");
}

#[test]
fn an_advertiser_links_only_conversion_tracking() {
    check(
        "advertisers.toml",
        &[("\"demo-measurement\"", "\"demo-delivery-auditor\"")],
        "advertisers.toml: advertiser[demo-running-shoes].measurement names the partnership `demo-delivery-auditor`, whose kind is not conversion_tracking",
    );
}

#[test]
fn a_register_has_one_inventory_and_may_have_nobody_in_it() {
    let mut without = files();
    let inventory = without.remove(5);
    assert_eq!(problems(&without), "inventory.toml: the file is missing");
    let twice = vec![inventory.clone(), (String::from("more/inventory.toml"), inventory.1.clone())];
    assert_eq!(problems(&twice), "more/inventory.toml: there are two inventories");
    assert!(Register::read(&[inventory]).unwrap().partnerships().is_empty());
}

#[test]
fn a_vendor_must_be_on_a_vendor_list_that_can_be_read() {
    let field = "demo-bidder-south.toml: partnership[demo-bidder-south].tcf_vendor_id";
    let unlisted = edited("demo-bidder-south.toml", &[("60_002", "60_009")]);
    assert_eq!(
        problems(&unlisted),
        format!("{field} is not on the vendor list, or was deleted from it")
    );
    let deleted = edited(
        "vendor-list.json",
        &[("\"id\": 60002", "\"deletedDate\": \"2026-01-01T00:00:00Z\", \"id\": 60002")],
    );
    assert_eq!(
        problems(&deleted),
        format!("{field} is not on the vendor list, or was deleted from it")
    );
    let mut without = files();
    without.retain(|(name, _)| name != "vendor-list.json");
    let missing = format!("{field} needs the file vendor-list.json: the Global Vendor List");
    assert!(problems(&without).contains(&missing));
    let wrong = edited(
        "vendor-list.json",
        &[("\"gvlSpecificationVersion\": 3", "\"gvlSpecificationVersion\": 2")],
    );
    assert_eq!(problems(&wrong), "vendor-list.json: `gvlSpecificationVersion` must be 3");
    let mut twice = files();
    twice.push((String::from("more/vendor-list.json"), String::from("{}")));
    assert_eq!(problems(&twice), "more/vendor-list.json: there are two vendor lists");
}

#[test]
fn what_a_bidder_can_do_is_said_where_it_bids() {
    check(
        NORTH,
        &[("seats = [\"demo-bidder-north\"]", "seats = [\"a b\", \"c\"]")],
        "demo-bidder-north.toml: partnership[demo-bidder-north].bidding.seats must have 1 to 64 of A-Z, a-z, 0-9 and . _ : -",
    );
    let seats = "seats = [\"demo-bidder-south\"]";
    for (line, problem) in [
        ("formats = []", "formats must have at least one entry"),
        ("formats = [\"html\"]", "formats must be one of banner, video, audio, native"),
        ("sizes = []", "sizes must have at least one entry"),
        (
            "sizes = [\"300x250\", \"0x50\"]",
            "sizes is wrong: not a size such as 300x250, of 1 to 16384 pixels a side",
        ),
        ("channels = [\"web\"]", "channels must be one of site, app, dooh"),
        (
            "currency = \"euro\"",
            "currency must be a currency code of three capital letters, such as \"EUR\"",
        ),
        ("imps_max = 0", "imps_max must be a whole number from 1 to 100"),
        ("bids_per_imp_max = 101", "bids_per_imp_max must be a whole number from 1 to 100"),
        ("bids_max = 1", "bids_max is not a field that exists here"),
    ] {
        let expected =
            format!("demo-bidder-south.toml: partnership[demo-bidder-south].bidding.{problem}");
        check(SOUTH, &[(seats, &format!("{seats}\n{line}"))], &expected);
    }
    let rate = "per_second = 20_000";
    check(
        SOUTH,
        &[(rate, &format!("{rate}\ncompression = \"brotli\""))],
        "demo-bidder-south.toml: partnership[demo-bidder-south].endpoint.compression must be one of none, gzip",
    );
    let batch = "batch_events = 500";
    check(
        MEASUREMENT,
        &[(batch, &format!("{batch}\ncompression = \"gzip\"\n[partnership.bidding]"))],
        "demo-measurement.toml: partnership[demo-measurement].endpoint.compression belongs only where via is openrtb\n\
         demo-measurement.toml: partnership[demo-measurement].bidding belongs only where via is openrtb",
    );
}

fn check_deal(old: &str, new: &str, problem: &str) {
    let mut wrong = files_with_deals();
    edit(&mut wrong, "deals.toml", &[(old, new)]);
    assert_eq!(problems(&wrong), format!("deals.toml: deal[demo-spring].{problem}"));
}

#[test]
fn a_deal_is_with_bidders_that_are_there_for_places_that_are_there() {
    for (old, new, problem) in [
        (
            "partnerships = [\"demo-bidder-north\"]",
            "partnerships = [\"demo-bidder-north\", \"nobody\"]",
            "partnerships names the partnership `nobody`, which is not in the register",
        ),
        (
            "partnerships = [\"demo-bidder-north\"]",
            "partnerships = [\"demo-bidder-north\", \"demo-measurement\"]",
            "partnerships names the partnership `demo-measurement`, which does not bid via openrtb",
        ),
        (
            "seats = [\"demo-bidder-north\"]",
            "seats = [\"demo-bidder-south\"]",
            "seats names the seat `demo-bidder-south`, which none of its partnerships lists in its bidding table",
        ),
        (
            "placements = [\"feed-top\", \"feed-inline\"]",
            "placements = [\"feed-bottom\"]",
            "placements names the placement `feed-bottom`, which is not in the inventory",
        ),
        (
            "currency = \"USD\"",
            "currency = \"USD\"\nstart = 2026-02-01\nend = 2026-02-01",
            "end must be later than start",
        ),
        (
            "price = \"first_price\"",
            "price = \"third_price\"",
            "price must be one of first_price, second_price_plus, fixed",
        ),
    ] {
        check_deal(old, new, problem);
    }
    let mut free = files_with_deals();
    let fixed =
        [("price = \"first_price\"", "price = \"fixed\""), ("floor = \"1.50\"", "floor = \"0\"")];
    edit(&mut free, "deals.toml", &fixed);
    assert_eq!(
        problems(&free),
        "deals.toml: deal[demo-spring].floor must be above zero where price is fixed: it is the price"
    );
    for floor in ["1.50", "\"1,50\"", "\"-1\"", "\"1.\"", "\"0.0000001\"", "\"100000.01\""] {
        check_deal(
            "floor = \"1.50\"",
            &format!("floor = {floor}"),
            "floor must be a price in quotation marks, such as \"2.50\": 0 to 100000, at most six decimals",
        );
    }
}

#[test]
fn deals_and_screens_have_ids_of_their_own() {
    let mut twice = files_with_deals();
    let deal = twice.last().unwrap().1.clone();
    twice.push((String::from("more/deals.toml"), deal));
    let screen =
        "[[screen]]\nid = \"hall\"\nname = \"Hall\"\nvenue_types = [\"transit.airports\"]\n";
    let (_, inventory) = twice.iter_mut().find(|(name, _)| name == "inventory.toml").unwrap();
    inventory.push_str(&screen.repeat(2));
    assert_eq!(
        problems(&twice),
        "more/deals.toml: deal[demo-spring].id repeats `demo-spring`, which deals.toml has already\n\
         inventory.toml: screen[hall].id repeats `hall`, which inventory.toml has already"
    );
}
