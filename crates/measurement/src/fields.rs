//! Taking the fields of a JSON object one by one, so that what is wrong has a name, and nothing that
//! nobody asked for is left.

use crate::{
    exposure::Presence,
    tree::{Node, Object},
};
use sluicegate_gate::Personal;
use std::{borrow::Cow, fmt, str::FromStr};

/// A closed list of words.
pub(crate) trait Vocabulary {
    /// Says that a word is none of them.
    const NOT_ONE: &'static str;
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {problem}")]
pub struct FieldError {
    /// The field, for example `device.ifa`.
    pub field: String,
    /// What is wrong with it; never the value.
    pub problem: &'static str,
}

/// An object whose fields are being taken.
pub(crate) struct Fields<'a> {
    prefix: &'static str,
    left: Object<'a>,
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Fields({} left)", self.left.len())
    }
}

impl<'a> Fields<'a> {
    /// Begins with an object. `prefix` stands before every name, with its dot.
    pub(crate) fn of(prefix: &'static str, object: Object<'a>) -> Self {
        Self { prefix, left: object }
    }

    /// Returns the error for a field.
    pub(crate) fn wrong(&self, name: &str, problem: &'static str) -> FieldError {
        FieldError { field: format!("{}{name}", self.prefix), problem }
    }

    /// Takes a value; `null` counts as absent.
    fn take(&mut self, name: &str) -> Option<Node<'a>> {
        self.left.take(name).filter(|value| !matches!(value, Node::Null))
    }

    fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, FieldError> {
        value.ok_or_else(|| self.wrong(name, "missing"))
    }

    fn text(&mut self, name: &str, bytes_max: usize) -> Result<Option<Cow<'a, str>>, FieldError> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Text(text)) if text.len() <= bytes_max => Ok(Some(text)),
            Some(Node::Text(_)) => Err(self.wrong(name, "too long")),
            Some(_) => Err(self.wrong(name, "not a string")),
        }
    }

    /// Takes an id: 1 to 64 of `A-Z a-z 0-9 . _ : -`.
    pub(crate) fn id(&mut self, name: &str) -> Result<Option<String>, FieldError> {
        let Some(text) = self.text(name, usize::MAX)? else { return Ok(None) };
        if is_id(&text) { Ok(Some(text.into_owned())) } else { Err(self.wrong(name, NOT_AN_ID)) }
    }

    /// Takes the id of an app or a campaign, as long as the register has them: 1 to 128 of the same.
    pub(crate) fn registered_id(&mut self, name: &str) -> Result<Option<String>, FieldError> {
        let Some(text) = self.text(name, usize::MAX)? else { return Ok(None) };
        if is_registered_id(&text) {
            return Ok(Some(text.into_owned()));
        }
        Err(self.wrong(name, NOT_REGISTERED))
    }

    /// Takes the id of an app or a campaign that must be there.
    pub(crate) fn required_registered_id(&mut self, name: &str) -> Result<String, FieldError> {
        let id = self.registered_id(name)?;
        self.required(name, id)
    }

    /// Takes the platform's own id of a person, by which choices and links name it: 1 to 256 bytes, whatever they
    /// are. It is only ever hashed.
    pub(crate) fn person_id(&mut self, name: &str) -> Result<Option<Personal<String>>, FieldError> {
        let Some(text) = self.text(name, usize::MAX)? else { return Ok(None) };
        if (1..=PERSON_BYTES_MAX).contains(&text.len()) {
            return Ok(Some(Personal::new(text.into_owned())));
        }
        Err(self.wrong(name, "must have 1 to 256 bytes"))
    }

    /// Takes an advertising id: 16 to 64 hexadecimal digits and hyphens; in lower case.
    pub(crate) fn advertising_id(&mut self, name: &str) -> Result<Option<String>, FieldError> {
        let Some(text) = self.text(name, usize::MAX)? else { return Ok(None) };
        let fits = (16..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if fits { Ok(Some(text.to_ascii_lowercase())) } else { Err(self.wrong(name, NOT_AN_IFA)) }
    }

    /// Takes an id that must be there.
    pub(crate) fn required_id(&mut self, name: &str) -> Result<String, FieldError> {
        let id = self.id(name)?;
        self.required(name, id)
    }

    /// Takes text that parses into something.
    pub(crate) fn parsed<T: FromStr>(
        &mut self,
        name: &str,
        problem: &'static str,
    ) -> Result<Option<T>, FieldError> {
        let Some(text) = self.text(name, TEXT_BYTES_MAX)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_not_that| self.wrong(name, problem))
    }

    /// Takes text that must be there and parse.
    pub(crate) fn required_parsed<T: FromStr>(
        &mut self,
        name: &str,
        problem: &'static str,
    ) -> Result<T, FieldError> {
        let parsed = self.parsed(name, problem)?;
        self.required(name, parsed)
    }

    /// Takes a word of a closed vocabulary; `problem` names its words.
    pub(crate) fn word<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
        problem: &'static str,
    ) -> Result<Option<T>, FieldError> {
        let Some(text) = self.text(name, TEXT_BYTES_MAX)? else { return Ok(None) };
        read(&text).map(Some).ok_or_else(|| self.wrong(name, problem))
    }

    /// Takes a word that must be there.
    pub(crate) fn required_word<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
        problem: &'static str,
    ) -> Result<T, FieldError> {
        let word = self.word(name, read, problem)?;
        self.required(name, word)
    }

    /// Takes a number, or text, as it is written.
    pub(crate) fn decimal(&mut self, name: &str) -> Result<Option<String>, FieldError> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Number(Some(number))) => Ok(Some(number.to_string())),
            Some(Node::Fraction(number)) => Ok(Some(number.to_string())),
            Some(Node::Text(text)) if text.len() <= TEXT_BYTES_MAX => Ok(Some(text.into_owned())),
            Some(_) => Err(self.wrong(name, "not a number")),
        }
    }

    /// Takes a whole number.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<i64>, FieldError> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Number(Some(number))) => Ok(Some(number)),
            Some(_) => Err(self.wrong(name, "not a whole number")),
        }
    }

    /// Takes a whole number that must be there.
    pub(crate) fn required_number(&mut self, name: &str) -> Result<i64, FieldError> {
        let number = self.number(name)?;
        self.required(name, number)
    }

    /// Takes a whole number from 0 to `max`.
    pub(crate) fn up_to<T: TryFrom<i64>>(
        &mut self,
        name: &str,
        max: i64,
    ) -> Result<Option<T>, FieldError> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let fits = (0..=max).contains(&number).then(|| T::try_from(number).ok()).flatten();
        fits.map(Some).ok_or_else(|| self.wrong(name, "out of range"))
    }

    /// Takes a consent string. What it says is read at each attempt to deliver; an empty one is none.
    pub(crate) fn consent(&mut self, name: &str) -> Result<Option<Personal<String>>, FieldError> {
        let text = self.text(name, CONSENT_BYTES_MAX)?;
        Ok(text.filter(|text| !text.is_empty()).map(|text| Personal::new(text.into_owned())))
    }

    /// Takes the ids of the sections in force.
    pub(crate) fn sections(&mut self, name: &str) -> Result<Vec<i64>, FieldError> {
        let list = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Node::List(list)) if list.len() <= SECTIONS_MAX => list,
            Some(_) => return Err(self.wrong(name, NOT_SECTIONS)),
        };
        let read = |value: &Node<'_>| match value {
            Node::Number(Some(number)) => Ok(*number),
            _ => Err(self.wrong(name, NOT_SECTIONS)),
        };
        list.iter().map(read).collect()
    }

    /// Notices a flag that is written as `1`, `"1"` or `true`.
    pub(crate) fn notice_flag(&mut self, name: &str) -> Result<Presence, FieldError> {
        match self.take(name) {
            None | Some(Node::Bool(false) | Node::Number(Some(0))) => Ok(Presence::Absent),
            Some(Node::Bool(true) | Node::Number(Some(1))) => Ok(Presence::Present),
            Some(Node::Text(text)) if text == "1" => Ok(Presence::Present),
            Some(Node::Text(text)) if text == "0" || text.is_empty() => Ok(Presence::Absent),
            Some(_) => Err(self.wrong(name, "neither 0 nor 1")),
        }
    }

    /// Takes an object.
    pub(crate) fn object(
        &mut self,
        name: &str,
        prefix: &'static str,
    ) -> Result<Option<Self>, FieldError> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Object(object)) => Ok(Some(Self::of(prefix, object))),
            Some(_) => Err(self.wrong(name, "not an object")),
        }
    }

    /// Ends: whatever is left was never asked for.
    pub(crate) fn end(self) -> Result<(), FieldError> {
        // The first by name, so that equal exposures are refused with equal words.
        match self.left.keys().min() {
            None => Ok(()),
            Some(name) if is_id(name) => Err(self.wrong(name, "unknown field")),
            Some(_) => Err(self.wrong("?", "unknown field whose name is no identifier")),
        }
    }
}

