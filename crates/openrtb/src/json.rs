//! JSON from strangers: bounded and checked before anything is typed.
//!
//! One pass over the bytes, linear in their number but for the ordering of large objects' keys, and no
//! recursion past the depth limit. Duplicate keys are refused at any depth, after escapes are
//! decoded, so that two readers can never see two different objects.
//!
//! What comes out is one list of all values in the order of the text, each before what is in it: one
//! allocation for a request instead of one for each object.

use crate::{
    document::{
        Document, Entry, FEW, INTEGER_DIGITS_MAX, Key, Kind, Span, TEXT_BYTES_MAX, Tag, large,
        small,
    },
    plain,
};

/// What is accepted at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size in bytes.
    pub bytes: usize,
    /// Nesting of arrays and objects.
    pub depth: usize,
}

impl Limits {
    /// A bid request: 256 KiB, 32 levels.
    pub const REQUEST: Self = Self { bytes: 256 * 1024, depth: 32 };
    /// A bid response: 1 MiB, 32 levels.
    pub const RESPONSE: Self = Self { bytes: 1024 * 1024, depth: 32 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::REQUEST
    }
}

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Problem {
    /// Longer than [`Limits::bytes`].
    #[error("larger than the limit")]
    TooLarge,
    /// Deeper than [`Limits::depth`].
    #[error("nested deeper than the limit")]
    TooDeep,
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A key stands twice in one object.
    #[error("a key stands twice in one object")]
    DuplicateKey,
    /// The text ends inside a value.
    #[error("ends too early")]
    Truncated,
    /// Something follows the value.
    #[error("something follows the value")]
    Trailing,
    /// A string holds a control character, a wrong escape or half a surrogate pair.
    #[error("a string is not well formed")]
    String,
    /// A number does not follow the grammar.
    #[error("a number is not well formed")]
    Number,
    /// A character that cannot stand here.
    #[error("not JSON")]
    Syntax,
}

/// Bytes that are not acceptable JSON. The path names plain keys only; others appear as `?`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct JsonError {
    /// Where the fault is, for example `imp[0].banner`; `$` is the whole text.
    pub path: String,
    /// What it is.
    pub problem: Problem,
}

/// Checks the bytes: size, UTF-8, grammar, depth, duplicate keys, nothing after the value.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<(), JsonError> {
    parse(bytes, limits).map(drop)
}

/// Checks the bytes and returns what they hold.
pub(crate) fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Document<'a>, JsonError> {
    let whole = |problem| JsonError { path: String::from("$"), problem };
    if bytes.len() > limits.bytes.min(TEXT_BYTES_MAX) {
        return Err(whole(Problem::TooLarge));
    }
    let text = std::str::from_utf8(bytes).map_err(|_not_utf8| whole(Problem::NotUtf8))?;
    let document = Document::of(text, bytes.len() / BYTES_PER_VALUE + 1);
    let mut parser = Parser { bytes, at: 0, document };
    let place = parser.place(Key::NONE);
    if let Err(fault) = parser.value(place, limits.depth) {
        return Err(parser.named(&fault));
    }
    parser.space();
    if parser.at != bytes.len() {
        return Err(whole(Problem::Trailing));
    }
    Ok(parser.document)
}

/// About how many bytes a value takes: how much room is made at first.
const BYTES_PER_VALUE: usize = 12;

/// A fault, and in which value it is. Its path is worked out only when somebody has to be told.
struct Fault {
    problem: Problem,
    place: usize,
}

impl Problem {
    fn at(self, place: usize) -> Fault {
        Fault { problem: self, place }
    }
}

fn join(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    // Why: a key is the sender's text and may hold anything, a person's address too.
    let plain =
        key.len() <= 24 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    path.push_str(if plain && !key.is_empty() { key } else { "?" });
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    document: Document<'a>,
}

