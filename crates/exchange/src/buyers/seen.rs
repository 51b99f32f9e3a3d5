//! Counts that are not kept yet.

use super::{Buyer, Sightings};
use crate::heard::Heard;
use parking_lot::Mutex;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

/// Buyers seen since the last time that counts were kept.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    waiting: Mutex<BTreeMap<PartnershipId, BTreeMap<Buyer, Sightings>>>,
    left_out: AtomicU64,
}

impl Seen {
    /// Counts a bid that passed every check, once for each of its advertisers.
    pub(crate) fn note(&self, heard: &Heard, at: UnixMillis) {
        // What was told of a person is not kept here, whatever a partner makes of it.
        let repeats = |text: &str| heard.source.identifiers.are_in_notice(text);
        let seat = heard.seat.as_deref().filter(|seat| is_seat(seat)).unwrap_or_default();
        if repeats(seat) {
            return;
        }
        let named = heard.bid.advertisers.iter().filter_map(|domain| self::domain(domain));
        let mut advertisers: Vec<String> = named.take(ADVERTISERS_MAX).collect();
        advertisers.sort_unstable();
        advertisers.dedup();
        if advertisers.is_empty() {
            advertisers.push(String::new());
        }
        for advertiser in advertisers {
            if repeats(&advertiser) {
                continue;
            }
            let partnership = heard.source.partnership.clone();
            let buyer = Buyer { partnership, seat: seat.to_owned(), advertiser };
            self.add(buyer, Sightings { first: at, last: at, bids: 1 });
        }
    }

    /// Returns what waits, which then waits no more.
    pub(crate) fn take(&self) -> Vec<(Buyer, Sightings)> {
        std::mem::take(&mut *self.waiting.lock()).into_values().flatten().collect()
    }

    /// Has what could not be kept wait again.
    pub(crate) fn put_back(&self, seen: Vec<(Buyer, Sightings)>) {
        for (buyer, sightings) in seen {
            self.add(buyer, sightings);
        }
    }

    /// Counts buyers for whom there was no room.
    pub(crate) fn leave_out(&self, buyers: usize) {
        self.left_out.fetch_add(u64::try_from(buyers).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Returns how many times there was no room for a buyer, since the start.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }

    fn add(&self, buyer: Buyer, sightings: Sightings) {
        let mut all = self.waiting.lock();
        let waiting = match all.get_mut(&buyer.partnership) {
            Some(waiting) => waiting,
            None => all.entry(buyer.partnership.clone()).or_default(),
        };
        if let Some(known) = waiting.get_mut(&buyer) {
            known.add(sightings);
        } else if waiting.len() < WAITING_MAX {
            waiting.insert(buyer, sightings);
        } else {
            drop(all);
            self.leave_out(1);
        }
    }
}

fn is_seat(seat: &str) -> bool {
    seat.len() <= SEAT_CHARS_MAX && seat.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns a name of a host in lower case, and nothing else.
fn domain(text: &str) -> Option<String> {
    let text = text.trim_end_matches('.');
    if is_plain_domain(text) {
        return Some(text.to_owned());
    }
    match url::Host::parse(text) {
        Ok(url::Host::Domain(domain)) if domain.contains('.') && domain.len() <= 253 => {
            Some(domain)
        }
        Ok(_) | Err(_) => None,
    }
}

/// Returns whether reading a domain could change nothing of it: labels in lower case, none of them encoded, and the last
/// one no number.
fn is_plain_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let bytes = label.bytes();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len()) && bytes.clone().all(fits) && !label.starts_with("xn--")
    };
    let ends_in_a_word =
        |(_, last): (&str, &str)| last.bytes().all(|byte| byte.is_ascii_lowercase());
    text.len() <= 253
        && text.rsplit_once('.').is_some_and(ends_in_a_word)
        && text.split('.').all(is_label)
}

/// Longest seat that is counted as one of its own.
const SEAT_CHARS_MAX: usize = 64;
/// Advertisers of one bid that are counted.
const ADVERTISERS_MAX: usize = 5;
/// Buyers of one partnership that wait to be kept.
const WAITING_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plain_domain_is_told_from_what_must_be_read() {
        for plain in ["shoes.example", "a-b.c--d.example", "1.2.example"] {
            assert!(is_plain_domain(plain), "{plain}");
        }
        for other in [
            "Shoes.example",
            "xn--a.example",
            "1.2.3.4",
            "a.0x1f",
            "example",
            "a..b",
            "ü.example",
            "",
        ] {
            assert!(!is_plain_domain(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_reads_as_itself(text in "[a-z0-9.-]{1,20}\\.[a-z]{1,5}") {
            prop_assume!(is_plain_domain(&text));
            prop_assert_eq!(url::Host::parse(&text), Ok(url::Host::Domain(text)));
        }
    }
}
