//! Typed access to the fields of a checked object. A `null` counts as absent.

use crate::{
    document::{Children, Document, Node, Value},
    money::Micros,
};

/// A field that is not what it must be.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) field: String,
    pub(crate) problem: &'static str,
}

/// An object and where it stands.
pub(crate) struct Fields<'n> {
    object: Node<'n>,
    place: Place<'n>,
}

/// Where an object stands. It is written out only for a fault.
enum Place<'n> {
    Root,
    Field(&'n Fields<'n>, &'n str),
    Element(&'n Fields<'n>, &'n str, usize),
}

/// An integer as the text of a JSON number gives it.
pub(crate) fn integer(text: &str) -> Result<i64, &'static str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("must be an integer");
    }
    text.parse().map_err(|_overflow| "is out of range")
}

impl Place<'_> {
    fn path(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Field(outer, key) => outer.at(key),
            Self::Element(outer, key, index) => outer.at(&format!("{key}[{index}]")),
        }
    }
}

impl<'n> Fields<'n> {
    pub(crate) fn root(document: &'n Document<'n>) -> Result<Self, Fault> {
        Self::of(document.root(), Place::Root)
    }

    /// The fields of a document that stands in a string of this object.
    pub(crate) fn inside<'s>(
        &'s self,
        key: &'s str,
        document: &'s Document<'s>,
    ) -> Result<Fields<'s>, Fault> {
        Fields::of(document.root(), Place::Field(self, key))
    }

    fn of(object: Node<'n>, place: Place<'n>) -> Result<Self, Fault> {
        let fields = Self { object, place };
        if matches!(object.value(), Value::Object(_)) {
            Ok(fields)
        } else {
            Err(fields.fault_of_all("must be an object"))
        }
    }

    /// Where a field of this object stands.
    fn at(&self, key: &str) -> String {
        let mut path = self.place.path();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        path
    }

    /// Says what is wrong with the object as a whole.
    pub(crate) fn fault_of_all(&self, problem: &'static str) -> Fault {
        let path = self.place.path();
        Fault { field: if path.is_empty() { String::from("$") } else { path }, problem }
    }

    pub(crate) fn fault(&self, key: &str, problem: &'static str) -> Fault {
        Fault { field: self.at(key), problem }
    }

    pub(crate) fn value(&self, key: &str) -> Option<&'n Value<'n>> {
        self.node(key).map(Node::value)
    }

    fn node(&self, key: &str) -> Option<Node<'n>> {
        self.object.field(key).filter(|node| !matches!(node.value(), Value::Null))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.node(key).is_some()
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<&'n str>, Fault> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.fault(key, "must be a string")),
        }
    }

    /// A string that must be there and not be empty.
    pub(crate) fn required_text(&self, key: &str) -> Result<&'n str, Fault> {
        match self.text(key)? {
            None => Err(self.fault(key, "is missing")),
            Some("") => Err(self.fault(key, "must not be empty")),
            Some(text) => Ok(text),
        }
    }

    pub(crate) fn list(&self, key: &str) -> Result<Children<'n>, Fault> {
        match self.node(key) {
            None => Ok(Children::NONE),
            Some(node) if matches!(node.value(), Value::List) => Ok(node.children()),
            Some(_) => Err(self.fault(key, "must be an array")),
        }
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Vec<&'n str>, Fault> {
        let text = |(index, node): (usize, Node<'n>)| match node.value() {
            Value::Text(text) => Ok(text.as_ref()),
            _ => Err(self.fault(&format!("{key}[{index}]"), "must be a string")),
        };
        self.list(key)?.enumerate().map(text).collect()
    }

    /// The strings of an array that fit a grammar; the others are not read.
    pub(crate) fn fitting(&self, key: &str, fits: fn(&str) -> bool) -> Result<Vec<String>, Fault> {
        let texts = self.texts(key)?;
        Ok(texts.into_iter().filter(|text| fits(text)).map(str::to_owned).collect())
    }

    /// The strings that fit, of an array that allows only what it lists: without one of them it would allow
    /// everything.
    pub(crate) fn narrowing(
        &self,
        key: &str,
        fits: fn(&str) -> bool,
    ) -> Result<Vec<String>, Fault> {
        let fitting = self.fitting(key, fits)?;
        if fitting.is_empty() && !self.list(key)?.is_empty() {
            return Err(self.fault(key, "must hold at least one that can be read"));
        }
        Ok(fitting)
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, Fault> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Number(text)) => {
                integer(text).map(Some).map_err(|problem| self.fault(key, problem))
            }
            Some(_) => Err(self.fault(key, "must be an integer")),
        }
    }

    pub(crate) fn integers(&self, key: &str) -> Result<Vec<i64>, Fault> {
        let one = |(index, node): (usize, Node<'_>)| {
            let read = match node.value() {
                Value::Number(text) => integer(text),
                _ => Err("must be an integer"),
            };
            read.map_err(|problem| self.fault(&format!("{key}[{index}]"), problem))
        };
        self.list(key)?.enumerate().map(one).collect()
    }

    /// An integer that must not be negative.
    pub(crate) fn size(&self, key: &str) -> Result<Option<u32>, Fault> {
        match self.integer(key)? {
            None => Ok(None),
            Some(value) if value < 0 => Err(self.fault(key, "must not be negative")),
            Some(value) => {
                u32::try_from(value).map(Some).map_err(|_large| self.fault(key, "is out of range"))
            }
        }
    }

    /// A 0 or 1; another integer is a value we do not know and counts as absent.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        Ok(match self.integer(key)? {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        })
    }

    /// A code of an AdCOM list; a value that no list has counts as absent.
    pub(crate) fn code(&self, key: &str) -> Result<Option<u16>, Fault> {
        Ok(self.integer(key)?.and_then(|code| u16::try_from(code).ok()).filter(|code| *code < 1000))
    }

    pub(crate) fn decimal(&self, key: &str) -> Result<Option<Micros>, Fault> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Number(text)) => Micros::parse_cpm(text)
                .map(Some)
                .map_err(|_out_of_range| self.fault(key, "is out of range")),
            Some(_) => Err(self.fault(key, "must be a number")),
        }
    }

    /// A number that must not be negative.
    pub(crate) fn amount(&self, key: &str) -> Result<Option<Micros>, Fault> {
        match self.decimal(key)? {
            Some(value) if value < Micros::ZERO => Err(self.fault(key, "must not be negative")),
            value => Ok(value),
        }
    }

    pub(crate) fn object<'s>(&'s self, key: &'s str) -> Result<Option<Fields<'s>>, Fault> {
        self.node(key).map(|node| Fields::of(node, Place::Field(self, key))).transpose()
    }

    pub(crate) fn objects<'s>(&'s self, key: &'s str) -> Result<Vec<Fields<'s>>, Fault> {
        let nodes = self.list(key)?.enumerate();
        nodes.map(|(index, node)| Fields::of(node, Place::Element(self, key, index))).collect()
    }
}
