//! Which single values a permit tells: rule 4 takes values, not only categories.

use crate::{
    inputs::Input,
    product::Tally,
    world::{Outcome, World},
};
use bytes::Bytes;
use sluicegate_gate::{
    Body, Category, Choice, Demographics, DisclosureId, EncodeError, Family, Path, Reason,
    Segments, Standing, Told,
};
use std::cell::Cell;

/// An object with nothing in it, for looking at the grants.
struct Nothing;

impl Body<'_> for Nothing {
    fn disclosure(&self) -> DisclosureId {
        DisclosureId(0)
    }

    fn told(&self) -> Vec<Told> {
        Vec::new()
    }
}

impl Family for Nothing {
    type Of<'b> = Self;
    const PATH: Path = Path::BidRequest;

    fn encode(_: DisclosureId, _: &[Self]) -> Result<Bytes, EncodeError> {
        Ok(Bytes::new())
    }
}

/// Checks over the product that a value from elsewhere is told only where personalization is on, and every other
/// value that is in use.
pub(crate) fn check(base: &World, inputs: &[&Input]) -> Tally {
    let mut tally = Tally::default();
    let members: usize = inputs.iter().map(|input| input.values.len()).product();
    let mut world = base.clone();
    for member in 0..members {
        let mut rest = member;
        for input in inputs {
            (input.values[rest % input.values.len()].set)(&mut world);
            rest /= input.values.len();
        }
        let (outcome, _, _) = world.answer();
        tally.decisions += 1;
        tally.permits += u64::from(outcome.permitted);
        tally.reasons = tally.reasons.or(outcome.reasons);
        if outcome.told.contains(Category::Demographic) {
            tally.comparisons += 1;
            check_one(&world, outcome, told(&world));
        }
    }
    tally
}

/// A partner is told of its own lists alone, that have not run out, and with an identifier beside them.
fn own_lists(world: &World) -> Segments {
    let own = world.memberships.iter().filter(|one| one.partnership == world.terms.id);
    own.filter(|one| one.until > crate::world::NOW).map(|one| one.segment).collect()
}

fn check_one(world: &World, outcome: Outcome, told: (Demographics, Segments)) {
    let is_off =
        |key: &Standing| key.personalize_ads == Some(Choice::Off) || key.personalize_ads_marked_off;
    let off = world.keys.iter().flatten().any(is_off);
    let expected = if off || outcome.reasons.contains(Reason::PersonalizeAdsOff) {
        (world.demographics.from_here(), Segments::NONE)
    } else if outcome.told.contains(Category::DeviceIdentifier) {
        (world.demographics, own_lists(world))
    } else {
        (world.demographics, Segments::NONE)
    };
    assert_eq!(told, expected, "{world:?}");
}

/// Returns the values that the permit opens.
fn told(world: &World) -> (Demographics, Segments) {
    let (_, _, permit) = world.answer();
    let seen = Cell::new((Demographics::NONE, Segments::NONE));
    let preview = permit.unwrap().preview::<Nothing>(|grants| {
        let grant = grants.demographic().unwrap();
        seen.set((grant.demographics(), grant.segments()));
        Nothing
    });
    preview.unwrap();
    seen.get()
}
