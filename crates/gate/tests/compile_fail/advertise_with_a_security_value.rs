//! What was collected for security cannot be given an advertising purpose: neither as it is, nor with a source, nor by
//! conversion, nor by reaching inside.

use sluicegate_gate::{AgeBand, Demographics, ForSecurity, Source, Sourced};

fn as_it_is(age_band: Option<ForSecurity<AgeBand>>) -> Demographics {
    Demographics { gender: None, age_band }
}

fn with_a_source(value: ForSecurity<AgeBand>) -> Sourced<AgeBand> {
    Sourced::<AgeBand> { value, source: Source::Declared }
}

fn by_conversion(age_band: ForSecurity<AgeBand>) -> Sourced<AgeBand> {
    age_band.into()
}

fn by_reaching_inside(age_band: ForSecurity<AgeBand>) -> AgeBand {
    age_band.0
}

fn main() {}
