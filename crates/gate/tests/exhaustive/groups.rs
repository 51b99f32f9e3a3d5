//! Which products are asked: each group of rules over all of its inputs, then three inputs of any groups together.

use crate::{
    inputs::{self, Input, input},
    product::{self, Tally},
    values,
    world::World,
};

/// One part of the enumeration; parts run beside each other.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) run: fn() -> Tally,
}

pub(crate) fn all() -> Vec<Group> {
    vec![
        Group { name: "register, opportunity and view", run: register },
        Group { name: "choices at all keys", run: choices },
        Group { name: "choices, countries and values", run: choices_by_country },
        Group { name: "age and device", run: protection },
        Group { name: "consent strings", run: strings },
        Group { name: "every list of categories", run: lists },
        Group { name: "any three inputs", run: triples },
    ]
}

/// An open world: every input at a value that closes nothing.
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) world: World,
}

/// Where each kind of rule has its say: a bid and an exposure, in the United States, Europe and Canada.
pub(crate) fn bases() -> Vec<Base> {
    let open = [
        ("kind", "real_time_bidding"),
        ("opportunity", "bid"),
        ("account", "sharing on; personalize on"),
        ("device", "sharing unsaid; personalize unsaid"),
        ("account country", "USA"),
        ("country", "USA"),
        ("demographics", "mixed"),
        ("gpp", "agreeing"),
        ("party", "vendor"),
    ];
    let measuring = [("kind", "conversion_tracking"), ("opportunity", "linked")];
    let europe = [("country", "DEU"), ("gpp", "absent"), ("tcf", "agreeing")];
    let canada = [("country", "CAN"), ("gpp", "canada agreeing")];
    let serving = [("kind", "service_provider"), ("opportunity", "linked")];
    let base = |name, changes: &[&[(&str, &str)]]| {
        let mut world = World::new();
        for (input_name, value) in open.iter().chain(changes.iter().copied().flatten()) {
            let input = input(input_name).only(&[value]);
            (input.values[0].set)(&mut world);
        }
        Base { name, world }
    };
    vec![
        base("bid, United States", &[]),
        base("exposure, United States", &[&measuring]),
        base("bid, Europe", &[&europe]),
        base("exposure, Europe", &[&measuring, &europe]),
        base("bid, Canada", &[&canada]),
        base("exposure to a service provider", &[&serving]),
    ]
}

fn product(base: &World, inputs: &[Input]) -> Tally {
    product::check(base, &inputs.iter().collect::<Vec<_>>())
}

fn named<const N: usize>(names: [&str; N]) -> Vec<Input> {
    names.into_iter().map(input).collect()
}

fn first_base() -> World {
    bases().swap_remove(0).world
}

fn register() -> Tally {
    let mut inputs = named([
        "kind",
        "opportunity",
        "in force",
        "attested",
        "served",
        "view",
        "when withheld",
        "opened",
    ]);
    inputs.push(input("listed").only(&[
        "everything",
        "without plumbing",
        "without context",
        "without device_identifier",
        "without exposure",
        "impersonal",
        "nothing",
    ]));
    product(&first_base(), &inputs)
}

/// Every state of both settings at all three keys, where the default is on and where it is off.
fn choices() -> Tally {
    let mut inputs = named(["account", "device", "browser", "kind"]);
    inputs.push(input("country").only(&["USA", "BRA"]));
    let bid = product(&first_base(), &inputs);
    inputs.push(input("opportunity").only(&["linked", "linked, before opening"]));
    inputs.push(inputs::opened().only(&["never", "everywhere"]));
    let states =
        ["sharing on; personalize on", "sharing unsaid; personalize off", SHARING_OFF, MARKED];
    for key in &mut inputs[..2] {
        let name = key.name;
        *key = input(name).only(&["absent", states[0], states[1], states[2], states[3]]);
    }
    bid.and(product(&first_base(), &inputs))
}

const SHARING_OFF: &str = "sharing off; personalize unsaid";
const MARKED: &str = "sharing marked; personalize marked";

/// Who may speak, under every pair of countries; and which single values are told.
fn choices_by_country() -> Tally {
    let states = [
        "absent",
        "sharing on; personalize on",
        "sharing unsaid; personalize unsaid",
        "sharing on; personalize off",
        SHARING_OFF,
        MARKED,
    ];
    let mut inputs = named(["kind", "account country", "country", "demographics", "gdpr", "age"]);
    inputs.push(input("account").only(&states));
    inputs.push(input("device").only(&states[..4]));
    inputs.push(input("opportunity").only(&["bid", "linked"]));
    let tally = product(&first_base(), &inputs);
    let mut values = named(["kind", "account", "device", "demographics", "country", "lists"]);
    values.push(input("lmt").only(&["off", "on"]));
    tally.and(values::check(&first_base(), &values.iter().collect::<Vec<_>>()))
}

fn protection() -> Tally {
    let mut inputs = named([
        "age",
        "lmt",
        "att",
        "surface",
        "identifier",
        "gpc",
        "coppa",
        "kind",
        "when withheld",
    ]);
    inputs.push(input("account country").only(&["USA", "BRA", "DEU"]));
    inputs.push(input("opportunity").only(&["bid", "linked"]));
    inputs.push(input("listed").only(&["everything", "without device_identifier"]));
    inputs.push(input("us_privacy").only(&["absent", "opted out", "unreadable"]));
    product(&first_base(), &inputs)
}

/// Every string with every other, for every party, in and out of every scope.
fn strings() -> Tally {
    let mut inputs = named(["gpp", "tcf", "party", "gdpr", "us_privacy"]);
    inputs.push(input("country").only(&["USA", "DEU", "none"]));
    inputs.push(input("account country").only(&["USA", "none"]));
    inputs.push(input("opportunity").only(&["bid", "linked"]));
    product(&first_base(), &inputs)
}

/// Every list of categories with every value of every other input, from every open world.
fn lists() -> Tally {
    let list = inputs::listed_in_every_way();
    let mut tally = Tally::default();
    for base in bases() {
        for other in inputs::all().iter().filter(|other| other.name != list.name) {
            tally = tally.and(product::check(&base.world, &[&list, other]));
        }
    }
    tally
}

/// Any three inputs, from every open world. The keys have the states in which the settings differ.
fn triples() -> Tally {
    let few = [
        "absent",
        "sharing on; personalize on",
        "sharing unsaid; personalize unsaid",
        "sharing on; personalize off",
        SHARING_OFF,
        MARKED,
    ];
    let inputs: Vec<Input> = inputs::all()
        .into_iter()
        .map(|input| match input.name {
            "account" | "device" | "browser" => input.only(&few),
            _ => input,
        })
        .collect();
    let mut tally = Tally::default();
    for base in bases() {
        for (first, one) in inputs.iter().enumerate() {
            for (second, two) in inputs.iter().enumerate().skip(first + 1) {
                for three in &inputs[second + 1..] {
                    tally = tally.and(product::check(&base.world, &[one, two, three]));
                }
            }
        }
    }
    tally
}
