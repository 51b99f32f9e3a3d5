//! A US Privacy string that reads is written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_signals::{Mark, UsPrivacy};

fuzz_target!(|text: &str| {
    if let Ok(read) = UsPrivacy::read(text) {
        assert_eq!(read.to_string(), text, "another string says the same");
        let applies = read != UsPrivacy::NOT_APPLICABLE;
        assert_eq!(applies, read.opt_out_sale != Mark::NotApplicable, "an open opt-out");
    }
});
