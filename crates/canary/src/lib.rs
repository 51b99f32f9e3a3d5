//! The continuous probe (P12): subjects who said no run through every path all the time, in the running
//! program, up to the door.
//!
//! There are three. One turned sharing and personalization off, and one was never asked and speaks from where a
//! choice must be on first: not a byte about them may come to a door. The third turned them on: what comes to the
//! door about it shows that the probe can see, and goes no further. All are ours; nobody's data is used.
//!
//! A [`Probe`] has what the program is made of walk every path with all of them, to a [`BlindDoor`] that sends
//! nothing. The [`Watch`] stands at the real door, too. One byte about the first two closes its path until an
//! operator opens it again, and is an alarm; so is a probe that has not ended well for too long.

mod canary;
pub mod conformance;
mod door;
pub mod memory;
mod port;
mod probe;
mod watch;

pub use canary::{Canaries, Canary, EstablishError, Twin};
pub use door::BlindDoor;
pub use port::{Closed, ClosedPaths, ClosedPathsError, Established, EstablishedError};
pub use probe::{BANNER, Probe, ProbeParts, Walk, WalkFailed, countries};
pub use watch::{PathStanding, Run, Scope, Standing, Watch};
