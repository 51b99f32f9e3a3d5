//! A vendor list that reads holds vendors under their own ids, with ids in range.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_signals::{Ids, Vendor, VendorList};

fuzz_target!(|bytes: &[u8]| {
    let Ok(list) = VendorList::read(bytes) else { return };
    assert_eq!(VendorList::read(bytes), Ok(list.clone()), "the second reading differs");
    assert_eq!(list.vendor(0), None, "nobody has the id 0");
    for vendor in (1..=u16::MAX).filter_map(|id| Some((id, list.vendor(id)?))) {
        let (key, Vendor { id, consent, legitimate_interest, flexible, special_features }) = vendor;
        assert_eq!(key, *id, "a vendor under another's id");
        for ids in [consent, legitimate_interest, flexible, special_features] {
            assert!(ids.iter().all(|id| (1..=Ids::MAX).contains(&id)), "an id out of range");
        }
    }
});
