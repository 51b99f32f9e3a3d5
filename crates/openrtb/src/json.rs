//! JSON from strangers: bounded and checked before anything is typed.
//!
//! One pass over the bytes, linear in their number but for the ordering of large objects' keys, and no
//! recursion past the depth limit. Duplicate keys are refused at any depth, after escapes are
//! decoded, so that two readers can never see two different objects.
//!
//! What comes out is one list of all values in the order of the text, each before what is in it: one
//! allocation for a request instead of one for each object.

use crate::{
    document::{Document, Entry, FEW, INTEGER_DIGITS_MAX, Key, Kind, Span, Tag},
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
    if bytes.len() > limits.bytes {
        return Err(whole(Problem::TooLarge));
    }
    let text = std::str::from_utf8(bytes).map_err(|_not_utf8| whole(Problem::NotUtf8))?;
    let document = Document::of(text, bytes.len() / BYTES_PER_VALUE + 1);
    let mut parser = Parser { bytes, document };
    let place = parser.place(Key::NONE);
    match parser.value(0, place, limits.depth) {
        Ok(end) if parser.past_space(end) == bytes.len() => Ok(parser.document),
        Ok(_) => Err(whole(Problem::Trailing)),
        Err(fault) => Err(parser.named(&fault)),
    }
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

/// Where in the bytes it is goes from hand to hand: what reads something takes where that begins and returns where it
/// ends.
struct Parser<'a> {
    bytes: &'a [u8],
    document: Document<'a>,
}

