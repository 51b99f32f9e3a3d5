//! What a checked text holds.

use std::borrow::Cow;

/// All values of a text in its order, each before what is in it. It has no `Debug`: it may hold anything.
pub(crate) struct Document<'a> {
    entries: Vec<Entry<'a>>,
}

/// A value and where it stands.
pub(crate) struct Entry<'a> {
    /// The key, decoded; empty in a list. Keys of one object are unique.
    pub(crate) key: Cow<'a, str>,
    /// How the key begins.
    tag: u64,
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

impl<'a> Entry<'a> {
    /// A value that is still to be read, at that place.
    pub(crate) fn at(place: usize, key: Cow<'a, str>) -> Self {
        Self { tag: tag(&key), key, value: Value::Null, end: place + 1 }
    }

    fn is(&self, key: &str, tag: u64) -> bool {
        self.tag == tag && self.key == key
    }
}

/// Most keys differ in it, which is one comparison instead of a call.
fn tag(key: &str) -> u64 {
    key.bytes().take(8).fold(0, |tag, byte| tag << 8 | u64::from(byte))
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
        let Value::Object(Order(order)) = self.value() else { return None };
        if order.is_empty() {
            let tag = tag(key);
            return self.children().find(|child| child.entry().is_some_and(|one| one.is(key, tag)));
        }
        let at = |place: &usize| self.entries.get(*place).map_or("", |entry| entry.key.as_ref());
        let found = order.binary_search_by(|place| at(place).cmp(key)).ok()?;
        Some(Self { place: *order.get(found)?, ..self })
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
