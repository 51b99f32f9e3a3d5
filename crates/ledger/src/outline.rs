//! The outline of a message: what an incident is asked for by. It names no person.
//!
//! A leaf proves what left and a page shows one person's part of it. Neither answers "how many people, on this
//! path, in that hour" without reading everything. So each message also has an outline: its time, what
//! kind of message it was, and who it was about, by the ids of their keys. Such an id is random, and the row of
//! the key is all that joins it to a person: erased with the key, it is a number about nobody.

use crate::{
    KeyId,
    hashed::Hashed,
    marks::{Marker, ToldMark, write_text},
};
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use sluicegate_gate::{
    Categories, EditionHash, Envelope, Item, KeyKind, PartnershipId, Path, ToldList,
    time::UnixMillis,
};
use std::{
    collections::{BTreeSet, HashSet},
    hash::Hasher as _,
    sync::Arc,
};

/// The version of the program that writes records, as outlines name it.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Different lists of fields, and kinds, remembered at most; beyond that they are made again.
const KNOWN_MAX: usize = 4_096;

/// Different lists of fields of messages that are alike otherwise. Who asks chooses which of the fields that may be told
/// are there, so that they could be without end, and kinds are kept for good.
const LISTS_MAX: usize = 256;

/// Messages that are not alike whose lists are counted, at most; beyond that they are counted anew.
const VARIETIES_MAX: usize = 1_024;

/// What kind of message it was. There are few different ones, whatever the traffic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The way it left.
    pub path: Path,
    /// To whom.
    pub partnership: PartnershipId,
    /// The edition it was decided under.
    pub edition: EditionHash,
    /// The version of the program that recorded it.
    pub program: Arc<str>,
    /// What its parts might tell, together.
    pub categories: Categories,
    /// Which fields it told a value of, sorted; `[]` stands for any place in a list. Where 256 other lists were told by
    /// messages that are alike otherwise, also fields that those after them told: never less than it did.
    pub fields: Fields,
}

/// Names of fields, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub Arc<[Box<str>]>);

impl Kind {
    /// Returns what the kind is known by: equal for equal kinds, in every process and version.
    pub fn id(&self) -> u128 {
        let mut hasher = SipHasher13::new();
        let Self { path, partnership, edition, program, categories, fields } = self;
        hasher.write(&edition.0);
        hasher.write_u8(categories.bits());
        let texts = [path.name(), partnership.as_str(), program.as_ref()];
        for text in texts.into_iter().chain(fields.0.iter().map(AsRef::as_ref)) {
            hasher.write_u64(u64::try_from(text.len()).unwrap_or(u64::MAX));
            hasher.write(text.as_bytes());
        }
        hasher.finish128().as_u128()
    }
}

/// Someone a message was about: what kind of key, and 62 bits of its random id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Someone(u64);

impl Someone {
    const KIND_SHIFT: u32 = 62;

    /// Returns who has the key of that kind and id.
    pub fn new(kind: KeyKind, key: KeyId) -> Self {
        let low = key.0 & (u64::MAX >> 2);
        let kind = match kind {
            KeyKind::Account => 0,
            KeyKind::Device => 1,
            KeyKind::Browser => 2,
        };
        Self(low | kind << Self::KIND_SHIFT)
    }

    /// Returns the one that was written as this number.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns a number to write.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Returns the kind of key; `None` for a number that nobody has.
    pub fn kind(self) -> Option<KeyKind> {
        match self.0 >> Self::KIND_SHIFT {
            0 => Some(KeyKind::Account),
            1 => Some(KeyKind::Device),
            2 => Some(KeyKind::Browser),
            _ => None,
        }
    }
}

/// The outline of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineRow {
    /// When it was handed to the ledger.
    pub at: UnixMillis,
    /// What kind of message it was.
    pub kind: Arc<Kind>,
    /// Disclosures about a person in it.
    pub disclosures: u32,
    /// Who they were about: the keys whose pages show them.
    pub people: Vec<Someone>,
}

