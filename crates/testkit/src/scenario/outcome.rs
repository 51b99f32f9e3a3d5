//! What came of one step, as it stands on the wire and in the ledger, beside what was expected.

use super::{
    format::{Expected, Step},
    gateway::Gateway,
    ports::Message,
    requests::{MARKER, advertising_id},
    strings,
    wire::{Fields, json, one_by_one, records, told_on_the_wire},
};
use sluicegate_gate::{Category, PartnershipId, Path, Reason};
use sluicegate_measurement::Counters;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

type Counts = BTreeMap<(PartnershipId, Reason), u64>;

/// Reasons counted up to some moment.
#[derive(Debug)]
pub(crate) struct Tallies {
    withheld: Counts,
    lost: Counts,
}

impl Tallies {
    /// Reads the ledger's and the exchange's counts.
    pub(crate) async fn read(gateway: &Gateway) -> anyhow::Result<Self> {
        let mut withheld = Counts::new();
        for row in gateway.ledger.totals(around(gateway)).await?.withheld {
            *withheld.entry((row.partnership, row.reason)).or_default() += row.count;
        }
        Ok(Self { withheld, lost: gateway.exchange.counters().figures().reduced })
    }
}

fn around(gateway: &Gateway) -> std::ops::Range<sluicegate_gate::time::UnixMillis> {
    let span = Duration::from_hours(24 * 400);
    gateway.now().minus(span)..gateway.now().plus(span)
}

fn since(before: &Counts, after: &Counts, who: &PartnershipId) -> BTreeSet<String> {
    let new = after.iter().filter(|(key, count)| before.get(key).is_none_or(|old| old < count));
    new.filter(|((id, _), _)| id == who).map(|((_, reason), _)| reason.code().to_owned()).collect()
}

/// What came of a step.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) differences: Vec<String>,
    pub(crate) categories: BTreeSet<Category>,
    pub(crate) reasons: BTreeSet<String>,
}

/// Compares what came of a step with what was expected.
pub(crate) async fn compare(
    gateway: &Gateway,
    step: &Step,
    before: &Tallies,
) -> anyhow::Result<Outcome> {
    let after = Tallies::read(gateway).await?;
    let messages = std::mem::take(&mut *gateway.door.messages.lock());
    let mut outcome =
        Outcome { differences: Vec::new(), categories: BTreeSet::new(), reasons: BTreeSet::new() };
    let counters: BTreeMap<PartnershipId, Counters> = gateway
        .deliveries
        .counters()
        .await?
        .into_iter()
        .map(|one| (one.partnership.clone(), one))
        .collect();
    for message in &messages {
        outcome.never(gateway, message);
        outcome.recorded(gateway, message).await?;
    }
    let mut known: BTreeSet<PartnershipId> = counters.keys().cloned().collect();
    known.extend(gateway.edition()?.partnerships().iter().map(|one| one.terms.id.clone()));
    for named in step.expect.keys().filter(|named| known.iter().all(|id| id.as_str() != *named)) {
        outcome.differences.push(format!("{named}: there is no such partnership"));
    }
    for id in &known {
        let came: Vec<&Message> = messages.iter().filter(|one| one.partnership == *id).collect();
        let Some(expected) = step.expect.get(id.as_str()) else {
            outcome.differences.extend(came.iter().map(|message| {
                let fields = told_on_the_wire(message);
                let path = message.path.name();
                format!("{id}: expected nothing, but received a {path} with {fields:?}")
            }));
            continue;
        };
        let withheld = since(&before.withheld, &after.withheld, id);
        let lost = since(&before.lost, &after.lost, id);
        outcome.reasons.extend(withheld.iter().chain(&lost).cloned());
        let mut case = Case { id, expected, came: &came, differences: &mut outcome.differences };
        case.reasons("withheld", &expected.withheld, &withheld);
        case.reasons("lost", &expected.lost, &lost);
        case.messages();
        case.bodies();
        case.counted(counters.get(id));
    }
    Ok(outcome)
}

/// One partnership in one step.
struct Case<'a> {
    id: &'a PartnershipId,
    expected: &'a Expected,
    came: &'a [&'a Message],
    differences: &'a mut Vec<String>,
}