impl Parser<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// What is wrong where another character was expected.
    fn unexpected(&self) -> Problem {
        if self.at >= self.bytes.len() { Problem::Truncated } else { Problem::Syntax }
    }

    /// Makes a place for a value.
    #[inline]
    fn place(&mut self, key: Key) -> usize {
        let place = self.document.entries.len();
        self.document.entries.push(Entry { key, kind: Kind::Null, end: small(place + 1) });
        place
    }

    #[inline]
    fn put(&mut self, place: usize, kind: Kind, end: usize) {
        if let Some(entry) = self.document.entries.get_mut(place) {
            (entry.kind, entry.end) = (kind, small(end));
        }
    }

    /// Reads the value of the last place, and everything in it.
    #[inline]
    fn value(&mut self, place: usize, depth: usize) -> Result<(), Fault> {
        self.space();
        let read = match self.peek() {
            Some(b'"') => self.string().map(Kind::Text),
            Some(b'{') => return self.object(place, depth),
            Some(b'[') => return self.list(place, depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        };
        self.put(place, read.map_err(|problem| problem.at(place))?, place + 1);
        Ok(())
    }

    fn word(&mut self) -> Result<Kind, Problem> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (word, kind): (&[u8], _) = match rest.first() {
            Some(b't') => (b"true", Kind::Bool),
            Some(b'f') => (b"false", Kind::Bool),
            Some(b'n') => (b"null", Kind::Null),
            _ => return Err(self.unexpected()),
        };
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(kind);
        }
        Err(if word.starts_with(rest) { Problem::Truncated } else { Problem::Syntax })
    }

    /// Steps into a list or an object, whose end is not known yet, and returns the depth left in it.
    #[inline]
    fn open(&mut self, place: usize, kind: Kind, depth: usize) -> Result<usize, Fault> {
        self.put(place, kind, usize::MAX);
        self.at += 1;
        self.space();
        depth.checked_sub(1).ok_or(Problem::TooDeep.at(place))
    }

    #[inline(never)]
    fn list(&mut self, place: usize, depth: usize) -> Result<(), Fault> {
        let inner = self.open(place, Kind::List, depth)?;
        let mut is_done = self.eat(b']');
        while !is_done {
            let element = self.place(Key::NONE);
            self.value(element, inner)?;
            is_done = self.ends(b']').map_err(|problem| problem.at(place))?;
        }
        self.put(place, Kind::List, self.document.entries.len());
        Ok(())
    }

    #[inline(never)]
    fn object(&mut self, place: usize, depth: usize) -> Result<(), Fault> {
        let inner = self.open(place, Kind::Object(0), depth)?;
        let mut keys = Keys::default();
        let mut is_done = self.eat(b'}');
        while !is_done {
            self.field(place, &mut keys, inner)?;
            is_done = self.ends(b'}').map_err(|problem| problem.at(place))?;
        }
        let kind = if keys.count > FEW { self.order(place)? } else { Kind::Object(keys.bits) };
        self.put(place, kind, self.document.entries.len());
        Ok(())
    }

    /// Returns whether a list or an object ends here; if not, another value follows.
    #[inline]
    fn ends(&mut self, end: u8) -> Result<bool, Problem> {
        self.space();
        if self.eat(b',') {
            return Ok(false);
        }
        if self.eat(end) { Ok(true) } else { Err(self.unexpected()) }
    }

    /// Reads a key of an object and its value.
    #[inline]
    fn field(&mut self, object: usize, keys: &mut Keys, depth: usize) -> Result<(), Fault> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected().at(object));
        }
        let text = self.string().map_err(|problem| problem.at(object))?;
        let key = self.document.key_of(text);
        let place = self.place(key);
        if keys.may_repeat(key.tag()) && self.document.repeats(object, place) {
            return Err(Problem::DuplicateKey.at(place));
        }
        self.space();
        if !self.eat(b':') {
            return Err(self.unexpected().at(place));
        }
        self.value(place, depth)
    }

    /// Names where a fault is.
    fn named(&self, fault: &Fault) -> JsonError {
        let mut path = String::new();
        let mut outer = 0;
        while outer < fault.place {
            let is_list = self
                .document
                .entries
                .get(outer)
                .is_some_and(|entry| matches!(entry.kind, Kind::List));
            let way =
                self.fields(outer).enumerate().take_while(|(_, (place, _))| *place <= fault.place);
            let Some((index, (place, key))) = way.last() else { break };
            if is_list {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            } else {
                join(&mut path, key);
            }
            outer = place;
        }
        if path.is_empty() {
            path.push('$');
        }
        JsonError { path, problem: fault.problem }
    }

    /// Iterates over what is so far directly in an object or a list that is being read: where each is, and its key.
    fn fields(&self, object: usize) -> impl Iterator<Item = (usize, &str)> {
        let entry = |place: usize| Some((place, self.document.entries.get(place)?));
        let next = move |(_, before): &(usize, &Entry)| entry(large(before.end));
        let entries = std::iter::successors(entry(object + 1), next);
        entries.map(|(place, _)| (place, self.document.key(place)))
    }

    /// Orders the keys of a large object, and finds one that stands twice in it.
    fn order(&mut self, object: usize) -> Result<Kind, Fault> {
        let mut fields: Vec<(usize, &str)> = self.fields(object).collect();
        fields.sort_by_key(|(_, key)| *key);
        let twice = fields.windows(2).find_map(|pair| match pair {
            [(_, left), (place, right)] if left == right => Some(*place),
            _ => None,
        });
        if let Some(place) = twice {
            return Err(Problem::DuplicateKey.at(place));
        }
        let places: Vec<usize> = fields.into_iter().map(|(place, _)| place).collect();
        Ok(Kind::LargeObject(self.document.keep_order(&places)))
    }

    /// Reads digits, and returns how many there are and what they say; only the last of very many count in that.
    #[inline]
    fn digits(&mut self) -> (usize, i64) {
        let (start, mut value) = (self.at, 0_i64);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.at += 1;
        }
        (self.at - start, value)
    }

    fn number(&mut self) -> Result<Kind, Problem> {
        let start = self.at;
        let is_negative = self.eat(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let (whole, value) = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(Problem::Number);
        }
        let goes_on = matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        if whole <= INTEGER_DIGITS_MAX && !goes_on {
            return Ok(Kind::Integer(if is_negative { -value } else { value }));
        }
        self.fraction()?;
        Ok(Kind::Number(Span::of(start, self.at)))
    }

    /// Reads what follows the whole part of a number.
    fn fraction(&mut self) -> Result<(), Problem> {
        if self.eat(b'.') && self.digits().0 == 0 {
            return Err(Problem::Number);
        }
        if self.eat(b'e') || self.eat(b'E') {
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            if self.digits().0 == 0 {
                return Err(Problem::Number);
            }
        }
        Ok(())
    }

    /// Reads a string; the opening quote is next.
    #[inline]
    fn string(&mut self) -> Result<Span, Problem> {
        let start = self.at + 1;
        let end = plain::end(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Span::of(start, end));
        }
        self.decoded(start)
    }

    /// Reads a string that holds more than plain text.
    #[cold]
    #[inline(never)]
    fn decoded(&mut self, start: usize) -> Result<Span, Problem> {
        self.at = start;
        let mut decoded = String::new();
        loop {
            let end = plain::end(self.bytes, self.at);
            decoded.push_str(self.document.part(Span::of(self.at, end)));
            self.at = end;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 1,
                Some(_control) => return Err(Problem::String),
                None => return Err(Problem::Truncated),
            }
            decoded.push(self.escape()?);
        }
        self.at += 1;
        Ok(self.document.keep(&decoded))
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char, Problem> {
        let byte = self.peek().ok_or(Problem::Truncated)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(Problem::String),
        })
    }

    fn unicode(&mut self) -> Result<char, Problem> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or(Problem::String);
        }
        if !(self.eat(b'\\') && self.eat(b'u')) {
            return Err(Problem::String);
        }
        let second = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(Problem::String);
        }
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            .ok_or(Problem::String)
    }

    fn four_digits(&mut self) -> Result<u32, Problem> {
        let digits = self.document.part(Span::of(self.at, self.at + 4));
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Problem::String);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_not_hex| Problem::String)
    }
}

/// What is known of the keys of an object that is being read.
#[derive(Default)]
struct Keys {
    count: usize,
    /// A bit for each key; different keys can share one.
    bits: u64,
}

impl Keys {
    /// Takes a key in, and returns whether the keys before it have to be looked at. Those of a large object
    /// are looked at together, at its end.
    #[inline]
    fn may_repeat(&mut self, tag: Tag) -> bool {
        self.count += 1;
        let may_repeat = self.count <= FEW && self.bits & tag.bit() != 0;
        self.bits |= tag.bit();
        may_repeat
    }
}

#[cfg(test)]
mod tests;
