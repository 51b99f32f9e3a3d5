//! For tests only: a clock that stands still until told, dice that repeat, the running program, partners
//! that record every byte they receive, and the decision a second time.

pub mod carriers;
mod clock;
pub mod full_request;
pub mod markers;
pub mod naive;
mod partner;
mod program;
pub mod sample;
pub mod scenario;

pub use clock::{ManualClock, SeededDice};
pub use partner::{Heard, Manner, RecordingPartner, Reply};
pub use program::{Answer, LISTED_ORIGIN, PLATFORM_KEY, Program, Setup};