impl Parser<'_> {
    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    #[inline]
    fn past_space(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte(at) {
            at += 1;
        }
        at
    }

    /// What is wrong where another character was expected.
    fn unexpected(&self, at: usize) -> Problem {
        if at >= self.bytes.len() { Problem::Truncated } else { Problem::Syntax }
    }

    /// Makes a place for a value.
    #[inline]
    fn place(&mut self, key: Key) -> usize {
        let place = self.document.entries.len();
        self.document.entries.push(Entry { key, kind: Kind::Null, end: place + 1 });
        place
    }

    #[inline]
    fn put(&mut self, place: usize, kind: Kind, end: usize) {
        if let Some(entry) = self.document.entries.get_mut(place) {
            (entry.kind, entry.end) = (kind, end);
        }
    }

    /// Reads the value of the last place, and everything in it.
    fn value(&mut self, at: usize, place: usize, depth: usize) -> Result<usize, Fault> {
        let at = self.past_space(at);
        let read = match self.byte(at) {
            Some(b'"') => self.string(at).map(|(text, end)| (Kind::Text(text), end)),
            Some(b'{') => return self.object(at, place, depth),
            Some(b'[') => return self.list(at, place, depth),
            Some(b'-' | b'0'..=b'9') => self.number(at),
            _ => self.word(at),
        };
        let (kind, end) = read.map_err(|problem| problem.at(place))?;
        self.put(place, kind, place + 1);
        Ok(end)
    }

    #[cold]
    fn word(&self, at: usize) -> Result<(Kind, usize), Problem> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let (word, kind): (&[u8], _) = match rest.first() {
            Some(b't') => (b"true", Kind::Bool(true)),
            Some(b'f') => (b"false", Kind::Bool(false)),
            Some(b'n') => (b"null", Kind::Null),
            _ => return Err(self.unexpected(at)),
        };
        if rest.starts_with(word) {
            return Ok((kind, at + word.len()));
        }
        Err(if word.starts_with(rest) { Problem::Truncated } else { Problem::Syntax })
    }

    /// Steps into a list or an object, whose end is not known yet, and returns the depth left in it.
    #[inline]
    fn open(&mut self, place: usize, kind: Kind, depth: usize) -> Result<usize, Fault> {
        self.put(place, kind, usize::MAX);
        depth.checked_sub(1).ok_or(Problem::TooDeep.at(place))
    }

    #[inline(never)]
    fn list(&mut self, at: usize, place: usize, depth: usize) -> Result<usize, Fault> {
        let depth = self.open(place, Kind::List, depth)?;
        let mut next = self.first(at, b']');
        while let Next::Value(at) = next {
            let element = self.place(Key::NONE);
            let end = self.value(at, element, depth)?;
            next = self.next(end, b']').map_err(|problem| problem.at(place))?;
        }
        self.put(place, Kind::List, self.document.entries.len());
        Ok(next.at())
    }

    #[inline(never)]
    fn object(&mut self, at: usize, place: usize, depth: usize) -> Result<usize, Fault> {
        let depth = self.open(place, Kind::Object(0), depth)?;
        let mut keys = Keys::default();
        let mut next = self.first(at, b'}');
        while let Next::Value(at) = next {
            let at = self.past_space(at);
            if self.byte(at) != Some(b'"') {
                return Err(self.unexpected(at).at(place));
            }
            let (text, end) = self.string(at).map_err(|problem| problem.at(place))?;
            let key = self.document.key_of(text);
            let field = self.place(key);
            if keys.may_repeat(key.tag()) && self.document.repeats(place, field) {
                return Err(Problem::DuplicateKey.at(field));
            }
            let colon = self.past_space(end);
            if self.byte(colon) != Some(b':') {
                return Err(self.unexpected(colon).at(field));
            }
            let end = self.value(colon + 1, field, depth)?;
            next = self.next(end, b'}').map_err(|problem| problem.at(place))?;
        }
        let kind = if keys.count > FEW { self.order(place)? } else { Kind::Object(keys.bits) };
        self.put(place, kind, self.document.entries.len());
        Ok(next.at())
    }

    /// Returns what follows the bracket that begins a list or an object.
    #[inline]
    fn first(&self, at: usize, end: u8) -> Next {
        let at = self.past_space(at + 1);
        if self.byte(at) == Some(end) { Next::End(at + 1) } else { Next::Value(at) }
    }

    /// Returns what follows a value in a list or an object.
    #[inline]
    fn next(&self, at: usize, end: u8) -> Result<Next, Problem> {
        let at = self.past_space(at);
        match self.byte(at) {
            Some(b',') => Ok(Next::Value(at + 1)),
            Some(byte) if byte == end => Ok(Next::End(at + 1)),
            _ => Err(self.unexpected(at)),
        }
    }

    /// Names where a fault is.
    fn named(&self, fault: &Fault) -> JsonError {
        let mut path = String::new();
        let (mut outer, inner) = (0, fault.place);
        while outer < inner {
            let is_list = self
                .document
                .entries
                .get(outer)
                .is_some_and(|entry| matches!(entry.kind, Kind::List));
            let way = self.fields(outer).enumerate().take_while(|(_, (place, _))| *place <= inner);
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
        let next = move |(_, before): &(usize, &Entry)| entry(before.end);
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

    /// Reads digits, and returns where they end and what they say; only the last of very many count in that.
    #[inline]
    fn digits(&self, mut at: usize) -> (usize, i64) {
        let mut value = 0_i64;
        while let Some(digit @ b'0'..=b'9') = self.byte(at) {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            at += 1;
        }
        (at, value)
    }

    #[inline]
    fn number(&self, at: usize) -> Result<(Kind, usize), Problem> {
        let is_negative = self.byte(at) == Some(b'-');
        let start = at + usize::from(is_negative);
        let (end, value) = self.digits(start);
        let length = end - start;
        if length == 0 || (length > 1 && self.byte(start) == Some(b'0')) {
            return Err(Problem::Number);
        }
        let goes_on = matches!(self.byte(end), Some(b'.' | b'e' | b'E'));
        if length <= INTEGER_DIGITS_MAX && !goes_on {
            return Ok((Kind::Integer(if is_negative { -value } else { value }), end));
        }
        let end = self.past_fraction(end)?;
        Ok((Kind::Number(Span::of(at, end)), end))
    }

    /// Reads what follows the whole part of a number.
    fn past_fraction(&self, mut at: usize) -> Result<usize, Problem> {
        let digits = |from| match self.digits(from) {
            (end, _) if end > from => Ok(end),
            (_, _) => Err(Problem::Number),
        };
        if self.byte(at) == Some(b'.') {
            at = digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = self.byte(at) {
            let is_signed = matches!(self.byte(at + 1), Some(b'+' | b'-'));
            at = digits(at + 1 + usize::from(is_signed))?;
        }
        Ok(at)
    }

    /// Reads a string from its opening quote on.
    #[inline]
    fn string(&mut self, at: usize) -> Result<(Span, usize), Problem> {
        let end = plain::end(self.bytes, at + 1);
        if self.byte(end) == Some(b'"') {
            return Ok((Span::of(at + 1, end), end + 1));
        }
        self.decoded(at + 1)
    }

    /// Reads a string that holds more than plain text.
    #[cold]
    #[inline(never)]
    fn decoded(&mut self, mut at: usize) -> Result<(Span, usize), Problem> {
        let mut decoded = String::new();
        loop {
            let end = plain::end(self.bytes, at);
            decoded.push_str(self.document.part(Span::of(at, end)));
            match self.byte(end) {
                Some(b'"') => return Ok((self.document.keep(&decoded), end + 1)),
                Some(b'\\') => {
                    let (character, after) = self.escape(end + 1)?;
                    decoded.push(character);
                    at = after;
                }
                Some(_control) => return Err(Problem::String),
                None => return Err(Problem::Truncated),
            }
        }
    }

    /// Reads what follows a backslash.
    fn escape(&self, at: usize) -> Result<(char, usize), Problem> {
        let character = match self.byte(at).ok_or(Problem::Truncated)? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(at + 1),
            _ => return Err(Problem::String),
        };
        Ok((character, at + 1))
    }

    fn unicode(&self, at: usize) -> Result<(char, usize), Problem> {
        let first = self.four_digits(at)?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok((char::from_u32(first).ok_or(Problem::String)?, at + 4));
        }
        if self.bytes.get(at + 4..at + 6) != Some(b"\\u") {
            return Err(Problem::String);
        }
        let second = self.four_digits(at + 6)?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(Problem::String);
        }
        let both = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok((char::from_u32(both).ok_or(Problem::String)?, at + 10))
    }

    fn four_digits(&self, at: usize) -> Result<u32, Problem> {
        let digits = self.bytes.get(at..at + 4).ok_or(Problem::String)?;
        digits.iter().try_fold(0, |value, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(Problem::String)?;
            Ok(value << 4 | digit)
        })
    }
}

/// What follows in a list or an object, and where.
enum Next {
    Value(usize),
    End(usize),
}

impl Next {
    fn at(self) -> usize {
        match self {
            Self::Value(at) | Self::End(at) => at,
        }
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
