//! The decision, beside reading everything that it looks at.

use crate::{
    harness::{Effort, Sample, alternate, measured},
    machine::MachineClock,
    sample::{Asked, Person, Surroundings},
    table::{Goal, Row},
};
use anyhow::Context;
use sluicegate_gate::{
    Choice, Decision, Question, Secret, Standing, TcfParty, Terms, decide, time::Clock,
};
use sluicegate_settings::Keyring;
use sluicegate_signals::{Gdpr, Ids, Reading, Signals, TcString, Vendor};
use std::hint::black_box;

const OPERATIONS: u32 = 100_000;
const BELOW_NS: f64 = 1_000.0;

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let clock = MachineClock::new();
    let surroundings = Surroundings::new(&clock)?;
    let person = Person::new(1, &Keyring::new(Secret::new([7; 16])))?;
    let partnership = surroundings.edition.partnerships().first().context("no partnership")?;
    let plain = person.request.signals();
    let text = crate::signals::tcf();
    let tcf = Reading::of(Some(&text), TcString::read_valid);
    let european = Signals { tcf, gdpr: Gdpr::InScope, ..plain };
    // A vendor in the middle of the list, with the bases of a bidder.
    let vendor = Vendor {
        id: 401,
        consent: [1, 2, 3, 4].into_iter().collect(),
        legitimate_interest: [7].into_iter().collect(),
        flexible: Ids::NONE,
        special_features: Ids::NONE,
    };
    let terms = Terms { tcf: TcfParty::Vendor(vendor), ..partnership.terms.clone() };
    let cases = [
        ("decision: permit", Choice::On, plain),
        ("decision: withheld", Choice::Off, plain),
        ("decision: legal bases", Choice::On, european),
    ];
    let mut rows = Vec::new();
    for (name, sharing, signals) in cases {
        let subject = person.state(sharing, clock.boot());
        let asked =
            Asked { request: &person.request, subject: &subject, signals: &signals, clock: &clock };
        let question = Question { terms: &terms, ..surroundings.question(partnership, asked) };
        let is_permit = matches!(decide(&question), Decision::Permit(_));
        anyhow::ensure!(is_permit == (sharing == Choice::On), "{name}: not what is measured");
        let operations = effort.operations(OPERATIONS);
        let pair = alternate(
            effort,
            || repeat(operations, || read(black_box(&question))),
            || repeat(operations, || drop(black_box(decide(black_box(&question))))),
        )?;
        let goal = Goal::Processor { below_ns: BELOW_NS };
        rows.push(Row { name, pair, goal, notes: Vec::new() });
    }
    Ok(rows)
}

fn repeat(operations: u32, mut operation: impl FnMut()) -> anyhow::Result<Sample> {
    measured(operations, || {
        for _ in 0..operations {
            operation();
        }
        Ok(())
    })
}

/// Reads each thing once, and does nothing with it.
fn read(question: &Question<'_>) {
    let Question { terms, edition, subject, signals, country, surface, identifier, .. } = question;
    black_box((edition, country, surface, identifier));
    black_box((question.opportunity, question.now, question.boot));
    black_box((&terms.id, terms.kind, terms.via, terms.categories, terms.suspended));
    black_box((terms.start, terms.end, terms.linking_attested_until, terms.listed_since));
    black_box((terms.when_withheld, terms.countries.as_slice(), terms.tcf));
    black_box((signals.lmt, signals.att, signals.gpc, signals.coppa, signals.gdpr));
    black_box((signals.us_privacy, signals.gpp, signals.tcf));
    black_box((
        subject.account_country,
        subject.protection_age,
        subject.demographics,
        subject.view,
    ));
    for standing in subject.standings() {
        let Standing { stamp, sharing, personalize_ads, open_since, .. } = *standing;
        black_box((stamp, sharing, personalize_ads, open_since));
        black_box((standing.sharing_marked_off, standing.personalize_ads_marked_off));
    }
}