impl Case<'_> {
    fn differ(&mut self, text: &str) {
        self.differences.push(format!("{}: {text}", self.id));
    }

    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, wanted: &T, got: &T) {
        if wanted != got {
            self.differ(&format!("{what}: expected {wanted:?}, got {got:?}"));
        }
    }

    fn counted(&mut self, counters: Option<&Counters>) {
        let (lag, dead) = counters.map_or((0, 0), |one| (one.lag, one.tally.dead));
        for (what, wanted, got) in
            [("waiting", self.expected.waiting, lag), ("dead", self.expected.dead, dead)]
        {
            if let Some(wanted) = wanted {
                self.equal(what, &wanted, &got);
            }
        }
    }

    fn reasons(&mut self, what: &str, wanted: &[String], got: &BTreeSet<String>) {
        for unknown in wanted.iter().filter(|code| Reason::from_code(code).is_none()) {
            self.differ(&format!("`{unknown}` is not the code of a reason"));
        }
        self.sets(what, wanted, got);
    }

    /// Names what is missing and what is too much.
    fn sets(&mut self, what: &str, wanted: &[String], got: &BTreeSet<String>) {
        let wanted: BTreeSet<String> = wanted.iter().cloned().collect();
        let missing: Vec<&String> = wanted.difference(got).collect();
        let extra: Vec<&String> = got.difference(&wanted).collect();
        if !missing.is_empty() || !extra.is_empty() {
            let text = format!("{what}: missing {missing:?}, not expected {extra:?}");
            self.differ(&text);
        }
    }

    fn messages(&mut self) {
        let count = |path| self.came.iter().filter(|one| one.path == path).count();
        let asked = count(Path::BidRequest);
        let contextual = count(Path::ContextualBidRequest);
        let seen: Vec<String> = self
            .came
            .iter()
            .flat_map(|one| records(&json(one)))
            .filter_map(|record| Some(record.get("creative_id")?.as_str()?.to_owned()))
            .collect();
        let answered = count(Path::Touches) > 0;
        let is_bid =
            self.expected.told.is_some() && self.expected.delivered.is_empty() && !answered;
        self.equal("bid requests about the person", &usize::from(is_bid), &asked);
        let wanted = usize::from(self.expected.contextual);
        self.equal("contextual bid requests", &wanted, &contextual);
        self.equal("exposures delivered", &self.expected.delivered, &seen);
        if let Some(told) = &self.expected.told {
            let got: Fields = self.came.iter().flat_map(|one| told_on_the_wire(one)).collect();
            self.sets("told", &one_by_one(told), &got);
        }
    }

    fn bodies(&mut self) {
        let Expected { body_has, body_lacks, never, .. } = self.expected;
        let Some(last) = self.came.last() else {
            if !body_has.is_empty() || !body_lacks.is_empty() {
                self.differ("nothing came, so there is no body to look into");
            }
            return;
        };
        let body = json(last);
        for (pointer, wanted) in body_has {
            let wanted = serde_json::to_value(wanted).unwrap_or_default();
            let got = body.pointer(pointer);
            if got != Some(&wanted) {
                let got = got.map_or_else(|| String::from("nothing"), ToString::to_string);
                self.differ(&format!("{pointer}: expected {wanted}, got {got}"));
            }
        }
        for pointer in body_lacks {
            if let Some(got) = body.pointer(pointer) {
                self.differ(&format!("{pointer}: expected nothing, got {got}"));
            }
        }
        for message in self.came {
            let text = String::from_utf8_lossy(&message.body);
            for never in never.iter().filter(|never| text.contains(never.as_str())) {
                self.differ(&format!("`{never}` stands in what came"));
            }
        }
    }
}

impl Outcome {
    /// Looks for what no message may hold: the marked identity fields, accounts, browsers' ids, and an
    /// advertising id anywhere but in its own field.
    fn never(&mut self, gateway: &Gateway, message: &Message) {
        let text = String::from_utf8_lossy(&message.body).to_ascii_lowercase();
        let mut never = vec![MARKER.to_owned()];
        let mut holds_an_id = false;
        for (name, _) in gateway.subjects() {
            match advertising_id(name) {
                Ok(ifa) => holds_an_id |= text.contains(&ifa),
                Err(_not_a_device) => never.push(name.to_owned()),
            }
        }
        for text_of in never.into_iter().filter(|never| text.contains(never)) {
            self.differences.push(format!("{}: received `{text_of}`", message.partnership));
        }
        for line in gateway.came_in.differences(message.path, &json(message)) {
            self.differences.push(format!("{}: {line}", message.partnership));
        }
        let told = told_on_the_wire(message);
        if holds_an_id && !told.contains("device.ifa") && !told.contains("ifa") {
            let line = "received an advertising id outside its field";
            self.differences.push(format!("{}: {line}", message.partnership));
        }
    }

    /// The ledger names every field about a person that came, and no other.
    async fn recorded(&mut self, gateway: &Gateway, message: &Message) -> anyhow::Result<()> {
        self.categories.insert(Category::Plumbing);
        let body = json(message);
        if body.get("app").or_else(|| body.get("site")).is_some() {
            self.categories.insert(Category::Context);
        }
        let mut recorded = Fields::new();
        for (_, key) in gateway.subjects() {
            let view = gateway.ledger.person(key, around(gateway)).await?;
            let own = view.disclosures.into_iter().filter(|one| {
                one.partnership == message.partnership
                    && one.path == message.path
                    && one.last == gateway.now()
            });
            for told in own.flat_map(|one| one.told) {
                let is_string = strings::IN_A_REQUEST.contains(&told.field.as_ref())
                    || strings::IN_AN_EXPOSURE.contains(&told.field.as_ref());
                if is_string && told.category != Category::Plumbing {
                    let line = format!("{} is recorded as {}", told.field, told.category.name());
                    self.differences.push(format!("{}: {line}", message.partnership));
                }
                self.categories.insert(told.category);
                recorded.insert(told.field.into_owned());
            }
        }
        let on_the_wire = told_on_the_wire(message);
        if recorded != on_the_wire {
            let text = format!("the ledger says {recorded:?}, the wire {on_the_wire:?}");
            self.differences.push(format!("{}: {text}", message.partnership));
        }
        Ok(())
    }
}
