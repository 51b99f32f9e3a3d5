//! What a checked text holds.

use std::ops::Range;

/// All values of a text in its order, each before what is in it. It has no `Debug`: it may hold anything.
pub(crate) struct Document<'a> {
    text: &'a str,
    /// The strings that hold escapes, without them, one after the other.
    decoded: String,
    /// Where the fields of large objects are, of each by their keys.
    orders: Vec<usize>,
    pub(crate) entries: Vec<Entry>,
}

/// A value and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Keys of one object are unique.
    pub(crate) key: Key,
    pub(crate) kind: Kind,
    /// Where the first value is that is not in this one.
    pub(crate) end: usize,
}

/// What a value is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    /// A number that is written as an integer of at most [`INTEGER_DIGITS_MAX`] digits.
    Integer(i64),
    /// Any other number.
    Number(Span),
    Text(Span),
    List,
    /// An object of at most [`FEW`] fields, with the bits of their keys ([`Tag::bit`]).
    Object(u64),
    /// A larger one, with its part of [`Document::orders`].
    LargeObject(Span),
}

/// So many digits always fit.
pub(crate) const INTEGER_DIGITS_MAX: usize = 18;

/// In an object with no more fields than this each is looked at; in a larger one they are ordered.
pub(crate) const FEW: usize = 48;

/// A part of something, in bytes or places. Behind the end of the text are the decoded strings.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    start: usize,
    end: usize,
}

/// A key; empty in a list.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    text: Span,
    tag: Tag,
}

/// The first four and the last four bytes of a key: of one that is no longer than eight this is all of it but how long
/// it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag(u64);

impl Span {
    #[inline]
    pub(crate) fn of(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    #[inline]
    fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl Key {
    /// Of what stands in a list.
    pub(crate) const NONE: Self = Self { text: Span { start: 0, end: 0 }, tag: Tag(0) };
}

impl Tag {
    #[inline]
    fn of(key: &[u8]) -> Self {
        let [first, last] = match (key.first_chunk::<4>(), key.last_chunk::<4>(), key) {
            (Some(first), Some(last), _) => [*first, *last],
            (_, _, [first, second, third]) => [[*first, *second, *third, 0], [0; 4]],
            (_, _, [first, second]) => [[*first, *second, 0, 0], [0; 4]],
            (_, _, [first]) => [[*first, 0, 0, 0], [0; 4]],
            _ => [[0; 4], [0; 4]],
        };
        let number = |half| u64::from(u32::from_le_bytes(half));
        Self(number(first) | number(last) << 32)
    }

    /// Returns a bit that stands for it among others; different ones can share one.
    #[inline]
    pub(crate) fn bit(self) -> u64 {
        // The golden ratio mixes what keys differ in into the highest bits (Knuth, The Art of Computer
        // Programming, section 6.4).
        1 << (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
    }
}

impl Key {
    #[inline]
    pub(crate) fn tag(self) -> Tag {
        self.tag
    }
}

impl<'a> Document<'a> {
    /// A document without values, and room for some.
    pub(crate) fn of(text: &'a str, values: usize) -> Self {
        let entries = Vec::with_capacity(values);
        Self { text, decoded: String::new(), orders: Vec::new(), entries }
    }

    /// Keeps a string that held escapes.
    pub(crate) fn keep(&mut self, decoded: &str) -> Span {
        let start = self.text.len() + self.decoded.len();
        self.decoded.push_str(decoded);
        Span::of(start, start + decoded.len())
    }

    /// Keeps where the fields of a large object are.
    pub(crate) fn keep_order(&mut self, places: &[usize]) -> Span {
        let start = self.orders.len();
        self.orders.extend_from_slice(places);
        Span::of(start, self.orders.len())
    }

    #[inline]
    pub(crate) fn part(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_else(|| self.decoded_part(span))
    }

    #[inline]
    fn bytes(&self, span: Span) -> &[u8] {
        let bytes = self.text.as_bytes().get(span.range());
        bytes.unwrap_or_else(|| self.decoded_part(span).as_bytes())
    }

    fn decoded_part(&self, span: Span) -> &str {
        let Range { start, end } = span.range();
        let within = |at: usize| at.checked_sub(self.text.len());
        let part = within(start).zip(within(end));
        part.and_then(|(start, end)| self.decoded.get(start..end)).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn key_of(&self, text: Span) -> Key {
        Key { text, tag: Tag::of(self.bytes(text)) }
    }

    pub(crate) fn key(&self, place: usize) -> &str {
        self.entries.get(place).map_or("", |entry| self.part(entry.key.text))
    }

    /// Returns whether a key is that text.
    #[inline]
    fn is(&self, key: Key, tag: Tag, text: &[u8]) -> bool {
        let Span { start, end } = key.text;
        let length = end - start;
        key.tag == tag
            && length == text.len()
            && (length <= EXACT_BYTES_MAX || self.bytes(key.text) == text)
    }

    /// Returns whether the key of a place stands before in the same object.
    pub(crate) fn repeats(&self, object: usize, place: usize) -> bool {
        self.entries.get(place).is_some_and(|Entry { key, .. }| {
            self.find(object + 1..place, key.tag, self.bytes(key.text)).is_some()
        })
    }

    /// Returns the first of some places in an object that has that key.
    #[inline]
    fn find(&self, places: Range<usize>, tag: Tag, key: &[u8]) -> Option<usize> {
        let mut place = places.start;
        while place < places.end {
            let entry = self.entries.get(place)?;
            if self.is(entry.key, tag, key) {
                return Some(place);
            }
            place = entry.end;
        }
        None
    }

    /// Returns the whole value.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { document: self, place: 0 }
    }
}

/// The tag of a key of this length leaves nothing of it out.
const EXACT_BYTES_MAX: usize = 8;

/// A number.
pub(crate) enum Number<'n> {
    Integer(i64),
    /// One that is no integer or a long one, as its text.
    Other(&'n str),
}

/// One value of a document.
#[derive(Clone, Copy)]
pub(crate) struct Node<'n> {
    document: &'n Document<'n>,
    place: usize,
}

impl<'n> Node<'n> {
    #[inline]
    fn entry(self) -> Option<&'n Entry> {
        self.document.entries.get(self.place)
    }

    #[inline]
    fn kind(self) -> Kind {
        self.entry().map_or(Kind::Null, |entry| entry.kind)
    }

    #[inline]
    pub(crate) fn is_null(self) -> bool {
        matches!(self.kind(), Kind::Null)
    }

    #[inline]
    pub(crate) fn is_list(self) -> bool {
        matches!(self.kind(), Kind::List)
    }

    #[inline]
    pub(crate) fn is_object(self) -> bool {
        matches!(self.kind(), Kind::Object(_) | Kind::LargeObject(_))
    }

    #[inline]
    pub(crate) fn text(self) -> Option<&'n str> {
        if let Kind::Text(span) = self.kind() { Some(self.document.part(span)) } else { None }
    }

