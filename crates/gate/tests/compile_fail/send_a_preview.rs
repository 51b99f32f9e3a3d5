//! What is shown for an explanation cannot be recorded or sent.

use sluicegate_gate::{Envelope, Preview};

fn send(preview: Preview) -> Envelope {
    preview.into_envelope()
}

fn main() {}
