//! Standings of one shard, at 32 bytes a key.
//!
//! A sorted array holds most keys; a small tree holds keys that came later, and is merged into the
//! array when it has grown past a part of it. Keys only ever come; a change replaces in place.

use crate::{KeyState, key::revision_of};
use sluicegate_gate::{Choice, KeyKind, KeyStamp, Standing, SubjectKey, time::UnixMillis};
use std::collections::BTreeMap;

/// Keys in the tree before the first merge.
const LATER_MIN: usize = 256;
/// The array may be this many times as long as the tree.
const LATER_PART: usize = 32;

#[derive(Clone, Copy, Debug)]
struct Slot {
    place: u128,
    entry: Entry,
}

const _: () = assert!(size_of::<Slot>() == 32, "the view takes 32 bytes a key");

/// Version, and below it `open_since` in the upper 56 bits and flags in the lower 8.
#[derive(Clone, Copy, Debug)]
struct Entry {
    version: u64,
    rest: u64,
}

/// Standings by hash of their key.
#[derive(Debug, Default)]
pub(crate) struct Table {
    sorted: Vec<Slot>,
    later: BTreeMap<u128, Entry>,
}

impl Table {
    /// Takes states in any order, each key once.
    pub(crate) fn load<'a>(states: impl Iterator<Item = &'a KeyState>) -> Self {
        let slot = |state: &KeyState| Slot { place: place(state.key), entry: Entry::pack(state) };
        let mut sorted: Vec<Slot> = states.map(slot).collect();
        sorted.sort_unstable_by_key(|slot| slot.place);
        Self { sorted, later: BTreeMap::new() }
    }

    pub(crate) fn put(&mut self, state: &KeyState) {
        let (place, entry) = (place(state.key), Entry::pack(state));
        let found = self.sorted.binary_search_by_key(&place, |slot| slot.place);
        if let Some(slot) = found.ok().and_then(|index| self.sorted.get_mut(index)) {
            slot.entry = entry;
            return;
        }
        self.later.insert(place, entry);
        if self.later.len() >= LATER_MIN.max(self.sorted.len() / LATER_PART) {
            self.merge();
        }
    }

    /// Returns the standing of a key; a key that is not here is untouched.
    pub(crate) fn standing(&self, key: SubjectKey) -> Standing {
        let place = place(key);
        let found = self.sorted.binary_search_by_key(&place, |slot| slot.place);
        let sorted = found.ok().and_then(|index| self.sorted.get(index)).map(|slot| slot.entry);
        match sorted.or_else(|| self.later.get(&place).copied()) {
            Some(entry) => entry.standing(key),
            None => Standing::untouched(KeyStamp { key, revision: revision_of(key, 0) }),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.sorted.len() + self.later.len()
    }

    fn merge(&mut self) {
        let later = std::mem::take(&mut self.later);
        self.sorted.reserve_exact(later.len());
        self.sorted.extend(later.into_iter().map(|(place, entry)| Slot { place, entry }));
        self.sorted.sort_by_key(|slot| slot.place);
    }
}

/// Where a key stands in the order of a table: its hash, shifted by its kind, so that two kinds with one
/// hash are told apart.
fn place(key: SubjectKey) -> u128 {
    key.hash
        ^ match key.kind {
            KeyKind::Account => 0,
            KeyKind::Device => 0x4b1d_9e37_79b9_7f4a_7c15_f39c_c060_5ced,
            KeyKind::Browser => 0x2c9b_517c_c1b7_2722_0a94_fe13_abe8_fa9a,
        }
}

const SHARING_ON: u64 = 1;
const SHARING_OFF: u64 = 1 << 1;
const PERSONALIZE_ON: u64 = 1 << 2;
const PERSONALIZE_OFF: u64 = 1 << 3;
const SHARING_MARKED: u64 = 1 << 4;
const PERSONALIZE_MARKED: u64 = 1 << 5;
const FLAG_BITS: u32 = 8;
/// The latest `open_since` that fits; hundreds of thousands of years away.
const SINCE_MAX: u64 = (1 << 55) - 1;

