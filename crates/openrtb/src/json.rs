//! JSON from strangers: bounded and checked before anything is typed.
//!
//! One pass over the bytes, linear in their number but for the ordering of large objects' keys, and no
//! recursion past the depth limit. Duplicate keys are refused at any depth, after escapes are
//! decoded, so that two readers can never see two different objects.
//!
//! What comes out is one list of all values in the order of the text, each before what is in it: one
//! allocation for a request instead of one for each object.

use crate::{
    document::{Document, Entry, FEW, Key, Order, Value},
    plain,
};
use std::borrow::Cow;

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
    let entries = Vec::with_capacity(bytes.len() / BYTES_PER_VALUE + 1);
    let mut parser = Parser { text, at: 0, entries };
    if let Err(fault) = parser.value(Key::NONE, limits.depth) {
        return Err(parser.named(&fault));
    }
    parser.space();
    if parser.at != text.len() {
        return Err(whole(Problem::Trailing));
    }
    Ok(Document::new(parser.entries))
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
    text: &'a str,
    at: usize,
    entries: Vec<Entry<'a>>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// What is wrong where another character was expected.
    fn unexpected(&self) -> Problem {
        if self.at >= self.text.len() { Problem::Truncated } else { Problem::Syntax }
    }

    /// Reads a value and appends it, and everything in it.
    fn value(&mut self, key: Key<'a>, depth: usize) -> Result<(), Fault> {
        self.space();
        match self.peek() {
            Some(b'{') => self.object(key, depth),
            Some(b'[') => self.list(key, depth),
            _ => {
                let read = self.leaf();
                let place = self.entries.len();
                let (value, problem) = match read {
                    Ok(value) => (value, None),
                    Err(problem) => (Value::Null, Some(problem)),
                };
                self.entries.push(Entry::leaf(place, key, value));
                problem.map_or(Ok(()), |problem| Err(problem.at(place)))
            }
        }
    }

    /// Reads a value that holds no other.
    fn leaf(&mut self) -> Result<Value<'a>, Problem> {
        match self.peek() {
            Some(b'"') => Ok(Value::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(self.number()?)),
            Some(b't') => self.word("true", Value::Bool),
            Some(b'f') => self.word("false", Value::Bool),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(self.unexpected()),
        }
    }

    /// Steps into a list or an object: appends it, and returns its place and the depth left in it.
    fn open(
        &mut self,
        key: Key<'a>,
        value: Value<'a>,
        depth: usize,
    ) -> Result<(usize, usize), Fault> {
        let place = self.entries.len();
        self.entries.push(Entry::open(key, value));
        self.at += 1;
        self.space();
        let inner = depth.checked_sub(1).ok_or(Problem::TooDeep.at(place))?;
        Ok((place, inner))
    }

    /// Ends what was opened.
    fn close(&mut self, place: usize) {
        let end = self.entries.len();
        if let Some(entry) = self.entries.get_mut(place) {
            entry.end = end;
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Problem> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        Err(if word.starts_with(rest) { Problem::Truncated } else { Problem::Syntax })
    }

    fn list(&mut self, key: Key<'a>, depth: usize) -> Result<(), Fault> {
        let (place, inner) = self.open(key, Value::List, depth)?;
        let mut is_done = self.eat(b']');
        while !is_done {
            self.value(Key::NONE, inner)?;
            is_done = self.ends(b']').map_err(|problem| problem.at(place))?;
        }
        self.close(place);
        Ok(())
    }

    fn object(&mut self, key: Key<'a>, depth: usize) -> Result<(), Fault> {
        let (place, inner) = self.open(key, Value::Object(Order::default()), depth)?;
        let mut keys = Keys::default();
        let mut is_done = self.eat(b'}');
        while !is_done {
            self.field(place, &mut keys, inner)?;
            is_done = self.ends(b'}').map_err(|problem| problem.at(place))?;
        }
        if keys.count > FEW {
            let order = self.order(place)?;
            if let Some(entry) = self.entries.get_mut(place) {
                entry.value = Value::Object(order);
            }
        }
        self.close(place);
        Ok(())
    }

    /// Returns whether a list or an object ends here; if not, another value follows.
    fn ends(&mut self, end: u8) -> Result<bool, Problem> {
        self.space();
        if self.eat(end) {
            return Ok(true);
        }
        if self.eat(b',') { Ok(false) } else { Err(self.unexpected()) }
    }

    /// Reads a key of an object and its value.
    fn field(&mut self, object: usize, keys: &mut Keys, depth: usize) -> Result<(), Fault> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected().at(object));
        }
        let key = Key::of(self.string().map_err(|problem| problem.at(object))?);
        if keys.may_repeat(&key)
            && self.fields(object).any(|(_, known)| known.is(key.text(), key.tag()))
        {
            return Err(self.without_value(key, Problem::DuplicateKey));
        }
        self.space();
        if !self.eat(b':') {
            let problem = self.unexpected();
            return Err(self.without_value(key, problem));
        }
        self.value(key, depth)
    }

    /// Says what is wrong with a key whose value is not read.
    fn without_value(&mut self, key: Key<'a>, problem: Problem) -> Fault {
        let place = self.entries.len();
        self.entries.push(Entry::leaf(place, key, Value::Null));
        problem.at(place)
    }

    /// Names where a fault is.
    fn named(&self, fault: &Fault) -> JsonError {
        let mut path = String::new();
        let mut outer = 0;
        while outer < fault.place {
            let is_list =
                self.entries.get(outer).is_some_and(|entry| matches!(entry.value, Value::List));
            let way =
                self.fields(outer).enumerate().take_while(|(_, (place, _))| *place <= fault.place);
            let Some((index, (place, key))) = way.last() else { break };
            if is_list {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            } else {
                join(&mut path, key.text());
            }
            outer = place;
        }
        if path.is_empty() {
            path.push('$');
        }
        JsonError { path, problem: fault.problem }
    }

    /// Iterates over what is so far directly in an object or a list that is being read: where each is, and its key.
    fn fields(&self, object: usize) -> impl Iterator<Item = (usize, &Key<'a>)> {
        let entry = |place: usize| Some((place, self.entries.get(place)?));
        let first = entry(object + 1);
        let next = move |(_, before): &(usize, &Entry<'a>)| entry(before.end);
        std::iter::successors(first, next).map(|(place, entry)| (place, &entry.key))
    }

    /// Orders the keys of a large object, and finds one that stands twice in it.
    fn order(&self, object: usize) -> Result<Order, Fault> {
        let fields = self.fields(object).map(|(place, key)| (place, key.text()));
        let mut fields: Vec<(usize, &str)> = fields.collect();
        fields.sort_by_key(|(_, key)| *key);
        let twice = fields.windows(2).find_map(|pair| match pair {
            [(_, left), (place, right)] if left == right => Some(*place),
            _ => None,
        });
        match twice {
            Some(place) => Err(Problem::DuplicateKey.at(place)),
            None => Ok(fields.into_iter().map(|(place, _)| place).collect()),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<&'a str, Problem> {
        let start = self.at;
        self.eat(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(Problem::Number);
        }
        if self.eat(b'.') && self.digits() == 0 {
            return Err(Problem::Number);
        }
        if self.eat(b'e') || self.eat(b'E') {
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            if self.digits() == 0 {
                return Err(Problem::Number);
            }
        }
        self.text.get(start..self.at).ok_or(Problem::Number)
    }

    /// Reads a string; the opening quote is next.
    fn string(&mut self) -> Result<Cow<'a, str>, Problem> {
        self.at += 1;
        let first = self.plain()?;
        if self.eat(b'"') {
            return Ok(Cow::Borrowed(first));
        }
        let mut decoded = String::from(first);
        while !self.eat(b'"') {
            self.at += 1;
            decoded.push(self.escape()?);
            decoded.push_str(self.plain()?);
        }
        Ok(Cow::Owned(decoded))
    }

    /// Reads up to the next quote or backslash.
    fn plain(&mut self) -> Result<&'a str, Problem> {
        let rest = self.text.get(self.at..).ok_or(Problem::String)?;
        let (read, next) =
            rest.split_at_checked(plain::length(rest.as_bytes())).unwrap_or((rest, ""));
        self.at += read.len();
        match next.as_bytes().first() {
            Some(b'"' | b'\\') => Ok(read),
            Some(_control) => Err(Problem::String),
            None => Err(Problem::Truncated),
        }
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
        let digits = self.text.get(self.at..self.at + 4).ok_or(Problem::String)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
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
    seen: u64,
}

impl Keys {
    /// Takes a key in, and returns whether the keys before it have to be looked at. Those of a large object
    /// are looked at together, at its end.
    fn may_repeat(&mut self, key: &Key<'_>) -> bool {
        self.count += 1;
        let bit = key.tag().bit();
        let may_repeat = self.count <= FEW && self.seen & bit != 0;
        self.seen |= bit;
        may_repeat
    }
}

#[cfg(test)]
mod tests;