/// Kinds and lists of fields by their marks, each made once, so that telling the same again costs a look.
#[derive(Debug)]
pub(crate) struct Kinds {
    program: Arc<str>,
    lists: Hashed<u128, Fields>,
    known: Hashed<u128, Arc<Kind>>,
    varieties: Hashed<u128, Variety>,
    bytes: Vec<u8>,
}

/// Lists of fields of messages that are alike otherwise.
#[derive(Debug, Default)]
struct Variety {
    /// The first of them, by their marks.
    lists: HashSet<u128>,
    /// What all others told together.
    wide: Fields,
}

impl Variety {
    /// Returns a list as it is kept: itself, or where there are many others already a wider one.
    fn kept(&mut self, mark: u128, fields: Fields) -> Fields {
        if self.lists.contains(&mark) {
            return fields;
        }
        if self.lists.len() < LISTS_MAX {
            self.lists.insert(mark);
            return fields;
        }
        if fields.0.iter().any(|name| self.wide.0.binary_search(name).is_err()) {
            self.wide = sorted(self.wide.0.iter().chain(fields.0.iter()).cloned());
        }
        self.wide.clone()
    }
}

impl Default for Kinds {
    fn default() -> Self {
        let (lists, known, varieties) = (Hashed::default(), Hashed::default(), Hashed::default());
        Self { program: PROGRAM.into(), lists, known, varieties, bytes: Vec::new() }
    }
}

impl Kinds {
    /// Returns the kind of a message whose items have these marks.
    pub(crate) fn of(
        &mut self,
        envelope: &Envelope,
        categories: Categories,
        (marker, marks): (&Marker, &[ToldMark]),
    ) -> Arc<Kind> {
        let mut lists: Vec<(u128, &Item)> =
            marks.iter().map(|mark| mark.fields).zip(envelope.items()).collect();
        lists.sort_unstable_by_key(|(mark, _)| *mark);
        lists.dedup_by_key(|(mark, _)| *mark);
        let mark = self.mark(envelope, categories, (marker, &lists));
        if let Some(known) = self.known.get(&mark) {
            return Arc::clone(known);
        }
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        let fields = self.fields(&lists);
        let fields = self.kept(envelope, categories, marker, fields);
        let kind = Arc::new(Kind {
            path: envelope.path(),
            partnership: envelope.partnership().clone(),
            edition: envelope.edition(),
            program: Arc::clone(&self.program),
            categories,
            fields,
        });
        self.known.insert(mark, Arc::clone(&kind));
        kind
    }

    fn mark(
        &mut self,
        envelope: &Envelope,
        categories: Categories,
        (marker, lists): (&Marker, &[(u128, &Item)]),
    ) -> u128 {
        self.write_place(envelope, categories);
        for (list, _) in lists {
            self.bytes.extend_from_slice(&list.to_be_bytes());
        }
        marker.mark(&self.bytes)
    }

    fn write_place(&mut self, envelope: &Envelope, categories: Categories) {
        self.bytes.clear();
        self.bytes.extend_from_slice(&envelope.edition().0);
        self.bytes.push(categories.bits());
        write_text(&mut self.bytes, envelope.path().name());
        write_text(&mut self.bytes, envelope.partnership().as_str());
    }

    /// Returns the fields of a kind for a message that tells these.
    fn kept(
        &mut self,
        envelope: &Envelope,
        categories: Categories,
        marker: &Marker,
        fields: Fields,
    ) -> Fields {
        self.write_place(envelope, categories);
        let place = marker.mark(&self.bytes);
        self.bytes.clear();
        fields.0.iter().for_each(|name| write_text(&mut self.bytes, name));
        let list = marker.mark(&self.bytes);
        if self.varieties.len() >= VARIETIES_MAX && !self.varieties.contains_key(&place) {
            self.varieties.clear();
        }
        self.varieties.entry(place).or_default().kept(list, fields)
    }