    #[inline]
    pub(crate) fn number(self) -> Option<Number<'n>> {
        match self.kind() {
            Kind::Integer(value) => Some(Number::Integer(value)),
            Kind::Number(span) => Some(Number::Other(self.document.part(span))),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Text(_)
            | Kind::List
            | Kind::Object(_)
            | Kind::LargeObject(_) => None,
        }
    }

    /// Returns whether it is `true`, where it is that or `false`.
    pub(crate) fn truth(self) -> Option<bool> {
        if let Kind::Bool(is_true) = self.kind() { Some(is_true) } else { None }
    }

    /// Iterates over the keys of an object.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'n str> {
        self.children().map(|value| value.document.key(value.place))
    }

    /// Iterates over what is directly in it.
    #[inline]
    pub(crate) fn children(self) -> Children<'n> {
        let end = self.entry().map_or(0, |entry| entry.end);
        Children { document: self.document, next: self.place + 1, end }
    }

    /// Iterates over nothing.
    pub(crate) fn no_children(self) -> Children<'n> {
        Children { document: self.document, next: 0, end: 0 }
    }

    /// Returns the field of an object with that key.
    pub(crate) fn field(self, key: &str) -> Option<Self> {
        let tag = Tag::of(key.as_bytes());
        let object = self.entry()?;
        let place = match object.kind {
            Kind::Object(bits) if bits & tag.bit() == 0 => None,
            Kind::Object(_) => {
                let inside = self.place + 1..object.end;
                self.document.find(inside, tag, key.as_bytes())
            }
            Kind::LargeObject(order) => self.looked_up(key, order),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Integer(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::List => None,
        };
        place.map(|place| Self { place, ..self })
    }

    #[cold]
    fn looked_up(self, key: &str, order: Span) -> Option<usize> {
        let order = self.document.orders.get(order.range())?;
        let found = order.binary_search_by(|place| self.document.key(*place).cmp(key)).ok()?;
        order.get(found).copied()
    }
}

/// The values directly in a list or an object.
#[derive(Clone)]
pub(crate) struct Children<'n> {
    document: &'n Document<'n>,
    next: usize,
    end: usize,
}

impl Children<'_> {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.next >= self.end
    }
}

impl<'n> Iterator for Children<'n> {
    type Item = Node<'n>;

    #[inline]
    fn next(&mut self) -> Option<Node<'n>> {
        if self.is_empty() {
            return None;
        }
        let node = Node { document: self.document, place: self.next };
        self.next = self.document.entries.get(self.next)?.end;
        Some(node)
    }
}
