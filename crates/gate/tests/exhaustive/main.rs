//! The decision over the whole of its inputs, through the public face of the crate.
//!
//! Once the signals are read the decision has twenty-eight inputs ([`inputs`]), each with the values that
//! the rules can tell apart. Their full product has more members than could ever be asked, so it is cut where the
//! rules allow it. The argument has three steps, and each is checked rather than believed:
//!
//! 1. Whether a reason holds depends on few inputs. [`inputs`] states for each input which reasons it may reach; every
//!    decision is compared with its neighbours along every input ([`product`]), and a reason that changes although
//!    it was not stated fails. Only `category_not_listed` and `no_key` look at what the other rules left.
//! 2. What a reason takes away is fixed, but for two reasons ([`laws`]); what is told is what the opportunity could
//!    tell, less the union of all losses, cut to what is listed. So rules meet only in a union, in the listed
//!    categories, and in `no_key`.
//! 3. Therefore the full product over the inputs of each group of rules ([`groups`]) has every way in which a rule can
//!    answer, and any three inputs of any groups together, from several open worlds, have the ways in which rules
//!    meet.
//!
//! Beyond products: [`properties`] takes random values for all inputs at once, and random numbers, dates and lists.
//!
//! On every decision: the laws of [`laws`]. Between neighbours: closing more never tells more, and never lets a
//! partner be asked that could not be asked before.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
#![expect(clippy::indexing_slicing, reason = "indices come from the lengths of the same lists")]

mod groups;
mod inputs;
mod laws;
mod product;
mod properties;
mod reasons;
mod values;
mod world;

use product::Tally;
use reasons::Reasons;
use sluicegate_gate::Reason;
use std::{io::Write as _, thread};

/// At least so many decisions are taken; a group that is lost is missed.
const DECISIONS_MIN: u64 = 3_000_000;

#[test]
fn every_combination_keeps_the_laws() {
    let tallies: Vec<(&str, Tally)> = thread::scope(|scope| {
        let running: Vec<_> = groups::all()
            .into_iter()
            .map(|group| (group.name, scope.spawn(move || (group.run)())))
            .collect();
        running.into_iter().map(|(name, thread)| (name, thread.join().unwrap())).collect()
    });
    let mut whole = Tally::default();
    let mut output = std::io::stdout().lock();
    for (name, tally) in tallies {
        writeln!(output, "{name}: {tally}").unwrap();
        whole = whole.and(tally);
    }
    writeln!(output, "altogether: {whole}").unwrap();
    let never: Vec<_> =
        Reason::ALL.into_iter().filter(|reason| !whole.reasons.contains(*reason)).collect();
    assert!(never.is_empty(), "no combination has {never:?}");
    assert!(whole.decisions >= DECISIONS_MIN, "{whole}");
}

/// The groups start from worlds in which nothing is closed; else they would enumerate closed doors.
#[test]
fn every_base_world_is_open() {
    for base in groups::bases() {
        let outcome = base.world.ask();
        assert!(outcome.permitted, "{}: {:?}", base.name, outcome.reasons);
        assert!(outcome.reasons == Reasons::NONE, "{}: {:?}", base.name, outcome.reasons);
    }
}