    /// Returns the fields that items tell, whose different lists these are.
    fn fields(&mut self, lists: &[(u128, &Item)]) -> Fields {
        let mut all = lists.iter().map(|(mark, item)| self.list(*mark, &item.told));
        match (all.next(), all.next()) {
            (None, _) => Fields::default(),
            (Some(only), None) => only,
            (Some(first), Some(second)) => {
                let all: Vec<Fields> = [first, second].into_iter().chain(all).collect();
                sorted(all.iter().flat_map(|fields| fields.0.iter().cloned()))
            }
        }
    }

    fn list(&mut self, mark: u128, told: &ToldList) -> Fields {
        if let Some(known) = self.lists.get(&mark) {
            return known.clone();
        }
        if self.lists.len() >= KNOWN_MAX {
            self.lists.clear();
        }
        let fields = sorted(told.iter().map(|one| in_any_place(&one.field)));
        self.lists.insert(mark, fields.clone());
        fields
    }
}

fn sorted(names: impl Iterator<Item = Box<str>>) -> Fields {
    let names: BTreeSet<Box<str>> = names.collect();
    Fields(names.into_iter().collect())
}

/// Leaves out which place in a list a field has: `user.data[3].segment[0].id` is `user.data[].segment[].id`.
fn in_any_place(field: &str) -> Box<str> {
    let mut name = String::with_capacity(field.len());
    let mut is_inside = false;
    for character in field.chars() {
        is_inside = match character {
            '[' => true,
            ']' => false,
            _ => is_inside,
        };
        if !is_inside || character == '[' {
            name.push(character);
        }
    }
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::{Category, DisclosureId, Told};

    fn item(fields: &[&'static str]) -> Item {
        let told = fields.iter().map(|field| Told {
            category: Category::Context,
            field: (*field).into(),
            value: String::from("x"),
        });
        Item { disclosure: DisclosureId(1), stamp: None, told: told.collect::<Vec<_>>().into() }
    }

    fn names(items: &[Item]) -> Vec<String> {
        let lists: Vec<(u128, &Item)> = (0..).zip(items).collect();
        Kinds::default().fields(&lists).0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn fields_are_named_once_wherever_in_a_list_they_stand() {
        let items = [item(&["b[1].id", "a", "b[0].id"]), item(&["c", "a"])];
        assert_eq!(names(&items), ["a", "b[].id", "c"]);
        assert_eq!(names(&[]), Vec::<String>::new());
    }

    #[test]
    fn however_fields_are_put_together_kinds_have_a_bound_and_name_every_field_that_was_told() {
        const NAMES: u32 = 40;
        let mut variety = Variety::default();
        let mut kinds = HashSet::new();
        // Every list is another one.
        for number in 1..=20_000_u64 {
            let bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - NAMES);
            let is_told = |at: &u32| bits >> at & 1 == 1;
            let list = sorted((0..NAMES).filter(is_told).map(|at| format!("field{at:02}").into()));
            for _ in 0..2 {
                let kept = variety.kept(bits.into(), list.clone());
                assert!(number > 256 || kept == list, "the first are as they were told");
                let all: BTreeSet<_> = kept.0.iter().collect();
                assert!(list.0.iter().all(|name| all.contains(name)), "never less than was told");
                kinds.insert(kept);
            }
        }
        let most = LISTS_MAX + usize::try_from(NAMES).unwrap();
        assert!((LISTS_MAX..=most).contains(&kinds.len()), "{} kinds", kinds.len());
    }

    #[test]
    fn a_kind_of_key_and_its_id_are_one_number_and_back() {
        let someone = |kind| Someone::new(kind, KeyId(u64::MAX));
        for kind in [KeyKind::Account, KeyKind::Device, KeyKind::Browser] {
            assert_eq!(Someone::from_bits(someone(kind).bits()).kind(), Some(kind));
        }
        assert_ne!(someone(KeyKind::Account), someone(KeyKind::Device));
        assert_eq!(Someone::from_bits(u64::MAX).kind(), None);
    }
}
