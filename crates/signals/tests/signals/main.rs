//! The readers against what was written, against other people's readers, against the specifications' own examples,
//! and against hostile input.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod asked;
mod bases;
mod canada;
mod dice;
mod differences;
mod hostile;
mod in_force;
mod letters;
mod passed_on;
mod peers;
mod read_words;
mod restrictions;
mod round_trip;
mod specification;
mod strings;
mod validity;
mod validity_us;
mod vectors;
mod world;
mod written_words;