/// Returns whether a text is an id: 1 to 64 of `A-Z a-z 0-9 . _ : -`.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(is_of_id)
}

/// Returns whether a text is the id of an app or a campaign: 1 to 128 of the same.
pub(crate) fn is_registered_id(text: &str) -> bool {
    (1..=REGISTERED_MAX).contains(&text.len()) && text.bytes().all(is_of_id)
}

fn is_of_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-')
}

/// Returns whether a text is a UUID in its usual form, as advertising ids are.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

const NOT_AN_ID: &str = "not an id: 1 to 64 of A-Z, a-z, 0-9, dot, underscore, colon and hyphen";
const NOT_REGISTERED: &str =
    "not an id: 1 to 128 of A-Z, a-z, 0-9, dot, underscore, colon and hyphen";
const NOT_AN_IFA: &str = "not an advertising id: 16 to 64 hexadecimal digits and hyphens";
/// Longest id of an app or a campaign, as in the register.
const REGISTERED_MAX: usize = 128;
/// Longest id of an account or a browser, as in the interfaces for choices, links and sign-in.
const PERSON_BYTES_MAX: usize = 256;
/// Longest word of any vocabulary.
const TEXT_BYTES_MAX: usize = 128;
/// Longest consent string that is taken.
const CONSENT_BYTES_MAX: usize = sluicegate_signals::TEXT_BYTES_MAX;
/// Most sections that can be in force.
const SECTIONS_MAX: usize = 64;
const NOT_SECTIONS: &str = "not a list of at most 64 whole numbers";
