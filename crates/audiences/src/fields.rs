//! The fields of one item, taken out one by one: what is left over is a mistake.

use serde_json::{Map, Value};
use sluicegate_gate::time::UnixMillis;
use std::{borrow::Cow, str::FromStr};

/// What is wrong with an item. It never repeats a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    pub(crate) field: Cow<'static, str>,
    pub(crate) problem: &'static str,
}

/// An item's object. It does not print.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn of(value: Value) -> Result<Self, FieldError> {
        match value {
            Value::Object(object) => Ok(Self(object)),
            _ => Err(wrong("$", "not an object")),
        }
    }

    /// Takes a text that must be there.
    pub(crate) fn text(&mut self, field: &'static str) -> Result<String, FieldError> {
        match self.0.remove(field) {
            None => Err(wrong(field, "is missing")),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(wrong(field, "not text")),
        }
    }

    /// Takes a text with a grammar of its own.
    pub(crate) fn parsed<T: FromStr>(&mut self, field: &'static str) -> Result<T, FieldError> {
        let text = self.text(field)?;
        text.parse().map_err(|_grammar| wrong(field, "not an identifier"))
    }

    /// Takes a time that must be there.
    pub(crate) fn time(&mut self, field: &'static str) -> Result<UnixMillis, FieldError> {
        let value = self.0.remove(field).ok_or(wrong(field, "is missing"))?;
        let number = value.as_i64().ok_or(wrong(field, "not a whole number of milliseconds"))?;
        Ok(UnixMillis(number))
    }

    /// Takes a field that can only be `true` where it is there.
    pub(crate) fn flag(&mut self, field: &'static str) -> Result<Flag, FieldError> {
        match self.0.remove(field) {
            None => Ok(Flag::Absent),
            Some(Value::Bool(true)) => Ok(Flag::Given),
            Some(_) => Err(wrong(field, "can only be true")),
        }
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<(), FieldError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) if name.len() > NAME_BYTES_MAX => Err(wrong("$", UNKNOWN)),
            Some(name) => Err(FieldError { field: Cow::Owned(name.clone()), problem: UNKNOWN }),
        }
    }
}

const UNKNOWN: &str = "an unknown field";
/// The name of an unknown field is told unless it is longer.
const NAME_BYTES_MAX: usize = 64;

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    Given,
    Absent,
}

pub(crate) fn wrong(field: &'static str, problem: &'static str) -> FieldError {
    FieldError { field: Cow::Borrowed(field), problem }
}
