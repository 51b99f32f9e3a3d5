//! Writes JSON straight into text: what goes out is put together of parts, some of which were written before.
//!
//! Keys are ours and plain; only values are escaped.

use crate::{money::Micros, plain};
use serde::Serialize;
use std::fmt::Write as _;

/// Fields of an object, without its braces.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Written(String);

/// Leaves out what is written: it may be about a person.
impl std::fmt::Debug for Written {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Written({} bytes)", self.0.len())
    }
}

impl Written {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Takes the fields of an object that something else wrote; none if it is no object.
    pub(crate) fn of_object(value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).unwrap_or_default();
        let fields = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        Self(fields.unwrap_or_default().to_owned())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.quote(text);
    }

    pub(crate) fn integer(&mut self, key: &str, value: impl Into<i64>) {
        self.key(key);
        self.digits(value.into());
    }

    /// Writes a number that is written out already.
    pub(crate) fn plain(&mut self, key: &str, number: &str) {
        self.key(key);
        self.0.push_str(number);
    }

    pub(crate) fn amount(&mut self, key: &str, value: Micros) {
        self.key(key);
        self.show(value);
    }

    /// Writes what shows as itself: an address or a number.
    pub(crate) fn shown(&mut self, key: &str, value: impl std::fmt::Display) {
        self.key(key);
        self.0.push('"');
        self.show(value);
        self.0.push('"');
    }

    /// Writes a list of texts, unless it is empty.
    pub(crate) fn texts<T: AsRef<str>>(&mut self, key: &str, texts: &[T]) {
        if !texts.is_empty() {
            self.list(key, |list| {
                for text in texts {
                    list.separate();
                    list.quote(text.as_ref());
                }
            });
        }
    }

    /// Writes a list of integers, unless it is empty.
    pub(crate) fn integers(&mut self, key: &str, values: &[i64]) {
        if !values.is_empty() {
            self.list(key, |list| values.iter().for_each(|value| list.element_integer(*value)));
        }
    }

    pub(crate) fn object(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.braced(write);
    }

    pub(crate) fn list(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.bracketed(write);
    }

    pub(crate) fn element(&mut self, write: impl FnOnce(&mut Self)) {
        self.separate();
        self.braced(write);
    }

    /// Writes an object, unless that fails.
    pub(crate) fn try_object<E>(
        &mut self,
        key: &str,
        write: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.key(key);
        self.0.push('{');
        write(self)?;
        self.0.push('}');
        Ok(())
    }

    /// Writes an element, unless that fails.
    pub(crate) fn try_element<E>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.separate();
        self.0.push('{');
        write(self)?;
        self.0.push('}');
        Ok(())
    }

    /// Writes a list, unless that fails or nothing is put into it.
    pub(crate) fn filled_list<E>(
        &mut self,
        key: &str,
        write: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = self.0.len();
        self.key(key);
        self.0.push('[');
        let empty = self.0.len();
        write(self)?;
        if self.0.len() == empty {
            self.0.truncate(before);
        } else {
            self.0.push(']');
        }
        Ok(())
    }

    pub(crate) fn element_text(&mut self, text: &str) {
        self.separate();
        self.quote(text);
    }

    pub(crate) fn element_integer(&mut self, value: i64) {
        self.separate();
        self.digits(value);
    }

    /// Adds fields that were written before.
    pub(crate) fn join(&mut self, fields: &Self) {
        if !fields.is_empty() {
            self.separate();
            self.0.push_str(&fields.0);
        }
    }

    /// Returns the whole object.
    pub(crate) fn into_object(self) -> String {
        let mut object = String::with_capacity(self.len() + 2);
        object.push('{');
        object.push_str(&self.0);
        object.push('}');
        object
    }

    /// Writes an object of about that many bytes, whole.
    pub(crate) fn whole(bytes: usize, write: impl FnOnce(&mut Self)) -> String {
        let mut object = Self::with_capacity(bytes);
        object.braced(write);
        object.0
    }

    fn key(&mut self, key: &str) {
        self.0.reserve(key.len() + 4);
        self.separate();
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    fn braced(&mut self, write: impl FnOnce(&mut Self)) {
        self.0.push('{');
        write(self);
        self.0.push('}');
    }

    fn bracketed(&mut self, write: impl FnOnce(&mut Self)) {
        self.0.push('[');
        write(self);
        self.0.push(']');
    }

    /// No value ends like an object or a list begins.
    fn separate(&mut self) {
        if !matches!(self.0.as_bytes().last(), None | Some(b'{' | b'[')) {
            self.0.push(',');
        }
    }

    fn digits(&mut self, value: i64) {
        self.0.push_str(itoa::Buffer::new().format(value));
    }

    fn show(&mut self, value: impl std::fmt::Display) {
        // Writing into text does not fail.
        write!(self.0, "{value}").unwrap_or_default();
    }

    fn quote(&mut self, text: &str) {
        self.0.reserve(text.len() + 2);
        self.0.push('"');
        let mut rest = text;
        while let Some((plain, special)) = rest.split_at_checked(plain::length(rest.as_bytes())) {
            self.0.push_str(plain);
            let mut after = special.chars();
            let Some(special) = after.next() else { break };
            self.escape(special);
            rest = after.as_str();
        }
        self.0.push('"');
    }

    fn escape(&mut self, special: char) {
        match special {
            '"' => self.0.push_str("\\\""),
            '\\' => self.0.push_str("\\\\"),
            '\n' => self.0.push_str("\\n"),
            '\r' => self.0.push_str("\\r"),
            '\t' => self.0.push_str("\\t"),
            other => self.show(format_args!("\\u{:04x}", u32::from(other))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn fields_of_every_kind_read_back_as_they_were_written() {
        let mut before = Written::default();
        before.text("name", "a \"quoted\" \\ name\n");
        before.integer("count", -3);
        let mut fields = Written::default();
        fields.join(&Written::default());
        fields.join(&before);
        fields.amount("price", Micros(1_250_000));
        fields.shown("address", std::net::Ipv4Addr::LOCALHOST);
        fields.texts("texts", &["a", "{", "["]);
        fields.texts::<&str>("none", &[]);
        fields.integers("integers", &[1, 2]);
        fields.object("empty", |_| {});
        fields.list("list", |list| {
            list.element(|one| one.join(&before));
            list.element_text("x");
            list.element_integer(7);
        });
        let expected = json!({
            "name": "a \"quoted\" \\ name\n", "count": -3, "price": 1.25, "address": "127.0.0.1",
            "texts": ["a", "{", "["], "integers": [1, 2], "empty": {},
            "list": [{"name": "a \"quoted\" \\ name\n", "count": -3}, "x", 7],
        });
        let text = fields.clone().into_object();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        assert_eq!(Written::whole(10, |whole| whole.join(&fields)), text);
        assert_eq!(Written::of_object(&json!({"a": [{}]})).into_object(), "{\"a\":[{}]}");
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_was(text in any::<String>()) {
            let whole = Written::whole(0, |object| object.text("text", &text));
            let value: Value = serde_json::from_str(&whole).unwrap();
            prop_assert_eq!(&value["text"], &text);
        }
    }
}
