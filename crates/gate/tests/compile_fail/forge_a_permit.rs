//! A permit comes out of the decision and from nowhere else.

use sluicegate_gate::{Demographics, Permit, Stamp};
use sluicegate_signals::GdprScope;

fn forge(stamp: Stamp) -> Permit {
    let (demographics, gdpr) = (Demographics::NONE, GdprScope::Out);
    Permit { stamp, losses: Vec::new(), demographics, gdpr }
}

fn main() {}