impl Entry {
    fn pack(state: &KeyState) -> Self {
        let choice = |choice, on, off| match choice {
            Some(Choice::On) => on,
            Some(Choice::Off) => off,
            None => 0,
        };
        let mark = |marks, flag| if marks > 0 { flag } else { 0 };
        // Rounded up where it does not fit below, so that nothing opens earlier.
        let since = state.open_since.map_or(0, |UnixMillis(millis)| {
            u64::try_from(millis).unwrap_or(0).min(SINCE_MAX).saturating_add(1)
        });
        let flags = choice(state.sharing, SHARING_ON, SHARING_OFF)
            | choice(state.personalize_ads, PERSONALIZE_ON, PERSONALIZE_OFF)
            | mark(state.sharing_marks, SHARING_MARKED)
            | mark(state.personalize_ads_marks, PERSONALIZE_MARKED);
        Self { version: state.version, rest: (since << FLAG_BITS) | flags }
    }

    fn standing(self, key: SubjectKey) -> Standing {
        let has = |flag| self.rest & flag != 0;
        let choice = |on, off| match (has(off), has(on)) {
            (true, _) => Some(Choice::Off),
            (false, true) => Some(Choice::On),
            (false, false) => None,
        };
        let since = (self.rest >> FLAG_BITS).checked_sub(1);
        Standing {
            stamp: KeyStamp { key, revision: revision_of(key, self.version) },
            sharing: choice(SHARING_ON, SHARING_OFF),
            personalize_ads: choice(PERSONALIZE_ON, PERSONALIZE_OFF),
            sharing_marked_off: has(SHARING_MARKED),
            personalize_ads_marked_off: has(PERSONALIZE_MARKED),
            open_since: since.map(|millis| UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn states() -> impl Strategy<Value = KeyState> {
        let choice = || prop::option::of(prop_oneof![Just(Choice::On), Just(Choice::Off)]);
        let since = prop::option::of((0_i64..1 << 54).prop_map(UnixMillis));
        (0_u128..2_000, any::<u64>(), choice(), choice(), 0_u32..3, 0_u32..3, since).prop_map(
            |(hash, version, sharing, personalize_ads, marks, others, open_since)| KeyState {
                key: SubjectKey { kind: KeyKind::Device, hash },
                version,
                sharing,
                personalize_ads,
                sharing_marks: marks,
                personalize_ads_marks: others,
                open_since,
                closed_at: None,
            },
        )
    }

    proptest! {
        #[test]
        fn a_table_answers_as_a_plain_map_does(
            loaded in prop::collection::vec(states(), 0..100),
            put in prop::collection::vec(states(), 0..1_500),
        ) {
            let mut plain: HashMap<u128, KeyState> =
                loaded.into_iter().map(|state| (state.key.hash, state)).collect();
            let mut table = Table::load(plain.values());
            for state in put {
                table.put(&state);
                plain.insert(state.key.hash, state);
            }
            prop_assert_eq!(table.len(), plain.len());
            for hash in 0..2_000 {
                let key = SubjectKey { kind: KeyKind::Device, hash };
                let state = plain.get(&hash).copied().unwrap_or_else(|| KeyState::untouched(key));
                prop_assert_eq!(table.standing(key), state.standing());
            }
        }
    }

    #[test]
    fn an_account_and_a_device_with_one_hash_are_two_keys() {
        let [account, device] =
            [KeyKind::Account, KeyKind::Device].map(|kind| SubjectKey { kind, hash: 1 });
        let mut table = Table::default();
        table.put(&KeyState { sharing: Some(Choice::Off), ..KeyState::untouched(account) });
        assert_eq!(table.standing(account).sharing, Some(Choice::Off));
        assert_eq!(table.standing(device).sharing, None);
    }

    #[test]
    fn a_time_that_does_not_fit_never_opens_earlier() {
        let key = SubjectKey { kind: KeyKind::Device, hash: 1 };
        let state = KeyState { open_since: Some(UnixMillis(-5)), ..KeyState::untouched(key) };
        let mut table = Table::default();
        table.put(&state);
        assert_eq!(table.standing(key).open_since, Some(UnixMillis(0)));
    }
}
