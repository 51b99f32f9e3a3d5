//! What lists of values are known by, in memory.

use siphasher::sip128::SipHasher13;
use sluicegate_gate::{Categories, Told, ToldList};
use std::{collections::HashMap, sync::Arc};

/// Bytes hashed in one piece: most pieces of lists take less.
const USUAL_BYTES: usize = 2 * 1024;

/// Hashes under a key that is drawn at every start: a mark says nothing of a person to anyone, and nobody can make
/// two lists with one mark.
#[derive(Debug)]
pub(crate) struct Marker(SipHasher13);

/// What a list is known by. The same values in another order, or in other pieces, have another mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ToldMark {
    /// Of its values with their fields and categories.
    pub(crate) values: u128,
    /// Of the names of its fields.
    pub(crate) fields: u128,
}

impl Marker {
    pub(crate) fn new(key: u128) -> Self {
        Self(SipHasher13::new_with_key(&key.to_be_bytes()))
    }

    pub(crate) fn mark(&self, bytes: &[u8]) -> u128 {
        self.0.hash(bytes).as_u128()
    }

    /// Returns the mark of two things, one after the other.
    pub(crate) fn both(&self, one: u128, next: u128) -> u128 {
        let mut bytes = [0; 32];
        let (first, last) = bytes.split_at_mut(16);
        first.copy_from_slice(&one.to_be_bytes());
        last.copy_from_slice(&next.to_be_bytes());
        self.mark(&bytes)
    }
}

/// Marks of the lists of one batch. The messages of an auction hold most of what they tell together, so what more
/// than one holds is hashed once. It is known by its address, which is nobody else's while the batch is held.
#[derive(Debug)]
pub(crate) struct Marks<'a> {
    marker: &'a Marker,
    shared: HashMap<usize, ToldMark>,
    bytes: Vec<u8>,
}

impl<'a> Marks<'a> {
    pub(crate) fn new(marker: &'a Marker) -> Self {
        Self { marker, shared: HashMap::new(), bytes: Vec::with_capacity(USUAL_BYTES) }
    }

    pub(crate) fn marker(&self) -> &'a Marker {
        self.marker
    }

    /// Returns the mark of a list.
    pub(crate) fn of(&mut self, told: &ToldList) -> ToldMark {
        let marker = self.marker;
        let all = told.pieces().map(|piece| self.of_piece(piece));
        let both = |one: ToldMark, next: ToldMark| ToldMark {
            values: marker.both(one.values, next.values),
            fields: marker.both(one.fields, next.fields),
        };
        all.reduce(both).unwrap_or_default()
    }

    fn of_piece(&mut self, piece: &Arc<[Told]>) -> ToldMark {
        let address = piece.as_ptr().addr();
        if let Some(known) = self.shared.get(&address) {
            return *known;
        }
        let mark = self.hash(piece);
        if Arc::strong_count(piece) > 1 {
            self.shared.insert(address, mark);
        }
        mark
    }

    fn hash(&mut self, piece: &[Told]) -> ToldMark {
        // Why: hashed in one piece, since many small ones cost several times as much.
        let bytes = &mut self.bytes;
        bytes.clear();
        for told in piece {
            write_text(bytes, &told.field);
        }
        let fields = self.marker.mark(bytes);
        bytes.clear();
        bytes.extend_from_slice(&fields.to_be_bytes());
        for told in piece {
            bytes.push(Categories::of(&[told.category]).bits());
            write_text(bytes, &told.value);
        }
        ToldMark { values: self.marker.mark(bytes), fields }
    }
}

/// With a byte at its end that no text holds (RFC 3629, section 1), so that no two lists of texts are the same bytes.
pub(crate) fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0xff);
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::Category;

    fn piece(values: &[(&'static str, &str)]) -> Arc<[Told]> {
        let told = |(field, value): &(&'static str, &str)| Told {
            category: Category::Context,
            field: (*field).into(),
            value: (*value).to_owned(),
        };
        values.iter().map(told).collect()
    }

    fn list(pieces: &[&Arc<[Told]>]) -> ToldList {
        let mut list = ToldList::default();
        for piece in pieces {
            list.add(Arc::clone(piece));
        }
        list
    }

    #[test]
    fn equal_lists_have_one_mark_whoever_holds_their_pieces() {
        let marker = Marker::new(1);
        let (one, other) = (piece(&[("a", "1")]), piece(&[("b", "2"), ("c", "3")]));
        let shared = Marks::new(&marker).of(&list(&[&one, &other]));
        let alone = [piece(&[("a", "1")]), piece(&[("b", "2"), ("c", "3")])];
        let mut marks = Marks::new(&marker);
        assert_eq!(marks.of(&list(&[&alone[0], &alone[1]])), shared);
        let mut held_by_nobody_else = ToldList::default();
        for piece in alone {
            held_by_nobody_else.add(piece);
        }
        assert_eq!(marks.of(&held_by_nobody_else), shared);
        assert_ne!(Marks::new(&Marker::new(2)).of(&held_by_nobody_else), shared);
    }

    #[test]
    fn a_piece_that_several_hold_is_hashed_once() {
        let marker = Marker::new(1);
        let (held, own) = (piece(&[("a", "1")]), piece(&[("b", "2")]));
        let mut marks = Marks::new(&marker);
        let lists = [list(&[&held]), list(&[&held, &own]), list(&[&held])];
        for list in &lists {
            assert_eq!(marks.of(list), marks.of(list));
        }
        assert_eq!(marks.shared.len(), 2);
    }

    #[test]
    fn whatever_differs_in_a_list_its_mark_differs() {
        let marker = Marker::new(1);
        let mark =
            |values: &[(&'static str, &str)]| Marks::new(&marker).of(&list(&[&piece(values)]));
        let one = mark(&[("a", "1"), ("b", "2")]);
        for other in [&[("a", "1"), ("b", "3")][..], &[("a", "1")], &[("a", "12"), ("b", "")]] {
            assert_ne!(mark(other).values, one.values);
        }
        let renamed = mark(&[("a", "1"), ("c", "2")]);
        assert_ne!((renamed.values, renamed.fields), (one.values, one.fields));
        assert_ne!(renamed.fields, one.fields);
        assert_eq!(mark(&[("a", "5"), ("b", "6")]).fields, one.fields);
    }
}
