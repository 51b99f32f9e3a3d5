//! A JSON value read once, with its text left where it is: what takes an exposure in looks at each byte of a
//! body once and copies only what is kept.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use sluicegate_openrtb::json::{self, JsonError, Limits, Problem};
use std::{borrow::Cow, fmt};

/// A value. It has no `Debug`: it may hold anything.
#[derive(Clone, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    /// `None` where it is too large for 64 bits.
    Number(Option<i64>),
    /// A number that is not whole.
    Fraction(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Object<'a>),
}

/// An object. No key stands in it twice.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

impl<'a> Object<'a> {
    /// Returns the value of a key.
    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Takes the value of a key out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.swap_remove(at).1)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_ref())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn repeats_a_key(&self) -> bool {
        if self.0.len() <= FEW {
            let mut later = self.0.as_slice();
            while let Some(((key, _), rest)) = later.split_first() {
                if rest.iter().any(|(other, _)| other == key) {
                    return true;
                }
                later = rest;
            }
            return false;
        }
        let mut keys: Vec<&str> = self.keys().collect();
        keys.sort_unstable();
        keys.iter().zip(keys.iter().skip(1)).any(|(one, next)| one == next)
    }
}

/// Reads a value that keeps to the limits and in which no key stands twice in one object.
pub(crate) fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Node<'a>, JsonError> {
    let within = bytes.len() <= limits.bytes;
    let read = within.then(|| std::str::from_utf8(bytes).ok()).flatten().and_then(|text| {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let node = Level { depth: limits.depth }.deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(node)
    });
    read.ok_or_else(|| fault(bytes, limits))
}

/// Says what is wrong and where. This costs a second look, which only wrong bodies get.
fn fault(bytes: &[u8], limits: &Limits) -> JsonError {
    match json::check(bytes, limits) {
        Err(error) => error,
        // Why: what the check lets pass and this does not are numbers no float can hold.
        Ok(()) => JsonError { path: String::from("$"), problem: Problem::Number },
    }
}

/// Up to this many keys are compared each with each; more are sorted first.
const FEW: usize = 32;

/// Reads a value with this many levels left.
#[derive(Clone, Copy)]
struct Level {
    depth: usize,
}

impl Level {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(Some(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(i64::try_from(value).ok()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Fraction(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(value) = from.next_element_seed(inner)? {
            list.push(value);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let inner = self.inner()?;
        let mut object = Object::default();
        while let Some(key) = from.next_key_seed(Key)? {
            object.0.push((key, from.next_value_seed(inner)?));
        }
        if object.repeats_a_key() {
            return Err(A::Error::custom("a key stands twice"));
        }
        Ok(Node::Object(object))
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

#[cfg(test)]
mod tests;
