//! What a checked text holds.

use std::borrow::Cow;

/// All values of a text in its order, each before what is in it. It has no `Debug`: it may hold anything.
pub(crate) struct Document<'a> {
    entries: Vec<Entry<'a>>,
}

/// A value and where it stands.
pub(crate) struct Entry<'a> {
    /// Keys of one object are unique.
    pub(crate) key: Key<'a>,
    pub(crate) value: Value<'a>,
    /// Where the first value is that is not in this one.
    pub(crate) end: usize,
}

/// A value. Numbers keep their text.
pub(crate) enum Value<'a> {
    Null,
    Bool,
    Number(&'a str),
    Text(Cow<'a, str>),
    List,
    Object(Order),
}

/// Where the fields of an object of more than [`FEW`] are, by their keys; empty for a smaller one.
#[derive(Default)]
pub(crate) struct Order(Box<[usize]>);

impl FromIterator<usize> for Order {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        Self(places.into_iter().collect())
    }
}

/// In an object with no more fields than this each is looked at; in a larger one they are ordered.
pub(crate) const FEW: usize = 48;

/// A key, decoded; empty in a list.
pub(crate) struct Key<'a> {
    text: Cow<'a, str>,
    tag: Tag,
}

/// Some bytes of a key. Most keys differ in them, which is one comparison instead of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag(u32);

impl<'a> Key<'a> {
    /// Of what stands in a list.
    pub(crate) const NONE: Self = Self { text: Cow::Borrowed(""), tag: Tag(0) };

    pub(crate) fn of(text: Cow<'a, str>) -> Self {
        Self { tag: Tag::of(&text), text }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn tag(&self) -> Tag {
        self.tag
    }

    pub(crate) fn is(&self, text: &str, tag: Tag) -> bool {
        self.tag == tag && self.text == text
    }
}

impl Tag {
    fn of(key: &str) -> Self {
        let length = u8::try_from(key.len()).unwrap_or(u8::MAX);
        let [first, second, last] = match key.as_bytes() {
            [first, second, .., last] => [first, second, last],
            [first, last] => [first, last, last],
            [only] => [only, &0, only],
            [] => return Self(0),
        };
        Self(u32::from_le_bytes([length, *first, *second, *last]))
    }

    /// Returns a bit that stands for it among others; different ones can share one.
    pub(crate) fn bit(self) -> u64 {
        // The golden ratio mixes what keys differ in into the highest bits (Knuth, The Art of Computer
        // Programming, section 6.4).
        1 << (self.0.wrapping_mul(0x9e37_79b1) >> 26)
    }
}

impl<'a> Entry<'a> {
    /// A value that holds no other, at that place.
    pub(crate) fn leaf(place: usize, key: Key<'a>, value: Value<'a>) -> Self {
        Self { key, value, end: place + 1 }
    }

    /// A list or an object whose end is not known yet.
    pub(crate) fn open(key: Key<'a>, value: Value<'a>) -> Self {
        Self { key, value, end: usize::MAX }
    }
}

impl<'a> Document<'a> {
    /// INVARIANT: there is at least one, and each knows its end.
    pub(crate) fn new(entries: Vec<Entry<'a>>) -> Self {
        Self { entries }
    }

    /// Returns the whole value.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { entries: &self.entries, place: 0 }
    }
}

/// One value of a document.
#[derive(Clone, Copy)]
pub(crate) struct Node<'n> {
    entries: &'n [Entry<'n>],
    place: usize,
}

impl<'n> Node<'n> {
    fn entry(self) -> Option<&'n Entry<'n>> {
        self.entries.get(self.place)
    }

    pub(crate) fn value(self) -> &'n Value<'n> {
        self.entry().map_or(&Value::Null, |entry| &entry.value)
    }

    /// Iterates over what is directly in it.
    pub(crate) fn children(self) -> Children<'n> {
        let end = self.entry().map_or(0, |entry| entry.end);
        Children { entries: self.entries, next: self.place + 1, end }
    }

    /// Returns the field of an object with that key.
    pub(crate) fn field(self, key: &str) -> Option<Self> {
        let object = self.entry()?;
        let Value::Object(Order(order)) = &object.value else { return None };
        if order.is_empty() {
            return self.child(object.end, key);
        }
        let at = |place: &usize| self.entries.get(*place).map_or("", |entry| entry.key.text());
        let found = order.binary_search_by(|place| at(place).cmp(key)).ok()?;
        Some(Self { place: *order.get(found)?, ..self })
    }

    /// Looks at what is directly in it, up to its end.
    fn child(self, end: usize, key: &str) -> Option<Self> {
        let tag = Tag::of(key);
        let mut place = self.place + 1;
        while place < end {
            let entry = self.entries.get(place)?;
            if entry.key.is(key, tag) {
                return Some(Self { place, ..self });
            }
            place = entry.end;
        }
        None
    }
}

/// The values directly in a list or an object.
pub(crate) struct Children<'n> {
    entries: &'n [Entry<'n>],
    next: usize,
    end: usize,
}

impl Children<'_> {
    pub(crate) const NONE: Self = Self { entries: &[], next: 0, end: 0 };

    pub(crate) fn is_empty(&self) -> bool {
        self.next >= self.end
    }
}

impl<'n> Iterator for Children<'n> {
    type Item = Node<'n>;

    fn next(&mut self) -> Option<Node<'n>> {
        if self.is_empty() {
            return None;
        }
        let node = Node { entries: self.entries, place: self.next };
        self.next = self.entries.get(self.next)?.end;
        Some(node)
    }
}
